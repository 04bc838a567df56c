"""What waits to be drawn, what is being drawn, and where it goes then."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from tiscam_emu.gvsp.channel import OutgoingFrame, StreamChannel
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.drawing import Painter
from tiscam_emu.net.frame_work import RenderJob, Work
from tiscam_emu.sensor.request import LARGE_FRAME_BYTES
from tiscam_emu.units import Nanoseconds

MAX_DRAWN = 2
"""Frames drawn and not yet sent, none of them on the link. More would take memory and save no time."""

VERY_LARGE_BYTES = 32_000_000
"""Of frames of this size and above one waits at most: the 20 megapixel camera is to stay below 500 MB."""


class ToDraw:
    """State: frames waiting to be drawn, what is to be done between them, and the work under way.

    Every method but `step` and `give_up` is called under the lock.

    Parameters
    ----------
    channel
        Takes what has been drawn.
    all_apart
        Whether everything is drawn by the thread for what takes long.
    """

    def __init__(
        self, painter: Painter, channel: StreamChannel, lock: threading.Lock, clock: Clock, *, all_apart: bool
    ) -> None:
        self._painter = painter
        self._channel = channel
        self._lock = lock
        self._clock = clock
        self._all_apart = all_apart
        self._jobs: deque[RenderJob] = deque()
        self._asides: deque[Iterator[None]] = deque()
        self._ahead: Iterator[None] = iter(())
        self._epoch = 0
        self.work: Work | None = None

    def put(self, job: RenderJob) -> None:
        """Draw a frame; frames are drawn in this order."""
        self._jobs.append(job)

    def put_aside(self, steps: Iterator[None]) -> None:
        """Take these steps before the next frame."""
        self._asides.append(steps)

    def put_ahead(self, steps: Iterator[None]) -> None:
        """Take these steps until a frame waits, or others are to be taken instead."""
        self._ahead = steps
        self._asides.append(self._while_idle(steps))

    def _while_idle(self, steps: Iterator[None]) -> Iterator[None]:
        while self._ahead is steps and not self._jobs:
            try:
                next(steps)
            except StopIteration:
                return
            yield

    def discard(self) -> None:
        """Forget all frames, also the one that is being drawn."""
        self._epoch += 1
        self._jobs.clear()

    def backlog(self, now: Nanoseconds) -> tuple[int, Nanoseconds]:
        """Frames that do not leave yet, and for how long the oldest of them could have."""
        work = self.work
        drawn = work.job if work is not None and work.epoch == self._epoch and not work.leaving else None
        oldest = drawn or (self._jobs[0] if self._jobs else None)
        return len(self._jobs) + (drawn is not None), now - oldest.ready_ns if oldest is not None else 0

    def may_begin(self) -> bool:
        """Whether something waits that may be drawn now."""
        if self._asides or not self._jobs:
            return bool(self._asides)
        very_large = self._jobs[0].payload_bytes >= VERY_LARGE_BYTES
        return self._channel.frames_waiting < (1 if very_large else MAX_DRAWN)

    def next_apart(self) -> bool | None:
        """Which thread is to begin something now: the one for what takes long, or the one that sends; None: neither."""
        if self.work is not None or not self.may_begin():
            return None
        large = not self._asides and self._jobs[0].payload_bytes >= LARGE_FRAME_BYTES
        return self._all_apart or large or not self._painter.is_quick

    def begun(self, *, apart: bool) -> Work | None:
        """The work of the thread that asks: what it has begun, or can begin now."""
        if self.next_apart() == apart:
            self.work = Work(apart, self._clock.now(), epoch=self._epoch)
            if self._asides:
                self.work.steps = self._asides.popleft()
            else:
                self.work.job = self._jobs.popleft()
        return self.work if self.work is not None and self.work.apart == apart else None

    def step(self, work: Work) -> bool:
        """Draw on for a few milliseconds; whether the sender may have more to do then."""
        job = work.job
        if job is not None and work.epoch != self._epoch:
            self.give_up(apart=work.apart)
        elif self._painter.step(work):
            with self._lock:
                self.work = None
                if job is not None and work.epoch == self._epoch:
                    self._pass_on(work, job)
        else:
            if job is not None and not work.leaving:
                self._let_leave(work, job)
            return work.leaving
        return True

    def give_up(self, *, apart: bool) -> None:
        """End what the thread that asks has begun, so that the source can tidy up."""
        work = self.work
        if work is None or work.apart != apart:
            return
        close = getattr(work.steps, "close", None)
        if close is not None:
            close()
        with self._lock:
            self.work = None

    def _let_leave(self, work: Work, job: RenderJob) -> None:
        """Begin to send what has been drawn, if it is time; a frame that has to wait for the link gains nothing."""
        if self._channel.frames_outstanding or not self._painter.may_leave(job, work, self._clock.now()):
            return
        with self._lock:
            if work.epoch == self._epoch:
                self._enqueue(work, job)
                work.leaving = True

    def _pass_on(self, work: Work, job: RenderJob) -> None:
        if work.table is None and work.leaving:
            self._channel.abandon()
        elif work.table is None:
            self._channel.skip_frame()
        elif not work.leaving:
            self._enqueue(work, job)

    def _enqueue(self, work: Work, job: RenderJob) -> None:
        assert work.table is not None
        self._channel.enqueue(OutgoingFrame(work.table, job.ready_ns, job.destination, job.end_ns))
