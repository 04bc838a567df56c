"""Acknowledges that wait until the command they belong to is over.

Source: GigE Vision 2.x, chapter "PENDING_ACK".
"""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.units import NS_PER_MS, Nanoseconds
from tiscam_emu.wire.endpoint import Endpoint

_LONGEST_MS = 0xFFFF


@dataclass(frozen=True, slots=True)
class LateAck:
    """The acknowledge of a command that is over at `ready_ns`; `datagram` is empty for one that is never repeated."""

    datagram: bytes
    ack: bytes
    peer: Endpoint
    ready_ns: Nanoseconds

    def time_to_completion_ms(self, now: Nanoseconds) -> int:
        """What PENDING_ACK promises: whole milliseconds, rounded up, as far as its 16 bits reach."""
        return min(-(-max(self.ready_ns - now, 0) // NS_PER_MS), _LONGEST_MS)


class LateAckState:
    """State: acknowledges that are not due yet, the first due one first."""

    def __init__(self) -> None:
        self._waiting: list[LateAck] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, late: LateAck) -> None:
        """`late` is to be sent in its time."""
        self._waiting.append(late)
        self._waiting.sort(key=lambda waiting: waiting.ready_ns)

    def find(self, datagram: bytes, peer: Endpoint) -> LateAck | None:
        """The acknowledge that `peer` waits for, if `datagram` is the very command it belongs to."""
        return next((late for late in self._waiting if late.peer == peer and late.datagram == datagram), None)

    def take_due(self, now: Nanoseconds) -> list[LateAck]:
        """The acknowledges to send now, in order."""
        due = [late for late in self._waiting if late.ready_ns <= now]
        del self._waiting[: len(due)]
        return due

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next acknowledge is due; None if none waits."""
        return self._waiting[0].ready_ns if self._waiting else None
