"""Statistics of the rendered noise. Bounds are five standard errors at the number of pixels used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.fast.noise_pool import MAX_Z, Z_UNITS, white_pool
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.request import Region
from tiscam_emu.sensor.scenes.scene import Scene

TakeFrame = Callable[..., NDArray[Any]]
Card = Callable[..., Scene]

PIXELS = 256 * 192


def mean_error(sigma: float, count: int) -> float:
    return float(5 * sigma / count**0.5)


def variance_error(variance: float, count: int) -> float:
    return float(5 * variance * (2 / count) ** 0.5)


@pytest.mark.parametrize(
    ("gain_db", "white_share"),
    [(0, 0.0), (0, 0.05), (0, 0.4), (12, 0.0), (12, 0.4), (30, 0.0), (30, 0.05), (30, 0.3), (48, 0.0), (48, 0.05)],
)
def test_raw_mean_and_variance_are_those_of_the_photons(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, gain_db: float, white_share: float
) -> None:
    gain = still_sensor.dn_per_electron * 10 ** (gain_db / 20)
    electrons = white_share * 3855 / gain  # the same signal at every gain
    exposure_us = 5000 * electrons / (0.5 * still_sensor.reference_electrons_per_ms * 5)
    dark_e = still_sensor.dark_current_e_per_s * exposure_us / 1e6
    variance = gain**2 * (electrons + dark_e + 2.3**2) + 1 / 12  # of quantisation
    black = 2000.0
    assert 5 * variance**0.5 < min(black, 4095 - black - electrons * gain), "nothing is clipped at five sigma"
    for noise in ("exact", "fast"):
        frame = take_frame(
            still_sensor, card(0.5), noise=noise, gain_db=gain_db, exposure_us=exposure_us, black_level=black
        ).astype(float)
        assert abs(frame.mean() - black - (electrons + dark_e) * gain) < mean_error(variance**0.5, PIXELS), noise
        # 0.3 %: fixed-point z and sigma of the fast path
        assert abs(frame.var() - variance) < variance_error(variance, PIXELS) + 0.003 * variance, noise


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_a_coarse_converter_adds_the_noise_of_its_steps(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    sensor = replace(still_sensor, adc_bits=10, read_noise_e=8.5)
    frame = take_frame(sensor, card(0.0), noise=noise).astype(float)
    variance = (8.5 * sensor.dn_per_electron) ** 2 + 4**2 / 12
    assert abs(frame.mean() - 240) < mean_error(variance**0.5, PIXELS)
    assert abs(frame.var() - variance) < variance_error(variance, PIXELS) + 0.01 * variance


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_variance_follows_the_mean_with_the_system_gain_as_slope(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frames = [
        take_frame(still_sensor, card(1.0), noise=noise, exposure_us=exposure_us).astype(float)
        for exposure_us in (500, 1000, 2000, 3000, 4000)
    ]
    means, variances = [frame.mean() for frame in frames], [frame.var() for frame in frames]
    slope, offset = np.polyfit(np.array(means) - 240, variances, 1)
    gain = still_sensor.dn_per_electron
    # five sigma of the steepest pair of points, conservatively
    assert abs(slope - gain) < 2 * variance_error(variances[-1], PIXELS) / (means[-1] - means[0])
    assert abs(offset - (gain * 2.3) ** 2 - 1 / 12) < 2 * variance_error(variances[-1], PIXELS)


@pytest.mark.parametrize("pixel_format", ["Mono8", "BGR8", "YCbCr422_8", "YCbCr411_8", "BayerRG16", "BayerRG8"])
@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_fast_and_exact_agree_for_every_component_of_a_colour_camera(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, pixel_format: str, gamma: float
) -> None:
    settings: dict[str, Any] = {"gain_db": 24.0, "exposure_us": 5000 / 15.8, "white_balance": (1.2, 1.0, 1.4)}
    exact, fast = (
        take_frame(
            still_color_sensor, card((0.4, 0.3, 0.25)), pixel_format, noise=noise, gamma=gamma, **settings
        ).astype(float)
        for noise in ("exact", "fast")
    )
    period = {"BGR8": 6, "YCbCr422_8": 4, "YCbCr411_8": 6}.get(pixel_format, 2)
    inner = np.s_[4:-4, 24:-24]
    for row in range(2):
        for column in range(period):
            ours, theirs = fast[inner][row::2, column::period], exact[inner][row::2, column::period]
            # neighbours in the exact frame are correlated by demosaicing: a quarter of them count as independent
            count = theirs.size // 4
            assert abs(ours.mean() - theirs.mean()) < mean_error(theirs.std(), count) * 2**0.5 + 0.03
            # 4 %: the curvature of gamma over the width of the noise, and rounding to 8 bits
            assert abs(ours.var() - theirs.var()) < 2**0.5 * variance_error(theirs.var(), count) + 0.04 * theirs.var()


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_twice_the_exposure_doubles_the_signal_above_black(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    single, double = (
        float(take_frame(still_sensor, card(0.4), noise=noise, exposure_us=exposure_us).mean()) - 240
        for exposure_us in (4000, 8000)
    )
    assert abs(double - 2 * single) < 3 * mean_error(35, PIXELS)


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_six_db_of_gain_double_the_signal_above_black(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    plain, amplified = (
        float(take_frame(still_sensor, card(0.4), noise=noise, gain_db=gain_db).mean()) - 240
        for gain_db in (0.0, 20 * np.log10(2))
    )
    assert abs(amplified - 2 * plain) < 3 * mean_error(60, PIXELS)


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_black_level_shifts_the_picture(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    low, high = (
        float(take_frame(still_sensor, card(0.3), noise=noise, black_level=black).mean()) for black in (100.0, 612.0)
    )
    assert abs(high - low - 512) < 2 * mean_error(25, PIXELS)


@pytest.mark.parametrize("noise", ["exact", "fast"])
@pytest.mark.parametrize("gain_db", [0.0, 20.0, 48.0])
def test_bright_light_saturates_every_pixel(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str, gain_db: float
) -> None:
    frame = take_frame(still_sensor, card(8.0), noise=noise, gain_db=gain_db)
    assert np.unique(frame).tolist() == [4095]


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_full_well_limits_the_signal_below_full_scale_without_black_level(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frame = take_frame(still_sensor, card(8.0), noise=noise, black_level=0.0).astype(float)
    gain = still_sensor.dn_per_electron
    assert abs(frame.mean() - 10500 * gain) < mean_error(1.0, PIXELS)
    variance = (2.3 * gain) ** 2 + 1 / 12
    assert abs(frame.var() - variance) < variance_error(variance, PIXELS) + 0.01 * variance


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_darkness_without_black_level_is_cut_at_zero(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frame = take_frame(still_sensor, card(0.0), noise=noise, black_level=0.0, gain_db=48.0)
    zeros = float((frame == 0).mean())
    assert 0.45 < zeros < 0.55
    assert int(frame.max()) < 1500


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_noise_just_below_full_scale_is_cut_there(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frame = take_frame(still_sensor, card(1 / 0.97), noise=noise, gain_db=0.0)
    assert 0.4 < float((frame == 4095).mean()) < 0.6
    assert int(frame.min()) > 4095 - 6 * 40


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_binning_averages_away_noise(still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str) -> None:
    plain = take_frame(still_sensor, card(0.4), noise=noise).astype(float)
    region = Region(128, 96, bin_x=2, bin_y=2)
    binned = take_frame(still_sensor, card(0.4), noise=noise, region=region).astype(float)
    assert abs(binned.mean() - plain.mean()) < 2 * mean_error(25, PIXELS // 4)
    assert abs(binned.var() - plain.var() / 4) < variance_error(plain.var() / 4, PIXELS // 4) + 0.5


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_fixed_pattern_is_that_of_the_serial_number_whatever_the_frame_and_the_seed(
    mono_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    def average(serial: str, seed: int) -> NDArray[np.float64]:
        frames = [
            take_frame(mono_sensor, card(0.5), noise=noise, serial=serial, seed=seed, frame_id=index).astype(float)
            for index in range(8)
        ]
        return np.asarray(np.mean(frames, axis=0))

    one, again, other = average("39265001", 1), average("39265001", 2), average("39265002", 3)
    # PRNU 0.5 % of about 1870 DN against temporal noise of 26/sqrt(8) DN: correlation 0.5 between sets of frames
    assert np.corrcoef(one.ravel(), again.ravel())[0, 1] > 0.4
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / PIXELS**0.5


@pytest.mark.parametrize("noise", ["exact", "fast"])
def test_noise_of_different_frames_is_independent(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frames = [
        take_frame(still_sensor, card(0.5), noise=noise, frame_id=index).astype(float).ravel() for index in range(4)
    ]
    correlation = np.corrcoef(frames) - np.eye(4)
    assert np.abs(correlation).max() < 5 / PIXELS**0.5


def test_normals_have_zero_mean_and_unit_variance() -> None:
    samples, size, *_ = white_pool()
    pool = samples[:size].astype(np.float64) / Z_UNITS
    assert abs(pool.mean()) < 1e-4
    assert abs(pool.var() - 1) < 1e-3
    assert np.abs(pool).max() <= MAX_Z
