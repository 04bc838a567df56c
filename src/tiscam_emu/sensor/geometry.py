"""Which sensor pixels make which output pixel: flips, skipping, binning and the region of interest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.request import Region

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle, rows ``top`` to ``bottom`` and columns ``left`` to ``right``, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def inside(self, frame: Window) -> tuple[slice, slice]:
        """Where the window lies in an array of what is in `frame`."""
        return (
            slice(self.top - frame.top, self.bottom - frame.top),
            slice(self.left - frame.left, self.right - frame.left),
        )

    def is_empty(self) -> bool:
        """Whether there is no pixel inside."""
        return self.bottom <= self.top or self.right <= self.left

    def intersect(self, other: Window) -> Window:
        """The common part."""
        return Window(
            max(self.top, other.top),
            min(self.bottom, other.bottom),
            max(self.left, other.left),
            min(self.right, other.right),
        )

    def grow(self, rows: int, columns: int) -> Window:
        """The window with a margin on every side."""
        return Window(self.top - rows, self.bottom + rows, self.left - columns, self.right + columns)


@dataclass(frozen=True, slots=True)
class Sampling:
    """One of the interleaved regular grids an output window consists of.

    Attributes
    ----------
    phase
        Row and column of the grid's first output pixel inside the mosaic's period.
    rows, columns
        Where to find the grid in `source`, as slices relative to it (the step is negative when flipped).
    """

    phase: tuple[int, int]
    source: Window
    rows: slice
    columns: slice


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sensor rows and columns behind the output pixels.

    Attributes
    ----------
    rows, columns
        Arrays (binned neighbours, output size) of sensor indices.
    period
        2 on a Bayer mosaic, whose quads stay whole, else 1.
    """

    rows: Indices
    columns: Indices
    period: int

    @classmethod
    def of(cls, region: Region, width: int, height: int, period: int) -> Geometry:
        """The geometry of `region` on a sensor of `width` x `height`."""
        rows = _sensor_indices(region.height, region.offset_y, region.skip_y, region.bin_y, period)
        columns = _sensor_indices(region.width, region.offset_x, region.skip_x, region.bin_x, period)
        for axis, indices, size in (("rows", rows, height), ("columns", columns, width)):
            if indices.min() < 0 or indices.max() >= size:
                raise ValueError(f"{region}: {axis} up to {indices.max()} on a sensor of {size}")
        return cls(
            height - 1 - rows if region.reverse_y else rows,
            width - 1 - columns if region.reverse_x else columns,
            period,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Output rows and columns."""
        return self.rows.shape[1], self.columns.shape[1]

    @property
    def neighbours(self) -> Iterator[tuple[int, int]]:
        """Indices of the sensor pixels that are binned into one output pixel."""
        return ((row, column) for row in range(self.rows.shape[0]) for column in range(self.columns.shape[0]))

    @property
    def neighbour_count(self) -> int:
        """How many sensor pixels are averaged into one output pixel."""
        return int(self.rows.shape[0] * self.columns.shape[0])

    @property
    def flipped(self) -> bool:
        """Whether rows or columns fall."""
        return bool(self.rows[0, 0] > self.rows[0, -1] or self.columns[0, 0] > self.columns[0, -1])

    @property
    def follows_mosaic(self) -> bool:
        """Whether the colour filters are those of the sensor not flipped: a flipped mosaic begins with red, too."""
        return bool(self.rows[0, 0] % self.period == 0 and self.columns[0, 0] % self.period == 0)

    def source(self, window: Window) -> Window:
        """The sensor pixels behind an output `window`, and those in between."""
        rows, columns = _ends(self.rows, window.top, window.bottom), _ends(self.columns, window.left, window.right)
        return Window(*rows, *columns)

    def samplings(self, window: Window, neighbour: tuple[int, int]) -> Iterator[Sampling]:
        """The regular grids of sensor pixels behind an output `window` whose corner is on the mosaic's period."""
        rows = self.rows[neighbour[0], window.top : window.bottom]
        columns = self.columns[neighbour[1], window.left : window.right]
        source = Window(int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)
        for row in range(min(self.period, rows.size)):
            for column in range(min(self.period, columns.size)):
                row_slice = _regular_slice(rows[row :: self.period] - source.top)
                column_slice = _regular_slice(columns[column :: self.period] - source.left)
                yield Sampling((row, column), source, row_slice, column_slice)

    def taken(
        self, values: NDArray[np.float32], source: Window, window: Window, neighbour: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Of `values` of the sensor pixels in `source`, those behind the output pixels in `window`, contiguous."""
        rows = self.rows[neighbour[0], window.top : window.bottom] - source.top
        columns = self.columns[neighbour[1], window.left : window.right] - source.left
        if values.shape == window.shape and not self.flipped:
            return values
        return np.ascontiguousarray(values[rows[:, np.newaxis], columns])

    def output_window(self, sensor_window: Window, margin: int, align: int) -> Window:
        """The output pixels that see any of `sensor_window`, with a margin and on multiples of `align`."""
        top, bottom = _span(self.rows, sensor_window.top, sensor_window.bottom, margin, align)
        left, right = _span(self.columns, sensor_window.left, sensor_window.right, margin, align)
        return Window(top, bottom, left, right)


def _sensor_indices(size: int, offset: int, skip: int, binning: int, period: int) -> Indices:
    group, phase = np.divmod(np.arange(offset, offset + size, dtype=np.intp), period)
    first = group * (period * skip * binning) + phase
    return first[np.newaxis, :] + period * np.arange(binning, dtype=np.intp)[:, np.newaxis]


def _regular_slice(indices: Indices) -> slice:
    first = int(indices[0])
    if indices.size == 1:
        return slice(first, first + 1)
    step = int(indices[1]) - first
    stop = int(indices[-1]) + (1 if step > 0 else -1)
    return slice(first, stop if stop >= 0 else None, step)


def _ends(indices: Indices, first: int, last: int) -> tuple[int, int]:
    """The least of what is behind some outputs, and the one behind the largest; they rise or fall."""
    corners = [int(indices[neighbour, place]) for neighbour in (0, -1) for place in (first, last - 1)]
    return min(corners), max(corners) + 1


def _span(indices: Indices, first: int, last: int, margin: int, align: int) -> tuple[int, int]:
    hits = np.flatnonzero(((indices >= first) & (indices < last)).any(axis=0))
    if not hits.size:
        return 0, 0
    size = indices.shape[1]
    begin = max(int(hits[0]) - margin, 0) // align * align
    end = min(-(-(int(hits[-1]) + 1 + margin) // align) * align, size)
    return begin, end
