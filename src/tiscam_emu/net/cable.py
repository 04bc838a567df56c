"""The cable of a camera: whole by default, faulty or unplugged on command."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Generic, TypeVar

from tiscam_emu.gvsp.packets import Packet, Run
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.fault_plan import PERFECT, FaultPlan, LinkFaults
from tiscam_emu.net.faulty_link import Carried, FaultCounters, FaultyLink
from tiscam_emu.net.stream_roles import PacketSink
from tiscam_emu.units import Nanoseconds

_To = TypeVar("_To")


Meddle = Callable[[Sequence[Carried[_To]], Nanoseconds], Sequence[Carried[_To]]]
"""Sees the datagrams of one direction as they set out, and returns those that go on."""


class _Way(Generic[_To]):
    """State: one direction of one channel."""

    def __init__(self, name: str, seed: str, counters: FaultCounters) -> None:
        self._seed = f"{seed} {name}"
        self._counters = counters
        self._link: FaultyLink[_To] | None = None
        self._unplugged = False
        self._meddle: Meddle[_To] | None = None
        self.whole = True

    def interpose(self, meddle: Meddle[_To] | None) -> None:
        """Let somebody see all datagrams first, and lose, change or add some; or nobody any more."""
        self._meddle = meddle
        self._look()

    def use(self, faults: LinkFaults) -> list[Carried[_To]]:
        """Take other faults; returned is what was on its way, to be delivered now."""
        left = self._link.advance(1 << 62) if self._link else []
        self._link = None if faults == PERFECT else FaultyLink(faults, Random(self._seed), self._counters)
        self._look()
        return [] if self._unplugged else left

    def unplug(self, unplugged: bool) -> None:
        self._unplugged = unplugged
        self._look()

    def carry(self, datagrams: Sequence[Carried[_To]], now: Nanoseconds) -> Sequence[Carried[_To]]:
        """What arrives at the other end now."""
        if self._meddle is not None:
            datagrams = self._meddle(datagrams, now)
        if self._unplugged:
            self._counters.unplugged += len(datagrams)
            return self._lose_overdue(now)
        return self._link.carry(datagrams, now) if self._link else datagrams

    def advance(self, now: Nanoseconds) -> Sequence[Carried[_To]]:
        """What is due at `now`."""
        if self._link is None:
            return ()
        return self._lose_overdue(now) if self._unplugged else self._link.advance(now)

    def next_wakeup(self) -> Nanoseconds | None:
        return self._link.next_wakeup() if self._link else None

    def _lose_overdue(self, now: Nanoseconds) -> Sequence[Carried[_To]]:
        if self._link is not None:
            self._counters.unplugged += len(self._link.advance(now))
        return ()

    def _look(self) -> None:
        self.whole = self._link is None and not self._unplugged and self._meddle is None


@dataclass(frozen=True, slots=True)
class Target:
    """Arguments of `PacketSink.target`."""

    host: str
    port: int
    do_not_fragment: bool


class FaultySink:
    """State: the stream's side of the cable, in front of the socket; see `PacketSink`.

    Packets that arrive late are sent by whoever calls `advance`, so this is guarded, but for a whole cable.

    Parameters
    ----------
    wake
        Called when `next_wakeup` may have come nearer.
    """

    def __init__(self, sink: PacketSink, clock: Clock, wake: Callable[[], None], way: _Way[Target]) -> None:
        self._sink = sink
        self._clock = clock
        self._wake = wake
        self._way = way
        self._guard = threading.Lock()
        self._target: Target | None = None
        self._aimed: Target | None = None

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        """See `PacketSink.target`."""
        with self._guard:
            self._target = self._aimed = Target(host, port, do_not_fragment)
            self._sink.target(host, port, do_not_fragment)

    def send(self, packets: Sequence[Packet]) -> None:
        """See `PacketSink.send`."""
        way, to = self._way, self._target
        if to is None or (way.whole and self._aimed is to):
            self._sink.send(packets)
            return
        with self._guard:
            self._deliver(way.carry([Carried(packet, to) for packet in packets], self._clock.now()))
            late = way.next_wakeup() is not None
        if late:
            self._wake()

    def send_runs(self, runs: Sequence[Run]) -> None:
        """See `PacketSink.send_runs`; a faulty cable meets packets one by one."""
        to = self._target
        if to is None or (self._way.whole and self._aimed is to):
            self._sink.send_runs(runs)
        else:
            self.send([packet for run in runs for packet in run.packets()])

    def descriptor(self) -> int | None:
        """See `PacketSink.descriptor`; a faulty cable has to meet every packet."""
        return self._sink.descriptor() if self._way.whole and self._aimed is self._target else None

    def left(self, packets: Iterable[Packet], span_ns: float) -> None:
        """See `PacketSink.left`."""
        self._sink.left(packets, span_ns)

    def use(self, faults: LinkFaults) -> None:
        """Take other faults."""
        with self._guard:
            self._deliver(self._way.use(faults))

    def unplug(self, unplugged: bool) -> None:
        """Pull the plug, or put it in again."""
        with self._guard:
            self._way.unplug(unplugged)

    def interpose(self, meddle: Meddle[Target] | None) -> None:
        """See `Cable.interpose`."""
        with self._guard:
            self._way.interpose(meddle)

    def advance(self, now: Nanoseconds) -> None:
        """Send what is due."""
        if not self._way.whole:
            with self._guard:
                self._deliver(self._way.advance(now))

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has something to do."""
        return None if self._way.whole else self._way.next_wakeup()

    def _deliver(self, carried: Sequence[Carried[Target]]) -> None:
        begin = 0
        for end in range(1, len(carried) + 1):
            if end == len(carried) or carried[end].to is not carried[begin].to:
                to = carried[begin].to
                if self._aimed is not to:
                    self._aimed = to
                    self._sink.target(to.host, to.port, to.do_not_fragment)
                self._sink.send([datagram.data for datagram in carried[begin:end]])
                begin = end


class Cable(Generic[_To]):
    """State: all that connects a camera: its stream, and both ways of its control and message channels.

    All but `stream` is used from one thread at a time.

    Parameters
    ----------
    seed
        Of all its faults.
    """

    def __init__(self, sink: PacketSink, clock: Clock, wake: Callable[[], None], seed: str) -> None:
        self._counters = {"stream": FaultCounters(), "control": FaultCounters()}
        self._in: _Way[_To] = _Way("in", seed, self._counters["control"])
        self._out: _Way[_To] = _Way("out", seed, self._counters["control"])
        self.stream = FaultySink(sink, clock, wake, _Way("stream", seed, self._counters["stream"]))
        self.plugged = True

    @property
    def whole(self) -> bool:
        """Whether control datagrams may pass it by."""
        return self._in.whole

    def use(self, plan: FaultPlan) -> None:
        """Take other faults; what is on its way in the control channel is lost."""
        self.stream.use(plan.stream)
        self._in.use(plan.control)
        self._out.use(plan.control)

    def plug(self, *, plugged: bool) -> None:
        """Pull the plug, or put it in again."""
        self.plugged = plugged
        self.stream.unplug(not plugged)
        self._in.unplug(not plugged)
        self._out.unplug(not plugged)

    def interpose(
        self, arriving: Meddle[_To] | None, leaving: Meddle[_To] | None, stream: Meddle[Target] | None
    ) -> None:
        """Let somebody see all datagrams as they set out, and lose, change or add some."""
        self._in.interpose(arriving)
        self._out.interpose(leaving)
        self.stream.interpose(stream)

    def arriving(self, data: bytes, source: _To, now: Nanoseconds) -> Sequence[Carried[_To]]:
        """What the camera hears when this comes."""
        return self._in.carry((Carried(data, source),), now)

    def leaving(self, data: bytes, to: _To, now: Nanoseconds) -> Sequence[Carried[_To]]:
        """What goes out when the camera says this."""
        return self._out.carry((Carried(data, to),), now)

    def advance(self, now: Nanoseconds) -> tuple[Sequence[Carried[_To]], Sequence[Carried[_To]]]:
        """What arrives and what leaves by now, late; stream packets are sent."""
        self.stream.advance(now)
        return self._in.advance(now), self._out.advance(now)

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has something to do."""
        ways = (self.stream, self._in, self._out)
        return min((wakeup for way in ways if (wakeup := way.next_wakeup()) is not None), default=None)

    def counters(self) -> dict[str, dict[str, int]]:
        """Datagrams that met each fault, by channel."""
        return {channel: asdict(counters) for channel, counters in self._counters.items()}
