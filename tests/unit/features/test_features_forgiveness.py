"""What a store that is not strict makes of writes that strict ones refuse: it fits or ignores them, and notes that."""

from __future__ import annotations

import math

import pytest

from tiscam_emu.errors import AccessDenied, InvalidParameter, OutOfRange, ReadOnly, RegisterError
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
    Number,
    Register,
    Room,
    State,
    Value,
)
from tiscam_emu.features.layout import lay_out
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.features.store import Store

SOFT = Lock("Soft", lambda state: bool(state["Hold"]), "Hold is on")
HARD = Lock("Hard", lambda state: bool(state["Run"]), "it runs", refuses=True)


def _count(state: State) -> None:
    state.put("Acts", state["Acts"] + 1)


FEATURES: tuple[Feature, ...] = (
    Boolean(name="Hold", category="C", doc=""),
    Boolean(name="Run", category="C", doc=""),
    Integer(name="Acts", category="C", doc="", access=Access.RO, limits=Limits(0, 99)),
    Integer(name="Room", category="C", doc="", limits=Limits(10, 100, 10), default=100),
    Integer(name="Held", category="C", doc="", limits=Limits(10, 100, 10), locks=(SOFT,), on_write=_count, default=50),
    Integer(name="Both", category="C", doc="", limits=Limits(0, 9), locks=(SOFT, HARD)),
    Command(name="Do", category="C", doc="", locks=(SOFT,), on_write=_count),
    Integer(
        name="Live",
        category="C",
        doc="",
        limits=Limits(0, 100, 10),
        live=lambda state, limits: Limits(limits.low, state["Room"], limits.step),
        default=20,
    ),
    Integer(
        name="Wish",
        category="C",
        doc="",
        limits=Limits(0, 100, 10),
        live=lambda state, limits: Limits(limits.low, state["Room"], limits.step),
        remembered=True,
        default=20,
    ),
    Integer(name="NoZero", category="C", doc="", limits=Limits(4, 8), refuse=lambda _s, v: "" if v else "not 0"),
    Float(name="Real", category="C", doc="", limits=Limits(1.0, 9.21), per_unit=10),
    Integer(name="Milli", category="C", doc="", limits=Limits(500, 60_000)),
    Float(name="Micro", category="C", doc="", limits=Limits(5e5, 6e7, 1e3), per_unit=1e-3, alias_of="Milli"),
    Enumeration(name="Which", category="C", doc="", entries=(Entry("First", 0), Entry("Third", 2))),
    Integer(name="Each", category="C", doc="", limits=Limits(0, 9), selected_by="Which", default=(4, 0, 6)),
    Register(name="All", category="C", doc="", size=12, alias_of="Each"),
    Integer(name="LowBits", category="C", doc="", at=At(0x100, 0, 7), limits=Limits(0, 200), default=3),
    Boolean(name="HighBit", category="C", doc="", at=At(0x100, 31, 31)),
)
LAYOUT = lay_out([Room("room", 0x1000, FEATURES)])


def _store(*, strict: bool = False) -> Store:
    selected = {"Which": (0, 2)}
    return Store(
        {f.name: bind(f, Choice(), LAYOUT.slots[f.name], selected.get(f.selected_by, ())) for f in FEATURES},
        strict=strict,
    )


@pytest.fixture
def store() -> Store:
    return _store()


def _noted(store: Store) -> list[str]:
    return [str(error) for error in store.forgiven]


def test_what_strict_stores_take_is_not_noted(store: Store) -> None:
    for name, value in {"Held": 60, "Live": 30, "Wish": 30, "Real": 9.21, "Which": 2, "Each": 9, "Do": 1}.items():
        store.write(name, value)
    assert store.forgiven == []


@pytest.mark.parametrize("value", [20, 15, -(2**31), 2**40])
def test_write_under_the_mode_of_another_feature_changes_nothing_and_is_noted_once(store: Store, value: int) -> None:
    store.write("Hold", 1)
    before = store.generation
    store.write("Held", value)
    assert (store["Held"], store["Acts"], store.generation) == (50, 0, before)
    assert _noted(store) == ["Held is locked: Hold is on"]
    assert isinstance(store.forgiven[0], AccessDenied)


def test_command_under_the_mode_of_another_feature_does_nothing(store: Store) -> None:
    store.write("Hold", 1)
    store.write("Do", 1)
    assert (store["Acts"], _noted(store)) == (0, ["Do is locked: Hold is on"])
    store.write("Hold", 0)
    store.write("Do", 1)
    assert store["Acts"] == 1


@pytest.mark.parametrize("hold", [0, 1])
@pytest.mark.parametrize("strict", [False, True])
def test_what_runs_refuses_in_every_store_whatever_else_locks(strict: bool, hold: int) -> None:
    store = _store(strict=strict)
    store.write("Hold", hold)
    store.write("Run", 1)
    with pytest.raises(AccessDenied, match="Both is locked: it runs"):
        store.write("Both", 3)
    assert (store["Both"], store.forgiven) == (0, [])


@pytest.mark.parametrize(
    ("name", "written", "taken"),
    [
        ("Held", 11, 10),
        ("Held", 99, 90),
        ("Held", 9, 10),
        ("Held", 0, 10),
        ("Held", -(2**31), 10),
        ("Held", 101, 100),
        ("Held", 2**64, 100),
        ("Live", 35, 30),
        ("Live", 101, 100),
        ("NoZero", 3, 4),
        ("NoZero", 9, 8),
        ("Real", 0.99, 1.0),
        ("Real", -1e300, 1.0),
        ("Real", 9.22, 9.21),
        ("Real", 1e300, 9.21),
        ("Real", 2**70, 9.21),
    ],
)
def test_number_outside_is_fitted_and_noted_as_strict_stores_refuse_it(
    store: Store, name: str, written: Number, taken: Number
) -> None:
    store.write(name, written)
    assert store[name] == taken
    with pytest.raises(OutOfRange) as refused:
        _store(strict=True).write(name, written)
    assert _noted(store) == [str(refused.value)]
    assert isinstance(store.forgiven[0], OutOfRange)


def test_fitted_number_acts_as_a_written_one(store: Store) -> None:
    store.write("Held", 1000)
    assert (store["Held"], store["Acts"]) == (100, 1)


@pytest.mark.parametrize(("written", "taken"), [(3.14, 3.1), (3.16, 3.2), (9.2, 9.2), (9.209, 9.2), (9.21, 9.21)])
def test_real_number_between_two_steps_of_its_register_is_no_mistake(
    store: Store, written: float, taken: float
) -> None:
    store.write("Real", written)
    assert (store["Real"], store.forgiven) == (taken, [])


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Real", math.nan),
        ("Real", math.inf),
        ("Real", -math.inf),
        ("Which", 1),
        ("Which", 2**31),
        ("Hold", 2),
        ("Do", 2),
        ("NoZero", 0),
        ("Live", "30"),
        ("All", 1),
    ],
)
def test_what_no_value_can_stand_for_is_refused_by_every_store(strict: bool, name: str, value: Value) -> None:
    store = _store(strict=strict)
    before = store.value(name)
    with pytest.raises(InvalidParameter):
        store.write(name, value)
    assert (store.value(name), store.forgiven) == (before, [])


def test_read_only_value_is_refused_by_every_store(store: Store) -> None:
    with pytest.raises(ReadOnly):
        store.write("Acts", 1)
    assert store.forgiven == []


def test_alias_in_other_units_is_fitted_to_its_own_limits_and_noted_once(store: Store) -> None:
    store.write("Micro", 7e7)
    assert (store["Milli"], store["Micro"]) == (60_000, 6e7)
    assert _noted(store) == ["Micro: 7e+07 is not in 500000 to 6e+07 in steps of 1000"]


def test_every_element_of_a_block_that_had_to_be_fitted_is_noted(store: Store) -> None:
    store.write("All", b"".join(value.to_bytes(4, "big") for value in (1, 10, 2**31)))
    assert store.every("Each") == (1, 9, 9)
    assert len(store.forgiven) == 2


def test_bits_that_do_not_fit_are_fitted_and_leave_the_others(store: Store) -> None:
    RegisterMap(store, LAYOUT).write(0x100, (0x8000_00FF).to_bytes(4, "big"))
    assert (store["LowBits"], store["HighBit"]) == (200, 1)
    assert _noted(store) == ["LowBits: 255 is not in 0 to 200 in steps of 1"]


def test_strict_store_notes_nothing() -> None:
    store = _store(strict=True)
    store.write("Hold", 1)
    for name, value in {"Held": 20, "Live": 35, "Real": 1e9}.items():
        with pytest.raises(RegisterError):
            store.write(name, value)
    assert store.forgiven == []


# Remembered numbers


def test_what_was_asked_for_takes_effect_as_far_as_it_fits_and_wholly_when_it_does(store: Store) -> None:
    store.write("Room", 40)
    store.write("Wish", 80)
    assert (store["Wish"], store.stored("Wish")) == (40, 80)
    assert _noted(store) == ["Wish: 80 is not in 0 to 40 in steps of 10"]
    seen = []
    for room in (60, 100, 20, 90):
        store.write("Room", room)
        seen.append(store["Wish"])
    assert seen == [60, 80, 20, 80]


def test_number_that_is_not_remembered_stays_as_it_was_fitted(store: Store) -> None:
    store.write("Room", 40)
    store.write("Live", 80)
    store.write("Room", 100)
    assert store["Live"] == 40


@pytest.mark.parametrize(("written", "wanted"), [(1000, 100), (-5, 0), (75, 70), (2**64, 100)])
def test_remembered_is_what_can_be_at_all(store: Store, written: int, wanted: int) -> None:
    store.write("Room", 40)
    store.write("Wish", written)
    store.write("Room", 100)
    assert store["Wish"] == wanted
    assert len(store.forgiven) == 1


def test_remembered_request_ends_with_the_next_write_that_fits(store: Store) -> None:
    store.write("Room", 40)
    store.write("Wish", 80)
    store.write("Wish", 30)
    store.write("Room", 100)
    assert store["Wish"] == 30


def test_remembered_request_ends_with_a_reset(store: Store) -> None:
    store.write("Wish", 80)
    store.reset()
    assert store["Wish"] == 20


def test_what_lasts_of_a_request_is_what_has_taken_effect(store: Store) -> None:
    store.write("Room", 40)
    store.write("Wish", 80)
    assert store.lasting("Wish") == (40,)
    assert store.lasting("Each") == (4, 0, 6)
