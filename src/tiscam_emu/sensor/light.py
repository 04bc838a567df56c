"""What the sensor pixels receive in one geometry: computed once for a still scene, patched where something moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tiscam_emu.sensor.geometry import Geometry, Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.optics import Lens, WindowSource
from tiscam_emu.sensor.pixel import FixedPattern, Floats, LightCodes, fixed_offsets_e, light_codes
from tiscam_emu.sensor.request import Region

BLOCK_PIXELS = 1 << 16
"""Static work goes in blocks of whole rows of about this size, to stay in the cache."""


class Light:
    """The light on the sensor for one still scene, lens setting and region."""

    def __init__(
        self, sensor: SensorModel, pattern: FixedPattern, region: Region, lens: Lens, still: WindowSource
    ) -> None:
        self._sensor, self._pattern, self._lens, self._still = sensor, pattern, lens, still
        self.geometry = Geometry.of(region, sensor.width, sensor.height, period=2 if sensor.color else 1)
        self.codes: LightCodes = np.empty((self.geometry.neighbour_count, *self.geometry.shape), np.uint16)
        image = lens.image(still, sensor.width, sensor.height)
        for window in row_blocks(*self.geometry.shape, least_rows=2 * lens.reach_px):
            self.codes[:, window.top : window.bottom] = light_codes(image, self.geometry, window, sensor, pattern)

    def offsets_e(self, window: Window) -> Floats:
        """Fixed offsets of the output pixels in `window`, in electrons."""
        neighbours = list(self.geometry.neighbours)
        total = fixed_offsets_e(self.geometry, window, neighbours[0], self._pattern)
        for neighbour in neighbours[1:]:
            total += fixed_offsets_e(self.geometry, window, neighbour, self._pattern)
        return total * np.float32(1 / len(neighbours)) if len(neighbours) > 1 else total

    def neighbour_offsets_e(self, window: Window) -> Iterator[Floats]:
        """Fixed offsets of each of the sensor pixels binned into the output pixels in `window`, in electrons."""
        return (
            fixed_offsets_e(self.geometry, window, neighbour, self._pattern) for neighbour in self.geometry.neighbours
        )

    def patched_codes(self, window: Window, patches: Sequence[tuple[Window, Floats]]) -> LightCodes:
        """Codes of the output pixels in `window` while patches of the scene have another radiance."""

        def overlaid(source: Window) -> Floats:
            scene = np.array(self._still(source))
            for patch, radiance in patches:
                common = patch.intersect(source)
                if not common.is_empty():
                    scene[_inside(common, source)] = radiance[_inside(common, patch)]
            return scene

        image = self._lens.image(overlaid, self._sensor.width, self._sensor.height)
        return light_codes(image, self.geometry, window, self._sensor, self._pattern)

    def seeing(self, scene_window: Window, margin: int, align: int) -> Window:
        """The output pixels which light from a window of the scene reaches, see `Geometry.output_window`."""
        sensor_window = self._lens.sensor_window(scene_window, self._sensor.width, self._sensor.height)
        return self.geometry.output_window(sensor_window, margin, align)


def _inside(window: Window, frame: Window) -> tuple[slice, slice]:
    return (
        slice(window.top - frame.top, window.bottom - frame.top),
        slice(window.left - frame.left, window.right - frame.left),
    )


def row_blocks(height: int, width: int, least_rows: int = 4) -> Iterator[Window]:
    """Windows of whole rows, a multiple of four each, which together cover an image."""
    rows = max(BLOCK_PIXELS // width // 4 * 4, -(-least_rows // 4) * 4, 4)
    for top in range(0, height, rows):
        yield Window(top, min(top + rows, height), 0, width)
