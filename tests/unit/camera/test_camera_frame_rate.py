from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import pytest

from tiscam_emu.camera.imaging import frame_rate
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.spec.load import load_model
from tiscam_emu.spec.model import CameraModel

_TABLE = Path(__file__).parents[2] / "contract" / "frame_rates.csv"
_ROWS = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))


@cache
def _model(name: str) -> CameraModel:
    return load_model(name, ROOMS)


def test_the_table_holds_all_89_rates_of_the_manuals() -> None:
    assert len(_ROWS) == 89


@pytest.mark.parametrize("row", [pytest.param(row, id="-".join(list(row.values())[:4])) for row in _ROWS])
def test_highest_rate_rounds_down_to_that_of_the_manual(row: dict[str, str]) -> None:
    hz = frame_rate.highest_hz(_model(row["model"]), row["pixel_format"], int(row["width"]), int(row["height"]))
    assert math.floor(hz + 1e-9) == int(row["highest_fps"])


def test_long_exposure_stretches_the_period() -> None:
    assert frame_rate.period_ns(50.0, 5_000_000) == 20_000_000
    assert frame_rate.period_ns(50.0, 30_000_000) == 30_000_000


def test_without_bounds_every_format_and_size_goes_up_to_10_khz() -> None:
    for name in ("33GP1300", "38GX541-a", "38UX253"):
        model = frame_rate.unbounded(_model(name))
        for pixel_format in model.timing:
            assert frame_rate.highest_hz(model, pixel_format, 1920, 1080) == pytest.approx(10_000.0)
