"""Feature values as register bytes and back; registers are big-endian (GigE Vision)."""

from __future__ import annotations

import struct

from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.kinds import Feature, Float, Integer, Register, String, Value

_INTEGER_FORMATS = {(4, False): ">I", (4, True): ">i", (8, False): ">Q", (8, True): ">q"}


def _number_format(feature: Feature) -> str:
    if isinstance(feature, Float):
        return ">d"
    signed = isinstance(feature, Integer) and feature.signed
    return _INTEGER_FORMATS[feature.length, signed]


def encode(feature: Feature, value: Value) -> bytes:
    """`value` as the bytes of the feature's register, padded to whole words."""
    if isinstance(feature, String):
        return str(value).encode().ljust(feature.length, b"\0")
    if isinstance(feature, Register):
        return bytes(value) if isinstance(value, bytes) else b""
    return struct.pack(_number_format(feature), value)


def decode(feature: Feature, data: bytes) -> Value:
    """Value held by register bytes.

    Raises
    ------
    InvalidParameter
        If text is not UTF-8, or a float is not a number.
    """
    if isinstance(feature, String):
        try:
            return data[: feature.length].split(b"\0", 1)[0].decode()
        except UnicodeDecodeError:
            raise InvalidParameter(f"{feature.name}: the text is not UTF-8") from None
    if isinstance(feature, Register):
        return data
    value: Value = struct.unpack(_number_format(feature), data)[0]
    return value


def registers_bytes(length: int) -> int:
    """Bytes a value of `length` occupies in register memory."""
    return (length + 3) // 4 * 4
