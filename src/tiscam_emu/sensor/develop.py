"""Frames for the eye: image data of any pixel format to red, green and blue, or grey.

Raw data are shown by their upper eight bits; a mosaic is interpolated bilinearly, or where less than every second pixel
is wanted, taken four pixels at a time. Nothing is brightened: what a client would show is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.bayer import PHASES, channel
from tiscam_emu.sensor.pack import COMPONENT_ORDER

Image = NDArray[np.uint8]
"""(height, width, 3) red, green, blue; (height, width) grey."""
_Indices = NDArray[np.intp]

_BAND_PIXELS = 1 << 18
_BY_WORDS = {"10": 2, "12": 4, "14": 6, "16": 8}
"""Lowest of the upper eight bits, in formats of a word each pixel."""


def developed(pixel_format: PixelFormat, width: int, height: int, data: Any, step: int = 1) -> Image:
    """An image of a frame.

    Parameters
    ----------
    data
        The image data as transmitted, without chunks.
    step
        Take one pixel of so many, in lines and columns; of a mosaic one square of four in half as many.
    """
    flat = np.frombuffer(data, np.uint8)
    if pixel_format.components != "raw":
        return _of_colours(pixel_format, width, height, flat, step)
    phase = PHASES.get(pixel_format.bayer)
    if phase is None:
        return _upper_bits(pixel_format, width, flat, _every(height, step), _every(width, step))
    if step == 1 or min(width, height) < 2:
        return _interpolated(lambda rows: _upper_bits(pixel_format, width, flat, rows, _every(width, 1)), height, phase)
    return _by_squares(pixel_format, (width, height), flat, max(step // 2, 1), phase)


def _every(size: int, step: int) -> _Indices:
    return np.arange(0, size, step, dtype=np.intp)


def _upper_bits(pixel_format: PixelFormat, width: int, flat: Image, rows: _Indices, columns: _Indices) -> Image:
    """The upper eight bits of the pixels where these rows and columns cross."""
    packing = pixel_format.packing
    if packing == "8":
        whole = flat[: flat.size // width * width].reshape(-1, width)
        lines = whole[rows]
        return lines if columns.size == width else lines[:, columns]
    found = np.empty((rows.size, columns.size), np.uint8)
    band_rows = max(1, _BAND_PIXELS // max(columns.size, 1))
    for first in range(0, rows.size, band_rows):
        band = rows[first : first + band_rows, np.newaxis] * width + columns
        bits = _first_bits(pixel_format, band)
        at, shift = bits >> 3, (bits & 7).astype(np.uint8)
        pair = flat[at] | flat[np.minimum(at + 1, flat.size - 1)].astype(np.uint16) << 8
        found[first : first + band_rows] = (pair >> shift).astype(np.uint8)
    return found


def _first_bits(pixel_format: PixelFormat, pixels: _Indices) -> _Indices:
    """Where the upper eight bits of pixels begin, in bits of the image data."""
    if pixel_format.packing in {"10Packed", "12Packed"}:
        return (pixels >> 1) * 24 + (pixels & 1) * 16
    low = _BY_WORDS.get(pixel_format.packing, pixel_format.significant_bits - 8)
    return pixels * pixel_format.bits_per_pixel + low


def _by_squares(
    pixel_format: PixelFormat, shape: tuple[int, int], flat: Image, step: int, phase: tuple[int, int]
) -> Image:
    width, height = shape
    rows, columns = _every(height // 2, step) * 2, _every(width // 2, step) * 2
    square = {(y, x): _upper_bits(pixel_format, width, flat, rows + y, columns + x) for y in (0, 1) for x in (0, 1)}
    image = np.empty((rows.size, columns.size, 3), np.uint8)
    greens = []
    for (y, x), plane in square.items():
        colour = channel(phase, y, x)
        if colour == 1:
            greens.append(plane.astype(np.uint16))
        else:
            image[..., colour] = plane
    image[..., 1] = (greens[0] + greens[1]) >> 1
    return image


def _interpolated(lines: Callable[[_Indices], Image], height: int, phase: tuple[int, int]) -> Image:
    """All pixels of a mosaic; bands of lines at a time, with one more at each end."""
    bands = []
    band = 256
    for first in range(0, height, band):
        last = min(first + band, height)
        around = np.clip(np.arange(first - 1, last + 1), 0, height - 1).astype(np.intp)
        # Mirrored at the border, so that colours keep their places.
        around[0] = min(1, height - 1) if first == 0 else around[0]
        around[-1] = max(height - 2, 0) if last == height else around[-1]
        bands.append(_bilinear(lines(around), phase, first - 1)[1:-1])
    return np.concatenate(bands)


def _bilinear(mosaic: Image, phase: tuple[int, int], first_row: int) -> Image:
    padded = np.pad(mosaic, 1, mode="reflect" if min(mosaic.shape) > 1 else "edge").astype(np.uint16)
    centre = padded[1:-1, 1:-1]
    left_right = (padded[1:-1, :-2] + padded[1:-1, 2:]) >> 1
    up_down = (padded[:-2, 1:-1] + padded[2:, 1:-1]) >> 1
    corners = (padded[:-2, :-2] + padded[:-2, 2:] + padded[2:, :-2] + padded[2:, 2:]) >> 2
    image = np.empty((*mosaic.shape, 3), np.uint8)
    for y in (0, 1):
        for x in (0, 1):
            at = np.s_[y::2, x::2]
            own = channel(phase, (first_row + y) % 2, x)
            beside = channel(phase, (first_row + y) % 2, x + 1)
            image[at][..., own] = centre[at]
            if own == 1:
                image[at][..., beside] = left_right[at]
                image[at][..., 2 - beside] = up_down[at]
            else:
                image[at][..., 1] = (left_right[at] + up_down[at]) >> 1
                image[at][..., 2 - own] = corners[at]
    return image


def _of_colours(pixel_format: PixelFormat, width: int, height: int, flat: Image, step: int) -> Image:
    order = COMPONENT_ORDER[pixel_format.packing]
    size = pixel_format.line_bytes(width)
    lines = flat[: size * height].reshape(height, size)[::step]
    columns = _every(width, step)
    pixels = max(order.count("Y"), 1)
    groups, inside = columns // pixels * len(order), columns % pixels

    def plane(name: str) -> Image:
        places = np.array([at for at, component in enumerate(order) if component == name], np.intp)
        found = groups + places[inside % places.size]
        cut_off = found >= size  # the last group of a line has lost it: that of the one before
        found[cut_off] = np.maximum(found[cut_off] - len(order), 0)
        return lines[:, found]

    if pixel_format.components == "bgr":
        return np.stack([plane(name) for name in "RGB"], axis=-1)
    return _of_ycbcr(plane("Y"), plane("Cb"), plane("Cr"))


def _of_ycbcr(luma: Image, blue: Image, red: Image) -> Image:
    """ITU-R BT.601, full range, inverse."""
    y, cb, cr = luma.astype(np.float32), blue.astype(np.float32) - 128, red.astype(np.float32) - 128
    planes = (y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb)
    return np.stack([np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in planes], axis=-1)
