"""What the camera does to colours: correction matrix, hue and saturation, together one 3 x 3 matrix.

Matrices are nine numbers, row by row; a row makes one output colour from red, green and blue. They act on the signal
above black, after white balance and before the tone curve: black stays at the black level whatever the matrix.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rgb = tuple[Floats, Floats, Floats]
Matrix = tuple[float, ...]

NEUTRAL_SATURATION = 64.0

# ITU-R BT.601, full range
_TO_YCBCR = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.5],
        [0.5, -0.587 / 1.402, -0.114 / 1.402],
    ]
)


def hue_saturation(hue_deg: float, saturation: float) -> NDArray[np.float64]:
    """The matrix that turns colours by `hue_deg` and multiplies their strength by ``saturation / 64``.

    In the plane of ITU-R BT.601 chrominance, so luminance and greys stay::

        Cb' = (Cb cos h + Cr sin h) s        Cr' = (Cr cos h - Cb sin h) s

    (Microsoft, Windows Driver Kit, "Processing in the 8-bit YUV Color Space"; also K. Jack, Video Demystified).
    Small positive angles turn red towards magenta.
    """
    angle, strength = np.deg2rad(hue_deg), saturation / NEUTRAL_SATURATION
    cosine, sine = strength * np.cos(angle), strength * np.sin(angle)
    turned = np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])
    return np.asarray(np.linalg.inv(_TO_YCBCR) @ turned @ _TO_YCBCR)


@lru_cache(maxsize=16)
def colour_mix(hue_deg: float, saturation: float, color_matrix: Matrix | None) -> Matrix | None:
    """The matrix in effect: correction first, then hue and saturation; None if nothing changes."""
    total = np.eye(3) if color_matrix is None else np.array(color_matrix, np.float64).reshape(3, 3)
    if hue_deg != 0.0 or saturation != NEUTRAL_SATURATION:
        total = hue_saturation(hue_deg, saturation) @ total
    return None if np.array_equal(total, np.eye(3)) else tuple(total.ravel().tolist())


def mix(rgb: Rgb, matrix: Matrix, black_level_dn: float) -> Rgb:
    """Multiply the signal above black by `matrix`; the result is not clipped."""
    rows = np.array(matrix, np.float64).reshape(3, 3)
    offsets = black_level_dn * (1 - rows.sum(axis=1))
    red, green, blue = (
        np.float32(row[0]) * rgb[0] + np.float32(row[1]) * rgb[1] + np.float32(row[2]) * rgb[2] + np.float32(offset)
        for row, offset in zip(rows, offsets, strict=True)
    )
    return red, green, blue
