"""How bright to make the next frame: the arithmetic of the exposure, iris and gain automatics (manual 5.3, 5.4.7).

The signal above black is proportional to exposure time x illumination x gain, as far as nothing is saturated. So one
frame tells which product of the three would have given the brightness wanted, whatever has been changed since.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.features.kinds import Limits
from tiscam_emu.sensor.isp.tone import tone_curve
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics

FULL_SCALE_DN8 = 255.0
_DN_PER_DN8 = 16.0
_CUT_OFF_DN8 = 0.47  # what is lost on average when twelve bits are cut to eight
_LEAST_SIGNAL_DN8 = 2.0  # below, cutting to eight bits makes a mean useless as a factor
_LEAST_TARGET_DN8 = 0.5
_BLIND_SHARE = 0.9  # saturated pixels above which the mean says nothing but "too bright"
_BLIND_FACTOR = 1 / 8
_LARGEST_SURE_FACTOR = 4.0
_CAUTION = 0.9
CLOSED = 1e-6  # illumination taken for that of a closed iris: more of everything is wanted then
_ROUNDED = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Drive:
    """Exposure time, which of the iris's openings, and gain (a factor)."""

    exposure_us: float
    opening: int
    gain: float

    @property
    def gain_db(self) -> float:
        """The gain in decibels."""
        return 20 * math.log10(self.gain)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the automatics may choose from; of what is set by hand there is one value.

    Attributes
    ----------
    openings
        Illumination at each position of the iris, the smallest first.
    """

    exposure_us: Limits
    openings: tuple[float, ...]
    gain: Limits

    def share_out(self, product: float) -> Drive:
        """The drive nearest to `product`: first a longer exposure, then a wider iris, then more gain."""
        longest = self.exposure_us.high
        opening = self._opening_for(product / (longest * self.gain.low))
        light = self.openings[opening]
        exposure_us = _within(self.exposure_us, product / (light * self.gain.low))
        if exposure_us < longest:
            return Drive(_on_step(self.exposure_us, exposure_us), opening, self.gain.low)
        return Drive(longest, opening, _within(self.gain, product / (longest * light)))

    def _opening_for(self, light: float) -> int:
        """The first opening that lets so much light in, for the exposure can be shortened; else the nearest."""
        opening = min(bisect_left(self.openings, light * _ROUNDED), len(self.openings) - 1)
        if opening and self.exposure_us.low == self.exposure_us.high:
            wider, narrower = self.openings[opening], self.openings[opening - 1]
            return opening if wider - light < light - narrower else opening - 1
        return opening


def gain_factor(gain_db: float) -> float:
    """Decibels as a factor: 20 dB are ten."""
    return float(10.0 ** (gain_db / 20.0))


def product_of(request: FrameRequest) -> float:
    """Exposure time x illumination x gain of a frame, to which its signal is proportional."""
    return request.exposure_us * illumination(request) * gain_factor(request.gain_db)


def illumination(request: FrameRequest) -> float:
    """The light that the lens lets through, more than none."""
    return max(request.illumination, CLOSED)


def factor_to(reference_dn8: float, request: FrameRequest, statistics: FrameStatistics) -> float:
    """By how much to multiply a frame's drive to bring its mean to `reference_dn8`.

    Errs on the side of too small a step, so that steps repeated approach the reference without passing it. Only out
    of a saturated image, which does not tell how bright the scene is, a step may go too far, once.
    """
    target = max(signal_dn8(reference_dn8, request), _LEAST_TARGET_DN8)
    signal = signal_dn8(statistics.mean_dn8, request)
    factor = target / max(signal, min(_LEAST_SIGNAL_DN8, target))
    if factor <= 1.0:
        return min(factor, _BLIND_FACTOR) if statistics.saturated_share > _BLIND_SHARE else factor
    if factor > _LARGEST_SURE_FACTOR:
        return factor * _CAUTION
    # Saturated pixels get no brighter: the others have to make up for them.
    saturated = min(statistics.saturated_share * signal_dn8(FULL_SCALE_DN8, request), 0.9 * min(signal, target))
    return min((target - saturated) / (signal - saturated), factor * factor)


def signal_dn8(value_dn8: float, request: FrameRequest) -> float:
    """What a transmitted mean was above black before gamma or lookup table, on the 8-bit scale."""
    cut_off = _CUT_OFF_DN8 if request.pixel_format.components == "raw" else 0.0
    value = min(value_dn8 + cut_off, FULL_SCALE_DN8)
    if (table := _straightened(request.gamma, request.lut)) is not None:
        inputs, outputs = table
        value = float(np.interp(value * _DN_PER_DN8, outputs, inputs)) / _DN_PER_DN8
    return value - request.black_level / _DN_PER_DN8


@lru_cache(maxsize=4)
def _straightened(gamma: float, lut: tuple[int, ...] | None) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Inputs and outputs of a rising tone curve; None if there is none, or if it does not rise."""
    curve = tone_curve(1.0 if lut is not None else gamma, lut)
    if curve is None:
        return None
    inputs = np.linspace(0, FULL_SCALE_DN, 1024, dtype=np.float32)
    outputs = curve(inputs)
    if outputs[-1] <= outputs[0]:
        return None
    return inputs, np.maximum.accumulate(outputs)


def _within(limits: Limits, value: float) -> float:
    return float(min(max(value, limits.low), limits.high))


def _on_step(limits: Limits, value: float) -> float:
    if not limits.step:
        return value
    return _within(limits, limits.low + round((value - limits.low) / limits.step) * limits.step)
