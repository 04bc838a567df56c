"""Frames of a capture on demand, by its index."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.recordings.blocks import Frame
from tiscam_emu.recordings.capture import CaptureError


class FrameReader:
    """State: an open capture, and the frame read last, with which the gaps of the next one are filled.

    Used from any thread.

    Raises
    ------
    CaptureError
        The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()

    def fill(self, frame: Frame, image: NDArray[np.uint8]) -> None:
        """Put what the capture has of a frame into an image of its size, and leave alone what was lost.

        Raises
        ------
        CaptureError
            The file has become shorter since it was looked at.
        """
        block, flat = frame.block, image.data
        for packet_id, place, size, start in zip(block.ids, block.places, block.sizes, block.starts, strict=True):
            at = start if block.part >= 0 else (packet_id - 1) * frame.packet_bytes + start
            wanted = min(size, image.size - at)
            if packet_id and wanted > 0 and os.preadv(self._file, [flat[at : at + wanted]], place) != wanted:
                raise CaptureError(f"{self._path}: has become shorter")
