"""A wrong YAML is refused with one line that names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.errors import SpecError
from tiscam_emu.spec.catalog import models_folder
from tiscam_emu.spec.load import load_file
from tiscam_emu.spec.model import CameraModel


def _load(folder: Path, change: str, base: str = "33GP1300") -> CameraModel:
    """The model `base` with `change` merged over it."""
    path = folder / "changed.yaml"
    path.write_text(f"extends: [{models_folder() / base}.yaml]\n{change}\n", encoding="utf-8")
    return load_file(path, ROOMS)


def _message(folder: Path, change: str, base: str = "33GP1300") -> str:
    with pytest.raises(SpecError) as caught:
        _load(folder, change, base)
    file, _, message = str(caught.value).partition(": ")
    assert file == str(folder / "changed.yaml")
    return message


def test_unchanged_model_loads(tmp_path: Path) -> None:
    assert _load(tmp_path, "").identity.name == "DFK 33GP1300"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("colour: true", "colour: Extra inputs are not permitted"),
        ("features: {Width: {maximum: 3}}", "features.Width.maximum: Extra inputs are not permitted"),
        ("sensor: {width: {value: wide}}", "sensor.width.value: Input should be a valid number"),
        (
            "sensor: {hot_pixels: {value: -1, assumption: a}}",
            "sensor.hot_pixels.value: Input should be greater than or",
        ),
        (
            "sensor: {full_well_e: {value: 0, assumption: a}}",
            "sensor.full_well_e.value: Input should be greater than 0",
        ),
        (
            "sensor: {corner_light_percent: {value: 120, assumption: a}}",
            "sensor.corner_light_percent.value: Input should",
        ),
        ("sensor: {hot_pixel_times: {value: [9, 3], assumption: a}}", "sensor.hot_pixel_times: 9 is above 3"),
        ("sensor: {qe: {value: [0.4, 0.5, 1.4], assumption: a}}", "sensor: qe: [0.4, 0.5, 1.4] are not efficiencies"),
        ("sensor: {qe_nir: {value: [0.4], assumption: a}}", "sensor: qe_nir needs 3 values, not 1"),
        (
            "sensor: {formats: {Mono9: {adc_bits: 10, read_noise_e: 4, assumption: a}}}",
            "sensor.formats.Mono9: the model has no such pixel format",
        ),
        (
            "sensor: {formats: {BayerRG8: {adc_bits: 16, read_noise_e: 4, assumption: a}}}",
            "sensor.formats.BayerRG8.adc_bits: Input should be less than or equal to 12",
        ),
        (
            "color_matrix: {value: [[1, 0, 0], [0, 1, 0]], assumption: a}",
            "color_matrix: needs three rows of three values from -1 to 3",
        ),
        ("color_matrix: {value: [[4, 0, 0], [0, 1, 0], [0, 0, 1]], assumption: a}", "color_matrix: needs three rows"),
        (
            "sensor: {dye_shares: {value: [[1, 1, 0], [0, 1, 0], [0, 0, 1]], assumption: a}}",
            "sensor: dye_shares: every",
        ),
        ("identity: {serial: '12'}", "identity.serial: String should match pattern '^[0-9]{8}$'"),
    ],
)
def test_key_or_value_outside_the_schema_is_named(tmp_path: Path, change: str, message: str) -> None:
    assert _message(tmp_path, change).startswith(message)


def test_colour_matrix_without_its_feature_is_named(tmp_path: Path) -> None:
    matrix = "color_matrix: {value: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], assumption: a}"
    assert _message(tmp_path, matrix, "38UX267") == (
        "color_matrix: is needed with the feature ColorTransformationValue, and only with it"
    )


def test_number_without_origin_is_named_in_packaged_models_alone(tmp_path: Path) -> None:
    _load(tmp_path, "features: {GPOut: {min: 0, max: 1}}\nsensor: {dsnu_e: 0.1}")
    for change, message in (
        (
            "features: {TriggerDenoise: {min: 0.0, source: ''}}",
            "features.TriggerDenoise: needs a source or an assumption",
        ),
        ("sensor: {pixel_um: {value: 3, source: ''}}", "sensor.pixel_um: needs a source or an assumption"),
        ("sensor: {pixel_um: 3}", "sensor.pixel_um: Input should be a mapping"),
        ("own_features: {Sparkle: {type: boolean}}", ": own_features: a packaged model has those that are declared"),
    ):
        path = tmp_path / "changed.yaml"
        path.write_text(f"extends: [{models_folder() / '38UX267'}.yaml]\n{change}\n", encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            load_file(path, ROOMS, packaged=True)
        assert str(caught.value).removeprefix(f"{path}: ") == message


def test_unknown_feature_is_named(tmp_path: Path) -> None:
    assert _message(tmp_path, "features: {Sparkle: {source: manual 9}}") == (
        "features.Sparkle: no feature of this name is declared"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("TriggerSource: {entries: [Any, Line9]}", "TriggerSource.entries: 'Line9' is not an entry; known: Any, Line1"),
        ("TriggerMode: {default: Maybe}", "TriggerMode.default: 'Maybe' is not an entry; known: Off, On"),
        ("Gain: {entries: [High]}", "Gain.entries: Gain is not an enumeration"),
        ("Gain: {default: 9.22}", "Gain.default: 9.22 is not in 0.0 to 9.21"),
        ("Gain: {default: much}", "Gain.default: 'much' is not a number"),
        ("Width: {default: 1270}", "Width.default: 1270 is not in 256 to 1280"),
        ("Width: {min: 2000}", "Width.min: 2000 is not in 1 to 640, which the readout leaves"),
        ("Height: {max: 12}", "Height.max: 12 is below the minimum 16"),
        ("DecimationVertical: {max: 17}", "DecimationVertical.max: 17 is above 16"),
        ("DecimationVertical: {min: 0}", "DecimationVertical.min: 0 is below 1"),
        ("TriggerMode: {max: 1}", "TriggerMode.min: TriggerMode has no limits"),
        ("Zoom: {min: 0, source: manual 5.4.1}", "Zoom.max: Zoom needs a maximum"),
    ],
)
def test_row_that_does_not_fit_its_declaration_is_named(tmp_path: Path, change: str, message: str) -> None:
    assert _message(tmp_path, f"features: {{{change}}}").startswith(f"features.{message}")


def test_feature_without_its_selector_is_named(tmp_path: Path) -> None:
    row = "features: {BalanceRatio: {min: 0.0, max: 1.0, source: manual 5.9.3}}"
    assert _message(tmp_path, row, base="38UX253") == (
        "features.BalanceRatio.selector: the model lacks its selector BalanceRatioSelector"
    )


def test_unknown_pixel_format_is_named(tmp_path: Path) -> None:
    formats = "[BayerRG8, BayerRG12Packed, YCbCr411_8, YCbCr411_8_CbYYCrYY, BayerXX8]"
    assert _message(tmp_path, f"features: {{PixelFormat: {{entries: {formats}}}}}") == (
        "features.PixelFormat.entries: 'BayerXX8' is not a known pixel format"
    )


def test_timing_of_a_format_the_model_lacks_is_named(tmp_path: Path) -> None:
    assert _message(tmp_path, "timing: {formats: {Mono8: {slowdown: 1, source: manual 5.1.4}}}") == (
        "timing.formats.Mono8: the model has no such pixel format"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("extends: families/common.yaml", "extends: must be a list of file names"),
        ("extends: [1]", "extends: must be a list of file names"),
        ("- a list", "must be a mapping"),
        ("features: {Width: [", "not valid YAML: "),
    ],
)
def test_file_of_wrong_form_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_file(path, ROOMS)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_missing_base_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orphan.yaml"
    path.write_text("extends: [parent.yaml]", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_file(path, ROOMS)
    assert str(caught.value) == f"{path}: extends: parent.yaml: no such file, neither beside it nor in the package"


_ZOOM_MODEL = "39GX265-Z20"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("lens: {scene_m: {value: 0, source: x}}", "lens.scene_m.value: Input should be greater than 0"),
        ("lens: {f_number: {value: [1.5], source: x}}", "lens.f_number.value.1: Field required"),
        ("lens: {colour: {value: 1, source: x}}", "lens.colour: Extra inputs are not permitted"),
        (
            "lens: {focal_mm: {points: [[0, 6.5], [0, 7]], source: x}}",
            "lens.focal_mm: zoom positions and focal lengths must rise; they do not from 0 to 0",
        ),
        (
            "lens: {nearest_m: {value: [0.006, 0.9], source: x}}",
            "lens: nearest_m: 0.006 must lie between the focal length and scene_m",
        ),
        (
            "lens: {scene_m: {value: 0.5, source: x}}",
            "lens: nearest_m: 0.9 must lie between the focal length and scene_m",
        ),
    ],
)
def test_lens_that_cannot_be_is_named(tmp_path: Path, change: str, message: str) -> None:
    assert _message(tmp_path, change, base=_ZOOM_MODEL).startswith(message)


def test_lens_with_a_part_missing_is_named(tmp_path: Path) -> None:
    assert _message(tmp_path, "lens: {f_number: {value: [1, 2], source: x}}") == "lens.focal_mm: Field required"
