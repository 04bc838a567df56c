"""Values as people write them in a bench file: times with units, shares, levels."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.units import NS_PER_MS, NS_PER_S, NS_PER_US, Nanoseconds

_UNITS = {
    "ns": 1,
    "us": NS_PER_US,
    "µs": NS_PER_US,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "min": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zµ%]+)")
_FIRST_FRAME = re.compile(r"first frame of\s+(\S.*)")
_LONGEST_NS = 366 * 24 * 3600 * NS_PER_S


def time_ns(given: Any) -> Nanoseconds:
    """``5 s``, ``20 ms`` or ``1.5 min`` in nanoseconds."""
    match = _QUANTITY.fullmatch(str(given).strip())
    if given == 0 and not isinstance(given, bool):
        return 0
    if not isinstance(given, str) or match is None or match[2] not in _UNITS:
        raise ValueError(f"{given!r} is not a time with its unit, such as 5 s, 20 ms or 50 us")
    nanoseconds = round(float(match[1]) * _UNITS[match[2]])
    if nanoseconds > _LONGEST_NS:
        raise ValueError(f"{given!r} is longer than a year")
    return nanoseconds


def period_ns(given: Any) -> Nanoseconds:
    """A time that is not 0."""
    nanoseconds = time_ns(given)
    if not nanoseconds:
        raise ValueError("must be longer than 0 s")
    return nanoseconds


def pulse_period_ns(given: Any) -> Nanoseconds:
    """``every 20 ms``."""
    word, _, time = str(given).strip().partition(" ")
    if word != "every":
        raise ValueError(f"{given!r} is not a period, such as every 20 ms")
    return period_ns(time)


def share(given: Any) -> float:
    """``2 %`` or 0.02."""
    match = _QUANTITY.fullmatch(str(given).strip())
    if isinstance(given, str) and match is not None and match[2] == "%":
        number = float(match[1]) / 100
    elif isinstance(given, int | float) and not isinstance(given, bool):
        number = float(given)
    else:
        raise ValueError(f"{given!r} is not a share, such as 2 % or 0.02")
    if not 0 <= number <= 1:
        raise ValueError(f"{given} is not in 0 to 100 %")
    return number


def fault_texts(given: Any) -> tuple[str, ...]:
    """One text as `FaultPlan` reads it, or a list of them; ``none`` for a healthy camera."""
    texts = [] if given == "none" else given if isinstance(given, list) else [given]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("must be a text such as drop=0.02, a list of such texts, or none")
    try:
        FaultPlan.parse(texts)
    except InvalidOption as error:
        raise ValueError(str(error)) from None
    return tuple(texts)


def level(given: Any) -> bool:
    """``high`` or ``low``."""
    if given not in {"high", "low"}:
        raise ValueError(f"{given!r} must be high or low")
    return bool(given == "high")


def first_frame_of(given: Any) -> str:
    """The camera's name in ``first frame of NAME``; empty for ``start``."""
    if given == "start":
        return ""
    match = _FIRST_FRAME.fullmatch(str(given).strip())
    if match is None:
        raise ValueError(f"{given!r} must be start, or first frame of one of the cameras")
    return match[1]


def serial(given: Any) -> Any:
    """Digits, also where YAML takes them for a number."""
    if type(given) is int and len(str(given)) < 8:
        raise ValueError(f"must be 8 digits, and in quotes if the first is 0; YAML read {given}")
    return str(given) if type(given) is int else given


def names(given: Any) -> tuple[str, ...]:
    """One name, or a list of them."""
    listed = given if isinstance(given, list) else [given]
    if not listed or not all(isinstance(name, str) for name in listed):
        raise ValueError("must be a camera's name, a list of names, or all")
    return tuple(listed)


Time = Annotated[Nanoseconds, BeforeValidator(time_ns)]
Period = Annotated[Nanoseconds, BeforeValidator(period_ns)]
PulsePeriod = Annotated[Nanoseconds, BeforeValidator(pulse_period_ns)]
Share = Annotated[float, BeforeValidator(share)]
Faults = Annotated[tuple[str, ...], BeforeValidator(fault_texts)]
Level = Annotated[bool, BeforeValidator(level)]
Origin = Annotated[str, BeforeValidator(first_frame_of)]
Serial = Annotated[str, BeforeValidator(serial)]
Names = Annotated[tuple[str, ...], BeforeValidator(names)]
