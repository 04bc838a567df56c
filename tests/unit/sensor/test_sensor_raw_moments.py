"""The short way to the moments of raw data against the general one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.fast.fixed_point import FixedPoint
from tiscam_emu.sensor.fast.moments import component_moments, largest_sigma_dn
from tiscam_emu.sensor.fast.raw_moments import RawMoments
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.settings import FrameSettings

ROWS, WIDTH = 37, 64  # an odd number of rows: a block may end on a red one


def settings_of(sensor: SensorModel, pixel_format: str, gain_db: float = 0.0, **isp: Any) -> FrameSettings:
    region = Region(256, 192)
    request = FrameRequest(0, 0, 3000.0, gain_db, 240.0, PIXEL_FORMATS[pixel_format], region, **isp)
    return FrameSettings.of(sensor, request)


@pytest.mark.parametrize("balance", [(1.0, 1.0, 1.0), (1.4, 1.0, 1.7)])
@pytest.mark.parametrize("gain_db", [0.0, 12.0, 40.0])
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BayerRG16"])
def test_it_writes_what_the_general_way_writes_but_for_a_last_bit(
    color_sensor: SensorModel, pixel_format: str, gain_db: float, balance: tuple[float, float, float]
) -> None:
    settings = settings_of(color_sensor, pixel_format, gain_db, white_balance=balance)
    largest_dn = largest_sigma_dn(settings)
    scale = FixedPoint.for_sigma(largest_dn)
    rng = np.random.default_rng(3)
    codes = rng.integers(0, int(11_000 / 10 ** (gain_db / 40)), (1, ROWS, WIDTH), np.uint16)
    offsets_e = rng.normal(0, 0.5, (ROWS, WIDTH)).astype(np.float32)
    expected, got = (np.empty((2, ROWS, WIDTH), np.int16) for _ in range(2))

    moments = component_moments(codes, offsets_e.copy(), settings, Window(0, ROWS, 0, WIDTH))
    scale.encode(*moments, settings.rounding_dn, *expected)
    short = RawMoments.of(settings, scale, largest_dn, WIDTH)

    assert short is not None
    assert short.encode(codes[0], offsets_e, *got)
    assert np.abs(got.astype(int) - expected).max() <= 1
    assert (got == expected).mean() > 0.999


def test_where_a_pixel_may_saturate_nothing_is_written(color_sensor: SensorModel) -> None:
    settings = settings_of(color_sensor, "BayerRG16")
    largest_dn = largest_sigma_dn(settings)
    short = RawMoments.of(settings, FixedPoint.for_sigma(largest_dn), largest_dn, WIDTH)
    codes = np.zeros((ROWS, WIDTH), np.uint16)
    codes[5, 7] = 40_000
    mean, sigma = (np.full((ROWS, WIDTH), 77, np.int16) for _ in range(2))
    assert short is not None
    assert not short.encode(codes, np.zeros((ROWS, WIDTH), np.float32), mean, sigma)
    assert (mean == 77).all()
    assert (sigma == 77).all()


@pytest.mark.parametrize(
    ("pixel_format", "isp"),
    [("BGR8", {}), ("BayerRG8", {"gamma": 0.6}), ("BayerRG8", {"saturation": 80.0}),
     ("BayerRG8", {"white_balance": (0.9, 1.0, 1.2)})],
)  # fmt: skip
def test_what_is_more_than_scaled_raw_data_takes_the_general_way(
    color_sensor: SensorModel, pixel_format: str, isp: dict[str, Any]
) -> None:
    settings = settings_of(color_sensor, pixel_format, **isp)
    largest_dn = largest_sigma_dn(settings)
    assert RawMoments.of(settings, FixedPoint.for_sigma(largest_dn), largest_dn, WIDTH) is None
