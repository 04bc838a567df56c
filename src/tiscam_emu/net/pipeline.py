"""From exposures to datagrams: a thread that draws the next frame while it waits for the link to take the last one.

Sending a frame at the link's rate means waiting, burst after burst. A second thread for drawing would contend for the
interpreter with every packet, and wake up for every frame; so one thread does both, in steps short enough that bursts
leave in time, and control has a thread of its own. Only what takes long in any case is drawn apart, on another core:
large frames, and scenes that ask a file or a function for their image. If the link has nothing else to do, the first
packets of a frame leave while the rest is drawn.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.channel import Burst, OutgoingFrame, StreamChannel, StreamCounters
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.pacing import sending_ns
from tiscam_emu.gvsp.packets import FrameTable, PacketTable
from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.frame_work import Measurement, RenderJob, Work, describe, stamp
from tiscam_emu.net.last_frame import LastFrame
from tiscam_emu.net.stream_roles import ImageSource, PacketSink, TakenExposure
from tiscam_emu.sensor.request import LARGE_FRAME_BYTES, FrameRequest
from tiscam_emu.sensor.statistics import Roi, measure
from tiscam_emu.units import NS_PER_MS, Nanoseconds

MAX_OUTSTANDING = 6
"""Frames between exposure and last packet. Three at full rate: exposed, read out, on the link; the others ride out
stalls of the computer."""

MAX_DRAWN = 2
"""Frames drawn and not yet sent, none of them on the link. More would take memory and save no time."""

VERY_LARGE_BYTES = 32_000_000
"""Of frames of this size and above one waits at most: the 20 megapixel camera is to stay below 500 MB."""

LONG_DRAWN_NS = 50 * NS_PER_MS
"""A frame that takes longer to draw than this had to be prepared, or its source is slow. Of those that piled up behind
it at most the last one is kept: a backlog at the link's full rate would stay for seconds."""

MANY_PILED_UP = 3
"""If so many did, and not behind the frame before as well, none is kept, and none is taken until all that is under way
has been sent: a stream that never idles would else be late by a frame until the three percent that its link is faster
have made that good."""

_STEPS_BACK = 5
"""How much nicer the thread that draws apart is than the others: half as long do register reads take then, while
pictures of 12 megapixels are drawn."""

MAX_AWAITED = 1024
"""As many awaited frames may wait: a camera that has just been started must first see its scene."""


class FramePipeline:
    """State: the two threads of a stream, what they have been given, and what they have drawn.

    Tables pass from the spares to the drawing, to the channel, to the resend window and back to the spares, and have
    one owner at any time; so no packet is sent, or sent again, while its table is refilled.

    Every method may be called from any thread, and none waits for drawing or sending except `flush`, `settle` and
    `stop`.

    Parameters
    ----------
    on_error
        Called from a thread of the stream with the first error of rendering and the first of sending. A frame that
        cannot be rendered repeats the last good one of its size, or is skipped; one that
        has begun to leave is given up.
    on_measured
        Called from a thread of the stream with what was asked for when a frame was submitted.
    max_outstanding
        Frames on their way; one more is skipped whole, unless it is awaited: then it waits to be drawn.
    segmentation
        Hand many packets at a time to the system, which cuts them apart; some clients do not see such packets.

    Attributes
    ----------
    stamping
        Whether frames rendered from now on carry a stamp, see `wire.stamp`; may be changed at any time.
    last
        The last frame that was made.
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
        segmentation: bool = False,
        name: str = "stream",
    ) -> None:
        self._source = source
        self._sink = sink
        self._clock = clock
        self._on_error = on_error
        self._on_measured = on_measured
        self.stamping = False
        self._max_outstanding = max_outstanding
        self._segmentation = segmentation
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)
        self._wanted_apart = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._channel = StreamChannel()
        self._jobs: deque[RenderJob] = deque()
        self._asides: deque[Iterator[None]] = deque()
        self._work: Work | None = None
        self._sending = False
        self._looking = False
        self._watchers = 0
        self._late = False
        self._took_long = False
        self._epoch = 0
        self._stopping = False
        self._target: Destination | None = None
        self._last_good: FrameTable | None = None
        self.last = LastFrame()
        self._reported: set[str] = set()
        self._threads = (
            threading.Thread(target=self._run, name=name, daemon=True),
            threading.Thread(target=self._draw_apart, name=f"{name}-apart", daemon=True),
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
            False if the channel is closed, or if the frame was skipped because too many are on their way, or one that
            took long to prepare.
        """
        if not destination.port:
            return False
        with self._lock:
            outstanding = self._outstanding()
            allowed = MAX_AWAITED if exposure.awaited else self._max_outstanding
            self._late = self._late and bool(outstanding)
            if outstanding >= allowed or (self._late and not exposure.awaited):
                self._channel.skip_frame()
                return False
            job = RenderJob(
                exposure.request,
                exposure.ready_ns,
                exposure.end_ns,
                destination,
                exposure.chunk_tail,
                measured,
                exposure.awaited,
            )
            self._jobs.append(job)
            self._wanted.notify()
        return True

    def skip(self, frames: int) -> None:
        """Count frames that were never taken, because the computer does not keep up."""
        if frames:
            with self._lock:
                self._channel.skip_frame(frames)

    def prepare(self, request: FrameRequest) -> None:
        """Let the renderer compute ahead, between frames, what frames like this one share."""
        self.between_frames(self._source.prepare(request))

    def between_frames(self, steps: Iterator[None]) -> None:
        """Take these steps before the next frame is drawn; `discard` does not forget them."""
        with self._lock:
            self._asides.append(steps)
            self._wanted.notify()

    def resend(self, requests: Sequence[ResendRequest]) -> None:
        """Send packets again, as several requests ask: they come by the dozen, and wake the send thread once."""
        with self._lock:
            now = self._clock.now()
            for asked in requests:
                self._channel.request_resend(
                    asked.block_id, asked.first, asked.last, now, marked=asked.marked, requester=asked.requester
                )
            self._wanted.notify()

    def send_test_packet(self, destination: Destination) -> None:
        """Send a test packet of the destination's packet size."""
        with self._lock:
            self._channel.request_test_packet(destination)
            self._wanted.notify()

    def discard(self) -> None:
        """Forget all frames, sent and unsent: the channel has been closed, or control lost."""
        with self._lock:
            self._epoch += 1
            self._jobs.clear()
            self._channel.discard()
            self._wanted.notify()
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
        """End both threads, after the step or burst they are busy with; the sink may be closed afterwards."""
        with self._lock:
            self._stopping = True
            self._wanted.notify()
            self._wanted_apart.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _outstanding(self) -> int:
        work = self._work
        drawing = work is not None and work.job is not None and work.epoch == self._epoch and not work.leaving
        return len(self._jobs) + drawing + self._channel.frames_outstanding

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
        busy = self._sending or self._work is not None
        return self._stopping or (idle and not busy and not self._may_begin())

    def _is_full(self) -> bool:
        """Whether as many drawn frames wait as there may be; what is still to be drawn waits then."""
        very_large = bool(self._jobs) and self._jobs[0].payload_bytes >= VERY_LARGE_BYTES
        return self._channel.frames_waiting >= (1 if very_large else MAX_DRAWN)

    def _may_begin(self) -> bool:
        """Whether something waits that can be begun now."""
        return bool(self._asides) or (bool(self._jobs) and not self._is_full())

    def _report(self, kind: str, error: Exception) -> None:
        if kind not in self._reported:
            self._reported.add(kind)
            self._on_error(error)

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            if isinstance(due, Burst):
                self._send(due)
                if self._work is not None:
                    _let_others_run()
            else:
                self._step(due)
        if self._work is not None and not self._work.apart:
            self._give_up(self._work)

    def _draw_apart(self) -> None:
        _stand_back()
        while True:
            with self._lock:
                while not self._stopping and (self._work is None or not self._work.apart):
                    self._wanted_apart.wait()
                work = self._work
            while work is not None and self._work is work and not self._stopping:
                self._step(work)
            if self._stopping:
                if work is not None and work.apart:
                    self._give_up(work)
                return

    def _next_due(self) -> Burst | Work | None:
        """What the stream's thread does next: packets that are due, else a step of drawing; None to end."""
        with self._lock:
            self._sending = False
            self._looking = True  # before the look: what is drawn apart from now on wakes this thread
            try:
                return self._look_for_work()
            finally:
                self._looking = False

    def _look_for_work(self) -> Burst | Work | None:
        while not self._stopping:
            burst = self._channel.due(self._clock.now())
            if burst is not None:
                self._sending = True
                return burst
            if self._work is None and self._may_begin():
                self._begin()
            if self._work is not None and not self._work.apart:
                return self._work
            if self._watchers:
                self._progress.notify_all()
            self._clock.wait(self._wanted, self._channel.next_wakeup())
        self._progress.notify_all()
        return None

    def _send(self, burst: Burst) -> None:
        to = burst.destination
        try:
            if to is not self._target:
                self._target = to
                self._sink.target(to.host, to.port, to.do_not_fragment)
            if self._segmentation and (runs := burst.runs()) is not None:
                self._sink.send_runs(runs)
            else:
                self._sink.send(burst.packets)
        except OSError as error:
            self._report("send", error)

    def _begin(self) -> None:
        work = Work(apart=not self._source.quick, begun_ns=self._clock.now())
        if self._asides:
            work.steps = self._asides.popleft()
        else:
            work.job, work.epoch = self._jobs.popleft(), self._epoch
            work.apart = work.apart or work.job.payload_bytes >= LARGE_FRAME_BYTES
            work.steps = self._frame_steps(work, work.job)
        self._work = work
        if work.apart:
            self._wanted_apart.notify()

    def _frame_steps(self, work: Work, job: RenderJob) -> Iterator[None]:
        work.table = self._table(job)
        work.table.restart()
        describe(work.table, job)
        yield from self._source.draw(job.request, work.table.write)

    def _step(self, work: Work) -> None:
        if work.job is not None and work.epoch != self._epoch:
            self._give_up(work)
            return
        try:
            next(work.steps)
        except StopIteration:
            self._finish(work, self._complete(work.job, work.table, work.leaving) if work.job and work.table else None)
        except Exception as error:  # a frame that fails must not end the stream; it is reported
            self._report("render", error)
            table = None if work.leaving else work.table  # its first packets may have been sent
            self._finish(work, self._repeated(table) if table else None)
        else:
            if work.leaving:
                self._feed(work)
            elif work.job and work.table:
                self._let_leave(work, work.job, work.table)

    def _let_leave(self, work: Work, job: RenderJob, table: FrameTable) -> None:
        """Begin to send what has been drawn, if it is time and the link idles; a stamp is known only at the end.

        Not before the rest will be drawn as fast as it is sent: receivers give a frame up that pauses halfway, as those
        of a busy computer would.
        """
        busy = self._channel.frames_outstanding or self.stamping or table.all_in
        now, drawn = self._clock.now(), table.sendable_packets
        if busy or now < job.ready_ns or drawn < 2:
            return
        still_to_draw_ns = (now - work.begun_ns) * (len(table.packets) - drawn) / drawn
        if still_to_draw_ns > sending_ns(job.payload_bytes, len(table.packets), job.destination):
            return
        with self._lock:
            if work.epoch == self._epoch:
                self._channel.enqueue(OutgoingFrame(table, job.ready_ns, job.destination, job.end_ns))
                work.leaving = True
                self._wanted.notify()

    def _feed(self, work: Work) -> None:
        """Wake the thread that sends: it may wait for what has just been drawn apart."""
        if work.apart and self._looking:
            with self._lock:
                self._wanted.notify()

    def _complete(self, job: RenderJob, table: FrameTable, leaving: bool) -> FrameTable | None:
        if job.measured is not None and self._on_measured is not None:
            self._on_measured(Measurement(job.request, measure(table.take, job.request, job.measured), job.measured))
        if self.stamping and not leaving:  # after measuring: the automatics never see a stamp
            stamp(table, job.request)
        if job.chunk_tail:
            table.write(job.request.payload_bytes(), np.frombuffer(job.chunk_tail, np.uint8))
        if table.sendable_packets != len(table.packets):
            self._report("render", ValueError(f"frame {job.request.frame_id} was not drawn to its end"))
            return None
        self._last_good = table
        self.last.keep(table, job.request)
        return table

    def _repeated(self, table: FrameTable) -> FrameTable | None:
        """The last good frame once more, under the table's own leader, if it has as many bytes."""
        good = self._last_good
        if good is None or good.payload_bytes != table.payload_bytes:
            return None
        first = 0
        for part in good.parts(good.payload_bytes):
            table.write(first, part)
            first += part.size
        self._last_good = table
        return table

    def _finish(self, work: Work, table: FrameTable | None) -> None:
        with self._lock:
            self._work = None
            self._wanted.notify()
            if work.job is None or work.epoch != self._epoch:
                return
            took_long_before = self._took_long
            self._took_long = self._clock.now() - work.begun_ns > LONG_DRAWN_NS
            if self._took_long:
                self._catch_up(keep_last=took_long_before or len(self._jobs) < MANY_PILED_UP)
            if work.leaving:
                if table is None:
                    self._channel.abandon()
            elif table is None:
                self._channel.skip_frame()
            else:
                job = work.job
                self._channel.enqueue(OutgoingFrame(table, job.ready_ns, job.destination, job.end_ns))

    def _catch_up(self, *, keep_last: bool) -> None:
        self._late = not keep_last
        while len(self._jobs) > keep_last and not self._jobs[0].awaited:
            self._jobs.popleft()
            self._channel.skip_frame()

    def _give_up(self, work: Work) -> None:
        """End what is under way, so that the source can tidy up."""
        close = getattr(work.steps, "close", None)
        if close is not None:
            close()
        with self._lock:
            self._work = None
            self._wanted.notify()

    def _table(self, job: RenderJob) -> FrameTable:
        """A table to draw into: never the last good one, which a failing frame would need."""
        layout, size, extended = job.layout(), job.destination.packet_size, job.destination.extended_ids
        if layout is None:
            return AllInPacket(job.payload_bytes, size, extended=extended)
        with self._lock:
            spare = self._channel.spare_table(layout, size, extended=extended)
        if spare is not None and spare is not self._last_good and not self.last.holds(spare):
            return spare
        if isinstance(layout, tuple):
            return MultiPartTable(layout, size)
        return PacketTable(layout, size, extended=extended)


def _let_others_run() -> None:
    """Let a receiver that waits for this processor have it, instead of drawing on until its socket is full."""
    if sys.platform != "win32":
        os.sched_yield()


def _stand_back() -> None:
    """Let the threads that send and answer go before this one, where the system tells threads apart."""
    if sys.platform == "linux":
        this = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, this, min(os.getpriority(os.PRIO_PROCESS, this) + _STEPS_BACK, 19))
