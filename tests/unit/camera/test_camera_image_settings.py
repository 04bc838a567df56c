"""Lookup table, white balance and colour matrix as settings."""

from __future__ import annotations

import pytest

from tiscam_emu.camera.imaging import lut, white_balance
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import InvalidParameter, OutOfRange
from tiscam_emu.spec.load import load_model


def _camera(model: str = "39GX265-Z20") -> CameraState:
    return CameraState(load_model(model, ROOMS), CameraOptions(strict=True))


def test_lookup_table_starts_as_a_straight_line() -> None:
    points = lut.points(_camera())
    assert len(points) == 257
    assert points[:3] == (0, 256, 512)
    assert points[-2:] == (65280, 65535)


def test_lut_value_writes_the_selected_point_alone() -> None:
    camera = _camera()
    camera.write("LUTIndex", 256)
    camera.write("LUTValue", 7)
    assert lut.points(camera) == (*lut.STRAIGHT[:256], 7)


def test_lut_value_all_is_257_big_endian_words() -> None:
    camera = _camera()
    assert camera["LUTValueAll"] == b"".join(value.to_bytes(4, "big") for value in lut.STRAIGHT)
    camera.write("LUTValueAll", b"".join(value.to_bytes(4, "big") for value in range(257)))
    assert lut.points(camera) == tuple(range(257))


def test_lut_value_all_with_a_point_above_16_bits_is_refused_whole() -> None:
    camera = _camera()
    with pytest.raises(OutOfRange):
        camera.write("LUTValueAll", (65536).to_bytes(4, "big") * 257)
    assert lut.points(camera) == lut.STRAIGHT


def test_balance_ratios_are_kept_per_colour_in_64ths() -> None:
    camera = _camera()
    camera.write("BalanceWhiteAuto", 0)
    for selector, ratio in ((0, 1.5), (1, 1.0), (2, 2.01)):
        camera.write("BalanceRatioSelector", selector)
        camera.write("BalanceRatio", ratio)
    assert white_balance.ratios(camera) == (1.5, 1.0, 2.015625)  # 2.01 is nearest to 129/64


def test_monochrome_camera_has_neutral_ratios() -> None:
    assert white_balance.ratios(_camera("38UX253")) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("preset", "kelvin"), [(0, 2500), (1, 2700), (5, 5000), (6, 6000), (8, 10000)])
def test_temperature_preset_sets_the_temperature(preset: int, kelvin: int) -> None:
    camera = _camera()
    camera.write("BalanceWhiteAuto", 0)
    camera.write("BalanceWhiteTemperaturePreset", preset)
    assert camera["BalanceWhiteTemperature"] == kelvin


def test_event_of_another_model_cannot_be_selected() -> None:
    with pytest.raises(InvalidParameter):
        _camera("38GX541-a").write("EventSelector", 5)
    _camera().write("EventSelector", 5)
