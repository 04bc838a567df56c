"""Moments of every component: numpy and the compiled core to the byte, and what fixed point can hold."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.native import core
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint, Sigma
from tiscam_emu.sensor.fast.moments import Block, Moments, native_moments, numpy_moments
from tiscam_emu.sensor.fast.noise_pool import white_pool
from tiscam_emu.sensor.fast.recipe import largest_sigma_dn, linear_sigma_dn, recipe_of
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.settings import FrameSettings

COLOUR = SensorModel(256, 192, 3.45, color=True, full_well_e=10500, read_noise_e=2.3, cfa="GB", qe=(0.52, 0.64, 0.50))
MONO = SensorModel(256, 192, 3.45, color=False, full_well_e=10500, read_noise_e=2.3, qe=(0.65,))
MATRIX = (1.5, -0.375, -0.125, -0.25, 1.375, -0.125, 0.0, -0.5, 1.5)
NAMES = sorted(PIXEL_FORMATS)

needs_core = pytest.mark.skipif(
    core is None and os.environ.get("TISCAM_EMU_NATIVE") != "require", reason="the core has not been compiled"
)


def settings_of(sensor: SensorModel, pixel_format: str, binning: int = 1, **changes: Any) -> FrameSettings:
    region = Region(256 // binning, 192 // binning, bin_x=binning, bin_y=binning)
    request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[pixel_format], region)
    return FrameSettings.of(sensor, replace(request, **changes))


def made(moments: Moments, frame: FrameSettings, block: Block, line: int) -> tuple[Fixed, Sigma]:
    fixed_point = FixedPoint.for_sigma(largest_sigma_dn(frame))
    recipe, table = recipe_of(frame, fixed_point, linear_sigma_dn(frame))
    rows = block.inner.bottom - block.inner.top
    mean, sigma = np.full((rows, line), 77, np.int16), np.full((rows, line), 77, np.uint8)
    moments(recipe, table, block._replace(offsets_e=block.offsets_e.copy()), mean, sigma)
    return mean, sigma


def line_of(frame: FrameSettings, width: int) -> int:
    return width if frame.output in {"raw", "luma"} else frame.pixel_format.line_bytes(width)


@needs_core
@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_core_and_numpy_write_the_same_bytes(data: st.DataObject) -> None:
    draw = data.draw
    name = draw(st.sampled_from(NAMES))
    sensor = draw(st.sampled_from([COLOUR, MONO] if not PIXEL_FORMATS[name].bayer else [COLOUR]))
    frame = settings_of(
        sensor,
        name,
        draw(st.sampled_from([1, 1, 2])),
        exposure_us=draw(st.sampled_from([20.0, 3000.0, 5000.0, 60_000.0])),
        gain_db=draw(st.sampled_from([0.0, 7.0, 48.0])),
        black_level=draw(st.sampled_from([0.0, 240.0, 4095.0])),
        white_balance=draw(st.sampled_from([(1.0, 1.0, 1.0), (1.4, 1.0, 1.7), (0.5, 1.0, 3.0), (1.0, 0.0, 1.0)])),
        gamma=draw(st.sampled_from([1.0, 0.3, 2.2])),
        color_matrix=draw(st.sampled_from([None, MATRIX])),
        saturation=draw(st.sampled_from([64.0, 0.0])),
    )
    width, rows = draw(st.integers(1, 70)), draw(st.integers(1, 7))
    left = draw(st.sampled_from([0, 4])) if width > 4 else 0
    top = draw(st.sampled_from([0, 2])) if rows > 2 else 0
    right = draw(st.sampled_from([width, width - (width - left) % 4])) if width - left > 4 else width
    first, below = draw(st.sampled_from([0, 2])), draw(st.integers(0, 2))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    shape = frame.neighbour_count, first + rows + below, width
    codes = random.integers(0, draw(st.sampled_from([300, 14_000, 65_536])), shape).astype(np.uint16)
    offsets_e = random.normal(0, 3, (rows, width)).astype(np.float32)
    block = Block(codes, first, offsets_e, Window(top, rows, left, right), (draw(st.integers(0, 5000)), 4 * left))
    line = line_of(frame, right - left)
    for ours, theirs in zip(
        made(native_moments, frame, block, line), made(numpy_moments, frame, block, line), strict=True
    ):
        written = np.ones(line, bool)
        if "a" in name:
            written[3::4] = False  # opacity is the encoder's
        np.testing.assert_array_equal(ours[:, written], theirs[:, written])


@needs_core
def test_the_core_refuses_what_does_not_go_together() -> None:
    frame = settings_of(COLOUR, "BGR8")
    codes, offsets_e = np.zeros((1, 8, 16), np.uint16), np.zeros((8, 16), np.float32)
    block = Block(codes, 0, offsets_e, Window(0, 8, 0, 16), (0, 0))
    made(native_moments, frame, block, 48)
    for wrong in (
        block._replace(first=1),
        block._replace(inner=Window(0, 9, 0, 16)),
        block._replace(inner=Window(0, 8, 0, 17)),
        block._replace(place=(-1, 0)),
    ):
        with pytest.raises(ValueError, match="moments: sizes that do not go together"):
            made(native_moments, frame, wrong, 48)
    with pytest.raises(ValueError, match="moments: sizes"):
        made(native_moments, frame, block, 61)


def test_a_part_made_anew_is_as_it_was() -> None:
    for name in ("BayerRG8", "BGR8", "YCbCr411_8"):
        frame = settings_of(COLOUR, name, white_balance=(1.3, 1.0, 1.6))
        codes = np.random.default_rng(1).integers(0, 14_000, (1, 20, 64)).astype(np.uint16)
        offsets_e = np.zeros((20, 64), np.float32)
        whole = made(
            numpy_moments, frame, Block(codes, 0, offsets_e, Window(0, 20, 0, 64), (40, 0)), line_of(frame, 64)
        )
        part = np.ascontiguousarray(codes[:, 4:16, 12:52])
        inner = Block(part, 0, np.zeros(part.shape[1:], np.float32), Window(2, 10, 4, 36), (46, 16))
        again = made(numpy_moments, frame, inner, line_of(frame, 32))
        columns = slice(line_of(frame, 16), line_of(frame, 48))
        for before, after in zip(whole, again, strict=True):
            np.testing.assert_array_equal(before[6:14, columns], after)


@pytest.mark.parametrize("sensor", [COLOUR, MONO])
@pytest.mark.parametrize("name", ["Mono8", "Mono16", "BGR8", "YUV422_8"])
@pytest.mark.parametrize("gamma", [1.0, 3.0])
@pytest.mark.parametrize("gain_db", [-30.0, 0.0, 20.0, 48.0, 90.0])
def test_no_sum_of_mean_and_noise_overflows_sixteen_bits(
    sensor: SensorModel, name: str, gamma: float, gain_db: float
) -> None:
    frame = settings_of(sensor, name, gain_db=gain_db, gamma=gamma, color_matrix=MATRIX)
    codes = np.linspace(0, 65535, 4096).astype(np.uint16).reshape(1, 8, 512)
    block = Block(codes, 0, np.zeros((8, 512), np.float32), Window(0, 8, 0, 512), (0, 0))
    mean, sigma = made(numpy_moments, frame, block, line_of(frame, 512))
    scale = FixedPoint.for_sigma(largest_sigma_dn(frame))
    product = sigma.astype(np.int64) * int(white_pool().samples.max())
    assert product.max() <= 32767
    assert product.min() >= 0
    assert (mean + (product >> scale.shift)).max() <= 32767
    assert (mean - (product >> scale.shift)).min() >= -32768
