"""Pixels out of payload bytes, from the layouts of the GenICam Pixel Format Naming Convention.

Written beside the emulator's own packing, not from it: nothing of ``tiscam_emu`` is imported here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_KINDS = ("Mono", "BayerGR", "BayerRG", "BayerGB", "BayerBG")
_RAW_BITS = {"8": 8, "10": 16, "12": 16, "14": 16, "16": 16, "10p": 10, "12p": 12, "10Packed": 12, "12Packed": 12}
_RAW_NAME = re.compile(r"(Mono|Bayer[RGB]{2})(\d+)(p|Packed)?")

ORDERS = {
    "YUV422_8": "YUYV",
    "YUV422_8_UYVY": "UYVY",
    "YUV411_8_UYYVYY": "UYYVYY",
    "YUV8_UYV": "UYV",
    "YCbCr422_8": "YUYV",
    "YCbCr422_8_CbYCrY": "UYVY",
    "YCbCr411_8": "YYUYYV",
    "YCbCr411_8_CbYYCrYY": "UYYVYY",
    "YCbCr8": "YUV",
    "YCbCr8_CbYCr": "UYV",
    "RGB8": "RGB",
    "BGR8": "BGR",
    "RGBa8": "RGBa",
    "BGRa8": "BGRa",
}
"""Bytes of one group of pixels of the colour formats; U is Cb, V is Cr."""

BITS_PER_PIXEL = {
    **{f"{kind}{name}": bits for kind in _KINDS for name, bits in _RAW_BITS.items()},
    **{name: 8 * len(order) // max(order.count("Y"), 1) for name, order in ORDERS.items()},
}
LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in Y of ITU-R BT.601."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame on the scale of 8 bit, 0 to 256, fractions kept.

    Attributes
    ----------
    raw
        One value a pixel: a mosaic or a monochrome image; None for colour.
    red, green, blue
        Full-size planes of a colour format; None for raw.
    """

    raw: Image | None = None
    red: Image | None = None
    green: Image | None = None
    blue: Image | None = None
    luma: Image | None = None


def decode(name: str, data: bytes, width: int, height: int) -> Decoded:
    """Decode one image without line padding."""
    if name not in ORDERS:
        _, bits = raw_layout(name)
        return Decoded(raw=raw_values(name, data, width, height) / 2 ** (bits - 8))
    planes = {kind: plane.astype(np.float64) for kind, plane in colour_planes(name, data, width, height).items()}
    if "Y" in planes:
        return _yuv(planes["Y"], planes["U"], planes["V"])
    red, green, blue = planes["R"], planes["G"], planes["B"]
    return Decoded(red=red, green=green, blue=blue, luma=_luma(red, green, blue))


def raw_layout(name: str) -> tuple[str, int]:
    """How pixels of a raw format lie, ``"p"``, ``"Packed"`` or ``""``, and the bits of their values."""
    parts = _RAW_NAME.fullmatch(name)
    assert parts is not None, name
    return parts[3] or "", int(parts[2])


def raw_values(name: str, data: bytes, width: int, height: int) -> NDArray[np.uint16]:
    """Values of a raw format as they are transmitted. Lines follow each other without a gap, also inside a byte."""
    flat, count = np.frombuffer(data, np.uint8), width * height
    layout, bits = raw_layout(name)
    values: NDArray[Any]
    if layout == "p":
        assert flat.size == -(-count * bits // 8)
        stream = np.unpackbits(flat, bitorder="little")
        assert not stream[count * bits :].any(), "the last byte is filled up with zeros"
        values = np.zeros(count, np.uint16)
        for bit in range(bits):
            values |= stream[bit : count * bits : bits].astype(np.uint16) << bit
    elif layout == "Packed":
        low = bits - 8
        first, shared, second = flat.reshape(-1, 3).T.astype(np.uint16)
        pair = [first << low | shared & 0x0F, second << low | shared >> 4]
        values = np.stack(pair, axis=1).ravel()
        assert values.size == count + count % 2
        assert not values[count:].any(), "the last group is filled up with zeros"
        values = values[:count]
    else:
        values = flat if bits == 8 else flat.view("<u2")
        if bits in {14, 16}:
            assert not (values & (1 << bits - 12) - 1).any(), f"12-bit data lie in the high bits of {bits}"
    assert int(values.max(initial=0)) < 1 << bits
    return values.astype(np.uint16).reshape(height, width)


def colour_planes(name: str, data: bytes, width: int, height: int) -> dict[str, Bytes]:
    """Planes of a colour format by the letters of its order, chrominance repeated to one value a pixel.

    Lines of no whole groups are cut off: a group that has lost its second chrominance takes the one before.
    """
    order = ORDERS[name]
    pixels = max(order.count("Y"), 1)
    lines = np.frombuffer(data, np.uint8).reshape(height, -1)
    whole = 2 if pixels == 4 else 1
    assert lines.shape[1] == -(-width // whole) * whole * len(order) // pixels
    at = np.arange(lines.shape[1]) % len(order)
    planes = {}
    for kind in dict.fromkeys(order):
        plane = lines[:, np.isin(at, [place for place, letter in enumerate(order) if letter == kind])]
        if kind in "UV":
            plane = np.repeat(plane, pixels, axis=1)
            missing = max(width - plane.shape[1], 0)
            plane = np.pad(plane, ((0, 0), (0, missing)), mode="edge" if plane.size else "constant")
        planes[kind] = plane[:, :width]
    if "a" in planes:
        assert (planes["a"] == 255).all(), "all is opaque"
    return planes


def _yuv(luma: Image, cb: Image, cr: Image) -> Decoded:
    weight_red, weight_green, weight_blue = LUMA_WEIGHTS
    red = luma + 2 * (1 - weight_red) * (cr - 128)
    blue = luma + 2 * (1 - weight_blue) * (cb - 128)
    green = (luma - weight_red * red - weight_blue * blue) / weight_green
    return Decoded(red=red, green=green, blue=blue, luma=luma)


def _luma(red: Image, green: Image, blue: Image) -> Image:
    weight_red, weight_green, weight_blue = LUMA_WEIGHTS
    return weight_red * red + weight_green * green + weight_blue * blue


def demosaic_by_pairs(mosaic: Image, first: str = "RG") -> Decoded:
    """Colours of a mosaic whose first line begins with `first`, one for every two by two pixels.

    Enough for means of blocks.
    """
    second = {"RG": "GB", "GB": "RG", "GR": "BG", "BG": "GR"}[first]
    places = dict[str, list[Image]]()
    for row, letters in enumerate((first, second)):
        for column, letter in enumerate(letters):
            places.setdefault(letter, []).append(mosaic[row::2, column::2])
    (red,), (blue,), green = places["R"], places["B"], (places["G"][0] + places["G"][1]) / 2
    return Decoded(red=red, green=green, blue=blue, luma=_luma(red, green, blue))


def block_means(image: Image, block: int) -> Image:
    """Mean of each `block` x `block` square; a rest at the right and below is left out."""
    height, width = (length // block * block for length in image.shape)
    means: Image = image[:height, :width].reshape(height // block, block, width // block, block).mean(axis=(1, 3))
    return means
