"""Raw noise is white in both modes: no correlation of neighbours, frequencies or channels. Bounds are five sigma."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.sensor.noise_figures import assert_same_noise, noise_figures, spectrum

from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.request import Region
from tiscam_emu.sensor.scenes.scene import FlatScene

TakeFrame = Callable[..., NDArray[Any]]

NOISES = ["exact", "fast"]
RAW = ["Mono16", "Mono8", "BayerRG16", "BayerRG8"]
LIGHT: dict[str, Any] = {"exposure_us": 2000.0, "gain_db": 20.0}


@pytest.fixture
def sensor_for(mono_sensor: SensorModel, color_sensor: SensorModel) -> Callable[[str], SensorModel]:
    """With differences between pixels, which must not show in the noise."""
    return lambda pixel_format: color_sensor if pixel_format.startswith("Bayer") else mono_sensor


def pair_of(take_frame: TakeFrame, sensor: SensorModel, pixel_format: str, **settings: Any) -> tuple[Any, Any]:
    first, second = (
        take_frame(sensor, FlatScene(), pixel_format, frame_id=index, **{**LIGHT, **settings}) for index in (0, 1)
    )
    return first, second


@pytest.mark.parametrize("region", [Region(256, 192), Region(128, 96, bin_x=2, bin_y=2)])
@pytest.mark.parametrize("pixel_format", RAW)
def test_raw_noise_of_both_modes_has_the_same_variance_and_no_correlation(
    sensor_for: Callable[[str], SensorModel], take_frame: TakeFrame, pixel_format: str, region: Region
) -> None:
    exact, fast = (
        noise_figures(
            pixel_format,
            *pair_of(take_frame, sensor_for(pixel_format), pixel_format, noise=noise, region=region),
        )
        for noise in NOISES
    )
    # 3 %: fixed-point sigma and z of fast noise
    assert_same_noise(fast, exact, variance=0.03, correlation=0.0)
    for figures in (exact, fast):
        for value in (*figures.neighbours.values(), *figures.channels.values()):
            assert abs(value) < 5 / figures.count**0.5


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", RAW)
def test_raw_noise_is_white_at_all_frequencies(
    sensor_for: Callable[[str], SensorModel], take_frame: TakeFrame, pixel_format: str, noise: str
) -> None:
    one, two = pair_of(take_frame, sensor_for(pixel_format), pixel_format, noise=noise)
    difference = one.astype(float) - two
    for row in range(2):
        for column in range(2):  # filters differ in variance
            difference[row::2, column::2] /= difference[row::2, column::2].std()
    power = spectrum(difference)
    per_bin = 192 * 256 / 2 / power.size  # each an exponentially distributed amplitude squared
    assert np.abs(power - 1).max() < 5 / per_bin**0.5


def test_a_spectrum_that_is_not_white_is_seen() -> None:
    white = np.random.default_rng(1).standard_normal((192, 256))
    smooth = (white + np.roll(white, 1, axis=1)) / 2**0.5
    per_bin = 192 * 256 / 2 / spectrum(white).size
    assert np.abs(spectrum(white) - 1).max() < 5 / per_bin**0.5
    # 1 + cos(2 pi f): near 2 at the lowest frequencies of the axis, near 0 at the highest
    assert spectrum(smooth)[:, 0].mean() == pytest.approx(1.98, abs=0.1)
    assert spectrum(smooth)[:, 7].mean() == pytest.approx(0.013, abs=0.02)


@pytest.mark.parametrize(("pixel_format", "divisor"), [("YUV422_8", 2), ("YCbCr411_8", 4), ("BGR8", 1)])
def test_figures_find_what_interpolation_does_to_exact_noise(
    color_sensor: SensorModel, take_frame: TakeFrame, pixel_format: str, divisor: int
) -> None:
    """Bilinear interpolation of an RGGB mosaic.

    With equal noise in all pixels red has a variance of 1, 1/2, 1/2 and 1/4 in its four phases, and covariances of 1/2,
    1/2, 1/4 and 1/4 with the neighbours beside, for these share samples: a correlation of 1.5 / 2.25.
    """
    sensor = replace(color_sensor, qe=(0.6, 0.6, 0.6))
    pair = pair_of(take_frame, sensor, pixel_format, noise="exact", gain_db=30.0, exposure_us=600.0)
    figures = noise_figures(pixel_format, *pair)
    if divisor > 1:
        assert figures.count == 256 * 192 // divisor
        assert figures.neighbours["Y", "horizontal", 1] > 0.1
        return
    expected = 1.5 / 2.25
    assert figures.neighbours["R", "horizontal", 1] == pytest.approx(expected, abs=figures.correlation_error)
    assert figures.neighbours["R", "vertical", 1] == pytest.approx(expected, abs=figures.correlation_error)
    assert abs(figures.channels["B", "R"]) < figures.correlation_error


@pytest.mark.parametrize("settings", [{}, {"saturation": 96.0, "hue_deg": 20.0}], ids=["plain", "mixed"])
@pytest.mark.parametrize("pixel_format", ["BGR8", "YUV422_8", "YCbCr411_8", "YCbCr411_8_CbYYCrYY", "Mono8"])
def test_colour_noise_of_both_modes_has_the_same_variance_and_correlations(
    color_sensor: SensorModel, take_frame: TakeFrame, pixel_format: str, settings: dict[str, float]
) -> None:
    balance = neutral_white_balance(color_sensor)
    exact, fast = (
        noise_figures(
            pixel_format,
            *pair_of(take_frame, color_sensor, pixel_format, noise=noise, white_balance=balance, **settings),
        )
        for noise in NOISES
    )
    # 3 %: fixed-point sigma and z; 0.02: the pool takes the colours' noise as that of a balanced grey
    assert_same_noise(fast, exact, variance=0.03, correlation=0.02)
    assert max(fast.neighbours.values()) > 0.3
