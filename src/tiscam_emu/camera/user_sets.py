"""User sets: two memory slots for the camera's settings, and the factory's (manual 5.13)."""

from __future__ import annotations

from tiscam_emu.features.kinds import Command, Entry, Enumeration, Feature, Fidelity, Lock, Room, Visibility

_CATEGORY = "UserSetControl"
_SLOTS = (
    Entry("Default", 0, "The factory settings; read-only."),
    Entry("UserSet1", 1, "First slot."),
    Entry("UserSet2", 2, "Second slot."),
)

FACTORY_SET = Lock(
    "FactoryUserSet", lambda state: state.entry("UserSetSelector") == "Default", "the Default set is read-only"
)

FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="UserSetSelector",
        category=_CATEGORY,
        doc="Slot that UserSetLoad and UserSetSave use.",
        section="5.13.1",
        entries=_SLOTS,
    ),
    Command(
        name="UserSetLoad",
        category=_CATEGORY,
        doc="Takes the settings from the selected slot.",
        section="5.13.2",
        fidelity=Fidelity.STORED,
        note="Accepted; for now the settings do not change.",
    ),
    Command(
        name="UserSetSave",
        category=_CATEGORY,
        doc="Keeps the settings in the selected slot.",
        section="5.13.3",
        locks=(FACTORY_SET,),
        fidelity=Fidelity.STORED,
        note="Accepted; for now nothing is kept.",
    ),
    Enumeration(
        name="UserSetDefault",
        category=_CATEGORY,
        doc="Slot whose settings the camera starts with.",
        section="5.13.4",
        visibility=Visibility.EXPERT,
        entries=_SLOTS,
        fidelity=Fidelity.STORED,
        note="For now the camera always starts with the factory settings.",
    ),
)

ROOM = Room("user_sets", 0x000D_8000, FEATURES)
