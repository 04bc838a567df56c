"""Errors as problem documents (RFC 9457), with the texts that Python's errors have."""

from __future__ import annotations

import json
import math
from typing import Any

from tiscam_emu import errors
from tiscam_emu.errors import TiscamEmuError, UserError

PROBLEM_TYPE = "application/problem+json"


class Refused(UserError):
    """Whoever asks must not: a wrong token, or a page of another host."""


class WrongToken(Refused):
    """The token is missing or wrong."""


class BadRequest(UserError):
    """The request cannot be understood."""


class TooLarge(UserError):
    """More bytes than are taken."""


class NothingThere(UserError):
    """There is nothing at this address, or nothing yet."""


class WrongMethod(UserError):
    """There is something at this address, but it cannot be asked like this."""


_STATUS: tuple[tuple[type[TiscamEmuError], int], ...] = (
    (WrongToken, 401),
    (Refused, 403),
    (errors.UnknownCamera, 404),
    (errors.UnknownFeature, 404),
    (errors.NoFrame, 404),
    (NothingThere, 404),
    (WrongMethod, 405),
    (TooLarge, 413),
    (BadRequest, 400),
    (errors.AddressInUse, 409),
    (errors.InvalidParameter, 422),
    (errors.Busy, 503),
    (errors.RegisterError, 409),
    (UserError, 422),
    (errors.CameraFailed, 503),
)


def status_of(error: Exception) -> int:
    """The HTTP status that an error travels with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(error: Exception) -> dict[str, Any]:
    """An error as a problem document: its kind as the title, its text as the detail."""
    kind, text = type(error).__name__, " ".join(str(error).split())
    if not isinstance(error, TiscamEmuError):
        text = f"{kind}: {text}"
    return {"type": f"urn:tiscam-emu:{kind}", "title": kind, "status": status_of(error), "detail": text}


def to_json(value: Any) -> bytes:
    """As JSON; numbers that JSON does not have become null."""
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
