"""Trigger: mode, source and timing of frames on demand (manual 5.5, 5.6)."""

from __future__ import annotations

from typing import Protocol

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
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
from tiscam_emu.units import Nanoseconds, ns_from_us

_CATEGORY = "AcquisitionControl"
_LATER = "Stored and returned; the signal on Line1 comes with the digital I/O."


class _Frame(Protocol):
    @property
    def exposed_ns(self) -> Nanoseconds: ...
    @property
    def end_ns(self) -> Nanoseconds: ...


def enabled(state: CameraState) -> bool:
    """Whether frames wait for a trigger."""
    return state.entry("TriggerMode") == "On"


def can_start(state: CameraState, last: _Frame | None, at: Nanoseconds) -> bool:
    """Whether a trigger at `at` finds the sensor ready.

    Overlap Off: once the last frame is read out. Overlap Readout: during the readout, as soon as what is left of it is
    shorter than the exposure (manual 5.5.7).
    """
    if last is None:
        return True
    if state.entry("TriggerOverlap") == "Readout":
        return at >= last.exposed_ns and last.end_ns - at < ns_from_us(state["ExposureTime"])
    return at >= last.end_ns


def _fire(state: CameraState) -> None:
    if state.acquiring and state.entry("TriggerSource") in {"Any", "Software"}:
        state.triggers.pending_ns.append(state.now)


def _force_overlap_off(state: CameraState) -> None:
    if state.get("IMXLowLatencyTriggerMode", 0):
        state.put("TriggerOverlap", 0)


TRIGGER_OFF = Lock("TriggerOff", lambda state: not enabled(state), "TriggerMode is Off")
LOW_LATENCY = Lock(
    "LowLatency", lambda state: bool(state.get("IMXLowLatencyTriggerMode", 0)), "IMXLowLatencyTriggerMode is on"
)


def _time(name: str, section: str, doc: str) -> Float:
    return Float(
        name=name,
        category=_CATEGORY,
        doc=doc,
        section=section,
        unit="us",
        sfnc=name == "TriggerDelay",
        fidelity=Fidelity.STORED,
        note=_LATER,
    )


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="TriggerSelector",
        category=_CATEGORY,
        doc="Which trigger the other trigger features configure.",
        section="5.5",
        every_model=True,
        entries=(
            Entry("FrameStart", 0, "A trigger starts a frame.", "Frame Start"),
            Entry("ExposureActive", 1, "The trigger's pulse width is the exposure time.", "Exposure Active"),
        ),
        fidelity=Fidelity.APPROXIMATED,
        note="ExposureActive is stored; frames start as in FrameStart.",
    ),
    Enumeration(
        name="TriggerMode",
        category=_CATEGORY,
        doc="On: frames are taken when a trigger comes instead of at the frame rate.",
        section="5.5.1",
        entries=(Entry("Off", 0), Entry("On", 1)),
    ),
    Enumeration(
        name="TriggerSource",
        category=_CATEGORY,
        doc="Where triggers are accepted from.",
        section="5.5.5",
        entries=(
            Entry("Any", 0, "Every source."),
            Entry("Line1", 1, "The TRIGGER_IN line alone."),
            Entry("Software", 2, "TriggerSoftware alone."),
            Entry("Action0", 3, "Action 0 alone."),
        ),
        fidelity=Fidelity.APPROXIMATED,
        note="Software triggers act; Line1 and Action0 can be chosen, and no signal comes from them yet.",
    ),
    Enumeration(
        name="TriggerActivation",
        category=_CATEGORY,
        doc="Edge of the TRIGGER_IN line that counts as a trigger.",
        section="5.5.2",
        entries=(Entry("RisingEdge", 0, "", "Rising Edge"), Entry("FallingEdge", 1, "", "Falling Edge")),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Command(
        name="TriggerSoftware",
        category=_CATEGORY,
        doc="Simulates one trigger pulse.",
        section="5.5.3",
        locks=(TRIGGER_OFF,),
        on_write=_fire,
    ),
    Integer(
        name="AcquisitionBurstFrameCount",
        category=_CATEGORY,
        doc="Frames taken for one trigger, as fast as the settings allow.",
        section="5.5.4",
        fidelity=Fidelity.STORED,
        note="One frame is taken for each trigger.",
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
        fidelity=Fidelity.STORED,
        note="The range is an assumption.",
    ),
    Enumeration(
        name="TriggerOverlap",
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
        note="Forces TriggerOverlap Off; the random extra delay of the other mode is not modelled.",
    ),
    _time("TriggerDelay", "5.5.8", "Time between a trigger on the line and the start of exposure."),
    _time("TriggerDebouncer", "5.6.1", "Time the line has to be low before the next trigger is accepted."),
    _time("TriggerMask", "5.6.2", "Time after an accepted trigger in which further pulses are ignored."),
    _time("TriggerDenoise", "5.6.3", "Time the line has to be active to count as a trigger."),
)

ROOM = Room("trigger", 0x0004_0000, FEATURES)
