"""The lens: how sharp the scene is on the sensor, and how large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window

Floats = NDArray[np.float32]
WindowSource = Callable[[Window], Floats]
"""Gives the linear RGB (rows, columns, 3) of a window of the sensor."""

SHARPEST_BLUR_PX = 0.6
"""Standard deviation of the spot that a good lens makes, in pixels: some of the finest detail is lost, as in life."""

_TAPS_PER_SIGMA = 3
_CELLS_PER_SIGMA = 2
"""How finely a spot is sampled: wider ones are computed on cells of several pixels and interpolated."""


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
        return max(int(self.blur_px / _CELLS_PER_SIGMA), 1)

    @property
    def _taps(self) -> int:
        return int(np.ceil(_TAPS_PER_SIGMA * self.blur_px / self._cell_px))

    def image(self, scene: WindowSource, width: int, height: int) -> WindowSource:
        """The scene as this lens projects it onto a sensor of `width` x `height`."""

        def projected(window: Window) -> Floats:
            def sharp(outer: Window) -> Floats:
                return _magnified(scene, outer, width, height, self.zoom)

            return _blurred(sharp, window, self.blur_px, self._cell_px, self._taps)

        return projected

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


def _magnified(scene: WindowSource, window: Window, width: int, height: int, zoom: float) -> Floats:
    """The sharp image in a window that may reach beyond the sensor, whose borders are then repeated."""
    rows, columns = np.arange(window.top, window.bottom), np.arange(window.left, window.right)
    if zoom == 1.0:
        inside = window.intersect(Window(0, height, 0, width))
        image = scene(inside)
        margins = ((inside.top - window.top, window.bottom - inside.bottom),
                   (inside.left - window.left, window.right - inside.right), (0, 0))  # fmt: skip
        return np.pad(image, margins, mode="edge") if np.any(margins) else image
    row_at = np.clip((rows + 0.5 - height / 2) / zoom + height / 2 - 0.5, 0, height - 1)
    column_at = np.clip((columns + 0.5 - width / 2) / zoom + width / 2 - 0.5, 0, width - 1)
    source = Window(
        int(row_at[0]), min(int(row_at[-1]) + 2, height), int(column_at[0]), min(int(column_at[-1]) + 2, width)
    )
    image = scene(source)
    return _interpolated(_interpolated(image, row_at - source.top, axis=0), column_at - source.left, axis=1)


def _interpolated(image: Floats, places: NDArray[np.float64], axis: int) -> Floats:
    first = places.astype(np.intp)
    second = np.minimum(first + 1, image.shape[axis] - 1)
    shape = [1, 1, 1]
    shape[axis] = -1
    share = (places - first).astype(np.float32).reshape(shape)
    return np.asarray(image.take(first, axis) * (1 - share) + image.take(second, axis) * share, np.float32)


def _blurred(sharp: WindowSource, window: Window, blur_px: float, cell_px: int, taps: int) -> Floats:
    """A window of the image, convolved with a Gaussian of `taps` cells to each side."""
    if cell_px == 1:
        weights = _gaussian(blur_px, taps)
        return _convolved(_convolved(sharp(window.grow(taps, taps)), weights, axis=0), weights, axis=1)
    rows = _cell_places(window.top, window.bottom, cell_px)
    columns = _cell_places(window.left, window.right, cell_px)
    first_row, first_column = int(rows[0] // 1), int(columns[0] // 1)
    cells = Window(first_row, int(rows[-1] // 1) + 2, first_column, int(columns[-1] // 1) + 2).grow(taps, taps)
    image = sharp(Window(*(edge * cell_px for edge in (cells.top, cells.bottom, cells.left, cells.right))))
    binned = image.reshape(cells.shape[0], cell_px, cells.shape[1], cell_px, 3).mean(axis=(1, 3), dtype=np.float32)
    # the mean over a cell and the interpolation blur by themselves: variances add
    weights = _gaussian(float(np.sqrt((blur_px / cell_px) ** 2 - 0.25)), taps)
    blurred = _convolved(_convolved(binned, weights, axis=0), weights, axis=1)
    return _interpolated(_interpolated(blurred, rows - first_row, axis=0), columns - first_column, axis=1)


def _cell_places(first: int, stop: int, cell_px: int) -> NDArray[np.float64]:
    """Where pixels lie on the grid of cells, which begins at the sensor's corner; whole numbers are centres."""
    return (np.arange(first, stop) + 0.5) / cell_px - 0.5


@lru_cache(maxsize=8)
def _gaussian(blur_px: float, margin: int) -> Floats:
    weights = np.exp(-0.5 * (np.arange(-margin, margin + 1) / max(blur_px, 1e-3)) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


def _convolved(image: Floats, weights: Floats, axis: int) -> Floats:
    """Convolve with symmetric `weights` along `axis`, dropping the margin."""
    margin = len(weights) // 2
    size = image.shape[axis] - 2 * margin
    shifted = [image[(slice(None),) * axis + (slice(first, first + size),)] for first in range(len(weights))]
    total: Floats = shifted[margin] * weights[margin]
    for distance in range(1, margin + 1):
        pair = shifted[margin - distance] + shifted[margin + distance]
        pair *= weights[margin + distance]
        total += pair
    return total
