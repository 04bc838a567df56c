"""From exposures to datagrams: a frame is drawn while the one before it is sent.

If the link has nothing else to do, the first packets of a frame leave while the rest is drawn.

One thread sends, paced, and answers resend requests. With the compiled core it sleeps and sends without the
interpreter, and a second one draws everything. Without the core, two threads that contended for the interpreter with
every packet would cost more than they gain: the one that sends draws as well, in steps short enough that bursts leave
in time, and the second one draws only what takes long in any case: large frames, and scenes that ask a file or a
function for their image.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from tiscam_emu.gvsp.channel import OutgoingFrame, StreamChannel, StreamCounters
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.packets import FrameTable, Layout
from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.drawing import Painter, give_up
from tiscam_emu.net.frame_work import Measurement, RenderJob, Work
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.paced_sender import Due, sender_for
from tiscam_emu.net.skipping import MAX_OUTSTANDING, is_taken
from tiscam_emu.net.stream_roles import ImageSource, PacketSink, TakenExposure
from tiscam_emu.net.to_draw import ToDraw
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import Roi
from tiscam_emu.units import Nanoseconds

_STEPS_BACK = 5
"""How much nicer the thread that draws apart is than the others: half as long do register reads take then, while
pictures of 12 megapixels are drawn."""


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
        Frames on their way that are taken in any case; see `net.skipping`.
    gso
        Whether many packets at a time are handed to the system, see `net.offload`.
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
        gso: Gso = Gso.AUTO,
        name: str = "stream",
    ) -> None:
        self._source = source
        self._clock = clock
        self._max_outstanding = max_outstanding
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)
        self._wanted_apart = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._channel = StreamChannel()
        report = _first_only(on_error)
        self._sender = sender_for(self._channel, self._lock, sink, clock, report, gso=gso)
        self._painter = Painter(source, self._spare_table, _first_only(on_error), on_measured)
        self._to_draw = ToDraw()
        self._work: Work | None = None
        self._sending = False
        self._looking = False
        self._watchers = 0
        self._epoch = 0
        self._stopping = False
        self._threads = (
            threading.Thread(target=self._run, name=name, daemon=True),
            threading.Thread(target=self._draw_apart, name=f"{name}-apart", daemon=True),
        )

    @property
    def stamping(self) -> bool:
        """Whether frames rendered from now on carry a stamp, see `wire.stamp`; may be changed at any time."""
        return self._painter.stamping

    @stamping.setter
    def stamping(self, stamping: bool) -> None:
        self._painter.stamping = stamping

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
            False if the channel is closed, or if the frame was skipped, see `net.skipping`.
        """
        if not destination.port:
            return False
        with self._lock:
            if not self._is_taken(exposure):
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
            self._to_draw.jobs.append(job)
            self._wake_drawing()
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
            self._to_draw.put_aside(steps)
            self._wake_drawing()

    def resend(self, requests: Sequence[ResendRequest]) -> None:
        """Send packets again, as several requests ask: they come by the dozen, and wake the send thread once."""
        with self._lock:
            now = self._clock.now()
            for asked in requests:
                self._channel.request_resend(
                    asked.block_id, asked.first, asked.last, now, marked=asked.marked, requester=asked.requester
                )
            self._interrupt_sending()

    def send_test_packet(self, destination: Destination) -> None:
        """Send a test packet of the destination's packet size."""
        with self._lock:
            self._channel.request_test_packet(destination)
            self._interrupt_sending()

    def discard(self) -> None:
        """Forget all frames, sent and unsent: the channel has been closed, or control lost."""
        with self._lock:
            self._epoch += 1
            self._to_draw.jobs.clear()
            self._channel.discard()
            self._interrupt_sending()
            self._progress.notify_all()

    def look_again(self) -> None:
        """Have the way to the network looked at: it has changed."""
        with self._lock:
            self._interrupt_sending()

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
            self._interrupt_sending()
            self._wanted_apart.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._sender.close()

    def _is_taken(self, exposure: TakenExposure) -> bool:
        work, waiting = self._work, self._to_draw.jobs
        drawn = work.job if work is not None and work.epoch == self._epoch and not work.leaving else None
        outstanding = len(waiting) + (drawn is not None) + self._channel.frames_outstanding
        oldest = drawn or (waiting[0] if waiting else None)
        overdue_ns = self._clock.now() - oldest.ready_ns if oldest is not None else 0
        return is_taken(outstanding, overdue_ns, awaited=exposure.awaited, always_taken=self._max_outstanding)

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

    def _may_begin(self) -> bool:
        """Whether something waits that can be begun now."""
        return self._to_draw.may_begin(self._channel.frames_waiting)

    def _wake_sending(self) -> None:
        """Have the thread that sends look if it waits."""
        self._wanted.notify()

    def _interrupt_sending(self) -> None:
        """Have it look in any case, at the next burst."""
        self._sender.interrupt()
        self._wanted.notify()

    def _wake_drawing(self) -> None:
        """Wake the thread that is to draw what comes next, if it can be begun."""
        if self._work is None and self._may_begin():
            (self._wanted_apart if self._next_apart() else self._wanted).notify()

    def _next_apart(self) -> bool:
        return self._sender.sleeps_outside or self._to_draw.takes_long(quick=self._source.quick)

    def _begin(self, *, apart: bool) -> Work | None:
        """The work of the thread that asks: what it has begun, or can begin now."""
        if self._work is None and self._may_begin() and self._next_apart() == apart:
            self._work = self._to_draw.take(self._clock.now(), apart=apart, epoch=self._epoch)
        return self._work if self._work is not None and self._work.apart == apart else None

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            if isinstance(due, Work):
                self._step(due)
                continue
            self._sender.send(due)
            if self._work is not None:
                _let_others_run()
        self._give_up(apart=False)

    def _draw_apart(self) -> None:
        _stand_back()
        while not self._stopping:
            with self._lock:
                while (work := self._begin(apart=True)) is None and not self._stopping:
                    self._tell_watchers()
                    self._wanted_apart.wait()
            while work is not None and self._work is work and not self._stopping:
                self._step(work)
        self._give_up(apart=True)

    def _next_due(self) -> Due | Work | None:
        """What the stream's thread does next: packets that are due, else a step of drawing; None to end."""
        with self._lock:
            self._sending = False
            self._looking = True  # before the look: what is drawn apart from now on wakes this thread
            try:
                return self._look_for_work()
            finally:
                self._looking = False

    def _look_for_work(self) -> Due | Work | None:
        while not self._stopping:
            due = self._sender.due(self._clock.now())
            if due is not None:
                self._sending = True
                self._wake_drawing()
                return due
            if (work := self._begin(apart=False)) is not None:
                return work
            self._wake_drawing()
            self._tell_watchers()
            self._clock.wait(self._wanted, self._channel.next_wakeup())
        self._progress.notify_all()
        return None

    def _tell_watchers(self) -> None:
        if self._watchers:
            self._progress.notify_all()

    def _step(self, work: Work) -> None:
        if work.job is not None and work.epoch != self._epoch:
            self._give_up(apart=work.apart)
        elif self._painter.step(work):
            self._finish(work)
        elif work.leaving:
            self._feed(work)
        elif work.job is not None:
            self._let_leave(work, work.job)

    def _let_leave(self, work: Work, job: RenderJob) -> None:
        """Begin to send what has been drawn, if the link idles and it is time."""
        if self._channel.frames_outstanding or not self._painter.may_leave(job, work, self._clock.now()):
            return
        with self._lock:
            if work.epoch == self._epoch and work.table is not None:
                self._channel.enqueue(OutgoingFrame(work.table, job.ready_ns, job.destination, job.end_ns))
                work.leaving = True
                self._wake_sending()

    def _feed(self, work: Work) -> None:
        """Wake the thread that sends: it may wait for what has just been drawn apart."""
        if work.apart and self._looking:
            with self._lock:
                self._wake_sending()

    def _finish(self, work: Work) -> None:
        with self._lock:
            self._work = None
            job, table = work.job, work.table
            if job is not None and work.epoch == self._epoch:
                if work.leaving:
                    if table is None:
                        self._channel.abandon()
                        self._interrupt_sending()
                elif table is None:
                    self._channel.skip_frame()
                else:
                    self._channel.enqueue(OutgoingFrame(table, job.ready_ns, job.destination, job.end_ns))
            self._wake_sending()
            self._wake_drawing()

    def _give_up(self, *, apart: bool) -> None:
        """End what this thread is drawing, if anything."""
        work = self._work
        if work is None or work.apart != apart:
            return
        give_up(work.steps)
        with self._lock:
            self._work = None
            self._wake_sending()
            self._wake_drawing()

    def _spare_table(self, layout: Layout, packet_size: int, extended: bool) -> FrameTable | None:
        with self._lock:
            return self._channel.spare_table(layout, packet_size, extended=extended)


def _first_only(on_error: Callable[[Exception], None]) -> Callable[[Exception], None]:
    """Tell the first error, and no other."""
    told: list[Exception] = []

    def tell(error: Exception) -> None:
        if not told:
            told.append(error)
            on_error(error)

    return tell


def _let_others_run() -> None:
    """Let a receiver that waits for this processor have it, instead of drawing on until its socket is full."""
    if sys.platform != "win32":
        os.sched_yield()


def _stand_back() -> None:
    """Let the threads that send and answer go before this one, where the system tells threads apart."""
    if sys.platform == "linux":
        this = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, this, min(os.getpriority(os.PRIO_PROCESS, this) + _STEPS_BACK, 19))
