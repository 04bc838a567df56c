"""The zoom lens: what its positions make of the picture, and when its motors arrive (manual 5.4, 6).

Numbers are worked out by hand from focal lengths, f-numbers and distances: aperture = focal length / f-number, disc of
blur = aperture x focal length x |1/focused - 1/scene| / (1 - focal length / focused), spot = disc / 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.core import frame_request, load
from tiscam_emu.camera.lens.lens_optics import LARGEST_BLUR_PX, focal_mm, nearest_m
from tiscam_emu.camera.notices import MoveCompleted
from tiscam_emu.errors import Status
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.spec.model import LensModel
from tiscam_emu.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

LONGEST_MOVE = 10 * NS_PER_S


@pytest.fixture
def lens() -> LensModel:
    model = load("39GX265-Z20").lens
    assert model is not None
    return model


def _frame(desk: Desk) -> FrameRequest:
    return frame_request(desk.camera.state, 0, desk.now)


def _after(desk: Desk, **positions: int) -> FrameRequest:
    """The next frame once the lens has come to rest."""
    desk.set(**positions)
    desk.advance(desk.now + LONGEST_MOVE)
    return _frame(desk)


def _arrivals(desk: Desk) -> list[MoveCompleted]:
    arrivals: list[MoveCompleted] = []
    desk.camera.state.notices.subscribe(MoveCompleted, arrivals.append)
    return arrivals


# The picture


def test_lens_as_it_comes_from_the_factory_is_sharp_open_and_wide(desk: Desk) -> None:
    frame = _frame(desk)
    assert (frame.zoom, frame.defocus_px, frame.illumination, frame.infrared) == (1.0, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("zoom", "focal"), [(0, 6.5), (25, 6.85), (50, 7.2), (475, 18.35), (500, 19), (999, 114.036), (1000, 114.5)]
)
def test_focal_length_is_the_tables_and_straight_in_between(lens: LensModel, zoom: float, focal: float) -> None:
    assert focal_mm(lens, zoom) == pytest.approx(focal)


def test_magnification_is_that_of_the_focal_length(desk: Desk) -> None:
    assert _after(desk, Zoom=500).zoom == pytest.approx(19 / 6.5)
    assert _after(desk, Zoom=1000).zoom == pytest.approx(114.5 / 6.5)


def test_least_distance_grows_from_1_to_90_cm(lens: LensModel) -> None:
    assert nearest_m(lens, 0) == pytest.approx(0.01)
    assert nearest_m(lens, 500) == pytest.approx(0.0538, abs=5e-5)  # 1 cm x 90 to the ln(19/6.5) / ln(114.5/6.5)
    assert nearest_m(lens, 1000) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("zoom", "iris", "illumination"),
    [
        (0, 255, 1.0),
        (0, 51, 0.04),
        (0, 0, 0.0),
        (1000, 255, 0.194637),  # (1.5 / 3.4) squared
        (1000, 51, 0.00778547),
    ],
)
def test_light_falls_with_zoom_and_with_the_iris(desk: Desk, zoom: int, iris: int, illumination: float) -> None:
    assert _after(desk, Zoom=zoom, Iris=iris).illumination == pytest.approx(illumination, rel=1e-5)


@pytest.mark.parametrize(
    ("zoom", "focus", "iris", "defocus_px"),
    [
        (0, 9990, 255, 0.204),  # 4.3333 mm x 6.5 mm x 0.0996/m / 0.99675 = 2.8145 um
        (0, 9990, 51, 0.041),
        (1000, 6400, 255, 0.0),
        (1000, 6500, 255, 3.249),  # 33.676 mm x 114.5 mm x 0.011111/m / 0.95547 = 44.841 um
        (1000, 6500, 51, 0.65),
        (1000, 10000, 255, LARGEST_BLUR_PX),
        (0, 0, 255, LARGEST_BLUR_PX),
    ],
)
def test_picture_out_of_focus_blurs_less_through_a_narrow_iris(
    desk: Desk, zoom: int, focus: int, iris: int, defocus_px: float
) -> None:
    assert _after(desk, Zoom=zoom, Focus=focus, Iris=iris).defocus_px == defocus_px


def test_zooming_in_needs_refocusing(desk: Desk) -> None:
    """Manual 5.4.2: an in-focus image will not remain sharp when zooming in."""
    blurs = [_after(desk, Zoom=zoom).defocus_px for zoom in (0, 200, 400, 600, 800)]
    assert blurs == sorted(blurs)
    assert blurs[-1] > 20
    assert _after(desk, Zoom=1000, Focus=6400).defocus_px == 0.0  # 1/2.5 m between 1/0.9 m and infinity


def test_infrared_comes_in_without_the_filter(desk: Desk) -> None:
    desk.set(IRCutFilterEnable=0)
    assert _frame(desk).infrared == 0.6
    desk.set(IRCutFilterEnable=1)
    assert _frame(desk).infrared == 0.0


@pytest.mark.parametrize("model", ["33GP1300", "38UX253", "38UX267", "38GX541-a"])
def test_camera_without_such_a_lens_has_the_plain_picture(desk_of: Callable[[str], Desk], model: str) -> None:
    desk = desk_of(model)
    frame = _frame(desk)
    assert (frame.zoom, frame.defocus_px, frame.illumination, frame.infrared) == (1.0, 0.0, 1.0, 0.0)
    assert desk.camera.next_wakeup() is None


# The motors


def test_motor_takes_its_time_while_the_feature_reads_what_was_asked_for(desk: Desk) -> None:
    arrivals = _arrivals(desk)
    desk.set(Zoom=400)  # at 400 positions a second
    desk.advance(NS_PER_S // 2)
    assert desk.get("Zoom") == 400
    assert _frame(desk).zoom == pytest.approx(9.6 / 6.5)
    assert desk.camera.next_wakeup() == NS_PER_S
    desk.advance(NS_PER_S - 1)
    assert arrivals == []
    desk.advance(NS_PER_S)
    assert arrivals == [MoveCompleted("Zoom", 400, NS_PER_S)]
    assert desk.camera.next_wakeup() is None


def test_new_position_turns_the_motor_around_from_where_it_is(desk: Desk) -> None:
    arrivals = _arrivals(desk)
    desk.set(Zoom=1000)
    desk.advance(NS_PER_S // 2)  # at 200
    desk.set(Zoom=100)
    desk.advance(LONGEST_MOVE)
    assert arrivals == [MoveCompleted("Zoom", 100, 750 * NS_PER_MS)]


def test_iris_takes_half_a_second_from_end_to_end_and_tells_nobody(desk: Desk) -> None:
    arrivals = _arrivals(desk)
    desk.set(Iris=0)
    openings = []
    for now in (0, NS_PER_S // 4, NS_PER_S // 2):
        desk.advance(now)
        assert desk.get("Iris") == 0
        openings.append(_frame(desk).illumination)
    assert openings == [1.0, 0.25, 0.0]  # half the diameter lets a quarter of the light in
    assert (arrivals, desk.camera.next_wakeup()) == ([], None)


def test_frames_get_darker_while_the_iris_closes(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    desk.set(Iris=0)
    light = [frame.request.illumination for frame in desk.advance(NS_PER_S)]
    assert light[:6] == pytest.approx([1.0, 0.64, 0.36, 0.16, 0.04, 0.0])  # at 255, 204, 153, 102, 51 and 0
    assert set(light[6:]) == {0.0}


def test_loaded_user_set_moves_the_iris(desk: Desk) -> None:
    _after(desk, Iris=51)
    desk.set(UserSetSelector="UserSet1")
    desk.run("UserSetSave")
    _after(desk, Iris=255)
    desk.run("UserSetLoad")
    begin = desk.now
    desk.advance(begin + NS_PER_S // 5)
    assert _frame(desk).illumination == pytest.approx(0.36)  # 102 of the 204 positions on the way
    desk.advance(begin + NS_PER_S)
    assert _frame(desk).illumination == pytest.approx(0.04)


def test_motor_that_is_there_already_says_so_at_once(desk: Desk) -> None:
    arrivals = _arrivals(desk)
    desk.set(Focus=10000)
    assert desk.camera.next_wakeup() == 0
    desk.advance(0)
    assert arrivals == [MoveCompleted("Focus", 10000, 0)]


def test_motors_move_side_by_side_and_arrive_in_order(desk: Desk) -> None:
    arrivals = _arrivals(desk)
    desk.set(Zoom=400, Focus=9000)  # 1 s, and 1000 of 5000 a second
    desk.advance(LONGEST_MOVE)
    assert arrivals == [MoveCompleted("Focus", 9000, NS_PER_S // 5), MoveCompleted("Zoom", 400, NS_PER_S)]


def test_frame_shows_the_position_at_which_its_exposure_opened(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    desk.set(Zoom=400)
    frames = desk.advance(NS_PER_S)
    zooms = [frame.request.zoom * 6.5 for frame in frames]
    assert zooms[:3] == pytest.approx([6.5, 7.06, 7.62])  # at 0, 40 and 80
    assert zooms[-1] == pytest.approx(14.7)


def test_reset_lets_the_motors_travel_back(desk: Desk) -> None:
    _after(desk, Zoom=400)
    arrivals, begin = _arrivals(desk), desk.now
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    desk.advance(begin + LONGEST_MOVE)
    assert arrivals == [MoveCompleted("Zoom", 0, begin + NS_PER_S)]


@pytest.mark.parametrize(("name", "value"), [("Zoom", 1001), ("Focus", 10001), ("Iris", 256)])
def test_position_out_of_range_is_refused_and_moves_nothing(desk: Desk, name: str, value: int) -> None:
    assert desk.attempt(name, value) is Status.INVALID_PARAMETER
    assert desk.camera.next_wakeup() is None


def test_one_big_step_moves_the_lens_as_many_small_ones(desk_of: Callable[[str], Desk]) -> None:
    ends = []
    for step in (LONGEST_MOVE, 7 * NS_PER_MS):
        desk = desk_of("39GX265-Z20")
        arrivals = _arrivals(desk)
        desk.set(Zoom=900, Focus=200)
        for now in range(0, LONGEST_MOVE + step, step):
            desk.advance(now)
        ends.append((arrivals, _frame(desk)))
    assert ends[0][0] == ends[1][0]
    assert ends[0][1].defocus_px == ends[1][1].defocus_px


# The focus rectangle


@pytest.mark.parametrize(
    ("wanted", "region", "fitted"),
    [
        ((0, 0, 2048, 1536), (0, 0, 2048, 1536), (0, 0, 2048, 1536)),
        ((1920, 1520, 2048, 1536), (0, 0, 2048, 1536), (1920, 1520, 128, 16)),
        ((0, 0, 2048, 1536), (400, 200, 640, 480), (400, 200, 640, 480)),
        ((500, 300, 200, 100), (400, 200, 640, 480), (500, 300, 200, 100)),
        ((1900, 1500, 200, 100), (400, 200, 640, 480), (912, 664, 128, 16)),
    ],
)
def test_focus_rectangle_is_fitted_to_what_is_read_out(
    desk: Desk, wanted: tuple[int, ...], region: tuple[int, ...], fitted: tuple[int, ...]
) -> None:
    """Manual 5.4.6: sensor coordinates, adjusted to lie in the partial scan area."""
    left, top, width, height = region
    desk.set(OffsetAutoCenter="Off", Width=width, Height=height)
    desk.set(OffsetX=left, OffsetY=top)
    names = ("AutoFocusROILeft", "AutoFocusROITop", "AutoFocusROIWidth", "AutoFocusROIHeight")
    desk.set(**dict(zip(names, wanted, strict=True)))
    assert tuple(desk.get(name) for name in names) == fitted


def test_focus_rectangle_counts_sensor_pixels_while_skipping(desk: Desk) -> None:
    desk.set(OffsetAutoCenter="Off", DecimationHorizontal=2, Width=528)
    desk.set(OffsetX=100)
    assert desk.get("AutoFocusROILeft") == 200
    assert desk.get("AutoFocusROIWidth") == 1056
