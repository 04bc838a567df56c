from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.isp.chain import Output


def test_demosaicing_reproduces_a_colour_ramp() -> None:
    y, x = np.mgrid[0:16, 0:16].astype(np.float32)
    planes = (100 + 3 * x + y, 200 + x - 2 * y, 50 + 2 * x + 5 * y)
    mosaic = np.empty((16, 16), np.float32)
    for row in (0, 1):
        for column in (0, 1):
            mosaic[row::2, column::2] = planes[row + column][row::2, column::2]
    for found, true in zip(isp.demosaic(mosaic), planes, strict=True):
        np.testing.assert_allclose(found[1:-1, 1:-1], true[1:-1, 1:-1], rtol=1e-5)


def test_demosaicing_keeps_even_colours_up_to_the_borders() -> None:
    mosaic = np.empty((6, 8), np.float32)
    for row in (0, 1):
        for column in (0, 1):
            mosaic[row::2, column::2] = (10, 20, 30)[row + column]
    for found, true in zip(isp.demosaic(mosaic), (10, 20, 30), strict=True):
        assert np.unique(found).tolist() == [true]


@pytest.mark.parametrize(
    ("rgb", "ycbcr"),
    [
        # ITU-R BT.601, full range (JFIF): primaries of 255, with 8-bit neutral 128 as 0
        ((255.0, 0.0, 0.0), (76.245, -43.028, 127.5)),
        ((0.0, 255.0, 0.0), (149.685, -84.472, -106.768)),
        ((0.0, 0.0, 255.0), (29.07, 127.5, -20.732)),
        ((255.0, 255.0, 255.0), (255.0, 0.0, 0.0)),
    ],
)
def test_luminance_and_chrominance_are_those_of_bt601(
    rgb: tuple[float, float, float], ycbcr: tuple[float, float, float]
) -> None:
    red, green, blue = (np.full((2, 2), value, np.float32) for value in rgb)
    luma, cb, cr = isp.linear_planes((red, green, blue), "yuv422")
    assert (float(luma[0, 0]), float(cb[0, 0]), float(cr[0, 0])) == pytest.approx(ycbcr, abs=0.01)


@pytest.mark.parametrize(("output", "widths"), [("yuv422", (8, 4, 4)), ("yuv411", (8, 2, 2)), ("bgr", (8, 8, 8))])
def test_chrominance_planes_are_narrower(output: Output, widths: tuple[int, ...]) -> None:
    plane = np.ones((4, 8), np.float32)
    assert tuple(made.shape[1] for made in isp.linear_planes((plane, plane, plane), output)) == widths


def test_a_mosaic_of_demosaiced_planes_is_the_mosaic_it_came_from() -> None:
    raw = np.random.default_rng(3).uniform(0, 4095, (8, 12)).astype(np.float32)
    assert np.array_equal(isp.mosaic(*isp.demosaic(raw)), raw)


@pytest.mark.parametrize(("output", "toned"), [("raw", 1), ("luma", 1), ("bgr", 3), ("yuv422", 1), ("yuv411", 1)])
def test_the_tone_curve_acts_on_luminance_alone_or_on_every_channel(output: Output, toned: int) -> None:
    planes = tuple(np.full((2, 4), 100, np.float32) for _ in range({"bgr": 3, "raw": 1, "luma": 1}.get(output, 3)))
    made = isp.tone(planes, output, lambda dn: 7 * dn)
    assert [float(plane[0, 0]) for plane in made] == [700] * toned + [2148] * (len(planes) - toned)


def test_balance_keeps_the_black_level() -> None:
    raw = np.full((2, 2), 340, np.float32)
    isp.balance(raw, (2.0, 1.0, 0.5), 240)
    assert raw.tolist() == [[440, 340], [340, 290]]


@pytest.mark.parametrize(
    ("name", "color", "output"),
    [
        ("Mono8", True, "luma"),
        ("Mono8", False, "raw"),
        ("BayerRG8", True, "raw"),
        ("Mono12p", False, "raw"),
        ("BGR8", True, "bgr"),
        ("YUV422_8", True, "yuv422"),
        ("YCbCr411_8", True, "yuv411"),
    ],
)
def test_what_the_isp_makes_of_each_format(name: str, color: bool, output: Output) -> None:
    assert isp.output_of(PIXEL_FORMATS[name], color=color) == output


def test_noise_gains_of_demosaiced_colour_are_the_squared_weights() -> None:
    blue, green, red = isp.noise_gains("bgr")
    # at a red pixel: red itself, green of four neighbours, blue of four diagonal ones
    assert red[:, 0, 0].tolist() == [1.0, 0.0, 0.0]
    assert green[:, 0, 0].tolist() == [0.0, 0.25, 0.0]
    assert blue[:, 0, 0].tolist() == [0.0, 0.0, 0.25]
    # at a green pixel of a red line: red of two neighbours in the line
    assert red[:, 0, 1].tolist() == [0.5, 0.0, 0.0]


def test_noise_gains_of_mixed_colours_are_the_squared_weights_times_the_squared_coefficients() -> None:
    blue, green, red = isp.noise_gains("bgr", (0.0, 0.0, 2.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
    # red and blue change places, red is doubled; at a red pixel blue comes from four diagonal neighbours
    assert red[:, 0, 0].tolist() == [0.0, 0.0, 4 * 0.25]
    assert green[:, 0, 0].tolist() == [0.0, 0.25, 0.0]
    assert blue[:, 0, 0].tolist() == [1.0, 0.0, 0.0]
