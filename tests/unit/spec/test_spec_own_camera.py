"""A camera of one's own: which file is meant, what follows from what it says, and what may be taken away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.errors import SpecError, UnknownModel
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Limits
from tiscam_emu.genicam.document import file_name
from tiscam_emu.spec.catalog import find_model, is_file, is_spec_file, model_keys
from tiscam_emu.spec.load import load_file
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.spec.needed import NEEDED

MONO = "extends: [families/own-mono.yaml]\nsensor: {width: 640, height: 480}\n"


def _own(folder: Path, content: str, name: str = "mine.yaml") -> CameraModel:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return load(path)


def _feature(model: CameraModel, name: str) -> tuple[Limits | None, object]:
    feature: BoundFeature = model.features[name]
    return feature.limits, feature.default


# Which file


def test_path_is_what_ends_in_yaml_has_a_separator_or_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "MINE.YML").touch()
    (tmp_path / "camera.zip").touch()
    (tmp_path / "twin").mkdir()
    for text in ("mine.yaml", "./mine.yaml", str(tmp_path / "mine.yaml"), "MINE.YML", "camera.zip", "twin", "./twin"):
        found = find_model(text)
        assert found == str(tmp_path / text)
        assert is_file(found)
        assert find_model(found) == found
        assert is_spec_file(found) is text.lower().endswith((".yaml", ".yml"))
    assert find_model(Path("twin")) == str(tmp_path / "twin")


def test_packaged_model_is_meant_by_its_name_even_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "38UX267").mkdir()
    assert find_model("38UX267") == find_model("DFK 38ux267") == "38UX267"
    assert not is_file("38UX267")
    assert find_model(Path("38UX267")) == find_model("./38UX267") == str(tmp_path / "38UX267")


@pytest.mark.parametrize(
    "name", ["mine.yaml", "./mine", f"{os.sep}nowhere{os.sep}mine.yaml", "x" * 5000 + ".yaml", "a\0b.yaml"]
)
def test_missing_file_is_named(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        find_model(name)
    assert str(caught.value) == f"{Path(name)}: no such file"


def test_other_text_is_an_unknown_model() -> None:
    with pytest.raises(UnknownModel):
        find_model("mine")


@pytest.mark.parametrize("name", ["camera.xml", "camera.zip", "folder"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SpecError) as caught:
        load(tmp_path / name)
    assert (
        str(caught.value) == f"{tmp_path / name}: a camera's own description is no model: its name would end in .yaml"
    )


# What follows


def test_size_alone_makes_a_camera(tmp_path: Path) -> None:
    model = _own(tmp_path, MONO)
    assert _feature(model, "Width") == (Limits(16, 640, 4), 640)
    assert _feature(model, "Height") == (Limits(16, 480, 4), 480)
    assert _feature(model, "OffsetX") == (Limits(0, 624, 4), 0)
    assert _feature(model, "OffsetY") == (Limits(0, 464, 4), 0)
    assert _feature(model, "AutoFunctionsROITop")[0] == Limits(0, 464, 2)
    assert _feature(model, "AutoFunctionsROIWidth")[0] == Limits(16, 640, 2)
    assert model.identity.name == "mine"
    assert Camera(model, CameraOptions()).state["PayloadSize"] == 640 * 480


def test_limits_are_on_the_increment_of_a_sensor_that_is_not(tmp_path: Path) -> None:
    model = _own(tmp_path, MONO.replace("640", "643") + "features: {Width: {min: 50, inc: 10}}")
    assert _feature(model, "Width") == (Limits(50, 640, 10), 640)
    assert _feature(model, "OffsetX")[0] == Limits(0, 588, 4)


def test_what_the_file_says_itself_stays(tmp_path: Path) -> None:
    model = _own(tmp_path, MONO + "features: {Width: {max: 320}, OffsetX: {max: 8}, ExposureAutoLowerLimit: {min: 99}}")
    assert _feature(model, "Width") == (Limits(16, 320, 4), 320)
    assert _feature(model, "OffsetX")[0] == Limits(0, 8, 4)
    assert _feature(model, "ExposureAutoLowerLimit")[0] == Limits(99, 1e7, 1.0)


def test_limits_of_the_automatics_follow_those_of_exposure_and_gain(tmp_path: Path) -> None:
    model = _own(tmp_path, MONO + "features: {ExposureTime: {min: 7, max: 10000}, Gain: {max: 12}}")
    for name in ("ExposureTime", "ExposureAutoLowerLimit", "ExposureAutoUpperLimit", "ChunkExposureTime"):
        limits = _feature(model, name)[0]
        assert limits is not None
        assert (limits.low, limits.high) == (7, 10000)
    for name in ("Gain", "GainAutoLowerLimit", "GainAutoUpperLimit", "ChunkGain"):
        assert _feature(model, name)[0] == Limits(0.0, 12)


def test_packaged_model_with_another_sensor_size_has_its_limits(tmp_path: Path) -> None:
    model = _own(tmp_path, "extends: [38UX253.yaml]\nsensor: {width: 2448, height: 2048}")
    assert _feature(model, "Width") == (Limits(256, 2448 - (2448 - 256) % 16, 16), 2448)
    assert _feature(model, "Height")[0] == Limits(4, 2048, 4)
    assert model.identity.name == "DMK 38UX253"


@pytest.mark.parametrize("key", model_keys())
def test_packaged_model_extended_by_nothing_is_itself_but_for_its_key(tmp_path: Path, key: str) -> None:
    model, packaged = _own(tmp_path, f"extends: [{key}.yaml]"), load(key)
    assert (model.key, packaged.key) == ("mine.yaml", key)
    assert model.identity == packaged.identity
    assert model.sensor == packaged.sensor
    limits = [{name: feature.limits for name, feature in m.features.items()} for m in (model, packaged)]
    assert limits[0] == limits[1]


def test_names_and_numbers_follow_from_name_and_vendor(tmp_path: Path) -> None:
    base = "extends: [38UX253.yaml]\nidentity: "
    first, second = (_own(tmp_path, f"{base}{{name: {name}, vendor: Söhne AG}}").identity for name in ("A 5", "5 µ"))
    assert (first.xml_model_name, first.xml_vendor_name) == ("A_5", "S_hne_AG")
    assert second.xml_model_name == "Camera_5_"
    assert first.serial != second.serial
    assert first.product_guid != second.product_guid
    kept = _own(tmp_path, f"{base}{{name: A 5, serial: '12345678'}}").identity
    assert (kept.serial, kept.product_guid) == (
        "12345678",
        _own(tmp_path, f"{base}{{name: A 5}}").identity.product_guid,
    )


def test_description_has_a_name_of_plain_letters_whatever_the_file_is_called(tmp_path: Path) -> None:
    name = "my; camera ü" + "x" * 90 + ".yaml"
    assert file_name(_own(tmp_path, MONO, name), "zip") == f"tiscam_emu_my__camera__{'x' * 52}.zip"


# What may be taken away


def test_key_without_a_value_takes_away_what_is_below(tmp_path: Path) -> None:
    model = _own(tmp_path, MONO + "features: {TriggerMask: ~, GPIn: ~}")
    assert not {"TriggerMask", "GPIn"} & set(model.features)


_FEATURES = load("33GP1300").features
_SIDES = ("Left", "Top", "Width", "Height")
_OPTIONAL = [name for name, f in _FEATURES.items() if not f.declaration.every_model]
_FOLLOWING = {"Width", "Height", "OffsetX", "OffsetY", *(f"AutoFunctionsROI{what}" for what in _SIDES)}
_REQUIRED = {feature.declaration.selected_by for feature in _FEATURES.values()}.union(
    *(needed for start, needed in NEEDED.items() if any(name.startswith(start) for name in _FEATURES))
)


@pytest.mark.parametrize("name", [name for name in _OPTIONAL if name not in _FOLLOWING])
def test_camera_without_a_feature_is_refused_or_reads_and_runs(tmp_path: Path, name: str) -> None:
    """Every feature of a model is taken away in turn; what follows from the sensor comes back."""
    content = f"extends: [33GP1300.yaml]\nfeatures: {{{name}: ~}}"
    if name in _REQUIRED:
        with pytest.raises(SpecError, match=r"needs it|no camera can do without it|the model lacks its selector"):
            _own(tmp_path, content)
        return
    model = _own(tmp_path, content)
    camera = Camera(model, CameraOptions())
    for feature in model.features.values():
        if feature.declaration.port is None:
            camera.state.value(feature.name, feature.selector_values[0] if feature.selector_values else None)
    camera.state.write("AcquisitionStart", 1)
    assert camera.advance(10**9)


def test_every_needed_feature_is_declared() -> None:
    declared = {feature.name for room in ROOMS for feature in room.features}
    assert {name for names in NEEDED.values() for name in names} <= declared


def test_every_packaged_number_says_where_it_is_from() -> None:
    """Read by the rule for packaged models, the families for cameras of one's own lack the user's part alone."""
    for path in (Path(__file__).parents[3] / "models" / "families").glob("own-*.yaml"):
        with pytest.raises(SpecError) as caught:
            load_file(path, ROOMS, packaged=True)
        assert str(caught.value).endswith(": Field required"), path
