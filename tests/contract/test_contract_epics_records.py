"""EPICS records made from the descriptions, as areaDetector's ADGenICam makes them: names and choices it cuts short.

A record name has 20 characters: ``GC_`` and the feature's words, of which so many are cut to three letters, from the
left, that it fits. An enumeration becomes a record of at most 16 states, each with a text of at most 16 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

_NAME_LENGTH = 20
_STATES = 16
_STATE_LENGTH = 16
_INTEGERS = {"Integer", "IntReg", "IntConverter", "IntSwissKnife"}
_FLOATS = {"Float", "Converter", "SwissKnife"}
_KINDS = _INTEGERS | _FLOATS | {"Boolean", "String", "StringReg", "Command", "Enumeration"}

# Names of the manuals and of the family's own descriptions; EPICS clients choose these by number.
_CHOICES_ALIKE = {
    "AutoFunctionsROIPreset",
    "BalanceWhiteAutoPreset",
    "BalanceWhiteMode",
    "BalanceWhiteTemperaturePreset",
    "MultiFrameSetOutputModeFrameCount",
}
# The number at the end is cut off; ADGenICam counts in its place.
_NAMES_ALIKE = {
    "GC_MulFraSetOutModEx": [f"MultiFrameSetOutputModeExposureTime{number}" for number in range(4)],
    "GC_MulFraSetOutModGa": [f"MultiFrameSetOutputModeGain{number}" for number in range(4)],
}
_NO_RECORD = {"LUTValueAll"}

_FILES = sorted((Path(__file__).parents[2] / "genicam_xml").glob("*.xml"))


@pytest.fixture(scope="module", params=_FILES, ids=[file.stem for file in _FILES])
def description(request: pytest.FixtureRequest) -> etree._Element:
    """The description of one model."""
    return etree.parse(request.param).getroot()


def _kind(node: etree._Element) -> str:
    return etree.QName(node).localname


def _features(description: etree._Element) -> Iterator[etree._Element]:
    """What the categories name, and no categories."""
    nodes = {node.get("Name"): node for node in description.iterchildren(etree.Element)}
    for category in nodes.values():
        if _kind(category) == "Category":
            named = [nodes[child.text] for child in category if _kind(child) == "pFeature"]
            yield from (node for node in named if _kind(node) != "Category")


def _record_name(feature: str) -> str:
    words = re.split(r"(?=[A-Z])", f"GC_{feature}")
    for position, word in enumerate(words):
        if len("".join(words)) <= _NAME_LENGTH:
            break
        words[position] = word[:3]
    return "".join(words)[:_NAME_LENGTH]


def test_name_is_cut_as_the_program_cuts_it() -> None:
    assert _record_name("ExposureTime") == "GC_ExposureTime"
    assert _record_name("ExposureAutoUpperLimit") == "GC_ExpAutoUpperLimit"
    assert _record_name("MultiFrameSetOutputModeGain3") == "GC_MulFraSetOutModGa"


def test_every_feature_has_a_kind_that_becomes_a_record(description: etree._Element) -> None:
    others = {node.get("Name") for node in _features(description) if _kind(node) not in _KINDS}

    assert others == _NO_RECORD


def test_record_names_stay_distinct(description: etree._Element) -> None:
    features: dict[str, list[str]] = {}
    for node in _features(description):
        features.setdefault(_record_name(node.get("Name", "")), []).append(node.get("Name", ""))

    assert len(features) > 100
    alike = {name: names for name, names in features.items() if len(names) > 1}
    assert alike == {name: names for name, names in _NAMES_ALIKE.items() if name in features}


def test_choices_of_enumerations_stay_distinct(description: etree._Element) -> None:
    alike, enumerations = set(), set()
    for node in _features(description):
        if _kind(node) == "Enumeration":
            enumerations.add(node.get("Name", ""))
            choices = [child.get("Name", "")[:_STATE_LENGTH] for child in node if _kind(child) == "EnumEntry"]
            assert len(choices) <= _STATES, node.get("Name")
            if len(set(choices)) < len(choices):
                alike.add(node.get("Name", ""))

    assert alike == _CHOICES_ALIKE & enumerations
