from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.request import Region
from tiscam_emu.sensor.scenes.scene import Scene, load_scene

TakeFrame = Callable[..., NDArray[Any]]

PYTHON_1300 = SensorModel(1280, 1024, 4.8, True, 7700, 8.5, 10, "RG", (0.46, 0.55, 0.44), 5.0)
IMX265 = SensorModel(2048, 1536, 3.45, True, 10500, 2.3, 12, "RG", (0.52, 0.64, 0.50))
IMX267 = SensorModel(4096, 2160, 3.45, True, 10500, 2.3, 12, "RG", (0.52, 0.64, 0.50))
IMX253 = SensorModel(4096, 3000, 3.45, False, 10500, 2.3, 12, "", (0.65,))
IMX541 = SensorModel(4504, 4504, 2.74, False, 9500, 2.4, 12, "", (0.68,))


@pytest.mark.parametrize("sensor", [PYTHON_1300, IMX265, IMX267, IMX253, IMX541])
def test_default_chart_fills_a_quarter_of_the_scale_and_only_glints_saturate(
    sensor: SensorModel, take_frame: TakeFrame
) -> None:
    pixel_format = "BayerRG16" if sensor.color else "Mono16"
    frame = take_frame(sensor, load_scene("chart"), pixel_format)
    assert 0.22 < (float(frame.mean()) - 240) / (4095 - 240) < 0.28
    saturated = float((frame >= 4092).mean())
    assert 5e-5 < saturated < 5e-4


def test_neutral_white_balance_makes_grey_neutral(
    color_sensor: SensorModel, card: Callable[..., Scene], take_frame: TakeFrame
) -> None:
    balance = neutral_white_balance(color_sensor)
    assert balance == (0.64 / 0.52, 1.0, 0.64 / 0.50)
    frame = take_frame(color_sensor, card(0.4), "BGR8", white_balance=balance)
    blue, green, red = frame.reshape(192, 256, 3).mean(axis=(0, 1)).tolist()
    assert abs(blue - green) < 0.1
    assert abs(red - green) < 0.1


def test_neutral_white_balance_stays_within_the_ratio_range() -> None:
    sensor = replace(IMX265, qe=(0.1, 0.6, 0.5))
    assert neutral_white_balance(sensor) == pytest.approx((3.984375, 1.0, 1.2))


def test_neutral_white_balance_of_a_monochrome_sensor_is_one() -> None:
    assert neutral_white_balance(IMX253) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cfa": "GG"}, "cfa 'GG' does not go with color=True"),
        ({"color": False}, "cfa 'RG' does not go with color=False"),
        ({"qe": (0.5,)}, "qe needs 3 values, not 1"),
        ({"adc_bits": 14}, "adc_bits: 14 is not in 8 to 12"),
    ],
)
def test_contradictory_sensors_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(IMX265, **changes)


def test_ten_bit_converters_leave_the_low_bits_empty(take_frame: TakeFrame) -> None:
    region = Region(256, 64)
    exact = take_frame(PYTHON_1300, load_scene("chart"), "BayerRG16", region=region, noise="exact")
    fast = take_frame(PYTHON_1300, load_scene("chart"), "BayerRG16", region=region)
    assert np.unique(exact % 4).tolist() == [0]
    assert np.unique(fast % 4).tolist() == [0]
