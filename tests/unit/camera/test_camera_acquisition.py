"""When exposures open, on a clock that the test moves (manual 5.1.4; GenICam SFNC, Acquisition Control)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.notices import ExposureEnded, ExposureOpened
from tiscam_emu.errors import Status
from tiscam_emu.features.kinds import Value
from tiscam_emu.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

PERIOD = 100 * NS_PER_MS
FRAME_OVER = 7_360_000
"""Exposure of 5 ms and readout of 440 us + 480 * 4 us."""


@pytest.fixture
def running(desk: Desk) -> Desk:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    return desk


def test_nothing_happens_before_acquisition_start(desk: Desk) -> None:
    assert desk.starts(10 * NS_PER_S) == []
    assert desk.camera.next_wakeup() is None


def test_frames_open_exactly_one_period_apart(running: Desk) -> None:
    assert running.starts(10 * PERIOD) == [k * PERIOD for k in range(11)]


def test_period_of_a_rate_that_divides_no_second_does_not_drift(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(AcquisitionFrameRate=30.0)
    desk.now = 1_000
    desk.run("AcquisitionStart")
    assert desk.starts(NS_PER_S) == [1_000 + k * 33_333_333 for k in range(30)]


def test_a_frame_is_sent_so_that_its_last_packet_leaves_when_the_readout_is_over(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("38UX267")
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    exposure = desk.advance(0)[0]
    assert exposure.exposed_ns == 5_000_000
    assert exposure.end_ns == 5_000_000 + 440_000 + 480 * 12_750
    assert exposure.ready_ns == exposure.end_ns - 823_041  # the link takes 307200 B / 373.25 MB/s


def test_a_frame_that_the_link_takes_longer_for_than_the_readout_is_sent_from_the_end_of_exposure_on(
    running: Desk,
) -> None:
    exposure = running.advance(0)[0]
    assert exposure.end_ns == FRAME_OVER
    # The readout takes 2.36 ms, the link 20 us + 307200 B / 113.5 MB/s = 2.73 ms.
    assert exposure.ready_ns == exposure.exposed_ns == 5_000_000


def test_frame_is_never_ready_before_it_is_exposed(running: Desk) -> None:
    running.run("AcquisitionStop")
    running.set(PixelFormat="BGR8")
    running.run("AcquisitionStart")
    exposure = running.advance(FRAME_OVER)[-1]
    assert exposure.ready_ns == exposure.exposed_ns


@pytest.mark.parametrize(("mode", "count"), [("SingleFrame", 1), ("MultiFrame", 3)])
def test_acquisition_takes_as_many_frames_as_asked_for_and_ends(desk: Desk, mode: str, count: int) -> None:
    desk.prepare_small_frames()
    desk.set(AcquisitionMode=mode, AcquisitionFrameCount=3)
    desk.run("AcquisitionStart")
    assert desk.starts(NS_PER_S) == [k * PERIOD for k in range(count)]
    assert desk.attempt("Width", 656) is Status.SUCCESS
    assert desk.camera.next_wakeup() is None
    desk.run("AcquisitionStart")
    assert desk.starts(2 * NS_PER_S) == [NS_PER_S + k * PERIOD for k in range(count)]


def test_one_big_step_gives_the_frames_of_many_small_ones(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    whole = desk.advance(NS_PER_S)
    desk.run("AcquisitionStop")
    desk.now = 2 * NS_PER_S
    desk.run("AcquisitionStart")
    pieces = [e for k in range(1, 1001) for e in desk.advance(2 * NS_PER_S + k * NS_PER_MS)]
    assert [e.start_ns - 2 * NS_PER_S for e in pieces] == [e.start_ns for e in whole]


def test_next_wakeup_is_the_next_start_of_an_exposure(running: Desk) -> None:
    assert running.camera.next_wakeup() == 0
    running.advance(0)
    assert running.camera.next_wakeup() == PERIOD
    running.advance(PERIOD - 1)
    assert running.camera.next_wakeup() == PERIOD
    running.advance(PERIOD)
    assert running.camera.next_wakeup() == 2 * PERIOD


def test_next_wakeup_is_the_end_of_an_exposure_that_a_strobe_pulse_ends_with(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(StrobeOperation="Exposure", StrobeEnable="On")
    desk.run("AcquisitionStart")
    desk.advance(0)
    assert desk.camera.next_wakeup() == 5_000_000
    desk.advance(5_000_000)
    assert desk.camera.next_wakeup() == PERIOD
    desk.advance(PERIOD - 1)
    assert desk.camera.next_wakeup() == PERIOD
    desk.advance(PERIOD)
    assert desk.camera.next_wakeup() == PERIOD + 5_000_000


def test_exposures_are_told_when_they_open_and_end(running: Desk) -> None:
    told: list[tuple[str, int, int]] = []
    board = running.camera.state.notices
    board.subscribe(ExposureOpened, lambda notice: told.append(("opened", notice.request.frame_id, notice.at_ns)))
    board.subscribe(ExposureEnded, lambda notice: told.append(("ended", notice.request.frame_id, notice.at_ns)))
    running.advance(PERIOD + 5_000_000)
    assert told == [
        ("opened", 0, 0),
        ("ended", 0, 5_000_000),
        ("opened", 1, PERIOD),
        ("ended", 1, PERIOD + 5_000_000),
    ]


def test_short_exposure_after_a_long_one_ends_no_earlier_than_the_readout(desk: Desk) -> None:
    """At full rate a long exposure sets the pace; 100 us after it wait for 2.36 ms of readout less 100 us."""
    desk.prepare_small_frames()
    desk.set(AcquisitionFrameRate=desk.limits("AcquisitionFrameRate")[1], ExposureTime=50_000.0)
    desk.run("AcquisitionStart")
    desk.advance(0)
    desk.set(ExposureTime=100.0)
    assert desk.starts(55 * NS_PER_MS) == [52_260_000, 52_260_000 + 2_726_608]


def test_write_during_an_exposure_changes_only_the_next_frame(running: Desk) -> None:
    first = running.advance(0)[0]
    running.now = 1_000_000
    running.set(ExposureTime=2000.0, Gain=6.0)
    second = running.advance(PERIOD)[0]
    assert (first.request.exposure_us, first.request.gain_db) == (5000.0, 0.0)
    assert (second.request.exposure_us, second.request.gain_db) == (2000.0, 6.0)


def test_write_leaves_alone_what_opened_before_it_although_nobody_looked(running: Desk) -> None:
    running.now = 250 * NS_PER_MS
    running.set(ExposureTime=2000.0)
    opened = running.advance(300 * NS_PER_MS)
    assert [e.start_ns for e in opened] == [0, PERIOD, 2 * PERIOD, 3 * PERIOD]
    assert [e.request.exposure_us for e in opened] == [5000.0, 5000.0, 5000.0, 2000.0]


def test_write_at_the_instant_an_exposure_opens_comes_too_late_for_it(running: Desk) -> None:
    running.now = PERIOD
    running.set(Gain=6.0)
    assert [e.request.gain_db for e in running.advance(2 * PERIOD)] == [0.0, 0.0, 6.0]


def test_start_counts_from_its_own_time_although_nobody_looked(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.now = 17
    desk.run("AcquisitionStart")
    assert desk.camera.next_wakeup() == 17
    assert desk.starts(PERIOD + 17) == [17, PERIOD + 17]


def test_new_frame_rate_counts_from_the_next_frame_on(running: Desk) -> None:
    running.advance(0)
    running.now = 1
    running.set(AcquisitionFrameRate=20.0)
    assert running.starts(4 * PERIOD) == [PERIOD + k * 50 * NS_PER_MS for k in range(7)]


def test_exposure_longer_than_the_period_stretches_it(running: Desk) -> None:
    running.set(ExposureTime=250_000.0)
    starts = running.starts(NS_PER_S)
    assert starts == [0, PERIOD, *(PERIOD + k * 250 * NS_PER_MS for k in range(1, 4))]


def test_stop_ends_the_frames(running: Desk) -> None:
    assert len(running.advance(2 * PERIOD)) == 3
    running.now = 2 * PERIOD + 1
    running.run("AcquisitionStop")
    assert running.starts(10 * PERIOD) == []
    assert running.camera.next_wakeup() is None


def test_frames_due_before_the_stop_are_taken_although_nobody_looked(running: Desk) -> None:
    running.now = 250 * NS_PER_MS
    running.run("AcquisitionStop")
    assert running.camera.next_wakeup() == 0
    assert running.starts(NS_PER_S) == [0, PERIOD, 2 * PERIOD]


def test_restart_waits_until_the_sensor_has_read_the_last_frame_out(running: Desk) -> None:
    running.advance(0)
    running.now = 1_000_000
    running.run("AcquisitionStop")
    running.run("AcquisitionStart")
    assert running.starts(PERIOD) == [FRAME_OVER]


def test_frame_ids_run_on_across_acquisitions(running: Desk) -> None:
    ids = [e.request.frame_id for e in running.advance(2 * PERIOD)]
    running.run("AcquisitionStop")
    running.now = NS_PER_S
    running.run("AcquisitionStart")
    ids += [e.request.frame_id for e in running.advance(NS_PER_S + PERIOD)]
    assert ids == [0, 1, 2, 3, 4]


def test_second_start_while_acquiring_changes_nothing(running: Desk) -> None:
    running.now = 50 * NS_PER_MS
    running.run("AcquisitionStart")
    assert running.starts(2 * PERIOD) == [0, PERIOD, 2 * PERIOD]


def test_lost_control_stops_the_acquisition(running: Desk) -> None:
    running.set(GevSCPHostPort=5000)
    running.camera.release(PERIOD)
    assert running.starts(NS_PER_S) == [0, PERIOD]
    assert running.get("GevSCPHostPort") == 0


def test_request_holds_what_the_frame_depends_on(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(OffsetAutoCenter="Off", OffsetX=8, OffsetY=12, ReverseY=1, PixelFormat="BGR8")
    desk.set(BlackLevel=100.0, Gamma=2.0, BalanceWhiteAuto="Off", BalanceRatioSelector="Blue", BalanceRatio=1.5)
    desk.run("AcquisitionStart")
    request = desk.advance(0)[0].request
    region = request.region
    assert (region.width, region.height, region.offset_x, region.offset_y) == (640, 480, 8, 12)
    assert (region.reverse_x, region.reverse_y, region.skip_x, region.bin_x) == (False, True, 1, 1)
    assert (request.pixel_format.name, request.black_level, request.gamma) == ("BGR8", 100.0, 2.0)
    assert request.white_balance[2] == 1.5


def test_timestamp_of_a_frame_counts_from_the_last_reset(running: Desk) -> None:
    running.advance(0)
    running.now = 30 * NS_PER_MS
    running.set(PtpEnable=0)
    running.run("TimestampReset")
    assert running.advance(PERIOD)[0].request.exposure_start_ns == 70 * NS_PER_MS


def test_of_exposures_nobody_could_see_to_the_last_few_are_left(running: Desk) -> None:
    assert running.starts(0) == [0]
    schedule = running.camera.schedule
    assert schedule.leave_out(64 * PERIOD) == 0
    assert schedule.leave_out(1000 * PERIOD) == 1000 - 8
    opened = running.advance(1000 * PERIOD)
    assert [exposure.start_ns for exposure in opened] == [number * PERIOD for number in range(993, 1001)]
    assert [exposure.request.frame_id for exposure in opened] == list(range(993, 1001))


@pytest.mark.parametrize("settings", [{"AcquisitionMode": "MultiFrame", "AcquisitionFrameCount": 500}, {}])
def test_no_exposure_that_was_counted_on_is_left_out(desk: Desk, settings: dict[str, Value]) -> None:
    desk.prepare_small_frames()
    desk.set(**settings)
    if settings:
        desk.run("AcquisitionStart")
    assert desk.camera.schedule.leave_out(1000 * PERIOD) == 0
    assert len(desk.starts(1000 * PERIOD)) == (500 if settings else 0)
