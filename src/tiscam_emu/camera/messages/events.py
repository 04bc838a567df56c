"""Events: messages that the camera sends on its own (manual 5.17)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tiscam_emu.camera.messages import message_channel
from tiscam_emu.camera.notices import (
    ExposureEnded,
    ExposureOpened,
    LineChanged,
    MoveCompleted,
    TestEventRequested,
    TriggerMissed,
)
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Access,
    Command,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Integer,
    Limits,
    Room,
    Visibility,
)
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.messages import EventMessage

_CATEGORY = "EventControl"
_FIRST_ID = 0x9001  # 0x9000 and up belong to the device (GigE Vision); the vendor's ids are unpublished
_TIMESTAMP_OFFSET = 8
_DATA_OFFSET = 16
_EXTENDED_IDS = "GevGVSPExtendedIDMode"
_LONGER_BY = 8  # an item with a 64-bit block id
_LAST_BLOCK_ID = 0xFFFF
_APPLICATION_SWITCHED = 0x0007  # GigE Vision, "Primary Application Switchover"


@dataclass(frozen=True, slots=True)
class _Data:
    """What an event carries besides its timestamp."""

    name: str
    doc: str
    size: int
    note: str = ""


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


_FRAME_ID_NOTE = (
    "The frame's block id in the stream, as long as no frame is skipped because the computer is too slow; 0 for frames "
    "that are not sent."
)
EVENTS = (
    Event(
        "ExposureEnd",
        0,
        "5.17.3",
        "An exposure is over.",
        _Data("FrameID", "Frame whose exposure is over.", 8, _FRAME_ID_NOTE),
    ),
    Event("FrameTriggerMissed", 1, "5.17.4", "A trigger came while no exposure could start."),
    Event("Line1FallingEdge", 2, "5.17.5", "Line1 went from high to low."),
    Event("Line1RisingEdge", 3, "5.17.6", "Line1 went from low to high."),
    Event("Test", 4, "5.17.7", "TestEventGenerate was executed."),
    Event(
        "FocusMoveCompleted", 5, "5.17", "The focus motor has stopped.", _Data("Focus", "Focus where it stopped.", 4)
    ),
    Event("ZoomMoveCompleted", 6, "5.17", "The zoom motor has stopped.", _Data("Zoom", "Zoom where it stopped.", 4)),
)

_BY_NAME = {event.name: event for event in EVENTS}


class EventMessages:
    """State: events that happened and have not been fetched, and where the stream began to count."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._waiting: list[EventMessage] = []
        self._seen_openings = 0
        self._first_frame_id = 0
        if "EventSelector" not in state:
            return
        subscribe = state.notices.subscribe
        subscribe(ExposureOpened, self._count)
        subscribe(ExposureEnded, self._exposure_ended, urgent=lambda: self._is_on(_BY_NAME["ExposureEnd"]))
        subscribe(TriggerMissed, lambda notice: self._happened("FrameTriggerMissed", notice.at_ns))
        subscribe(LineChanged, self._line_changed)
        subscribe(TestEventRequested, lambda notice: self._happened("Test", notice.at_ns))
        subscribe(MoveCompleted, self._move_completed)

    def take(self) -> list[EventMessage]:
        """What happened since the last call."""
        taken, self._waiting = self._waiting, []
        return taken

    def application_switched(self) -> None:
        """Another client has taken control over: the one that had it hears of that, whatever events are on."""
        state = self._state
        if message_channel.is_open(state):
            extended = bool(state[_EXTENDED_IDS])
            timestamp = state.timestamp(state.now)
            self._waiting.append(EventMessage(_APPLICATION_SWITCHED, timestamp, extended=extended))

    def _count(self, notice: ExposureOpened) -> None:
        """The first frame on a newly opened stream channel has block id 1."""
        if self._state["GevSCPHostPort"] and self._state.channel_openings != self._seen_openings:
            self._seen_openings = self._state.channel_openings
            self._first_frame_id = notice.request.frame_id

    def _block_id(self, frame_id: int) -> int:
        number = frame_id - self._first_frame_id
        current = self._seen_openings == self._state.channel_openings and self._state["GevSCPHostPort"]
        if not (current and self._seen_openings and number >= 0):
            return 0
        return number + 1 if self._state[_EXTENDED_IDS] else number % _LAST_BLOCK_ID + 1

    def _exposure_ended(self, notice: ExposureEnded) -> None:
        block_id = self._block_id(notice.request.frame_id)
        self._happened("ExposureEnd", notice.at_ns, struct.pack(">Q", block_id), block_id)

    def _line_changed(self, notice: LineChanged) -> None:
        self._happened("Line1RisingEdge" if notice.high else "Line1FallingEdge", notice.at_ns)

    def _move_completed(self, notice: MoveCompleted) -> None:
        self._happened(f"{notice.motor}MoveCompleted", notice.at_ns, struct.pack(">I", notice.position))

    def _is_on(self, event: Event) -> bool:
        state = self._state
        return message_channel.is_open(state) and bool(state.stored("EventNotification", event.number))

    def _happened(self, name: str, at_ns: Nanoseconds, data: bytes = b"", block_id: int = 0) -> None:
        event, state = _BY_NAME[name], self._state
        if self._is_on(event):
            timestamp = state.timestamp(at_ns)
            extended = bool(state[_EXTENDED_IDS])
            self._waiting.append(EventMessage(event.id, timestamp, data, block_id=block_id, extended=extended))


def _node(
    event: Event, suffix: str, doc: str, *, offset: int, size: int = 4, unit: str = "", note: str = ""
) -> Integer:
    moved = (_EXTENDED_IDS, _LONGER_BY) if offset else ("", 0)
    return Integer(
        name=f"Event{event.name}{suffix}",
        category=f"{_CATEGORY}/Event{event.name}Data",
        doc=doc,
        section=event.section,
        sfnc=event.name in {"ExposureEnd", "FrameTriggerMissed", "Line1FallingEdge", "Line1RisingEdge", "Test"},
        visibility=Visibility.EXPERT,
        access=Access.RO,
        unit=unit,
        size=size,
        limits=Limits(0, 2**63 - 1 if size == 8 else 2**32 - 1, 1),
        port=DataPort("event", f"Event{event.name}Port", event.id, offset, *moved, ("EventNotification", event.number)),
        note=note,
    )


def _nodes(event: Event) -> Iterator[Feature]:
    yield _node(event, "", f"{event.doc} Clients watch this node; its value means nothing.", offset=0)
    yield _node(event, "Timestamp", f"When: {event.doc}", offset=_TIMESTAMP_OFFSET, size=8, unit="ns")
    if event.data:
        data = event.data
        yield _node(event, data.name, data.doc, offset=_DATA_OFFSET, size=data.size, note=data.note)


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
    ),
    Command(
        name="TestEventGenerate",
        category=_CATEGORY,
        doc="Makes one Test event happen.",
        section="5.17.7",
        visibility=Visibility.EXPERT,
        on_write=lambda state: state.notices.notify(TestEventRequested(state.now)),
    ),
    *chain.from_iterable(_nodes(event) for event in EVENTS),
)

ROOM = Room("events", 0x000E_4000, FEATURES)
