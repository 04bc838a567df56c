"""Feature values as register bytes and back; registers are big-endian (GigE Vision)."""

from __future__ import annotations

import struct

from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Feature, Float, Integer, Register, String, Value

_INTEGER_FORMATS = {(4, False): ">I", (4, True): ">i", (8, False): ">Q", (8, True): ">q"}
_DOUBLE = ">d"


def _number_format(declaration: Feature) -> str:
    signed = isinstance(declaration, Integer | Float) and declaration.signed
    return _INTEGER_FORMATS[declaration.length, signed]


def encode(feature: BoundFeature, value: Value) -> bytes:
    """`value` as the bytes of the feature's register, padded to whole words."""
    declaration = feature.declaration
    if isinstance(declaration, String):
        return str(value).encode().ljust(declaration.length, b"\0")
    if isinstance(declaration, Register):
        return bytes(value) if isinstance(value, bytes) else b""
    if isinstance(declaration, Float) and isinstance(value, int | float):
        if declaration.double:
            return struct.pack(_DOUBLE, value)
        value = feature.to_raw(value)
    return struct.pack(_number_format(declaration), value)


def decode(feature: BoundFeature, data: bytes) -> Value:
    """Value held by register bytes.

    Raises
    ------
    InvalidParameter
        If text is not UTF-8.
    """
    declaration = feature.declaration
    if isinstance(declaration, String):
        try:
            return data[: declaration.length].split(b"\0", 1)[0].decode()
        except UnicodeDecodeError:
            raise InvalidParameter(f"{feature.name}: the text is not UTF-8") from None
    if isinstance(declaration, Register):
        return data
    if isinstance(declaration, Float) and declaration.double:
        number: float = struct.unpack(_DOUBLE, data)[0]
        return number
    value: int = struct.unpack(_number_format(declaration), data)[0]
    return feature.from_raw(value) if isinstance(declaration, Float) else value


def registers_bytes(length: int) -> int:
    """Bytes a value of `length` occupies in register memory."""
    return (length + 3) // 4 * 4
