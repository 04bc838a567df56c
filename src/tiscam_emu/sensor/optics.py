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
_LARGEST_EXACT_BLUR_PX = 2.0


@dataclass(frozen=True, slots=True)
class Lens:
    """How the scene is imaged.

    Attributes
    ----------
    blur_px
        Standard deviation of the Gaussian spot, in sensor pixels.
    zoom
        Magnification about the centre; at 1 the scene just fills the sensor. At least 1.
    """

    blur_px: float = SHARPEST_BLUR_PX
    zoom: float = 1.0

    @classmethod
    def focused(cls, defocus_px: float, zoom: float) -> Lens:
        """A lens with `defocus_px` of blur on top of what is unavoidable."""
        return cls(float(np.hypot(SHARPEST_BLUR_PX, defocus_px)), zoom)

    @property
    def reach_px(self) -> int:
        """How far light spreads, in sensor pixels."""
        return int(np.ceil(_TAPS_PER_SIGMA * self.blur_px))

    def image(self, scene: WindowSource, width: int, height: int) -> WindowSource:
        """The scene as this lens projects it onto a sensor of `width` x `height`."""

        def projected(window: Window) -> Floats:
            outer = window.grow(self.reach_px, self.reach_px)
            sharp = _magnified(scene, outer, width, height, self.zoom)
            return _blurred(sharp, self.blur_px, self.reach_px)

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


def _blurred(image: Floats, blur_px: float, margin: int) -> Floats:
    """The image without its `margin`, convolved with a Gaussian along both axes."""
    if blur_px <= _LARGEST_EXACT_BLUR_PX:
        weights = _gaussian(blur_px, margin)
        return _convolved(_convolved(image, weights, axis=0), weights, axis=1)
    return _box_blurred(_box_blurred(image, blur_px, margin, axis=0), blur_px, margin, axis=1)


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


def _box_blurred(image: Floats, blur_px: float, margin: int, axis: int) -> Floats:
    """Three running means, which together are near a Gaussian, along `axis`, dropping the margin."""
    half = max(round((np.sqrt(4 * blur_px**2 + 1) - 1) / 2), 1)
    view = np.moveaxis(image, axis, 0)
    for _ in range(3):
        padded = np.pad(view, ((half + 1, half), (0, 0), (0, 0)), mode="edge")
        sums = np.cumsum(padded, axis=0, dtype=np.float64)
        view = ((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)
    return np.moveaxis(view[margin : view.shape[0] - margin], 0, axis)
