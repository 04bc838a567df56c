"""The store and the register map on a handful of declarations."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tiscam_emu.errors import AccessDenied, InvalidAddress, InvalidParameter, OutOfRange, ReadOnly, Status
from tiscam_emu.features.bound import Choice, bind
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Lock,
    Register,
    Room,
    State,
    String,
    Value,
)
from tiscam_emu.features.layout import NOWHERE, Layout, lay_out, selector_count
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.features.store import Store

HELD = Lock("Held", lambda state: bool(state["Hold"]), "Hold is on")


def _count_run(state: State) -> None:
    state.put("Runs", state["Runs"] + 1)


def _note_low_bits(state: State) -> None:
    state.put("Runs", state["LowBits"])


def _halve(state: State) -> None:
    state.put("Small", min(state["Small"], state["Big"] // 2))


FEATURES: tuple[Feature, ...] = (
    Boolean(name="Hold", category="C", doc=""),
    Integer(name="Runs", category="C", doc="", access=Access.RO, limits=Limits(0, 99)),
    Command(name="Run", category="C", doc="", on_write=_count_run),
    Integer(name="Big", category="C", doc="", limits=Limits(10, 100, 10), default=100, locks=(HELD,), on_write=_halve),
    Integer(
        name="Small",
        category="C",
        doc="",
        limits=Limits(0, 50),
        live=lambda state, limits: Limits(limits.low, state.stored("Big") // 2, 1),
    ),
    Float(name="Level", category="C", doc="", limits=Limits(0.5, 4.0, 0.25), locks=(HELD,), per_unit=100),
    Float(name="Twin", category="C", doc="", limits=Limits(0.5, 4.0, 0.25), alias_of="Level", per_unit=100),
    Integer(name="Long", category="C", doc="", size=8, limits=Limits(0, 2**40)),
    Integer(name="Doubled", category="C", doc="", limits=Limits(0, 9), value=lambda state: 2 * state.stored("Doubled")),
    Integer(name="Odd", category="C", doc="", limits=Limits(0, 9), accept=lambda _state, value: value | 1),
    Enumeration(name="Which", category="C", doc="", entries=(Entry("First", 0), Entry("Third", 2))),
    Integer(name="Each", category="C", doc="", limits=Limits(0, 9), selected_by="Which", default=(4, 0, 6)),
    Register(name="All", category="C", doc="", size=12, alias_of="Each"),
    String(name="Name", category="C", doc="", size=8, persistent=True, default="new"),
    Command(name="Fire", category="C", doc="", at=At(0x100, 30, 30), on_write=_note_low_bits),
    Integer(name="LowBits", category="C", doc="", at=At(0x100, 0, 7), limits=Limits(0, 200), default=3),
    Boolean(name="HighBit", category="C", doc="", at=At(0x100, 31, 31)),
    Integer(name="Secret", category="C", doc="", at=At(0x104), access=Access.WO, limits=Limits(0, 9)),
)


def _bound(layout: Layout, *, strict: bool = True) -> Store:
    declared = {feature.name: feature for feature in FEATURES}
    values: Mapping[str, tuple[int, ...]] = {"Which": (0, 2)}
    assert selector_count(declared["Which"]) == 3
    return Store(
        {
            name: bind(feature, Choice(), layout.slots.get(name, NOWHERE), values.get(feature.selected_by, ()))
            for name, feature in declared.items()
        },
        strict=strict,
    )


LAYOUT = lay_out([Room("room", 0x1000, FEATURES)])


@pytest.fixture
def store() -> Store:
    return _bound(LAYOUT)


@pytest.fixture
def registers(store: Store) -> RegisterMap:
    return RegisterMap(store, LAYOUT)


def _at(name: str) -> int:
    return LAYOUT.slots[name].address


def _word(value: int) -> bytes:
    return value.to_bytes(4, "big")


def test_access_is_checked_before_the_lock_and_the_lock_before_the_value(store: Store) -> None:
    store.write("Hold", 1)
    with pytest.raises(ReadOnly, match="Runs is read-only"):
        store.write("Runs", 1000)
    with pytest.raises(AccessDenied, match="Big is locked: Hold is on"):
        store.write("Big", 1000)
    store.write("Hold", 0)
    with pytest.raises(OutOfRange, match="Big: 1000 is not in 10 to 100 in steps of 10"):
        store.write("Big", 1000)


def test_alias_knows_the_locks_of_the_feature_behind_it(store: Store) -> None:
    store.write("Hold", 1)
    with pytest.raises(AccessDenied, match="Level is locked"):
        store.write("Twin", 1.0)
    assert store["Twin"] == 0.5
    store.write("Hold", 0)
    store.write("Twin", 1.0)
    assert store["Level"] == 1.0


def test_live_limits_follow_other_values(store: Store) -> None:
    assert store.limits("Small") == Limits(0, 50, 1)
    store.write("Small", 40)
    store.write("Big", 60)
    assert (store["Small"], store.limits("Small")) == (30, Limits(0, 30, 1))
    assert store.widest_limits("Small") == Limits(0, 50, 1)
    with pytest.raises(OutOfRange):
        store.write("Small", 31)


@pytest.mark.parametrize(("written", "kept"), [(0.5, 0.5), (0.6, 0.5), (0.63, 0.75), (3.99, 4.0), (4.0, 4.0)])
def test_floats_are_rounded_to_their_increment(store: Store, written: float, kept: float) -> None:
    store.write("Level", written)
    assert store["Level"] == kept


def test_read_may_compute_and_write_may_change_the_value(store: Store) -> None:
    store.write("Doubled", 4)
    store.write("Odd", 4)
    assert (store["Doubled"], store.stored("Doubled"), store["Odd"]) == (8, 4, 5)


@pytest.mark.parametrize(
    ("name", "value"), [("Small", "7"), ("Small", 7.0), ("Level", "1.0"), ("Name", 5), ("Name", b"raw"), ("All", 1)]
)
def test_value_of_another_kind_is_refused(store: Store, name: str, value: Value) -> None:
    with pytest.raises(InvalidParameter, match="is of another kind than"):
        store.write(name, value)


def test_selected_value_is_the_one_behind_the_selector(store: Store) -> None:
    assert (store["Each"], store.every("Each")) == (4, (4, 0, 6))
    store.write("Which", 2)
    assert store["Each"] == 6
    store.write("Each", 9)
    assert store.every("Each") == (4, 0, 9)
    with pytest.raises(InvalidParameter, match="Which has no value 1"):
        store.write("Each", 1, 1)


def test_entry_is_the_name_of_the_value(store: Store) -> None:
    assert store.entry("Which") == "First"
    with pytest.raises(InvalidParameter):
        store.write("Which", 1)


def test_generation_grows_with_every_change(store: Store) -> None:
    before = store.generation
    store.put("Small", store["Small"])
    assert store.generation == before
    store.put("Small", 7)
    assert store.generation == before + 1


def test_reset_gives_the_defaults_back_and_keeps_what_outlives_it(store: Store) -> None:
    store.write("Small", 7)
    store.write("Name", "kept")
    store.reset()
    assert (store["Small"], store["Name"]) == (0, "kept")
    store.reset(keep_persistent=False)
    assert store["Name"] == "new"


def test_absent_feature_has_the_value_that_is_given(store: Store) -> None:
    assert "Gain" not in store
    assert store.get("Gain", 3) == 3
    with pytest.raises(KeyError):
        store["Gain"]


def test_command_acts_on_1_and_reads_0(registers: RegisterMap, store: Store) -> None:
    registers.write(_at("Run"), _word(1))
    registers.write(_at("Run"), _word(0))
    assert store["Runs"] == 1
    assert registers.read(_at("Run"), 4) == _word(0)


def test_command_in_a_register_acts_on_the_values_that_came_with_it(registers: RegisterMap, store: Store) -> None:
    registers.write(0x100, _word(0xC000_0011))
    assert (store["LowBits"], store["HighBit"], store["Runs"]) == (0x11, 1, 0x11)
    assert registers.read(0x100, 4) == _word(0x8000_0011)


def test_bits_that_are_refused_leave_the_others(registers: RegisterMap, store: Store) -> None:
    with pytest.raises(OutOfRange):
        registers.write(0x100, _word(0xC000_00C9))
    assert (store["LowBits"], store["HighBit"], store["Runs"]) == (3, 0, 0)


def test_register_over_all_elements_is_theirs(registers: RegisterMap, store: Store) -> None:
    assert store["All"] == _word(4) + _word(0) + _word(6)
    with pytest.raises(OutOfRange):
        store.write("All", _word(1) + _word(2) + _word(10))
    assert store.every("Each") == (4, 0, 6)
    store.write("All", _word(1) + _word(2) + _word(3))
    assert store.every("Each") == (1, 2, 3)


def test_element_without_an_entry_is_a_hole(registers: RegisterMap) -> None:
    assert registers.read(_at("Each"), 4) == _word(4)
    with pytest.raises(InvalidAddress):
        registers.read(_at("Each") + 4, 4)
    assert registers.read(_at("Each") + 8, 4) == _word(6)


def test_write_only_register_cannot_be_read(registers: RegisterMap, store: Store) -> None:
    registers.write(0x104, _word(7))
    assert store.stored("Secret") == 7
    with pytest.raises(AccessDenied, match="Secret is write-only"):
        registers.read(0x104, 4)


def test_locks_and_limits_are_registers(registers: RegisterMap, store: Store) -> None:
    slot = LAYOUT.slots["Small"]
    assert registers.read(LAYOUT.locks["Held"], 4) == _word(0)
    store.write("Big", 40)
    store.write("Hold", 1)
    assert registers.read(LAYOUT.locks["Held"], 4) == _word(1)
    limits = [registers.read(address, 4) for address in (slot.low_address, slot.high_address, slot.step_address)]
    assert limits == [_word(0), _word(20), _word(1)]


def test_text_may_be_written_in_words(registers: RegisterMap, store: Store) -> None:
    registers.write(_at("Name"), b"abcd")
    registers.write(_at("Name") + 4, b"ef\0\0")
    assert store["Name"] == "abcdef"


def test_pairs_stop_at_the_first_refusal(registers: RegisterMap, store: Store) -> None:
    done, status, error = registers.write_pairs([(_at("Odd"), 2), (_at("Runs"), 1), (_at("Odd"), 4)])
    assert (done, status, store["Odd"]) == (1, Status.WRITE_PROTECT, 3)
    assert isinstance(error, ReadOnly)


def test_halves_are_one_write_only_in_their_order(registers: RegisterMap, store: Store) -> None:
    halves = [(_at("Long"), 0x10), (_at("Long") + 4, 7)]
    assert registers.write_pairs(halves[::-1])[:2] == (0, Status.INVALID_PARAMETER)
    assert registers.write_pairs(halves[:1])[:2] == (0, Status.INVALID_PARAMETER)
    assert store["Long"] == 0
    assert registers.write_pairs(halves)[:2] == (2, Status.SUCCESS)
    assert store["Long"] == 0x10_0000_0007


def test_memory_is_padded_and_read_only(registers: RegisterMap) -> None:
    registers.add_memory(0x8000, b"12345")
    assert registers.read(0x8000, 8) == b"12345\0\0\0"
    assert registers.read(0x8004, 4) == b"5\0\0\0"
    with pytest.raises(InvalidAddress):
        registers.read(0x8004, 8)
    with pytest.raises(ReadOnly):
        registers.write(0x8000, bytes(4))


def test_two_registers_at_one_address_are_refused() -> None:
    layout = lay_out([Room("room", 0x1000, FEATURES)])
    clash = String(name="Clash", category="C", doc="", size=4, at=At(0x104))
    bound = {"Secret": bind(FEATURES[-1], Choice(), layout.slots["Secret"], ())}
    bound["Clash"] = bind(clash, Choice(), lay_out([Room("r", 0, (clash,))]).slots["Clash"], ())
    with pytest.raises(ValueError, match="two registers share 0x00000104"):
        RegisterMap(Store(bound), layout)
