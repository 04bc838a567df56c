"""What demosaicing does to white noise, worked out by hand for bilinear interpolation, against the pool."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.fast.noise_pool import BLOCK, MAX_Z, Z_UNITS, FrameNoise, colour_pool, white_pool

WIDTH = 256
EVEN = (1.0, 1.0, 1.0)
CORRELATION_ERROR = 5 / (2**19 / 4) ** 0.5
"""Five standard errors of a correlation on one of the four phases of the mosaic."""

Floats = NDArray[np.float64]


def colours() -> Floats:
    """Blue, green and red unit noise, (rows, columns, 3)."""
    pool = colour_pool("bgr", "BGR", WIDTH, None, EVEN)
    return pool.samples[: pool.size].reshape(-1, WIDTH, 3) / Z_UNITS


def phase(plane: Floats, row: int, column: int) -> Floats:
    return plane[row::2, column::2]


def test_every_colour_at_every_place_of_the_mosaic_has_unit_variance() -> None:
    image = colours()
    for colour in range(3):
        for row, column in np.ndindex(2, 2):
            assert abs(phase(image[..., colour], row, column).var() - 1) < 5 * (2 / (2**19 / 4)) ** 0.5 + 0.01


def test_interpolated_green_shares_one_of_four_neighbours_with_the_next_of_its_kind() -> None:
    on_red = phase(colours()[..., 1], 0, 0)
    assert abs((on_red[:, 1:] * on_red[:, :-1]).mean() - 1 / 4) < CORRELATION_ERROR
    assert abs((on_red[1:] * on_red[:-1]).mean() - 1 / 4) < CORRELATION_ERROR
    assert abs((on_red[1:, 1:] * on_red[:-1, :-1]).mean()) < CORRELATION_ERROR


def test_measured_green_is_as_independent_as_its_pixels() -> None:
    measured = phase(colours()[..., 1], 0, 1)
    assert abs((measured[:, 1:] * measured[:, :-1]).mean()) < CORRELATION_ERROR


def test_red_between_two_red_pixels_shares_one_of_two_with_the_next_in_the_line() -> None:
    between = phase(colours()[..., 2], 0, 1)
    assert abs((between[:, 1:] * between[:, :-1]).mean() - 1 / 2) < CORRELATION_ERROR
    assert abs((between[1:] * between[:-1]).mean()) < CORRELATION_ERROR


def test_colours_of_a_pixel_are_independent_without_a_matrix() -> None:
    blue, green, red = np.moveaxis(colours(), 2, 0)
    for one, other in ((blue, green), (blue, red), (green, red)):
        assert abs((one * other).mean()) < CORRELATION_ERROR


def test_red_chrominance_goes_against_luminance() -> None:
    # Cr is (R - Y) times a factor; cov(Y, R) - var Y = 0.299 - (0.299^2 + 0.587^2 + 0.114^2) is below 0
    pool = colour_pool("yuv422", "Y0CbY1Cr", WIDTH, None, EVEN)
    groups = pool.samples[: pool.size].reshape(-1, 4) / Z_UNITS
    luma, cr = (groups[:, 0] + groups[:, 2]) / 2, groups[:, 3]
    assert (luma * cr).mean() < -0.05


@pytest.mark.parametrize(("output", "packing", "per_pixel"), [("bgr", "BGR", 3.0), ("yuv411", "Y0Y1CbY2Y3Cr", 1.5)])
def test_a_frame_begins_on_a_red_line_of_the_pool(output: str, packing: str, per_pixel: float) -> None:
    pool = colour_pool(output, packing, WIDTH, None, EVEN)
    starts = pool.of_frame(200 * BLOCK, b"1").starts
    assert set(starts // 2 % int(2 * WIDTH * per_pixel)) == {0}
    assert 60 < np.sum(starts % 2) < 140
    assert len(set(starts // 2)) > 150


def test_a_block_at_the_end_of_a_pool_goes_on_at_its_beginning() -> None:
    pool = white_pool()
    noise = FrameNoise(pool, np.array([2 * (pool.size - 10) + 1], np.uint64))
    part, negated = noise.part(0, BLOCK)
    assert negated
    assert np.array_equal(part[:10], pool.samples[pool.size - 10 : pool.size])
    assert np.array_equal(part[10:], pool.samples[: BLOCK - 10])


def test_no_noise_is_wilder_than_five_sigma() -> None:
    for pool in (white_pool(), colour_pool("bgr", "BGR", WIDTH, None, (1.2, 1.0, 1.3))):
        assert int(np.abs(pool.samples).max()) <= MAX_Z * Z_UNITS
