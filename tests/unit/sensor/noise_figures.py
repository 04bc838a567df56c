"""What noise looks like beyond its mean: variances, correlation of neighbours and of channels, and the spectrum.

Figures are of the difference of two frames of an even scene, over root 2: fixed differences between pixels drop out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
Planes = Mapping[str, Plane]

LAGS = (1, 2)
SPECTRUM_BINS = 8


@dataclass(frozen=True, slots=True)
class NoiseFigures:
    """Figures of one pair of frames.

    Attributes
    ----------
    variance
        By plane.
    neighbours
        Correlation by plane, direction and distance, as in ``("Y", "horizontal", 2)``.
    channels
        Correlation of two planes at the same pixel, as in ``("Y", "Cr")``.
    count
        Values of the smallest plane.
    """

    variance: dict[str, float]
    neighbours: dict[tuple[str, str, int], float]
    channels: dict[tuple[str, str], float]
    count: int

    @property
    def correlation_error(self) -> float:
        """Five standard errors of a correlation; twice those of independent values, for interpolated ones are not."""
        return float(2 * 5 / self.count**0.5)

    def lines(self, other: NoiseFigures, names: tuple[str, str]) -> list[str]:
        """A table of both, for people."""
        rows = [("variance", key, self.variance[key], other.variance[key]) for key in self.variance]
        rows += [("neighbours", " ".join(map(str, k)), v, other.neighbours[k]) for k, v in self.neighbours.items()]
        rows += [("channels", "/".join(k), v, other.channels[k]) for k, v in self.channels.items()]
        head = f"{'':11}{'':18}{names[0]:>10}{names[1]:>10}"
        return [head, *(f"{kind:11}{key:18}{ours:10.3f}{theirs:10.3f}" for kind, key, ours, theirs in rows)]


def noise_figures(pixel_format: str, one: NDArray[Any], two: NDArray[Any]) -> NoiseFigures:
    """Figures of two frames as `take_frame` gives them."""
    first, second = planes_of(pixel_format, one), planes_of(pixel_format, two)
    noise = {name: (first[name] - second[name]) / 2**0.5 for name in first}
    neighbours = {
        (name, direction, lag): _correlation(*_shifted(plane, lag, axis))
        for name, plane in noise.items()
        for axis, direction in ((1, "horizontal"), (0, "vertical"))
        for lag in LAGS
    }
    channels = {(a, b): _correlation(*_common(noise[a], noise[b])) for a, b in combinations(noise, 2)}
    variance = {name: float(plane.var()) for name, plane in noise.items()}
    return NoiseFigures(variance, neighbours, channels, min(plane.size for plane in noise.values()))


def assert_same_noise(ours: NoiseFigures, theirs: NoiseFigures, *, variance: float, correlation: float) -> None:
    """Figures agree within statistics and a relative difference of variances, a difference of correlations."""
    variance_error = 2 * 5 * (2 * 2 / ours.count) ** 0.5
    for name, value in ours.variance.items():
        assert abs(value / theirs.variance[name] - 1) < variance + variance_error, f"variance of {name}"
    limit = correlation + 2**0.5 * ours.correlation_error
    pairs = [(key, value, theirs.neighbours[key]) for key, value in ours.neighbours.items()]
    pairs += [(key, value, theirs.channels[key]) for key, value in ours.channels.items()]  # type: ignore[misc]
    for key, value, other in pairs:
        assert abs(value - other) < limit, f"correlation {key}: {value:.3f} and {other:.3f}"


def planes_of(pixel_format: str, frame: NDArray[Any]) -> Planes:
    """Colour planes in their own sizes; a mosaic as the four of its filters, and as it is with each at variance 1."""
    values = frame.astype(np.float64)
    if pixel_format == "BGR8":
        return {name: values[:, index::3] for index, name in enumerate("BGR")}
    if pixel_format in {"YUV422_8", "YCbCr422_8"}:
        return {"Y": values[:, 0::2], "Cb": values[:, 1::4], "Cr": values[:, 3::4]}
    if pixel_format in {"YCbCr411_8", "YCbCr411_8_CbYYCrYY"}:
        luma, blue, red = ((0, 1, 3, 4), 2, 5) if pixel_format == "YCbCr411_8" else ((1, 2, 4, 5), 0, 3)
        pixels = np.stack([values[:, position::6] for position in luma], axis=2).reshape(len(values), -1)
        return {"Y": pixels, "Cb": values[:, blue::6], "Cr": values[:, red::6]}
    if pixel_format.startswith("Bayer"):
        at = {"R": (0, 0), "Gr": (0, 1), "Gb": (1, 0), "B": (1, 1)}
        return {name: values[row::2, column::2] for name, (row, column) in at.items()}
    return {"Y": values}


def spectrum(noise: Plane) -> Plane:
    """Power in bins of frequency, from none to the highest of each axis; white noise has 1 in all of them.

    Each bin is the mean of rows x columns / (2 x bins) squared amplitudes.
    """
    power = np.abs(np.fft.fft2(noise - noise.mean())) ** 2 / noise.size / noise.var()
    power[0, 0] = 1.0  # the mean was taken out
    rows, columns = (size // 2 for size in noise.shape)
    bins = power[:rows, : 2 * columns].reshape(SPECTRUM_BINS, rows // SPECTRUM_BINS, 2 * SPECTRUM_BINS, -1)
    means: Plane = bins.mean(axis=(1, 3))
    return means


def _shifted(plane: Plane, lag: int, axis: int) -> tuple[Plane, Plane]:
    size = plane.shape[axis]
    return plane.take(range(size - lag), axis), plane.take(range(lag, size), axis)


def _common(one: Plane, two: Plane) -> tuple[Plane, Plane]:
    """Both at the pixels of the narrower, the wider averaged over those it shares."""
    width = min(one.shape[1], two.shape[1])
    averaged = [plane.reshape(len(plane), width, -1).mean(axis=2) for plane in (one, two)]
    return averaged[0], averaged[1]


def _correlation(one: Plane, two: Plane) -> float:
    return float(np.corrcoef(one.ravel(), two.ravel())[0, 1])
