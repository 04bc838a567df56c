from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tiscam_emu.sensor.isp.chain import linear_planes
from tiscam_emu.sensor.isp.colour_mix import colour_mix, hue_saturation, mix

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def mixed(rgb: tuple[float, float, float], matrix: tuple[float, ...], black_dn: float = 0.0) -> list[float]:
    red, green, blue = (np.full((1, 1), value, np.float32) for value in rgb)
    return [float(plane[0, 0]) for plane in mix((red, green, blue), matrix, black_dn)]


def ycbcr(rgb: Sequence[float]) -> list[float]:
    red, green, blue = (np.full((2, 2), value, np.float32) for value in rgb)
    return [float(plane[0, 0]) for plane in linear_planes((red, green, blue), "yuv422")]


def turned(rgb: tuple[float, float, float], hue_deg: float, saturation: float = 64.0) -> list[float]:
    return mixed(rgb, tuple(hue_saturation(hue_deg, saturation).ravel().tolist()))


def test_defaults_need_no_matrix() -> None:
    assert colour_mix(0.0, 64.0, None) is None
    assert colour_mix(0.0, 64.0, IDENTITY) is None


def test_each_row_of_the_matrix_makes_one_output_colour() -> None:
    matrix = (1.0, 0.5, 0.0, -0.25, 2.0, 0.0, 0.0, 1.0, 0.0)
    # red = 100 + 200/2, green = -100/4 + 2 * 200, blue = green
    assert mixed((100, 200, 300), matrix) == [200, 375, 200]


def test_black_keeps_its_level_whatever_the_matrix() -> None:
    doubled = tuple(2 * value for value in IDENTITY)
    assert mixed((240, 240, 240), doubled, black_dn=240) == [240, 240, 240]
    assert mixed((340, 240, 290), doubled, black_dn=240) == [440, 240, 340]


def test_saturation_of_zero_leaves_the_luminance_as_grey() -> None:
    luma = 0.299 * 1000 + 0.587 * 500 + 0.114 * 2000
    assert turned((1000, 500, 2000), 0.0, 0.0) == pytest.approx([luma] * 3, rel=1e-6)


def test_saturation_of_128_doubles_the_distance_to_grey() -> None:
    luma = 0.299 * 1000 + 0.587 * 500 + 0.114 * 2000  # 820.5
    expected = [2 * value - luma for value in (1000, 500, 2000)]
    assert turned((1000, 500, 2000), 0.0, 128.0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("hue_deg", [180.0, -180.0])
def test_hue_of_180_turns_colours_into_their_complements_of_equal_luminance(hue_deg: float) -> None:
    luma = 0.299 * 1000 + 0.587 * 500 + 0.114 * 2000
    expected = [2 * luma - value for value in (1000, 500, 2000)]
    assert turned((1000, 500, 2000), hue_deg) == pytest.approx(expected, rel=1e-5)


def test_hue_of_90_takes_cr_for_cb_and_minus_cb_for_cr() -> None:
    before, after = (ycbcr(rgb) for rgb in ((900, 400, 300), turned((900, 400, 300), 90.0)))
    luma, cb, cr = before
    assert after == pytest.approx([luma, cr, -cb], rel=1e-4)


def test_a_small_positive_hue_turns_red_towards_magenta() -> None:
    _, green, blue = turned((1000, 0, 0), 20.0)
    assert blue > 300
    assert green < 20


@pytest.mark.parametrize(("hue_deg", "saturation"), [(50.0, 64.0), (-120.0, 255.0), (0.0, 10.0)])
def test_greys_stay(hue_deg: float, saturation: float) -> None:
    assert turned((700, 700, 700), hue_deg, saturation) == pytest.approx([700] * 3, rel=1e-5)


def test_the_correction_matrix_comes_before_hue_and_saturation() -> None:
    only_red_from_green = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    both = colour_mix(0.0, 0.0, only_red_from_green)
    assert both is not None
    # first red = 500 and no other colour, then grey of its luminance; the other order gives no grey
    assert mixed((1000, 500, 2000), both) == pytest.approx([0.299 * 500] * 3, rel=1e-5)
