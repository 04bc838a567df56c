"""The lens: how sharp the scene is on the sensor, and how large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.projection import PLAIN, Floats, Taps, project

WindowSource = Callable[[Window], Floats]
"""Gives the linear RGB (rows, columns, 3) of a window of the sensor."""

SHARPEST_BLUR_PX = 0.6
"""Standard deviation of the spot that a good lens makes, in pixels: some of the finest detail is lost, as in life."""

_TAPS_PER_SIGMA = 3


@dataclass(frozen=True, slots=True)
class Lens:
    """How the scene is imaged.

    Attributes
    ----------
    blur_px
        Standard deviation of the Gaussian spot, in sensor pixels.
    zoom
        Magnification about the centre; at 1 the scene just fills the sensor. At least 1.
    infrared
        Infrared light relative to visible light, which the sensor sees too; 0 behind an infrared cut filter.
    """

    blur_px: float = SHARPEST_BLUR_PX
    zoom: float = 1.0
    infrared: float = 0.0

    @classmethod
    def focused(cls, defocus_px: float, zoom: float, infrared: float = 0.0) -> Lens:
        """A lens with `defocus_px` of blur on top of what is unavoidable."""
        return cls(float(np.hypot(SHARPEST_BLUR_PX, defocus_px)), zoom, infrared)

    @property
    def reach_px(self) -> int:
        """How far light spreads, in sensor pixels."""
        if self._cell_px == 1:
            return self._taps
        return int(np.ceil((self._taps + 1.5) * self._cell_px))  # half a cell averaged, one interpolated

    @property
    def _cell_px(self) -> int:
        """Wide spots are computed on square cells of so many pixels, and interpolated."""
        return max(int(self.blur_px), 1)

    @property
    def _taps(self) -> int:
        return int(np.ceil(_TAPS_PER_SIGMA * self.blur_px / self._cell_px))

    def taps(self, places: NDArray[np.intp], size: int) -> Taps:
        """What sensor rows or columns see of the scene's, or of its cells if spots are wide (see `scene`)."""
        cell_px, steps = self._cell_px, np.arange(-self._taps, self._taps + 1, dtype=np.float64)
        if cell_px == 1:
            return Taps.of(self._in_scene(places, size), steps / self.zoom, _gaussian(self.blur_px, self._taps))
        # the mean over a cell and the interpolation blur by themselves: variances add
        weights = _gaussian(float(np.sqrt((self.blur_px / cell_px) ** 2 - 0.25)), self._taps)
        return Taps.of((places + 0.5) / cell_px - 0.5, steps, weights)

    def scene(self, source: WindowSource, window: Window, width: int, height: int) -> tuple[Floats, tuple[int, int]]:
        """What all `taps` in a window need of the scene on a sensor of `width` x `height`, and the upper left of it."""
        if self._cell_px == 1:
            inside = window.intersect(Window(0, height, 0, width))
            return source(inside), (inside.top, inside.left)
        rows, columns = self._cells(window.top, window.bottom, height), self._cells(window.left, window.right, width)
        seen = Window(*_inside(rows.span, height), *_inside(columns.span, width))
        planes = project(source(seen), PLAIN, rows.seen_from(seen.top), columns.seen_from(seen.left), None)
        return np.ascontiguousarray(np.moveaxis(planes, 0, 2)), (window.top, window.left)

    def image(self, scene: WindowSource, width: int, height: int) -> WindowSource:
        """The scene as this lens projects it onto a sensor of `width` x `height`."""

        def projected(window: Window) -> Floats:
            rows = self.taps(np.arange(window.top, window.bottom), height)
            columns = self.taps(np.arange(window.left, window.right), width)
            seen, (top, left) = self.scene(scene, Window(*rows.span, *columns.span), width, height)
            planes = project(seen, PLAIN, rows.seen_from(top), columns.seen_from(left), None)
            return np.moveaxis(planes, 0, 2)

        return projected

    def _in_scene(self, places: NDArray[np.intp], size: int) -> NDArray[np.float64]:
        return np.asarray((places + 0.5 - size / 2) / self.zoom + (size / 2 - 0.5), np.float64)

    def _cells(self, first: int, end: int, size: int) -> Taps:
        """What cells see of the scene's rows or columns: the mean over all of their sensor pixels."""
        cell_px = self._cell_px
        steps = np.arange(cell_px) / self.zoom
        corners = np.arange(first, end, dtype=np.intp) * cell_px
        return Taps.of(self._in_scene(corners, size), steps, np.full(cell_px, 1 / cell_px, np.float32))

    def sensor_window(self, scene_window: Window, width: int, height: int) -> Window:
        """Where light from a window of the scene can arrive on the sensor."""
        if self.zoom == 1.0:
            return scene_window.grow(self.reach_px, self.reach_px)
        top, bottom = (
            round(height / 2 + (y - height / 2) * self.zoom) for y in (scene_window.top, scene_window.bottom)
        )
        left, right = (round(width / 2 + (x - width / 2) * self.zoom) for x in (scene_window.left, scene_window.right))
        margin = self.reach_px + int(np.ceil(self.zoom)) + 1
        return Window(top, bottom, left, right).grow(margin, margin)


class Falloff:
    """How a lens loses light towards the corners: by the cosine to the fourth of the angle of its rays, per axis.

    Parameters
    ----------
    corner_percent
        Light at the corners relative to the centre.
    """

    def __init__(self, width: int, height: int, corner_percent: float) -> None:
        self._even = corner_percent == 100.0
        # cos^4 of an angle is (1 + tan^2)^-2; at the corner both axes together give corner_percent
        tangents = _tangent_per_half_diagonal(width, height, corner_percent)
        self._rows, self._columns = (_cosines_to_the_fourth(size, tangents / np.hypot(width, height))
                                     for size in (height, width))  # fmt: skip

    def dim(self, light: Floats, window: Window) -> Floats:
        """Multiply `light` on the sensor pixels in `window` by what the lens leaves of it, in place."""
        if not self._even:
            light *= self._columns[window.left : window.right]
            light *= self._rows[window.top : window.bottom, np.newaxis]
        return light


def _tangent_per_half_diagonal(width: int, height: int, corner_percent: float) -> float:
    # (1 + t^2 a) (1 + t^2 b) = corner^-1/2 with a, b the squared shares of width and height in the diagonal, a + b = 1
    product = (width * height / (width**2 + height**2)) ** 2
    wanted = (corner_percent / 100) ** -0.5 - 1
    return float(((np.sqrt(1 + 4 * product * wanted) - 1) / (2 * product)) ** 0.5)


def _cosines_to_the_fourth(size: int, tangent_per_pixel: float) -> Floats:
    tangents = (np.arange(size) + 0.5 - size / 2) * (2 * tangent_per_pixel)
    return np.asarray((1 + tangents**2) ** -2.0, np.float32)


def _inside(span: tuple[int, int], size: int) -> tuple[int, int]:
    """The part of a span that is on an axis, at least one place."""
    first = min(max(span[0], 0), size - 1)
    return first, min(max(span[1], first + 1), size)


@lru_cache(maxsize=8)
def _gaussian(blur_px: float, margin: int) -> Floats:
    weights = np.exp(-0.5 * (np.arange(-margin, margin + 1) / max(blur_px, 1e-3)) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)
