"""Features by name, past the client and its privilege but through the same gate: for who holds the camera itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tiscam_emu.errors import AccessDenied, InvalidParameter, UnknownFeature
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Access, Boolean, Command, Enumeration, Float, Integer, Register, String, Value

if TYPE_CHECKING:
    from tiscam_emu.camera.state import CameraState

Plain = int | float | str | bool
"""A value as people write it and JSON carries it: an enumeration's entry by name, raw memory as hexadecimal digits."""

_SELECTED = re.compile(r"(\w+)\[(\w+)\]")


@dataclass(frozen=True, slots=True)
class FeatureInfo:
    """A feature as it is now.

    Attributes
    ----------
    kind
        ``Integer``, ``Float``, ``Enumeration``, ``Boolean``, ``Command``, ``String`` or ``Register``.
    access
        ``RO``, ``WO`` or ``RW`` now; a feature that is locked is ``RO``.
    value
        None where there is nothing to read.
    low, high, step
        Live limits of a number.
    entries
        What an enumeration can be.
    locked
        Why it cannot be written now; empty if it can.
    selector
        The feature that selects which of several values is meant; ``NAME[ENTRY]`` names one without selecting it.
    cached
        Clients may keep a copy: they see a change from outside after they have connected again.
    """

    name: str
    kind: str
    access: str
    value: Plain | None = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    entries: tuple[str, ...] = ()
    locked: str = ""
    selector: str = ""
    category: str = ""
    visibility: str = "Beginner"
    doc: str = ""
    cached: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureInfo:
        """From what `to_json` gave."""
        return cls(**{**data, "entries": tuple(data["entries"])})


class Features(Protocol):
    """The features of one camera by name."""

    def names(self) -> list[str]:
        """Those that clients are shown, by category."""
        ...

    def info(self, name: str) -> FeatureInfo:
        """One as it is now; raises `UnknownFeature`."""
        ...

    def value(self, name: str) -> Plain:
        """What a client reads; raises `UnknownFeature`, or `AccessDenied` where nothing can be read."""
        ...

    def write(self, name: str, value: Plain) -> None:
        """Set a feature to exactly this value, or raise `RegisterError` and leave it; a command takes True."""
        ...


class OwnFeatures:
    """Features of a model of ours: those of the store."""

    def __init__(self, state: CameraState, cached: Callable[[BoundFeature], bool]) -> None:
        self._state = state
        self._cached = cached

    def names(self) -> list[str]:
        """Those that clients are shown, by category."""
        shown = [f for f in self._state.features.values() if not f.hidden and not f.declaration.port]
        return [f.name for f in sorted(shown, key=lambda f: f.declaration.category)]

    def info(self, name: str) -> FeatureInfo:
        """One as it is now.

        Raises
        ------
        UnknownFeature
            The camera has none of this name.
        """
        feature, index = self._find(name)
        state, declaration = self._state, feature.declaration
        locks = state.locks(feature.name)
        access = declaration.access
        number = isinstance(declaration, Integer | Float)
        limits = state.limits(feature.name) if number else None
        readable = access is not Access.WO and not isinstance(declaration, Command)
        return FeatureInfo(
            name=name,
            kind=type(declaration).__name__,
            access="RO" if locks and access is Access.RW else access.value,
            value=_plain(feature, state.value(feature.name, index)) if readable else None,
            low=_finite(limits.low) if limits else None,
            high=_finite(limits.high) if limits else None,
            step=limits.step if limits else None,
            unit=getattr(declaration, "unit", ""),
            entries=tuple(entry.name for entry in feature.entries),
            locked=locks[0].reason if locks else "",
            selector=declaration.selected_by,
            category=declaration.category,
            visibility=declaration.visibility.value,
            doc=declaration.doc,
            cached=self._cached(feature),
        )

    def value(self, name: str) -> Plain:
        """What a client reads.

        Raises
        ------
        UnknownFeature, AccessDenied
            There is none of this name; nothing can be read of it.
        """
        feature, index = self._find(name)
        if feature.declaration.access is Access.WO or isinstance(feature.declaration, Command):
            raise AccessDenied(f"{name}: cannot be read")
        return _plain(feature, self._state.value(feature.name, index))

    def write(self, name: str, value: Plain) -> None:
        """Set a feature to exactly this value: nothing is forgiven, whatever the camera does to clients.

        Raises
        ------
        UnknownFeature, RegisterError
            There is none of this name; why it cannot be. Nothing has changed then.
        """
        feature, index = self._find(name)
        state = self._state
        strict, state.strict = state.strict, True
        try:
            state.write(feature.name, _value(feature, value), index)
        finally:
            state.strict = strict

    def _find(self, name: str) -> tuple[BoundFeature, int | None]:
        match = _SELECTED.fullmatch(name)
        feature = self._state.features.get(match[1] if match else name)
        if feature is None or feature.declaration.port:
            raise UnknownFeature(name, self._state.features)
        if not match:
            return feature, None
        selector = self._state.features.get(feature.declaration.selected_by)
        if selector is None:
            raise InvalidParameter(f"{name}: {feature.name} has no selector")
        return feature, int(_value(selector, match[2]))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _plain(feature: BoundFeature, value: Value) -> Plain:
    if isinstance(value, bytes):
        return value.hex()
    match feature.declaration:
        case Enumeration():
            return next((entry.name for entry in feature.entries if entry.value == value), str(value))
        case Boolean():
            return bool(value)
        case _:
            return value


def _value(feature: BoundFeature, given: Plain) -> Value:
    """What the store takes for a value as people write it."""
    wanted, taken = _TAKEN[type(feature.declaration)]
    value = taken(feature, given)
    if value is None:
        known = ", ".join(entry.name for entry in feature.entries)
        raise InvalidParameter(f"{feature.name}: {given!r} is not {wanted}{known}")
    return value


def _entry(feature: BoundFeature, given: Plain) -> Value | None:
    """By name; selectors without names have numbers."""
    return next(
        (e.value for e in feature.entries if e.name == given or (type(given) is int and e.value == given)), None
    )


def _switch(_feature: BoundFeature, given: Plain) -> Value | None:
    return int(given) if given in {0, 1} else None


def _command(_feature: BoundFeature, given: Plain) -> Value | None:
    return 1 if given in {1} else None


def _whole(_feature: BoundFeature, given: Plain) -> Value | None:
    return int(given) if type(given) in {int, float} and float(given).is_integer() else None


def _number(_feature: BoundFeature, given: Plain) -> Value | None:
    return float(given) if type(given) in {int, float} else None


def _text(_feature: BoundFeature, given: Plain) -> Value | None:
    return given if isinstance(given, str) else None


def _bytes(_feature: BoundFeature, given: Plain) -> Value | None:
    digits = isinstance(given, str) and re.fullmatch(r"([0-9a-fA-F]{2})*", given)
    return bytes.fromhex(str(given)) if digits else None


_TAKEN: Mapping[type, tuple[str, Callable[[BoundFeature, Plain], Value | None]]] = {
    Enumeration: ("one of ", _entry),
    Boolean: ("true or false", _switch),
    Command: ("true, which executes it", _command),
    Integer: ("a whole number", _whole),
    Float: ("a number", _number),
    String: ("a text", _text),
    Register: ("a text of hexadecimal digits", _bytes),
}
