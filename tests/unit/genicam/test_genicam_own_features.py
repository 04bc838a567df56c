"""Features of one's own in the description: names that never meet those of other nodes, and room for many."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from lxml import etree

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.features.layout import LOCK_BASE
from tiscam_emu.genicam.document import build_xml
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.spec.own_features import OwnFeatureError, own_room
from tiscam_emu.spec.schema import OwnFeature

_NAMESPACE = "{http://www.genicam.org/GenApi/Version_1_1}"


def _load(path: Path, base: str, rows: str) -> CameraModel:
    size = "sensor: {width: 640, height: 480}\n" if base.startswith("families") else ""
    path.write_text(f"extends: [{base}]\n{size}own_features:\n{rows}", encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("key", model_keys())
def test_no_name_that_the_description_has_can_be_that_of_a_feature_or_category(tmp_path: Path, key: str) -> None:
    """Every node of the model, and those that an own number brings along."""
    own = "  Mine: {type: float}\n  Behind: {type: integer, selector: UserSetSelector}\n"
    model = _load(tmp_path / "mine.yaml", f"{key}.yaml", own)
    names = {str(element.get("Name")) for element in etree.fromstring(build_xml(model)) if element.get("Name")}
    assert {"Mine", "MineReg", "BehindReg", "BehindRegAddress", "OwnFeatures"} <= names
    rows = {"Mine": OwnFeature(type="float"), "Behind": OwnFeature(type="integer", selector="UserSetSelector")}
    for name in sorted(names - {"Mine", "Behind"}):
        with pytest.raises(OwnFeatureError):
            own_room({**rows, name: OwnFeature(type="boolean")}, ROOMS)
    categories = {str(e.get("Name")) for e in etree.fromstring(build_xml(model)) if str(e.tag).endswith("}Category")}
    for name in sorted(names - categories):
        with pytest.raises(OwnFeatureError):
            own_room({**rows, "Other": OwnFeature(type="boolean", category=name)}, ROOMS)
    for name in sorted(categories - {"Root"}):
        own_room({**rows, "Other": OwnFeature(type="boolean", category=name)}, ROOMS)


def test_hundreds_of_features_fit_and_both_descriptions_have_their_place(tmp_path: Path) -> None:
    rows = "".join(
        f"  Text{n}: {{type: string, size: 512}}\n  Number{n}: {{type: integer, doc: {'x' * 400}}}\n"
        for n in range(500)
    )
    model = _load(tmp_path / "many.yaml", "families/own-mono.yaml", rows)
    places = sorted((slot.address, slot.length) for name, slot in model.layout.slots.items() if name[-1].isdecimal())
    assert all(first + length <= second for (first, length), (second, _) in itertools.pairwise(places))
    own = [model.features[f"{kind}{n}"].slot for kind in ("Text", "Number") for n in range(500)]
    assert min(slot.address for slot in own) > LOCK_BASE + 4 * len(model.layout.locks)

    for plain in (True, False):
        camera = Camera(model, CameraOptions(plain_xml=plain))
        assert len(camera.xml) > 1 << 20
        for name in ("GevFirstURL", "GevSecondURL"):
            match = re.fullmatch(r"Local:(\w+\.(?:xml|zip));([0-9A-Fa-f]+);([0-9A-Fa-f]+)", str(camera.state[name]))
            assert match is not None
            address, length = int(match[2], 16), int(match[3], 16)
            whole = camera.read(address, (length + 3) // 4 * 4, 0)[:length]
            assert whole == camera.xml if match[1].endswith("xml") else whole[:2] == b"PK"


def test_double_is_read_without_a_converter_and_text_cannot_break_the_description(tmp_path: Path) -> None:
    rows = "  Odd: {type: float, unit: '<&>', doc: '\"]]>', display_name: \"<Odd>\", category: Strange}\n"
    tree = etree.fromstring(build_xml(_load(tmp_path / "odd.yaml", "families/own-mono.yaml", rows)))
    nodes = {element.get("Name"): element for element in tree}
    assert nodes["Odd"].findtext(f"{_NAMESPACE}pValue") == "OddReg"
    assert nodes["Odd"].findtext(f"{_NAMESPACE}Unit") == "<&>"
    assert str(nodes["OddReg"].tag) == f"{_NAMESPACE}FloatReg"
    assert nodes["OddReg"].findtext(f"{_NAMESPACE}Length") == "8"
