"""Triggers, bursts and frame sets as Aravis meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.interop.emulator import MODELS, aravis

from tiscam_emu import Camera

_STILL: list[tuple[str, object]] = [
    ("AcquisitionMode", "Continuous"),
    ("Width", 640),
    ("Height", 480),
    ("ExposureAuto", "Off"),
    ("ExposureTime", 2000),
    ("GainAuto", "Off"),
    ("Gain", 0),
]
_BLACK_8_BIT = 240 / 16


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


@pytest.mark.parametrize("model", MODELS)
def test_one_software_trigger_with_a_burst_of_3_gives_3_frames(
    tiscam_camera_factory: Callable[..., Camera], model: str
) -> None:
    camera = tiscam_camera_factory(model)
    mode = [
        ("TriggerMode", "On"),
        ("TriggerSource", "Software"),
        ("AcquisitionFrameRate", 20),
        ("AcquisitionBurstFrameCount", 3),
    ]
    got = aravis(
        "aravis_stream",
        camera=camera.address,
        set=[*_STILL, *mode],
        frames=3,
        triggers="once",
        expect_end=True,
    )

    assert [frame["status"] for frame in got["frames"]] == ["success"] * 3
    assert set(np.diff([frame["timestamp_ns"] for frame in got["frames"]])) == {50_000_000}


def test_exposures_of_a_frame_set_take_turns_in_the_picture(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    camera = tiscam_camera_factory("39GX265-Z20")
    mode = [
        ("TriggerMode", "Off"),
        ("AcquisitionFrameRate", 10),
        ("BalanceWhiteAuto", "Off"),
        ("MultiFrameSetOutputModeFrameCount", "MultiFrameSetOutputModeFrameCount_2Frames"),
        ("MultiFrameSetOutputModeExposureTime0", 1000),
        ("MultiFrameSetOutputModeExposureTime1", 4000),
        ("MultiFrameSetOutputModeEnable", True),
    ]
    got = aravis(
        "aravis_stream",
        camera=camera.address,
        set=[*_STILL, *mode],
        frames=6,
        save=str(tmp_path),
        save_count=6,
        spare=30,
    )

    signals = [float(np.fromfile(path, np.uint8).mean()) - _BLACK_8_BIT for path in got["saved"]]
    times_ns = [frame["timestamp_ns"] for frame in got["frames"]]
    # by the time, not by counting: a busy computer skips frames whole, and they have had their turn
    turns = [round((time_ns - times_ns[0]) / 100e6) % 2 for time_ns in times_ns]
    assert set(turns) == {0, 1}
    first, second = ([signal for signal, its in zip(signals, turns, strict=True) if its == turn] for turn in (0, 1))
    assert 2 < first[0] < 50
    assert first == pytest.approx([first[0]] * len(first), rel=0.02)
    assert second == pytest.approx([4 * first[0]] * len(second), rel=0.05)
