"""What tells two sensors of one type apart: fixed differences between pixels, and a few defect ones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel

Floats = NDArray[np.float32]

_SAMPLES = 1 << 16
_PATTERN_STREAM, _DEFECT_STREAM = 0x0F1C5ED, 0xDEFEC7
_LARGEST_DEAD_RESPONSE = 0.3


class FixedPattern:
    """DSNU and PRNU (EMVA 1288), hot and dead pixels of the sensor with one serial number.

    The differences are drawn from a short pool, at a different place for every sensor row, so that no map of the
    sensor is kept.
    """

    def __init__(self, sensor: SensorModel, serial: str) -> None:
        rng = np.random.default_rng(np.random.SeedSequence([*serial.encode(), _PATTERN_STREAM]))
        pool = rng.standard_normal(_SAMPLES + sensor.width, dtype=np.float32)
        self._gain_pool = 1 + np.float32(sensor.prnu_percent / 100) * pool
        self._dsnu_e = sensor.dsnu_e
        self._offset_pool_e = np.float32(sensor.dsnu_e) * pool
        self._spared = 0.0, self._offset_pool_e
        self._gain_starts, self._offset_starts = rng.integers(0, _SAMPLES, (2, sensor.height))
        self._hot, self._dead = _defects(sensor, serial)

    def gain(self, window: Window) -> Floats:
        """Relative sensitivity of the sensor pixels in `window`."""
        gain = _rows_from_pool(self._gain_pool, self._gain_starts, window)
        for row, column, response in self._dead.inside(window):
            gain[row, column] = response
        return gain

    def offset_e(self, window: Window, dark_e: float, spared_e2: float = 0.0) -> Floats:
        """Offset of the sensor pixels in `window` from `dark_e`, the electrons of the dark current, in electrons.

        Parameters
        ----------
        spared_e2
            Variance of the differences to leave out here, because rounding adds it later.
        """
        offset_e = _rows_from_pool(self._offsets_less(spared_e2), self._offset_starts, window)
        for row, column, times in self._hot.inside(window):
            offset_e[row, column] += np.float32(dark_e) * times
        return offset_e

    def _offsets_less(self, spared_e2: float) -> Floats:
        """The pool of offsets with less variance; kept, for block after block of a frame asks for the same."""
        if spared_e2 != self._spared[0]:
            share = max(1 - spared_e2 / self._dsnu_e**2, 0) ** 0.5 if self._dsnu_e else 1.0
            self._spared = spared_e2, self._offset_pool_e * np.float32(share)
        return self._spared[1]


class _Defects:
    """A few pixels, each with a number."""

    def __init__(self, rows: NDArray[np.int64], columns: NDArray[np.int64], numbers: NDArray[np.float64]) -> None:
        places = zip(rows.tolist(), columns.tolist(), numbers.astype(np.float32), strict=True)
        self._places = sorted(places, key=itemgetter(0))
        self._rows = [row for row, _, _ in self._places]

    def inside(self, window: Window) -> Iterator[tuple[int, int, np.float32]]:
        """Row and column relative to `window`, and number, of those that lie in it."""
        first, end = bisect_left(self._rows, window.top), bisect_left(self._rows, window.bottom)
        for row, column, number in self._places[first:end]:
            if window.left <= column < window.right:
                yield row - window.top, column - window.left, number


def _defects(sensor: SensorModel, serial: str) -> tuple[_Defects, _Defects]:
    """Hot pixels with how many times the dark current they have more, and dead ones with what they still see."""
    rng = np.random.default_rng(np.random.SeedSequence([*serial.encode(), _DEFECT_STREAM]))
    count = sensor.hot_pixels + sensor.dead_pixels
    rows, columns = rng.integers(0, sensor.height, count), rng.integers(0, sensor.width, count)
    least, most = np.log(sensor.hot_pixel_times)
    times = np.exp(rng.uniform(least, most, sensor.hot_pixels))
    responses = rng.uniform(0, _LARGEST_DEAD_RESPONSE, sensor.dead_pixels)
    hot, dead = np.s_[: sensor.hot_pixels], np.s_[sensor.hot_pixels :]
    return _Defects(rows[hot], columns[hot], times), _Defects(rows[dead], columns[dead], responses)


def _rows_from_pool(pool: Floats, starts: NDArray[np.intp], window: Window) -> Floats:
    """A copy: for each sensor row of `window` the part of the pool that begins at the row's place."""
    step = pool.strides[0]
    begins = pool.size - window.shape[1] + 1
    parts = np.ndarray((begins, window.shape[1]), pool.dtype, pool, strides=(step, step))  # all parts there are
    return parts[starts[window.top : window.bottom] + window.left]
