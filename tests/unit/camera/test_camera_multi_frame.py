"""Exposure times and gains that take turns (manual 5.14)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

MS = NS_PER_MS
TIMES = {f"MultiFrameSetOutputModeExposureTime{k}": us for k, us in enumerate((1000.0, 2000.0, 4000.0, 8000.0))}
GAINS = {f"MultiFrameSetOutputModeGain{k}": db for k, db in enumerate((1.0, 2.0, 3.0, 4.0))}
TWO, FOUR = (f"MultiFrameSetOutputModeFrameCount_{n}Frames" for n in (2, 4))


@pytest.fixture
def sets(desk: Desk) -> Desk:
    """Sets of four exposure times, 10 frames per second."""
    desk.prepare_small_frames()
    desk.set(**TIMES, **GAINS, MultiFrameSetOutputModeFrameCount=FOUR, MultiFrameSetOutputModeEnable=1)
    return desk


def _exposures_us(desk: Desk, to: int) -> list[float]:
    return [exposure.request.exposure_us for exposure in desk.advance(to)]


def test_four_exposure_times_take_turns(sets: Desk) -> None:
    sets.run("AcquisitionStart")
    assert _exposures_us(sets, 550 * MS) == [1000, 2000, 4000, 8000, 1000, 2000]


def test_two_exposure_times_take_turns(sets: Desk) -> None:
    sets.set(MultiFrameSetOutputModeFrameCount=TWO)
    sets.run("AcquisitionStart")
    assert _exposures_us(sets, 350 * MS) == [1000, 2000, 1000, 2000]


def test_every_acquisition_begins_with_the_first(sets: Desk) -> None:
    sets.run("AcquisitionStart")
    assert _exposures_us(sets, 150 * MS) == [1000, 2000]
    sets.run("AcquisitionStop")
    sets.run("AcquisitionStart")
    assert _exposures_us(sets, 300 * MS) == [1000, 2000]


def test_switched_off_all_frames_use_exposure_time_and_gain(sets: Desk) -> None:
    sets.set(MultiFrameSetOutputModeEnable=0, MultiFrameSetOutputModeCustomGain=1, Gain=7.0)
    sets.run("AcquisitionStart")
    requests = [exposure.request for exposure in sets.advance(250 * MS)]
    assert [(r.exposure_us, r.gain_db) for r in requests] == [(5000.0, 7.0)] * 3


@pytest.mark.parametrize(("custom", "gains"), [(0, [7.0] * 5), (1, [1.0, 2.0, 3.0, 4.0, 1.0])])
def test_gains_take_turns_if_they_are_customized(sets: Desk, custom: int, gains: list[float]) -> None:
    sets.set(MultiFrameSetOutputModeCustomGain=custom, Gain=7.0)
    sets.run("AcquisitionStart")
    assert [exposure.request.gain_db for exposure in sets.advance(450 * MS)] == gains


def test_chunks_tell_the_exposure_of_their_own_frame(sets: Desk) -> None:
    sets.set(ChunkModeActive=1, ChunkSelector="ExposureTime", ChunkEnable=1)
    sets.run("AcquisitionStart")
    tails = [exposure.chunk_tail for exposure in sets.advance(350 * MS)]
    assert all(struct.pack(">d", us) in tail for us, tail in zip((1000, 2000, 4000, 8000), tails, strict=True))


def test_each_frame_takes_the_time_of_its_own_exposure(sets: Desk) -> None:
    """Full rate: a frame's readout takes 2.36 ms, its link 20 us + 307200 B / 113.5 MB/s = 2.726608 ms.

    A long exposure lengthens the distance to the next frame. A short one after it waits until the sensor is free.
    """
    sets.set(AcquisitionFrameRate=sets.limits("AcquisitionFrameRate")[1])
    sets.run("AcquisitionStart")
    exposures = sets.advance(25 * MS)
    starts = [exposure.start_ns for exposure in exposures]
    after_8_ms = 2 * 2_726_608 + 4_000_000 + 8_000_000
    assert starts[:5] == [0, 2_726_608, 2 * 2_726_608, 2 * 2_726_608 + 4_000_000, after_8_ms + 2_360_000 - 1_000_000]
    for exposure, us in zip(exposures, (1000, 2000, 4000, 8000), strict=False):
        assert exposure.exposed_ns - exposure.start_ns == us * 1000
        assert exposure.end_ns - exposure.exposed_ns == 2_360_000


def test_burst_of_a_trigger_goes_through_the_set(sets: Desk) -> None:
    sets.set(TriggerMode="On", AcquisitionBurstFrameCount=4)
    sets.run("AcquisitionStart")
    sets.run("TriggerSoftware")
    assert _exposures_us(sets, 10**9) == [1000, 2000, 4000, 8000]


def test_overlap_looks_at_the_exposure_whose_turn_it_is(sets: Desk) -> None:
    """2 ms of readout are left when the second trigger comes: less than 2.5 ms, more than ExposureTime."""
    sets.set(TriggerMode="On", TriggerOverlap="Readout", ExposureTime=100.0)
    sets.set(MultiFrameSetOutputModeExposureTime1=2500.0)
    sets.run("AcquisitionStart")
    sets.run("TriggerSoftware")
    (first,) = sets.advance(1 * MS)
    sets.now = first.end_ns - 2 * MS
    sets.run("TriggerSoftware")
    assert _exposures_us(sets, 10**9) == [2500.0]


@pytest.mark.parametrize(("name", "low", "high"), [("ExposureTime", 20.0, 30e6), ("Gain", 0.0, 48.0)])
def test_value_outside_its_range_is_refused(sets: Desk, name: str, low: float, high: float) -> None:
    for frame in range(4):
        feature = f"MultiFrameSetOutputMode{name}{frame}"
        before = sets.get(feature)
        for value in [low - 1, high + 1] if low else [high + 1]:
            assert sets.attempt(feature, value) is Status.INVALID_PARAMETER
        assert sets.get(feature) == before
