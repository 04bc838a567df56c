"""Colour differences (CIE 15:2018): from linear sRGB to L*a*b* in D65, and Delta E of 1976."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""Rows of three."""

# IEC 61966-2-1: linear sRGB to XYZ, with the white of D65
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)


def decoded_srgb(codes: NDArray[np.uint8]) -> Colours:
    """Linear values of 8-bit sRGB (IEC 61966-2-1)."""
    encoded = codes / 255.0
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4))


def lab(linear: Colours) -> Colours:
    """L*, a* and b* of linear sRGB."""
    relative = np.maximum(linear @ _TO_XYZ.T / _WHITE, 0)
    cube = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = cube.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def delta_e_76(one: Colours, two: Colours) -> NDArray[np.float64]:
    """Distance in L*a*b*."""
    return np.asarray(np.linalg.norm(one - two, axis=1))
