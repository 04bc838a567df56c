"""Pulses on STROBE_OUT (manual 5.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

MS = NS_PER_MS


@pytest.fixture
def lit(desk: Desk) -> Desk:
    """Frames of 5 ms exposure every 100 ms from 1000 ms on, with the strobe on."""
    desk.prepare_small_frames()
    desk.set(StrobeEnable="On")
    desk.now = 1000 * MS
    return desk


def _edges(desk: Desk, to: int) -> list[tuple[int, bool]]:
    """Edges until `to`, in milliseconds since 1000 ms where they are whole."""
    desk.run("AcquisitionStart")
    desk.advance(1000 * MS + to)
    return [((at_ns - 1000 * MS) // MS, high) for at_ns, high in desk.camera.output_edges]


def test_line_is_high_while_the_sensor_is_exposed(lit: Desk) -> None:
    assert _edges(lit, 150 * MS) == [(0, True), (5, False), (100, True), (105, False)]


def test_edges_have_the_exact_times_although_nobody_looked(lit: Desk) -> None:
    lit.set(ExposureTime=1234.0)
    lit.run("AcquisitionStart")
    lit.advance(1050 * MS)
    assert lit.camera.output_edges == ((1000 * MS, True), (1001_234_000, False))


def test_camera_wakes_for_the_end_of_a_pulse(lit: Desk) -> None:
    lit.set(StrobeDelay=2000)
    lit.run("AcquisitionStart")
    lit.advance(1000 * MS)
    assert lit.camera.next_wakeup() == 1002 * MS
    lit.advance(1005 * MS)
    assert lit.camera.next_wakeup() == 1007 * MS


def test_active_low_is_high_except_during_pulses(lit: Desk) -> None:
    lit.set(StrobePolarity="ActiveLow")
    assert _edges(lit, 50 * MS) == [(0, True), (0, False), (5, True)]


def test_delay_moves_the_whole_pulse(lit: Desk) -> None:
    lit.set(StrobeDelay=2000)
    assert _edges(lit, 50 * MS) == [(2, True), (7, False)]


def test_fixed_duration_sets_the_length(lit: Desk) -> None:
    lit.set(StrobeOperation="FixedDuration", StrobeDuration=12_000, StrobeDelay=3000)
    assert _edges(lit, 50 * MS) == [(3, True), (15, False)]


def test_fixed_duration_of_0_gives_no_pulse(lit: Desk) -> None:
    lit.set(StrobeOperation="FixedDuration", StrobeDuration=0)
    assert _edges(lit, 150 * MS) == []


def test_pulses_that_overlap_are_one(lit: Desk) -> None:
    lit.set(StrobeOperation="FixedDuration", StrobeDuration=30_000, AcquisitionFrameRate=50.0)
    lit.set(AcquisitionMode="MultiFrame", AcquisitionFrameCount=3)
    assert _edges(lit, 200 * MS) == [(0, True), (70, False)]


def test_pulse_keeps_the_settings_of_its_exposure(lit: Desk) -> None:
    lit.set(StrobeDelay=2000)
    lit.run("AcquisitionStart")
    lit.now = 1001 * MS
    lit.set(StrobeDelay=0, StrobeOperation="FixedDuration", StrobeDuration=50)
    lit.advance(1050 * MS)
    assert lit.camera.output_edges == ((1002 * MS, True), (1007 * MS, False))


def test_strobe_has_the_line_to_itself(lit: Desk) -> None:
    lit.set(GPOut=1)
    lit.now = 1010 * MS
    lit.set(StrobeEnable="Off")
    assert lit.camera.output_edges == ((1010 * MS, True),)


def test_strobe_switched_off_during_a_pulse_ends_it(lit: Desk) -> None:
    lit.run("AcquisitionStart")
    lit.now = 1003 * MS
    lit.set(StrobeEnable="Off")
    lit.advance(1150 * MS)
    assert lit.camera.output_edges == ((1000 * MS, True), (1003 * MS, False))


def test_polarity_acts_at_once(lit: Desk) -> None:
    lit.set(StrobePolarity="ActiveLow")
    lit.now = 1010 * MS
    lit.set(StrobePolarity="ActiveHigh")
    assert lit.camera.output_edges == ((1000 * MS, True), (1010 * MS, False))


@pytest.mark.parametrize("name", ["StrobeDuration", "StrobeDelay"])
def test_time_is_at_most_32767_microseconds(desk: Desk, name: str) -> None:
    assert desk.attempt(name, 32_767) is Status.SUCCESS
    assert desk.attempt(name, 32_768) is Status.INVALID_PARAMETER
    assert desk.get(name) == 32_767


def test_camera_without_duration_and_delay_lights_the_exposure(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("33GP1300")
    assert "StrobeDelay" not in desk.camera.model.features
    desk.prepare_small_frames()
    desk.set(StrobeEnable="On")
    desk.run("AcquisitionStart")
    desk.advance(50 * MS)
    assert desk.camera.output_edges == ((0, True), (5 * MS, False))


def test_pulse_follows_an_exposure_that_the_line_decides(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("38UX253")
    desk.prepare_small_frames()
    desk.set(TriggerMode="On", TriggerSelector="ExposureActive", IMXLowLatencyTriggerMode=1)
    desk.set(StrobeEnable="On", StrobeDelay=1000)
    desk.run("AcquisitionStart")
    desk.camera.line1.pulses([(10 * MS, True), (13 * MS, False)])
    desk.advance(50 * MS)
    assert desk.camera.output_edges == ((11 * MS, True), (14 * MS, False))
