"""Autofocus by contrast (manual 5.4.5, 5.4.6): where it looks, where it ends, and what ends it early.

At tele (Zoom 1000) the scene is in focus at 6400, and 8 positions are 0.26 pixels of blur; a blur of 1 pixel is what
one sees. The motor makes 5000 positions a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.camera.core import frame_request
from tiscam_emu.camera.lens.autofocus import parts
from tiscam_emu.camera.lens.focus_search import search_focus
from tiscam_emu.camera.notices import MoveCompleted
from tiscam_emu.sensor.request import Region
from tiscam_emu.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk, Studio

MODEL = "39GX265-Z20"
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def texture() -> Picture:
    """Every pixel another grey."""
    return np.random.default_rng(5).integers(0, 256, (1536, 2048), np.uint8)


@pytest.fixture(scope="module")
def part(texture: Picture) -> Picture:
    """Grey, with texture in columns 200 to 599 and rows 100 to 399 alone."""
    picture = np.full_like(texture, 120)
    picture[100:400, 200:600] = texture[100:400, 200:600]
    return picture


def _ready(studio: Studio, *, width: int = 2048, **settings: int | str) -> Desk:
    desk = studio.desk
    desk.set(ExposureAuto="Off", GainAuto="Off", ExposureTime=5000.0, Width=width, **settings)
    studio.focus()
    return desk


def _arrivals(desk: Desk) -> list[MoveCompleted]:
    arrivals: list[MoveCompleted] = []
    desk.camera.state.notices.subscribe(MoveCompleted, arrivals.append)
    return arrivals


def _blur(desk: Desk) -> float:
    return frame_request(desk.camera.state, 0, desk.now).defocus_px


# The search


def _found(sharpness: Callable[[int], float], start: int = 10_000) -> tuple[int, list[int]]:
    search = search_focus(start, 0, 10_000, pixels=65_536)
    position, visited = next(search), []
    try:
        while True:
            visited.append(position)
            position = search.send(sharpness(position))
    except StopIteration as end:
        return end.value, visited


@pytest.mark.parametrize("peak", [0, 3, 249, 251, 4321, 6400, 9996, 10_000])
@pytest.mark.parametrize("width", [30.0, 300.0, 3000.0])
def test_search_ends_within_its_finest_step_of_the_peak(peak: int, width: float) -> None:
    found, visited = _found(lambda position: 100 / (1 + ((position - peak) / width) ** 2) + 2)
    assert abs(found - peak) <= 8
    assert len(visited) <= 33  # 21 of the sweep; 250, 125, 62, 31, 16 and 8 to both sides
    assert len(set(visited)) == len(visited)
    assert all(0 <= position <= 10_000 for position in visited)


@pytest.mark.parametrize(("start", "first"), [(10_000, [10_000, 9500]), (4999, [0, 500]), (0, [0, 500])])
def test_sweep_begins_at_the_nearer_end(start: int, first: list[int]) -> None:
    _, visited = _found(float, start)
    assert visited[:2] == first


@pytest.mark.parametrize("start", [0, 3333, 10_000])
def test_search_without_contrast_ends_where_it_began(start: int) -> None:
    noise = np.random.default_rng(3).normal(2.0, 2.0 * (3 / 65_536) ** 0.5, 21)  # as the mean of so many squares has
    found, visited = _found(lambda position: float(noise[position // 500]), start)
    assert found == start
    assert len(visited) == 21


def test_search_in_the_dark_ends_where_it_began() -> None:
    assert _found(lambda _position: 0.0, 3333)[0] == 3333


# What it looks at


def test_large_picture_is_seen_in_16_parts_spread_over_it() -> None:
    seen = parts(Region(2048, 1536, reverse_x=True))
    assert {(region.width, region.height, region.reverse_x) for region in seen} == {(64, 64, True)}
    assert sorted({region.offset_x + 32 for region in seen}) == [256, 768, 1280, 1792]
    assert sorted({region.offset_y + 32 for region in seen}) == [192, 576, 960, 1344]


def test_small_rectangle_is_seen_whole() -> None:
    assert parts(Region(256, 16, 100, 40)) == (Region(256, 16, 100, 40),)


def test_looks_are_raw_and_small_and_differ_in_nothing_but_focus(studio_of: Callable[..., Studio]) -> None:
    desk = _ready(studio_of(MODEL, "chart", height=480), width=640)
    desk.set(PixelFormat="BGR8", Gamma=2.0, ReverseY=1)
    desk.run("FocusAuto")
    looks = []
    for sharpness in (1.0, 2.0):
        desk.advance(desk.camera.next_wakeup() or desk.now)
        looks.append(desk.camera.take_focus_look())
        assert looks[-1] is not None
        assert desk.camera.take_focus_look() is None
        desk.camera.focus_looked(looks[-1].number, sharpness, desk.now)
    first, second = (look.requests[0] for look in looks if look)
    assert (first.pixel_format.name, first.gamma, first.region.reverse_y) == ("BayerRG8", 1.0, True)
    assert (first.exposure_us, first.zoom) == (second.exposure_us, second.zoom) == (5000.0, 1.0)
    # 500 positions of 0.00996/m from 0.4/m: 4.3333 mm x 6.5 mm x 4.98/m / 0.96503 = 145.35 um
    assert (first.defocus_px, second.defocus_px) == (0.0, 10.533)
    assert first.frame_id != second.frame_id


def test_autofocus_works_without_acquisition_and_sends_nothing(
    studio_of: Callable[..., Studio], texture: Picture
) -> None:
    studio = studio_of(MODEL, texture, height=1536)
    desk = _ready(studio, Zoom=1000)
    arrivals, begin = _arrivals(desk), desk.now
    desk.run("FocusAuto")
    assert 21 < studio.focus() <= 33
    assert [arrival.motor for arrival in arrivals] == ["Focus"]
    assert arrivals[0].position == desk.get("Focus")
    assert arrivals[0].position == pytest.approx(6400, abs=16)
    # 10000 to 0, back to 6500, then at most 250 x 6 to and fro
    assert 3300 * NS_PER_MS <= desk.now - begin < 4000 * NS_PER_MS
    assert desk.camera.advance(desk.now + NS_PER_S) == []


@pytest.mark.parametrize("zoom", [0, 450, 700, 888, 1000])
def test_chart_is_sharp_at_every_zoom(studio_of: Callable[..., Studio], zoom: int) -> None:
    studio = studio_of(MODEL, "chart", height=1536)
    desk = _ready(studio, Zoom=zoom, Focus=3000)
    desk.run("FocusAuto")
    studio.focus()
    assert _blur(desk) < 0.5


def test_result_does_not_depend_on_how_long_measuring_takes(studio_of: Callable[..., Studio], texture: Picture) -> None:
    ends = []
    for late_ns in (0, 137 * NS_PER_MS):
        studio = studio_of(MODEL, texture, height=480)
        desk = _ready(studio, width=640, Zoom=900)
        desk.run("FocusAuto")
        studio.focus(late_ns=late_ns)
        ends.append((desk.get("Focus"), _blur(desk)))
    assert ends[0] == ends[1]


def test_rectangle_decides_whether_there_is_anything_to_see(studio_of: Callable[..., Studio], part: Picture) -> None:
    """Manual 5.4.6: only the pixels inside the rectangle are used."""
    studio = studio_of(MODEL, part, height=1536)
    desk = _ready(studio, Focus=3000)
    desk.set(AutoFocusROIEnable=1, AutoFocusROIWidth=256, AutoFocusROIHeight=256)
    for left, top, end in ((1200, 900, 3000), (700, 100, 3000), (300, 120, 10_000)):
        desk.set(AutoFocusROILeft=left, AutoFocusROITop=top)
        desk.set(Focus=3000)
        studio.focus()
        desk.run("FocusAuto")
        studio.focus()
        assert desk.get("Focus") == end, left


def test_without_rectangle_the_whole_picture_is_seen(studio_of: Callable[..., Studio], part: Picture) -> None:
    studio = studio_of(MODEL, part, height=1536)
    desk = _ready(studio, Focus=3000, AutoFocusROILeft=1200, AutoFocusROIWidth=128)
    desk.run("FocusAuto")
    studio.focus()
    assert desk.get("Focus") == 10_000


def test_rectangle_outside_of_the_partial_scan_is_moved_into_it(
    studio_of: Callable[..., Studio], part: Picture
) -> None:
    """Manual 5.4.6: the camera adjusts the rectangle; the texture lies in the last columns of the partial scan."""
    studio = studio_of(MODEL, part, height=256)
    desk = _ready(studio, width=528, OffsetAutoCenter="Off", Focus=3000)
    desk.set(OffsetX=0, OffsetY=100)
    desk.set(AutoFocusROIEnable=1, AutoFocusROIWidth=128, AutoFocusROIHeight=128)
    desk.set(AutoFocusROILeft=1900, AutoFocusROITop=1500)
    assert [desk.get(f"AutoFocusROI{name}") for name in ("Left", "Top")] == [400, 340]
    desk.run("FocusAuto")
    look = None
    while look is None:
        desk.advance(desk.camera.next_wakeup() or desk.now)
        look = desk.camera.take_focus_look()
    assert look.requests[0].region == Region(128, 16, 400, 340)


@pytest.mark.parametrize("height", [4, 8, 12])
def test_partial_scan_lower_than_the_smallest_rectangle_is_seen_whole(
    studio_of: Callable[..., Studio], texture: Picture, height: int
) -> None:
    studio = studio_of(MODEL, texture, height=height)
    desk = _ready(studio, width=528, OffsetAutoCenter="Off", AutoFocusROIEnable=1, Focus=9000)
    desk.set(OffsetY=1536 - height)
    desk.run("FocusAuto")
    studio.focus()
    assert desk.get("Focus") == 10_000


def test_mirrored_picture_is_focused_where_the_rectangle_is_in_it(
    studio_of: Callable[..., Studio], part: Picture
) -> None:
    studio = studio_of(MODEL, part, height=1536)
    desk = _ready(studio, Focus=3000, ReverseX=1, AutoFocusROIEnable=1, AutoFocusROITop=120)
    desk.set(AutoFocusROIWidth=256, AutoFocusROIHeight=256, AutoFocusROILeft=2048 - 556)
    desk.run("FocusAuto")
    studio.focus()
    assert desk.get("Focus") == 10_000


@pytest.mark.parametrize("settings", [{"Iris": 0}, {"ExposureTime": 20.0, "Iris": 20}])
def test_autofocus_in_the_dark_ends_where_it_began(
    studio_of: Callable[..., Studio], texture: Picture, settings: dict[str, float]
) -> None:
    studio = studio_of(MODEL, texture, height=480)
    desk = _ready(studio, width=640, Focus=4321)
    desk.set(**settings)
    arrivals = _arrivals(desk)
    desk.run("FocusAuto")
    studio.focus()
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 4321)]
    assert desk.get("Focus") == 4321


# What ends a search, and what does not


def test_iris_that_moves_lets_a_search_go_on(searching: Studio) -> None:
    desk = searching.desk
    arrivals = _arrivals(desk)
    desk.set(Iris=100)
    searching.focus()
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 10_000)]


@pytest.fixture
def searching(studio_of: Callable[..., Studio], texture: Picture) -> Studio:
    """At the wide angle, 0.52 s into a search that began at 10000: on the way from the sixth stop to the seventh."""
    studio = studio_of(MODEL, texture, height=480)
    desk = _ready(studio, width=640)
    desk.run("FocusAuto")
    studio.focus(until=desk.now + 520 * NS_PER_MS)
    desk.advance(520 * NS_PER_MS)
    return studio


def test_focus_written_ends_the_search(searching: Studio) -> None:
    desk = searching.desk
    arrivals = _arrivals(desk)
    desk.set(Focus=7000)
    assert searching.focus() == 0
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 7000)]
    assert desk.get("Focus") == 7000


def test_zoom_written_stops_the_focus_where_it_is(searching: Studio) -> None:
    desk = searching.desk
    arrivals = _arrivals(desk)
    desk.set(Zoom=100)
    assert searching.focus() == 0
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 7400), ("Zoom", 100)]
    assert desk.get("Focus") == 7400  # 10000 less 0.52 s of 5000 a second


@pytest.mark.parametrize("command", ["DeviceReset", "UserSetLoad"])
def test_replaced_settings_bring_the_focus_back(searching: Studio, command: str) -> None:
    desk = searching.desk
    arrivals = _arrivals(desk)
    desk.run(command)
    desk.camera.take_reset_request()
    assert searching.focus() == 0
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 10_000)]
    assert desk.get("Focus") == 10_000


def test_second_command_begins_anew(searching: Studio) -> None:
    desk = searching.desk
    arrivals = _arrivals(desk)
    desk.run("FocusAuto")
    assert 21 < searching.focus() <= 33
    assert [(arrival.motor, arrival.position) for arrival in arrivals] == [("Focus", 10_000)]


def test_late_answer_to_a_search_given_up_changes_nothing(searching: Studio) -> None:
    desk = searching.desk
    while (look := desk.camera.take_focus_look()) is None:
        desk.advance(desk.camera.next_wakeup() or desk.now)
    desk.set(Focus=7000)
    desk.camera.focus_looked(look.number, 1e9, desk.now)
    searching.focus()
    assert desk.get("Focus") == 7000
    desk.run("FocusAuto")
    desk.camera.focus_looked(look.number, 1e9, desk.now)
    assert searching.focus() > 21
    assert desk.get("Focus") == 10_000


def test_search_waits_for_the_zoom_motor(studio_of: Callable[..., Studio], texture: Picture) -> None:
    studio = studio_of(MODEL, texture, height=480)
    desk = _ready(studio, width=640)
    arrivals = _arrivals(desk)
    desk.set(Zoom=1000)
    desk.run("FocusAuto")
    desk.advance(2 * NS_PER_S)
    assert desk.camera.take_focus_look() is None
    studio.focus()
    assert [arrival.motor for arrival in arrivals] == ["Zoom", "Focus"]
    assert desk.get("Focus") == pytest.approx(6400, abs=16)
