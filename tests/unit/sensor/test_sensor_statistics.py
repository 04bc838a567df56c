from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.sensor.statistics import FrameStatistics, Roi, measure


def request_of(pixel_format: str, width: int, height: int, **settings: Any) -> FrameRequest:
    return FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[pixel_format], Region(width, height), **settings)


def measured(pixels: NDArray[np.uint8], pixel_format: str, roi: Roi | None = None) -> FrameStatistics:
    """Of an image given as lines of bytes."""
    lines = np.ascontiguousarray(pixels)
    width = lines.shape[1] * 8 // PIXEL_FORMATS[pixel_format].bits_per_pixel
    whole = (0, 0, width, lines.shape[0])
    return measure(lines.reshape(-1).take, request_of(pixel_format, width, lines.shape[0]), roi or whole)


def bayer_of(red: int, green: int, blue: int) -> NDArray[np.uint8]:
    return np.tile(np.array([[red, green], [green, blue]], np.uint8), (20, 24))


def test_means_of_a_mosaic_are_those_of_its_colours() -> None:
    found = measured(bayer_of(10, 20, 40), "BayerRG8")
    assert (found.mean_dn8, found.red_dn8, found.green_dn8, found.blue_dn8) == (22.5, 10, 20, 40)
    assert (found.saturated_share, found.contrast) == (0, 0)


def test_a_quarter_of_the_pixels_is_saturated_where_red_is() -> None:
    assert measured(bayer_of(255, 20, 40), "BayerRG8").saturated_share == 0.25


def test_colour_images_have_the_mean_that_their_mosaic_would_have() -> None:
    found = measured(np.tile(np.array([40, 20, 10], np.uint8), (8, 16)), "BGR8")
    assert found == FrameStatistics(22.5, 10, 20, 40, 0, 0)


def test_one_channel_at_full_scale_saturates_a_pixel() -> None:
    line = np.tile(np.array([255, 0, 0, 1, 2, 3], np.uint8), 8)
    assert measured(np.tile(line, (6, 1)), "BGR8").saturated_share == 0.5


@pytest.mark.parametrize(
    ("pixel_format", "group"),
    [
        ("YUV422_8", (76, 85, 76, 255)),
        ("YCbCr422_8", (76, 85, 76, 255)),
        ("YCbCr411_8", (76, 76, 85, 76, 76, 255)),
        ("YCbCr411_8_CbYYCrYY", (85, 76, 76, 255, 76, 76)),
    ],
)
def test_chrominance_is_converted_to_colours(pixel_format: str, group: tuple[int, ...]) -> None:
    # ITU-R BT.601, full range: Y 76, Cb 85, Cr 255 is a pure red of 254
    found = measured(np.tile(np.array(group, np.uint8), (8, 8)), pixel_format)
    assert (found.red_dn8, found.green_dn8, found.blue_dn8) == pytest.approx((254.054, 0.108, -0.196), abs=0.01)
    assert found.mean_dn8 == pytest.approx((254.054 + 2 * 0.108 - 0.196) / 4, abs=0.01)


def test_luminance_alone_has_no_colours() -> None:
    found = measured(np.full((8, 16), 33, np.uint8), "Mono8")
    assert found == FrameStatistics(33, 33, 33, 33, 0, 0)


@pytest.mark.parametrize("pixel_format", ["BayerRG12Packed", "BayerRG12p", "BayerRG16"])
def test_12_bit_formats_give_the_figures_of_the_8_bit_format(color_sensor: SensorModel, pixel_format: str) -> None:
    region = Region(256, 192)
    whole = (0, 0, 256, 192)
    figures = []
    for name in ("BayerRG8", pixel_format):
        request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[name], region)
        payload = np.empty(request.payload_bytes(), np.uint8)
        Renderer(color_sensor, load_scene("chart"), 7).render(request, payload)
        figures.append(measure(payload.take, request, whole))
    assert figures[0] == figures[1]


def test_only_the_region_of_interest_counts() -> None:
    image = np.zeros((64, 64), np.uint8)
    image[16:32, 32:48] = 200
    assert measured(image, "Mono8", (32, 16, 16, 16)).mean_dn8 == 200
    assert measured(image, "Mono8", (0, 32, 64, 32)).mean_dn8 == 0


@pytest.mark.parametrize("roi", [(-8, -8, 24, 24), (60, 60, 100, 100), (63, 63, 1, 1), (200, 0, 8, 8)])
def test_a_region_of_interest_is_cut_to_the_frame(roi: Roi) -> None:
    assert measured(np.full((64, 64), 9, np.uint8), "Mono8", roi).mean_dn8 == 9


@pytest.mark.parametrize(
    ("pixel_format", "period", "contrast"),
    # stripes of one pixel are no contrast in a mosaic: every second pixel is another colour
    [("Mono8", 1, 100), ("BayerRG8", 1, 0), ("BayerRG8", 2, 100)],
)
def test_contrast_is_the_mean_difference_of_neighbours_of_a_colour(
    pixel_format: str, period: int, contrast: float
) -> None:
    line = (np.arange(64) // period % 2 * 100).astype(np.uint8)
    assert measured(np.tile(line, (32, 1)), pixel_format).contrast == contrast


def test_contrast_falls_with_defocus(color_sensor: SensorModel) -> None:
    found = []
    for defocus_px in (0.0, 1.0, 3.0):
        request = request_of("BayerRG8", 256, 192, defocus_px=defocus_px)
        payload = np.empty(request.payload_bytes(), np.uint8)
        Renderer(color_sensor, load_scene("chart"), 7).render(request, payload)
        found.append(measure(payload.take, request, (0, 0, 256, 192)).contrast)
    assert found[0] > 1.2 * found[1] > 1.2 * 1.2 * found[2]


@pytest.mark.parametrize("period", [2, 3, 5, 7, 8, 16, 24, 32])
def test_regular_stripes_do_not_hide_between_the_samples(period: int) -> None:
    bright = np.arange(2048) // period % 2 == 0
    image = np.tile((bright * 200).astype(np.uint8), (1200, 1))
    # 5000 runs; the worst they can be is independent: 5 sigma of a share of a half
    assert abs(measured(image, "Mono8").mean_dn8 - image.mean()) < 5 * 100 / 5000**0.5


@pytest.mark.parametrize(
    ("pixel_format", "roi"),
    [("BayerRG8", None), ("BayerRG8", (256, 192, 512, 384)), ("BGR8", None), ("Mono8", None), ("YUV422_8", None)],
)
def test_means_are_within_a_percent_of_those_of_all_pixels(pixel_format: str, roi: Roi | None) -> None:
    sensor = SensorModel(1024, 768, 3.45, color=True, full_well_e=10500, read_noise_e=2.3, cfa="RG", qe=(0.5, 0.6, 0.5))
    request = request_of(pixel_format, 1024, 768, white_balance=neutral_white_balance(sensor))
    payload = np.empty(request.payload_bytes(), np.uint8)
    Renderer(sensor, load_scene("chart"), 7).render(request, payload)
    left, top, width, height = roi or (0, 0, 1024, 768)
    image = payload.reshape(768, 1024, -1)[top : top + height, left : left + width].astype(float)
    found = measure(payload.take, request, (left, top, width, height))
    if pixel_format == "BGR8":
        blue, green, red = image.mean(axis=(0, 1))
        assert (found.red_dn8, found.green_dn8, found.blue_dn8) == pytest.approx((red, green, blue), rel=0.01)
        assert found.mean_dn8 == pytest.approx((red + 2 * green + blue) / 4, rel=0.01)
    elif pixel_format == "BayerRG8":
        assert found.mean_dn8 == pytest.approx(image.mean(), rel=0.01)
        assert found.red_dn8 == pytest.approx(image[0::2, 0::2].mean(), rel=0.01)
        assert found.blue_dn8 == pytest.approx(image[1::2, 1::2].mean(), rel=0.01)
    elif pixel_format == "Mono8":
        assert found.mean_dn8 == pytest.approx(image.mean(), rel=0.01)
    else:  # a neutral chart has nearly the same mean in every colour
        assert found.mean_dn8 == pytest.approx(image[..., 0].mean(), rel=0.015)
