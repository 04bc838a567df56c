"""The scene ``star``: a Siemens star that fills the sensor, with grey fields around it, for sharpness and focus.

At a distance of r pixels from the middle the star has `CYCLES` / (2 pi r) cycles per pixel: 0.5, the finest a
monochrome sensor can show, at r = 23, where the plain disc in its middle ends. The grey fields in the corners tell what
the star's dark and light look like where they are not blurred (as in the charts of ISO 12233, annex on s-SFR).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.scenes.picture import Floats, Picture, TexturePicture, linear_to_srgb

CYCLES = 72
DARK, LIGHT = 0.03, 0.80
"""Radiance of the sectors."""
_GROUND = 0.18
_DIAMETER = 0.92
_RINGS = 5
_FIELD, _MARGIN = 0.13, 0.035
_BLOCK_ROWS = 64
_ENCODING = np.rint(linear_to_srgb(np.linspace(0, 1, 4096)) * 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class SiemensStar:
    """The star, as large as the sensor's shorter side lets it be."""

    def fit(self, width: int, height: int) -> Picture:
        """The star in the middle of the sensor."""
        return TexturePicture(_drawn(width, height))


def radius_px(width: int, height: int) -> float:
    """Radius of the star on a sensor of `width` x `height`."""
    return _DIAMETER / 2 * min(width, height)


def field_windows(width: int, height: int) -> tuple[tuple[float, Window], ...]:
    """Radiance and place of the grey fields in the corners."""
    side = min(width, height)
    size, margin = round(side * _FIELD), round(side * _MARGIN)
    right, bottom = width - margin - size, height - margin - size
    levels = (DARK, LIGHT, (2 * DARK + LIGHT) / 3, (DARK + 2 * LIGHT) / 3)
    places = ((margin, margin), (margin, right), (bottom, margin), (bottom, right))
    return tuple(
        (level, Window(top, top + size, left, left + size)) for level, (top, left) in zip(levels, places, strict=True)
    )


def _drawn(width: int, height: int) -> NDArray[np.uint8]:
    texture = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BLOCK_ROWS):  # a float image of the whole sensor would be large
        rows = np.arange(top, min(top + _BLOCK_ROWS, height), dtype=np.float32) - np.float32((height - 1) / 2)
        columns = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
        light = _light(columns[np.newaxis, :], rows[:, np.newaxis], radius_px(width, height))
        texture[top : top + _BLOCK_ROWS] = _ENCODING[np.rint(light * 4095).astype(np.intp)][..., np.newaxis]
    for level, field in field_windows(width, height):
        texture[field.top : field.bottom, field.left : field.right] = _ENCODING[round(level * 4095)]
    return texture


def _light(x: Floats, y: Floats, outer: float) -> Floats:
    """Radiance at places relative to the middle; edges are as soft as one pixel makes them."""
    radius = np.hypot(x, y)
    star = np.sin(np.arctan2(y, x) * np.float32(CYCLES))
    star *= radius * np.float32(1 / CYCLES)
    star += np.float32(0.5)
    np.clip(star, 0, 1, out=star)
    light = np.float32(DARK) + np.float32(LIGHT - DARK) * star
    inner = CYCLES / pi  # where there are two pixels for a cycle
    light = _beside(light, LIGHT, np.abs(radius - np.float32(inner)) - np.float32(max(outer / 150, 1)))
    light = _beside(light, DARK, radius - np.float32(inner))
    rim = max(outer / 60, 3.0)
    light = _beside(light, LIGHT, np.float32(outer - rim) - radius)
    ground = np.full_like(light, _GROUND)
    for ring in range(1, _RINGS + 1):  # thin circles outside: how round the picture is
        distance = np.float32(outer * (1 + 0.12 * ring))
        ground = _beside(ground, DARK, np.abs(radius - distance) - np.float32(max(outer / 400, 0.75)))
    outside = np.clip(radius - np.float32(outer) + np.float32(0.5), 0, 1)
    return np.asarray(light + (ground - light) * outside, np.float32)


def _beside(light: Floats, level: float, distance: Floats) -> Floats:
    """Replace with `level` where `distance` is negative."""
    share = np.clip(np.float32(0.5) - distance, 0, 1)
    return np.asarray(light + (np.float32(level) - light) * share, np.float32)
