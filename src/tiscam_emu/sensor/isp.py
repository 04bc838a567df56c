"""What the camera computes from raw data: white balance, gamma, demosaicing, luminance and chrominance.

Images here are float32 in the 12-bit domain (0 to 4095), black level included, as the camera keeps it in every format.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.model import FULL_SCALE_DN

Floats = NDArray[np.float32]
Planes = tuple[Floats, ...]
Output = Literal["raw", "luma", "bgr", "yuv422", "yuv411"]
"""What the ISP makes: ``luma`` is Mono8 of a colour camera."""

HALO = 4
"""Rows and columns around a block that demosaicing and chroma subsampling need, a multiple of every phase."""

_NEUTRAL_CHROMA_DN = 2048.0
_CHROMA_DIVISOR = {"raw": 1, "luma": 1, "bgr": 1, "yuv422": 2, "yuv411": 4}


def output_of(pixel_format: PixelFormat, *, color: bool) -> Output:
    """Return what the ISP has to make for `pixel_format` on a colour or monochrome sensor.

    Mono8 of a colour camera is made "by debayering the raw pixel data and transmitting only the luminance information"
    (DFK 38UX267 technical reference manual, section "8-Bit Monochrome").
    """
    components: Output = pixel_format.components
    if components != "raw":
        return components
    return "luma" if color and not pixel_format.bayer else "raw"


def chroma_divisor(output: Output) -> int:
    """How many pixels of a line share one pair of chrominance values."""
    return _CHROMA_DIVISOR[output]


def balance(raw: Floats, factors: tuple[float, float, float], black_level_dn: float) -> None:
    """Multiply the signal above black of an RGGB mosaic by (red, green, blue) `factors`, in place."""
    for row in (0, 1):
        for column in (0, 1):
            factor = factors[row + column]
            if factor != 1.0:
                channel = raw[..., row::2, column::2]
                channel *= np.float32(factor)
                channel += np.float32(black_level_dn * (1 - factor))


def gamma_curve(dn: Floats, gamma: float) -> Floats:
    """Output of the gamma correction, full scale to the power of 1/gamma; linear for a gamma of 1."""
    if gamma == 1.0:
        return dn
    share = np.maximum(dn, 0) / np.float32(FULL_SCALE_DN)
    with np.errstate(over="ignore"):  # light far above full scale may become infinite: it saturates all the same
        return np.asarray(np.float32(FULL_SCALE_DN) * share ** np.float32(1 / gamma), np.float32)


def gamma_slope(dn: Floats, gamma: float) -> Floats:
    """Derivative of `gamma_curve`; finite at zero."""
    share = np.maximum(dn, 1) / np.float32(FULL_SCALE_DN)
    with np.errstate(over="ignore"):
        return np.asarray(np.float32(1 / gamma) * share ** np.float32(1 / gamma - 1), np.float32)


def demosaic(mosaic: Floats) -> tuple[Floats, Floats, Floats]:
    """Interpolate an RGGB mosaic bilinearly; borders are mirrored. Leading axes are kept."""
    margin = [(0, 0)] * (mosaic.ndim - 2) + [(1, 1), (1, 1)]
    padded = np.pad(mosaic, margin, mode="reflect")
    height, width = mosaic.shape[-2:]
    up, down = padded[..., :-2, 1:-1], padded[..., 2:, 1:-1]
    left, right = padded[..., 1:-1, :-2], padded[..., 1:-1, 2:]
    beside = (left + right) * np.float32(0.5)
    above = (up + down) * np.float32(0.5)
    cross = (beside + above) * np.float32(0.5)
    rows = (padded[..., :-2, :] + padded[..., 2:, :]) * np.float32(0.5)
    diagonal = (rows[..., :-2] + rows[..., 2:]) * np.float32(0.5)
    red, green, blue = (np.empty(mosaic.shape, np.float32) for _ in range(3))
    for row in range(min(2, height)):
        for column in range(min(2, width)):
            at = (..., slice(row, None, 2), slice(column, None, 2))
            same = mosaic[at]
            if row == column:
                own, other = (red, blue) if row == 0 else (blue, red)
                own[at], green[at], other[at] = same, cross[at], diagonal[at]
            else:
                in_row, in_column = (red, blue) if row == 0 else (blue, red)
                green[at], in_row[at], in_column[at] = same, beside[at], above[at]
    return red, green, blue


def luminance(red: Floats, green: Floats, blue: Floats) -> Floats:
    """Y of ITU-R BT.601."""
    luma: Floats = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return luma


def chrominance(red: Floats, blue: Floats, luma: Floats, divisor: int) -> tuple[Floats, Floats]:
    """Cb and Cr of ITU-R BT.601, full range, averaged over `divisor` pixels of a line, without their offset."""
    cb = (blue - luma) * np.float32(0.5 / (1 - 0.114))
    cr = (red - luma) * np.float32(0.5 / (1 - 0.299))
    return _average(cb, divisor), _average(cr, divisor)


def _average(plane: Floats, count: int) -> Floats:
    total = plane[..., 0::count].copy()
    for position in range(1, count):
        total += plane[..., position::count]
    return total * np.float32(1 / count)


def linear_planes(rgb: tuple[Floats, Floats, Floats], output: Output) -> Planes:
    """Colour planes of `output`, before gamma and without the chrominance offset: a linear function of the mosaic."""
    red, green, blue = rgb
    if output == "bgr":
        return blue, green, red
    luma = luminance(red, green, blue)
    if output == "luma":
        return (luma,)
    return (luma, *chrominance(red, blue, luma, chroma_divisor(output)))


def tone(planes: Planes, output: Output, gamma: float) -> Planes:
    """Apply gamma to linear planes and put the chrominance offset on: Y alone in YUV, else every channel."""
    if output in {"yuv422", "yuv411"}:
        luma, cb, cr = planes
        return gamma_curve(luma, gamma), cb + np.float32(_NEUTRAL_CHROMA_DN), cr + np.float32(_NEUTRAL_CHROMA_DN)
    return tuple(gamma_curve(plane, gamma) for plane in planes)


def tone_slopes(planes: Planes, output: Output, gamma: float) -> tuple[Floats | None, ...]:
    """Derivative of `tone` for each plane; None where it is 1."""
    if gamma == 1.0:
        return (None,) * len(planes)
    curved = 1 if output in {"yuv422", "yuv411"} else len(planes)
    return tuple(gamma_slope(plane, gamma) if index < curved else None for index, plane in enumerate(planes))


@lru_cache(maxsize=8)
def noise_gains(output: Output) -> tuple[NDArray[np.float32], ...]:
    """How the variances of red, green and blue pixels add up in each plane of `output`.

    Found by sending unit impulses through the linear part of the ISP and summing the squared answers.

    Returns
    -------
    tuple of ndarray, (3, 2, columns)
        For each plane, the factor for each colour at each position of the plane's repeating pattern.
    """
    size = 16
    impulses = np.eye(size * size, dtype=np.float32).reshape(-1, size, size)
    planes = linear_planes(demosaic(impulses), output)
    position = np.arange(size * size)
    colour = (position // size % 2) + (position % size % 2)
    gains = []
    for plane in planes:
        step = size // plane.shape[-1]
        columns = 1 if step > 1 else 2
        centre = plane[:, 8:10, 8 // step : 8 // step + columns].astype(np.float64) ** 2
        gains.append(np.stack([centre[colour == channel].sum(axis=0) for channel in range(3)]).astype(np.float32))
    return tuple(gains)
