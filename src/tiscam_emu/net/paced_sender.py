"""From packets that are due to the socket: burst by burst, or a whole frame in one call of the compiled core."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from tiscam_emu.gvsp.channel import Burst, StreamChannel, Stretch
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.native import core
from tiscam_emu.net.clock import Clock, SystemClock
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.outlook import Outlook
from tiscam_emu.net.sockets import LIKE_A_CABLE
from tiscam_emu.net.stream_roles import PacketSink
from tiscam_emu.units import NS_PER_MS, Nanoseconds

Due = Burst | Stretch

_AHEAD_NS = 2 * NS_PER_MS
"""A frame that is due so soon is waited for outside the interpreter, which others may hold just then."""


class Sender(Protocol):
    """What sends the packets of a channel, on the stream's thread. `due` and `interrupt` are called under the lock."""

    sleeps_outside: bool
    """Whether it waits and sends without the interpreter, so that another thread may draw."""

    def due(self, now: Nanoseconds) -> Due | None:
        """What is to be sent next, and may be begun now."""
        ...

    def send(self, due: Due) -> None:
        """Send it, at its time."""
        ...

    def interrupt(self) -> None:
        """End a `send` that takes longer than a burst: something else may come before."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class BurstSender:
    """State: where the sink is aimed. Every burst is handed to the sink when it is due.

    Parameters
    ----------
    report
        Told of every error of sending.
    gso
        Whether many packets at a time are handed to the system.
    """

    sleeps_outside = False

    def __init__(
        self, channel: StreamChannel, sink: PacketSink, report: Callable[[Exception], None], *, gso: Gso
    ) -> None:
        self._channel = channel
        self._sink = sink
        self._report = report
        self._outlook = Outlook(gso)
        self._target: Destination | None = None

    def due(self, now: Nanoseconds) -> Due | None:
        """See `Sender.due`."""
        self._look(now)
        return self._channel.due(now)

    def send(self, due: Due) -> None:
        """See `Sender.send`."""
        assert isinstance(due, Burst)
        try:
            self._aim(due.destination)
            if self._outlook.offload and (runs := due.runs()) is not None:
                self._sink.send_runs(runs)
            else:
                self._sink.send(due.packets)
        except OSError as error:
            self._report(error)

    def interrupt(self) -> None:
        """Nothing: no burst takes long."""

    def close(self) -> None:
        """Nothing is held."""

    def _look(self, now: Nanoseconds) -> None:
        if (to := self._channel.destination) is not None:
            self._outlook.look(to, now)
            self._channel.receive_buffer_bytes = self._outlook.buffer_bytes

    def _aim(self, to: Destination) -> None:
        if to is not self._target:
            self._target = to
            self._sink.target(to.host, to.port, to.do_not_fragment)


class CoreSender(BurstSender):
    """State: as `BurstSender`, and whether it is outside. What a socket can take directly leaves by the compiled core.

    Parameters
    ----------
    lock
        Guards the channel.
    """

    sleeps_outside = True

    def __init__(
        self,
        channel: StreamChannel,
        lock: threading.Lock,
        sink: PacketSink,
        report: Callable[[Exception], None],
        *,
        gso: Gso,
    ) -> None:
        super().__init__(channel, sink, report, gso=gso)
        self._lock = lock
        self._outside = False
        self._interrupted = False
        self._socket = -1
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def due(self, now: Nanoseconds) -> Due | None:
        """See `Sender.due`."""
        self._look(now)
        stretch = self._channel.stretch(now + _AHEAD_NS)
        if stretch is None or (socket := self._socket_to(stretch.frame.destination)) is None:
            return self._channel.due(now)
        self._socket, self._outside = socket, True
        return stretch

    def send(self, due: Due) -> None:
        """See `Sender.send`."""
        if isinstance(due, Burst):
            super().send(due)
            return
        assert core is not None
        frame, table = due.frame, due.frame.table
        sent, now, span_ns, link_free_ns, earliest_ns, error = core.send_paced(
            self._socket,
            self._wake,
            table.memory,
            table.places,
            due.first,
            due.end,
            due.burst_packets,
            len(table.packets) - 1,
            frame.end_ns,
            self._outlook.offload,
            due.pace,
        )
        if error and error not in LIKE_A_CABLE:
            self._report(OSError(error, os.strerror(error)))
        self._sink.left(islice(table.packets, due.first, due.first + sent), span_ns)  # mostly nobody looks
        with self._lock:
            self._outside = False
            if self._interrupted:
                self._interrupted = False
                os.eventfd_read(self._wake)
            # A packet that the socket refuses is lost, as on a cable.
            self._channel.left(due, sent + bool(error), round(now), link_free_ns, earliest_ns)

    def interrupt(self) -> None:
        """See `Sender.interrupt`."""
        if self._outside and not self._interrupted:
            self._interrupted = True
            os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """See `Sender.close`; once is enough."""
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1

    def _socket_to(self, to: Destination) -> int | None:
        try:
            self._aim(to)
            return self._sink.descriptor()
        except OSError as error:
            self._report(error)
            return None


def sender_for(
    channel: StreamChannel,
    lock: threading.Lock,
    sink: PacketSink,
    clock: Clock,
    report: Callable[[Exception], None],
    *,
    gso: Gso,
) -> Sender:
    """Who sends: the compiled core where there is one and time passes by itself."""
    if hasattr(core, "send_paced") and hasattr(os, "eventfd") and isinstance(clock, SystemClock):
        return CoreSender(channel, lock, sink, report, gso=gso)
    return BurstSender(channel, sink, report, gso=gso)
