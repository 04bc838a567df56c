"""Features by name: for who holds the camera, past the client's privilege but through the same gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tiscam_emu.camera.by_name import FeatureInfo, Features, Plain
from tiscam_emu.errors import AccessDenied, InvalidParameter, OutOfRange, ReadOnly, UnknownFeature

NewDesk = Callable[..., Any]


@pytest.fixture
def features(desk_of: NewDesk) -> Features:
    return desk_of("39GX265-Z20", strict=False).camera.by_name(0)  # type: ignore[no-any-return]


def test_values_are_read_as_people_write_them(features: Features) -> None:
    read = [features.value(name) for name in ("Width", "ExposureTime", "PixelFormat", "ReverseX", "DeviceModelName")]
    assert read == [2048, 5000.0, "BayerRG8", False, "DFK 39GX265-Z20"]


def test_a_written_value_is_what_clients_read(desk_of: NewDesk) -> None:
    camera = desk_of("39GX265-Z20")
    by_name = camera.camera.by_name(0)

    for name, value in {"PixelFormat": "BGR8", "Width": 640, "ExposureAuto": "Off", "ExposureTime": 1234.0}.items():
        by_name.write(name, value)

    assert [camera.get(name) for name in ("PixelFormat", "Width", "ExposureTime")] == ["BGR8", 640, 1234.0]


def test_an_entry_of_the_selector_is_named_without_selecting_it(features: Features) -> None:
    features.write("BalanceWhiteAuto", "Off")
    features.write("BalanceRatio[Blue]", 1.5)
    assert (features.value("BalanceRatioSelector"), features.value("BalanceRatio[Blue]")) == ("Red", 1.5)
    assert features.value("BalanceRatio") != 1.5


@pytest.mark.parametrize(
    ("name", "value", "error", "told"),
    [
        ("Width", 641, OutOfRange, "Width: 641 is not in 528 to 2048 in steps of 16"),
        ("Width", "640", InvalidParameter, "Width: '640' is not a whole number"),
        ("Width", True, InvalidParameter, "Width: True is not a whole number"),
        ("PixelFormat", "Mono7", InvalidParameter, "PixelFormat: 'Mono7' is not one of BayerRG8, "),
        ("ExposureTime", 100.0, AccessDenied, "ExposureTime is locked: ExposureAuto is on"),
        ("Gamma", float("nan"), InvalidParameter, "Gamma: nan is no number that can be"),
        ("DeviceModelName", "other", ReadOnly, "DeviceModelName is read-only"),
        ("TriggerSoftware", 0, InvalidParameter, "TriggerSoftware: 0 is not true, which executes it"),
        ("Width[Red]", 640, InvalidParameter, "Width[Red]: Width has no selector"),
        ("BalanceRatio[Pink]", 1.0, InvalidParameter, "BalanceRatioSelector: 'Pink' is not one of Red, Green, Blue"),
        ("Widht", 640, UnknownFeature, "no feature 'Widht'; did you mean Width or WidthMax?"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_reason_and_nothing_changes(
    features: Features, name: str, value: Plain, error: type[Exception], told: str
) -> None:
    before = {shown: features.info(shown).value for shown in features.names()}
    with pytest.raises(error) as raised:
        features.write(name, value)
    assert str(raised.value).startswith(told)
    assert {shown: features.info(shown).value for shown in features.names()} == before


def test_clients_of_a_forgiving_camera_are_forgiven_as_before(desk_of: NewDesk) -> None:
    camera = desk_of("39GX265-Z20", strict=False)
    with pytest.raises(OutOfRange):
        camera.camera.by_name(0).write("Width", 641)
    camera.set(Width=641)
    assert camera.get("Width") == 640


def test_a_feature_tells_what_it_can_be_now(features: Features) -> None:
    width, exposure, pixel_format = (features.info(name) for name in ("Width", "ExposureTime", "PixelFormat"))

    assert (width.kind, width.access, width.low, width.high, width.step) == ("Integer", "RW", 528, 2048, 16)
    assert (exposure.access, exposure.locked, exposure.unit) == ("RO", "ExposureAuto is on", "us")
    assert "BGR8" in pixel_format.entries
    assert FeatureInfo.from_json(width.to_json()) == width


def test_a_command_is_executed(desk_of: NewDesk) -> None:
    camera = desk_of("39GX265-Z20")
    camera.set(TriggerMode="On", ExposureAuto="Off")
    by_name = camera.camera.by_name(camera.now)
    by_name.write("AcquisitionStart", True)
    by_name.write("TriggerSoftware", True)
    assert len(camera.advance(1_000_000)) == 1


def test_it_says_of_which_features_clients_may_keep_a_copy(features: Features) -> None:
    assert (features.info("Hue").cached, features.info("Width").cached) == (True, False)


@pytest.mark.parametrize("model", ["33GP1300", "38GX541-a", "38UX253", "38UX267", "39GX265-Z20"])
def test_every_feature_that_clients_are_shown_can_be_described(desk_of: NewDesk, model: str) -> None:
    by_name = desk_of(model).camera.by_name(0)
    described = [by_name.info(name) for name in by_name.names()]
    assert len(described) > 100
    assert all((info.value is None) == (info.kind == "Command" or info.access == "WO") for info in described)
