"""Frames on demand (manual 5.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.notices import ActionExecuted, TriggerMissed
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import Status
from tiscam_emu.features.kinds import Value
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

FRAME_OVER = 7_360_000
EXPOSED = 5_000_000
LINE = 208_333
"""100 ms of 480 lines: at 10 Hz, the random delay without the low-latency mode is less."""


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Acquiring frames of 5 ms exposure and 2.36 ms readout, on software triggers without a random delay."""
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    return desk


def _fire(desk: Desk, *times: int) -> list[int]:
    """When exposures opened after triggers at `times`."""
    starts = []
    for time in times:
        starts += desk.starts(time)
        desk.run("TriggerSoftware")
    return starts + desk.starts(times[-1] + 100 * NS_PER_MS)


def test_no_frame_comes_without_a_trigger(waiting: Desk) -> None:
    assert waiting.starts(10**10) == []
    assert waiting.camera.next_wakeup() is None


def test_frame_opens_at_the_trigger(waiting: Desk) -> None:
    assert _fire(waiting, 123_456_789) == [123_456_789]


def test_trigger_wants_to_be_looked_after_at_once(waiting: Desk) -> None:
    waiting.now = 42
    waiting.run("TriggerSoftware")
    assert waiting.camera.next_wakeup() == 42


@pytest.mark.parametrize(
    ("overlap", "exposure_us", "second", "taken"),
    [
        ("Off", 5000.0, FRAME_OVER - 1, False),
        ("Off", 5000.0, FRAME_OVER, True),
        ("Readout", 5000.0, EXPOSED - 1, False),  # still exposing, though the rest is shorter than the exposure
        ("Readout", 5000.0, EXPOSED, True),
        ("Readout", 1000.0, 2_360_000, False),  # 1 ms of readout is left, as long as the exposure
        ("Readout", 1000.0, 2_360_001, True),
    ],
)
def test_second_trigger_is_taken_or_dropped_by_the_overlap_rule(
    waiting: Desk, overlap: str, exposure_us: float, second: int, taken: bool
) -> None:
    """The second trigger comes `second` after the first exposure opened."""
    waiting.set(IMXLowLatencyTriggerMode=0, TriggerOverlap=overlap, ExposureTime=exposure_us)
    waiting.run("TriggerSoftware")
    (first,) = waiting.starts(LINE)
    waiting.now = first + second
    waiting.run("TriggerSoftware")
    triggers = waiting.camera.state.triggers
    opened = waiting.starts(10**9)
    assert (len(opened), triggers.accepted, triggers.missed) == ((1, 2, 0) if taken else (0, 1, 1))
    assert all(first + second <= start < first + second + LINE for start in opened)


def test_dropped_trigger_is_not_made_up_for(waiting: Desk) -> None:
    assert _fire(waiting, 0, 1_000_000, 20_000_000) == [0, 20_000_000]


def test_triggers_are_taken_at_their_time_although_nobody_looked(waiting: Desk) -> None:
    for waiting.now in (10_000_000, 11_000_000, 20_000_000):
        waiting.run("TriggerSoftware")
    assert waiting.starts(10**9) == [10_000_000, 20_000_000]


@pytest.mark.parametrize(("source", "taken"), [("Any", True), ("Software", True), ("Line1", False), ("Action0", False)])
def test_software_trigger_counts_where_the_source_allows_it(waiting: Desk, source: str, taken: bool) -> None:
    waiting.set(TriggerSource=source)
    assert _fire(waiting, 5) == ([5] if taken else [])


def test_trigger_before_the_acquisition_is_lost(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(TriggerMode="On")
    desk.run("TriggerSoftware")
    desk.run("AcquisitionStart")
    assert desk.starts(10**9) == []


def test_trigger_in_the_same_message_as_the_start_is_taken(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", IMXLowLatencyTriggerMode=1)
    slots = desk.camera.model.layout.slots
    pairs = [(slots[name].address, 1) for name in ("AcquisitionStart", "TriggerSoftware")]
    assert desk.camera.write_pairs(pairs, 7) == (2, Status.SUCCESS)
    assert desk.starts(10**9) == [7]


def test_trigger_mode_off_locks_the_software_trigger(desk: Desk) -> None:
    assert desk.attempt("TriggerSoftware") is Status.ACCESS_DENIED
    desk.set(TriggerMode="On")
    assert desk.attempt("TriggerSoftware") is Status.SUCCESS
    desk.set(TriggerMode="Off")
    assert desk.attempt("TriggerSoftware") is Status.ACCESS_DENIED


def test_triggered_single_frame_ends_the_acquisition(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", AcquisitionMode="SingleFrame", IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    assert _fire(desk, 10 * NS_PER_MS, 30 * NS_PER_MS) == [10 * NS_PER_MS]
    assert desk.attempt("Width", 656) is Status.SUCCESS


def test_leaving_trigger_mode_goes_on_in_free_run_from_then(waiting: Desk) -> None:
    assert _fire(waiting, 0) == [0]
    waiting.now = 250 * NS_PER_MS
    waiting.set(TriggerMode="Off")
    assert waiting.starts(400 * NS_PER_MS) == [250 * NS_PER_MS, 350 * NS_PER_MS]


def test_entering_trigger_mode_ends_free_run(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    assert desk.starts(150 * NS_PER_MS) == [0, 100 * NS_PER_MS]
    desk.set(TriggerMode="On", IMXLowLatencyTriggerMode=1)
    assert _fire(desk, 260 * NS_PER_MS) == [260 * NS_PER_MS]


def test_low_latency_mode_forces_and_locks_overlap_off(desk: Desk) -> None:
    desk.set(TriggerOverlap="Readout", IMXLowLatencyTriggerMode=1)
    assert desk.get("TriggerOverlap") == "Off"
    assert desk.attempt("TriggerOverlap", "Readout") is Status.ACCESS_DENIED
    desk.set(IMXLowLatencyTriggerMode=0)
    assert desk.get("TriggerOverlap") == "Off"
    assert desk.attempt("TriggerOverlap", "Readout") is Status.SUCCESS


def test_overlap_is_free_on_the_camera_without_low_latency_mode(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("33GP1300")
    assert "IMXLowLatencyTriggerMode" not in desk.camera.model.features
    assert desk.attempt("TriggerOverlap", "Readout") is Status.SUCCESS


def test_each_dropped_trigger_is_told_when_it_came(waiting: Desk) -> None:
    missed: list[TriggerMissed] = []
    waiting.camera.state.notices.subscribe(TriggerMissed, missed.append)
    assert _fire(waiting, 0, 1_000_000, 2_000_000) == [0]
    assert missed == [TriggerMissed(1_000_000), TriggerMissed(2_000_000)]


def test_pace_of_triggers_is_not_bound_to_the_frame_rate(waiting: Desk) -> None:
    times = [k * FRAME_OVER for k in range(10)]
    assert _fire(waiting, *times) == times


def test_random_delay_is_less_than_a_line_and_differs_from_trigger_to_trigger(waiting: Desk) -> None:
    waiting.set(IMXLowLatencyTriggerMode=0)
    times = [k * 10 * NS_PER_MS for k in range(200)]
    late = [start - time for start, time in zip(_fire(waiting, *times), times, strict=True)]
    assert all(0 <= delay < LINE for delay in late)
    assert len(set(late)) > 190
    # The mean of 200 draws from a line, five of its standard deviations wide.
    assert abs(sum(late) / 200 - LINE / 2) < 5 * LINE / (12 * 200) ** 0.5


def test_random_delays_follow_from_the_seed(desk_of: Callable[..., Desk]) -> None:
    def starts(seed: int) -> list[int]:
        desk = desk_of("39GX265-Z20", CameraOptions(seed=seed))
        desk.prepare_small_frames()
        desk.set(TriggerMode="On")
        desk.run("AcquisitionStart")
        return _fire(desk, *range(0, 100 * NS_PER_MS, 10 * NS_PER_MS))

    assert starts(1) == starts(1)
    assert starts(1) != starts(2)


@pytest.mark.parametrize(
    ("settings", "line_ns"), [({"Height": 240}, 416_666), ({"AcquisitionFrameRate": 20.0}, 104_166)]
)
def test_random_delay_depends_on_size_and_frame_rate(desk: Desk, settings: dict[str, Value], line_ns: int) -> None:
    desk.prepare_small_frames()
    desk.set(**settings, TriggerMode="On")
    desk.run("AcquisitionStart")
    times = [k * 10 * NS_PER_MS for k in range(300)]
    late = [start - time for start, time in zip(_fire(desk, *times), times, strict=True)]
    assert 0.97 * line_ns < max(late) < line_ns  # 300 draws all miss the last 3 % once in ten thousand times


def test_camera_without_low_latency_mode_has_no_random_delay(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("33GP1300")
    desk.prepare_small_frames()
    desk.set(TriggerMode="On")
    desk.run("AcquisitionStart")
    assert _fire(desk, 1_000, 50 * NS_PER_MS) == [1_000, 50 * NS_PER_MS]


# Bursts


def test_burst_takes_its_frames_at_the_frame_rate(waiting: Desk) -> None:
    waiting.set(AcquisitionBurstFrameCount=3, AcquisitionFrameRate=100.0)
    assert _fire(waiting, 7_000) == [7_000, 10_007_000, 20_007_000]
    assert waiting.camera.state.triggers.accepted == 1


def test_burst_waits_for_exposure_and_in_low_latency_mode_for_readout(waiting: Desk) -> None:
    waiting.set(AcquisitionBurstFrameCount=3, AcquisitionFrameRate=200.0, ExposureTime=20_000.0)
    assert _fire(waiting, 0) == [0, 22_360_000, 44_720_000]
    waiting.set(IMXLowLatencyTriggerMode=0)
    first, second, third = _fire(waiting, 10**9)
    assert (second - first, third - second) == (20_000_000, 20_000_000)


def test_burst_interval_is_the_least_distance(waiting: Desk) -> None:
    waiting.set(AcquisitionBurstFrameCount=2, AcquisitionFrameRate=100.0, AcquisitionBurstInterval=25_000)
    assert _fire(waiting, 0) == [0, 25_000_000]
    waiting.set(AcquisitionBurstInterval=1)
    assert _fire(waiting, 10**9) == [10**9, 10**9 + 10_000_000]


def test_trigger_during_a_burst_is_missed(waiting: Desk) -> None:
    waiting.set(AcquisitionBurstFrameCount=2)
    assert _fire(waiting, 0, 50 * NS_PER_MS, 110 * NS_PER_MS) == [0, 100 * NS_PER_MS, 110 * NS_PER_MS, 210 * NS_PER_MS]
    assert waiting.camera.state.triggers.missed == 1


def test_acquisition_of_single_frames_cuts_a_burst(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", IMXLowLatencyTriggerMode=1, AcquisitionMode="SingleFrame", AcquisitionBurstFrameCount=5)
    desk.run("AcquisitionStart")
    assert _fire(desk, 0) == [0]


def test_stop_ends_a_burst_and_the_next_acquisition_starts_without_it(waiting: Desk) -> None:
    waiting.set(AcquisitionBurstFrameCount=5)
    waiting.run("TriggerSoftware")
    assert waiting.starts(150 * NS_PER_MS) == [0, 100 * NS_PER_MS]
    waiting.run("AcquisitionStop")
    waiting.run("AcquisitionStart")
    assert waiting.starts(10**9) == []
    assert _fire(waiting, 2 * 10**9) == [2 * 10**9, 21 * 10**8]


@pytest.mark.parametrize("value", [0, 1001])
def test_burst_out_of_range_is_refused(desk: Desk, value: int) -> None:
    assert desk.attempt("AcquisitionBurstFrameCount", value) is Status.INVALID_PARAMETER
    assert desk.get("AcquisitionBurstFrameCount") == 1


# Actions


@pytest.mark.parametrize(("source", "taken"), [("Any", True), ("Action0", True), ("Software", False), ("Line1", False)])
def test_action_triggers_where_the_source_allows_it(waiting: Desk, source: str, taken: bool) -> None:
    waiting.set(TriggerSource=source)
    waiting.advance(9_000)
    waiting.camera.state.notices.notify(ActionExecuted(9_000))
    assert waiting.starts(10**9) == ([9_000] if taken else [])


def test_action_in_free_run_does_nothing(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    desk.advance(9_000)
    desk.camera.state.notices.notify(ActionExecuted(9_000))
    assert desk.starts(150 * NS_PER_MS) == [100 * NS_PER_MS]
