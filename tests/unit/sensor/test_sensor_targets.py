"""The scenes star and colorchecker."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.scenes import colorchecker, star
from tiscam_emu.sensor.scenes.picture import Picture
from tiscam_emu.sensor.scenes.scene import load_scene

SIZES = [(1280, 1024), (4504, 4504), (256, 192)]


def light_of(picture: Picture, window: Window) -> NDArray[np.float32]:
    return picture.still(0).radiance(window)


@pytest.mark.parametrize("name", ["star", "colorchecker", "flat", "gradient"])
def test_these_scenes_do_not_move(name: str) -> None:
    picture = load_scene(name).fit(256, 192)
    assert picture.still(0, 0) is picture.still(10**12, 999)
    assert not picture.moving(10**12)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_patches_have_the_published_colours_to_their_edges(width: int, height: int) -> None:
    picture = load_scene("colorchecker").fit(width, height)
    windows = dict(zip(colorchecker.PATCH_NAMES, colorchecker.patch_windows(width, height), strict=True))
    # decoded by hand from the published sRGB codes, IEC 61966-2-1: ((v / 255 + 0.055) / 1.055) ** 2.4
    expected = {
        "dark skin": (0.1714, 0.0844, 0.0578),
        "cyan": (0.0024, 0.2346, 0.3564),
        "white": (0.8963, 0.8963, 0.8880),
        "neutral 5": (0.1946, 0.1946, 0.1912),
        "black": (0.0343, 0.0343, 0.0343),
    }
    for name, colour in expected.items():
        patch = light_of(picture, windows[name])
        assert np.ptp(patch, axis=(0, 1)).max() == 0
        assert patch[0, 0].tolist() == pytest.approx(colour, abs=1e-4)


def test_patches_lie_in_four_rows_of_six_and_do_not_touch() -> None:
    windows = colorchecker.patch_windows(1280, 1024)
    # 0.94 * 1280 / 6.48 = 185 pixels from patch to patch, 13 free on each side
    assert windows[0] == Window(512 - 370 + 13, 512 - 370 + 185 - 13, 640 - 555 + 13, 640 - 555 + 185 - 13)
    assert windows[6] == Window(*(edge + step for edge, step in zip(_edges(windows[0]), (185, 185, 0, 0), strict=True)))
    assert windows[23].right == 640 + 555 - 13
    assert len(windows) == 24


def _edges(window: Window) -> tuple[int, int, int, int]:
    return window.top, window.bottom, window.left, window.right


@pytest.mark.parametrize("radius", [60, 150, 300, 440])
def test_the_star_has_72_cycles_at_every_radius(radius: int) -> None:
    light = light_of(load_scene("star").fit(1280, 1024), Window(0, 1024, 0, 1280))[..., 1]
    angles = np.arange(7200) * 2 * np.pi / 7200
    rows, columns = 511.5 + radius * np.sin(angles), 639.5 + radius * np.cos(angles)
    around = light[rows.round().astype(int), columns.round().astype(int)]
    spectrum = np.abs(np.fft.rfft(around))
    assert int(spectrum[1:].argmax()) + 1 == 72
    # of a square wave, the first harmonic is 2 / pi of the full swing
    swing = 2 * spectrum[72] / 7200 * np.pi / 2
    assert swing == pytest.approx(star.LIGHT - star.DARK, rel=0.15 if radius < 100 else 0.05)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_grey_fields_beside_the_star_tell_its_levels(width: int, height: int) -> None:
    picture = load_scene("star").fit(width, height)
    fields = [light_of(picture, window) for _, window in star.field_windows(width, height)]
    assert [float(np.ptp(field)) for field in fields] == [0.0] * 4
    levels = [float(field[0, 0, 0]) for field in fields]
    assert levels == pytest.approx([0.03, 0.80, 0.2867, 0.5433], abs=0.004)  # a step of 8-bit sRGB


def test_the_star_is_plain_where_a_cycle_would_be_less_than_two_pixels() -> None:
    light = light_of(load_scene("star").fit(1280, 1024), Window(512 - 14, 512 + 14, 640 - 14, 640 + 14))
    assert float(light.max()) == pytest.approx(0.03, abs=0.002)
