"""What the sensor pixels receive in one geometry: computed once for a still scene, patched where something moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from tiscam_emu.sensor.bayer import RGGB, Phase, channel
from tiscam_emu.sensor.geometry import Geometry, Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K
from tiscam_emu.sensor.optics.lens import Falloff, Lens, WindowSource
from tiscam_emu.sensor.optics.projection import Filters, Floats, LightCodes, Taps, project
from tiscam_emu.sensor.pixel.electrons import fixed_offsets_e, taken_codes
from tiscam_emu.sensor.pixel.fixed_pattern import FixedPattern
from tiscam_emu.sensor.request import Region

BLOCK_PIXELS = 1 << 16
"""Static work goes in blocks of whole rows of about this size, to stay in the cache."""


class Light:
    """The light on the sensor for one still scene, lens setting and region; complete after all steps of `collect`.

    Parameters
    ----------
    even
        The sensor is lit evenly, without the lens's loss of light towards the corners.
    light_k
        Colour temperature of the light on the scene.
    phase
        Of the mosaic, as it is read out: the first output pixel has it, whatever the region.
    known
        The light of the same scene through the same lens and of the same phase. It is taken over if it has all that is
        needed, with the same result as if it were computed anew.
    """

    def __init__(
        self,
        sensor: SensorModel,
        pattern: FixedPattern,
        region: Region,
        lens: Lens,
        still: WindowSource,
        *,
        even: bool = False,
        light_k: float = NEUTRAL_K,
        phase: Phase | None = RGGB,
        known: Light | None = None,
    ) -> None:
        self._sensor, self._pattern, self._lens, self._still = sensor, pattern, lens, still
        self._phase = phase
        self._filters = _filters(sensor, lens.infrared, light_k, phase)
        self._falloff = Falloff(sensor.width, sensor.height, 100.0 if even else sensor.corner_light_percent)
        self.geometry = Geometry.of(region, sensor.width, sensor.height, period=2 if sensor.color else 1)
        self.codes: LightCodes = np.empty((self.geometry.neighbour_count, *self.geometry.shape), np.uint16)
        self.region = region
        self._rows = [lens.taps(rows, sensor.height) for rows in self.geometry.rows]
        self._columns = [lens.taps(columns, sensor.width) for columns in self.geometry.columns]
        self._known = known if known is not None and known.covers(self.geometry) else None
        self._missing = deque(self._blocks())

    def _blocks(self) -> Iterator[Window]:
        height, width = self.geometry.shape
        if self._known is not None:
            return row_blocks(height, width)
        return row_blocks(height, width, self.geometry.neighbour_count, least_rows=2 * self._lens.reach_px)

    @property
    def is_plain(self) -> bool:
        """Whether it is complete, of sensor pixels one by one, and begins as the sensor's own mosaic does."""
        region = self.region
        one_by_one = region.skip_x == region.skip_y == region.bin_x == region.bin_y == 1
        flipped = region.reverse_x or region.reverse_y
        return one_by_one and self.geometry.follows_mosaic and not (flipped or self._missing)

    @property
    def frame(self) -> Window:
        """The sensor pixels that it is of, and those in between."""
        height, width = self.geometry.shape
        return self.geometry.source(Window(0, height, 0, width))

    def covers(self, geometry: Geometry) -> bool:
        """Whether it is plain and has all that another geometry needs."""
        needed = geometry.source(Window(0, geometry.shape[0], 0, geometry.shape[1]))
        return self.is_plain and geometry.follows_mosaic and needed == needed.intersect(self.frame)

    def collect(self, rows: int | None = None) -> Iterator[None]:
        """Compute what is missing, of all rows or of the first ones, block by block."""
        while self._missing and (rows is None or self._missing[0].top < rows):
            window = self._missing[0]
            if self._known is None:
                codes = self._codes(self._still, window)
            else:
                codes = taken_codes(self._known.codes[0], self._known.frame, self.geometry, window)
            self.codes[:, window.top : window.bottom] = codes
            self._missing.popleft()
            yield
        if not self._missing:
            self._known = None

    def _codes(self, scene: WindowSource, window: Window) -> LightCodes:
        """Light of the output pixels in `window`, whose corner is on the mosaic's period."""
        rows = [taps.part(window.top, window.bottom) for taps in self._rows]
        columns = [taps.part(window.left, window.right) for taps in self._columns]
        outer = Window(*_span(rows), *_span(columns))
        seen, (top, left) = self._lens.scene(scene, outer, self._sensor.width, self._sensor.height)
        source = self.geometry.source(window)
        gain = self._sensitivity(source)
        codes = np.empty((self.geometry.neighbour_count, *window.shape), np.uint16)
        for layer, (row, column) in zip(codes, self.geometry.neighbours, strict=True):
            here = self.geometry.taken(gain, source, window, (row, column))
            layer[...] = project(seen, self._filters, rows[row].seen_from(top), columns[column].seen_from(left), here)
        return codes

    def _sensitivity(self, window: Window) -> Floats:
        return self._falloff.dim(self._pattern.gain(window), window)

    def offsets_e(self, window: Window, dark_e: float, spared_e2: float = 0.0) -> Floats:
        """Fixed offsets of the output pixels in `window`, in electrons; see `FixedPattern.offset_e`."""
        first, *others = self.neighbour_offsets_e(window, dark_e, spared_e2 * self.geometry.neighbour_count)
        for offsets in others:
            first += offsets
        return first * np.float32(1 / (1 + len(others))) if others else first

    def neighbour_offsets_e(self, window: Window, dark_e: float, spared_e2: float = 0.0) -> Iterator[Floats]:
        """As `offsets_e`, of each of the sensor pixels binned into an output pixel."""
        offset_e = partial(self._pattern.offset_e, dark_e=dark_e, spared_e2=spared_e2)
        return (fixed_offsets_e(self.geometry, window, neighbour, offset_e) for neighbour in self.geometry.neighbours)

    def patched_codes(self, window: Window, patches: Sequence[tuple[Window, Floats]]) -> LightCodes:
        """Codes of the output pixels in `window` while patches of the scene have another radiance."""

        def overlaid(source: Window) -> Floats:
            scene = np.array(self._still(source))
            for patch, radiance in patches:
                common = patch.intersect(source)
                if not common.is_empty():
                    scene[common.inside(source)] = radiance[common.inside(patch)]
            return scene

        return self._codes(overlaid, window)

    def seeing(self, scene_window: Window, margin: int, align: int) -> Window:
        """The output pixels which light from a window of the scene reaches, see `Geometry.output_window`."""
        sensor_window = self._lens.sensor_window(scene_window, self._sensor.width, self._sensor.height)
        return self.geometry.output_window(sensor_window, margin, align)


def row_blocks(height: int, width: int, neighbours: int = 1, *, least_rows: int = 4) -> Iterator[Window]:
    """Windows of whole rows, a multiple of four each, which together cover an image of binned `neighbours`."""
    rows = max(BLOCK_PIXELS // (width * neighbours) // 4 * 4, -(-least_rows // 4) * 4, 4)
    for top in range(0, height, rows):
        yield Window(top, min(top + rows, height), 0, width)


def _span(taps: Sequence[Taps]) -> tuple[int, int]:
    spans = [each.span for each in taps]
    return min(first for first, _ in spans), max(end for _, end in spans)


def _filters(sensor: SensorModel, infrared: float, light_k: float, phase: Phase | None) -> Filters:
    """The filters of the sensor's pixels."""
    responses = sensor.responses(infrared, light_k)
    kinds = [[channel(phase, row, column) for column in (0, 1)] for row in (0, 1)]
    return Filters(responses, np.array(kinds if len(responses) > 1 else [[0, 0]], np.int32))
