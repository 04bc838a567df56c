"""The search for the sharpest focus: where to look next, given what was seen so far. No motor, no picture, no time."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable

COARSE_STEPS = 20
"""Positions of the sweep through the whole range, less one."""

FINEST_STEP = 8
"""Smallest step of the motor that makes a difference: at tele with the iris open, a quarter of a pixel of blur."""

_SURE_SIGMAS = 8
"""What the best of the sweep has to stand out by; the range of as many equal values stays below but once in 10^5."""

_ROUNDING_DN2 = 1 / 6
"""Two squared errors of rounding, 1/12 each: the least noise of a difference that statistics can be trusted with."""

Search = Generator[int, float, int]
"""Yields a position, is sent the sharpness there, and so on; returns where to end."""


def search_focus(start: int, low: int, high: int, pixels: int) -> Search:
    """Sweep from the end nearer to `start` to the other one, then halve the steps around the best position.

    Parameters
    ----------
    start
        Where the motor is. The search ends there if nothing is sharper than noise is.
    low, high
        Ends of the motor's range.
    pixels
        How many the sharpness is measured on, which tells its noise.
    """
    seen: dict[int, float] = {}
    step = (high - low) / COARSE_STEPS
    sweep = [round(low + step * count) for count in range(COARSE_STEPS + 1)]
    for position in sweep if 2 * start < low + high else reversed(sweep):
        seen[position] = yield position
    if not _has_peak(seen.values(), pixels):
        return start
    best = max(seen, key=lambda position: seen[position])
    while (step := step / 2) >= FINEST_STEP:
        for position in (round(best - step), round(best + step)):
            if low <= position <= high and position not in seen:
                seen[position] = yield position
        best = max(seen, key=lambda position: seen[position])
    return best


def _has_peak(values: Iterable[float], pixels: int) -> bool:
    """Whether the largest value is more than noise makes of the smallest one.

    With Gaussian noise, the mean of n squared differences of neighbours, each pixel in two of them, has the relative
    standard deviation (3 / n) ** 0.5: twice the 1 / n of independent squares, and half as much again as they overlap.
    """
    least, largest = min(values), max(values)
    sigma = math.sqrt(3 / pixels) * max(least, _ROUNDING_DN2)
    return largest - least > _SURE_SIGMAS * sigma
