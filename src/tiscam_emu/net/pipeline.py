"""From exposures to datagrams: a frame is drawn while the one before it is sent.

If the link has nothing else to do, the first packets of a frame leave while the rest is drawn.

One thread sends, paced, and answers resend requests. With the compiled core it sleeps and sends without the
interpreter, and a second one draws everything. Without the core, two threads that contended for the interpreter with
every packet would cost more than they gain: the one that sends draws as well, in steps short enough that bursts leave
in time, and the second one draws only what takes long in any case: large frames, and scenes that ask a file or a
function for their image.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from tiscam_emu.gvsp.channel import StreamChannel, StreamCounters
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.packets import FrameTable, Layout
from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.drawing import Painter
from tiscam_emu.net.frame_work import Measurement, RenderJob, Work
from tiscam_emu.net.last_frame import LastFrame
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.paced_sender import Due, sender_for
from tiscam_emu.net.skipping import MAX_OUTSTANDING, is_taken
from tiscam_emu.net.stream_roles import ImageSource, PacketSink, TakenExposure
from tiscam_emu.net.stream_threads import first_only, let_others_run, stand_back
from tiscam_emu.net.to_draw import ToDraw
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import Roi
from tiscam_emu.units import Nanoseconds


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
        cannot be rendered repeats the last good one of its size, or is skipped; one that has begun to leave is given
        up.
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
        self._clock = clock
        self._max_outstanding = max_outstanding
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)
        self._wanted_apart = threading.Condition(self._lock)
        self._progress = threading.Condition(self._lock)
        self._channel = channel = StreamChannel()
        self._sender = sender = sender_for(channel, self._lock, sink, clock, first_only(on_error), gso=gso)
        self._painter = Painter(source, self._spare_table, first_only(on_error), on_measured)
        self._to_draw = ToDraw(self._painter, channel, self._lock, clock, all_apart=sender.sleeps_outside)
        self._sending = False
        self._watchers = 0
        self._stopping = False
        self._threads = (
            threading.Thread(target=self._send, name=name, daemon=True),
            threading.Thread(target=self._draw_apart, name=f"{name}-apart", daemon=True),
        )

    @property
    def last(self) -> LastFrame:
        """The last frame that was made."""
        return self._painter.last

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
            now = self._clock.now()
            to_draw, overdue_ns = self._to_draw.backlog(now)
            under_way = to_draw + self._channel.frames_outstanding
            if not is_taken(under_way, overdue_ns, awaited=exposure.awaited, always_taken=self._max_outstanding):
                self._channel.skip_frame()
                return False
            self._to_draw.put(RenderJob.of(exposure, destination, measured))
            self._wake_drawing()
        return True

    def skip(self, frames: int) -> None:
        """Count frames that were never taken, because the computer does not keep up."""
        if frames:
            with self._lock:
                self._channel.skip_frame(frames)

    def prepare(self, request: FrameRequest) -> None:
        """Let the renderer compute ahead what frames like this one share, until a frame waits or it is asked again."""
        with self._lock:
            self._to_draw.put_ahead(self._painter.prepare(request))
            self._wake_drawing()

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
            self._to_draw.discard()
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
        busy = self._sending or self._to_draw.work is not None or self._to_draw.may_begin()
        return self._stopping or (idle and not busy)

    def _interrupt_sending(self) -> None:
        """Have the thread that sends look at the next burst at the latest."""
        self._sender.interrupt()
        self._wanted.notify()

    def _wake_drawing(self) -> None:
        """Wake the thread that is to draw what comes next, if it can be begun."""
        apart = self._to_draw.next_apart()
        if apart is not None:
            (self._wanted_apart if apart else self._wanted).notify()

    def _send(self) -> None:
        """Send what is due; if there is nothing, draw a step of what does not take long."""
        while (due := self._next_due()) is not None:
            if isinstance(due, Work):
                self._draw(due)
                continue
            self._sender.send(due)
            if self._to_draw.work is not None:
                let_others_run()
        self._to_draw.give_up(apart=False)

    def _draw_apart(self) -> None:
        if not self._sender.sleeps_outside:  # else this is the only thread that draws: a triggered frame waits for it
            stand_back()
        while not self._stopping:
            with self._lock:
                while (work := self._to_draw.begun(apart=True)) is None and not self._stopping:
                    self._tell_watchers()
                    self._wanted_apart.wait()
            while work is not None and self._to_draw.work is work and not self._stopping:
                self._draw(work)
        self._to_draw.give_up(apart=True)

    def _next_due(self) -> Due | Work | None:
        """What the thread that sends does next; None to end."""
        with self._lock:
            self._sending = False
            while not self._stopping:
                if (due := self._sender.due(self._clock.now())) is not None:
                    self._sending = True
                    self._wake_drawing()
                    return due
                if (work := self._to_draw.begun(apart=False)) is not None:
                    return work
                self._wake_drawing()
                self._tell_watchers()
                self._clock.wait(self._wanted, self._channel.next_wakeup())
            self._progress.notify_all()
        return None

    def _tell_watchers(self) -> None:
        if self._watchers:
            self._progress.notify_all()

    def _draw(self, work: Work) -> None:
        if self._to_draw.step(work):
            with self._lock:  # only now: the thread that sends has either seen what was drawn, or waits
                if work.leaving and work.table is None:
                    self._interrupt_sending()
                self._wanted.notify()
                self._wake_drawing()

    def _spare_table(self, layout: Layout, packet_size: int, extended: bool) -> FrameTable | None:
        with self._lock:
            return self._channel.spare_table(layout, packet_size, extended=extended)
