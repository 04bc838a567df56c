"""The nodes of a description and how they refer to each other."""

from __future__ import annotations

import pytest
from tests.unit.foreign.small import bit, category, element, entry, graph_of, register

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.nodes.graph import parse


def test_features_come_in_the_order_of_the_categories_from_groups_as_well() -> None:
    graph = graph_of(
        category("Sizes", "Gain"),
        '<Group Comment="one">',
        element("Category", "Sizes", pFeature=["Width", "Height"]),
        element("Integer", "Height", Value=8),
        '<Group Comment="in the other">',
        element("Integer", "Width", Value=16),
        "</Group></Group>",
        element("Integer", "Gain", Value=0),
        element("Integer", "Hidden", Value=0),
    )

    assert graph.features() == ["Width", "Height", "Gain"]
    assert "Hidden" in graph


def test_a_structure_is_one_node_for_each_of_its_entries() -> None:
    graph = graph_of(
        '<StructReg Comment="flags"><Address>0xb000</Address><Length>4</Length><AccessMode>RO</AccessMode>'
        "<pPort>Device</pPort><Endianess>BigEndian</Endianess>",
        element("StructEntry", "First", Bit=0),
        element("StructEntry", "Second", LSB=15, MSB=8),
        "</StructReg>",
    )

    assert {name: node.text("Address") for name, node in graph.nodes.items() if node.is_register} == {
        "First": "0xb000",
        "Second": "0xb000",
    }
    assert graph["Second"].number("MSB") == 8


def test_a_value_leads_to_its_registers_and_no_further() -> None:
    graph = graph_of(
        element("Float", "Rate", pValue="Scaled"),
        element("Converter", "Scaled", pVariable="TB=Timebase", FormulaTo="FROM*TB", FormulaFrom="TO/TB", pValue="Raw"),
        register("Raw", 0xB000, pIndex="Selector"),
        register("Timebase", 0xB100),
        element("Integer", "Selector", Value=0),
    )

    assert graph.registers("Rate") == ("Timebase", "Raw")
    assert graph.reach(["Raw"]) == ["Raw"]
    assert graph.reach(["Raw"], ("pIndex",)) == ["Raw", "Selector"]


def test_references_in_a_loop_come_to_an_end() -> None:
    graph = graph_of(element("Integer", "One", pValue="Other"), element("Integer", "Other", pValue="One"))

    assert graph.reach(["One"]) == ["One", "Other"]


def test_a_feature_behind_two_selectors_knows_both() -> None:
    graph = graph_of(
        element("Integer", "Row", Value=0, pSelected="Entry"),
        element("Integer", "Column", Value=0, pSelected=["Entry", "Row"]),
        element("Integer", "Entry", Value=0),
    )

    assert graph.selectors_of() == {"Entry": ("Row", "Column"), "Row": ("Column",)}


def test_ports_of_chunks_and_events_are_not_the_cameras() -> None:
    graph = graph_of('<Port Name="Frame"><ChunkID>1A</ChunkID></Port><Port Name="Event"><EventID>9001</EventID></Port>')

    assert graph.device_ports() == {"Device"}


def test_what_is_for_people_and_leftovers_of_inclusion_are_no_nodes() -> None:
    graph = graph_of(
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>',
        element("Integer", "Width", Extension="<Extension><Name>pValue</Name></Extension>", ToolTip="w", Value=8),
    )

    assert list(graph.nodes) == ["Width", "Device"]
    assert graph["Width"].props == (("Value", "8"),)


def test_numbers_in_formulas_are_what_a_gate_may_ask_for() -> None:
    graph = graph_of(element("IntSwissKnife", "Gate", Formula="(A1 &amp; 0x40) || (A1 = 7)"))

    assert graph.literals(["Gate"]) == [64, 7]


def test_the_cameras_own_copy_may_write_all_and_in_one_form_has_no_gates() -> None:
    graph = graph_of(
        element("Integer", "Width", pIsLocked="Lock", pInvalidator="Lock", pValue="WidthReg", Max=640),
        register("WidthReg", 0xB000, "RO"),
        bit("Lock", 0xB004, 0),
    )

    gated, free = (graph.copy_xml(gates=gates).decode() for gates in (True, False))

    assert "<pIsLocked>" in gated
    assert "<Max>" in gated
    assert "<pIsLocked>" not in free
    assert "<Max>" not in free
    for copy in (gated, free):
        assert "pInvalidator" not in copy
        assert "<AccessMode>RO" not in copy
        assert copy.count("<Cachable>NoCache</Cachable>") == 2


def test_entries_of_enumerations_are_told_of_their_enumeration() -> None:
    graph = graph_of(element("Enumeration", "Mode", Entry=[entry("Off", 0), entry("On", 1)], Value=0))

    assert [(e.name, e.number("Value")) for e in graph["Mode"].entries] == [("Off", 0), ("On", 1)]
    assert "Off" not in graph


@pytest.mark.parametrize(
    ("text", "reason"),
    [(b"<RegisterDescription>", "not valid XML"), (b"<svg/>", "not a GenICam description: its first element is svg")],
)
def test_what_is_no_description_is_refused_in_one_line(text: bytes, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        parse(text, "tiny.xml")
