"""The XML as a document: reproducible, with a fingerprint of its content, in the schema's order."""

from __future__ import annotations

import importlib.util
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from tiscam_emu.camera.core import load
from tiscam_emu.camera.messages.events import EVENTS
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.features.kinds import Integer, Limits, Room
from tiscam_emu.features.layout import LOCK_BASE, lay_out
from tiscam_emu.genicam.document import build_xml, file_name, zipped
from tiscam_emu.genicam.nodes import node, uncached_because
from tiscam_emu.genicam.schema_order import ORDER
from tiscam_emu.spec.catalog import model_keys

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE = "{http://www.genicam.org/GenApi/Version_1_1}"

_model = cache(load)


@cache
def _xml(key: str) -> bytes:
    return build_xml(_model(key))


@cache
def _tree(key: str) -> etree._Element:
    return etree.fromstring(_xml(key))


def _node(key: str, name: str) -> etree._Element:
    (found,) = [element for element in _tree(key) if element.get("Name") == name]
    return found


def _child(key: str, name: str, tag: str) -> str | None:
    return _node(key, name).findtext(f"{NAMESPACE}{tag}")


@cache
def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, content in _generator().files()
        if not path.exists() or path.read_bytes() != content
    ]
    assert stale == [], "run tools/generate.py"


def test_no_generated_file_is_left_of_a_model_that_is_gone() -> None:
    generated = {path for path, _ in _generator().files()}
    present = {*(ROOT / "genicam_xml").iterdir(), *(ROOT / "docs" / "reference").iterdir()}
    assert present <= generated


@pytest.mark.parametrize("key", model_keys())
def test_same_declarations_give_the_same_bytes(key: str) -> None:
    assert build_xml(load(key)) == _xml(key)


def test_another_process_gives_the_same_bytes() -> None:
    program = (
        "import sys; from tiscam_emu.camera.core import load; from tiscam_emu.genicam.document import build_xml;"
        "sys.stdout.buffer.write(build_xml(load('38UX267')))"
    )
    built = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert built.stdout == _xml("38UX267")


@pytest.mark.parametrize("key", model_keys())
def test_version_guid_changes_with_the_content_alone(key: str) -> None:
    model = _model(key)
    other = replace(model, features={n: f for n, f in model.features.items() if n != "GPOut"})
    guids = [etree.fromstring(build_xml(m)).get("VersionGuid") for m in (model, model, other)]
    assert guids[0] == guids[1] != guids[2]
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", guid or "") for guid in guids)


def test_models_differ_in_product_and_version() -> None:
    for attribute in ("ProductGuid", "VersionGuid", "ModelName"):
        assert len({_tree(key).get(attribute) for key in model_keys()}) == len(model_keys())


def test_root_names_schema_1_1_and_the_gev_namespace() -> None:
    root = _tree("39GX265-Z20")
    assert root.tag == f"{NAMESPACE}RegisterDescription"
    assert (root.get("SchemaMajorVersion"), root.get("SchemaMinorVersion")) == ("1", "1")
    assert (root.get("ModelName"), root.get("VendorName")) == ("IMX265_C", "Imaging_Source")
    assert root.get("StandardNameSpace") == "GEV"


@pytest.mark.parametrize("key", model_keys())
def test_zip_holds_the_xml_deflated_and_is_always_the_same(key: str) -> None:
    name = file_name(_model(key), "xml")
    archive = zipped(_xml(key), name)
    assert archive == zipped(_xml(key), name)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        (member,) = opened.infolist()
        assert (member.filename, member.compress_type) == (name, zipfile.ZIP_DEFLATED)
        assert opened.read(member) == _xml(key)


def test_file_name_has_no_hyphens() -> None:
    assert file_name(_model("39GX265-Z20"), "zip") == "tiscam_emu_39GX265_Z20.zip"


@pytest.mark.parametrize("key", model_keys())
def test_node_names_are_unique_and_every_reference_leads_somewhere(key: str) -> None:
    names = [element.get("Name") for element in _tree(key)]
    assert len(names) == len(set(names))
    references = [e.text for e in _tree(key).iter() if isinstance(e.tag, str) and re.search(r"\}p[A-Z]", e.tag)]
    assert set(references) <= set(names)


@pytest.mark.parametrize("key", model_keys())
def test_registers_are_cached_where_nothing_but_their_own_write_changes_them(key: str) -> None:
    cached = {name for name, feature in _model(key).features.items() if not uncached_because(feature)}
    for element in _tree(key):
        caching = element.findtext(f"{NAMESPACE}Cachable")
        if caching is not None:
            name = str(element.get("Name")).removesuffix("Reg")
            assert caching == ("WriteThrough" if name in cached else "NoCache"), name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Width", "its limits follow other settings"),
        ("AcquisitionFrameRate", "its limits follow other settings"),
        ("GevSCPSPacketSize", "the standard's registers change by themselves"),
        ("BalanceRatio", "other settings change what is read"),
        ("Gain", "the camera changes it"),
        ("ExposureTime", "the camera changes it"),
        ("TriggerOverlap", "the camera changes it"),
        ("Gamma", "a write that is locked out changes nothing"),
        ("StrobeEnable", "clients may keep a copy of the word for each of its bits"),
        ("TriggerSoftware", "it is no setting"),
        ("TriggerDelay", ""),
        ("PixelFormat", ""),
        ("BlackLevel", ""),
        ("UserSetSelector", ""),
        ("SensorWidth", ""),
    ],
)
def test_why_a_register_is_not_cached(name: str, why: str) -> None:
    assert uncached_because(_model("39GX265-Z20").features[name]) == why


@pytest.mark.parametrize("key", model_keys())
def test_commands_that_change_everything_empty_all_caches(key: str) -> None:
    port = _node(key, "Device")
    assert [e.text for e in port.iterfind(f"{NAMESPACE}pInvalidator")] == [
        "UserSetLoad",
        "DeviceReset",
        "DeviceFactoryReset",
    ]


def test_children_are_sorted_into_the_schemas_order_and_none_is_left_out() -> None:
    children = [("Length", "4"), None, ("ToolTip", "t"), ("Address", "0x0"), ("Visibility", "Guru")]
    built = node("IntReg", "X", children)
    assert [str(child.tag) for child in built] == ["ToolTip", "Visibility", "Address", "Length"]
    assert (built.get("Name"), built.get("NameSpace")) == ("X", "Custom")


def test_repeated_children_keep_their_order() -> None:
    built = node("Category", "C", [("pFeature", "b"), ("pFeature", "a")], standard=True)
    assert [child.text for child in built] == ["b", "a"]
    assert built.get("NameSpace") == "Standard"


def test_element_the_schema_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError):
        node("Category", "C", [("Length", "4")])


@pytest.mark.parametrize("key", model_keys())
def test_every_node_is_in_the_schemas_order(key: str) -> None:
    for element in _tree(key):
        kind = str(element.tag).removeprefix(NAMESPACE)
        places = [ORDER[kind][str(child.tag).removeprefix(NAMESPACE)] for child in element]
        assert places == sorted(places), element.get("Name")


def test_number_with_live_limits_points_at_registers() -> None:
    slot = _model("39GX265-Z20").layout.slots["Width"]
    assert [_child("39GX265-Z20", "Width", tag) for tag in ("pMin", "pMax", "pInc")] == [
        "Width_MinReg",
        "Width_MaxReg",
        "Width_IncReg",
    ]
    assert _child("39GX265-Z20", "Width_MaxReg", "Address") == hex(slot.high_address)
    assert _child("39GX265-Z20", "Width_MaxReg", "Cachable") == "NoCache"


def test_number_with_fixed_limits_states_them() -> None:
    key = "39GX265-Z20"
    assert [_child(key, "ExposureTime", tag) for tag in ("Min", "Max", "Inc", "Unit")] == [
        "20.0",
        "30000000.0",
        "1.0",
        "us",
    ]
    assert [_child(key, "Zoom", tag) for tag in ("Min", "Max", "Inc")] == ["0", "1000", "1"]


def test_bits_count_from_the_most_significant_one() -> None:
    key = "39GX265-Z20"
    assert (_child(key, "GevSCPSPacketSizeReg", "LSB"), _child(key, "GevSCPSPacketSizeReg", "MSB")) == ("31", "16")
    assert _child(key, "GevSCPSFireTestPacketReg", "Bit") == "0"
    assert _child(key, "GevSCPSDoNotFragmentReg", "Bit") == "1"


def test_write_only_bits_are_written_with_their_whole_register() -> None:
    # A client that changes some bits reads the register first, which is refused here.
    key = "39GX265-Z20"
    for name, value in {"GevTimestampControlReset": "1", "GevTimestampControlLatch": "2"}.items():
        assert str(_node(key, f"{name}Reg").tag) == f"{NAMESPACE}IntReg"
        assert _child(key, name, "CommandValue") == value
    assert str(_node(key, "GevPrimaryApplicationSwitchoverKeyReg").tag) == f"{NAMESPACE}IntReg"


def test_address_of_a_selected_feature_is_a_formula_which_every_client_knows() -> None:
    key = "39GX265-Z20"
    assert _child(key, "BalanceRatioReg", "pAddress") == "BalanceRatioRegAddress"
    place = hex(_model(key).features["BalanceRatio"].slot.address)
    assert _child(key, "BalanceRatioRegAddress", "Formula") == f"{place} + SELECTOR * 0x4"
    assert _child(key, "BalanceRatioRegAddress", "pVariable") == "BalanceRatioSelectorReg"
    assert b"pIndex" not in _xml(key)
    assert _child("39GX265-Z20", "BalanceRatioSelector", "pSelected") == "BalanceRatio"


def test_locks_heed_the_clients_own_lock_where_the_acquisition_counts() -> None:
    key = "39GX265-Z20"
    assert _child(key, "Width", "pIsLocked") == "LockedAcquiring"
    assert _child(key, "LockedAcquiring", "Formula") == "(LOCK0 <> 0) || (LOCK1 <> 0)"
    variables = [v.text for v in _node(key, "LockedAcquiring").iterfind(f"{NAMESPACE}pVariable")]
    assert variables == ["AcquiringLockReg", "TLParamsLocked"]
    assert _child(key, "LockedOffsetAutoCenter", "Formula") == "(LOCK0 <> 0)"
    assert int(str(_child(key, "AcquiringLockReg", "Address")), 16) >= LOCK_BASE


def test_frame_rate_under_its_second_name_shares_the_register() -> None:
    key = "39GX265-Z20"
    for name in ("FPS", "AcquisitionFrameRate"):
        converter = str(_child(key, name, "pValue"))
        assert _child(key, converter, "pValue") == "AcquisitionFrameRateReg"
        formulas = (_child(key, converter, "FormulaTo"), _child(key, converter, "FormulaFrom"))
        assert formulas == ("FROM * 1000", "TO / 1000.0")


def test_limit_off_the_steps_of_its_register_is_the_step_beyond_it() -> None:
    key = "33GP1300"
    assert _child(key, "GainConverter", "FormulaTo") == "(FROM >= 9.21) ? 93 : (FROM * 10)"
    assert _child(key, "GainConverter", "FormulaFrom") == "(TO >= 93) ? 9.21 : (TO / 10.0)"


def test_rate_is_not_in_the_tree_a_second_time() -> None:
    key = "39GX265-Z20"
    categories = [e for e in _tree(key) if e.tag == f"{NAMESPACE}Category"]
    assert all("FPS" not in [feature.text for feature in category] for category in categories)


def test_data_of_an_event_come_by_one_port() -> None:
    key = "39GX265-Z20"
    ports = {_child(key, f"EventExposureEnd{data}Reg", "pPort") for data in ("", "Timestamp", "FrameID")}
    (port,) = ports
    assert port == "EventExposureEndPort"
    ids = [element.text for element in _tree(key).iter(f"{NAMESPACE}EventID")]
    assert len(ids) == len(set(ids)) == len(EVENTS)
    assert re.fullmatch(r"[0-9A-F]{4}", str(_child(key, port, "EventID")))
    assert re.fullmatch(r"[0-9A-F]{8}", str(_child(key, "ChunkGainPort", "ChunkID")))


def test_a_feature_added_to_a_room_moves_no_register_of_another_room() -> None:
    added = Integer(name="Added", category="DeviceControl", doc="New.", limits=Limits(0, 1))
    first = ROOMS[0]
    grown = (Room(first.name, first.base, (*first.features, added)), *ROOMS[1:])
    before, after = lay_out(ROOMS), lay_out(grown)
    assert {name: after.slots[name] for name in before.slots} == before.slots
