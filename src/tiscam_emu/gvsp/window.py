"""The frames sent last, kept to be resent."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.packets import FrameTable
from tiscam_emu.units import NS_PER_MS, Nanoseconds

KEEP_NS = 250 * NS_PER_MS
"""Clients give a frame up 100 ms after its last packet; this leaves room for slow ones."""

KEEP_FRAMES = 4
BUDGET_BYTES = 96 * 1024 * 1024
FEWEST_FRAMES = 2
"""Kept whatever they weigh."""


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame that has been sent whole."""

    table: FrameTable
    destination: Destination
    sent_ns: Nanoseconds


class ResendWindow:
    """State: the frames sent last, by block id, oldest first.

    Kept are the frames of the last 250 ms and never less than four, within 96 MiB, and two whatever they weigh.
    """

    __slots__ = ("_frames", "_size_bytes")

    def __init__(self) -> None:
        self._frames: dict[int, SentFrame] = {}
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: SentFrame) -> list[FrameTable]:
        """Keep a frame; returned are the tables that left the window for it, free to be refilled."""
        freed = self._remove(frame.table.block_id)
        self._frames[frame.table.block_id] = frame
        self._size_bytes += frame.table.size_bytes
        while self._is_too_full(frame.sent_ns):
            freed += self._remove(next(iter(self._frames)))
        return freed

    def find(self, block_id: int) -> SentFrame | None:
        """The frame with this block id, if it is still held."""
        return self._frames.get(block_id)

    def clear(self) -> list[FrameTable]:
        """Forget every frame; returned are their tables."""
        tables = [frame.table for frame in self._frames.values()]
        self._frames.clear()
        self._size_bytes = 0
        return tables

    def _is_too_full(self, now: Nanoseconds) -> bool:
        count = len(self._frames)
        if count > FEWEST_FRAMES and self._size_bytes > BUDGET_BYTES:
            return True
        return count > KEEP_FRAMES and now - next(iter(self._frames.values())).sent_ns > KEEP_NS

    def _remove(self, block_id: int) -> list[FrameTable]:
        frame = self._frames.pop(block_id, None)
        if frame is None:
            return []
        self._size_bytes -= frame.table.size_bytes
        return [frame.table]
