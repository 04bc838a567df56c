"""Trigger: mode, source and timing of frames on demand (manual 5.5, 5.6)."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from tiscam_emu.camera.state import CameraState, Trigger
from tiscam_emu.features.derived import derived
from tiscam_emu.features.kinds import (
    At,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Integer,
    Limits,
    Lock,
    Room,
)
from tiscam_emu.units import Nanoseconds

_CATEGORY = "AcquisitionControl"
_SEED_DOMAIN = 0x7219  # keeps these draws apart from those of frames with the same number


class _Frame(Protocol):
    @property
    def exposed_ns(self) -> Nanoseconds: ...
    @property
    def end_ns(self) -> Nanoseconds: ...


@derived
def enabled(state: CameraState) -> bool:
    """Whether frames wait for a trigger."""
    return state.entry("TriggerMode") == "On"


def listens(state: CameraState, source: Literal["Line1", "Software", "Action0"]) -> bool:
    """Whether a trigger from `source` counts now."""
    return state.acquiring and enabled(state) and state.entry("TriggerSource") in {"Any", source}


def pulse_sets_exposure(state: CameraState) -> bool:
    """Whether the line's pulse decides how long the exposure lasts."""
    return state.entry("TriggerSelector") == "ExposureActive"


@derived
def low_latency(state: CameraState) -> bool:
    """Whether the exposure follows the trigger with an exact delay."""
    return bool(state.get("IMXLowLatencyTriggerMode", 0))


def can_start(state: CameraState, last: _Frame | None, at: Nanoseconds, exposure_ns: Nanoseconds | None) -> bool:
    """Whether a trigger at `at` finds the sensor ready for an exposure of `exposure_ns`, None if nobody knows yet.

    Overlap Off: once the last frame is read out. Overlap Readout: during the readout, as soon as what is left of it is
    shorter than the exposure (manual 5.5.7).
    """
    if last is None:
        return True
    if exposure_ns is not None and state.entry("TriggerOverlap") == "Readout":
        return at >= last.exposed_ns and last.end_ns - at < exposure_ns
    return at >= last.end_ns


def extra_delay_ns(state: CameraState, number: int, period_ns: Nanoseconds) -> Nanoseconds:
    """How much later than asked for the exposure of accepted trigger `number` opens (manual 5.5.6).

    The sensor opens an exposure with its next line, of which it scans `Height` in a frame period; where in a line the
    trigger finds it is up to chance. Cameras without the low-latency mode have no such delay.
    """
    line_ns = period_ns // int(state["Height"])
    if low_latency(state) or "IMXLowLatencyTriggerMode" not in state or line_ns == 0:
        return 0
    return int(np.random.default_rng((state.options.seed, _SEED_DOMAIN, number)).integers(line_ns))


def _fire(state: CameraState) -> None:
    if listens(state, "Software"):
        state.triggers.received.append(Trigger(state.now))


def _force_overlap_off(state: CameraState) -> None:
    if low_latency(state):
        state.put("TriggerOverlap", 0)


TRIGGER_OFF = Lock("TriggerOff", lambda state: not enabled(state), "TriggerMode is Off")
LOW_LATENCY = Lock("LowLatency", low_latency, "IMXLowLatencyTriggerMode is on")


def _time(name: str, address: int, section: str, doc: str, note: str, *, per_us: int = 1) -> Float:
    return Float(
        name=name,
        category=_CATEGORY,
        doc=doc,
        section=section,
        at=At(address),
        unit="us",
        per_unit=per_us,
        sfnc=name == "TriggerDelay",
        note=note,
    )


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="TriggerSelector",
        at=At(0xFF00_0310),
        category=_CATEGORY,
        doc="Which trigger the other trigger features configure.",
        section="5.5",
        every_model=True,
        entries=(
            Entry("FrameStart", 0, "A trigger starts a frame.", "Frame Start"),
            Entry("ExposureActive", 1, "The trigger's pulse width is the exposure time.", "Exposure Active"),
        ),
        note="ExposureActive: a pulse gives one frame, whatever AcquisitionBurstFrameCount is, and is kept within the "
        "limits of ExposureTime; triggers without a pulse expose for ExposureTime. These are assumptions.",
    ),
    Enumeration(
        name="TriggerMode",
        at=At(0xFF00_0030),
        category=_CATEGORY,
        doc="On: frames are taken when a trigger comes instead of at the frame rate.",
        section="5.5.1",
        entries=(Entry("Off", 0), Entry("On", 1)),
    ),
    Enumeration(
        name="TriggerSource",
        at=At(0xFF00_0040),
        category=_CATEGORY,
        doc="Where triggers are accepted from.",
        section="5.5.5",
        entries=(
            Entry("Any", 7, "Every source."),
            Entry("Line1", 1, "The TRIGGER_IN line alone."),
            Entry("Software", 2, "TriggerSoftware alone."),
            Entry("Action0", 4, "Action 0 alone."),
        ),
    ),
    Enumeration(
        name="TriggerActivation",
        at=At(0xFF00_0050),
        category=_CATEGORY,
        doc="Edge of the TRIGGER_IN line that counts as a trigger.",
        section="5.5.2",
        entries=(Entry("RisingEdge", 1, "", "Rising Edge"), Entry("FallingEdge", 0, "", "Falling Edge")),
    ),
    Command(
        name="TriggerSoftware",
        at=At(0xFF00_0060),
        category=_CATEGORY,
        doc="Simulates one trigger pulse.",
        section="5.5.3",
        locks=(TRIGGER_OFF,),
        on_write=_fire,
    ),
    Integer(
        name="AcquisitionBurstFrameCount",
        category=_CATEGORY,
        doc="Frames taken for one trigger, as fast as exposure time and frame rate allow.",
        section="5.5.4",
        note="A trigger during a burst is missed.",
    ),
    Integer(
        name="AcquisitionBurstInterval",
        category=_CATEGORY,
        doc="Least distance of the frames of a burst; 0: as fast as the settings allow.",
        every_model=True,
        sfnc=False,
        unit="us",
        limits=Limits(0, 10_000_000, 1),
        default=0,
        note="Not in the manuals. The range is an assumption.",
    ),
    Enumeration(
        name="TriggerOverlap",
        moves=True,
        category=_CATEGORY,
        doc="Whether a trigger is accepted while the previous frame is still read out.",
        section="5.5.7",
        entries=(
            Entry("Off", 0, "Only once the previous frame has been read out."),
            Entry("Readout", 1, "As soon as the rest of the readout is shorter than the exposure.", "ReadOut"),
        ),
        locks=(LOW_LATENCY,),
    ),
    Boolean(
        name="IMXLowLatencyTriggerMode",
        category=_CATEGORY,
        doc="Exposure follows the trigger with an exact delay; overlap is not possible then.",
        section="5.5.6",
        sfnc=False,
        on_write=_force_overlap_off,
        fidelity=Fidelity.APPROXIMATED,
        note="Off: the delay is random, less than a line, which is the frame period divided by Height; the manual says "
        "only that it depends on resolution and frame rate. A burst in mode On waits for each readout. Assumptions.",
    ),
    _time(
        "TriggerDelay",
        0xFF00_0110,
        "5.5.8",
        "Time between a trigger on the line and the start of exposure; a software trigger is not delayed.",
        "Whether a trigger is missed is decided when it comes. Action triggers are delayed too: an assumption.",
        per_us=10,
    ),
    _time(
        "TriggerDebouncer",
        0xFF00_0280,
        "5.6.1",
        "Time the line has to be low before the next trigger is accepted.",
        "With TriggerActivation FallingEdge it has to be high instead: an assumption.",
    ),
    _time(
        "TriggerMask",
        0xFF00_0290,
        "5.6.2",
        "Time after an accepted trigger in which further pulses are ignored.",
        "Counts from triggers of the line that started a frame; pulses it hides are not counted as missed.",
    ),
    _time(
        "TriggerDenoise",
        0xFF00_0300,
        "5.6.3",
        "Time the line has to be active to count as a trigger.",
        "The trigger counts when that time is over, so exposures open later by it: an assumption.",
    ),
)

ROOM = Room("trigger", 0x0004_0000, FEATURES)
