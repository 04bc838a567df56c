"""Register values at which a description says what it is to say."""

from __future__ import annotations

import pytest

pytest.importorskip("genicam")

from tests.unit.foreign.small import bit, category, element, entry, graph_of, register

from tiscam_emu.foreign.nodes.memory import Memory
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.foreign.nodes.solver import Solver


def solver_of(*nodes: str) -> Solver:
    graph, memory = graph_of(*nodes), Memory()
    gated, free = (NodeMap(graph, "tiny.xml", memory.read, memory.write, gates=gates) for gates in (True, False))
    return Solver(graph, gated, free)


def _values(solver: Solver, *names: str) -> list[float | None]:
    return [solver.free.number(name) for name in names]


def test_a_feature_is_opened_by_its_bits_and_its_lock_stays_open() -> None:
    solver = solver_of(
        element("Integer", "Gain", pIsImplemented="Imp", pIsAvailable="Avl", pIsLocked="Lck", pValue="R"),
        register("R", 0xB000),
        *(bit(name, 0xB004, at) for at, name in enumerate(("Imp", "Avl", "Lck"))),
    )

    assert solver.open("Gain", writable=True)
    assert _values(solver, "Imp", "Avl", "Lck") == [1, 1, 0]
    assert solver.failures == {}


def test_a_bit_that_must_be_off_is_found_as_well() -> None:
    solver = solver_of(
        element("Integer", "Gain", pIsAvailable="Gate", pValue="R"),
        register("R", 0xB000),
        element("IntSwissKnife", "Gate", pVariable=["A=On", "B=Busy"], Formula="A &amp;&amp; (B = 0)"),
        bit("On", 0xB004, 0),
        bit("Busy", 0xB004, 1),
    )
    solver.free.put("Busy", 1)

    assert solver.open("Gain")
    assert _values(solver, "On", "Busy") == [1, 0]


def test_an_inquiry_word_keeps_the_bits_of_one_feature_when_another_is_opened() -> None:
    knife = "(WORD &amp; {0}) = {0}"
    solver = solver_of(
        *(element("Integer", name, pIsImplemented=f"{name}Inq", pValue="R") for name in ("One", "Other")),
        register("R", 0xB000),
        *(
            element("IntSwissKnife", f"{name}Inq", pVariable="WORD=Inquiry", Formula=knife.format(mask))
            for name, mask in (("One", "0x80000000"), ("Other", "0x40000000"))
        ),
        register("Inquiry", 0xB004, "RO"),
    )

    assert solver.open("One")
    assert solver.open("Other")
    assert _values(solver, "Inquiry") == [0xC0000000]


def test_what_a_gate_asks_is_opened_before_the_gate() -> None:
    solver = solver_of(
        element("Integer", "Gain", pIsImplemented="Gate", pValue="R"),
        register("R", 0xB000),
        element("IntSwissKnife", "Gate", pVariable=["A=All", "B=Part"], Formula="A &amp;&amp; B"),
        bit("All", 0xB004, 0),
        bit("Part", 0xB008, 0, pIsImplemented="All", pIsAvailable="PartAvl"),
        bit("PartAvl", 0xB00C, 0, pIsImplemented="Deeper"),
        bit("Deeper", 0xB010, 5),
    )

    assert solver.open("Gain")


def test_behind_a_selector_each_place_has_bits_of_its_own() -> None:
    solver = solver_of(
        element("Integer", "Binning", pIsImplemented="Imp", pValue="R"),
        register("R", 0xB000),
        bit("Imp", 0xB100, 0, pIndex='<pIndex Offset="0x20">BinningSelector</pIndex>'),
        element(
            "Enumeration", "BinningSelector", Entry=[entry("All", 0), entry("Sensor", 1)], Value=0, pSelected="Binning"
        ),
    )

    seen = [(where, solver.open("Binning")) for where in solver.behind("Binning")]

    assert seen == [("BinningSelector=1", True), ("BinningSelector=0", True)]
    assert [solver.gated.access("Binning") for _ in solver.behind("Binning")] == ["RW", "RW"]


def test_an_enumeration_without_entries_is_opened_by_one_of_them() -> None:
    solver = solver_of(
        element("Enumeration", "Mode", Entry=[entry("Off", 0, pIsAvailable="OffInq")], pValue="R"),
        register("R", 0xB000),
        bit("OffInq", 0xB004, 0),
    )

    assert solver.open("Mode")
    assert _values(solver, "OffInq") == [1]


def test_a_feature_that_cannot_be_opened_is_told_with_what_was_tried_and_leaves_nothing_behind() -> None:
    solver = solver_of(
        element("Integer", "Gain", pIsImplemented="Never", pValue="R"),
        register("R", 0xB000),
        element("IntSwissKnife", "Never", pVariable="A=Inq", Formula="A - A"),
        register("Inq", 0xB004, "RO"),
        element("Integer", "Nothing", pIsImplemented="No", Value=0),
        element("Integer", "No", Value=0),
    )

    assert not solver.open("Gain")
    assert not solver.open("Nothing")
    assert solver.failures == {
        "Gain": "not implemented, whatever of Inq is set",
        "Nothing": "not implemented, and the description says so without asking a register",
    }
    assert _values(solver, "Inq") == [0]


def test_sizes_are_no_means_of_making_a_format_available() -> None:
    solver = solver_of(
        element("Enumeration", "PixelFormat", Entry=[entry("BayerGB8", 1, pIsAvailable="Odd")], pValue="R"),
        register("R", 0xB000),
        element("IntSwissKnife", "Odd", pVariable=["Y=OffsetYReg", "INQ=Inq"], Formula="(Y % 2) || INQ"),
        element("Integer", "OffsetY", pValue="OffsetYReg"),
        register("OffsetYReg", 0xB004),
        bit("Inq", 0xB008, 0, "RW"),
    )

    assert solver.open_entry("PixelFormat", "BayerGB8")
    assert _values(solver, "OffsetY", "Inq") == [0, 1]


@pytest.mark.parametrize(
    ("formula", "target", "raw"),
    [("4*A + 10", 90, 20), ("2000000 / A", 50, 40000), ("1e6*A/4", 5e6, 20), ("A - 3", 0, 3)],
)
def test_a_formula_is_driven_along_lines_and_hyperbolas(formula: str, target: float, raw: float) -> None:
    solver = solver_of(element("SwissKnife", "F", pVariable="A=R", Formula=formula), register("R", 0xB000))

    assert solver.drive("F", target)
    assert _values(solver, "F", "R") == [target, raw]


def test_a_formula_that_never_has_a_value_leaves_its_register_as_it_was() -> None:
    solver = solver_of(element("SwissKnife", "F", pVariable="A=R", Formula="A*0 + 5"), register("R", 0xB000))
    solver.free.put("R", 12)

    assert not solver.drive("F", 100)
    assert _values(solver, "R") == [12]


def test_a_small_real_factor_is_found_exactly() -> None:
    solver = solver_of(
        element("SwissKnife", "Longest", pVariable=["TB=Base", "M=Most"], Formula="1e6*TB*M"),
        register("Base", 0xB000, kind="FloatReg"),
        register("Most", 0xB004, "RO", kind="MaskedIntReg", LSB=11, MSB=0),
    )

    assert solver.drive("Longest", 81900)
    assert _values(solver, "Most") == [4095]
    assert _values(solver, "Base")[0] == pytest.approx(20e-6, rel=1e-6)


def test_a_timebase_of_nothing_becomes_one() -> None:
    solver = solver_of(
        element("Converter", "Time", pVariable="TB=Base", FormulaTo="FROM/TB", FormulaFrom="TO*TB", pValue="Raw"),
        register("Raw", 0xB000),
        register("Base", 0xB004, "RO"),
    )

    assert solver.drive("Time", 5000)
    assert _values(solver, "Time", "Raw", "Base") == [5000, 5000, 1]


def test_what_the_camera_tells_is_told_again_and_changes_no_setting() -> None:
    solver = solver_of(
        element("Integer", "PayloadSize", pValue="Told"),
        register("Told", 0xB000, "RO"),
        element("IntSwissKnife", "WidthMax", pVariable="W=Width", Formula="W*2"),
        register("Width", 0xB004),
    )
    solver.free.put("Width", 8)

    assert solver.tell("PayloadSize", 1000)
    assert solver.tell("PayloadSize", 500)
    assert not solver.tell("WidthMax", 100)
    assert _values(solver, "PayloadSize", "Width") == [500, 8]


def test_limits_are_set_in_the_units_of_what_a_converter_converts() -> None:
    solver = solver_of(
        category("Gain"),
        element("Float", "Gain", pValue="Scaled"),
        element("Converter", "Scaled", FormulaTo="FROM*10", FormulaFrom="TO/10", pValue="Raw"),
        element("Integer", "Raw", pValue="R", pMin="Min", pMax="Max"),
        *(register(name, 0xB000 + 4 * at, "RO" if at else "RW") for at, name in enumerate(("R", "Min", "Max"))),
    )

    solver.limit("Gain", 1, 24, None)

    assert _values(solver, "Min", "Max") == [10, 240]
    assert solver.gated.limits("Gain") == (1, 24, None)


def test_looking_for_values_ends_in_a_hostile_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiscam_emu.foreign.nodes.solver._MOST_READS_IN_ALL", 500)
    names = [f"R{at}" for at in range(8)]
    never = " * ".join(f"(V{at} = 7654{at})" for at in range(8)) + " * 0"
    solver = solver_of(
        *(element("Integer", f"F{at}", pIsAvailable="Gate", pValue="Value") for at in range(20)),
        element("IntSwissKnife", "Gate", pVariable=[f"V{at}={name}" for at, name in enumerate(names)], Formula=never),
        *(register(name, 0xB000 + 4 * at, "RO") for at, name in enumerate(names)),
        register("Value", 0xC000),
    )

    assert not any(solver.open(f"F{at}") for at in range(20))

    assert solver.gated.reads < 2000
    assert solver.failures["F19"].endswith("no more was tried, for it took too long")
