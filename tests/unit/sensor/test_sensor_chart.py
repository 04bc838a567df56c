from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.scenes.chart import BALL_PERIOD_NS, Chart
from tiscam_emu.sensor.scenes.colorchecker import PATCHES_SRGB
from tiscam_emu.sensor.scenes.picture import SRGB_DECODING

SIZES = [(1280, 1024), (2048, 1536), (4096, 2160)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_64_pixel_square_of_the_chart_has_structure(width: int, height: int) -> None:
    still = Chart().fit(width, height).still(0)
    for top in range(0, height - 63, 64):
        strip = still.radiance(Window(top, top + 64, 0, width))[..., 1]
        squares = strip[:, : width // 64 * 64].reshape(64, -1, 64)
        spread = squares.max(axis=(0, 2)) - squares.min(axis=(0, 2))
        assert spread.min() > 0.008, (top, int(spread.argmin()) * 64)


@pytest.mark.parametrize(("width", "height"), [(256, 192), (1280, 1024), (608, 608)])
def test_the_24_colours_are_where_they_belong(width: int, height: int) -> None:
    still = Chart().fit(width, height).still(0)
    for index, rgb in enumerate(PATCHES_SRGB):
        row = round(height * (0.2025 + 0.075 * (index // 12)))
        column = round(width * (0.06 + 0.88 * (index % 12 + 0.5) / 12))
        seen = np.median(still.radiance(Window(row - 2, row + 3, column - 2, column + 3)), axis=(0, 1))
        published = SRGB_DECODING[np.array(rgb)]
        # light falls off by up to 14 % towards the corners, equally in all colours
        ratio = seen[published > 0.02] / published[published > 0.02]
        assert 0.86 < ratio.min() <= ratio.max() < 1.0
        assert ratio.max() - ratio.min() < 0.01


def test_only_the_glints_are_brighter_than_white() -> None:
    light = Chart().fit(1280, 1024).still(0).radiance(Window(0, 1024, 0, 1280))
    bright = light.max(axis=2) > 0.95
    assert 100 < int(bright.sum()) < 600
    assert light.max() > 2


def test_windows_of_the_chart_fit_together() -> None:
    still = Chart().fit(320, 256).still(0)
    whole = still.radiance(Window(0, 256, 0, 320))
    assert np.array_equal(still.radiance(Window(70, 200, 5, 33)), whole[70:200, 5:33])


def test_the_ball_is_small_and_swings_once_per_period() -> None:
    picture = Chart().fit(1280, 1024)
    places = []
    for quarter in range(5):
        (patch,) = picture.moving(quarter * BALL_PERIOD_NS // 4)
        assert max(patch.radiance().shape[:2]) <= 0.03 * 1024
        places.append(patch.window.left)
    middle, right, again, left, end = places
    assert middle == again == end
    assert right - middle == pytest.approx(0.27 * 1280, abs=1)
    assert middle - left == pytest.approx(0.27 * 1280, abs=1)


def test_the_ball_is_always_at_one_of_few_places_so_that_their_light_is_soon_known() -> None:
    picture = Chart().fit(4096, 3000)
    times_ns = [number * 1_234_567 for number in range(10_000)]
    windows = {patch.window for time_ns in times_ns for patch in picture.moving(time_ns)}
    assert 100 <= len(windows) <= 121


def test_the_chart_is_drawn_for_any_sensor_shape() -> None:
    for width, height in ((64, 48), (101, 300), (1000, 200), (640, 512)):
        light = Chart().fit(width, height).still(0).radiance(Window(0, height, 0, width))
        assert light.shape == (height, width, 3)
        assert np.isfinite(light).all()
