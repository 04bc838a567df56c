"""Pixels out of payload bytes, from the layouts of the GenICam Pixel Format Naming Convention.

Written beside the emulator's own packing, not from it: nothing of ``tiscam_emu`` is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]
Bytes = NDArray[np.uint8]

BITS_PER_PIXEL = {
    "Mono8": 8,
    "Mono12Packed": 12,
    "Mono12p": 12,
    "Mono16": 16,
    "BayerRG8": 8,
    "BayerRG12Packed": 12,
    "BayerRG12p": 12,
    "BayerRG16": 16,
    "YUV422_8": 16,
    "YCbCr422_8": 16,
    "YCbCr411_8": 12,
    "YCbCr411_8_CbYYCrYY": 12,
    "BGR8": 24,
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
    flat = np.frombuffer(data, np.uint8)
    assert flat.size == width * height * BITS_PER_PIXEL[name] // 8
    if name.startswith(("Mono", "Bayer")):
        return Decoded(raw=_raw(name, flat).reshape(height, width))
    if name == "BGR8":
        blue, green, red = (plane.astype(np.float64) for plane in flat.reshape(height, width, 3).transpose(2, 0, 1))
        return Decoded(red=red, green=green, blue=blue, luma=_luma(red, green, blue))
    return _yuv(*(plane.reshape(height, width) for plane in _chroma_planes(name, flat)))


def _raw(name: str, flat: Bytes) -> Image:
    if name.endswith("16"):
        words = flat.view("<u2")
        assert not (words & 0x000F).any(), "12-bit data lie in the high bits of 16"
        return words / 256
    if name.endswith("12Packed"):
        first, shared, second = flat.reshape(-1, 3).T.astype(np.uint16)
        pair = np.stack([first << 4 | shared & 0x0F, second << 4 | shared >> 4], axis=1)
        return pair.ravel() / 16
    if name.endswith("12p"):
        low, shared, high = flat.reshape(-1, 3).T.astype(np.uint16)
        pair = np.stack([low | (shared & 0x0F) << 8, shared >> 4 | high << 4], axis=1)
        return pair.ravel() / 16
    assert name.endswith("8")
    return flat.astype(np.float64)


def _chroma_planes(name: str, flat: Bytes) -> tuple[Image, Image, Image]:
    """Y, Cb and Cr, each repeated to one value a pixel."""
    positions = {
        "YUV422_8": ((0, 2), 1, 3),
        "YCbCr422_8": ((0, 2), 1, 3),
        "YCbCr411_8": ((0, 1, 3, 4), 2, 5),
        "YCbCr411_8_CbYYCrYY": ((1, 2, 4, 5), 0, 3),
    }
    at_luma, at_cb, at_cr = positions[name]
    pixels = len(at_luma)
    groups = flat.reshape(-1, pixels + 2).astype(np.float64)
    luma = groups[:, list(at_luma)].ravel()
    return luma, np.repeat(groups[:, at_cb], pixels), np.repeat(groups[:, at_cr], pixels)


def _yuv(luma: Image, cb: Image, cr: Image) -> Decoded:
    weight_red, weight_green, weight_blue = LUMA_WEIGHTS
    red = luma + 2 * (1 - weight_red) * (cr - 128)
    blue = luma + 2 * (1 - weight_blue) * (cb - 128)
    green = (luma - weight_red * red - weight_blue * blue) / weight_green
    return Decoded(red=red, green=green, blue=blue, luma=luma)


def _luma(red: Image, green: Image, blue: Image) -> Image:
    weight_red, weight_green, weight_blue = LUMA_WEIGHTS
    return weight_red * red + weight_green * green + weight_blue * blue


def demosaic_by_pairs(mosaic: Image) -> Decoded:
    """Colours of an RGGB mosaic, one for every two by two pixels: enough for means of blocks."""
    red = mosaic[0::2, 0::2]
    green = (mosaic[0::2, 1::2] + mosaic[1::2, 0::2]) / 2
    blue = mosaic[1::2, 1::2]
    return Decoded(red=red, green=green, blue=blue, luma=_luma(red, green, blue))


def block_means(image: Image, block: int) -> Image:
    """Mean of each `block` x `block` square; a rest at the right and below is left out."""
    height, width = (length // block * block for length in image.shape)
    means: Image = image[:height, :width].reshape(height // block, block, width // block, block).mean(axis=(1, 3))
    return means
