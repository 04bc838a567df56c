"""Analog control: gain, its automatic, black level and gamma (manual 5.2.2, 5.2.3, 5.3.2, 5.3.6, 5.10.1)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.imaging.lut import LUT_ENABLED
from tiscam_emu.features.kinds import At, Entry, Enumeration, Feature, Fidelity, Float, Lock, Room, Visibility

_CATEGORY = "AnalogControl"
GAIN_PER_DB = 10
"""Gain registers count tenths of a decibel."""

GAIN_AUTO = Lock("GainAuto", lambda state: state.entry("GainAuto") != "Off", "GainAuto is on")

_LIMIT = Float(
    name="GainAutoLowerLimit",
    at=At(0xFF00_0470),
    per_unit=GAIN_PER_DB,
    category=_CATEGORY,
    doc="Smallest gain the automatic may choose.",
    section="5.3.6",
    display_name="Gain Auto Lower Limit",
    unit="dB",
    representation="Linear",
    visibility=Visibility.GURU,
    sfnc=False,
    note="Where the limits contradict each other, the lower one counts.",
)

FEATURES: tuple[Feature, ...] = (
    Float(
        name="Gain",
        at=At(0xFF00_0000),
        per_unit=GAIN_PER_DB,
        moves=True,
        category=_CATEGORY,
        doc="Amplification in the sensor, before the image is converted to numbers.",
        section="5.2.2",
        unit="dB",
        locks=(GAIN_AUTO,),
    ),
    Enumeration(
        name="GainAuto",
        at=At(0xFF00_0410),
        category=_CATEGORY,
        doc="Continuous: the camera finds the gain and Gain is locked.",
        section="5.3.2",
        display_name="Gain Auto",
        entries=(Entry("Off", 0), Entry("Continuous", 1)),
        fidelity=Fidelity.APPROXIMATED,
        note="The algorithm is ours. With ExposureAuto the gain rises only when the exposure is at its upper limit.",
    ),
    _LIMIT,
    replace(
        _LIMIT,
        name="GainAutoUpperLimit",
        at=At(0xFF00_0480),
        doc="Largest gain the automatic may choose.",
        display_name="Gain Auto Upper Limit",
        visibility=Visibility.EXPERT,
        default=lambda state: state.widest_limits("GainAutoUpperLimit").high,
    ),
    Float(
        name="BlackLevel",
        at=At(0xFF00_0010),
        category=_CATEGORY,
        doc="Value of a dark pixel, on the 12-bit scale.",
        section="5.2.3",
        display_name="Black Level",
    ),
    Float(
        name="Gamma",
        per_unit=1000,
        category=_CATEGORY,
        doc="Exponent of the curve that brightness passes through; 1 changes nothing.",
        section="5.10.1",
        locks=(LUT_ENABLED,),
        note="A power function of whole values, black level included, in the 257 points of the lookup table.",
    ),
)

ROOM = Room("analog", 0x0006_0000, FEATURES)
