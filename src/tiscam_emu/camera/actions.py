"""Actions: triggers for many cameras at once, and their schedule (manual 5.16; GigE Vision, action commands)."""

from __future__ import annotations

from tiscam_emu.features.kinds import (
    Access,
    At,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Room,
    Visibility,
)

_CATEGORY = "ActionControl"
_LATER = "Stored and returned: no action is performed yet."
QUEUE_SIZE = 32
_WORD = Limits(0, 0xFFFF_FFFF, 1)


def _key(name: str, doc: str, address: int, access: Access) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        visibility=Visibility.GURU,
        access=access,
        at=At(address),
        limits=_WORD,
        representation="HexNumber",
        fidelity=Fidelity.STORED,
        note=_LATER,
    )


def _schedule(name: str, section: str, doc: str) -> Command:
    return Command(
        name=name,
        category=_CATEGORY,
        doc=doc,
        section=section,
        sfnc=False,
        visibility=Visibility.GURU,
        fidelity=Fidelity.STORED,
        note="Accepted; nothing is scheduled yet.",
    )


FEATURES: tuple[Feature, ...] = (
    _key("ActionDeviceKey", "Key that an action command must carry to be taken.", 0x090C, Access.WO),
    Integer(
        name="ActionSelector",
        category=_CATEGORY,
        doc="Action that the other action features stand for; the one there is triggers a frame.",
        section="5.16.1",
        visibility=Visibility.GURU,
        limits=Limits(0, 0, 1),
    ),
    _key("ActionGroupKey", "Group that an action command must name.", 0x9800, Access.RW),
    _key("ActionGroupMask", "Bits of which the mask of an action command must have one.", 0x9804, Access.RW),
    Integer(
        name="ActionSchedulerTime",
        category=_CATEGORY,
        doc="Device time at which the action is to be performed.",
        section="5.16.2",
        sfnc=False,
        visibility=Visibility.GURU,
        unit="ns",
        size=8,
        limits=Limits(0, 2**63 - 1, 1),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Integer(
        name="ActionSchedulerInterval",
        category=_CATEGORY,
        doc="Distance at which the action is repeated; 0: it is performed once.",
        section="5.16.3",
        sfnc=False,
        visibility=Visibility.GURU,
        unit="us",
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    _schedule("ActionSchedulerCommit", "5.16.4", "Puts the action into the queue."),
    _schedule("ActionSchedulerCancel", "5.16.5", "Takes all actions of the selected kind out of the queue."),
    Enumeration(
        name="ActionSchedulerStatus",
        category=_CATEGORY,
        doc="Whether actions wait in the queue.",
        section="5.16",
        sfnc=False,
        visibility=Visibility.GURU,
        access=Access.RO,
        entries=(Entry("Idle", 0, "The queue is empty."), Entry("Scheduled", 1, "Actions wait.")),
        fidelity=Fidelity.STORED,
        note="Always Idle for now. The manual does not describe the feature: the entries are an assumption.",
    ),
    Integer(
        name="ActionQueueSize",
        category=_CATEGORY,
        doc="Actions that fit into the queue.",
        section="5.16.4",
        visibility=Visibility.GURU,
        access=Access.RO,
        at=At(0x0970),
        limits=_WORD,
        default=QUEUE_SIZE,
        constant=True,
        note="The size is an assumption.",
    ),
)

ROOM = Room("actions", 0x000E_8000, FEATURES)
