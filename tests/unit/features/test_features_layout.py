"""Where registers lie."""

from __future__ import annotations

import pytest

from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.features.kinds import At, DataPort, Entry, Enumeration, Feature, Float, Integer, Limits, Lock, Room
from tiscam_emu.features.layout import LOCK_BASE, XML_BASE, Slot, lay_out


def _integer(name: str, **more: object) -> Integer:
    return Integer(name=name, category="C", doc="", limits=Limits(0, 10), **more)  # type: ignore[arg-type]


def _room(*features: Feature, base: int = 0x1000) -> Room:
    return Room("room", base, features)


def test_features_follow_each_other_on_sixteen_bytes() -> None:
    layout = lay_out([_room(_integer("A"), _integer("B", size=8), _integer("D"))])
    assert layout.slots["A"] == Slot(0x1000, 4, 1, 4)
    assert layout.slots["B"] == Slot(0x1010, 8, 1, 8)
    assert layout.slots["D"] == Slot(0x1020, 4, 1, 4)


def test_live_limits_lie_behind_the_value() -> None:
    layout = lay_out([_room(Float(name="F", category="C", doc="", live=lambda _s, limits: limits), _integer("A"))])
    assert layout.slots["F"] == Slot(0x1000, 8, 1, 8, 0x1008, 0x1010, 0x1018)
    assert layout.slots["A"].address == 0x1020


def test_limits_of_a_register_of_the_standard_lie_in_the_room() -> None:
    layout = lay_out([_room(_integer("A", at=At(0x0D04, 0, 15), live=lambda _s, limits: limits), _integer("B"))])
    assert layout.slots["A"] == Slot(0x0D04, 4, 1, 4, 0x1000, 0x1004, 0x1008)
    assert layout.slots["B"].address == 0x1010


def test_selected_feature_has_a_value_for_each_value_of_its_selector() -> None:
    selector = Enumeration(name="S", category="C", doc="", entries=(Entry("One", 1), Entry("Four", 4)))
    layout = lay_out([_room(selector, _integer("A", selected_by="S"), _integer("B"))])
    assert layout.slots["A"] == Slot(0x1010, 4, 5, 4)
    assert layout.slots["B"].address == 0x1030


def test_data_of_events_take_no_registers_and_aliases_share_them() -> None:
    event = _integer("E", port=DataPort("event", 1))
    layout = lay_out([_room(_integer("A"), event, _integer("B", alias_of="A"), _integer("D"))])
    assert "E" not in layout.slots
    assert layout.slots["B"] == layout.slots["A"]
    assert layout.slots["D"].address == 0x1010


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
    taken: dict[int, str] = {}
    declared = {feature.name: feature for room in ROOMS for feature in room.features}
    for name, slot in layout.slots.items():
        if declared[name].alias_of:
            continue
        at = declared[name].at
        if at and slot.length == 4:
            places = {8 * slot.address + bit for bit in range(at.lsb, at.msb + 1)}
        else:
            places = {8 * slot.address + bit for bit in range(8 * slot.stride * slot.count)}
        for limit in filter(None, (slot.low_address, slot.high_address, slot.step_address)):
            places |= {8 * limit + bit for bit in range(8 * slot.stride)}
        for place in places:
            assert taken.setdefault(place, name) == name
    assert max(taken) < 8 * LOCK_BASE < 8 * XML_BASE
