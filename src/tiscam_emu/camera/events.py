"""Events: messages that the camera sends on its own (manual 5.17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tiscam_emu.features.kinds import (
    Access,
    Command,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Room,
    Visibility,
)

_CATEGORY = "EventControl"
_LATER = "Stored and returned: no events are sent yet."
_FIRST_ID = 0x9001  # 0x9000 and up belong to the device (GigE Vision); the vendor's ids are unpublished
_TIMESTAMP_OFFSET = 8
_DATA_OFFSET = 16


@dataclass(frozen=True, slots=True)
class _Data:
    """What an event carries besides its timestamp."""

    name: str
    doc: str
    size: int


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event; `number` is its entry in EventSelector."""

    name: str
    number: int
    section: str
    doc: str
    data: _Data | None = None

    @property
    def id(self) -> int:
        """The event's id on the wire."""
        return _FIRST_ID + self.number


EVENTS = (
    Event("ExposureEnd", 0, "5.17.3", "An exposure is over.", _Data("FrameID", "Frame whose exposure is over.", 8)),
    Event("FrameTriggerMissed", 1, "5.17.4", "A trigger came while no exposure could start."),
    Event("Line1FallingEdge", 2, "5.17.5", "Line1 went from high to low."),
    Event("Line1RisingEdge", 3, "5.17.6", "Line1 went from low to high."),
    Event("Test", 4, "5.17.7", "TestEventGenerate was executed."),
    Event(
        "FocusMoveCompleted", 5, "5.17", "The focus motor has stopped.", _Data("Focus", "Focus where it stopped.", 4)
    ),
    Event("ZoomMoveCompleted", 6, "5.17", "The zoom motor has stopped.", _Data("Zoom", "Zoom where it stopped.", 4)),
)


def _node(event: Event, suffix: str, doc: str, *, offset: int, size: int = 4, unit: str = "") -> Integer:
    return Integer(
        name=f"Event{event.name}{suffix}",
        category=_CATEGORY,
        doc=doc,
        section=event.section,
        sfnc=event.name in {"ExposureEnd", "FrameTriggerMissed", "Line1FallingEdge", "Line1RisingEdge", "Test"},
        visibility=Visibility.EXPERT,
        access=Access.RO,
        unit=unit,
        size=size,
        limits=Limits(0, 2**63 - 1 if size == 8 else 2**32 - 1, 1),
        port=DataPort("event", event.id, offset),
        fidelity=Fidelity.STORED,
        note=_LATER,
    )


def _nodes(event: Event) -> Iterator[Feature]:
    yield _node(event, "", f"{event.doc} Clients watch this node; its value means nothing.", offset=0)
    yield _node(event, "Timestamp", f"When: {event.doc}", offset=_TIMESTAMP_OFFSET, size=8, unit="ns")
    if event.data:
        yield _node(event, event.data.name, event.data.doc, offset=_DATA_OFFSET, size=event.data.size)


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="EventSelector",
        category=_CATEGORY,
        doc="Event that EventNotification stands for.",
        section="5.17.1",
        visibility=Visibility.EXPERT,
        entries=tuple(Entry(event.name, event.number, event.doc) for event in EVENTS),
    ),
    Enumeration(
        name="EventNotification",
        category=_CATEGORY,
        doc="Sends a message when the selected event happens.",
        section="5.17.2",
        visibility=Visibility.EXPERT,
        selected_by="EventSelector",
        entries=(Entry("Off", 0), Entry("On", 1)),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Command(
        name="TestEventGenerate",
        category=_CATEGORY,
        doc="Makes one Test event happen.",
        section="5.17.7",
        visibility=Visibility.EXPERT,
        fidelity=Fidelity.STORED,
        note="Accepted; no event is sent yet.",
    ),
    *chain.from_iterable(_nodes(event) for event in EVENTS),
)

ROOM = Room("events", 0x000E_4000, FEATURES)
