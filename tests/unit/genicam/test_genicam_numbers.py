"""Numbers, selectors, events and files in the XML, so written that the simplest client understands them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Float, Integer, Register, String
from tiscam_emu.genicam.document import build_xml, zipped
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.wire.bootstrap import text_from_register

NAMESPACE = "{http://www.genicam.org/GenApi/Version_1_1}"
MODELS = pytest.mark.parametrize("key", model_keys())

_model = cache(load)


@cache
def _nodes(key: str) -> dict[str, etree._Element]:
    return {str(element.get("Name")): element for element in etree.fromstring(build_xml(_model(key)))}


def _child(key: str, name: str, tag: str) -> str:
    return str(_nodes(key)[name].findtext(f"{NAMESPACE}{tag}"))


def _kind(key: str, name: str) -> str:
    return str(_nodes(key)[name].tag).removeprefix(NAMESPACE)


def _result(formula: str, **variables: float) -> float:
    """What a formula of the XML comes to."""
    choice = re.fullmatch(r"\((.+?)\) \? (\S+) : \((.+)\)", formula)
    python = "({1}) if ({0}) else ({2})".format(*choice.groups()) if choice else formula
    result: float = eval(python, {"__builtins__": {}}, variables)
    return result


def _real_numbers(key: str) -> Iterator[tuple[BoundFeature, Float]]:
    for feature in _model(key).features.values():
        if isinstance(feature.declaration, Float) and feature.declaration.port is None:
            yield feature, feature.declaration


def _samples(feature: BoundFeature) -> list[int]:
    """Register values over the range of a real number."""
    low, high = feature.raw_limits or (0, 200_000)
    return [raw for raw in (low, low + 1, (low + high) // 2, high - 1, high) if low <= raw <= high]


@MODELS
def test_real_numbers_are_formulas_over_whole_numbers_in_32_bits(key: str) -> None:
    for feature, declaration in _real_numbers(key):
        converter = _child(key, feature.name, "pValue")
        assert _kind(key, converter) == "Converter"
        register = _child(key, converter, "pValue")
        assert _kind(key, register) in {"IntReg", "MaskedIntReg"}
        assert _child(key, register, "Length") == "4"
        assert _child(key, register, "Endianess") == "BigEndian"
        if not declaration.alias_of:
            assert _child(key, register, "Sign") == ("Signed" if declaration.signed else "Unsigned")


@MODELS
def test_formulas_turn_register_values_into_numbers_and_back_as_the_camera_does(key: str) -> None:
    for feature, _ in _real_numbers(key):
        converter = _child(key, feature.name, "pValue")
        to, back = _child(key, converter, "FormulaTo"), _child(key, converter, "FormulaFrom")
        for raw in _samples(feature):
            value = feature.from_raw(raw)
            assert _result(back, TO=raw) == pytest.approx(value, rel=1e-12), feature.name
            assert round(_result(to, FROM=value)) == feature.to_raw(value) == raw, feature.name


@MODELS
def test_constant_limits_of_real_numbers_are_reached_by_their_registers(key: str) -> None:
    for feature, _ in _real_numbers(key):
        if feature.live_limits or feature.limits is None:
            continue
        low, high = (float(_child(key, feature.name, tag)) for tag in ("Min", "Max"))
        assert (low, high) == (feature.limits.low, feature.limits.high)
        formula = _child(key, _child(key, feature.name, "pValue"), "FormulaTo")
        ends = [round(_result(formula, FROM=end)) for end in (low, high)]
        assert [feature.from_raw(raw) for raw in ends] == [low, high], feature.name


@MODELS
def test_live_limits_of_real_numbers_are_formulas_over_their_registers(key: str) -> None:
    live = [feature for feature, _ in _real_numbers(key) if feature.live_limits]
    assert {"AcquisitionFrameRate", "FPS"} <= {feature.name for feature in live}
    for feature in live:
        for tag in ("pMin", "pMax"):
            formula = _child(key, _child(key, feature.name, tag), "Formula")
            assert _result(formula, RAW=12_345) == pytest.approx(feature.from_raw(12_345), rel=1e-12)


@MODELS
def test_registers_of_one_number_are_the_only_kind(key: str) -> None:
    """No node on the device holds a floating-point number; 8 bytes are times, keys and addresses of the standard."""
    for name, node in _nodes(key).items():
        if node.findtext(f"{NAMESPACE}pPort") == "Device":
            assert _kind(key, name) in {"IntReg", "MaskedIntReg", "StringReg", "Register"}, name


@MODELS
def test_no_client_has_to_know_pindex(key: str) -> None:
    assert b"pIndex" not in build_xml(_model(key))


@MODELS
def test_formula_of_a_selected_feature_leads_to_each_of_its_values(key: str) -> None:
    model = _model(key)
    selected = [f for f in model.features.values() if f.declaration.selected_by and not f.declaration.alias_of]
    assert selected
    for feature in selected:
        declaration = feature.declaration
        register = declaration.name if isinstance(declaration, String | Register) else f"{declaration.name}Reg"
        assert _nodes(key)[register].find(f"{NAMESPACE}Address") is None
        address = _child(key, register, "pAddress")
        selector = model.features[declaration.selected_by]
        assert _child(key, address, "pVariable") == f"{selector.name}Reg"
        for value in feature.selector_values:
            place = _result(_child(key, address, "Formula"), SELECTOR=value)
            assert place == feature.slot.address + value * feature.slot.stride, feature.name


# Events and chunks


@MODELS
@pytest.mark.parametrize("tag", ["EventID", "ChunkID"])
def test_one_port_for_each_id(key: str, tag: str) -> None:
    ids = [
        int(str(node.findtext(f"{NAMESPACE}{tag}")), 16)
        for node in _nodes(key).values()
        if node.find(f"{NAMESPACE}{tag}") is not None
    ]
    assert len(ids) == len(set(ids))
    declared = {
        feature.declaration.port.id
        for feature in _model(key).features.values()
        if feature.declaration.port and feature.declaration.port.kind == tag.removesuffix("ID").lower()
    }
    assert set(ids) == declared


@MODELS
def test_data_of_an_event_come_by_its_port_and_lie_in_a_category_of_their_own(key: str) -> None:
    model = _model(key)
    selector = model.features.get("EventSelector")
    control = [e.text for e in _nodes(key)["EventControl"].iterfind(f"{NAMESPACE}pFeature")] if selector else []
    for entry in selector.entries if selector else ():
        data = [f for f in model.features.values() if f.name.startswith(f"Event{entry.name}") and f.declaration.port]
        assert {_child(key, f"{feature.name}Reg", "pPort") for feature in data} == {f"Event{entry.name}Port"}
        category = f"Event{entry.name}Data"
        assert category in control
        members = [e.text for e in _nodes(key)[category].iterfind(f"{NAMESPACE}pFeature")]
        assert members == [feature.name for feature in data if not feature.hidden]
        assert {f"Event{entry.name}", f"Event{entry.name}Timestamp"} <= set(members)


# Addresses and lengths of the file


def _files(key: str, *, plain: bool, multi_part: bool) -> Iterator[tuple[str, str, str, bytes]]:
    """Name, address and length of both files as a client reads them, and what is there."""
    camera = Camera(_model(key), CameraOptions(plain_xml=plain, multi_part=multi_part))
    for register in (0x0200, 0x0400):
        name, address, length = text_from_register(camera.read(register, 512, 0)).removeprefix("Local:").split(";")
        content = camera.read(int(address, 16), (int(length, 16) + 3) // 4 * 4, 0)[: int(length, 16)]
        yield name, address, length, content


def _unpacked(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        (content,) = map(opened.read, opened.namelist())
    return content


@MODELS
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("multi_part", [False, True])
def test_addresses_and_lengths_of_the_files_cannot_be_taken_for_decimal(
    key: str, plain: bool, multi_part: bool
) -> None:
    trees = []
    for name, address, length, content in _files(key, plain=plain, multi_part=multi_part):
        for number in (address, length):
            assert re.search(r"[A-Fa-f]", number), name
        trees.append(etree.tostring(etree.fromstring(_unpacked(content) if name.endswith(".zip") else content)))
    assert len(trees) == 2
    assert trees[0] == trees[1]


def test_archive_is_padded_by_a_comment_where_its_length_has_digits_alone() -> None:
    padded = 0
    for size in range(400):
        content = bytes((size * 7 + index * 31) % 251 for index in range(size))
        archive = zipped(content, "a.xml")
        assert not f"{len(archive):x}".isdecimal()
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            assert opened.read("a.xml") == content
            padded += bool(opened.comment)
    assert padded


@MODELS
def test_whole_numbers_state_steps_and_limits_that_their_registers_hold(key: str) -> None:
    for feature in _model(key).features.values():
        declaration = feature.declaration
        if not isinstance(declaration, Integer) or declaration.port or feature.live_limits or feature.limits is None:
            continue
        low, high, step = (int(_child(key, feature.name, tag)) for tag in ("Min", "Max", "Inc"))
        assert (low, high, step) == (feature.limits.low, feature.limits.high, feature.limits.step or 1)
        assert (high - low) % step == 0, feature.name
        at = declaration.at
        bits = at.msb - at.lsb + 1 if at and declaration.length == 4 else 8 * declaration.length
        assert (-(1 << bits - 1) if declaration.signed else 0) <= low
        assert high < (1 << bits - (1 if declaration.signed else 0)) or declaration.access.value == "RO", feature.name
