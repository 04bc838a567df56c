"""The scene ``colorchecker``: the 24 patches of the classic colour chart, evenly lit, on a grey wall.

Patch values: D. Pascale, RGB coordinates of the Macbeth ColorChecker, BabelColor 2006, table of the manufacturer's data
in sRGB, 8 bit (D65). The patch cyan lies a little outside sRGB, its red is cut off at 8. Light of another colour than
D65 is the camera's illumination and no part of the scene.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.scenes.picture import Picture, TexturePicture, linear_to_srgb

PATCH_NAMES = (
    "dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green",
    "orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow",
    "blue", "green", "red", "yellow", "magenta", "cyan",
    "white", "neutral 8", "neutral 6.5", "neutral 5", "neutral 3.5", "black",
)  # fmt: skip
"""Row by row, as seen."""

PATCHES_SRGB = (
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
)  # fmt: skip
"""In the order of `PATCH_NAMES`."""

_COLUMNS, _ROWS = 6, 4
_GAP, _BORDER = 0.14, 0.24
"""Of the distance between two patches."""
_SHARE = 0.94
"""Of the sensor's side that the card may take."""
_WALL, _CARD = 0.18, 0.018


@dataclass(frozen=True, slots=True)
class ColorChecker:
    """The colour chart, as large as the sensor's shape lets it be."""

    def fit(self, width: int, height: int) -> Picture:
        """The chart in the middle of the sensor."""
        return TexturePicture(_drawn(width, height))


def patch_windows(width: int, height: int) -> tuple[Window, ...]:
    """Where the patches are on a sensor of `width` x `height`, in the order of `PATCH_NAMES`."""
    pitch = _pitch(width, height)
    half_gap = max(round(pitch * _GAP / 2), 1)
    first_row, first_column = height // 2 - pitch * _ROWS // 2, width // 2 - pitch * _COLUMNS // 2
    return tuple(
        Window(
            first_row + row * pitch + half_gap,
            first_row + (row + 1) * pitch - half_gap,
            first_column + column * pitch + half_gap,
            first_column + (column + 1) * pitch - half_gap,
        )
        for row in range(_ROWS)
        for column in range(_COLUMNS)
    )


def _pitch(width: int, height: int) -> int:
    return max(int(_SHARE * min(width / (_COLUMNS + 2 * _BORDER), height / (_ROWS + 2 * _BORDER))), 4)


def _drawn(width: int, height: int) -> NDArray[np.uint8]:
    texture = np.full((height, width, 3), _grey(_WALL), np.uint8)
    windows = patch_windows(width, height)
    border = round(_pitch(width, height) * (_BORDER - _GAP / 2))
    card = Window(windows[0].top, windows[-1].bottom, windows[0].left, windows[-1].right).grow(border, border)
    texture[max(card.top, 0) : card.bottom, max(card.left, 0) : card.right] = _grey(_CARD)
    for window, colour in zip(windows, PATCHES_SRGB, strict=True):
        texture[window.top : window.bottom, window.left : window.right] = colour
    return texture


def _grey(linear: float) -> int:
    return int(np.rint(255 * linear_to_srgb(np.array(linear))))
