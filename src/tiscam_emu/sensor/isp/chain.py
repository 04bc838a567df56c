"""What the camera computes from raw data, and in which order.

White balance, demosaicing, correction matrix with hue and saturation (`colour_mix`), then luminance and chrominance or
the mosaic again, then gamma or lookup table (`tone`). Raw data is demosaiced only if colours are changed.

Images here are float32 in the 12-bit domain (0 to 4095), black level included, as the camera keeps it in every format.
White balance and colours act on the signal above black, so that black keeps its level; the tone curve acts on whole
values.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.bayer import RGGB, Phase, channel
from tiscam_emu.sensor.isp.colour_mix import Matrix, mix
from tiscam_emu.sensor.isp.tone import Curve, propagate

Floats = NDArray[np.float32]
Planes = tuple[Floats, ...]
Output = Literal["raw", "luma", "bgr", "yuv444", "yuv422", "yuv411"]
"""What the ISP makes: ``luma`` is a Mono format of a colour camera."""

HALO = 4
"""Rows and columns around a block that demosaicing and chroma subsampling need, a multiple of every phase."""

NEUTRAL_CHROMA_DN = 2048.0
_CHROMA_DIVISOR = {"raw": 1, "luma": 1, "bgr": 1, "yuv444": 1, "yuv422": 2, "yuv411": 4}


def output_of(pixel_format: PixelFormat, *, color: bool) -> Output:
    """Return what the ISP has to make for `pixel_format` on a colour or monochrome sensor.

    Mono8 of a colour camera is made "by debayering the raw pixel data and transmitting only the luminance information"
    (DFK 38UX267 technical reference manual, section "8-Bit Monochrome"). On a monochrome sensor colours are grey.
    """
    components: Output = pixel_format.components
    if components != "raw":
        return components
    return "luma" if color and not pixel_format.bayer else "raw"


def chroma_divisor(output: Output) -> int:
    """How many pixels of a line share one pair of chrominance values."""
    return _CHROMA_DIVISOR[output]


def balance(
    raw: Floats, factors: tuple[float, float, float], black_level_dn: float, phase: Phase | None = RGGB
) -> None:
    """Multiply the signal above black of a mosaic by (red, green, blue) `factors`, in place."""
    for row in (0, 1):
        for column in (0, 1):
            factor = factors[channel(phase, row, column)]
            if factor != 1.0:
                pixels = raw[..., row::2, column::2]
                pixels *= np.float32(factor)
                pixels += np.float32(black_level_dn * (1 - factor))


def demosaic(mosaic: Floats, phase: Phase | None = RGGB) -> tuple[Floats, Floats, Floats]:
    """Interpolate a mosaic bilinearly; borders are mirrored. Leading axes are kept. Without a phase all is grey."""
    if phase is None:
        return mosaic, mosaic, mosaic
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
            kind = channel(phase, row, column)
            if kind != 1:
                own, other = (red, blue) if kind == 0 else (blue, red)
                own[at], green[at], other[at] = same, cross[at], diagonal[at]
            else:
                in_row, in_column = (red, blue) if (row + phase[0]) % 2 == 0 else (blue, red)
                green[at], in_row[at], in_column[at] = same, beside[at], above[at]
    return red, green, blue


def mosaic(red: Floats, green: Floats, blue: Floats, phase: Phase | None = RGGB) -> Floats:
    """A mosaic of colour planes: what is transmitted as raw data after colours were changed."""
    made = green.copy()
    first_row, first_column = phase or RGGB  # of red; blue is one further
    reds = (..., slice(first_row, None, 2), slice(first_column, None, 2))
    blues = (..., slice(1 - first_row, None, 2), slice(1 - first_column, None, 2))
    made[reds], made[blues] = red[reds], blue[blues]
    return made


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
    if count == 1:
        return plane
    plane = _whole_groups(plane, count)
    total = plane[..., 0::count].copy()
    for position in range(1, count):
        total += plane[..., position::count]
    return total * np.float32(1 / count)


def _whole_groups(plane: Floats, count: int) -> Floats:
    """Lines prolonged by their last pixel, to a multiple of `count`."""
    missing = -plane.shape[-1] % count
    return np.pad(plane, [(0, 0)] * (plane.ndim - 1) + [(0, missing)], mode="edge") if missing else plane


def linear_planes(rgb: tuple[Floats, Floats, Floats], output: Output, phase: Phase | None = RGGB) -> Planes:
    """Planes of `output`, before the tone curve and without the chrominance offset: a linear function of the mosaic."""
    red, green, blue = rgb
    if output == "raw":
        return (mosaic(red, green, blue, phase),)
    if output == "bgr":
        return blue, green, red
    luma = luminance(red, green, blue)
    if output == "luma":
        return (luma,)
    return (luma, *chrominance(red, blue, luma, chroma_divisor(output)))


def has_chroma(output: Output) -> bool:
    """Whether there is luminance and chrominance; the tone curve acts on luminance alone then."""
    return output in {"yuv444", "yuv422", "yuv411"}


def tone(planes: Planes, output: Output, curve: Curve | None) -> Planes:
    """Apply the tone curve to linear planes, Y alone in YUV and else each, and put the chrominance offset on."""
    if has_chroma(output):
        luma, cb, cr = planes
        toned = luma if curve is None else curve(luma)
        return toned, cb + np.float32(NEUTRAL_CHROMA_DN), cr + np.float32(NEUTRAL_CHROMA_DN)
    return planes if curve is None else tuple(curve(plane) for plane in planes)


def tone_moments(means: Planes, sigmas: Planes, output: Output, curve: Curve | None) -> tuple[Planes, Planes]:
    """Means and sigmas after `tone` of noisy planes."""
    if curve is None:
        return tone(means, output, None), sigmas
    curved = 1 if has_chroma(output) else len(means)
    toned = [propagate(curve, mean, sigma) for mean, sigma in zip(means[:curved], sigmas[:curved], strict=True)]
    new_means = (*(mean for mean, _ in toned), *means[curved:])
    new_sigmas = (*(sigma for _, sigma in toned), *sigmas[curved:])
    return tone(new_means, output, None), new_sigmas


@lru_cache(maxsize=64)
def noise_gains(
    output: Output, matrix: Matrix | None = None, phase: Phase | None = RGGB
) -> tuple[NDArray[np.float32], ...]:
    """How the variances of red, green and blue pixels add up in each plane of `output`, colours mixed by `matrix`.

    Found by sending unit impulses through the linear part of the ISP and summing the squared answers.

    Returns
    -------
    tuple of ndarray, (3, 2, columns)
        For each plane, the factor for each colour at each position of the plane's repeating pattern.
    """
    size = 16
    impulses = np.eye(size * size, dtype=np.float32).reshape(-1, size, size)
    rgb = demosaic(impulses, phase)
    planes = linear_planes(rgb if matrix is None else mix(rgb, matrix, 0.0), output, phase)
    colour = np.array([channel(phase, *divmod(place, size)) for place in range(size * size)])
    gains = []
    for plane in planes:
        step = size // plane.shape[-1]
        columns = 1 if step > 1 else 2
        centre = plane[:, 8:10, 8 // step : 8 // step + columns].astype(np.float64) ** 2
        gains.append(np.stack([centre[colour == channel].sum(axis=0) for channel in range(3)]).astype(np.float32))
    return tuple(gains)


def plane_sigma(variances: list[Floats], gains: NDArray[np.float32], divisor: int) -> Floats:
    """Standard deviation of each component of a plane.

    Parameters
    ----------
    variances
        Of red, green and blue pixels around each pixel: three (rows, columns).
    gains
        The plane's factors, see `noise_gains`.
    divisor
        How many pixels of a line share a component; their variances are averaged.
    """
    height, width = variances[0].shape
    columns = -(-width // divisor)
    pattern = np.tile(gains, (1, -(-height // 2), -(-columns // gains.shape[2])))[:, :height, :columns]
    total = np.zeros((height, columns), np.float32)
    for of_pixels, weights in zip(variances, pattern, strict=True):
        variance = _whole_groups(of_pixels, divisor)
        for first in range(divisor):
            total += variance[:, first::divisor] * weights * np.float32(1 / divisor)
    return np.sqrt(total, out=total)
