"""Strobe: pulses on STROBE_OUT while the sensor is exposed (manual 5.8)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Fidelity, Integer, Room

_CATEGORY = "DigitalIO"
_LATER = "Stored and returned: the STROBE_OUT line is not modelled yet."

_DURATION = Integer(
    name="StrobeDuration",
    category=_CATEGORY,
    doc="Length of a pulse in operation FixedDuration.",
    section="5.8.4",
    display_name="Strobe Duration",
    sfnc=False,
    unit="us",
    fidelity=Fidelity.STORED,
    note=_LATER,
)

FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="StrobeEnable",
        category=_CATEGORY,
        doc="Sends a pulse with every exposure.",
        section="5.8.1",
        display_name="Strobe Enable",
        sfnc=False,
        entries=(Entry("Off", 0), Entry("On", 1)),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Enumeration(
        name="StrobePolarity",
        category=_CATEGORY,
        doc="Level of the line during a pulse.",
        section="5.8.2",
        display_name="Strobe Polarity",
        sfnc=False,
        entries=(Entry("ActiveHigh", 0, "", "Active High"), Entry("ActiveLow", 1, "", "Active Low")),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Enumeration(
        name="StrobeOperation",
        category=_CATEGORY,
        doc="What sets the length of a pulse.",
        section="5.8.3",
        display_name="Strobe Operation",
        sfnc=False,
        entries=(
            Entry("FixedDuration", 0, "StrobeDuration.", "Fixed Duration"),
            Entry("Exposure", 1, "The exposure time."),
        ),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    _DURATION,
    replace(
        _DURATION,
        name="StrobeDelay",
        doc="Time between the start of exposure and the pulse.",
        section="5.8.5",
        display_name="Strobe Delay",
    ),
)

ROOM = Room("strobe", 0x000C_8000, FEATURES)
