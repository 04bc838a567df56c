"""How fast twins are, against the rates of the manuals' tables as the models have them."""

from __future__ import annotations

import csv
import importlib.util
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest

if importlib.util.find_spec("genicam") is None:
    pytest.skip("no module genicam: PyPI package genicam", allow_module_level=True)

from tests.unit.foreign import twins

from tiscam_emu.camera.core import load
from tiscam_emu.camera.imaging.frame_rate import highest_hz
from tiscam_emu.foreign.twin import prepare
from tiscam_emu.spec.model import CameraModel

RIGHT = {"33GP1300": (3, 12), "38UX267": (32, 32), "39GX265-Z20": (15, 21), "38GX541-a": (4, 9), "38UX253": (9, 15)}
"""By model: rates of the twin that are within 1 % of the model's, and all."""
_TABLE = Path(__file__).parents[2] / "contract" / "frame_rates.csv"


@cache
def _rows() -> tuple[tuple[str, str, int, int], ...]:
    with _TABLE.open() as file:
        return tuple((r["model"], r["pixel_format"], int(r["width"]), int(r["height"])) for r in csv.DictReader(file))


def _right(model: str, twin: CameraModel) -> list[bool]:
    own, formats = load(model), prepare(twins.description(model)).facts.formats
    return [
        highest_hz(twin, formats[name], *size) == pytest.approx(highest_hz(own, name, *size), rel=0.01)
        for key, name, *size in _rows()
        if key == model
    ]


@pytest.mark.parametrize("model", RIGHT)
def test_twin_is_as_fast_as_the_model_with_the_settings_it_was_cloned_with(model: str) -> None:
    first, second = twins.original(model), twins.twin(model)

    told = [client.limits("AcquisitionFrameRate")[1] for client in (first, second)]
    assert told[1] == pytest.approx(told[0], rel=1e-3)
    assert [c.camera.state.limits("AcquisitionFrameRate").high for c in (first, second)] == pytest.approx(
        told, rel=1e-6
    )


@pytest.mark.parametrize("model", RIGHT)
def test_other_rates_follow_from_what_link_and_sensor_seem_to_take(model: str) -> None:
    found = _right(model, prepare(twins.description(model)).model)

    assert (sum(found), len(found)) == RIGHT[model]


@pytest.mark.parametrize("model", RIGHT)
def test_every_rate_is_right_where_model_yaml_says_what_link_and_sensor_take(model: str) -> None:
    own = load(model)
    timing = {name: asdict(row) for name, row in own.timing.items()}
    said = {"link": asdict(own.link), "timing": {"formats": timing}}
    twin = prepare(replace(twins.description(model), extra=said)).model

    assert all(_right(model, twin))
