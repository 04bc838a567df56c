"""Bytes of every pixel format, worked out by hand from PFNC 2.4 and, for the Packed formats, from GigE Vision 1.x.

Eight pixels of a line, and whole frames through the chain whose lookup table makes every value the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tiscam_emu.pixel_formats import PIXEL_FORMATS, Packing
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene

WORDS = (0xABC, 0x123, 0xFFF, 0x000, 0x001, 0x800, 0x7F8, 0x3C5)
EIGHT = "ab 12 ff 00 00 80 7f 3c"
SIXTEEN = "c0 ab 30 12 f0 ff 00 00 10 00 00 80 80 7f 50 3c"
PACKED = "ab 3c 12 ff 0f 00 00 01 80 7f 58 3c"  # high bits, low nibbles of second and first, high bits
LSB_FIRST = "bc 3a 12 ff 0f 00 01 00 80 f8 57 3c"
# The upper ten bits: 2AF 048 3FF 000 000 200 1FE 0F1
TEN = "af 02 48 00 ff 03 00 00 00 00 00 02 fe 01 f1 00"
TEN_PACKED = "ab 03 12 ff 03 00 00 00 80 7f 12 3c"
TEN_LSB_FIRST = "af 22 f1 3f 00 00 00 e8 5f 3c"
TWELVE = "bc 0a 23 01 ff 0f 00 00 01 00 00 08 f8 07 c5 03"
FOURTEEN = "f0 2a 8c 04 fc 3f 00 00 04 00 00 20 e0 1f 14 0f"

LUMA = (0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17)
HALF = ((0xB0, 0xB1, 0xB2, 0xB3), (0xC0, 0xC1, 0xC2, 0xC3))
QUARTER = ((0xB0, 0xB1), (0xC0, 0xC1))
YUV_422 = "10 b0 11 c0 12 b1 13 c1 14 b2 15 c2 16 b3 17 c3"
UYVY_422 = "b0 10 c0 11 b1 12 c1 13 b2 14 c2 15 b3 16 c3 17"
UYYVYY_411 = "b0 10 11 c0 12 13 b1 14 15 c1 16 17"
UYV_444 = "b0 10 c0 b1 11 c1"
FULL = ((0x10, 0x11), (0xB0, 0xB1), (0xC0, 0xC1))
COLOURS = ((0xB0, 0xB1), (0x60, 0x61), (0xE0, 0xE1))

_OF_BITS = {
    "8": EIGHT,
    "10": TEN,
    "10Packed": TEN_PACKED,
    "10p": TEN_LSB_FIRST,
    "12": TWELVE,
    "12Packed": PACKED,
    "12p": LSB_FIRST,
    "14": FOURTEEN,
    "16": SIXTEEN,
}

RAW = {
    f"{kind}{bits}": line
    for kind in ("Mono", "BayerGR", "BayerRG", "BayerGB", "BayerBG")
    for bits, line in _OF_BITS.items()
}
COLOUR: dict[str, tuple[Any, str]] = {
    "YUV422_8": ((LUMA, *HALF), YUV_422),
    "YUV422_8_UYVY": ((LUMA, *HALF), UYVY_422),
    "YUV411_8_UYYVYY": ((LUMA, *QUARTER), UYYVYY_411),
    "YUV8_UYV": (FULL, UYV_444),
    "YCbCr8_CbYCr": (FULL, UYV_444),
    "YCbCr8": (FULL, "10 b0 c0 11 b1 c1"),
    "YCbCr422_8_CbYCrY": ((LUMA, *HALF), UYVY_422),
    "YCbCr422_8": ((LUMA, *HALF), YUV_422),
    "YCbCr411_8": ((LUMA, *QUARTER), "10 11 b0 12 13 c0 14 15 b1 16 17 c1"),
    "YCbCr411_8_CbYYCrYY": ((LUMA, *QUARTER), "b0 10 11 c0 12 13 b1 14 15 c1 16 17"),
    "BGR8": (COLOURS, "b0 60 e0 b1 61 e1"),
    "BGRa8": (COLOURS, "b0 60 e0 ff b1 61 e1 ff"),
    "RGB8": (COLOURS, "e0 60 b0 e1 61 b1"),
    "RGBa8": (COLOURS, "e0 60 b0 ff e1 61 b1 ff"),
}

# Widths that are no whole groups: images of one line
RAGGED_RAW = {
    ("10p", 1): "af 02",
    ("10p", 2): "af 22 01",
    ("10p", 3): "af 22 f1 3f",
    ("10p", 5): "af 22 f1 3f 00 00 00",
    ("12p", 1): "bc 0a",
    ("12p", 3): "bc 3a 12 ff 0f",
    ("10Packed", 1): "ab 03 00",
    ("10Packed", 3): "ab 03 12 ff 03 00",
    ("12Packed", 1): "ab 0c 00",
    ("12Packed", 3): "ab 3c 12 ff 0f 00",
}
RAGGED_COLOUR = {
    ("YUV422_8", 1): "10 b0",
    ("YUV422_8", 3): "10 b0 11 c0 12 b1",
    ("YUV422_8_UYVY", 3): "b0 10 c0 11 b1 12",
    ("YCbCr411_8", 2): "10 11 b0",
    ("YCbCr411_8", 5): "10 11 b0 12 13 c0 14 14 b1",
    ("YCbCr411_8", 6): "10 11 b0 12 13 c0 14 15 b1",
    ("YUV411_8_UYYVYY", 6): "b0 10 11 c0 12 13 b1 14 15",
    ("YUV411_8_UYYVYY", 7): "b0 10 11 c0 12 13 b1 14 15 c1 16 16",
}

# Every value 0xABC: four pixels each
SAME = {
    "8": "ab ab ab ab",
    "10": "af 02 af 02 af 02 af 02",
    "12": "bc 0a bc 0a bc 0a bc 0a",
    "14": "f0 2a f0 2a f0 2a f0 2a",
    "16": "c0 ab c0 ab c0 ab c0 ab",
    "10p": "af be fa ea ab",
    "12p": "bc ca ab bc ca ab",
    "10Packed": "ab 33 ab ab 33 ab",
    "12Packed": "ab cc ab ab cc ab",
}


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


@pytest.mark.parametrize(("packing", "width"), list(RAGGED_RAW))
def test_raw_image_of_no_whole_groups_ends_with_zeros(packing: Packing, width: int) -> None:
    row = PIXEL_FORMATS[f"Mono{packing}"]
    out = np.full(row.payload_bytes(width, 1), 0xA5, np.uint8)
    RAW_PACKERS[packing](np.array(WORDS[:width], np.uint16), out)
    assert out.tobytes().hex(" ") == RAGGED_RAW[packing, width]


def test_lines_of_no_whole_bytes_follow_each_other_without_a_gap() -> None:
    # 3 x 2 pixels: the second line begins inside the byte in which the first one ends
    out = np.zeros(PIXEL_FORMATS["Mono12p"].payload_bytes(3, 2), np.uint8)
    RAW_PACKERS["12p"](np.array([0xABC, 0x123, 0xDEF, 0x456, 0x789, 0x321], np.uint16), out)
    assert out.tobytes().hex(" ") == "bc 3a 12 ef 6d 45 89 17 32"


@pytest.mark.parametrize(("name", "width"), list(RAGGED_COLOUR))
def test_colour_line_of_no_whole_groups_is_cut_off(name: str, width: int) -> None:
    (luma, blue, red), _ = COLOUR[name]
    groups = -(-width // (len(luma) // len(blue)))
    planes = [np.array([plane], np.uint8) for plane in (luma[:width], blue[:groups], red[:groups])]
    line = INTERLEAVERS[PIXEL_FORMATS[name].packing](planes)
    assert line.tobytes().hex(" ") == RAGGED_COLOUR[name, width]
    assert line.size == PIXEL_FORMATS[name].line_bytes(width)


@pytest.mark.parametrize("noise", ["exact", "fast"])
@pytest.mark.parametrize("name", [*RAW, *(f"colour {name}" for name in RAW if name.startswith("Mono1"))])
def test_frame_of_equal_values_repeats_the_bytes_of_four_pixels(name: str, noise: Any) -> None:
    colour = name.startswith(("Bayer", "colour"))
    name = name.removeprefix("colour ")
    qe = (0.5, 0.6, 0.5) if colour else (0.65,)
    sensor = SensorModel(
        256, 192, 3.45, color=colour, full_well_e=10500, read_noise_e=2.3, cfa="RG" if colour else "", qe=qe
    )
    row = PIXEL_FORMATS[name]
    request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, row, Region(48, 6), lut=(0xABC0,) * 257)
    out = np.zeros(request.payload_bytes(), np.uint8)
    Renderer(sensor, load_scene("chart"), 1, noise).render(request, out)
    assert out.tobytes() == bytes.fromhex(SAME[row.packing]) * (48 * 6 // 4)
