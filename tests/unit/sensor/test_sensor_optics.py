from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.lens import Falloff, Lens, WindowSource

WHOLE = Window(0, 120, 0, 160)


def source_of(image: NDArray[np.float32]) -> WindowSource:
    return lambda window: image[window.top : window.bottom, window.left : window.right]


def point() -> NDArray[np.float32]:
    image = np.zeros((120, 160, 3), np.float32)
    image[60, 80] = 1
    return image


@pytest.mark.parametrize("blur_px", [0.5, 1.5, 4.0, 8.0])
def test_a_point_becomes_a_spot_of_the_given_width(blur_px: float) -> None:
    spot = Lens(blur_px).image(source_of(point()), 160, 120)(WHOLE)[..., 0].astype(float)
    assert spot.sum() == pytest.approx(1, abs=0.01)
    distance = np.arange(160) - 80
    measured = float((spot.sum(axis=0) * distance**2).sum()) ** 0.5
    assert measured == pytest.approx(blur_px, rel=0.12)


@pytest.mark.parametrize("lens", [Lens(0.5), Lens(5.0), Lens(0.5, zoom=3.0)])
def test_windows_of_the_projected_image_fit_together(lens: Lens) -> None:
    scene = np.random.default_rng(1).random((120, 160, 3), dtype=np.float32)
    image = lens.image(source_of(scene), 160, 120)
    part = image(Window(30, 60, 100, 160))
    np.testing.assert_allclose(part, image(WHOLE)[30:60, 100:160], atol=1e-5)


@pytest.mark.parametrize("lens", [Lens(0.5), Lens(5.0), Lens(0.5, zoom=3.0), Lens(3.0, zoom=20.0)])
def test_an_even_scene_stays_even_up_to_the_borders(lens: Lens) -> None:
    scene = np.full((120, 160, 3), 0.4, np.float32)
    np.testing.assert_allclose(lens.image(source_of(scene), 160, 120)(WHOLE), 0.4, rtol=1e-5)


def test_zoom_magnifies_about_the_centre() -> None:
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    scene = np.stack([x, y, x], axis=2)
    image = Lens(0.5, zoom=2.0).image(source_of(scene), 160, 120)(WHOLE)
    np.testing.assert_allclose(image[60, 20:140, 0], 79.5 + (np.arange(20, 140) - 79.5) / 2, atol=1e-3)
    np.testing.assert_allclose(image[20:100, 80, 1], 59.5 + (np.arange(20, 100) - 59.5) / 2, atol=1e-3)


@pytest.mark.parametrize("lens", [Lens(0.5), Lens(3.0), Lens(0.5, zoom=4.0)])
def test_no_light_from_a_window_arrives_outside_of_where_it_can(lens: Lens) -> None:
    scene = np.zeros((120, 160, 3), np.float32)
    scene[55:70, 70:90] = 1
    image = lens.image(source_of(scene), 160, 120)(WHOLE)[..., 0]
    reached = lens.sensor_window(Window(55, 70, 70, 90), 160, 120).intersect(WHOLE)
    outside = image.copy()
    outside[reached.top : reached.bottom, reached.left : reached.right] = 0
    assert outside.max() == 0
    assert image.max() > 0.9


def test_light_falls_off_by_the_fourth_power_of_the_cosine_down_to_the_percentage_in_the_corners() -> None:
    falloff = Falloff(161, 121, 80.0)
    light = falloff.dim(np.ones((121, 161), np.float32), Window(0, 121, 0, 161))
    assert light[60, 80] == 1.0
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, 0.8, atol=0.003)  # of the outermost pixels' centres
    # along one axis (1 + tan^2)^-2: twice the distance from the centre, four times the squared tangent
    half, whole = light[60, 40] ** -0.5 - 1, light[60, 0] ** -0.5 - 1
    assert whole == pytest.approx(4 * half, rel=1e-3)
    np.testing.assert_array_equal(light, light[::-1, ::-1])
    part = falloff.dim(np.ones((30, 40), np.float32), Window(10, 40, 100, 140))
    np.testing.assert_array_equal(part, light[10:40, 100:140])
