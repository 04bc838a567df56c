"""Lookup table, hue, saturation and matrix in whole frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.scenes.scene import Scene, load_scene

TakeFrame = Callable[..., NDArray[Any]]
Card = Callable[..., Scene]

NOISES = ["exact", "fast"]
FORMATS = ["BayerRG8", "BayerRG16", "BGR8", "YUV422_8", "YCbCr411_8", "YCbCr411_8_CbYYCrYY", "Mono8"]
LUMA_AT = {"YUV422_8": (0, 2), "YCbCr411_8": (0, 1, 3, 4), "YCbCr411_8_CbYYCrYY": (1, 2, 4, 5)}
PERIOD = {"YUV422_8": 4, "YCbCr411_8": 6, "YCbCr411_8_CbYYCrYY": 6, "BGR8": 6}

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
STRAIGHT = tuple(min(256 * index, 65535) for index in range(257))
FALLING = tuple(65535 - value for value in STRAIGHT)
MATRIX = (1.5, -0.375, -0.125, -0.25, 1.375, -0.125, 0.0, -0.5, 1.5)


def toned_part(frame: NDArray[Any], pixel_format: str) -> NDArray[Any]:
    """What the tone curve acts on: Y alone in the YUV formats."""
    if pixel_format not in LUMA_AT:
        return frame
    return np.stack([frame[:, first :: PERIOD[pixel_format]] for first in LUMA_AT[pixel_format]])


def untoned_part(frame: NDArray[Any], pixel_format: str) -> NDArray[Any]:
    period = PERIOD[pixel_format]
    return np.stack([frame[:, first::period] for first in range(period) if first not in LUMA_AT[pixel_format]])


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("adc_bits", [10, 12])
def test_settings_that_change_nothing_give_the_same_bytes(
    color_sensor: SensorModel, take_frame: TakeFrame, noise: str, pixel_format: str, adc_bits: int
) -> None:
    sensor = replace(color_sensor, adc_bits=adc_bits)
    chart = load_scene("chart")
    plain = take_frame(sensor, chart, pixel_format, noise=noise)
    neutral = take_frame(sensor, chart, pixel_format, noise=noise, hue_deg=0.0, saturation=64.0, color_matrix=IDENTITY)
    assert np.array_equal(plain, neutral)
    assert np.array_equal(plain, take_frame(sensor, chart, pixel_format, noise=noise, lut=STRAIGHT))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_constant_table_gives_a_constant_image(
    color_sensor: SensorModel, take_frame: TakeFrame, noise: str, pixel_format: str
) -> None:
    frame = take_frame(color_sensor, load_scene("chart"), pixel_format, noise=noise, lut=(100 * 256,) * 257)
    expected = 1600 if pixel_format == "BayerRG16" else 100
    assert np.unique(toned_part(frame, pixel_format)).tolist() == [expected]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BGR8", "YUV422_8", "YCbCr411_8", "Mono8"])
def test_a_table_with_a_jump_makes_a_picture_in_black_and_white(
    color_sensor: SensorModel, take_frame: TakeFrame, noise: str, pixel_format: str
) -> None:
    table = (0,) * 80 + (65535,) * 177
    chart = load_scene("chart")
    frame = toned_part(take_frame(color_sensor, chart, pixel_format, noise=noise, lut=table), pixel_format)
    linear = toned_part(take_frame(color_sensor, chart, pixel_format, noise=noise), pixel_format)
    # the step takes one of the 256 intervals; white is every pixel above it
    assert float(np.isin(frame, (0, 255)).mean()) > 0.985
    assert abs(float((frame == 255).mean()) - float((linear >= 80).mean())) < 0.01


@pytest.mark.parametrize("noise", NOISES)
def test_the_table_acts_on_a_monochrome_camera(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    plain, turned = (take_frame(still_sensor, card(0.3), noise=noise, lut=lut) for lut in (None, FALLING))
    assert abs(float(plain.mean()) + float(turned.mean()) - 4095.9) < 1


@pytest.mark.parametrize("noise", NOISES)
def test_a_monochrome_camera_has_no_colours_to_change(
    mono_sensor: SensorModel, take_frame: TakeFrame, noise: str
) -> None:
    chart = load_scene("chart")
    changed = take_frame(mono_sensor, chart, noise=noise, hue_deg=50.0, saturation=0.0, color_matrix=MATRIX)
    assert np.array_equal(take_frame(mono_sensor, chart, noise=noise), changed)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", LUMA_AT)
def test_table_and_gamma_leave_chrominance_alone(
    color_sensor: SensorModel, take_frame: TakeFrame, noise: str, pixel_format: str
) -> None:
    chart = load_scene("chart")
    plain = take_frame(color_sensor, chart, pixel_format, noise=noise)
    turned = take_frame(color_sensor, chart, pixel_format, noise=noise, lut=FALLING)
    assert np.array_equal(untoned_part(plain, pixel_format), untoned_part(turned, pixel_format))


@pytest.mark.parametrize("noise", NOISES)
def test_while_the_table_is_on_gamma_does_nothing(color_sensor: SensorModel, take_frame: TakeFrame, noise: str) -> None:
    one, two = (
        take_frame(color_sensor, load_scene("chart"), "BGR8", noise=noise, lut=FALLING, gamma=gamma)
        for gamma in (1.0, 2.0)
    )
    assert np.array_equal(one, two)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", ["BayerRG16", "BGR8", "YUV422_8"])
def test_saturation_of_zero_makes_a_coloured_card_grey(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str, pixel_format: str
) -> None:
    frame = take_frame(
        still_color_sensor, card((0.7, 0.3, 0.1)), pixel_format, noise=noise, saturation=0.0,
        white_balance=neutral_white_balance(still_color_sensor),
    ).astype(float)  # fmt: skip
    luma = 240 + (0.299 * 0.7 + 0.587 * 0.3 + 0.114 * 0.1) * 0.97 * 3855
    if pixel_format == "YUV422_8":
        assert np.unique(frame[:, 1::2]).tolist() == [128]
        assert abs(frame[:, 0::2].mean() - luma / 16) < 0.1
        return
    scale, period = (1, 2) if pixel_format == "BayerRG16" else (16, 6)
    for row in range(2):
        for column in range(period):
            assert abs(frame[row::2, column::period].mean() - luma / scale) < 1.5 / scale


@pytest.mark.parametrize("noise", NOISES)
def test_the_matrix_acts_on_the_signal_above_black(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: str
) -> None:
    frame = take_frame(
        still_color_sensor, card((0.5, 0.4, 0.3)), "BayerRG16", noise=noise, color_matrix=MATRIX,
        white_balance=neutral_white_balance(still_color_sensor),
    ).astype(float)  # fmt: skip
    red, green, blue = 0.97 * 3855 * np.array(MATRIX).reshape(3, 3) @ (0.5, 0.4, 0.3)
    for row, column, expected in ((0, 0, red), (0, 1, green), (1, 0, green), (1, 1, blue)):
        assert abs(frame[row::2, column::2].mean() - 240 - expected) < 2.5


def test_raw_data_with_changed_colours_is_slightly_blurred(
    still_color_sensor: SensorModel, take_frame: TakeFrame
) -> None:
    """Manual, Important note in section "Color Processing"."""
    edge = np.full((192, 256, 3), 0.1, np.float32)
    edge[:, 128:] = 0.8
    steepest = [
        np.diff(
            take_frame(
                still_color_sensor, load_scene(edge), "BayerRG16", saturation=saturation,
                white_balance=neutral_white_balance(still_color_sensor),
            ).mean(axis=0)
        ).max()
        for saturation in (64.0, 32.0, 0.0)
    ]  # fmt: skip
    assert steepest[0] > 1.1 * steepest[1] > 1.1 * 1.1 * steepest[2] > 1.1 * 1.1 * 0.5 * steepest[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"hue_deg": 60.0},
        {"saturation": 110.0},
        {"color_matrix": MATRIX},
        {"lut": FALLING},
        {"hue_deg": -20.0, "saturation": 80.0, "color_matrix": MATRIX, "gamma": 1.8},
        {"saturation": 30.0, "lut": tuple(round(65535 * (index / 256) ** 0.5) for index in range(257))},
    ],
)
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BayerRG16", "BGR8", "YUV422_8", "YCbCr411_8", "Mono8"])
def test_fast_and_exact_agree_when_colours_and_tones_change(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, pixel_format: str, settings: dict[str, Any]
) -> None:
    exact, fast = (
        take_frame(
            still_color_sensor, card((0.4, 0.3, 0.25)), pixel_format, noise=noise, gain_db=24.0,
            exposure_us=5000 / 15.8, white_balance=(1.2, 1.0, 1.4), **settings,
        ).astype(float)
        for noise in NOISES
    )  # fmt: skip
    inner = np.s_[4:-4, 24:-24]
    period = PERIOD.get(pixel_format, 2)
    for row in range(2):
        for column in range(period):
            ours, theirs = fast[inner][row::2, column::period], exact[inner][row::2, column::period]
            count = theirs.size // 4  # demosaicing makes neighbours alike: a quarter of them counts as independent
            assert abs(ours.mean() - theirs.mean()) < 5 * (2 / count) ** 0.5 * theirs.std() + 0.05
            # 4 %: as in the test of gamma alone
            assert abs(ours.var() - theirs.var()) < theirs.var() * (5 * 2**0.5 * (2 / count) ** 0.5 + 0.04)


@pytest.mark.parametrize("settings", [{"hue_deg": 60.0}, {"lut": FALLING}, {"color_matrix": MATRIX, "gamma": 2.0}])
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "YUV422_8"])
def test_what_moves_is_processed_like_the_rest(
    color_sensor: SensorModel, take_frame: TakeFrame, pixel_format: str, settings: dict[str, Any]
) -> None:
    for time_ns in (0, 700_000_000):
        exact, fast = (
            take_frame(color_sensor, load_scene("chart"), pixel_format, noise=noise, time_ns=time_ns, **settings)
            for noise in NOISES
        )
        assert int(np.abs(exact.astype(int) - fast).max()) <= 45  # noise of both; the moving ball is worth 100
