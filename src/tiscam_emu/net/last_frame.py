"""The last frame that was made, for who wants to see what the client sees; nothing is copied unless somebody asks."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tiscam_emu.errors import NoFrame
from tiscam_emu.gvsp.packets import FrameTable
from tiscam_emu.sensor.request import FrameRequest


class LastFrame:
    """State: the last complete frame, and those that are being looked at; their tables must not be drawn into."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: tuple[FrameTable, FrameRequest] | None = None
        self._held: list[FrameTable] = []

    def keep(self, table: FrameTable, request: FrameRequest) -> None:
        """Take a complete frame in the place of the one before; its table stays the caller's."""
        with self._lock:
            self._frame = table, request

    def holds(self, table: FrameTable) -> bool:
        """Whether somebody looks at this table."""
        return any(table is held for held in self._held)

    @property
    def request(self) -> FrameRequest | None:
        """Of the last frame; None before the first."""
        return self._frame[1] if self._frame else None

    @contextmanager
    def look(self) -> Iterator[tuple[FrameTable, FrameRequest]]:
        """The last frame, which stays as it is while the ``with`` statement lasts; raises `NoFrame`."""
        with self._lock:
            if self._frame is None:
                raise NoFrame("no frame has been made yet: a client has to stream")
            frame = self._frame
            self._held.append(frame[0])
        try:
            yield frame
        finally:
            with self._lock:
                self._held = [*_without_one(self._held, frame[0])]


def copied(last: LastFrame, path: str, known: str, width: int) -> dict[str, Any]:
    """Write the image data of the last frame into a file, and tell what they are.

    Parameters
    ----------
    path
        An empty file; written in place.
    known
        Key of the frame that the asker has; if it is still the last one, nothing is written.
    width
        How wide a picture of it is to be at most; 0: all of it is wanted. For a narrow one lines are left out.
    """
    with last.look() as (table, request):
        step, every = _steps(request, width)
        told = {**_told(request, table.block_id), "step": step, "every": every}
        if told["key"] != known:
            spans = _spans(request, every)
            told["bytes"] = sum(length for _, length in spans)
            with Path(path).open("r+b") as file:
                file.truncate(told["bytes"])
                with mmap.mmap(file.fileno(), told["bytes"]) as memory:
                    out = np.frombuffer(memory, np.uint8)
                    at = 0
                    for first, length in spans:
                        table.copy_to(out[at : at + length], first)
                        at += length
                    del out  # else the memory cannot be let go
        return told


def _steps(request: FrameRequest, width: int) -> tuple[int, int]:
    """One pixel of how many is wanted, and one line of how many, of a mosaic one pair of lines, is to be copied."""
    step = -(-request.region.width // width) if width else 1
    mosaic = bool(request.pixel_format.bayer)
    step += mosaic and step > 1 and step % 2  # squares of four pixels are taken whole
    every = step // 2 if mosaic else step
    lines = request.pixel_format.line_bytes(request.region.width) * request.region.height
    return step, max(every, 1) if lines == request.payload_bytes() else 1


def _spans(request: FrameRequest, every: int) -> list[tuple[int, int]]:
    """First byte and length of what is to be copied."""
    if every == 1:
        return [(0, request.payload_bytes())]
    lines = 2 if request.pixel_format.bayer else 1
    length = lines * request.pixel_format.line_bytes(request.region.width)
    return [(first * length, length) for first in range(0, request.region.height // lines, every)]


def _told(request: FrameRequest, block_id: int) -> dict[str, Any]:
    return {
        "key": f"{request.frame_id}-{request.exposure_start_ns}",
        "pixel_format": request.pixel_format.name,
        "width": request.region.width,
        "height": request.region.height,
        "frame_id": request.frame_id,
        "block_id": block_id,
        "timestamp_ns": request.exposure_start_ns,
    }


def _without_one(tables: list[FrameTable], gone: FrameTable) -> Iterator[FrameTable]:
    found = False
    for table in tables:
        if table is gone and not found:
            found = True
        else:
            yield table
