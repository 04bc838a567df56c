"""The scene conveyor, and frames with several moving patches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Noise, Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.conveyor import PERIOD_NS, parts_in_view
from tiscam_emu.sensor.scenes.conveyor_parts import draw, part
from tiscam_emu.sensor.scenes.picture import MovingPatch, Picture, Still
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.units import NS_PER_MS

TakeFrame = Callable[..., NDArray[Any]]
WIDTH, HEIGHT = 1280, 1024


def middle_of(number: int, time_ns: int) -> float:
    """Where the middle of a part is, in pixels from the left."""
    (found,) = [passing for passing in parts_in_view(time_ns, WIDTH, HEIGHT) if passing.part.number == number]
    return (found.window.left + found.window.right) / 2


def first_with(defect: str, kind: str = "") -> int:
    return next(n for n in range(10_000) if part(n).defect == defect and part(n).kind.startswith(kind))


def test_part_n_is_in_the_middle_at_n_half_seconds() -> None:
    for number in (0, 1, 7, 1_000_000):
        assert middle_of(number, number * 500 * NS_PER_MS) == pytest.approx(WIDTH / 2, abs=1)


def test_parts_move_to_the_right_at_constant_speed() -> None:
    # 0.6 of 1280 pixels in half a second: 15.36 pixels in 10 ms
    places = [middle_of(3, 3 * PERIOD_NS + k * 10 * NS_PER_MS) for k in range(-45, 46)]
    assert places == pytest.approx([640 + 15.36 * k for k in range(-45, 46)], abs=1)


@pytest.mark.parametrize("time_ms", [0, 13, 249, 251, 123_456_789])
def test_parts_in_view_touch_the_sensor_and_not_each_other(time_ms: int) -> None:
    passing = parts_in_view(time_ms * NS_PER_MS, WIDTH, HEIGHT)
    windows = [each.window for each in passing]
    assert 1 <= len(windows) <= 3
    assert all(not window.intersect(Window(0, HEIGHT, 0, WIDTH)).is_empty() for window in windows)
    assert all(window.left - other.right > 300 for window, other in pairwise(windows))
    numbers = [each.part.number for each in passing]
    assert numbers == sorted(numbers)


def test_a_part_follows_from_its_number() -> None:
    assert [part(number) for number in range(50)] == [part(number) for number in range(50)]
    assert len({(each.kind, each.finish) for each in map(part, range(200))}) == 9


def test_about_one_part_in_five_has_a_defect_of_some_sort() -> None:
    defects = [part(number).defect for number in range(4000)]
    share = sum(defect != "" for defect in defects) / 4000
    assert share == pytest.approx(0.2, abs=5 * (0.2 * 0.8 / 4000) ** 0.5)
    for defect in ("scratch", "chip", "stain", "no hole"):
        assert defects.count(defect) / 4000 == pytest.approx(0.05, abs=5 * (0.05 * 0.95 / 4000) ** 0.5)


def test_defects_can_be_seen() -> None:
    def covered(number: int) -> float:
        return float(draw(number, 200).coverage.mean())

    def middle(number: int) -> float:
        return float(draw(number, 200).coverage[100, 100])

    whole = first_with("", "washer")
    assert covered(first_with("chip", "washer")) < 0.99 * covered(whole)
    assert (middle(whole), middle(first_with("no hole", "washer"))) == (0, 1)
    # brass has 0.62 / 0.42 of red to green, rust nearly 3
    red, green, _ = draw(first_with("stain"), 200).light.transpose(2, 0, 1)
    assert float((red / green).max()) > 2.0
    red, green, _ = draw(whole, 200).light.transpose(2, 0, 1)
    assert float((red / green).max()) < 1.6
    scratched = draw(first_with("scratch"), 200).light.max(axis=2)
    assert float(scratched.max()) > 1.5 * float(np.percentile(scratched, 97))


@dataclass(frozen=True, slots=True)
class Squares:
    """Bright squares before a dark ground: moving, or painted on it for the comparison."""

    moving: bool
    at: tuple[Window, ...]

    def fit(self, width: int, height: int) -> Picture:
        return SquaresPicture(self, width, height)


class SquaresPicture:
    def __init__(self, squares: Squares, width: int, height: int) -> None:
        self._image = np.full((height, width, 3), 0.1, np.float32)
        self._squares = squares
        for place in () if squares.moving else squares.at:
            self._image[place.top : place.bottom, place.left : place.right] = 0.7

    def radiance(self, window: Window, /) -> NDArray[np.float32]:
        return self._image[window.top : window.bottom, window.left : window.right]

    def still(self, time_ns: int, frame: int = 0) -> Still:
        del time_ns, frame
        return self

    def moving(self, time_ns: int) -> list[MovingPatch]:
        del time_ns
        at = self._squares.at if self._squares.moving else ()
        return [MovingPatch(window, partial(np.full, (*window.shape, 3), 0.7, np.float32)) for window in at]


@pytest.mark.parametrize("noise", ["fast", "exact"])
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BGR8"])
@pytest.mark.parametrize("blur_px", [0.0, 3.0])
def test_moving_patches_look_as_if_painted_on_the_still_scene(
    color_sensor: SensorModel, take_frame: TakeFrame, noise: Noise, pixel_format: str, blur_px: float
) -> None:
    at = (Window(40, 80, 30, 70), Window(40, 80, 76, 116), Window(100, 192, 200, 256))  # two of them close
    moving, painted = (
        take_frame(color_sensor, Squares(kind, at), pixel_format, noise=noise, defocus_px=blur_px)
        for kind in (True, False)
    )
    difference = np.abs(moving.astype(int) - painted)
    if noise == "exact":
        assert difference.max() == 0
    else:  # fixed-point numbers are rounded in other blocks
        assert difference.max() <= 1
        assert np.count_nonzero(difference) < 0.01 * difference.size


@pytest.mark.parametrize("noise", ["fast", "exact"])
def test_a_frame_of_the_conveyor_is_the_same_alone_and_in_sequence(color_sensor: SensorModel, noise: Noise) -> None:
    def taken(renderer: Renderer, frame_id: int) -> bytes:
        time_ns = frame_id * 60 * NS_PER_MS
        shape = Region(color_sensor.width, color_sensor.height)
        request = FrameRequest(frame_id, time_ns, 5000.0, 0.0, 240.0, PIXEL_FORMATS["BayerRG8"], shape)
        out = np.empty(request.payload_bytes(), np.uint8)
        renderer.render(request, out)
        return out.tobytes()

    sequence = Renderer(color_sensor, load_scene("conveyor"), noise=noise)
    frames = [taken(sequence, frame_id) for frame_id in range(20)]
    for frame_id in (0, 7, 19):
        assert taken(Renderer(color_sensor, load_scene("conveyor"), noise=noise), frame_id) == frames[frame_id]
    assert len(set(frames)) == 20


def test_the_belt_goes_on_from_edge_to_edge_without_parts() -> None:
    picture = load_scene("conveyor").fit(256, 192)
    belt = picture.still(0).radiance(Window(70, 120, 0, 256))
    assert float(np.ptp(belt, axis=1).max()) == 0
    assert picture.still(0) is picture.still(PERIOD_NS)
