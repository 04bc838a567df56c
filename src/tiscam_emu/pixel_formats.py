"""Pixel formats: one row per PFNC format that can be made, and the names that GigE Vision 1.x gave them.

Source: PFNC values; packing as in the GenICam Pixel Format Naming Convention, for the ``Packed`` names as in
GigE Vision 1.x. Formats of depth, of polarised light, of planes and compressed ones cannot be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Literal, NamedTuple

Components = Literal["raw", "yuv444", "yuv422", "yuv411", "bgr"]
"""What a pixel is made of: one sensor value, or colour computed by the camera's ISP."""

Packing = Literal[
    "8", "10", "12", "14", "16", "10p", "12p", "10Packed", "12Packed",
    "YCbCr", "CbYCr", "Y0CbY1Cr", "CbY0CrY1", "Y0Y1CbY2Y3Cr", "CbY0Y1CrY2Y3", "RGB", "BGR", "RGBa", "BGRa",
]  # fmt: skip
"""How components become bytes: see ``sensor/pack.py``."""

Cfa = Literal["", "GR", "RG", "GB", "BG"]
"""The first two pixels of a mosaic's first line; empty: no mosaic."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One PFNC pixel format.

    Attributes
    ----------
    code
        32-bit PFNC value, as in the GVSP leader.
    bits_per_pixel
        Bits each pixel occupies on the wire, on average.
    significant_bits
        Bits of each component that carry data. They are the lowest ones of 16 in formats of 10 and 12 bits; 12-bit
        data sit in the high bits of 14 and 16.
    pixels_per_group
        A group of so many pixels fills whole bytes and has all the components; the widths of the packaged cameras are
        multiples of it.
    bayer
        The mosaic's phase.
    """

    name: str
    code: int
    bits_per_pixel: int
    significant_bits: int
    components: Components
    packing: Packing
    pixels_per_group: int
    bayer: Cfa

    def raw_bytes(self, pixels: int) -> int:
        """Bytes of so many pixels of a raw format, of one line or many.

        Pixels follow each other without a gap at the ends of lines. The last byte is filled up with zeros, and so is
        the last group of two pixels in three bytes (``Packed``).
        """
        if self.packing in {"10Packed", "12Packed"}:
            return -(-pixels // 2) * 3
        return -(-pixels * self.bits_per_pixel // 8)

    def line_bytes(self, width: int) -> int:
        """Bytes of one line of `width` pixels; lines carry no padding.

        In colour formats a width that is no whole group cuts the last one off: behind the last pixel in 4:2:2, behind
        the last pair of pixels and one chrominance in 4:1:1. In raw formats lines of no whole bytes do not begin with
        one, see `raw_bytes`.
        """
        if self.components == "raw":
            return self.raw_bytes(width)
        whole = 8 // gcd(self.bits_per_pixel, 8)
        return -(-width // whole) * whole * self.bits_per_pixel // 8

    def payload_bytes(self, width: int, height: int) -> int:
        """Bytes of one image."""
        if self.components == "raw":
            return self.raw_bytes(width * height)
        return self.line_bytes(width) * height


class _Layout(NamedTuple):
    components: Components
    bits_per_pixel: int
    significant_bits: int
    pixels_per_group: int


_LAYOUTS: dict[Packing, _Layout] = {
    "8": _Layout("raw", 8, 8, 1),
    "10": _Layout("raw", 16, 10, 1),
    "12": _Layout("raw", 16, 12, 1),
    "14": _Layout("raw", 16, 12, 1),
    "16": _Layout("raw", 16, 12, 1),
    "10p": _Layout("raw", 10, 10, 4),
    "12p": _Layout("raw", 12, 12, 2),
    "10Packed": _Layout("raw", 12, 10, 2),
    "12Packed": _Layout("raw", 12, 12, 2),
    "YCbCr": _Layout("yuv444", 24, 8, 1),
    "CbYCr": _Layout("yuv444", 24, 8, 1),
    "Y0CbY1Cr": _Layout("yuv422", 16, 8, 2),
    "CbY0CrY1": _Layout("yuv422", 16, 8, 2),
    "Y0Y1CbY2Y3Cr": _Layout("yuv411", 12, 8, 4),
    "CbY0Y1CrY2Y3": _Layout("yuv411", 12, 8, 4),
    "RGB": _Layout("bgr", 24, 8, 1),
    "BGR": _Layout("bgr", 24, 8, 1),
    "RGBa": _Layout("bgr", 32, 8, 1),
    "BGRa": _Layout("bgr", 32, 8, 1),
}


def _row(name: str, code: int, packing: Packing, bayer: Cfa = "") -> PixelFormat:
    components, bits_per_pixel, significant_bits, pixels_per_group = _LAYOUTS[packing]
    return PixelFormat(name, code, bits_per_pixel, significant_bits, components, packing, pixels_per_group, bayer)


_TABLE = (
    _row("Mono8", 0x01080001, "8"),
    _row("Mono10", 0x01100003, "10"),
    _row("Mono10Packed", 0x010C0004, "10Packed"),
    _row("Mono10p", 0x010A0046, "10p"),
    _row("Mono12", 0x01100005, "12"),
    _row("Mono12Packed", 0x010C0006, "12Packed"),
    _row("Mono12p", 0x010C0047, "12p"),
    _row("Mono14", 0x01100025, "14"),
    _row("Mono16", 0x01100007, "16"),
    _row("BayerGR8", 0x01080008, "8", "GR"),
    _row("BayerRG8", 0x01080009, "8", "RG"),
    _row("BayerGB8", 0x0108000A, "8", "GB"),
    _row("BayerBG8", 0x0108000B, "8", "BG"),
    _row("BayerGR10", 0x0110000C, "10", "GR"),
    _row("BayerRG10", 0x0110000D, "10", "RG"),
    _row("BayerGB10", 0x0110000E, "10", "GB"),
    _row("BayerBG10", 0x0110000F, "10", "BG"),
    _row("BayerGR10Packed", 0x010C0026, "10Packed", "GR"),
    _row("BayerRG10Packed", 0x010C0027, "10Packed", "RG"),
    _row("BayerGB10Packed", 0x010C0028, "10Packed", "GB"),
    _row("BayerBG10Packed", 0x010C0029, "10Packed", "BG"),
    _row("BayerGR10p", 0x010A0056, "10p", "GR"),
    _row("BayerRG10p", 0x010A0058, "10p", "RG"),
    _row("BayerGB10p", 0x010A0054, "10p", "GB"),
    _row("BayerBG10p", 0x010A0052, "10p", "BG"),
    _row("BayerGR12", 0x01100010, "12", "GR"),
    _row("BayerRG12", 0x01100011, "12", "RG"),
    _row("BayerGB12", 0x01100012, "12", "GB"),
    _row("BayerBG12", 0x01100013, "12", "BG"),
    _row("BayerGR12Packed", 0x010C002A, "12Packed", "GR"),
    _row("BayerRG12Packed", 0x010C002B, "12Packed", "RG"),
    _row("BayerGB12Packed", 0x010C002C, "12Packed", "GB"),
    _row("BayerBG12Packed", 0x010C002D, "12Packed", "BG"),
    _row("BayerGR12p", 0x010C0057, "12p", "GR"),
    _row("BayerRG12p", 0x010C0059, "12p", "RG"),
    _row("BayerGB12p", 0x010C0055, "12p", "GB"),
    _row("BayerBG12p", 0x010C0053, "12p", "BG"),
    _row("BayerGR14", 0x01100109, "14", "GR"),
    _row("BayerRG14", 0x0110010A, "14", "RG"),
    _row("BayerGB14", 0x0110010B, "14", "GB"),
    _row("BayerBG14", 0x0110010C, "14", "BG"),
    _row("BayerGR16", 0x0110002E, "16", "GR"),
    _row("BayerRG16", 0x0110002F, "16", "RG"),
    _row("BayerGB16", 0x01100030, "16", "GB"),
    _row("BayerBG16", 0x01100031, "16", "BG"),
    _row("YUV422_8", 0x02100032, "Y0CbY1Cr"),
    _row("YUV422_8_UYVY", 0x0210001F, "CbY0CrY1"),
    _row("YUV411_8_UYYVYY", 0x020C001E, "CbY0Y1CrY2Y3"),
    _row("YUV8_UYV", 0x02180020, "CbYCr"),
    _row("YCbCr422_8", 0x0210003B, "Y0CbY1Cr"),
    _row("YCbCr422_8_CbYCrY", 0x02100043, "CbY0CrY1"),
    _row("YCbCr411_8", 0x020C005A, "Y0Y1CbY2Y3Cr"),
    _row("YCbCr411_8_CbYYCrYY", 0x020C003C, "CbY0Y1CrY2Y3"),
    _row("YCbCr8", 0x0218005B, "YCbCr"),
    _row("YCbCr8_CbYCr", 0x0218003A, "CbYCr"),
    _row("RGB8", 0x02180014, "RGB"),
    _row("BGR8", 0x02180015, "BGR"),
    _row("RGBa8", 0x02200016, "RGBa"),
    _row("BGRa8", 0x02200017, "BGRa"),
)

PIXEL_FORMATS: dict[str, PixelFormat] = {row.name: row for row in _TABLE}
BY_CODE: dict[int, PixelFormat] = {row.code: row for row in _TABLE}

OLD_NAMES = {
    "RGB8Packed": "RGB8",
    "BGR8Packed": "BGR8",
    "RGBA8Packed": "RGBa8",
    "BGRA8Packed": "BGRa8",
    "YUV411Packed": "YUV411_8_UYYVYY",
    "YUV422Packed": "YUV422_8_UYVY",
    "YUV422_YUYV_Packed": "YUV422_8",
    "YUYVPacked": "YUV422_8",
    "YUV444Packed": "YUV8_UYV",
}
"""Names of GigE Vision and SFNC 1.x that PFNC changed, and its own. ``Mono10Packed`` and the like are names of both."""


def find(name: str) -> PixelFormat | None:
    """The format of that name in PFNC or in GigE Vision 1.x; None if it is unknown or cannot be made."""
    return PIXEL_FORMATS.get(OLD_NAMES.get(name, name))
