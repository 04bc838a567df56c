"""Noise at memory speed: a cached mean and standard deviation per component, and pre-drawn unit normals.

Everything is int16 fixed point, which numpy adds and multiplies 16 or 32 at a time:
``value = mean + (sigma * z >> shift)``. Means count in 2**-fraction DN; sigma has the scale that lets the largest just
fit 8 bits, for memory is what drawing waits for. Both are rounded with a dither, so flat areas keep their exact mean,
and their variance to two percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu import native
from tiscam_emu.sensor.fast.noise_pool import MAX_Z, Z_UNITS
from tiscam_emu.sensor.model import FULL_SCALE_DN

Fixed = NDArray[np.int16]
Sigma = NDArray[np.uint8 | np.int16]
SIGMA: type[np.uint8 | np.int16] = np.int16 if native.core is None else np.uint8
"""Numpy multiplies numbers of one size faster, the core reads less memory."""

MOST_SIGMA = 255
"""The largest there is; its product with the largest z fits 16 bits as well."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Scales of mean and sigma, chosen for the largest sigma there is.

    Attributes
    ----------
    fraction
        Bits behind the point of means and results.
    sigma_units
        What one DN of sigma counts.
    shift
        What to shift products with z by, to count as results do.
    max_sigma_dn
        Larger ones are cut.
    """

    fraction: int
    sigma_units: float
    shift: int
    max_sigma_dn: float

    @classmethod
    def for_sigma(cls, largest_dn: float) -> FixedPoint:
        """Choose the finest scales that hold `largest_dn`."""
        fraction = next((bits for bits in (2, 1) if largest_dn <= _room_dn(bits)), 0)
        max_sigma_dn = min(max(largest_dn, 1.0), _room_dn(fraction))
        scale_bits = int(np.floor(np.log2(MOST_SIGMA / max_sigma_dn)))
        shift = scale_bits + int(np.log2(Z_UNITS)) - fraction
        return cls(fraction, 2.0**scale_bits, shift, max_sigma_dn)

    @property
    def top(self) -> int:
        """Largest result: full scale and all fractional bits."""
        return ((FULL_SCALE_DN + 1) << self.fraction) - 1

    @property
    def dither_variance_dn2(self) -> float:
        """What the dither of means adds to the differences between pixels, on average."""
        return float(4.0**-self.fraction / 6)


def _room_dn(fraction: int) -> float:
    # full scale + MAX_Z sigma (the brightest unsaturated mean) + MAX_Z sigma (its largest noise) has to fit int16
    return ((32767 >> fraction) - FULL_SCALE_DN - 64) / (2 * MAX_Z)  # and what a dithered sigma is more
