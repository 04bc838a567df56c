from __future__ import annotations

import pytest

from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.bound import BoundFeature, Choice, bind
from tiscam_emu.features.codec import decode, encode, registers_bytes
from tiscam_emu.features.kinds import Boolean, Float, Integer, Limits, Register, String, Value
from tiscam_emu.features.layout import NOWHERE

_WIDEST = Limits(-(2**63), 2**64, 1)
_REAL = Limits(-1e6, 1e6)


def _integer(size: int = 4, *, signed: bool = False) -> BoundFeature:
    declaration = Integer(name="I", category="C", doc="", size=size, signed=signed, limits=_WIDEST)
    return bind(declaration, Choice(), NOWHERE, ())


def _real(per_unit: float, limits: Limits = _REAL, *, signed: bool = False) -> BoundFeature:
    declaration = Float(name="F", category="C", doc="", per_unit=per_unit, signed=signed, limits=limits)
    return bind(declaration, Choice(), NOWHERE, ())


TEXT = bind(String(name="T", category="C", doc="", size=8), Choice(), NOWHERE, ())
RAW = bind(Register(name="R", category="C", doc="", size=8), Choice(), NOWHERE, ())
FLAG = bind(Boolean(name="B", category="C", doc=""), Choice(), NOWHERE, ())
GAIN = _real(10, Limits(0.0, 9.21))


@pytest.mark.parametrize(
    ("feature", "value", "data"),
    [
        (_integer(), 0x0102_0304, "01020304"),
        (_integer(signed=True), -2, "fffffffe"),
        (_integer(8), 0x0102_0304_0506_0708, "0102030405060708"),
        (_integer(8, signed=True), -1, "ffffffffffffffff"),
        (_real(1), 5000.0, "00001388"),
        (_real(1000), 12.345, "00003039"),
        (_real(16, signed=True), -1.0625, "ffffffef"),
        (_real(1e-3), 3_000_000.0, "00000bb8"),
        (GAIN, 3.1, "0000001f"),
        (GAIN, 9.2, "0000005c"),
        (FLAG, 1, "00000001"),
        (TEXT, "Küche", "4bc3bc6368650000"),
        (TEXT, "", "0000000000000000"),
        (RAW, bytes(range(8)), "0001020304050607"),
    ],
)
def test_value_and_big_endian_bytes_are_each_others_image(feature: BoundFeature, value: Value, data: str) -> None:
    assert encode(feature, value).hex() == data
    assert decode(feature, bytes.fromhex(data)) == value


def test_limit_that_is_no_step_is_the_step_beyond_it() -> None:
    assert encode(GAIN, 9.21).hex() == "0000005d"
    assert decode(GAIN, bytes.fromhex("0000005d")) == 9.21
    assert decode(GAIN, bytes.fromhex("0000005e")) == 9.4


def test_text_ends_at_its_first_nul() -> None:
    assert decode(TEXT, b"ab\0cdefg") == "ab"


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="not UTF-8"):
        decode(TEXT, b"\xffbcdefgh")


@pytest.mark.parametrize(("length", "registers"), [(1, 4), (4, 4), (5, 8), (8, 8), (1028, 1028)])
def test_values_fill_whole_registers(length: int, registers: int) -> None:
    assert registers_bytes(length) == registers
