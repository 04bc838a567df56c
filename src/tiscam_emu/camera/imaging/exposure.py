"""Exposure time and its automatic (manual 5.2.1, 5.3)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    At,
    Boolean,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Integer,
    Lock,
    Room,
    Visibility,
)

_CATEGORY = "AcquisitionControl"
_NOT_IN_FRAME_SETS = "The automatics rest while MultiFrameSetOutputModeEnable is on: an assumption."

EXPOSURE_AUTO = Lock("ExposureAuto", lambda state: state.entry("ExposureAuto") != "Off", "ExposureAuto is on")
UPPER_LIMIT_AUTO = Lock(
    "ExposureAutoUpperLimitAuto",
    lambda state: bool(state["ExposureAutoUpperLimitAuto"]),
    "ExposureAutoUpperLimitAuto is on",
)

_LIMIT = Float(
    name="ExposureAutoLowerLimit",
    at=At(0xFF00_0440),
    category=_CATEGORY,
    doc="Shortest exposure time the automatic may choose.",
    section="5.3.5",
    unit="us",
    representation="Logarithmic",
    visibility=Visibility.GURU,
    sfnc=False,
    note="Where the limits contradict each other, the lower one counts.",
)


def _upper_limit(state: CameraState) -> float:
    if not UPPER_LIMIT_AUTO.holds(state):
        return float(state.stored("ExposureAutoUpperLimit"))
    limits = state.widest_limits("ExposureAutoUpperLimit")
    return float(limits.fit(1e6 / state["AcquisitionFrameRate"]))


FEATURES: tuple[Feature, ...] = (
    Float(
        name="ExposureTime",
        at=At(0xFF00_0020),
        moves=True,
        category=_CATEGORY,
        doc="Time for which the sensor collects light.",
        section="5.2.1",
        unit="us",
        representation="Logarithmic",
        default=5000.0,
        locks=(EXPOSURE_AUTO,),
        note="5 ms at power-up is an assumption: the manual's default is what the automatic finds. The value the"
        " automatic has chosen is read here, and stays when it is switched off.",
    ),
    Enumeration(
        name="ExposureAuto",
        at=At(0xFF00_0400),
        category=_CATEGORY,
        doc="Continuous: the camera finds the exposure time and ExposureTime is locked.",
        section="5.3.1",
        entries=(Entry("Off", 0), Entry("Continuous", 1)),
        fidelity=Fidelity.APPROXIMATED,
        note="The algorithm is ours: it judges the frames that are sent, and settles in a few of them. "
        + _NOT_IN_FRAME_SETS,
    ),
    Integer(
        name="ExposureAutoReference",
        at=At(0xFF00_0420),
        category=_CATEGORY,
        doc="Mean brightness on the 8-bit scale that the automatics aim for.",
        section="5.3.3",
        sfnc=False,
        note="The mean of all pixels that are transmitted, raw or (red + 2 green + blue) / 4, kept within 3 %.",
    ),
    Boolean(
        name="ExposureAutoHighlightReduction",
        at=At(0xFF00_0490),
        category=_CATEGORY,
        doc="The automatics avoid overexposed areas instead of matching the mean brightness.",
        section="5.3.4",
        sfnc=False,
        fidelity=Fidelity.APPROXIMATED,
        note="Darkens until at most 1 % is saturated, but to no less than a third of the light: these are assumptions.",
    ),
    _LIMIT,
    replace(
        _LIMIT,
        name="ExposureAutoUpperLimit",
        at=At(0xFF00_0450),
        doc="Longest exposure time the automatic may choose.",
        visibility=Visibility.BEGINNER,
        value=_upper_limit,
        locks=(UPPER_LIMIT_AUTO,),
        default=lambda state: state.widest_limits("ExposureAutoUpperLimit").high,
    ),
    Boolean(
        name="ExposureAutoUpperLimitAuto",
        at=At(0xFF00_0460),
        category=_CATEGORY,
        doc="Keeps ExposureAutoUpperLimit at the longest exposure that does not lower the frame rate.",
        section="5.3.5",
        sfnc=False,
    ),
)

ROOM = Room("exposure", 0x0005_0000, FEATURES)
