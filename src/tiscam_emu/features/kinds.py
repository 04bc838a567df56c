"""What a feature declaration can say: one frozen object per feature, from which everything else derives.

The register layout, the store's gate, the GenICam XML, the reference tables in docs/ and the contract tests all read
these declarations. A model's YAML chooses which of them a camera has and narrows their limits; it adds no behaviour.

Functions in a declaration (`live` limits, `Lock.holds`, `value`, `on_write`) take the camera's state, which
offers ``state["Width"]``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Number = int | float
Value = int | float | str | bytes

State = Any
"""The camera's state as the functions of a declaration see it (``camera.state.CameraState``)."""


class Access(Enum):
    """What a client may do with a feature; the values are GenICam's."""

    RO = "RO"
    WO = "WO"
    RW = "RW"


class Visibility(Enum):
    """For whom a feature is meant; the values are GenICam's."""

    BEGINNER = "Beginner"
    EXPERT = "Expert"
    GURU = "Guru"
    INVISIBLE = "Invisible"


class Fidelity(Enum):
    """How far a feature acts as the real camera's does; docs/fidelity.md is generated from it."""

    MODELLED = "modelled"
    APPROXIMATED = "approximated"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Limits:
    """Inclusive range of a number; `step` counts from `low`, None means any value."""

    low: Number
    high: Number
    step: Number | None = None

    def holds(self, value: Number) -> bool:
        """Whether `value` is inside and, for whole numbers, on the increment."""
        if math.isnan(value) or not self.low <= value <= self.high:
            return False
        if self.step and isinstance(value, int):
            return (value - self.low) % self.step == 0
        return True

    def fit(self, value: Number) -> Number:
        """`value` moved to the nearest allowed value at or below it, or to `low`."""
        bounded = min(max(value, self.low), self.high)
        if self.step:
            return self.low + (bounded - self.low) // self.step * self.step
        return bounded


@dataclass(frozen=True, slots=True)
class At:
    """A fixed place in the register map.

    It is a bootstrap register of the GigE Vision standard, or one that is known of the family of these cameras. Bits
    count from the least significant one (0); the GenICam XML counts the other way.
    """

    address: int
    lsb: int = 0
    msb: int = 31

    @property
    def whole(self) -> bool:
        """Whether the feature fills its 32-bit register."""
        return (self.lsb, self.msb) == (0, 31)


@dataclass(frozen=True, slots=True)
class Lock:
    """A named condition under which features cannot be written; served by one hidden register.

    One that comes from the mode of another feature is for clients that look at the description; a write to the register
    is acknowledged and changes nothing, but on strict cameras. With `refuses` the write is refused on all.
    """

    name: str
    holds: Callable[[State], bool]
    reason: str
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an enumeration; `value` is what the register holds, a hidden entry is found by name only."""

    name: str
    value: int
    doc: str = ""
    display_name: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class DataPort:
    """Data that arrive with an event or with a frame's chunks instead of lying in the camera's registers.

    `name` is that of the port, which all data of one event or chunk come by; `id` is the event or chunk id, `offset`
    the place of the data in the event item or chunk. Where that depends on a setting, `moved_by` names the feature,
    whose value times `stride` is added. `enabled_by` names the feature that switches the data on, and the value that
    its selector has then.
    """

    kind: str
    name: str
    id: int
    offset: int = 0
    moved_by: str = ""
    stride: int = 0
    enabled_by: tuple[str, int] = ("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What every kind of feature declares.

    Attributes
    ----------
    section
        Section of the Technical Reference Manual (DFK 39GX265-Z20 where it has one), or the standard's chapter.
    every_model
        The feature is on every camera, whether its YAML lists it or not.
    sfnc
        The name is in the Standard Features Naming Convention; else it is the vendor's own.
    category
        Where clients show it; "Outer/Inner" is a category inside another one.
    locks
        While one of them holds, the node reads as locked; see `Lock` for what a write does.
    value
        What a read returns, computed from the state; without it the stored value.
    default
        Value at power-up where the YAML gives none; a function where it depends on the model, a tuple where each value
        of the selector has its own.
    refuse
        Why a value inside the limits cannot be taken; empty if it can.
    accept
        What is stored for a written value, where that is not the value itself.
    on_write
        What else a write changes. Runs after the value is stored.
    alias_of
        The feature shares another one's registers.
    moves
        The camera, or the write of another feature, changes it, too.
    hidden
        In no category: found by name only.
    fidelity, note
        How true it is, and what a user should know about that.
    """

    name: str
    category: str
    doc: str
    section: str = ""
    display_name: str = ""
    visibility: Visibility = Visibility.BEGINNER
    access: Access = Access.RW
    every_model: bool = False
    sfnc: bool = True
    at: At | None = None
    port: DataPort | None = None
    selected_by: str = ""
    locks: tuple[Lock, ...] = ()
    value: Callable[[State], Value] | None = None
    default: Value | tuple[Value, ...] | Callable[[State], Value | tuple[Value, ...]] | None = None
    refuse: Callable[[State, Any], str] | None = None
    accept: Callable[[State, Any], Value] | None = None
    on_write: Callable[[State], None] | None = None
    alias_of: str = ""
    moves: bool = False
    hidden: bool = False
    constant: bool = False
    persistent: bool = False
    fidelity: Fidelity = Fidelity.MODELLED
    note: str = ""

    @property
    def length(self) -> int:
        """Bytes of one value in register memory."""
        return 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Feature):
    """A whole number.

    `limits` are the widest there can be, or left to the YAML; `live` narrows them by the state of the camera. What is
    outside is brought to the nearest value that can be; strict cameras refuse it, but with `clamps` what is inside the
    widest limits. With `remembered`, what was asked for takes effect, as far as it fits, when the live limits change.
    `words` are steps that strict cameras answer with BAD_ALIGNMENT.
    """

    limits: Limits | None = None
    live: Callable[[State, Limits], Limits] | None = None
    remembered: bool = False
    unit: str = ""
    representation: str = ""
    size: int = 4
    signed: bool = False
    clamps: bool = False
    words: bool = False

    @property
    def length(self) -> int:
        """Bytes of one value in register memory."""
        return self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Float(Feature):
    """A real number; limits as of `Integer`; a step, where there is one, rounds what is written.

    The register holds a whole number, `per_unit` times the value. A limit that is no multiple of the register's step is
    reached by the next whole number beyond it. With `double` it holds the value itself, as an IEEE 754 double; so do
    data of events and chunks.
    """

    limits: Limits | None = None
    live: Callable[[State, Limits], Limits] | None = None
    remembered: bool = False
    unit: str = ""
    representation: str = ""
    per_unit: Number = 1
    signed: bool = False
    double: bool = False

    @property
    def length(self) -> int:
        """Bytes of one value in register memory."""
        return 8 if self.port or self.double else 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration(Feature):
    """One of named values; the YAML may keep only some of the entries."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean(Feature):
    """True or false; the register holds 1 or 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Feature):
    """Something to do when `code` is written; the register reads 0. Commands with other codes may share it."""

    code: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class String(Feature):
    """NUL-padded UTF-8 text of at most `size` bytes."""

    size: int

    @property
    def length(self) -> int:
        """Bytes of one value in register memory."""
        return self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Feature):
    """Raw memory: all values of the selected feature `alias_of`, one after the other."""

    size: int

    @property
    def length(self) -> int:
        """Bytes of one value in register memory."""
        return self.size


@dataclass(frozen=True, slots=True)
class Room:
    """The declarations of one capability, and where its registers start."""

    name: str
    base: int
    features: tuple[Feature, ...] = field(default=())
