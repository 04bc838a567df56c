"""Frames on demand (manual 5.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

FRAME_OVER = 7_360_000
EXPOSED = 5_000_000


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Acquiring frames of 5 ms exposure and 2.36 ms readout, on software triggers."""
    desk.prepare_small_frames()
    desk.set(TriggerMode="On")
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
    waiting.set(TriggerOverlap=overlap, ExposureTime=exposure_us)
    assert _fire(waiting, 0, second) == ([0, second] if taken else [0])
    triggers = waiting.camera.state.triggers
    assert (triggers.accepted, triggers.missed) == ((2, 0) if taken else (1, 1))


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
    desk.set(TriggerMode="On")
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
    desk.set(TriggerMode="On", AcquisitionMode="SingleFrame")
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
    desk.set(TriggerMode="On")
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
