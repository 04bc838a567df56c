"""White balance by hand and by itself (manual 5.9).

Ratios for a black body follow from Wien's law in bands at 610, 540 and 460 nm: relative to daylight of 6500 K, red
light changes by exp(3057.5 K x) and blue light by exp(-4633.7 K x), where x = 1/T - 1/6500 K. The sensor of the DFK
39GX265-Z20 (quantum efficiency 0.51, 0.64, 0.53) sees daylight as neutral with ratios of 1.2549, 1 and 1.2075; its dyes
mix red, green and blue light as `DYES` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.errors import Status
from tiscam_emu.sensor.scenes.scene import FlatScene

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk, Studio

StudioOf = Callable[..., "Studio"]
TEMPERATURE = "WhiteBalanceMode_Temperature"
SELECTORS = ("Red", "Green", "Blue")


DYES = np.array([[0.78, 0.16, 0.06], [0.12, 0.74, 0.14], [0.03, 0.19, 0.78]])


def _card(red: float, green: float, blue: float) -> NDArray[np.float32]:
    return np.broadcast_to(np.array([red, green, blue], np.float32), (8, 8, 3))


def _ratios(desk: Desk) -> tuple[float, ...]:
    """As a client reads them."""
    found = []
    for colour in SELECTORS:
        desk.set(BalanceRatioSelector=colour)
        found.append(float(desk.get("BalanceRatio")))
    return tuple(found)


def _unbalance(studio: Studio) -> float:
    """Largest difference of two channels of the last frame, relative to the smallest, above black."""
    last = studio.seen[-1]
    above = [mean - 240 / 16 for mean in (last.red_dn8, last.green_dn8, last.blue_dn8)]
    return max(above) / min(above) - 1


# Gray world


@pytest.mark.parametrize("frames_late", [0, 3])
@pytest.mark.parametrize("tint", [(0.5, 0.25, 0.12), (0.1, 0.2, 0.3), (0.3, 0.2, 0.3), (0.3, 0.3, 0.3)])
@pytest.mark.parametrize("model", ["33GP1300", "38UX267", "39GX265-Z20"])
def test_gray_world_makes_a_tinted_card_neutral(
    studio_of: StudioOf, model: str, tint: tuple[float, float, float], frames_late: int
) -> None:
    studio = studio_of(model, _card(*tint), frames_late=frames_late)
    studio.film(30)
    assert _unbalance(studio) < 0.03
    assert studio.means[-1] == pytest.approx(128, rel=0.03)
    assert len({white_balance for *_, white_balance in studio.settings[20:]}) == 1


@pytest.mark.parametrize("pixel_format", ["BayerRG12Packed", "YUV422_8", "BGR8"])
def test_gray_world_works_in_every_format(studio_of: StudioOf, pixel_format: str) -> None:
    studio = studio_of("39GX265-Z20", _card(0.4, 0.25, 0.2))
    studio.desk.set(PixelFormat=pixel_format, Gamma=1.5)
    studio.film(30)
    red, green, blue = (ratio / studio.requests[-1].white_balance[1] for ratio in studio.requests[-1].white_balance)
    # the dyes see 0.364, 0.261 and 0.2155 of the card: 1.2549 x 0.261 / 0.364 and 1.2075 x 0.261 / 0.2155
    assert (red, green, blue) == pytest.approx((0.8998, 1.0, 1.4624), rel=0.03)


def test_balance_ratio_shows_what_the_automatic_has_chosen_and_keeps_it(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.25))
    assert _ratios(studio.desk) == (1.0, 1.0, 1.0)
    studio.film(10)
    found = _ratios(studio.desk)
    assert found == pytest.approx((1.2549, 1.0, 1.2075), abs=1.5 / 64)
    studio.desk.set(BalanceWhiteAuto="Off")
    studio.film(5)
    assert _ratios(studio.desk) == found == studio.requests[-1].white_balance
    studio.desk.set(BalanceRatioSelector="Red", BalanceRatio=2.0)
    studio.film(5)
    assert studio.requests[-1].white_balance == (2.0, *found[1:])


def test_largest_ratio_is_the_registers(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", _card(0.5, 0.2, 0.03))
    studio.film(30)
    assert _ratios(studio.desk)[2] == 255 / 64


def test_darkness_changes_no_ratios(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.0))
    studio.film(20)
    assert _ratios(studio.desk) == (1.0, 1.0, 1.0)


def test_white_balance_looks_at_its_region_alone(studio_of: StudioOf) -> None:
    halves = [np.broadcast_to(np.array(rgb, np.float32), (768, 2048, 3)) for rgb in ((0.2, 0.2, 0.4), (0.4, 0.2, 0.2))]
    studio = studio_of("39GX265-Z20", np.concatenate(halves))
    studio.desk.set(AutoFunctionsROIEnable=1, AutoFunctionsROIPreset="AutoFunctionsROIPreset_TopHalf")
    studio.film(20)
    top = _ratios(studio.desk)
    studio.desk.set(AutoFunctionsROIPreset="AutoFunctionsROIPreset_BottomHalf")
    studio.film(20)
    bottom = _ratios(studio.desk)
    # the dyes see red 0.212 and blue 0.356 of the upper half, 0.356 and 0.206 of the lower
    assert top[0] / top[2] == pytest.approx(0.356 / 0.212 * 1.2549 / 1.2075, rel=0.06)
    assert bottom[0] / bottom[2] == pytest.approx(0.206 / 0.356 * 1.2549 / 1.2075, rel=0.06)


# Once


def test_once_becomes_off_when_the_card_is_neutral(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", _card(0.4, 0.25, 0.2), frames_late=2)
    studio.desk.set(BalanceWhiteAuto="Once")
    assert studio.desk.attempt("BalanceRatio", 1.0) is Status.ACCESS_DENIED
    studio.film(30)
    assert studio.desk.get("BalanceWhiteAuto") == "Off"
    assert _unbalance(studio) < 0.03
    assert studio.desk.attempt("BalanceRatio", 1.0) is Status.SUCCESS


def test_once_waits_until_frames_come(studio_of: StudioOf) -> None:
    desk = studio_of("39GX265-Z20", FlatScene(0.25)).desk
    desk.set(BalanceWhiteAuto="Once")
    desk.advance(10**10)
    assert desk.get("BalanceWhiteAuto") == "Once"


# Temperature


@pytest.mark.parametrize(
    ("kelvin", "expected"),
    [(6500, (80, 64, 77)), (3000, (64, 78, 163)), (2500, (64, 90, 225)), (10_000, (91, 64, 65))],
)
def test_temperature_sets_the_ratios_of_a_black_body(desk: Desk, kelvin: int, expected: tuple[int, ...]) -> None:
    desk.set(BalanceWhiteAuto="Off", BalanceWhiteMode=TEMPERATURE, BalanceWhiteTemperature=kelvin)
    x = 1 / kelvin - 1 / 6500
    red, green, blue = DYES @ (np.exp(3057.5 * x), 1.0, np.exp(-4633.7 * x))
    wanted = np.array([1.2549 * green / red, 1.0, 1.2075 * green / blue])
    wanted *= min(1 / wanted.min(), 255 / 64 / wanted.max())
    assert np.abs(np.array(_ratios(desk)) - wanted).max() < 0.51 / 64
    assert _ratios(desk) == tuple(value / 64 for value in expected)


def test_temperature_preset_sets_temperature_and_ratios(desk: Desk) -> None:
    desk.set(BalanceWhiteAuto="Off", BalanceWhiteMode=TEMPERATURE, BalanceWhiteTemperature=3000)
    expected = _ratios(desk)
    desk.set(BalanceWhiteTemperature=6500)
    desk.set(BalanceWhiteTemperaturePreset="BalanceWhiteTemperaturePreset_HalogenLight")
    assert desk.get("BalanceWhiteTemperature") == 3000
    assert _ratios(desk) == expected


def test_temperature_is_only_stored_in_gray_world_mode(desk: Desk) -> None:
    desk.set(BalanceWhiteAuto="Off", BalanceWhiteTemperature=3000)
    assert _ratios(desk) == (1.0, 1.0, 1.0)


def _light_of(kelvin: float) -> NDArray[np.float32]:
    x = 1 / kelvin - 1 / 6500
    return _card(0.25 * np.exp(3057.5 * x), 0.25, 0.25 * np.exp(-4633.7 * x))


@pytest.mark.parametrize("kelvin", [3000, 4500, 6500, 9000])
def test_automatic_finds_the_temperature_of_the_light(studio_of: StudioOf, kelvin: int) -> None:
    studio = studio_of("39GX265-Z20", _light_of(kelvin))
    studio.desk.set(BalanceWhiteMode=TEMPERATURE)
    studio.film(30)
    assert float(studio.desk.get("BalanceWhiteTemperature")) == pytest.approx(kelvin, rel=0.035)
    assert _unbalance(studio) < 0.06


@pytest.mark.parametrize(
    ("preset", "kelvin"),
    [("Any", 4800), ("WarmWhite", 4000), ("CoolWhite", 4800), ("Daylight", 5700), ("DeepShade", 7500)],
)
def test_preset_limits_the_temperatures_that_are_found(studio_of: StudioOf, preset: str, kelvin: int) -> None:
    studio = studio_of("39GX265-Z20", _light_of(4800))
    studio.desk.set(BalanceWhiteMode=TEMPERATURE, BalanceWhiteAutoPreset=f"BalanceWhiteAutoPreset_{preset}")
    studio.film(30)
    assert float(studio.desk.get("BalanceWhiteTemperature")) == pytest.approx(kelvin, rel=0.035)


def test_temperature_mode_does_not_take_a_green_wall_for_light(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", _card(0.2, 0.3, 0.2))
    studio.desk.set(BalanceWhiteMode=TEMPERATURE)
    studio.film(20)
    last = studio.seen[-1]
    # the dyes see green 0.274 and red 0.216 of the wall
    assert (last.green_dn8 - 15) / (last.red_dn8 - 15) == pytest.approx(0.274 / 0.216, rel=0.05)
