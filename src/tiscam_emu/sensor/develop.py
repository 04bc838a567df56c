"""Frames for the eye: image data of any pixel format to red, green and blue, or grey.

Raw data are shown by their upper eight bits; a mosaic is interpolated bilinearly, or where less than every second pixel
is wanted, taken four pixels at a time. Nothing is brightened: what a client would show is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.bayer import PHASES, Phase, channel
from tiscam_emu.sensor.pack import COMPONENT_ORDER

Image = NDArray[np.uint8]
"""(height, width, 3) red, green, blue; (height, width) grey."""
_Indices = NDArray[np.intp]

_BAND_PIXELS = 1 << 18
_BAND_LINES = 256
_BY_WORDS = {"10": 2, "12": 4, "14": 6, "16": 8}
"""Lowest of the upper eight bits, in formats of a word each pixel."""


def developed(pixel_format: PixelFormat, width: int, height: int, data: Any, *, step: int = 1, every: int = 1) -> Image:
    """An image of a frame.

    Parameters
    ----------
    data
        The image data as transmitted, without chunks.
    step
        Take one pixel of so many, in lines and columns; of a mosaic one square of four in half as many.
    every
        One line of so many is in `data`, of a mosaic one pair of lines; if it is more than 1, all of them are taken.
    """
    sent = _Sent(pixel_format, width, np.frombuffer(data, np.uint8))
    phase = PHASES.get(pixel_format.bayer)
    if phase is None:
        rows = range(0, height, step) if every == 1 else range(-(-height // every))
        if pixel_format.components == "raw":
            return sent.upper_bits(rows, range(0, width, step))
        return _of_colours(sent, rows, step)
    if step == 1 or min(width, height) < 2:
        return _interpolated(sent, height, phase)
    squares = range(0, height // 2, max(step // 2, 1)) if every == 1 else range(-(-(height // 2) // every))
    return _by_squares(sent, squares, max(step // 2, 1), phase)


@dataclass(frozen=True, slots=True)
class _Sent:
    """Image data and how they lie."""

    pixel_format: PixelFormat
    width: int
    flat: Image

    def lines(self, size: int, rows: range) -> Image:
        """These lines of `size` bytes each."""
        return self.flat[: self.flat.size // size * size].reshape(-1, size)[rows.start : rows.stop : rows.step]

    def upper_bits(self, rows: range, columns: range) -> Image:
        """The upper eight bits of the pixels of a raw format where these rows and columns cross."""
        if self.pixel_format.packing == "8":
            return self.lines(self.width, rows)[:, columns.start : columns.stop : columns.step]
        found = np.empty((len(rows), len(columns)), np.uint8)
        band_rows = max(1, _BAND_PIXELS // max(len(columns), 1))
        places = np.asarray(columns, np.intp)
        for first in range(0, len(rows), band_rows):
            band = np.asarray(rows[first : first + band_rows], np.intp)[:, np.newaxis] * self.width + places
            bits = self._first_bits(band)
            at, shift = bits >> 3, (bits & 7).astype(np.uint8)
            pair = self.flat[at] | self.flat[np.minimum(at + 1, self.flat.size - 1)].astype(np.uint16) << 8
            found[first : first + band_rows] = (pair >> shift).astype(np.uint8)
        return found

    def _first_bits(self, pixels: _Indices) -> _Indices:
        """Where the upper eight bits of pixels begin, in bits of the image data."""
        row = self.pixel_format
        if row.packing in {"10Packed", "12Packed"}:
            return (pixels >> 1) * 24 + (pixels & 1) * 16
        return pixels * row.bits_per_pixel + _BY_WORDS.get(row.packing, row.significant_bits - 8)


def _by_squares(sent: _Sent, squares: range, step: int, phase: Phase) -> Image:
    def pixels(y: int, x: int) -> Image:
        rows = range(2 * squares.start + y, 2 * squares.stop + y, 2 * squares.step)
        return sent.upper_bits(rows, range(x, sent.width // 2 * 2, 2 * step))

    square = {(y, x): pixels(y, x) for y in (0, 1) for x in (0, 1)}
    image = np.empty((*square[0, 0].shape, 3), np.uint8)
    greens = []
    for (y, x), plane in square.items():
        colour = channel(phase, y, x)
        if colour == 1:
            greens.append(plane.astype(np.uint16))
        else:
            image[..., colour] = plane
    image[..., 1] = (greens[0] + greens[1]) >> 1
    return image


def _interpolated(sent: _Sent, height: int, phase: Phase) -> Image:
    """All pixels of a mosaic; bands of lines, with two more at each end, so that colours keep their places."""
    bands = []
    for first in range(0, height, _BAND_LINES):
        last = min(first + _BAND_LINES, height)
        above = max(first - 2, 0)
        band = _bilinear(sent.upper_bits(range(above, min(last + 2, height)), range(sent.width)), phase)
        bands.append(band[first - above : last - above])
    return np.concatenate(bands)


def _bilinear(mosaic: Image, phase: Phase) -> Image:
    """Mirrored at its borders; its first line is an even one."""
    padded = np.pad(mosaic, 1, mode="reflect" if min(mosaic.shape) > 1 else "edge").astype(np.uint16)
    centre = padded[1:-1, 1:-1]
    left_right = (padded[1:-1, :-2] + padded[1:-1, 2:]) >> 1
    up_down = (padded[:-2, 1:-1] + padded[2:, 1:-1]) >> 1
    corners = (padded[:-2, :-2] + padded[:-2, 2:] + padded[2:, :-2] + padded[2:, 2:]) >> 2
    image = np.empty((*mosaic.shape, 3), np.uint8)
    for y in (0, 1):
        for x in (0, 1):
            at = np.s_[y::2, x::2]
            own, beside = channel(phase, y, x), channel(phase, y, x + 1)
            image[at][..., own] = centre[at]
            if own == 1:
                image[at][..., beside] = left_right[at]
                image[at][..., 2 - beside] = up_down[at]
            else:
                image[at][..., 1] = (left_right[at] + up_down[at]) >> 1
                image[at][..., 2 - own] = corners[at]
    return image


def _of_colours(sent: _Sent, rows: range, step: int) -> Image:
    order = COMPONENT_ORDER[sent.pixel_format.packing]
    size = sent.pixel_format.line_bytes(sent.width)
    lines = sent.lines(size, rows)
    columns = np.arange(0, sent.width, step, dtype=np.intp)
    pixels = max(order.count("Y"), 1)
    groups, inside = columns // pixels * len(order), columns % pixels

    def plane(name: str) -> Image:
        places = np.array([at for at, component in enumerate(order) if component == name], np.intp)
        found = groups + places[inside % places.size]
        cut_off = found >= size  # the last group of a line has lost it: that of the one before
        found[cut_off] = np.maximum(found[cut_off] - len(order), 0)
        return lines[:, found]

    if sent.pixel_format.components == "bgr":
        return np.stack([plane(name) for name in "RGB"], axis=-1)
    return _of_ycbcr(plane("Y"), plane("Cb"), plane("Cr"))


def _of_ycbcr(luma: Image, blue: Image, red: Image) -> Image:
    """ITU-R BT.601, full range, inverse."""
    y, cb, cr = luma.astype(np.float32), blue.astype(np.float32) - 128, red.astype(np.float32) - 128
    planes = (y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb)
    return np.stack([np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in planes], axis=-1)
