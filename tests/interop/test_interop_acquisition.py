"""Acquisition through Aravis: how many frames come, when they were taken, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from tests.interop.emulator import MODELS, Ready, aravis

from tiscam_emu import Camera, native

Image = NDArray[np.float64]

_MONO = "38UX253"
_COMMON: list[tuple[str, object]] = [
    ("TriggerMode", "Off"),
    ("AcquisitionMode", "Continuous"),
    ("OffsetAutoCenter", "On"),
    ("Width", 640),
    ("Height", 480),
    ("AcquisitionFrameRate", "max"),
    ("ExposureAuto", "Off"),
    ("ExposureTime", 5000),
    ("GainAuto", "Off"),
    ("Gain", 0),
]
_BLACK_8_BIT = 240 / 16
_SPARE = 30


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


def _take(address: str, frames: int, *settings: tuple[str, object], **job: Any) -> dict[str, Any]:
    """Frames of 640 x 480 in free run, unless `settings` say otherwise; all must be complete."""
    got = aravis("aravis_stream", camera=address, frames=frames, set=[*_COMMON, *settings], **job)
    assert {frame["status"] for frame in got["frames"]} == {"success"}
    return got


def _pictures(got: dict[str, Any]) -> list[Image]:
    _, _, width, height = got["frames"][0]["region"]
    shape = (height, width)
    return [np.fromfile(path, np.uint8).reshape(shape).astype(np.float64) for path in got["saved"]]


# Counts


@pytest.mark.parametrize(
    ("mode", "count"),
    [([("AcquisitionMode", "SingleFrame")], 1), ([("AcquisitionMode", "MultiFrame"), ("AcquisitionFrameCount", 7)], 7)],
    ids=["SingleFrame", "MultiFrame"],
)
def test_mode_delivers_its_number_of_frames_and_no_more(
    camera: Ready, mode: list[tuple[str, object]], count: int
) -> None:
    got = _take(camera.address, count, *mode, ("AcquisitionFrameRate", 10), expect_end=True)

    assert [frame["id"] for frame in got["frames"]] == list(range(1, count + 1))


@pytest.mark.parametrize("model", MODELS)
def test_camera_just_started_delivers_every_frame_asked_for_at_its_highest_rate(
    tiscam_camera_factory: Callable[..., Camera], model: str
) -> None:
    camera = tiscam_camera_factory(model)

    got = _take(camera.address, 7, ("AcquisitionMode", "MultiFrame"), ("AcquisitionFrameCount", 7))

    assert camera.status().skipped_frames == 0
    assert [frame["id"] for frame in got["frames"]] == list(range(1, 8))


def test_single_frames_one_after_another_have_following_ids(camera: Ready) -> None:
    got = _take(camera.address, 1, ("AcquisitionMode", "SingleFrame"), acquisitions=3, expect_end=True)

    assert [frame["id"] for frame in got["frames"]] == [1, 2, 3]


def test_continuous_goes_on_until_it_is_stopped(tiscam_camera: Camera) -> None:
    got = _take(tiscam_camera.address, 40, ("AcquisitionMode", "Continuous"), ("AcquisitionFrameRate", 30))

    assert [frame["id"] for frame in got["frames"]] == list(range(1, 41))
    status = tiscam_camera.status()
    assert not status.acquiring
    assert status.engine == native.ENGINE


# Times


@pytest.mark.parametrize("name", ["AcquisitionFrameRate", "FPS"])
def test_ten_hertz_give_device_timestamps_100_ms_apart_exactly(camera: Ready, name: str) -> None:
    """A computer too busy to render may skip a frame; what comes then lies on the same grid."""
    got = _take(camera.address, 10, (name, 10), spare=_SPARE)

    distances = np.diff([frame["timestamp_ns"] for frame in got["frames"]])
    assert distances.min() == 100_000_000
    assert set(distances % 100_000_000) == {0}


def test_exposure_longer_than_the_period_sets_the_distance_of_frames(camera: Ready) -> None:
    got = _take(camera.address, 4, ("AcquisitionFrameRate", 50), ("ExposureTime", 150_000))

    assert set(np.diff([frame["timestamp_ns"] for frame in got["frames"]])) == {150_000_000}


# Triggers


def test_each_software_trigger_gives_one_frame(camera: Ready) -> None:
    mode = [("TriggerSelector", "FrameStart"), ("TriggerMode", "On"), ("TriggerSource", "Software")]

    got = _take(camera.address, 12, *mode, triggers=True, expect_end=True)

    assert [frame["id"] for frame in got["frames"]] == list(range(1, 13))


def test_without_a_trigger_no_frame_comes(camera: Ready) -> None:
    got = aravis(
        "aravis_stream",
        camera=camera.address,
        frames=0,
        expect_end=True,
        set=[("AcquisitionMode", "Continuous"), ("TriggerMode", "On"), ("TriggerSource", "Software")],
    )

    assert got["frames"] == []


# Content


@pytest.fixture
def half_lit(tmp_path: Path) -> str:
    """A picture dark on the left and grey on the right, with a bright field at the top right."""
    picture = Picture.new("L", (640, 480), 60)
    picture.paste(140, (320, 0, 640, 480))
    picture.paste(200, (480, 0, 640, 240))
    picture.save(tmp_path / "half.png")
    return str(tmp_path / "half.png")


@pytest.fixture
def mono(tiscam_camera_factory: Callable[..., Camera], half_lit: str) -> Camera:
    return tiscam_camera_factory(_MONO, scene=half_lit)


def _mean_picture(address: str, folder: Path, *settings: tuple[str, object]) -> Image:
    got = _take(address, 4, *settings, save=str(folder), save_count=4, spare=_SPARE)
    mean: Image = np.mean(_pictures(got), axis=0)
    return mean


def _signal(picture: Image) -> float:
    """What lies above the black level of 240 of 4095; 8 bit are good to half a step."""
    return float(picture.mean()) - _BLACK_8_BIT


def test_twice_the_exposure_gives_twice_the_signal(mono: Camera, tmp_path: Path) -> None:
    short, long = (_signal(_mean_picture(mono.address, tmp_path, ("ExposureTime", us))) for us in (8000, 16000))

    assert 20 < short < 100
    assert long == pytest.approx(2 * short, abs=1.5)


def test_six_decibels_give_twice_the_signal(mono: Camera, tmp_path: Path) -> None:
    exposure = ("ExposureTime", 8000)
    plain, amplified = (_signal(_mean_picture(mono.address, tmp_path, exposure, ("Gain", db))) for db in (0, 6.0206))

    assert amplified == pytest.approx(2 * plain, abs=1.5)


_WHOLE = [("Width", 4096), ("Height", 3000), ("ExposureTime", 16000)]


def test_reverse_x_and_y_mirror_the_picture(mono: Camera, tmp_path: Path) -> None:
    """Means of 64 x 60 pixels: noise and the sensor's own pattern, which is not mirrored with it, are far below 1."""
    from tests.interop.unpack import block_means

    taken = {}
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        whole = _mean_picture(mono.address, tmp_path, *_WHOLE, ("ReverseX", bool(x)), ("ReverseY", bool(y)))
        taken[x, y] = block_means(whole[:2944], 64)

    assert np.ptp(taken[0, 0]) > 20
    assert not np.allclose(taken[0, 0], taken[1, 0], atol=5.0)
    assert np.allclose(taken[1, 0], taken[0, 0][:, ::-1], atol=1.0)
    assert np.allclose(taken[1, 1], taken[0, 1][:, ::-1], atol=1.0)


def test_region_is_cut_out_where_its_offsets_say(mono: Camera, tmp_path: Path) -> None:
    whole = _mean_picture(mono.address, tmp_path, *_WHOLE)
    at = [("OffsetAutoCenter", "Off"), ("OffsetX", 1800), ("OffsetY", 1200), ("ExposureTime", 16000)]
    got = _take(mono.address, 4, *at, save=str(tmp_path), save_count=4, spare=_SPARE)
    part = np.mean(_pictures(got), axis=0)

    assert got["frames"][0]["region"] == [1800, 1200, 640, 480]
    assert np.ptp(part) > 20
    difference = part - whole[1200:1680, 1800:2440]
    assert abs(difference.mean()) < 0.1
    assert np.abs(difference).max() < 8 * difference.std()


def test_region_lies_in_the_middle_of_the_sensor_while_auto_centre_is_on(camera: Ready) -> None:
    read = ["OffsetX", "OffsetY", "SensorWidth", "SensorHeight"]
    got = _take(camera.address, 1, ("OffsetAutoCenter", "On"), read=read, spare=_SPARE)

    x, y, width, height = got["frames"][0]["region"]
    values = {name: int(value) for name, value in got["read"].items()}
    assert (x, y) == (values["OffsetX"], values["OffsetY"])
    assert abs(x + width / 2 - values["SensorWidth"] / 2) <= 2
    assert abs(y + height / 2 - values["SensorHeight"] / 2) <= 2
