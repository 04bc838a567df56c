"""From exposures to datagrams: one thread renders, one sends, so that neither delays the control channel."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.channel import Burst, OutgoingFrame, StreamChannel, StreamCounters
from tiscam_emu.gvsp.description import leader_and_trailer
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.packets import FrameTable, Packet, PacketTable
from tiscam_emu.net.clock import Clock
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics, Roi, measure
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import fits_one_packet

MAX_OUTSTANDING = 6
"""Frames between exposure and last packet. Three at full rate: exposed, read out, on the link; the others ride out
stalls of the computer."""

MAX_AWAITED = 1024
"""As many awaited frames may wait: a camera that has just been started must first see its scene."""


class ImageSource(Protocol):
    """What renders; used from the render thread alone."""

    def render(self, request: FrameRequest, out: NDArray[np.uint8]) -> None:
        """Fill `out`, which is contiguous and as long as the request's payload."""
        ...

    def prepare(self, request: FrameRequest) -> None:
        """Compute ahead what frames like this one share."""
        ...


class TakenExposure(Protocol):
    """One frame leaving the sensor: rendered at once, sent from `ready_ns` on."""

    @property
    def request(self) -> FrameRequest:
        """What to render."""
        ...

    @property
    def ready_ns(self) -> Nanoseconds:
        """When exposure and readout are over."""
        ...

    @property
    def chunk_tail(self) -> bytes:
        """What is sent behind the image; empty without chunks."""
        ...

    @property
    def awaited(self) -> bool:
        """Whether somebody counts on this very frame: it was triggered, or is one of a number asked for."""
        ...


class PacketSink(Protocol):
    """Where packets go: a `StreamSocket`, or link faults in front of one. Used from the send thread alone."""

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        """Choose where `send` sends."""
        ...

    def send(self, packets: Sequence[Packet]) -> None:
        """Send packets in order; their memory is the caller's again afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class _RenderJob:
    request: FrameRequest
    ready_ns: Nanoseconds
    destination: Destination | None
    """None: only prepare."""
    chunk_tail: bytes = b""
    measured: Roi | None = None

    @property
    def payload_bytes(self) -> int:
        """Image and chunks."""
        return self.request.payload_bytes() + len(self.chunk_tail)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the `roi` of a rendered frame looks like."""

    request: FrameRequest
    statistics: FrameStatistics
    roi: Roi


class FramePipeline:
    """State: the two threads of a stream and the bounded hand-over between them.

    Tables pass from the spares to the render thread, to the channel, to the resend window and back to the spares, and
    have one owner at any time; so no packet is sent, or sent again, while its table is refilled.

    Every method may be called from any thread, and none waits for rendering or sending except `flush`, `settle` and
    `stop`.

    Parameters
    ----------
    on_error
        Called from the failing thread with the first error of rendering and the first of sending. A frame that cannot
        be rendered repeats the last good one of its geometry, or is skipped.
    on_measured
        Called from the render thread with what was asked for when a frame was submitted.
    max_outstanding
        Frames on their way; one more is skipped whole, unless it is awaited: then it waits to be rendered.
    """

    def __init__(
        self,
        source: ImageSource,
        sink: PacketSink,
        clock: Clock,
        *,
        on_error: Callable[[Exception], None],
        on_measured: Callable[[Measurement], None] | None = None,
        max_outstanding: int = MAX_OUTSTANDING,
        name: str = "stream",
    ) -> None:
        self._source = source
        self._sink = sink
        self._clock = clock
        self._on_error = on_error
        self._on_measured = on_measured
        self._max_outstanding = max_outstanding
        self._lock = threading.Lock()
        self._render_wanted = threading.Condition(self._lock)
        self._send_wanted = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._channel = StreamChannel()
        self._jobs: deque[_RenderJob] = deque()
        self._rendering = 0
        self._sending = False
        self._watchers = 0
        self._epoch = 0
        self._stopping = False
        self._scratch = np.empty(0, np.uint8)
        self._last_good: PacketTable | None = None
        self._reported: set[str] = set()
        self._threads = (
            threading.Thread(target=self._render_loop, name=f"{name}-render", daemon=True),
            threading.Thread(target=self._send_loop, name=f"{name}-send", daemon=True),
        )

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, exposure: TakenExposure, destination: Destination, measured: Roi | None = None) -> bool:
        """Take a frame, to be rendered now and sent when it is ready.

        Parameters
        ----------
        measured
            Part of the image to measure as well.

        Returns
        -------
        bool
            False if the channel is closed, or if the frame was skipped because too many are on their way.
        """
        if not destination.port:
            return False
        with self._lock:
            allowed = MAX_AWAITED if exposure.awaited else self._max_outstanding
            if self._outstanding() >= allowed:
                self._channel.skip_frame()
                return False
            job = _RenderJob(exposure.request, exposure.ready_ns, destination, exposure.chunk_tail, measured)
            self._jobs.append(job)
            self._render_wanted.notify()
        return True

    def prepare(self, request: FrameRequest) -> None:
        """Let the renderer compute ahead, between frames, what frames like this one share."""
        with self._lock:
            self._jobs.append(_RenderJob(request, 0, None))
            self._render_wanted.notify()

    def resend(
        self,
        block_id: int,
        first: int,
        last: int | None,
        *,
        marked: bool = False,
        requester: Endpoint | None = None,
    ) -> None:
        """Send packets again; see `StreamChannel.request_resend`."""
        with self._lock:
            now = self._clock.now()
            self._channel.request_resend(block_id, first, last, now, marked=marked, requester=requester)
            self._send_wanted.notify()

    def send_test_packet(self, destination: Destination) -> None:
        """Send a test packet of the destination's packet size."""
        with self._lock:
            self._channel.request_test_packet(destination)
            self._send_wanted.notify()

    def discard(self) -> None:
        """Forget all frames, sent and unsent: the channel has been closed, or control lost."""
        with self._lock:
            self._epoch += 1
            self._jobs.clear()
            self._channel.discard()
            self._send_wanted.notify()
            self._progress.notify_all()

    def counters(self) -> StreamCounters:
        """A copy of the channel's counters."""
        with self._lock:
            return self._channel.counters

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is on its way; false if that took too long."""
        return self._wait_until_settled(lambda: None, timeout_s)

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait until all is rendered, and all is sent that may be sent by now; false if that took too long.

        With a manual clock this makes a test deterministic: advance, settle, look.
        """
        return self._wait_until_settled(self._clock.now, timeout_s)

    def stop(self) -> None:
        """End both threads, after the render and the burst they are busy with; the sink may be closed afterwards."""
        with self._lock:
            self._stopping = True
            self._render_wanted.notify()
            self._send_wanted.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _outstanding(self) -> int:
        return len(self._jobs) + self._rendering + self._channel.frames_outstanding

    def _wait_until_settled(self, now: Callable[[], Nanoseconds | None], timeout_s: float | None) -> bool:
        with self._lock:
            self._watchers += 1
            try:
                return self._progress.wait_for(lambda: self._is_settled(now()), timeout_s)
            finally:
                self._watchers -= 1

    def _is_settled(self, now: Nanoseconds | None) -> bool:
        wakeup = self._channel.next_wakeup()
        idle = wakeup is None or (now is not None and wakeup > now)
        rendered = not self._rendering and (not self._jobs or self._is_full())
        return self._stopping or (idle and rendered and not self._sending)

    def _is_full(self) -> bool:
        """Whether as many rendered frames wait as there may be; what is still to be rendered waits then."""
        return self._channel.frames_outstanding >= self._max_outstanding

    def _report(self, kind: str, error: Exception) -> None:
        if kind not in self._reported:
            self._reported.add(kind)
            self._on_error(error)

    def _render_loop(self) -> None:
        while True:
            with self._lock:
                self._progress.notify_all()
                while not self._stopping and (not self._jobs or self._is_full()):
                    self._render_wanted.wait()
                if self._stopping:
                    return
                job = self._jobs.popleft()
                epoch = self._epoch
                self._rendering = 1
            table = self._make(job)
            with self._lock:
                self._rendering = 0
                if job.destination is None or epoch != self._epoch:
                    continue
                if table is None:
                    self._channel.skip_frame()
                    continue
                self._channel.enqueue(OutgoingFrame(table, job.ready_ns, job.destination))
                self._send_wanted.notify()

    def _make(self, job: _RenderJob) -> FrameTable | None:
        try:
            if job.destination is None:
                self._source.prepare(job.request)
                return None
            return self._rendered(job, job.destination)
        except Exception as error:  # a frame that fails must not end the stream; it is reported
            self._report("render", error)
        if job.destination is None or self._last_good is None:
            return None
        return self._repeated(self._last_good, job, job.destination)

    def _rendered(self, job: _RenderJob, to: Destination) -> FrameTable:
        image_bytes = job.request.payload_bytes()
        if self._scratch.size != job.payload_bytes:
            self._scratch = np.empty(job.payload_bytes, np.uint8)
        image = self._scratch[:image_bytes]
        self._source.render(job.request, image)
        if job.measured is not None and self._on_measured is not None:
            self._on_measured(Measurement(job.request, measure(image, job.request, job.measured), job.measured))
        self._scratch[image_bytes:] = np.frombuffer(job.chunk_tail, np.uint8)
        description = leader_and_trailer(job.request, job.chunk_tail, to.configuration)
        if _is_all_in(job.payload_bytes, to):
            packet = AllInPacket(job.payload_bytes, to.packet_size, extended=to.extended_ids)
            packet.fill(self._scratch, *description)
            return packet
        table = self._table(job.payload_bytes, to)
        table.fill(self._scratch, *description)
        self._last_good = table
        return table

    def _repeated(self, last_good: PacketTable, job: _RenderJob, to: Destination) -> PacketTable | None:
        """The last good frame once more. Only this thread fills tables, so its payload is still there."""
        geometry = (last_good.payload_bytes, last_good.packet_size, last_good.extended)
        if geometry != (job.payload_bytes, to.packet_size, to.extended_ids):
            return None
        table = self._table(last_good.payload_bytes, to)
        table.repeat(last_good, *leader_and_trailer(job.request, job.chunk_tail, to.configuration))
        self._last_good = table
        return table

    def _table(self, payload_bytes: int, to: Destination) -> PacketTable:
        with self._lock:
            spare = self._channel.spare_table(payload_bytes, to.packet_size, extended=to.extended_ids)
        return spare or PacketTable(payload_bytes, to.packet_size, extended=to.extended_ids)

    def _send_loop(self) -> None:
        target: Destination | None = None
        while (burst := self._next_burst()) is not None:
            to = burst.destination
            try:
                if to is not target:
                    target = to
                    self._sink.target(to.host, to.port, to.do_not_fragment)
                self._sink.send(burst.packets)
            except OSError as error:
                self._report("send", error)

    def _next_burst(self) -> Burst | None:
        with self._lock:
            self._sending = False
            while not self._stopping:
                wakeup = self._channel.next_wakeup()
                now = self._clock.now()
                if wakeup is None or wakeup > now:
                    if self._watchers:
                        self._progress.notify_all()
                    self._clock.wait(self._send_wanted, wakeup)
                elif (burst := self._channel.due(now)) is not None:
                    self._sending = True
                    if self._jobs and not self._rendering:
                        self._render_wanted.notify()
                    return burst
            return None


def _is_all_in(payload_bytes: int, to: Destination) -> bool:
    wanted = to.configuration & StreamChannelCapability.ALL_IN
    return bool(wanted) and fits_one_packet(payload_bytes, to.packet_size, extended=to.extended_ids)
