"""AcquisitionFrameRate, its hidden twin, and the hidden interface that tells rates of other formats (manual 5.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.imaging import frame_rate
from tiscam_emu.errors import Status
from tiscam_emu.pixel_formats import PIXEL_FORMATS

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[[str], Desk]

MODELS = ("33GP1300", "38GX541-a", "38UX253", "38UX267", "39GX265-Z20")
FULL_HZ = 1.0 / (20e-6 + 2048 * 1536 / 113.5e6)
"""The link limits the DFK 39GX265-Z20: 20 us and 113.5 MB/s."""


def test_frame_rate_is_the_maximum_at_power_up(desk: Desk) -> None:
    low, high = desk.limits("AcquisitionFrameRate")
    assert low == pytest.approx(74.25e6 / ((1536 + 45) * 65528), abs=1e-3)
    assert high == pytest.approx(FULL_HZ, abs=1e-3)
    assert desk.get("AcquisitionFrameRate") == high


def test_lowest_rate_rises_as_the_height_falls(desk: Desk) -> None:
    desk.set(Height=4)
    assert desk.limits("AcquisitionFrameRate")[0] == pytest.approx(23.1, abs=0.03)
    desk.set(TestHeight=4)
    assert desk.get("ResultingMinFPS") == pytest.approx(23.5, abs=0.03)


def test_frame_rate_at_power_up_follows_the_maximum(desk: Desk) -> None:
    desk.set(Width=640, Height=480)
    assert desk.get("AcquisitionFrameRate") == desk.limits("AcquisitionFrameRate")[1]


def test_requested_rate_is_remembered_through_slower_formats(desk: Desk) -> None:
    desk.set(AcquisitionFrameRate=30.0)
    desk.set(PixelFormat="BGR8")
    slow = 1.0 / (20e-6 + 3 * 2048 * 1536 / 113.5e6)
    assert desk.get("AcquisitionFrameRate") == pytest.approx(slow, abs=1e-3)
    desk.set(PixelFormat="BayerRG8")
    assert desk.get("AcquisitionFrameRate") == 30.0


def test_rate_above_the_maximum_is_refused(desk: Desk) -> None:
    assert desk.attempt("AcquisitionFrameRate", 37.0) is Status.INVALID_PARAMETER
    assert desk.attempt("AcquisitionFrameRate", 0.71) is Status.INVALID_PARAMETER
    assert desk.attempt("AcquisitionFrameRate", 36.0) is Status.SUCCESS


def test_long_exposure_lowers_the_resulting_rate_and_not_the_maximum(desk: Desk) -> None:
    desk.prepare_small_frames()
    before = desk.limits("AcquisitionFrameRate")
    desk.set(AcquisitionFrameRate=100.0, ExposureTime=50_000.0)
    assert desk.limits("AcquisitionFrameRate") == before
    assert desk.get("AcquisitionFrameRate") == 100.0
    desk.run("AcquisitionStart")
    assert desk.starts(100_000_000) == [0, 50_000_000, 100_000_000]


def test_fps_is_the_acquisition_frame_rate(desk: Desk) -> None:
    slots = desk.camera.model.layout.slots
    assert slots["FPS"] == slots["AcquisitionFrameRate"]
    desk.set(FPS=12.5)
    assert desk.get("AcquisitionFrameRate") == desk.get("FPS") == 12.5


def test_upper_limit_of_the_exposure_automatic_follows_the_rate(desk: Desk) -> None:
    desk.set(AcquisitionFrameRate=20.0)
    assert desk.get("ExposureAutoUpperLimit") == 50_000.0
    assert desk.attempt("ExposureAutoUpperLimit", 100.0) is Status.ACCESS_DENIED
    desk.set(ExposureAutoUpperLimitAuto=0, ExposureAutoUpperLimit=100.0)
    assert desk.get("ExposureAutoUpperLimit") == 100.0


@pytest.mark.parametrize("model", MODELS)
def test_tested_rates_are_those_the_camera_has_in_that_format(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    factors = {
        "DecimationHorizontal": "decimation_x",
        "DecimationVertical": "decimation_y",
        "BinningHorizontal": "binning_x",
        "BinningVertical": "binning_y",
    }
    for entry in desk.camera.model.features["PixelFormat"].entries:
        for mode in desk.camera.model.readout_modes:
            wanted = {name: getattr(mode, factor) for name, factor in factors.items()}
            desk.set(TestPixelFormat=entry.value, **{f"Test{name}": value for name, value in wanted.items()})
            desk.set(**{name: value for name, value in wanted.items() if name in desk.camera.model.features})
            assert [desk.get(f"Test{name}") for name in wanted] == list(wanted.values())
            desk.set(PixelFormat=entry.name, Width=desk.limits("Width")[1], Height=desk.limits("Height")[1])
            desk.set(TestWidth=desk.get("WidthMax"), TestHeight=desk.get("HeightMax"))
            low, high = desk.limits("AcquisitionFrameRate")
            assert isinstance(low, float)
            assert desk.get("ResultingMinFPS") == pytest.approx(low * 65528 / 64512, abs=2e-3)
            assert desk.get("ResultingMaxFPS") == high


def test_tested_combination_that_does_not_exist_reads_back_as_the_one_that_does(desk: Desk) -> None:
    desk.set(TestDecimationVertical=2)
    assert desk.get("TestDecimationHorizontal") == 2
    assert (desk.get("TestWidth"), desk.get("TestHeight")) == (2048, 1536)
    assert desk.get("ResultingMaxFPS") == pytest.approx(1.0 / (20e-6 + 1024 * 768 / 113.5e6), abs=1e-3)
    assert desk.attempt("TestBinningHorizontal", 2) is Status.INVALID_PARAMETER


def test_testing_a_format_changes_no_setting(desk: Desk) -> None:
    desk.set(TestPixelFormat=PIXEL_FORMATS["BGR8"].code, TestWidth=528, TestHeight=4, TestDecimationVertical=2)
    assert (desk.get("PixelFormat"), desk.get("Width"), desk.get("Height")) == ("BayerRG8", 2048, 1536)
    assert desk.get("DecimationVertical") == 1


def test_foreign_pixel_format_cannot_be_tested(desk: Desk) -> None:
    assert desk.attempt("TestPixelFormat", PIXEL_FORMATS["Mono8"].code) is Status.INVALID_PARAMETER
    assert desk.attempt("TestPixelFormat", PIXEL_FORMATS["YCbCr422_8"].code) is Status.INVALID_PARAMETER


def test_rate_is_the_slower_of_sensor_and_link(desk_of: DeskOf) -> None:
    model = desk_of("38GX541-a").camera.model
    assert frame_rate.readout_s(model, "Mono8", 608, 8) == pytest.approx(2560e-6 + 8 * 28e-6, rel=1e-12)
    assert frame_rate.link_s(model, "Mono8", 608, 8) == pytest.approx(20e-6 + 4864 / 118e6, rel=1e-12)
    assert frame_rate.highest_hz(model, "Mono8", 608, 8) == pytest.approx(1 / 2784e-6, rel=1e-12)
