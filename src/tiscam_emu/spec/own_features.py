"""Features that a model's file declares itself: rows of YAML become ordinary declarations, in a room of their own.

They do nothing: registers, description and user sets have them, and they keep what is written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tiscam_emu.features.kinds import (
    Access,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Integer,
    Limits,
    Room,
    String,
    Visibility,
)
from tiscam_emu.features.layout import USER_ROOM
from tiscam_emu.spec.schema import OwnFeature

MOST_FEATURES = 1000
LARGEST_SELECTOR = 255
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_EVERY_TYPE = {"type", "category", "doc", "display_name", "visibility", "access"}
_NUMBER = {"unit", "min", "max", "inc", "default", "selector"}
_KEYS = {
    "integer": _NUMBER,
    "float": _NUMBER,
    "enumeration": {"entries", "default", "selector"},
    "boolean": {"default", "selector"},
    "string": {"size", "default", "selector"},
    "command": set[str](),
}
"""What each type may say beyond `_EVERY_TYPE`."""
_INT32, _UINT32, _INT64 = 2**31 - 1, 2**32 - 1, 2**63 - 1
_DERIVED = ("Reg", "RegAddress", "Converter", "_Min", "_Max", "_MinReg", "_MaxReg", "_IncReg", "Switch", "LockReg")
"""Endings of the names that the description gives to the nodes behind a feature, a port or a lock."""


class OwnFeatureError(ValueError):
    """A row that cannot be; `where` are feature and key."""

    def __init__(self, message: str, *where: str) -> None:
        super().__init__(message)
        self.where = where


def own_room(rows: Mapping[str, OwnFeature], rooms: Sequence[Room]) -> Room:
    """The room of the features that `rows` declare, beside those of `rooms`.

    Raises
    ------
    OwnFeatureError
        Naming feature and key at fault.
    """
    if len(rows) > MOST_FEATURES:
        raise OwnFeatureError(f"{len(rows)} features; at most {MOST_FEATURES} are possible")
    declared = {feature.name: feature for room in rooms for feature in room.features}
    _check_names(rows, declared)
    made = {name: _feature(name, row) for name, row in rows.items()}
    for name, row in rows.items():
        if row.selector:
            _check_selector(name, row.selector, {**declared, **made})
    return Room("own features", USER_ROOM, tuple(made.values()))


def _check_names(rows: Mapping[str, OwnFeature], declared: Mapping[str, Feature]) -> None:
    categories = {part for feature in declared.values() for part in feature.category.split("/")}
    categories |= {row.category for row in rows.values()}
    ports, locks, nodes = _nodes_of(declared.values())
    stems = {*declared, *rows, *ports, *locks}
    for name, row in rows.items():
        for text, where in ((name, (name,)), (row.category, (name, "category"))):
            if not _NAME.fullmatch(text):
                raise OwnFeatureError(f"{text!r} is not a name: a letter, then up to 63 letters, digits and _", *where)
            if text in nodes or text in ports or _is_derived(text, stems):
                raise OwnFeatureError(f"{text} is what the description calls one of its own nodes", *where)
        if name in declared:
            raise OwnFeatureError("the family has this feature; choose it under features", name)
        if name in categories:
            raise OwnFeatureError("is the name of a category, too", name)
        if row.category in declared:
            raise OwnFeatureError(f"{row.category} is the name of a feature, too", name, "category")


def _nodes_of(features: Iterable[Feature]) -> tuple[set[str], set[str], set[str]]:
    """Names of the ports and the locks of features, and of other nodes that the description has."""
    ports: set[str] = set()
    locks: set[str] = set()
    nodes = {"Root", "Device"}
    for feature in features:
        locks |= {lock.name for lock in feature.locks}
        nodes.add(f"Locked{'Or'.join(lock.name for lock in feature.locks)}")
        if feature.port is not None:
            ports.add(feature.port.name)
    return ports, locks, nodes


def _is_derived(name: str, stems: set[str]) -> bool:
    return any(name.endswith(ending) and name.removesuffix(ending) in stems for ending in _DERIVED)


def _feature(name: str, row: OwnFeature) -> Feature:
    allowed = _EVERY_TYPE | _KEYS[row.type]
    if row.access == "RO":
        allowed = allowed | {"default"}
    for key in sorted(row.model_fields_set - allowed):
        raise OwnFeatureError(f"{_kind(row)} has none", name, key)
    doc = " ".join(row.doc.split())
    if not doc.isprintable():
        raise OwnFeatureError("has characters that cannot be printed", name, "doc")
    common: dict[str, Any] = {
        "name": name,
        "category": row.category,
        "doc": doc or "A feature of this camera alone.",
        "display_name": row.display_name,
        "visibility": Visibility(row.visibility),
        "access": Access(row.access),
        "every_model": True,
        "sfnc": False,
        "selected_by": row.selector,
        "default": row.default,
        "constant": row.access == "RO",
        "fidelity": Fidelity.STORED,
    }
    return _of_type(name, row, common)


def _of_type(name: str, row: OwnFeature, common: dict[str, Any]) -> Feature:
    match row.type:
        case "integer":
            return _integer(name, row, common)
        case "float":
            return _float(name, row, common)
        case "enumeration":
            return Enumeration(entries=_entries(name, row), **common)
        case "boolean":
            return Boolean(**common)
        case "string":
            return String(size=(row.size + 3) // 4 * 4, **common)
        case _:
            if row.access == "RO":
                raise OwnFeatureError("a command has to be written", name, "access")
            return Command(**common)


def _kind(row: OwnFeature) -> str:
    return f"{'an' if row.type[0] in 'aeiou' else 'a'} {row.type}"


def _integer(name: str, row: OwnFeature, common: dict[str, Any]) -> Integer:
    values = {"min": row.min, "max": row.max, "inc": row.inc}
    for key, value in values.items():
        if value is not None and not isinstance(value, int):
            raise OwnFeatureError(f"{value} is not a whole number", name, key)
    low = int(row.min or 0)
    step = int(row.inc) if row.inc is not None else 1
    high = int(row.max) if row.max is not None else _INT32 - (_INT32 - low) % max(step, 1)
    if high > _INT64:
        raise OwnFeatureError(f"{high} is above {_INT64}", name, "max")
    signed = low < 0
    size = 4 if low >= -_INT32 - 1 and high <= (_INT32 if signed else _UINT32) else 8
    limits = _limits(name, low, high, step)
    if not limits.holds(high):
        raise OwnFeatureError(f"{high} is not {low} and a multiple of {step}", name, "max")
    if common["default"] is None:
        common["default"] = limits.fit(0)
    return Integer(limits=limits, unit=row.unit, size=size, signed=signed, **common)


def _float(name: str, row: OwnFeature, common: dict[str, Any]) -> Float:
    if row.inc is not None and (row.min is None or row.max is None):
        raise OwnFeatureError("needs min and max, too", name, "inc")
    low = float(row.min) if row.min is not None else -sys.float_info.max
    high = float(row.max) if row.max is not None else sys.float_info.max
    limits = _limits(name, low, high, None if row.inc is None else float(row.inc))
    if common["default"] is None:
        common["default"] = float(limits.fit(0.0))
    return Float(limits=limits, unit=row.unit, double=True, **common)


def _limits(name: str, low: int | float, high: int | float, step: int | float | None) -> Limits:
    if low > high:
        raise OwnFeatureError(f"{high} is below the minimum {low}", name, "max")
    if step is not None and step <= 0:
        raise OwnFeatureError(f"{step} is not above 0", name, "inc")
    return Limits(low, high, step)


def _entries(name: str, row: OwnFeature) -> tuple[Entry, ...]:
    if not row.entries:
        raise OwnFeatureError("an enumeration needs its entries: names, or names and whole numbers", name, "entries")
    numbered = row.entries if isinstance(row.entries, dict) else {str(e): n for n, e in enumerate(row.entries)}
    if len(numbered) < len(row.entries):
        raise OwnFeatureError("a name is there twice", name, "entries")
    for entry in row.entries:
        if not isinstance(entry, str) or not _NAME.fullmatch(entry):
            raise OwnFeatureError(f"{entry!r} is not a name of letters, digits and _", name, "entries")
    for entry, value in numbered.items():
        if type(value) is not int or not 0 <= value <= _INT32:
            raise OwnFeatureError(f"{value!r} is not a whole number from 0 to {_INT32}", name, "entries", entry)
    if len(set(numbered.values())) < len(numbered):
        raise OwnFeatureError("two entries have the same number", name, "entries")
    return tuple(Entry(entry, value) for entry, value in numbered.items())


def _check_selector(name: str, selector: str, declared: Mapping[str, Feature]) -> None:
    feature = declared.get(selector)
    reason = ""
    if feature is None:
        reason = "no feature of this name is declared"
    elif feature.selected_by or feature.alias_of or feature.port or feature.access is Access.WO:
        reason = f"{selector} cannot be a selector"
    elif isinstance(feature, Enumeration):
        if max(entry.value for entry in feature.entries) > LARGEST_SELECTOR:
            reason = f"{selector} has entries above {LARGEST_SELECTOR}"
    elif not isinstance(feature, Integer):
        reason = f"{selector} is neither an enumeration nor an integer"
    elif feature.limits is None or not 0 <= feature.limits.low <= feature.limits.high <= LARGEST_SELECTOR:
        reason = f"{selector} is not limited to 0 to {LARGEST_SELECTOR}"
    if reason:
        raise OwnFeatureError(reason, name, "selector")
