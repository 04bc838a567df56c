"""From a frame's bytes back to what stood before the camera: one way of unpacking for each packing, and demosaicing.

Raw values are taken as linear light, full scale being white paper; colours as sRGB-encoded, as viewers show them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import Packing, PixelFormat
from tiscam_emu.sensor.bayer import PHASES, channel
from tiscam_emu.sensor.pack import COMPONENT_ORDER

Bytes = NDArray[np.uint8]
Values = NDArray[np.uint16] | NDArray[np.uint8]

_NEUTRAL = 128
_BAND_ROWS = 256
_CR_TO_RED, _CB_TO_BLUE, _CB_TO_GREEN, _CR_TO_GREEN = 1.402, 1.772, -0.344136, -0.714136
"""ITU-R BT.601, full range."""


def developed(pixel_format: PixelFormat, image: Bytes, width: int, height: int) -> NDArray[Any]:
    """An image as scenes are made of: (height, width) or (height, width, 3), float32 linear or uint8 sRGB.

    Parameters
    ----------
    image
        ``pixel_format.payload_bytes(width, height)`` bytes.
    """
    if pixel_format.components != "raw":
        return _colour(pixel_format, image, width, height)
    values = UNPACKERS[pixel_format.packing](image)[: width * height].reshape(height, width)
    light = values.astype(np.float32) / np.float32((1 << _bits(pixel_format.packing)) - 1)
    return _demosaiced(light, pixel_format.bayer) if pixel_format.bayer else light


def _bits(packing: Packing) -> int:
    return int(packing.removesuffix("Packed").removesuffix("p"))


def _whole(image: Bytes, group_bytes: int) -> Bytes:
    """As many whole groups as the image begins, one in each line; the last one filled up with zeros."""
    missing = -image.size % group_bytes
    return (np.pad(image, (0, missing)) if missing else image).reshape(-1, group_bytes)


def _words(image: Bytes) -> Values:
    return image.view("<u2")


def _10p(image: Bytes) -> Values:
    groups = _whole(image, 5).astype(np.uint16)
    values = [groups[:, at] >> 2 * at | (groups[:, at + 1] << 8 - 2 * at & 0x3FF) for at in range(4)]
    return np.stack(values, axis=1).reshape(-1)


def _12p(image: Bytes) -> Values:
    first, shared, second = _whole(image, 3).astype(np.uint16).T
    return np.stack([first | (shared & 0x0F) << 8, shared >> 4 | second << 4], axis=1).reshape(-1)


def _10packed(image: Bytes) -> Values:
    first, shared, second = _whole(image, 3).astype(np.uint16).T
    return np.stack([first << 2 | shared & 0x03, second << 2 | shared >> 4 & 0x03], axis=1).reshape(-1)


def _12packed(image: Bytes) -> Values:
    first, shared, second = _whole(image, 3).astype(np.uint16).T
    return np.stack([first << 4 | shared & 0x0F, second << 4 | shared >> 4], axis=1).reshape(-1)


UNPACKERS: dict[Packing, Callable[[Bytes], Values]] = {
    "8": lambda image: image,
    "10": _words,
    "12": _words,
    "14": _words,
    "16": _words,
    "10p": _10p,
    "12p": _12p,
    "10Packed": _10packed,
    "12Packed": _12packed,
}
"""Bytes of a raw format to its values, in the order of the wire and as many as whole groups have."""


def _colour(pixel_format: PixelFormat, image: Bytes, width: int, height: int) -> Bytes:
    order = COMPONENT_ORDER[pixel_format.packing]
    pixels = max(order.count("Y"), 1)
    groups = -(-width // pixels)
    lines = image.reshape(height, -1)
    missing = groups * len(order) - lines.shape[1]
    if missing:
        lines = np.pad(lines, ((0, 0), (0, missing)), constant_values=_NEUTRAL)
    parts = lines.reshape(height, groups, len(order))

    def plane(name: str) -> Bytes:
        """One component of every pixel."""
        places = [place for place, component in enumerate(order) if component == name]
        found = parts[:, :, places].reshape(height, -1)
        wide: Bytes = np.repeat(found, groups * pixels // found.shape[1], axis=1)
        return wide[:, :width]

    if "Y" not in order:
        return np.stack([plane(name) for name in "RGB"], axis=2)
    luma, cb, cr = (plane(name).astype(np.float32) for name in ("Y", "Cb", "Cr"))
    cb -= _NEUTRAL
    cr -= _NEUTRAL
    red, blue = luma + np.float32(_CR_TO_RED) * cr, luma + np.float32(_CB_TO_BLUE) * cb
    green = luma + np.float32(_CB_TO_GREEN) * cb + np.float32(_CR_TO_GREEN) * cr
    colours: Bytes = np.clip(np.rint(np.stack([red, green, blue], axis=2)), 0, 255).astype(np.uint8)
    return colours


def _demosaiced(mosaic: NDArray[np.float32], bayer: str) -> NDArray[np.float32]:
    """Every colour where the mosaic has it as it is, and else the mean of its neighbours that have it."""
    height, width = mosaic.shape
    picture = np.empty((height, width, 3), np.float32)
    for top in range(0, height, _BAND_ROWS):
        first, end = max(0, top - 2), min(height, top + _BAND_ROWS + 2)
        band = _demosaiced_band(mosaic[first:end], bayer)
        bottom = min(top + _BAND_ROWS, height)
        picture[top:bottom] = band[top - first : bottom - first]
    return picture


def _demosaiced_band(mosaic: NDArray[np.float32], bayer: str) -> NDArray[np.float32]:
    """Rows from an even one on."""
    colours = np.zeros((*mosaic.shape, 3), np.float32)
    weights = np.zeros((*mosaic.shape, 3), np.float32)
    for row in range(2):
        for column in range(2):
            where = slice(row, None, 2), slice(column, None, 2), channel(PHASES[bayer], row, column)
            colours[where] = mosaic[row::2, column::2]
            weights[where] = 1
    counted = np.maximum(_around(weights), 1)
    return np.where(weights > 0, colours, _around(colours) / counted)


def _around(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over three rows and columns; neighbours beside a pixel count twice, itself four times."""
    rows = 2 * planes
    rows[1:] += planes[:-1]
    rows[:-1] += planes[1:]
    both = 2 * rows
    both[:, 1:] += rows[:, :-1]
    both[:, :-1] += rows[:, 1:]
    return both
