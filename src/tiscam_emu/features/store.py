"""The store: every feature's value, and the one gate through which they are read and written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tiscam_emu.errors import AccessDenied, InvalidParameter, OutOfRange, ReadOnly
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import decode, encode
from tiscam_emu.features.kinds import (
    Access,
    Boolean,
    Command,
    Enumeration,
    Float,
    Integer,
    Limits,
    Number,
    Register,
    String,
    Value,
)


class Store:
    """The values of one camera's features.

    ``store["Width"]`` is what a client would read now; for a feature behind a selector it is the selected value.
    `generation` grows with every change; what is `derived` from the values is forgotten then.
    """

    def __init__(self, features: Mapping[str, BoundFeature]) -> None:
        self.features = features
        self.generation = 0
        self.derived: dict[Any, Any] = {}
        self._entry_names: dict[str, dict[Value, str]] = {
            name: {entry.value: entry.name for entry in feature.entries} for name, feature in features.items()
        }
        self._stored: dict[str, list[Value]] = {}
        self.reset()

    def reset(self, *, keep_persistent: bool = True) -> None:
        """Give every feature its default; values that outlive a power cycle stay."""
        for name, feature in self.features.items():
            declaration = feature.declaration
            if declaration.alias_of or declaration.port:
                continue
            if keep_persistent and declaration.persistent and name in self._stored:
                continue
            self._stored[name] = list(self.factory(name))
            self._changed()

    def __contains__(self, name: str) -> bool:
        return name in self.features

    def __getitem__(self, name: str) -> Any:
        return self.value(name)

    def get(self, name: str, default: Any) -> Any:
        """The value of a feature, or `default` on a camera without it."""
        return self.value(name) if name in self.features else default

    def value(self, name: str, index: int | None = None) -> Value:
        """What a client reads; `index` is the selector's value, by default the selected one."""
        feature = self.features[name]
        declaration = feature.declaration
        if declaration.alias_of:
            return self._alias_value(feature, index)
        if declaration.value is not None:
            return declaration.value(self)
        return self._stored[name][self._index(feature, index)]

    def stored(self, name: str, index: int | None = None) -> Any:
        """What was last accepted, before anything is computed from it."""
        return self._stored[name][self._index(self.features[name], index)]

    def every(self, name: str) -> tuple[Any, ...]:
        """The values behind all entries of a feature's selector."""
        return tuple(self._stored[name])

    def factory(self, name: str) -> tuple[Any, ...]:
        """The values at power-up behind all entries of a feature's selector."""
        feature = self.features[name]
        default = feature.default(self) if callable(feature.default) else feature.default
        return default if isinstance(default, tuple) else (default,) * feature.slot.count

    def limits(self, name: str) -> Limits:
        """The live limits of a number."""
        feature = self.features[name]
        if feature.limits is None:
            raise TypeError(f"{name} has no limits")
        live = getattr(feature.declaration, "live", None)
        return live(self, feature.limits) if live else feature.limits

    def widest_limits(self, name: str) -> Limits:
        """The limits of a number whatever the other settings are."""
        limits = self.features[name].limits
        if limits is None:
            raise TypeError(f"{name} has no limits")
        return limits

    def locked(self, name: str) -> str:
        """Why a write would be refused now; empty while it would not."""
        for lock in self.features[name].declaration.locks:
            if lock.holds(self):
                return lock.reason
        return ""

    def check_access(self, name: str) -> None:
        """Raise what a write of any value would raise now.

        Raises
        ------
        ReadOnly, AccessDenied
            The feature cannot be written, or is locked.
        """
        if self.features[name].declaration.access is Access.RO:
            raise ReadOnly(name)
        if reason := self.locked(name):
            raise AccessDenied(f"{name} is locked: {reason}")

    def check(self, name: str, value: Value, index: int | None = None) -> None:
        """Raise what a write of `value` would raise now.

        Raises
        ------
        ReadOnly, AccessDenied, OutOfRange, InvalidParameter
            In this order: access, lock, value.
        """
        self.check_access(name)
        feature = self.features[name]
        self._index(feature, index)
        self._check_value(feature, value)
        refuse = feature.declaration.refuse
        if refuse is not None and (reason := refuse(self, value)):
            raise InvalidParameter(f"{name}: {reason}")

    def write(self, name: str, value: Value, index: int | None = None) -> None:
        """Take a client's value: check it, store it, let the feature act.

        Raises
        ------
        ReadOnly, AccessDenied, OutOfRange, InvalidParameter
            Nothing has changed then.
        """
        self.check(name, value, index)
        feature = self.features[name]
        declaration = feature.declaration
        if declaration.alias_of:
            self._write_alias(feature, value)
        elif isinstance(declaration, Command):
            self.generation += 1  # it stores no value, so what is derived from values stays
        else:
            accepted = self._rounded(feature, value)
            if declaration.accept is not None:
                accepted = declaration.accept(self, accepted)
            self._stored[name][self._index(feature, index)] = accepted
            self._changed()
        if declaration.on_write is not None and not (isinstance(declaration, Command) and not value):
            declaration.on_write(self)

    def put(self, name: str, value: Value, index: int = 0) -> None:
        """Store a value from inside the camera, past the gate."""
        if self._stored[name][index] != value:
            self._stored[name][index] = value
            self._changed()

    def entry(self, name: str) -> str:
        """The name of an enumeration's current entry."""
        return self._entry_names[name][self.value(name)]

    def _changed(self) -> None:
        self.generation += 1
        self.derived.clear()

    def _index(self, feature: BoundFeature, index: int | None) -> int:
        selector = feature.declaration.selected_by
        if index is None:
            index = int(self.value(selector)) if selector else 0
        if selector and index not in feature.selector_values:
            raise InvalidParameter(f"{feature.name}: {selector} has no value {index}")
        return index

    def _alias_value(self, feature: BoundFeature, index: int | None) -> Value:
        target = self.features[feature.declaration.alias_of]
        if isinstance(feature.declaration, Register):
            return b"".join(encode(target.declaration, value) for value in self._stored[target.name])
        return self.value(target.name, index)

    def _write_alias(self, feature: BoundFeature, value: Value) -> None:
        target = self.features[feature.declaration.alias_of]
        if not (isinstance(feature.declaration, Register) and isinstance(value, bytes)):
            self.write(target.name, value)
            return
        for index, element in enumerate(self._elements(target, value)):
            self._stored[target.name][index] = element
        self._changed()

    @staticmethod
    def _elements(target: BoundFeature, data: bytes) -> list[Value]:
        size = target.slot.stride
        return [decode(target.declaration, data[i : i + size]) for i in range(0, len(data), size)]

    def _check_value(self, feature: BoundFeature, value: Value) -> None:
        declaration = feature.declaration
        match declaration:
            case Integer() if isinstance(value, int):
                self._check_number(feature, value)
            case Float() if isinstance(value, int | float):
                self._check_number(feature, value)
            case Enumeration() if value not in [entry.value for entry in feature.entries]:
                raise InvalidParameter(f"{feature.name}: {value!r} is not an entry")
            case Boolean() | Command() if value not in {0, 1}:
                raise InvalidParameter(f"{feature.name}: {value!r} is neither 0 nor 1")
            case String() if isinstance(value, str):
                if len(value.encode()) > declaration.size:
                    raise InvalidParameter(f"{feature.name}: longer than {declaration.size} bytes")
            case Register() if isinstance(value, bytes):
                self._check_register(feature, value)
            case Integer() | Float() | String() | Register():
                kind = type(declaration).__name__
                raise InvalidParameter(f"{feature.name}: {value!r} is of another kind than {kind}")
            case _:
                pass

    def _check_number(self, feature: BoundFeature, value: Number) -> None:
        name, declaration = feature.declaration.alias_of or feature.name, feature.declaration
        clamps = isinstance(declaration, Integer) and declaration.clamps
        limits = self.widest_limits(name) if clamps else self.limits(name)
        if not limits.holds(value):
            raise OutOfRange(feature.name, value, limits.low, limits.high, limits.step)

    def _check_register(self, feature: BoundFeature, value: bytes) -> None:
        target = self.features[feature.declaration.alias_of]
        for element in self._elements(target, value):
            self._check_value(target, element)

    def _rounded(self, feature: BoundFeature, value: Value) -> Value:
        if isinstance(feature.declaration, Float) and isinstance(value, int | float):
            limits = feature.limits
            if limits and limits.step and math.isfinite(value):
                steps = round((value - limits.low) / limits.step)
                return float(min(limits.low + steps * limits.step, limits.high))
            return float(value)
        if isinstance(feature.declaration, Integer) and feature.declaration.clamps and isinstance(value, int):
            return self.limits(feature.name).fit(value)
        return value
