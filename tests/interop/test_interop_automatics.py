"""The automatics of cameras as they are switched on, seen through Aravis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.interop.emulator import MODELS, Ready, aravis, emulator

_FRAMES = 40


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


@pytest.fixture(params=MODELS)
def fresh(request: pytest.FixtureRequest, _lo_only: None, first_address: str) -> object:
    """A camera nobody has set anything on, looking at the chart."""
    with emulator("--model", request.param, "--address", first_address[:-1] + "41") as running:
        yield running.ready[0]


def test_camera_as_it_is_settles_at_the_reference_and_keeps_what_it_found(fresh: Ready, tmp_path: Path) -> None:
    slow = [("AcquisitionFrameRate", 5)] if fresh.key == "38GX541-a" else [("AcquisitionFrameRate", 20)]
    read = ["ExposureTime", "Gain", "ExposureAutoUpperLimit"]
    first = aravis("aravis_stream", camera=fresh.address, frames=_FRAMES, set=slow, read=read)
    exposure_us, gain_db, longest_us = (float(first["read"][name]) for name in read)
    assert exposure_us != 5000.0
    assert exposure_us <= longest_us
    assert gain_db == 0.0 or exposure_us == longest_us

    by_hand = [("ExposureAuto", "Off"), ("GainAuto", "Off")]
    job: dict[str, Any] = {"save": str(tmp_path), "save_count": 1, "spare": 30, "read": ["ExposureTime", "Gain"]}
    second = aravis("aravis_stream", camera=fresh.address, frames=1, set=by_hand, **job)
    assert [float(second["read"][name]) for name in ("ExposureTime", "Gain")] == [exposure_us, gain_db]
    image = np.fromfile(second["saved"][0], np.uint8)
    assert image.mean() == pytest.approx(128, rel=0.05)

    halved = [("ExposureTime", exposure_us // 2)]
    third = aravis("aravis_stream", camera=fresh.address, frames=1, set=halved, **job)
    assert float(third["read"]["ExposureTime"]) == exposure_us // 2
    assert np.fromfile(third["saved"][0], np.uint8).mean() < 0.75 * image.mean()
