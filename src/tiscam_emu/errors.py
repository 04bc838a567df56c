"""Errors and the GigE Vision status codes they travel as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import IntEnum


class Status(IntEnum):
    """GVCP and GVSP status codes (GigE Vision 2.x, chapter "Status codes")."""

    SUCCESS = 0x0000
    PACKET_RESEND = 0x0100
    NOT_IMPLEMENTED = 0x8001
    INVALID_PARAMETER = 0x8002
    INVALID_ADDRESS = 0x8003
    WRITE_PROTECT = 0x8004
    BAD_ALIGNMENT = 0x8005
    ACCESS_DENIED = 0x8006
    BUSY = 0x8007
    PACKET_UNAVAILABLE = 0x800C
    DATA_OVERRUN = 0x800D
    INVALID_HEADER = 0x800E
    PACKET_NOT_YET_AVAILABLE = 0x8010
    PACKET_AND_PREV_REMOVED_FROM_MEMORY = 0x8011
    PACKET_REMOVED_FROM_MEMORY = 0x8012
    NO_REF_TIME = 0x8013
    PACKET_TEMPORARILY_UNAVAILABLE = 0x8014
    OVERFLOW = 0x8015
    ACTION_LATE = 0x8016
    LEADER_TRAILER_OVERFLOW = 0x8017
    ERROR = 0x8FFF


class TiscamEmuError(Exception):
    """Base class of every error this package raises on purpose."""


class UserError(TiscamEmuError):
    """A mistake in what the user asked for; shown as one line, without a traceback."""


class UnknownModel(UserError):
    """The model name matches none of the known cameras."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        paths = "the path of a YAML file, a camera's own description, or a folder"
        super().__init__(f"unknown model {name!r}; known models: {', '.join(known)}; or {paths}")


class UnknownFeature(UserError):
    """The camera has no feature of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, list(known), n=3)
        super().__init__(f"no feature {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""))


class SpecError(UserError):
    """The file of a camera, YAML or its own description, is wrong; the message names file and key or node."""


class InvalidOption(UserError):
    """An option has an impossible value, or two options exclude each other."""


class SceneError(UserError):
    """A scene name or image cannot be used."""


class AddressInUse(UserError):
    """Another program owns the camera's address and port."""


class StampError(TiscamEmuError):
    """A received frame carries no stamp, or stamp or image data are damaged."""


class CameraFailed(TiscamEmuError):
    """The camera process ended or did not become ready."""


class RegisterError(TiscamEmuError):
    """A register access was refused; nothing has changed."""

    status: Status = Status.ERROR


class InvalidAddress(RegisterError):
    """No register, or a hole, at the address."""

    status = Status.INVALID_ADDRESS

    def __init__(self, address: int) -> None:
        super().__init__(f"no register at 0x{address:08x}")


class BadAlignment(RegisterError):
    """Address or count is not a multiple of four."""

    status = Status.BAD_ALIGNMENT

    def __init__(self, value: int) -> None:
        super().__init__(f"0x{value:x} is not a multiple of 4")


class InvalidParameter(RegisterError):
    """The value cannot be taken."""

    status = Status.INVALID_PARAMETER


class OutOfRange(InvalidParameter):
    """A number outside its live limits or off its increment."""

    def __init__(self, name: str, value: float, low: float, high: float, increment: float | None = None) -> None:
        step = f" in steps of {increment:g}" if increment else ""
        super().__init__(f"{name}: {value:g} is not in {low:g} to {high:g}{step}")


class ReadOnly(RegisterError):
    """A write to a register that can only be read."""

    status = Status.WRITE_PROTECT

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is read-only")


class AccessDenied(RegisterError):
    """The access is not allowed now: privilege, lock or availability."""

    status = Status.ACCESS_DENIED


class Busy(RegisterError):
    """The camera cannot serve this now; the client may retry."""

    status = Status.BUSY
