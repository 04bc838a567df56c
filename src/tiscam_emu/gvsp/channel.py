"""The stream channel: from filled packet tables to datagrams in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tiscam_emu.gvsp.destination import Destination, redirected
from tiscam_emu.gvsp.pacing import DEFAULT_RECEIVE_BUFFER_BYTES, LinkPacer
from tiscam_emu.gvsp.packets import FrameTable, Layout, Packet, Run
from tiscam_emu.gvsp.resend import Held, ResendBudget, ResendState
from tiscam_emu.gvsp.window import ResendWindow, SentFrame
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import IP_UDP_HEADER_BYTES, MAX_BLOCK_ID, build_test_packet, next_block_id

_SPARE_TABLES = 3
_SPARE_BYTES = 48 * 1024 * 1024
_PENDING_RESENDS = 4096
_ANSWERED_BLOCKS = 96
"""Requests for older blocks are not answered: Aravis takes a packet from a hundred blocks back for the first one of a
new count, and loses the frames under way. Nobody waits for such a block any more, but anybody may ask for it."""


@dataclass(slots=True)
class StreamCounters:
    """State: what the channel has done since it was made.

    Attributes
    ----------
    packets, payload_bytes
        Of frames, resent packets not counted; payload without headers.
    unavailable_packets
        Answers saying that a packet asked for is gone.
    skipped_frames
        Frames dropped whole, because too many were on their way.
    refused_resends
        Requests not answered, because more was asked for than a client can have lost; see `resend.ResendBudget`.
    """

    frames: int = 0
    packets: int = 0
    payload_bytes: int = 0
    resent_packets: int = 0
    unavailable_packets: int = 0
    skipped_frames: int = 0
    refused_resends: int = 0


@dataclass(frozen=True, slots=True)
class OutgoingFrame:
    """A table that may be sent from `ready_ns` on, as far as it is filled by then; the trailer from `end_ns` on."""

    table: FrameTable
    ready_ns: Nanoseconds
    destination: Destination
    end_ns: Nanoseconds = 0


class Burst(NamedTuple):
    """Packets to be sent now, in this order; valid until the channel is asked for the next burst.

    Attributes
    ----------
    table, first
        Where the packets lie, if they are consecutive ones of a frame, and the id of the first.
    """

    packets: Sequence[Packet]
    destination: Destination
    table: FrameTable | None = None
    first: int = 0

    def runs(self) -> list[Run] | None:
        """The same packets in few pieces, if they lie so."""
        return None if self.table is None else self.table.runs(self.first, self.first + len(self.packets))


class Stretch(NamedTuple):
    """Packets of the frame being sent, from `first` to before `end`, for whoever paces them; see `Burst`.

    Attributes
    ----------
    burst_packets, pace
        See `pacing.LinkPacer`.
    """

    frame: OutgoingFrame
    first: int
    end: int
    burst_packets: int
    pace: tuple[float, ...]


class StreamChannel:
    """State: one stream channel: frames waiting, the frame being sent, the resend window, the counters.

    Not thread-safe; whoever shares it guards it. A table's `sendable_packets` alone may grow at any time, after the
    bytes have been written. `due` gives what may be sent, `next_wakeup` says when to ask again.

    Attributes
    ----------
    receive_buffer_bytes
        What the receiver of the next frame can hold.

    Packets of a burst are views of tables; a table is refilled only after it has left the window, which happens in
    `due`, `stretch` and `left` alone.
    """

    def __init__(self) -> None:
        self._waiting: deque[OutgoingFrame] = deque()
        self._current: OutgoingFrame | None = None
        self._next_packet = 0
        self._tests: deque[Burst] = deque()
        # By what was asked for: a client that asks again for what is about to come is answered once.
        self._resends: dict[tuple[int, int, int | None, Endpoint | None], ResendState] = {}
        self._budget = ResendBudget()
        self._window = ResendWindow()
        self._spare: list[FrameTable] = []
        self._pacer = LinkPacer()
        self._newest_block = 0
        self._blocks = 0
        self._opened: int | None = None
        self._latest: Destination | None = None
        self._counters = StreamCounters()
        self.receive_buffer_bytes = DEFAULT_RECEIVE_BUFFER_BYTES

    @property
    def counters(self) -> StreamCounters:
        """A copy of the counters as they stand."""
        return replace(self._counters)

    @property
    def frames_outstanding(self) -> int:
        """Frames enqueued whose last packet has not been handed out."""
        return len(self._waiting) + (self._current is not None)

    @property
    def destination(self) -> Destination | None:
        """Of the frame being sent, or else of the next one."""
        frame = self._current or (self._waiting[0] if self._waiting else None)
        return frame.destination if frame is not None else None

    @property
    def frames_waiting(self) -> int:
        """Frames enqueued of which no packet has been handed out."""
        return len(self._waiting)

    def spare_table(self, layout: Layout, packet_size: int, *, extended: bool = False) -> FrameTable | None:
        """A table free to be filled, or None: the caller then makes one. Spares of another geometry are dropped."""
        wanted = (layout, packet_size, extended)
        self._spare = [t for t in self._spare if (t.layout, t.packet_size, t.extended) == wanted]
        return self._spare.pop() if self._spare else None

    def enqueue(self, frame: OutgoingFrame) -> None:
        """Take a frame; frames leave in this order."""
        self._waiting.append(frame)

    def abandon(self) -> None:
        """Send nothing more of the newest frame, which cannot be completed, and count it as skipped.

        Nothing if it has left.
        """
        if not self.frames_outstanding:
            return
        if self._waiting:
            self._waiting.pop()
        else:
            self._current = None
        self.skip_frame()

    def skip_frame(self, count: int = 1) -> None:
        """Count frames dropped whole."""
        self._counters.skipped_frames += count

    def request_test_packet(self, destination: Destination) -> None:
        """Send a test packet of the destination's packet size at once, if the channel is open."""
        if destination.port:
            packet = build_test_packet(destination.packet_size, extended=destination.extended_ids)
            self._tests.append(Burst([packet], destination))

    def request_resend(
        self,
        block_id: int,
        first: int,
        last: int | None,
        now: Nanoseconds,
        *,
        marked: bool = False,
        requester: Endpoint | None = None,
    ) -> None:
        """Send packets again, as soon as the link allows.

        Parameters
        ----------
        block_id, first, last
            Packets asked for, both ends included; None is the end of the block. What has not been sent yet is not
            answered: it will come. What is no longer held is answered by header-only packets saying so, if it is
            one of the last 96 blocks.
        marked
            Whether resent packets carry the status PACKET_RESEND.
        requester
            Who gets the answer; None: the stream's destination.
        """
        request = (block_id, first, last, requester)
        if not self._was_begun(block_id) or request in self._resends:
            return
        if len(self._resends) >= _PENDING_RESENDS:
            self._counters.refused_resends += 1
            return
        if self._current is None and not self._resends:
            self._pacer.begin(now)
        self._resends[request] = ResendState(block_id, first, last, marked, requester)

    def due(self, now: Nanoseconds) -> Burst | None:
        """The packets to be sent at `now`, or None before `next_wakeup`."""
        if self._tests:
            return self._tests.popleft()
        self._begin_next(now)
        allowed = self._pacer.allowance(now)
        if allowed and self._resends and (burst := self._resend(allowed, now)) is not None:
            return burst
        if allowed and self._current is not None and not self.starved:
            return self._send(self._current, allowed, now)
        return None

    def stretch(self, now: Nanoseconds) -> Stretch | None:
        """What the caller may send by itself, at the times that the pace sets, telling afterwards what `left`.

        None if `due` has to be asked, because there is nothing, or something that comes before.
        """
        self._begin_next(now)
        frame = self._current
        if frame is None or self._tests or self._resends or self.starved:
            return None
        first, pacer = self._next_packet, self._pacer
        end = min(frame.table.sendable_packets, first + max(pacer.stretch_packets, pacer.burst_packets))
        return Stretch(frame, first, end, pacer.burst_packets, pacer.rule())

    def left(self, stretch: Stretch, packets: int, now: Nanoseconds, link_free_ns: float, earliest_ns: float) -> None:
        """Count the first packets of a stretch, the last of which left at `now`, and how the pace stands."""
        if self._current is stretch.frame:
            self._pacer.resume(link_free_ns, earliest_ns)
            self._advance(stretch.frame, packets, now)
        else:  # given up meanwhile
            self._counters.packets += packets

    def next_wakeup(self) -> Nanoseconds | None:
        """When `due` has something, as things stand; None: not before something is enqueued, drawn or requested."""
        if self._tests:
            return 0
        if self._resends:
            return self._pacer.next_ns
        current = self._current
        if current is None:
            return self._waiting[0].ready_ns if self._waiting else None
        if self.starved:
            return None
        only_trailer_left = self._next_packet == len(current.table.packets) - 1
        return max(self._pacer.next_ns, current.end_ns) if only_trailer_left else self._pacer.next_ns

    @property
    def starved(self) -> bool:
        """Whether less than a burst of the frame being sent has been drawn, and more is to come."""
        current = self._current
        if current is None:
            return False
        table = current.table
        sendable = table.sendable_packets
        return sendable < self._next_packet + self._pacer.burst_packets and sendable < len(table.packets)

    def discard(self) -> None:
        """Forget every frame, sent and unsent, and every request: the channel has been closed."""
        # The tables are dropped, not refilled: a burst handed out before may still be on its way to the socket.
        self._window.clear()
        self._waiting.clear()
        self._resends.clear()
        self._tests.clear()
        self._current = None
        self._pacer = LinkPacer()
        self._blocks = 0

    def _begin_next(self, now: Nanoseconds) -> None:
        if self._current is None and self._waiting and self._waiting[0].ready_ns <= now:
            self._begin(self._waiting.popleft())

    def _begin(self, frame: OutgoingFrame) -> None:
        to = frame.destination
        if to.opened != self._opened:
            self._free(self._window.clear())
            self._resends.clear()
            self._budget.open()
            self._opened, self._newest_block, self._blocks = to.opened, 0, 0
        self._newest_block = next_block_id(self._newest_block, extended=to.extended_ids)
        self._blocks += 1
        frame.table.stamp(self._newest_block)
        self._pacer.configure(
            to.packet_size,
            frame.table.header_bytes,
            to.link_bytes_per_s,
            to.packet_delay_ns,
            to.limit_bytes_per_s,
            receive_buffer_bytes=self.receive_buffer_bytes,
        )
        self._pacer.begin(frame.ready_ns)
        self._budget.begin_frame(len(frame.table.packets))
        self._latest = to
        self._current = frame
        self._next_packet = 0

    def _send(self, frame: OutgoingFrame, allowed: int, now: Nanoseconds) -> Burst | None:
        first = self._next_packet
        last = min(first + allowed, frame.table.sendable_packets)
        if now < frame.end_ns:
            last = min(last, len(frame.table.packets) - 1)
        packets = frame.table.packets[first:last]
        if not packets:
            return None
        self._pacer.sent(len(packets), sum(map(len, packets)), now)
        self._advance(frame, len(packets), now)
        return Burst(packets, frame.destination, frame.table, first)

    def _advance(self, frame: OutgoingFrame, packets: int, now: Nanoseconds) -> None:
        self._next_packet += packets
        self._counters.packets += packets
        self._budget.earn(packets)
        if self._next_packet == len(frame.table.packets):
            self._counters.frames += 1
            self._counters.payload_bytes += frame.table.payload_bytes
            self._free(self._window.add(SentFrame(frame.table, frame.destination, now)))
            self._current = None

    def _resend(self, allowed: int, now: Nanoseconds) -> Burst | None:
        packets: list[Packet] = []
        destination: Destination | None = None
        allowed = min(allowed, self._budget.left)
        if not allowed:
            self._counters.refused_resends += len(self._resends)
            self._resends.clear()
        while self._resends and len(packets) < allowed:
            asked, request = next(iter(self._resends.items()))
            held, stream = self._held(request.block_id)
            to = redirected(stream, request.requester) if stream is not None else None
            if destination is not None and destination != to:
                break
            destination = to
            more = request.answer(allowed - len(packets), held, extended=stream is not None and stream.extended_ids)
            packets += more
            if len(packets) < allowed:
                del self._resends[asked]
            if held is None:
                self._counters.unavailable_packets += len(more)
            else:
                self._counters.resent_packets += len(more)
        if not packets or destination is None:
            return None
        # Answers without data, too, leave no faster than full packets: they stand between a client and its frames.
        self._pacer.sent(len(packets), len(packets) * (destination.packet_size - IP_UDP_HEADER_BYTES), now)
        self._budget.spend(len(packets))
        return Burst(packets, destination)

    def _held(self, block_id: int) -> tuple[Held | None, Destination | None]:
        if self._current is not None and self._current.table.block_id == block_id:
            return Held(self._current.table, self._next_packet), self._current.destination
        sent = self._window.find(block_id)
        if sent is not None:
            return Held(sent.table, len(sent.table.packets)), sent.destination
        return None, self._latest

    def _was_begun(self, block_id: int) -> bool:
        if self._latest is not None and self._latest.extended_ids:
            return 0 <= self._newest_block - block_id < self._blocks
        if not 1 <= block_id <= MAX_BLOCK_ID:
            return False
        blocks_ago = (self._newest_block - block_id) % MAX_BLOCK_ID
        return blocks_ago < min(self._blocks, _ANSWERED_BLOCKS)

    def _free(self, tables: list[FrameTable]) -> None:
        reusable = [table for table in tables if not table.all_in]
        self._spare = (self._spare + reusable)[-_SPARE_TABLES:]
        while len(self._spare) > 1 and sum(table.size_bytes for table in self._spare) > _SPARE_BYTES:
            del self._spare[0]
