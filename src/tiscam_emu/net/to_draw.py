"""What waits to be drawn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tiscam_emu.net.frame_work import RenderJob, Work
from tiscam_emu.sensor.request import LARGE_FRAME_BYTES
from tiscam_emu.units import Nanoseconds

MAX_DRAWN = 2
"""Frames drawn and not yet sent, none of them on the link. More would take memory and save no time."""

VERY_LARGE_BYTES = 32_000_000
"""Of frames of this size and above one waits at most: the 20 megapixel camera is to stay below 500 MB."""


class ToDraw:
    """State: frames waiting to be drawn, in order, and what is to be done between them. Not thread-safe."""

    def __init__(self) -> None:
        self.jobs: deque[RenderJob] = deque()
        self._asides: deque[Iterator[None]] = deque()

    def put_aside(self, steps: Iterator[None]) -> None:
        """Take these steps before the next frame."""
        self._asides.append(steps)

    def may_begin(self, drawn: int) -> bool:
        """Whether something waits that can be begun while so many drawn frames wait to be sent."""
        if self._asides or not self.jobs:
            return bool(self._asides)
        very_large = self.jobs[0].payload_bytes >= VERY_LARGE_BYTES
        return drawn < (1 if very_large else MAX_DRAWN)

    def takes_long(self, *, quick: bool) -> bool:
        """Whether what comes next is better drawn by a thread of its own, if the source is `quick` or not."""
        return not quick or (not self._asides and self.jobs[0].payload_bytes >= LARGE_FRAME_BYTES)

    def take(self, begun_ns: Nanoseconds, *, apart: bool, epoch: int) -> Work:
        """What comes next, no longer waiting."""
        if self._asides:
            return Work(apart, begun_ns, self._asides.popleft())
        return Work(apart, begun_ns, job=self.jobs.popleft(), epoch=epoch)
