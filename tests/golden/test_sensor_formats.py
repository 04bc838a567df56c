"""Bytes of every pixel format, worked out by hand from PFNC 2.4 and, for the Packed formats, from GigE Vision 1.x.

Eight pixels of a line, and whole frames through the chain whose lookup table makes every value the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scene import load_scene

WORDS = (0xABC, 0x123, 0xFFF, 0x000, 0x001, 0x800, 0x7F8, 0x3C5)
EIGHT = "ab 12 ff 00 00 80 7f 3c"
SIXTEEN = "c0 ab 30 12 f0 ff 00 00 10 00 00 80 80 7f 50 3c"
PACKED = "ab 3c 12 ff 0f 00 00 01 80 7f 58 3c"  # high bits, low nibbles of second and first, high bits
LSB_FIRST = "bc 3a 12 ff 0f 00 01 00 80 f8 57 3c"

LUMA = (0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17)
HALF = ((0xB0, 0xB1, 0xB2, 0xB3), (0xC0, 0xC1, 0xC2, 0xC3))
QUARTER = ((0xB0, 0xB1), (0xC0, 0xC1))
YUV_422 = "10 b0 11 c0 12 b1 13 c1 14 b2 15 c2 16 b3 17 c3"

RAW = {
    "Mono8": EIGHT,
    "Mono12Packed": PACKED,
    "Mono12p": LSB_FIRST,
    "Mono16": SIXTEEN,
    "BayerRG8": EIGHT,
    "BayerRG12Packed": PACKED,
    "BayerRG12p": LSB_FIRST,
    "BayerRG16": SIXTEEN,
}
COLOUR: dict[str, tuple[Any, str]] = {
    "YUV422_8": ((LUMA, *HALF), YUV_422),
    "YCbCr422_8": ((LUMA, *HALF), YUV_422),
    "YCbCr411_8": ((LUMA, *QUARTER), "10 11 b0 12 13 c0 14 15 b1 16 17 c1"),
    "YCbCr411_8_CbYYCrYY": ((LUMA, *QUARTER), "b0 10 11 c0 12 13 b1 14 15 c1 16 17"),
    "BGR8": (((0xB0, 0xB1), (0x60, 0x61), (0xE0, 0xE1)), "b0 60 e0 b1 61 e1"),
}

# Every value 0xABC: two pixels each
SAME = {"8": "ab ab", "16": "c0 ab c0 ab", "12p": "bc ca ab", "12Packed": "ab cc ab"}


def test_every_format_has_a_golden_line() -> None:
    assert {*RAW, *COLOUR} == {*PIXEL_FORMATS}


@pytest.mark.parametrize("name", list(RAW))
def test_raw_line_is_that_of_the_standard(name: str) -> None:
    row = PIXEL_FORMATS[name]
    out = np.zeros(row.line_bytes(len(WORDS)), np.uint8)
    RAW_PACKERS[row.packing](np.array(WORDS, np.uint16), out)
    assert out.tobytes().hex(" ") == RAW[name]


@pytest.mark.parametrize("name", list(COLOUR))
def test_colour_line_is_that_of_the_standard(name: str) -> None:
    planes, expected = COLOUR[name]
    row = PIXEL_FORMATS[name]
    line = INTERLEAVERS[row.packing]([np.array([plane], np.uint8) for plane in planes])
    assert line.tobytes().hex(" ") == expected
    assert line.size == row.line_bytes(len(planes[0]))


@pytest.mark.parametrize("noise", ["exact", "fast"])
@pytest.mark.parametrize("name", list(RAW))
def test_frame_of_equal_values_repeats_the_bytes_of_two_pixels(name: str, noise: Any) -> None:
    colour = name.startswith("Bayer")
    qe = (0.5, 0.6, 0.5) if colour else (0.65,)
    sensor = SensorModel(
        256, 192, 3.45, color=colour, full_well_e=10500, read_noise_e=2.3, cfa="RG" if colour else "", qe=qe
    )
    row = PIXEL_FORMATS[name]
    request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, row, Region(48, 6), lut=(0xABC0,) * 257)
    out = np.zeros(request.payload_bytes(), np.uint8)
    Renderer(sensor, load_scene("chart"), 1, noise).render(request, out)
    assert out.tobytes() == bytes.fromhex(SAME[row.packing]) * (48 * 6 // 2)
