"""Bytes of every packing, worked out by hand from the PFNC and, for the Packed formats, from GigE Vision 1.x."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.pixel_formats import PIXEL_FORMATS, Packing
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS


def packed(packing: Packing, values: list[int]) -> str:
    format_bits = {"8": 8, "16": 16, "12p": 12, "12Packed": 12}[packing]
    out = np.zeros(len(values) * format_bits // 8, np.uint8)
    RAW_PACKERS[packing](np.array(values, np.uint16), out)
    return out.tobytes().hex(" ")


def test_12p_puts_least_significant_bits_first() -> None:
    # B0 = P0[7:0], B1 = P1[3:0] P0[11:8], B2 = P1[11:4]
    assert packed("12p", [0xABC, 0x123]) == "bc 3a 12"
    assert packed("12p", [0xABC, 0x123, 0xFFF, 0x000, 0x001, 0x800]) == "bc 3a 12 ff 0f 00 01 00 80"


def test_12packed_puts_both_low_nibbles_into_the_middle_byte() -> None:
    # B0 = P0[11:4], B1 = P1[3:0] P0[3:0], B2 = P1[11:4]
    assert packed("12Packed", [0xABC, 0x123]) == "ab 3c 12"
    assert packed("12Packed", [0xABC, 0x123, 0xFFF, 0x000, 0x001, 0x800]) == "ab 3c 12 ff 0f 00 00 01 80"


def test_16_bit_is_little_endian_with_the_data_in_the_high_bits() -> None:
    assert packed("16", [0xABC, 0x123]) == "c0 ab 30 12"


def test_8_bit_is_the_upper_byte() -> None:
    assert packed("8", [0xABC, 0x12F, 0x000, 0xFFF]) == "ab 12 00 ff"


def interleaved(packing: Packing, *planes: list[int]) -> str:
    return INTERLEAVERS[packing]([np.array([plane], np.uint8) for plane in planes]).tobytes().hex(" ")


LUMA = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]


def test_422_is_y0_cb_y1_cr() -> None:
    line = interleaved("Y0CbY1Cr", LUMA[:4], [0xB0, 0xB1], [0xC0, 0xC1])
    assert line == "10 b0 11 c0 12 b1 13 c1"


def test_411_is_y0_y1_cb_y2_y3_cr() -> None:
    line = interleaved("Y0Y1CbY2Y3Cr", LUMA, [0xB0, 0xB1], [0xC0, 0xC1])
    assert line == "10 11 b0 12 13 c0 14 15 b1 16 17 c1"


def test_411_cbyycryy_is_cb_y0_y1_cr_y2_y3() -> None:
    line = interleaved("CbY0Y1CrY2Y3", LUMA, [0xB0, 0xB1], [0xC0, 0xC1])
    assert line == "b0 10 11 c0 12 13 b1 14 15 c1 16 17"


def test_bgr8_is_blue_green_red() -> None:
    assert interleaved("BGR", [0xB0, 0xB1], [0x60, 0x61], [0xE0, 0xE1]) == "b0 60 e0 b1 61 e1"


@pytest.mark.parametrize("name", list(PIXEL_FORMATS))
def test_every_format_has_exactly_one_way_to_bytes(name: str) -> None:
    row = PIXEL_FORMATS[name]
    assert (row.packing in RAW_PACKERS) == (row.components == "raw")
    assert (row.packing in INTERLEAVERS) == (row.components != "raw" or row.packing == "8")
