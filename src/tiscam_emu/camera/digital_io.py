"""Digital I/O: the levels of TRIGGER_IN and STROBE_OUT (manual 5.7)."""

from __future__ import annotations

from tiscam_emu.features.kinds import Access, Feature, Fidelity, Integer, Limits, Room

_CATEGORY = "DigitalIO"
LINE_LOW = 1
"""GPIn reads 1 while TRIGGER_IN is low; nothing drives it here."""

FEATURES: tuple[Feature, ...] = (
    Integer(
        name="GPIn",
        category=_CATEGORY,
        doc="Level of the TRIGGER_IN line: 1 while it is low, 0 while it is high.",
        section="5.7.1",
        display_name="General Purpose Input",
        sfnc=False,
        access=Access.RO,
        limits=Limits(0, 1, 1),
        default=LINE_LOW,
        fidelity=Fidelity.APPROXIMATED,
        note="Always 1: no signal reaches the line yet.",
    ),
    Integer(
        name="GPOut",
        category=_CATEGORY,
        doc="Level at which the STROBE_OUT line is driven: 1 is high.",
        section="5.7.2",
        display_name="General Purpose Output",
        sfnc=False,
        limits=Limits(0, 1, 1),
        fidelity=Fidelity.STORED,
        note="Stored and returned: the line is not modelled yet.",
    ),
)

ROOM = Room("digital_io", 0x000C_0000, FEATURES)
