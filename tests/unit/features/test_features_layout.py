"""Where registers lie."""

from __future__ import annotations

import pytest

from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.features.kinds import (
    At,
    Command,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Lock,
    Room,
)
from tiscam_emu.features.layout import LOCK_BASE, OWN_BASE, SECOND_XML_BASE, XML_BASE, Slot, lay_out


def _integer(name: str, **more: object) -> Integer:
    return Integer(name=name, category="C", doc="", limits=Limits(0, 10), **more)  # type: ignore[arg-type]


def _room(*features: Feature, base: int = 0x1000) -> Room:
    return Room("room", base, features)


def test_features_follow_each_other_on_sixteen_bytes() -> None:
    layout = lay_out([_room(_integer("A"), _integer("B", size=8), _integer("D"))])
    assert layout.slots["A"] == Slot(OWN_BASE + 0x1000, 4, 1, 4)
    assert layout.slots["B"] == Slot(OWN_BASE + 0x1010, 8, 1, 8)
    assert layout.slots["D"] == Slot(OWN_BASE + 0x1020, 4, 1, 4)


def test_live_limits_lie_behind_the_value() -> None:
    layout = lay_out([_room(Float(name="F", category="C", doc="", live=lambda _s, limits: limits), _integer("A"))])
    base = OWN_BASE + 0x1000
    assert layout.slots["F"] == Slot(base, 4, 1, 4, base + 4, base + 8, base + 12)
    assert layout.slots["A"].address == base + 16


def test_limits_of_a_register_of_the_standard_lie_in_the_room() -> None:
    layout = lay_out([_room(_integer("A", at=At(0x0D04, 0, 15), live=lambda _s, limits: limits), _integer("B"))])
    base = OWN_BASE + 0x1000
    assert layout.slots["A"] == Slot(0x0D04, 4, 1, 4, base, base + 4, base + 8)
    assert layout.slots["B"].address == base + 16


def test_selected_feature_has_a_value_for_each_value_of_its_selector() -> None:
    selector = Enumeration(name="S", category="C", doc="", entries=(Entry("One", 1), Entry("Four", 4)))
    layout = lay_out([_room(selector, _integer("A", selected_by="S"), _integer("B"))])
    assert layout.slots["A"] == Slot(OWN_BASE + 0x1010, 4, 5, 4)
    assert layout.slots["B"].address == OWN_BASE + 0x1030


def test_data_of_events_take_no_registers_and_aliases_share_them() -> None:
    event = _integer("E", port=DataPort("event", "Port", 1))
    layout = lay_out([_room(_integer("A"), event, _integer("B", alias_of="A"), _integer("D"))])
    assert "E" not in layout.slots
    assert layout.slots["B"] == layout.slots["A"]
    assert layout.slots["D"].address == OWN_BASE + 0x1010


def test_locks_lie_together_by_name() -> None:
    late, early = Lock("Late", lambda _s: False, ""), Lock("Early", lambda _s: False, "")
    layout = lay_out([_room(_integer("A", locks=(late, early)), _integer("B", locks=(late,)))])
    assert layout.locks == {"Early": LOCK_BASE, "Late": LOCK_BASE + 4}


def test_two_locks_of_one_name_are_refused() -> None:
    locks = [Lock("Same", lambda _s: False, "") for _ in range(2)]
    with pytest.raises(ValueError, match="two locks are named Same"):
        lay_out([_room(_integer("A", locks=(locks[0],)), _integer("B", locks=(locks[1],)))])


def test_name_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="A is declared twice"):
        lay_out([_room(_integer("A")), _room(_integer("A"), base=0x2000)])


def test_room_that_grows_into_the_next_one_is_refused() -> None:
    full = [_integer(f"A{index}") for index in range(17)]
    with pytest.raises(ValueError, match="reach into the next room"):
        lay_out([_room(*full), _room(base=0x1100)])
    lay_out([_room(*full[:16]), _room(base=0x1100)])


def test_selector_has_to_be_an_enumeration_or_an_integer() -> None:
    selector = Float(name="S", category="C", doc="", limits=Limits(0.0, 1.0))
    with pytest.raises(TypeError, match="S cannot be a selector"):
        lay_out([_room(selector, _integer("A", selected_by="S"))])


def test_no_two_values_of_the_cameras_share_a_byte() -> None:
    layout = lay_out(ROOMS)
    taken: dict[int, tuple[str, int]] = {}
    declared = {feature.name: feature for room in ROOMS for feature in room.features}
    for name, slot in layout.slots.items():
        if declared[name].alias_of:
            continue
        feature, at = declared[name], declared[name].at
        if at and slot.length == 4:
            places = {8 * slot.address + bit for bit in range(at.lsb, at.msb + 1)}
        else:
            places = {8 * slot.address + bit for bit in range(8 * slot.stride * slot.count)}
        for limit in filter(None, (slot.low_address, slot.high_address, slot.step_address)):
            places |= {8 * limit + bit for bit in range(8 * slot.stride)}
        shared = ("", feature.code) if isinstance(feature, Command) and at and at.whole else (name, 0)
        for place in places:
            other = taken.setdefault(place, shared)
            assert other == shared or (not name_of(other) and not name_of(shared) and other[1] != shared[1])


def name_of(user: tuple[str, int]) -> str:
    """Of the feature that has a bit to itself; empty for commands, which share a register by their codes."""
    return user[0]


def test_own_registers_lie_apart_from_those_of_the_standard_the_family_and_the_descriptions() -> None:
    layout = lay_out(ROOMS)
    declared = {feature.name: feature for room in ROOMS for feature in room.features}
    own = [slot.address for name, slot in layout.slots.items() if not (declared[name].alias_of or declared[name].at)]
    assert 0x10000 < XML_BASE < SECOND_XML_BASE < OWN_BASE < min(own) < max(own) < LOCK_BASE < 0xFF00_0000
