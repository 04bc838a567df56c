from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.sensor.isp.tone import POINTS, ToneCurve, clip, propagate, tone_curve

STRAIGHT = tuple(min(256 * index, 65535) for index in range(POINTS))


def curve_of(gamma: float = 1.0, lut: tuple[int, ...] | None = None) -> ToneCurve:
    curve = tone_curve(gamma, lut)
    assert curve is not None
    return curve


def dn(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_the_upper_eight_bits_select_a_point_and_the_rest_interpolates() -> None:
    points = [0] * POINTS
    points[3], points[4] = 16000, 32000
    curve = curve_of(lut=tuple(points))
    # 12-bit 48 is 0x030: point 3. 52 is 0x034: a quarter of the way from 16000/16 to 32000/16.
    assert curve(dn(48, 52, 56, 63, 64)).tolist() == [1000, 1250, 1500, 1937.5, 2000]
    # before point 3 it rises from 0, after point 4 it falls to 0
    assert curve(dn(32, 40, 72, 80)).tolist() == [0, 500, 1000, 0]


def test_the_last_point_is_only_approached() -> None:
    points = [0] * 256 + [65535]
    # 4095 is fifteen sixteenths of the way from point 255 to point 256: 65535 * 15/16 / 16
    assert curve_of(lut=tuple(points))(dn(4080, 4095)).tolist() == pytest.approx([0, 3839.94], abs=0.01)


def test_the_straight_table_changes_no_12_bit_value() -> None:
    values = np.arange(4096, dtype=np.float32)
    assert np.array_equal(np.rint(curve_of(lut=STRAIGHT)(values)), values)


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="lut: 256 points, needed are 257"):
        tone_curve(1.0, STRAIGHT[:-1])


def test_values_beyond_the_range_are_taken_as_its_ends() -> None:
    falling = tuple(65535 - value for value in STRAIGHT)
    curve = curve_of(lut=falling)
    assert curve(dn(-50, 9000)).tolist() == curve(dn(0, 4095)).tolist()


def test_the_table_replaces_gamma() -> None:
    assert tone_curve(2.0, STRAIGHT) is not None
    assert curve_of(2.0, STRAIGHT)(dn(1024)).tolist() == [1024]


def test_gamma_of_one_needs_no_curve() -> None:
    assert tone_curve(1.0, None) is None


@pytest.mark.parametrize("gamma", [0.01, 0.25, 0.5, 2.0, 5.0])
def test_gamma_keeps_black_and_white(gamma: float) -> None:
    assert curve_of(gamma)(dn(0, 4095)).tolist() == pytest.approx([0, 4095], abs=0.5)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 2.2])
def test_gamma_is_a_power_function_above_the_black_level(gamma: float) -> None:
    values = np.linspace(240, 4095, 300, dtype=np.float32)
    exact = 4095 * (values / 4095) ** (1 / gamma)
    np.testing.assert_allclose(curve_of(gamma)(values), exact, atol=0.5)


def test_noise_through_a_straight_line_is_scaled() -> None:
    mean, sigma = propagate(lambda x: 3 * x + 5, dn(100), dn(7))
    assert (float(mean[0]), float(sigma[0])) == pytest.approx((305, 21), rel=1e-5)


def test_noise_through_a_square_has_the_moments_of_the_normal_distribution() -> None:
    # E[x^2] = m^2 + s^2, var(x^2) = 4 m^2 s^2 + 2 s^4
    mean, sigma = propagate(lambda x: x**2, dn(10), dn(2))
    assert (float(mean[0]), float(sigma[0]) ** 2) == pytest.approx((104, 4 * 100 * 4 + 2 * 16), rel=1e-5)


def test_what_is_clipped_has_no_noise() -> None:
    mean, sigma = propagate(clip, dn(-100, 5000), dn(10, 10))
    assert (mean.tolist(), sigma.tolist()) == ([0, 4095], [0, 0])
