"""Triggers from the line: edges, and what keeps a bad signal away (manual 5.5.2, 5.5.8, 5.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.notices import TriggerMissed
from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS, NS_PER_US

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

MS, US = NS_PER_MS, NS_PER_US


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Acquiring frames of 1 ms exposure and 2.36 ms readout, on triggers of the line."""
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", TriggerSource="Line1", IMXLowLatencyTriggerMode=1, ExposureTime=1000.0)
    desk.run("AcquisitionStart")
    return desk


def _train(*pulses: tuple[int, int]) -> list[tuple[int, bool]]:
    """High from the first time to the second of each pulse."""
    return [edge for begin, end in pulses for edge in ((begin, True), (end, False))]


@pytest.mark.parametrize(("activation", "starts"), [("RisingEdge", [10 * MS]), ("FallingEdge", [13 * MS])])
def test_frame_opens_at_the_edge_of_the_activation(waiting: Desk, activation: str, starts: list[int]) -> None:
    waiting.set(TriggerActivation=activation)
    waiting.camera.line1.pulses(_train((10 * MS, 13 * MS)))
    assert waiting.starts(10**9) == starts


@pytest.mark.parametrize(("source", "taken"), [("Any", True), ("Line1", True), ("Software", False), ("Action0", False)])
def test_edge_triggers_where_the_source_allows_it(waiting: Desk, source: str, taken: bool) -> None:
    waiting.set(TriggerSource=source)
    waiting.camera.line1.drive(True, 5)
    assert waiting.starts(10**9) == ([5] if taken else [])


def test_level_that_was_there_before_the_acquisition_is_no_trigger(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(TriggerMode="On")
    desk.camera.line1.drive(True, 5)
    desk.advance(10)
    desk.run("AcquisitionStart")
    assert desk.starts(10**9) == []


def test_edges_while_no_exposure_can_start_are_missed(waiting: Desk) -> None:
    missed: list[TriggerMissed] = []
    waiting.camera.state.notices.subscribe(TriggerMissed, missed.append)
    waiting.camera.line1.pulses(_train((0, 1), (3_359_999, 3_360_000), (4 * MS, 4 * MS + 1), (7_360_000, 8 * MS)))
    assert waiting.starts(10**9) == [0, 4 * MS, 7_360_000]
    assert missed == [TriggerMissed(3_359_999)]
    assert waiting.camera.state.triggers.missed == 1


def test_delay_lies_between_edge_and_exposure(waiting: Desk) -> None:
    waiting.set(TriggerDelay=1500.0)
    waiting.camera.line1.drive(True, 10 * MS)
    assert waiting.starts(11_499_999) == []
    assert waiting.camera.next_wakeup() == 11_500_000
    assert waiting.starts(10**9) == [11_500_000]


def test_software_trigger_is_not_delayed(waiting: Desk) -> None:
    waiting.set(TriggerDelay=1500.0, TriggerSource="Any")
    waiting.now = 10 * MS
    waiting.run("TriggerSoftware")
    assert waiting.starts(10**9) == [10 * MS]


def test_second_pulse_during_the_delay_is_missed(waiting: Desk) -> None:
    waiting.set(TriggerDelay=5000.0)
    waiting.camera.line1.pulses(_train((0, 1), (4 * MS, 4 * MS + 1)))
    assert waiting.starts(10**9) == [5 * MS]
    assert waiting.camera.state.triggers.missed == 1


def test_delay_is_that_of_the_moment_the_trigger_comes(waiting: Desk) -> None:
    waiting.set(TriggerDelay=5000.0)
    waiting.camera.line1.drive(True, 0)
    waiting.now = 1 * MS
    waiting.set(TriggerDelay=0.0)
    assert waiting.starts(10**9) == [5 * MS]


def test_stop_during_the_delay_takes_no_frame(waiting: Desk) -> None:
    waiting.set(TriggerDelay=5000.0)
    waiting.camera.line1.drive(True, 0)
    waiting.now = 1 * MS
    waiting.run("AcquisitionStop")
    waiting.run("AcquisitionStart")
    assert waiting.starts(10**9) == []


# Debouncer: low for 2 ms before the next trigger is accepted


@pytest.mark.parametrize(("low_for", "taken"), [(2 * MS - 1, False), (2 * MS, True)])
def test_debouncer_wants_the_line_low_before_the_next_trigger(waiting: Desk, low_for: int, taken: bool) -> None:
    waiting.set(TriggerDebouncer=2000.0)
    waiting.camera.line1.pulses(_train((10 * MS, 20 * MS), (20 * MS + low_for, 30 * MS)))
    assert waiting.starts(10**9) == ([10 * MS, 20 * MS + low_for] if taken else [10 * MS])
    assert waiting.camera.state.triggers.missed == 0


def test_debouncer_takes_one_trigger_from_a_bouncing_switch(waiting: Desk) -> None:
    waiting.set(TriggerDebouncer=5000.0)
    bounces = [(10 * MS + k * 4 * MS, 11 * MS + k * 4 * MS) for k in range(5)]
    waiting.camera.line1.pulses(_train(*bounces))
    assert waiting.starts(10**9) == [10 * MS]


def test_debouncer_wants_the_line_high_where_it_triggers_falling(waiting: Desk) -> None:
    waiting.set(TriggerDebouncer=2000.0, TriggerActivation="FallingEdge")
    waiting.camera.line1.pulses(_train((10 * MS, 11_999_999), (20 * MS, 22 * MS)))
    assert waiting.starts(10**9) == [22 * MS]


# Mask: pulses are ignored for 50 ms after an accepted trigger


def test_mask_ignores_pulses_after_an_accepted_trigger(waiting: Desk) -> None:
    waiting.set(TriggerMask=50_000.0)
    ignored = (60 * MS - 1, 60 * MS - 1 + 10)
    waiting.camera.line1.pulses(_train((10 * MS, 11 * MS), (30 * MS, 31 * MS), ignored, (60 * MS + 20, 61 * MS)))
    assert waiting.starts(10**9) == [10 * MS, 60 * MS + 20]
    assert waiting.camera.state.triggers.missed == 0


def test_pulse_at_the_end_of_the_mask_counts(waiting: Desk) -> None:
    waiting.set(TriggerMask=50_000.0)
    waiting.camera.line1.pulses(_train((10 * MS, 11 * MS), (60 * MS, 61 * MS)))
    assert waiting.starts(10**9) == [10 * MS, 60 * MS]


def test_mask_does_not_hide_software_triggers(waiting: Desk) -> None:
    waiting.set(TriggerMask=50_000.0, TriggerSource="Any")
    waiting.camera.line1.drive(True, 0)
    waiting.now = 10 * MS
    waiting.run("TriggerSoftware")
    assert waiting.starts(10**9) == [0, 10 * MS]


# Denoise: a pulse has to last 3 ms


@pytest.mark.parametrize(("length", "starts"), [(3 * MS - 1, []), (3 * MS, [13 * MS]), (9 * MS, [13 * MS])])
def test_denoise_takes_pulses_that_last(waiting: Desk, length: int, starts: list[int]) -> None:
    waiting.set(TriggerDenoise=3000.0)
    waiting.camera.line1.pulses(_train((10 * MS, 10 * MS + length)))
    assert waiting.starts(10**9) == starts


def test_denoise_wakes_the_camera_when_the_pulse_has_lasted(waiting: Desk) -> None:
    waiting.set(TriggerDenoise=3000.0)
    waiting.camera.line1.drive(True, 10 * MS)
    assert waiting.camera.next_wakeup() == 10 * MS
    waiting.advance(10 * MS)
    assert waiting.camera.next_wakeup() == 13 * MS


def test_delay_begins_when_denoise_is_over(waiting: Desk) -> None:
    waiting.set(TriggerDenoise=3000.0, TriggerDelay=2000.0)
    waiting.camera.line1.drive(True, 10 * MS)
    assert waiting.starts(10**9) == [15 * MS]


@pytest.mark.parametrize("name", ["TriggerDelay", "TriggerDebouncer", "TriggerMask", "TriggerDenoise"])
def test_time_of_more_than_a_second_is_refused(desk: Desk, name: str) -> None:
    assert desk.attempt(name, 1_000_000.0) is Status.SUCCESS
    assert desk.attempt(name, 1_000_001.0) is Status.INVALID_PARAMETER
    assert desk.get(name) == 1_000_000.0


# Exposure Active (38UX, manual 5.4.4)


@pytest.fixture
def width(desk_of: Callable[[str], Desk]) -> Desk:
    """DFK 38UX267 of 640 x 480 whose exposure is as long as the pulse; readout takes 440 us + 480 * 12.75 us."""
    desk = desk_of("38UX267")
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", TriggerSelector="ExposureActive", IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    return desk


READOUT = 6_560_000


def test_pulse_is_the_exposure(width: Desk) -> None:
    width.camera.line1.pulses(_train((10 * MS, 13_456_789)))
    assert width.advance(13_456_788) == []
    (exposure,) = width.advance(13_456_789)
    assert (exposure.start_ns, exposure.request.exposure_us) == (10 * MS, 3456.789)
    assert (exposure.exposed_ns, exposure.end_ns) == (13_456_789, 13_456_789 + READOUT)
    assert exposure.request.exposure_start_ns == 10 * MS + width.camera.state.timestamp(0)


def test_pulse_keeps_its_length_behind_denoise_and_delay(width: Desk) -> None:
    width.set(TriggerDenoise=1000.0, TriggerDelay=4000.0)
    width.camera.line1.pulses(_train((10 * MS, 12 * MS)))
    (exposure,) = width.advance(10**9)
    assert (exposure.start_ns, exposure.exposed_ns) == (15 * MS, 17 * MS)


def test_low_pulse_is_the_exposure_where_it_triggers_falling(width: Desk) -> None:
    width.set(TriggerActivation="FallingEdge")
    width.camera.line1.pulses(_train((1 * MS, 10 * MS), (13 * MS, 14 * MS)))
    exposures = width.advance(13 * MS)
    assert [(e.start_ns, e.exposed_ns) for e in exposures] == [(10 * MS, 13 * MS)]


@pytest.mark.parametrize(("length", "exposure_us"), [(500, 2.0), (5 * 10**9, 4_000_000.0)])
def test_exposure_by_pulse_keeps_the_limits_of_the_sensor(width: Desk, length: int, exposure_us: float) -> None:
    width.camera.line1.pulses(_train((0, length)))
    (exposure,) = width.advance(10**10)
    assert exposure.request.exposure_us == exposure_us


def test_pulse_before_the_readout_is_over_is_missed(width: Desk) -> None:
    width.set(IMXLowLatencyTriggerMode=0, TriggerOverlap="Readout")
    width.set(IMXLowLatencyTriggerMode=1)
    width.camera.line1.pulses(_train((0, MS), (MS + READOUT - 1, MS + READOUT), (MS + READOUT + 9, 20 * MS)))
    assert width.starts(10**9) == [0, MS + READOUT + 9]
    assert width.camera.state.triggers.missed == 1


def test_software_trigger_exposes_for_exposure_time(width: Desk) -> None:
    width.now = 7
    width.run("TriggerSoftware")
    (exposure,) = width.advance(10**9)
    assert (exposure.start_ns, exposure.request.exposure_us) == (7, 5000.0)


def test_pulse_that_lasts_at_the_stop_still_gives_its_frame(width: Desk) -> None:
    width.camera.line1.pulses(_train((0, 10 * MS)))
    width.now = 5 * MS
    width.run("AcquisitionStop")
    (exposure,) = width.advance(10**9)
    assert (exposure.start_ns, exposure.exposed_ns) == (0, 10 * MS)
    assert width.camera.next_wakeup() is None


def test_free_run_after_a_pulse_waits_for_its_end(width: Desk) -> None:
    width.camera.line1.pulses(_train((0, 10 * MS)))
    width.now = 5 * MS
    width.set(TriggerMode="Off")
    assert width.starts(50 * MS) == [0, 10 * MS + READOUT]
