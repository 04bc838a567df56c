"""Pixel formats: one row per PFNC format the cameras know.

Source: PFNC values; packing as in the GenICam Pixel Format Naming Convention, for the ``Packed`` names as in
GigE Vision 1.x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Components = Literal["raw", "yuv422", "yuv411", "bgr"]
"""What a pixel is made of: one sensor value, or colour computed by the camera's ISP."""

Packing = Literal["8", "16", "12Packed", "12p", "Y0CbY1Cr", "Y0Y1CbY2Y3Cr", "CbY0Y1CrY2Y3", "BGR"]
"""How components become bytes; one function each in ``sensor/pack.py``."""


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
        Bits of each component that carry data (12-bit data sit in the high bits of 16).
    pixels_per_group
        The width has to be a multiple of this; a group fills whole bytes.
    """

    name: str
    code: int
    bits_per_pixel: int
    significant_bits: int
    components: Components
    packing: Packing
    pixels_per_group: int
    bayer: bool

    def line_bytes(self, width: int) -> int:
        """Bytes of one line of `width` pixels; lines carry no padding."""
        return width * self.bits_per_pixel // 8

    def payload_bytes(self, width: int, height: int) -> int:
        """Bytes of one image."""
        return self.line_bytes(width) * height


_TABLE = (
    PixelFormat("Mono8", 0x01080001, 8, 8, "raw", "8", 1, bayer=False),
    PixelFormat("Mono12Packed", 0x010C0006, 12, 12, "raw", "12Packed", 2, bayer=False),
    PixelFormat("Mono12p", 0x010C0047, 12, 12, "raw", "12p", 2, bayer=False),
    PixelFormat("Mono16", 0x01100007, 16, 12, "raw", "16", 1, bayer=False),
    PixelFormat("BayerRG8", 0x01080009, 8, 8, "raw", "8", 1, bayer=True),
    PixelFormat("BayerRG12Packed", 0x010C002B, 12, 12, "raw", "12Packed", 2, bayer=True),
    PixelFormat("BayerRG12p", 0x010C0059, 12, 12, "raw", "12p", 2, bayer=True),
    PixelFormat("BayerRG16", 0x0110002F, 16, 12, "raw", "16", 1, bayer=True),
    PixelFormat("YUV422_8", 0x02100032, 16, 8, "yuv422", "Y0CbY1Cr", 2, bayer=False),
    PixelFormat("YCbCr422_8", 0x0210003B, 16, 8, "yuv422", "Y0CbY1Cr", 2, bayer=False),
    PixelFormat("YCbCr411_8", 0x020C005A, 12, 8, "yuv411", "Y0Y1CbY2Y3Cr", 4, bayer=False),
    PixelFormat("YCbCr411_8_CbYYCrYY", 0x020C003C, 12, 8, "yuv411", "CbY0Y1CrY2Y3", 4, bayer=False),
    PixelFormat("BGR8", 0x02180015, 24, 8, "bgr", "BGR", 1, bayer=False),
)

PIXEL_FORMATS: dict[str, PixelFormat] = {row.name: row for row in _TABLE}
BY_CODE: dict[int, PixelFormat] = {row.code: row for row in _TABLE}


def find(name: str) -> PixelFormat | None:
    """The format with a name."""
    return PIXEL_FORMATS.get(name)
