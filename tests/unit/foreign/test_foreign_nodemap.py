"""Values of nodes over a memory, one construct of GenICam after the other."""

from __future__ import annotations

import pytest

pytest.importorskip("genicam")

from tests.unit.foreign.small import bit, category, element, entry, graph_of, register

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.nodes.memory import Memory
from tiscam_emu.foreign.nodes.nodemap import NodeMap


def _mapped(*nodes: str, gates: bool = False, **at: str) -> tuple[NodeMap, Memory]:
    """A node map, and its memory with bytes in hexadecimal, by names as ``at_b000``."""
    memory = Memory()
    for address, content in at.items():
        memory.write(int(address.removeprefix("at_"), 16), bytes.fromhex(content))
    return NodeMap(graph_of(*nodes), "tiny.xml", memory.read, memory.write, gates=gates), memory


@pytest.mark.parametrize(
    ("length", "order", "content", "value"),
    [
        (4, "BigEndian", "00000102", 0x102),
        (4, "LittleEndian", "02010000", 0x102),
        (2, "LittleEndian", "0201", 0x102),
        (8, "BigEndian", "0000000100000002", 0x1_0000_0002),
        (8, "LittleEndian", "0200000001000000", 0x1_0000_0002),
    ],
)
def test_a_whole_number_has_the_registers_byte_order(length: int, order: str, content: str, value: int) -> None:
    nodes, memory = _mapped(register("R", 0xB000, length=length, order=order), at_b000=content)

    assert nodes.value("R") == value
    assert nodes.put("R", value + 1)
    assert nodes.value("R") == value + 1
    assert memory.read(0xB000, length).hex() != content


@pytest.mark.parametrize(
    ("order", "lsb", "msb", "value", "rest"),
    [
        ("BigEndian", 31, 20, 0x678, "12345000"),
        ("BigEndian", 11, 0, 0x123, "00045678"),
        ("LittleEndian", 0, 11, 0x412, "00305678"),
        ("LittleEndian", 20, 31, 0x785, "12340600"),
    ],
)
def test_a_masked_register_counts_its_bits_by_its_byte_order(
    order: str, lsb: int, msb: int, value: int, rest: str
) -> None:
    nodes, memory = _mapped(
        register("Part", 0xB000, kind="MaskedIntReg", order=order, LSB=lsb, MSB=msb), at_b000="12345678"
    )

    assert nodes.value("Part") == value
    assert nodes.put("Part", 0)
    assert memory.read(0xB000, 4).hex() == rest


@pytest.mark.parametrize(
    ("order", "length", "content"),
    [("BigEndian", 4, "3fc00000"), ("LittleEndian", 4, "0000c03f"), ("LittleEndian", 8, "000000000000f83f")],
)
def test_a_real_number_has_the_registers_byte_order(order: str, length: int, content: str) -> None:
    nodes, memory = _mapped(register("R", 0xB000, kind="FloatReg", length=length, order=order), at_b000=content)

    assert nodes.value("R") == 1.5
    assert nodes.put("R", 2.5)
    assert nodes.put("R", 1.5)
    assert memory.read(0xB000, length).hex() == content


def test_a_boolean_has_values_of_its_own_for_on_and_off() -> None:
    nodes, memory = _mapped(
        element("Boolean", "Reverse", pValue="R", OnValue=8, OffValue=3), register("R", 0xB000), at_b000="00000003"
    )

    assert nodes.number("Reverse") == 0
    assert nodes.put("Reverse", 1)
    assert memory.read(0xB000, 4).hex() == "00000008"


def test_an_index_chooses_among_values() -> None:
    nodes, _ = _mapped(
        element("Integer", "Level", pIndex="Which", pValueIndexed=["0=A", "5=B"], pValueDefault="C"),
        element("Integer", "Which", Value=0),
        *(register(name, address) for name, address in (("A", 0xB000), ("B", 0xB004), ("C", 0xB008))),
        at_b000="000000010000000200000003",
    )

    found = []
    for which in (0, 5, 1):
        nodes.put("Which", which)
        found.append(nodes.value("Level"))

    assert found == [1, 2, 3]


def test_an_index_moves_a_register_by_its_offset() -> None:
    nodes, _ = _mapped(
        register("Level", 0xB000, pIndex='<pIndex Offset="0x10">Which</pIndex>'),
        element("Integer", "Which", Value=0),
        at_b020="00000007",
    )

    assert nodes.place("Level") == (0xB000, 4)
    nodes.put("Which", 2)
    assert nodes.place("Level") == (0xB020, 4)
    assert nodes.value("Level") == 7


def test_a_formula_moves_a_register_and_selectors_stand_behind_selectors() -> None:
    nodes, _ = _mapped(
        register("Level", 0, pAddress="Where"),
        element("IntSwissKnife", "Where", pVariable=["ROW=Row", "COL=Column"], Formula="0xB000 + ROW*0x100 + COL*4"),
        element("Integer", "Row", pValue="RowReg"),
        register("RowReg", 0xC000, pIndex='<pIndex Offset="4">Column</pIndex>'),
        element("Integer", "Column", Value=0),
        at_c000="0000000100000002",
    )

    assert nodes.place("Level") == (0xB100, 4)
    nodes.put("Column", 1)
    assert nodes.place("Level") == (0xB204, 4)


def test_places_are_told_of_texts_and_real_numbers_too() -> None:
    nodes, _ = _mapped(
        register("Text", 0xB000, kind="StringReg", length=16), register("Real", 0xB010, kind="FloatReg", length=4)
    )

    assert (nodes.place("Text"), nodes.place("Real")) == ((0xB000, 16), (0xB010, 4))


def test_a_converter_calculates_in_both_directions_with_other_registers() -> None:
    nodes, memory = _mapped(
        element("Float", "Time", pValue="Scaled"),
        element("Converter", "Scaled", pVariable="TB=Base", FormulaTo="FROM/TB", FormulaFrom="TO*TB", pValue="Raw"),
        register("Raw", 0xB000),
        register("Base", 0xB004),
        at_b000="0000000300000014",
    )

    assert nodes.value("Time") == 60
    assert nodes.put("Time", 100)
    assert memory.read(0xB000, 4).hex() == "00000005"


def test_two_entries_may_have_one_value() -> None:
    nodes, _ = _mapped(
        element("Enumeration", "Line", Entry=[entry("Line0", 1), entry("Input0", 1), entry("Line1", 2)], pValue="R"),
        register("R", 0xB000),
        at_b000="00000001",
    )

    assert nodes.value("Line") == 1
    assert nodes.put("Line", 2)
    assert nodes.put("Line", 1)
    assert nodes.value("Line") == 1


def test_gates_are_seen_by_clients_and_not_by_the_camera() -> None:
    described = (
        element("Integer", "Gain", pIsImplemented="Inq", pIsLocked="Lock", pValue="R", pMax="Max"),
        register("R", 0xB000),
        register("Max", 0xB004, "RO"),
        bit("Inq", 0xB008, 31),
        bit("Lock", 0xB008, 30),
    )
    nodes, memory = _mapped(*described, gates=True, at_b004="00000064")

    seen = []
    for flags in ("00000000", "00000001", "00000003"):
        memory.write(0xB008, bytes.fromhex(flags))
        seen.append(nodes.access("Gain"))

    assert seen == ["not implemented", "RW", "RO"]
    assert nodes.limits("Gain") == (0, 100, 1)
    free, _ = _mapped(*described)
    assert free.access("Gain") == "RW"
    assert free.put("Gain", 5000)


def test_what_has_no_number_tells_none() -> None:
    nodes, _ = _mapped(
        category("Half"),
        element("SwissKnife", "Half", pVariable="R=R", Formula="1/R"),
        register("R", 0xB000),
        element("Command", "Go", pValue="R", CommandValue=1),
    )

    assert [nodes.number(name) for name in ("Root", "Half", "Go")] == [None, None, None]


def test_what_is_missing_has_no_number_and_cannot_be_set() -> None:
    nodes, _ = _mapped(register("R", 0xB000))

    assert nodes.number("Width") is None
    assert not nodes.put("Width", 8)


def test_registers_beyond_32_bits_answer_at_what_gige_vision_carries_of_their_address() -> None:
    nodes, memory = _mapped(register("Far", 0x1_0000_B000), register("Near", 0xB004), at_b000="0000000500000006")

    assert nodes.value("Far") == 5
    assert nodes.place("Far") == (0xB000, 4)
    assert [nodes.is_far(name) for name in ("Far", "Near")] == [True, False]
    assert nodes.put("Far", 7)
    assert memory.read(0xB000, 4).hex() == "00000007"


def test_a_gate_that_is_no_formula_is_closed() -> None:
    nodes, _ = _mapped(
        element("Integer", "Gain", pIsAvailable="Gate", Value=0),
        element("IntSwissKnife", "Gate", pVariable="A=R", Formula="A &amp;&amp; !A"),
        register("R", 0xB000),
        gates=True,
    )

    assert nodes.access("Gain") == "undefined"
    assert not nodes.is_open("Gain")


def test_what_genapi_refuses_is_told_in_one_line() -> None:
    with pytest.raises(SpecError, match=r"^tiny.xml: GenApi refuses the description: [^\n]+$"):
        _mapped(element("Integer", "Width", pValue="Nowhere"))
