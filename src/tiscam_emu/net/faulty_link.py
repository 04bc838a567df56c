"""One direction of a link that loses, repeats, swaps, delays and damages datagrams; seeded, without a clock."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from tiscam_emu.net.fault_plan import LinkFaults
from tiscam_emu.units import NS_PER_MS, Nanoseconds
from tiscam_emu.wire.gvsp import IP_UDP_HEADER_BYTES

OVERTAKEN_NS = 5 * NS_PER_MS
"""A datagram that waits to be overtaken arrives after this time if none follows."""

_To = TypeVar("_To")
Bytes = bytes | memoryview


@dataclass(slots=True)
class FaultCounters:
    """State: datagrams that met each fault since the camera started."""

    dropped: int = 0
    duplicated: int = 0
    reordered: int = 0
    corrupted: int = 0
    truncated: int = 0
    too_large: int = 0
    delayed: int = 0
    unplugged: int = 0


@dataclass(frozen=True, slots=True)
class Carried(Generic[_To]):
    """A datagram and where it goes, or what else its sender wants to know when it arrives."""

    data: Bytes
    to: _To


class FaultyLink(Generic[_To]):
    """State: what is on its way, and the random numbers.

    Parameters
    ----------
    rng
        The same seed and the same datagrams meet the same faults.
    """

    def __init__(self, faults: LinkFaults, rng: Random, counters: FaultCounters) -> None:
        self._faults = faults
        self._rng = rng
        self._counters = counters
        # A gap begins with a probability that makes `drop` the share of all: burst / (burst + mean run between gaps).
        lost = faults.drop
        self._gap_begins = lost / (lost + faults.burst * (1 - lost)) if lost else 0.0
        self._gap_left = 0
        self._overtaken: Carried[_To] | None = None
        self._overtaken_due_ns: Nanoseconds = 0
        self._delayed: list[tuple[Nanoseconds, int, Carried[_To]]] = []
        self._number = 0

    def carry(self, datagrams: Iterable[Carried[_To]], now: Nanoseconds) -> list[Carried[_To]]:
        """What arrives now: of these and of earlier ones. What arrives later is copied."""
        arrived = self.advance(now)
        for datagram in datagrams:
            if self._faults.mtu and len(datagram.data) + IP_UDP_HEADER_BYTES > self._faults.mtu:
                self._counters.too_large += 1
                continue
            if self._is_lost():
                self._counters.dropped += 1
                continue
            arrived += self._pass(self._damaged(datagram), now)
        return arrived

    def advance(self, now: Nanoseconds) -> list[Carried[_To]]:
        """What is due at `now`, in order."""
        arrived = []
        while self._delayed and self._delayed[0][0] <= now:
            arrived.append(heapq.heappop(self._delayed)[2])
        if self._overtaken is not None and self._overtaken_due_ns <= now:
            arrived.append(self._overtaken)
            self._overtaken = None
        return arrived

    def next_wakeup(self) -> Nanoseconds | None:
        """When something on its way arrives; None if nothing is."""
        due = [self._delayed[0][0]] if self._delayed else []
        if self._overtaken is not None:
            due.append(self._overtaken_due_ns)
        return min(due, default=None)

    def _is_lost(self) -> bool:
        if not self._gap_left and self._gap_begins and self._rng.random() < self._gap_begins:
            self._gap_left = self._faults.burst
        if self._gap_left:
            self._gap_left -= 1
            return True
        return False

    def _hits(self, share: float) -> bool:
        return share > 0 and self._rng.random() < share

    def _damaged(self, datagram: Carried[_To]) -> Carried[_To]:
        data = datagram.data
        if data and self._hits(self._faults.corrupt):
            self._counters.corrupted += 1
            wrong = bytearray(data)
            bit = self._rng.randrange(8 * len(wrong))
            wrong[bit // 8] ^= 1 << bit % 8
            data = bytes(wrong)
        if data and self._hits(self._faults.truncate):
            self._counters.truncated += 1
            data = bytes(data[: self._rng.randrange(len(data))])
        return datagram if data is datagram.data else Carried(data, datagram.to)

    def _pass(self, datagram: Carried[_To], now: Nanoseconds) -> list[Carried[_To]]:
        copies = [datagram]
        if self._hits(self._faults.duplicate):
            self._counters.duplicated += 1
            copies.append(datagram)
        if self._faults.delay_ms or self._faults.jitter_ms:
            for copy in copies:
                self._delay(copy, now)
            return []
        if self._overtaken is not None:
            copies.append(self._overtaken)
            self._overtaken = None
        elif self._hits(self._faults.reorder):
            self._counters.reordered += 1
            self._overtaken = Carried(bytes(datagram.data), datagram.to)
            self._overtaken_due_ns = now + OVERTAKEN_NS
            return copies[1:]
        return copies

    def _delay(self, datagram: Carried[_To], now: Nanoseconds) -> None:
        self._counters.delayed += 1
        late_ms = self._faults.delay_ms + self._faults.jitter_ms * self._rng.random()
        if self._hits(self._faults.reorder):
            self._counters.reordered += 1
            late_ms += OVERTAKEN_NS / NS_PER_MS
        self._number += 1
        copy = Carried(bytes(datagram.data), datagram.to)
        heapq.heappush(self._delayed, (now + round(late_ms * NS_PER_MS), self._number, copy))
