"""A declaration as one model has it: limits, entries and default chosen, registers placed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiscam_emu.features.kinds import (
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Number,
    Register,
    State,
    String,
    Value,
)
from tiscam_emu.features.layout import Slot, has_live_limits

_EXACT = 1e-6  # of a register's step: what arithmetic with doubles leaves


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model's YAML says about one feature; None means: as declared."""

    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = None
    default: Value | None = None
    entries: tuple[str, ...] | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class BoundFeature:
    """One feature of one model."""

    declaration: Feature
    slot: Slot
    limits: Limits | None
    entries: tuple[Entry, ...]
    default: Value | tuple[Value, ...] | Callable[[State], Value | tuple[Value, ...]]
    selector_values: tuple[int, ...]
    hidden: bool = False

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.declaration.name

    @property
    def live_limits(self) -> bool:
        """Whether the limits depend on other settings."""
        return has_live_limits(self.declaration)

    @property
    def remembered(self) -> bool:
        """Whether a number is stored as asked for and takes effect as far as it fits."""
        return isinstance(self.declaration, Integer | Float) and self.declaration.remembered

    @property
    def raw_limits(self) -> tuple[int, int] | None:
        """Register values of a real number's constant limits; the upper one stands for the limit, step or not."""
        limits = self.limits
        real = isinstance(self.declaration, Float) and not self.declaration.double
        if not real or limits is None or math.isinf(limits.high):
            return None
        ends = (limits.low * self._per_unit, limits.high * self._per_unit)
        return math.ceil(ends[0] - _EXACT), math.ceil(ends[1] - _EXACT)

    def to_raw(self, value: float) -> int:
        """Register value that stands for a real number."""
        if self.limits and value == self.limits.high and (ends := self.raw_limits):
            return ends[1]
        return round(value * self._per_unit)

    def from_raw(self, raw: int) -> float:
        """The real number that a register value stands for."""
        if self.limits and (ends := self.raw_limits) and raw == ends[1]:
            return float(self.limits.high)
        return raw / self._per_unit

    def on_grid(self, value: float) -> float:
        """The real number nearest to `value` that the register can hold."""
        if isinstance(self.declaration, Float) and self.declaration.double:
            return float(value)
        return self.from_raw(self.to_raw(value))

    @property
    def _per_unit(self) -> Number:
        if not isinstance(self.declaration, Float):
            raise TypeError(f"{self.name} is not a real number")
        return self.declaration.per_unit


class ChoiceError(ValueError):
    """A YAML row that does not fit its declaration; `key` is the part at fault."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def bind(declaration: Feature, choice: Choice, slot: Slot, selector_values: tuple[int, ...]) -> BoundFeature:
    """Join a declaration with a model's choice.

    Raises
    ------
    ChoiceError
        If the choice names limits, entries or a default that the declaration cannot have.
    """
    entries = _entries(declaration, choice)
    limits = _limits(declaration, choice)
    default = _default(declaration, choice, limits, entries)
    hidden = declaration.hidden or choice.hidden
    return BoundFeature(declaration, slot, limits, entries, default, selector_values, hidden)


def _entries(declaration: Feature, choice: Choice) -> tuple[Entry, ...]:
    if not isinstance(declaration, Enumeration):
        if choice.entries is not None:
            raise ChoiceError("entries", f"{declaration.name} is not an enumeration")
        return ()
    if choice.entries is None:
        return declaration.entries
    if not choice.entries:
        raise ChoiceError("entries", "at least one is needed")
    known = {entry.name: entry for entry in declaration.entries}
    for name in choice.entries:
        if name not in known:
            raise ChoiceError("entries", f"{name!r} is not an entry; known: {', '.join(known)}")
        if choice.entries.count(name) > 1:
            raise ChoiceError("entries", f"{name} is there twice")
    return tuple(known[name] for name in choice.entries)


def _limits(declaration: Feature, choice: Choice) -> Limits | None:
    given = choice.low is not None or choice.high is not None or choice.step is not None
    if not isinstance(declaration, Integer | Float):
        if given:
            raise ChoiceError("min", f"{declaration.name} has no limits")
        return None
    declared = declaration.limits
    low = choice.low if choice.low is not None else (declared.low if declared else None)
    high = choice.high if choice.high is not None else (declared.high if declared else None)
    step = choice.step if choice.step is not None else (declared.step if declared else None)
    if low is None or high is None:
        key = "min" if low is None else "max"
        raise ChoiceError(key, f"{declaration.name} needs a {key}imum")
    if low > high:
        raise ChoiceError("max", f"{high} is below the minimum {low}")
    if declared and low < declared.low:
        raise ChoiceError("min", f"{low} is below {declared.low}")
    if declared and high > declared.high:
        raise ChoiceError("max", f"{high} is above {declared.high}")
    if isinstance(declaration, Integer) and step is None:
        step = 1
    limits = Limits(low, high, step)
    if given:
        _check_numbers(declaration, limits)
    return limits


def _check_numbers(declaration: Integer | Float, limits: Limits) -> None:
    """Limits and step are such as the register can hold."""
    if limits.step is not None and limits.step <= 0:
        raise ChoiceError("inc", f"{limits.step} is not above 0")
    named = (("min", limits.low), ("max", limits.high), ("inc", limits.step))
    if isinstance(declaration, Integer):
        for key, number in named:
            if number is not None and not isinstance(number, int):
                raise ChoiceError(key, f"{number} is not a whole number")
        if not has_live_limits(declaration) and not limits.holds(limits.high):
            raise ChoiceError("max", f"{limits.high} is not {limits.low} and a multiple of {limits.step}")
    if declaration.port or (isinstance(declaration, Float) and declaration.double):
        return
    least, most = _raw_range(declaration)
    per_unit = declaration.per_unit if isinstance(declaration, Float) else 1
    for key, number in (("min", limits.low), ("max", limits.high)):
        raw = number * per_unit
        if not math.isinf(raw) and not (least <= math.floor(raw) and math.ceil(raw) <= most):
            takes = f"{least / per_unit:g} to {most / per_unit:g}"
            raise ChoiceError(key, f"{number} does not fit the register, which takes {takes}")


def _raw_range(declaration: Integer | Float) -> tuple[int, int]:
    at = declaration.at
    bits = at.msb - at.lsb + 1 if at and declaration.length == 4 else 8 * declaration.length
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if declaration.signed else (0, (1 << bits) - 1)


def _default(
    declaration: Feature,
    choice: Choice,
    limits: Limits | None,
    entries: Sequence[Entry],
) -> Value | tuple[Value, ...] | Callable[[State], Value | tuple[Value, ...]]:
    default = choice.default if choice.default is not None else declaration.default
    if default is None or callable(default):
        return default if default is not None else _natural_default(declaration, limits, entries)
    if isinstance(default, tuple):
        return tuple(_checked_default(declaration, value, limits, entries) for value in default)
    return _checked_default(declaration, default, limits, entries)


def _checked_default(declaration: Feature, default: Value, limits: Limits | None, entries: Sequence[Entry]) -> Value:
    if isinstance(declaration, Enumeration):
        values: Mapping[str | int, int] = {e.name: e.value for e in entries} | {e.value: e.value for e in entries}
        if not isinstance(default, str | int) or default not in values:
            raise ChoiceError("default", f"{default!r} is not an entry; known: {', '.join(e.name for e in entries)}")
        return values[default]
    if isinstance(declaration, Integer | Float):
        return _checked_number(declaration, default, limits)
    if isinstance(declaration, Boolean):
        if default not in {0, 1}:
            raise ChoiceError("default", f"{default!r} is neither true nor false")
        return int(bool(default))
    if isinstance(declaration, String):
        if not isinstance(default, str) or not default.isprintable():
            raise ChoiceError("default", f"{default!r} is not a text that can be printed")
        if len(default.encode()) > declaration.size:
            raise ChoiceError("default", f"{default!r} is longer than {declaration.size} bytes")
        return default
    raise ChoiceError("default", f"{declaration.name} has no default")


def _checked_number(declaration: Integer | Float, default: Value, limits: Limits | None) -> Number:
    if isinstance(default, bytes | str | bool):
        raise ChoiceError("default", f"{default!r} is not a number")
    if isinstance(declaration, Integer) and not isinstance(default, int):
        raise ChoiceError("default", f"{default} is not a whole number")
    if limits and not limits.holds(default):
        step = f" in steps of {limits.step:g}" if limits.step and limits.low <= default <= limits.high else ""
        raise ChoiceError("default", f"{default} is not in {limits.low} to {limits.high}{step}")
    return float(default) if isinstance(declaration, Float) else default


def _natural_default(declaration: Feature, limits: Limits | None, entries: Sequence[Entry]) -> Value:
    if isinstance(declaration, String):
        return ""
    if isinstance(declaration, Register):
        return b""
    if isinstance(declaration, Enumeration):
        return entries[0].value
    if isinstance(declaration, Boolean | Command):
        return 0
    low = max(limits.low, 0) if limits and limits.high >= 0 else 0
    return float(low) if isinstance(declaration, Float) else int(low)
