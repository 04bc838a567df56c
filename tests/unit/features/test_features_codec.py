from __future__ import annotations

import math

import pytest

from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.codec import decode, encode, registers_bytes
from tiscam_emu.features.kinds import Boolean, Feature, Float, Integer, Register, String, Value

WORD = Integer(name="W", category="C", doc="")
SIGNED = Integer(name="S", category="C", doc="", signed=True)
LONG = Integer(name="L", category="C", doc="", size=8)
SIGNED_LONG = Integer(name="N", category="C", doc="", size=8, signed=True)
REAL = Float(name="F", category="C", doc="")
TEXT = String(name="T", category="C", doc="", size=8)
RAW = Register(name="R", category="C", doc="", size=8)


@pytest.mark.parametrize(
    ("feature", "value", "data"),
    [
        (WORD, 0x0102_0304, "01020304"),
        (SIGNED, -2, "fffffffe"),
        (LONG, 0x0102_0304_0506_0708, "0102030405060708"),
        (SIGNED_LONG, -1, "ffffffffffffffff"),
        (REAL, 5000.0, "40b3880000000000"),
        (REAL, -math.inf, "fff0000000000000"),
        (Boolean(name="B", category="C", doc=""), 1, "00000001"),
        (TEXT, "Küche", "4bc3bc6368650000"),
        (TEXT, "", "0000000000000000"),
        (RAW, bytes(range(8)), "0001020304050607"),
    ],
)
def test_value_and_big_endian_bytes_are_each_others_image(feature: Feature, value: Value, data: str) -> None:
    assert encode(feature, value).hex() == data
    assert decode(feature, bytes.fromhex(data)) == value


def test_text_ends_at_its_first_nul() -> None:
    assert decode(TEXT, b"ab\0cdefg") == "ab"


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="not UTF-8"):
        decode(TEXT, b"\xffbcdefgh")


@pytest.mark.parametrize(("length", "registers"), [(1, 4), (4, 4), (5, 8), (8, 8), (1028, 1028)])
def test_values_fill_whole_registers(length: int, registers: int) -> None:
    assert registers_bytes(length) == registers
