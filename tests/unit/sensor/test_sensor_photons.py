"""From light to electrons: photons, efficiencies, dark current, defects, the lens. Figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import FormatReadout, SensorModel
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import FlatScene, Scene, load_scene
from tiscam_emu.sensor.settings import FrameSettings

TakeFrame = Callable[..., NDArray[Any]]
Card = Callable[..., Scene]

NOISES = ["exact", "fast"]
PIXELS = 256 * 192

IMX253 = SensorModel(4096, 3000, 3.45, False, 10500, 2.3, qe=(0.65,))
OVERLAPPING = ((0.7, 0.2, 0.1), (0.1, 0.8, 0.1), (0.0, 0.25, 0.75))


def settings_of(sensor: SensorModel, **changes: Any) -> FrameSettings:
    request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS["Mono16"], Region(64, 64))
    return FrameSettings.of(sensor, replace(request, **changes))


# Photons


def test_white_fills_97_percent_of_the_converter_in_5_ms() -> None:
    # 0.97 x 0.95 x 10500 electrons, each from 1 / 0.65 photons
    assert IMX253.photons_at_white(5000.0) == pytest.approx(0.97 * 0.95 * 10500 / 0.65)
    assert IMX253.photons_at_white(5000.0) == pytest.approx(14885.8, abs=0.1)


def test_photons_grow_with_exposure_and_with_the_light_of_the_lens() -> None:
    assert IMX253.photons_at_white(20000.0, 0.25) == pytest.approx(IMX253.photons_at_white(5000.0))


def test_irradiance_goes_with_photons_by_the_equation_of_emva_1288() -> None:
    # mu_p = 50.34 A[um2] t[ms] lambda[um] E[uW/cm2]: 14885.8 = 50.34 x 11.9025 x 5 x 0.525 x 9.4642
    assert IMX253.white_irradiance_uw_per_cm2 == pytest.approx(9.4642, abs=0.001)


@pytest.mark.parametrize("noise", NOISES)
def test_electrons_are_photons_times_quantum_efficiency_in_every_channel(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frame = take_frame(still_color_sensor, card(0.4), "BayerRG16", noise=noise).astype(float) - 240
    photons = 0.4 * still_color_sensor.photons_at_white(5000.0)
    for row, column, efficiency in ((0, 0, 0.52), (0, 1, 0.64), (1, 0, 0.64), (1, 1, 0.50)):
        signal = frame[row::2, column::2]
        expected = photons * efficiency * still_color_sensor.dn_per_electron
        # 0.015 DN: the dark current of 5 ms, 0.01 electrons, is below the step it is rounded to
        assert abs(signal.mean() - expected) < 5 * signal.std() / signal.size**0.5 + 0.015


@pytest.mark.parametrize("color", [True, False])
def test_flat_half_fills_green_or_monochrome_pixels_in_20_ms(
    still_sensor: SensorModel, still_color_sensor: SensorModel, take_frame: TakeFrame, color: bool
) -> None:
    sensor, pixel_format = (still_color_sensor, "BayerRG16") if color else (still_sensor, "Mono16")
    frame = take_frame(sensor, FlatScene(), pixel_format, exposure_us=20000.0).astype(float)
    electrons = (frame[0::2, 1::2] - 240) / sensor.dn_per_electron
    # dark current adds 0.04 electrons
    assert abs(electrons.mean() - 10500 / 2) < 5 * electrons.std() / electrons.size**0.5 + 0.1


# Colour of light and of dyes


def test_overlapping_dyes_mix_colours_and_leave_grey_alone(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    sensor = replace(still_color_sensor, dye_shares=OVERLAPPING)
    white_dn = 0.97 * 3855
    grey = take_frame(sensor, card(0.4), "BayerRG16").astype(float) - 240
    assert grey[0::2, 0::2].mean() == pytest.approx(0.4 * white_dn * 0.52 / 0.64, abs=0.5)
    red = take_frame(sensor, card((0.4, 0.0, 0.0)), "BayerRG16").astype(float) - 240
    assert red[0::2, 0::2].mean() == pytest.approx(0.7 * 0.4 * white_dn * 0.52 / 0.64, abs=0.5)
    assert red[0::2, 1::2].mean() == pytest.approx(0.1 * 0.4 * white_dn, abs=0.5)
    assert red[1::2, 1::2].mean() == pytest.approx(0.0, abs=0.5)


def test_warm_light_is_redder_by_wiens_law(still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame) -> None:
    daylight, warm = (
        take_frame(still_color_sensor, card(0.3), "BayerRG16", light_k=kelvin).astype(float) - 240
        for kelvin in (6500.0, 3000.0)
    )
    # x = 1/3000 - 1/6500 = 1.7949e-4: red exp(3057.5 x) = 1.7312, blue exp(-4633.7 x) = 0.4353
    assert warm[0::2, 0::2].mean() / daylight[0::2, 0::2].mean() == pytest.approx(1.7312, rel=2e-3)
    assert warm[0::2, 1::2].mean() / daylight[0::2, 1::2].mean() == pytest.approx(1.0, rel=2e-3)
    assert warm[1::2, 1::2].mean() / daylight[1::2, 1::2].mean() == pytest.approx(0.4353, rel=2e-3)


@pytest.mark.parametrize("noise", NOISES)
def test_infrared_light_reaches_each_channel_by_its_efficiency_there(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    sensor = replace(still_color_sensor, qe_nir=(0.25, 0.16, 0.2))
    plain, lit = (
        take_frame(sensor, card((0.0, 0.3, 0.6)), "BayerRG16", noise=noise, infrared=infrared).astype(float) - 240
        for infrared in (0.0, 0.5)
    )
    # the card reflects 0.3 of the infrared, its mean in visible light; half as many photons as visible ones
    photons_dn = sensor.photons_at_white(5000.0) * sensor.dn_per_electron * 0.3 * 0.5
    for row, column, efficiency in ((0, 0, 0.25), (0, 1, 0.16), (1, 1, 0.2)):
        added = (lit - plain)[row::2, column::2].mean()
        assert added == pytest.approx(photons_dn * efficiency, abs=2.0)


# Dark current


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("warmth", [(25.0, 20.0), (33.0, 40.0), (37.0, 56.57), (17.0, 10.0)])
def test_dark_current_doubles_every_eight_degrees_and_has_shot_noise(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str, warmth: tuple[float, float]
) -> None:
    temperature_c, electrons = warmth
    frame = take_frame(still_sensor, card(0.0), noise=noise, exposure_us=10e6, temperature_c=temperature_c)
    gain = still_sensor.dn_per_electron
    variance = gain**2 * (electrons + 2.3**2) + 1 / 12
    # 1.6 %: the steps of the dark current
    assert abs(float(frame.mean()) - 240 - gain * electrons) < 5 * (variance / PIXELS) ** 0.5 + 0.016 * gain * electrons
    assert abs(float(frame.astype(float).var()) - variance) < variance * (5 * (2 / PIXELS) ** 0.5 + 0.016)


def test_a_camera_that_warms_up_keeps_its_settings_at_short_exposures() -> None:
    tenths = np.arange(250, 371) / 10
    assert len({settings_of(IMX253, temperature_c=float(celsius)) for celsius in tenths}) == 1
    of_a_second = {settings_of(IMX253, temperature_c=float(celsius), exposure_us=1e6) for celsius in tenths}
    assert 30 < len(of_a_second) < 60


# Fixed differences and defects


@pytest.mark.parametrize("noise", NOISES)
def test_hot_pixels_make_many_times_the_dark_current(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    sensor = replace(still_sensor, hot_pixels=10, hot_pixel_times=(500.0, 1000.0))
    frame = take_frame(sensor, card(0.0), noise=noise, exposure_us=1e6, serial="38253001").astype(float) - 240
    hot = frame[frame > 100]
    assert hot.size == 10
    # 2 electrons of every pixel, and 500 to 1000 times that: 386 to 773 DN, with noise of up to 20 DN
    gain = sensor.dn_per_electron
    assert 1000 * gain - 5 * 14 < hot.min()
    assert hot.max() < 2004 * gain + 5 * 18


def test_hot_pixels_are_as_good_as_others_at_short_exposures(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    sensor = replace(still_sensor, hot_pixels=10)
    frame = take_frame(sensor, card(0.0), exposure_us=1000.0)
    assert int(frame.max()) < 240 + 7


@pytest.mark.parametrize("noise", NOISES)
def test_dead_pixels_see_less_than_a_third_of_the_light(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    sensor = replace(still_sensor, dead_pixels=10)
    frame = take_frame(sensor, card(0.5), noise=noise).astype(float) - 240
    normal = 0.5 * 0.97 * 3855
    # the lens blurs the light, not the defects
    assert int((frame < 0.31 * normal + 5 * 15).sum()) == 10
    assert int((frame < 0.9 * normal).sum()) == 10


def test_defects_are_those_of_the_serial_number(still_sensor: SensorModel, card: Card, take_frame: TakeFrame) -> None:
    sensor = replace(still_sensor, dead_pixels=10)

    def places(serial: str, seed: int) -> list[int]:
        frame = take_frame(sensor, card(0.5), serial=serial, seed=seed)
        return np.flatnonzero(frame.ravel() < 1000).tolist()

    first = places("33130001", 1)
    assert len(first) == 10
    assert places("33130001", 2) == first
    assert not set(places("33130002", 1)) & set(first)


def test_defects_follow_their_pixel_through_region_and_flips(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    sensor = replace(still_sensor, dead_pixels=10)
    whole = take_frame(sensor, card(0.5)) < 1000
    part = take_frame(sensor, card(0.5), region=Region(128, 96, 64, 40, reverse_x=True)) < 1000
    assert part.sum() > 0
    assert np.array_equal(part, whole[:, ::-1][40:136, 64:192])


def test_fixed_offsets_do_not_change_the_temporal_noise_in_the_dark(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    sensor = replace(still_sensor, dsnu_e=1.5)
    for noise in NOISES:
        one, two = (
            take_frame(sensor, card(0.0), noise=noise, frame_id=index, gain_db=12.0).astype(float) for index in (0, 1)
        )
        variance = (sensor.dn_per_electron * 10**0.6 * 2.3) ** 2 + 1 / 12
        # 1 %: fixed-point sigma of fast noise, which follows the offsets
        assert abs((one - two).var() / 2 - variance) < 5 * variance * (2 / PIXELS) ** 0.5 + 0.01 * variance, noise


# Lens


@pytest.mark.parametrize("noise", NOISES)
def test_corners_are_darker_behind_a_lens_and_not_before_an_even_source(
    still_sensor: SensorModel, take_frame: TakeFrame, card: Card, noise: str
) -> None:
    sensor = replace(still_sensor, corner_light_percent=80.0)
    behind, even = (take_frame(sensor, scene, noise=noise).astype(float) - 240 for scene in (card(0.5), FlatScene(0.5)))
    middle, corner = np.s_[80:112, 112:144], np.s_[:8, :8]
    # 64 pixels in the corner, on average at 0.8 + 0.2 x 0.07 of the light; noise 26 / 8 DN
    assert behind[corner].mean() / behind[middle].mean() == pytest.approx(0.815, abs=0.012)
    assert even[corner].mean() / even[middle].mean() == pytest.approx(1.0, abs=0.012)
    assert behind[middle].mean() == pytest.approx(even[middle].mean(), abs=6)


# Conversion by format


def test_a_format_of_coarser_conversion_has_its_own_steps_and_noise(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    sensor = replace(still_sensor, formats=(("Mono12p", FormatReadout(10, 6.0)),))
    assert np.unique(take_frame(sensor, card(0.0), "Mono16") % 4).size == 4
    first, middle, _ = take_frame(sensor, card(0.0), "Mono12p", noise="exact").reshape(-1, 3).T.astype(int)
    values = (first | (middle & 15) << 8).astype(float)
    assert np.unique(values % 4).tolist() == [0]
    variance = (6.0 * sensor.dn_per_electron) ** 2 + 16 / 12
    assert abs(values.var() - variance) < variance * (5 * (4 / PIXELS) ** 0.5 + 0.01)  # 1 %: sigma is half a step


# What a sensor cannot be


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"qe": (1.2,)}, r"qe: \[1.2\] are not efficiencies between 0 and 1"),
        ({"qe": (0.0,)}, r"qe: \[0.0\] are not efficiencies between 0 and 1"),
        ({"qe_nir": (0.2, 0.2, 0.2)}, "qe_nir needs 1 values, not 3"),
        ({"dye_shares": ((1.0,),)}, "dye_shares needs three rows of three values"),
        ({"dye_shares": ((0.9, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))}, "every row .* must add up to 1"),
        ({"formats": (("Mono8", FormatReadout(14, 2.0)),)}, "adc_bits: 14 is not in 8 to 12"),
    ],
)
def test_impossible_sensors_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(IMX253, **changes)


def test_flat_is_a_scene_by_name() -> None:
    assert load_scene("flat") == FlatScene()
