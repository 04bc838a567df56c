"""Where a frame's bytes go: memory in rows, each behind a header, such as the packets of a stream."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

ByteValues = NDArray[np.uint8] | NDArray[np.int16]
"""Bytes, or wider integers that hold one each: who lays them out makes bytes of them, which saves going over them."""


class Rows(NamedTuple):
    """A payload in rows.

    Attributes
    ----------
    flat
        All the rows' bytes, headers included.
    row_bytes
        From one row's beginning to the next one's.
    header_bytes
        Of each row, which are left alone.
    """

    flat: NDArray[np.uint8]
    row_bytes: int
    header_bytes: int = 0

    @property
    def data_bytes(self) -> int:
        """Of each row."""
        return self.row_bytes - self.header_bytes

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on."""
        size = self.data_bytes
        data = self.flat.reshape(-1, self.row_bytes)[:, self.header_bytes :]
        row, column = divmod(first, size)
        begin = 0
        if column:
            begin = min(size - column, part.size)
            data[row, column : column + begin] = part[:begin]
            row += 1
        rows = (part.size - begin) // size
        end = begin + rows * size
        if rows:
            data[row : row + rows] = part[begin:end].reshape(rows, size)
        if end < part.size:
            data[row + rows, : part.size - end] = part[end:]


class Canvas(Protocol):
    """Takes a frame's bytes part by part and in order."""

    @property
    def payload(self) -> Rows:
        """Where the bytes go, for who writes there by himself."""
        ...

    def wrote(self, end: int) -> None:
        """Know that all bytes before `end` have been written there."""
        ...

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a contiguous part, from byte `first` on; all before it has been written."""
        ...


class ArrayCanvas:
    """A frame in one piece.

    Parameters
    ----------
    out
        A contiguous array of as many bytes as the frame has.
    """

    def __init__(self, out: NDArray[np.uint8]) -> None:
        self.payload = Rows(out.reshape(-1), out.size)

    def wrote(self, end: int) -> None:
        """Nobody waits for the first bytes."""

    def write(self, first: int, part: ByteValues) -> None:
        """Copy a part."""
        self.payload.flat[first : first + part.size] = part
