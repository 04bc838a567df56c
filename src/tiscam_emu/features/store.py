"""The store: every feature's value, and the one gate through which they are read and written.

The gate is as forgiving as the registers of the real cameras: a number is brought to what its limits allow, and a write
that the mode of another feature locks out changes nothing. Both succeed, and are noted in `forgiven` as what a strict
store would have raised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tiscam_emu.errors import AccessDenied, BadAlignment, InvalidParameter, OutOfRange, ReadOnly, RegisterError
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
    Lock,
    Number,
    Register,
    String,
    Value,
)


class Store:
    """The values of one camera's features.

    ``store["Width"]`` is what a client would read now; for a feature behind a selector it is the selected value.
    `generation` grows with every change; what is `derived` from the values is forgotten then.

    Parameters
    ----------
    strict
        Refuse what would be forgiven.
    """

    def __init__(self, features: Mapping[str, BoundFeature], *, strict: bool = False) -> None:
        self.features = features
        self.strict = strict
        self.forgiven: list[RegisterError] = []
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
        if feature.remembered:
            return self.fitted(name)
        return self._stored[name][self._index(feature, index)]

    def stored(self, name: str, index: int | None = None) -> Any:
        """What was last accepted, before anything is computed from it."""
        return self._stored[name][self._index(self.features[name], index)]

    def fitted(self, name: str) -> Number:
        """A remembered number as far as the live limits let it take effect."""
        known: Number | None = self.derived.get(name)
        if known is None:
            known = self.derived[name] = self.limits(name).fit(self.stored(name))
        return known

    def every(self, name: str) -> tuple[Any, ...]:
        """The values behind all entries of a feature's selector."""
        return tuple(self._stored[name])

    def lasting(self, name: str) -> tuple[Any, ...]:
        """The values to keep of a setting: of one that is remembered as asked for, what has taken effect."""
        if self.features[name].remembered:
            return (self.value(name),)
        return self.every(name)

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

    def locks(self, name: str) -> list[Lock]:
        """The locks that hold now; those that refuse a write come first."""
        holding = [lock for lock in self.features[name].declaration.locks if lock.holds(self)]
        return sorted(holding, key=lambda lock: not lock.refuses)

    def check_access(self, name: str) -> None:
        """Raise what a write of any value would raise now.

        Raises
        ------
        ReadOnly, AccessDenied
            The feature cannot be written, or is locked and that is not forgiven.
        """
        if self.features[name].declaration.access is Access.RO:
            raise ReadOnly(name)
        for lock in self.locks(name):
            if lock.refuses or self.strict:
                raise _locked(name, lock)

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
        """Take a client's value: check it, store what fits, let the feature act.

        Raises
        ------
        ReadOnly, AccessDenied, OutOfRange, InvalidParameter
            Nothing has changed then.
        """
        self.check(name, value, index)
        feature = self.features[name]
        declaration = feature.declaration
        if locks := self.locks(name):
            self.forgiven.append(_locked(name, locks[0]))
            return
        if declaration.alias_of:
            self._write_alias(feature, value)
        elif isinstance(declaration, Command):
            self.generation += 1  # it stores no value, so what is derived from values stays
        else:
            accepted = self._accepted(feature, value)
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

    def on_grid(self, name: str, value: float) -> float:
        """The real number nearest to `value` that a feature's register can hold."""
        return self.features[name].on_grid(value)

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
        declaration = feature.declaration
        target = self.features[declaration.alias_of]
        if isinstance(declaration, Register):
            return b"".join(encode(target, value) for value in self._stored[target.name])
        value = self.value(target.name, index)
        if isinstance(declaration, Float) and isinstance(target.declaration, Integer) and isinstance(value, int):
            return feature.from_raw(value)
        return value

    def _write_alias(self, feature: BoundFeature, value: Value) -> None:
        declaration = feature.declaration
        target = self.features[declaration.alias_of]
        if isinstance(declaration, Register) and isinstance(value, bytes):
            for index, element in enumerate(self._elements(target, value)):
                self._stored[target.name][index] = self._accepted(target, element)
            self._changed()
        elif isinstance(declaration, Float) and isinstance(target.declaration, Integer):
            self.write(target.name, feature.to_raw(self._number(feature, value)))
        else:
            self.write(target.name, value)

    @staticmethod
    def _elements(target: BoundFeature, data: bytes) -> list[Value]:
        size = target.slot.stride
        return [decode(target, data[i : i + size]) for i in range(0, len(data), size)]

    def _check_value(self, feature: BoundFeature, value: Value) -> None:
        declaration = feature.declaration
        match declaration:
            case Integer() | Float() if isinstance(value, int):
                self._check_number(feature, value)
            case Float() if isinstance(value, float):
                if not math.isfinite(value):
                    raise InvalidParameter(f"{feature.name}: {value!r} is no number that can be")
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
        if not self.strict:
            return
        declaration = feature.declaration
        clamps = isinstance(declaration, Integer) and declaration.clamps
        limits = self.widest_limits(feature.name) if clamps else self._limits_of(feature)
        if not limits.holds(value):
            if isinstance(declaration, Integer) and declaration.words and int(value) % int(limits.step or 1):
                raise BadAlignment(int(value))
            raise _out_of_range(feature, value, limits)

    def _limits_of(self, feature: BoundFeature) -> Limits:
        """Limits of a number; those of an alias in other units are its own."""
        target = self.features.get(feature.declaration.alias_of, feature)
        return self.limits(target.name if type(target.declaration) is type(feature.declaration) else feature.name)

    def _check_register(self, feature: BoundFeature, value: bytes) -> None:
        target = self.features[feature.declaration.alias_of]
        for element in self._elements(target, value):
            self._check_value(target, element)

    def _accepted(self, feature: BoundFeature, value: Value) -> Value:
        """What is stored for a written value; that a number was brought into its limits is noted."""
        if not isinstance(feature.declaration, Integer | Float):
            return value
        number = self._number(feature, value)
        return self.widest_limits(feature.name).fit(number) if feature.declaration.remembered else number

    def _number(self, feature: BoundFeature, value: Value) -> Number:
        """A written number on its steps, and inside its live limits unless it is remembered as asked for."""
        declaration = feature.declaration
        if not isinstance(declaration, Integer | Float) or not isinstance(value, int | float):
            raise TypeError(f"{feature.name} is not a number")
        limits = self._limits_of(feature)
        if not limits.holds(value):
            self.forgiven.append(_out_of_range(feature, value, limits))
            value = value if declaration.remembered else limits.fit(value)
        if isinstance(declaration, Float):
            value = feature.on_grid(value)
            if limits.step:
                steps = round((value - limits.low) / limits.step)
                value = float(min(limits.low + steps * limits.step, limits.high))
        return value


def _locked(name: str, lock: Lock) -> AccessDenied:
    return AccessDenied(f"{name} is locked: {lock.reason}")


def _out_of_range(feature: BoundFeature, value: Number, limits: Limits) -> OutOfRange:
    return OutOfRange(feature.name, value, limits.low, limits.high, limits.step)
