"""Every feature of every model against manual_features.csv, a transcript of the technical reference manuals.

The table was made independently of the declarations and the YAML; an empty cell says that the manual is silent.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Boolean, Enumeration, Float, Integer
from tiscam_emu.spec.load import load_model

Row = dict[str, str]

_TABLE = Path(__file__).with_name("manual_features.csv")
_ROWS: list[Row] = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))


@cache
def _state(model: str) -> CameraState:
    return CameraState(load_model(model, ROOMS), CameraOptions())


def _feature(row: Row) -> BoundFeature:
    return _state(row["model"]).features[row["feature"]]


def _rows_with(*columns: str) -> list[object]:
    rows = [row for row in _ROWS if any(row[column] for column in columns)]
    return [pytest.param(row, id=f"{row['model']}-{row['feature']}") for row in rows]


def _default_text(row: Row) -> str:
    state, name = _state(row["model"]), row["feature"]
    declaration = state.features[name].declaration
    if isinstance(declaration, Enumeration):
        return state.entry(name)
    if isinstance(declaration, Boolean):
        return "true" if state[name] else "false"
    return str(state[name])


def test_the_table_lists_all_453_features_of_the_five_models() -> None:
    assert Counter(row["model"] for row in _ROWS) == {
        "33GP1300": 77,
        "38UX267": 70,
        "39GX265-Z20": 132,
        "38GX541-a": 102,
        "38UX253": 72,
    }


@pytest.mark.parametrize("row", _rows_with("kind"))
def test_feature_is_in_the_model_with_its_kind_and_category(row: Row) -> None:
    declaration = _feature(row).declaration
    assert type(declaration).__name__ == row["kind"]
    assert declaration.category.partition("/")[0] == row["category"]


@pytest.mark.parametrize("row", _rows_with("min", "max", "inc"))
def test_limits_are_the_manuals(row: Row) -> None:
    limits = _state(row["model"]).widest_limits(row["feature"])
    assert limits.low == float(row["min"])
    assert limits.high == float(row["max"])
    if row["inc"]:
        assert limits.step == float(row["inc"])


@pytest.mark.parametrize("row", _rows_with("min", "max"))
def test_live_limits_at_power_up_lie_within_the_widest(row: Row) -> None:
    state, name = _state(row["model"]), row["feature"]
    live = state.limits(name)
    assert live.low == float(row["min"])
    if name in {"OffsetX", "OffsetY"}:
        assert live.high == 0  # the listed maximum is that of the smallest image; at power-up the image is the largest
    else:
        assert live.high == float(row["max"])


@pytest.mark.parametrize("row", _rows_with("default"))
def test_value_at_power_up_is_the_manuals_default(row: Row) -> None:
    if isinstance(_feature(row).declaration, Integer | Float):
        assert float(_default_text(row)) == float(row["default"])
    else:
        assert _default_text(row) == row["default"]


@pytest.mark.parametrize("row", _rows_with("unit"))
def test_unit_is_the_manuals(row: Row) -> None:
    assert getattr(_feature(row).declaration, "unit", "") == row["unit"]


@pytest.mark.parametrize("row", _rows_with("length"))
def test_register_has_the_manuals_length(row: Row) -> None:
    assert _feature(row).declaration.length == int(row["length"])


@pytest.mark.parametrize("row", _rows_with("entries"))
def test_entries_are_the_manuals_in_their_order(row: Row) -> None:
    expected = [entry.partition("=") for entry in row["entries"].split("|")]
    entries = [entry for entry in _feature(row).entries if not entry.hidden]
    assert [entry.name for entry in entries] == [name for name, _, _ in expected]
    for entry, (_, _, value) in zip(entries, expected, strict=True):
        if value:
            assert entry.value == int(value)


@pytest.mark.parametrize("row", _rows_with("selectors"))
def test_selector_and_its_entries_are_the_manuals(row: Row) -> None:
    selector, _, entries = row["selectors"].partition(":")
    state = _state(row["model"])
    assert _feature(row).declaration.selected_by == selector
    assert [entry.name for entry in state.features[selector].entries] == entries.split(",")


@pytest.mark.parametrize("row", _rows_with("access"))
def test_access_is_the_manuals(row: Row) -> None:
    assert _feature(row).declaration.access.value == row["access"]


@pytest.mark.parametrize("row", _rows_with("visibility"))
def test_visibility_is_the_vendors(row: Row) -> None:
    assert _feature(row).declaration.visibility.value == row["visibility"]
