"""Where every register lies: derived from the declarations, the same for every model.

A room starts at its base above `OWN_BASE`; its features follow in the order of their declaration. A feature takes its
values (one per selector entry), unless it is declared `At` a fixed place, and, where its limits are live, a minimum,
maximum and increment behind them. Locks lie together, and the features that a model's file declares lie behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tiscam_emu.features.kinds import Enumeration, Feature, Float, Integer, Lock, Room

OWN_BASE = 0xFE00_0000
"""Where the rooms' own registers begin; those that are known of the family lie in other places, see `At`."""
LOCK_BASE = OWN_BASE + 0x000F_0000
USER_ROOM = 0x0010_0000
"""Where the room of features begins that a model's file declares itself: beyond all others and the locks."""
_END = OWN_BASE + 0x0020_0000
XML_BASE = 0x00A0_0000
SECOND_XML_BASE = 0x00B0_0000
"""Addresses with a letter among their hexadecimal digits: some clients take a number without one for decimal."""
_ALIGNMENT = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """The registers of one feature; `stride` is the distance between the values of neighbouring selector values."""

    address: int
    length: int
    count: int
    stride: int
    low_address: int = 0
    high_address: int = 0
    step_address: int = 0


NOWHERE = Slot(0, 0, 1, 0)
"""The slot of a feature whose data come with events or chunks."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Addresses of all features and locks."""

    slots: Mapping[str, Slot]
    locks: Mapping[str, int]


def has_live_limits(feature: Feature) -> bool:
    """Whether the limits of a number depend on other settings."""
    return isinstance(feature, Integer | Float) and feature.live is not None


def selector_count(selector: Feature) -> int:
    """Values a selector's dependants need to store; selectors count from 0."""
    if isinstance(selector, Enumeration):
        return max(entry.value for entry in selector.entries) + 1
    if isinstance(selector, Integer) and selector.limits:
        return int(selector.limits.high) + 1
    raise TypeError(f"{selector.name} cannot be a selector")


def lay_out(rooms: Sequence[Room]) -> Layout:
    """Place the registers of all `rooms`.

    Raises
    ------
    ValueError
        If a name is declared twice or a room grows into the next one.
    """
    declared: dict[str, Feature] = {}
    for room in rooms:
        for feature in room.features:
            if feature.name in declared:
                raise ValueError(f"{feature.name} is declared twice")
            declared[feature.name] = feature
    slots: dict[str, Slot] = {}
    ordered = sorted(rooms, key=lambda room: room.base)
    ends = sorted([*(OWN_BASE + room.base for room in rooms), LOCK_BASE, _END])
    for room in ordered:
        end = next(end for end in ends if end > OWN_BASE + room.base)
        if _place_room(room, declared, slots) > end:
            raise ValueError(f"the registers of room {room.name} reach into the next room")
    for feature in declared.values():
        if feature.alias_of:
            slots[feature.name] = slots[feature.alias_of]
    return Layout(slots, _place_locks(declared.values()))


def _place_room(room: Room, declared: Mapping[str, Feature], slots: dict[str, Slot]) -> int:
    address = OWN_BASE + room.base
    for feature in room.features:
        if feature.alias_of or feature.port:
            continue
        count = selector_count(declared[feature.selected_by]) if feature.selected_by else 1
        start = feature.at.address if feature.at else address
        stride = (feature.length + 3) // 4 * 4
        live = has_live_limits(feature)
        side = address if feature.at else start + stride * count
        slots[feature.name] = Slot(
            start,
            feature.length,
            count,
            stride,
            *((side, side + stride, side + 2 * stride) if live else (0, 0, 0)),
        )
        used = (0 if feature.at else stride * count) + (3 * stride if live else 0)
        address = (address + used + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
    return address


def _place_locks(features: Iterable[Feature]) -> dict[str, int]:
    locks: dict[str, Lock] = {}
    for feature in features:
        for lock in feature.locks:
            if locks.setdefault(lock.name, lock) is not lock:
                raise ValueError(f"two locks are named {lock.name}")
    return {name: LOCK_BASE + 4 * index for index, name in enumerate(sorted(locks))}
