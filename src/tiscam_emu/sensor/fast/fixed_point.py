"""Noise at memory speed: a cached mean and standard deviation per component, and pre-drawn unit normals.

Everything is int16 fixed point, which numpy adds and multiplies 16 or 32 at a time:
``value = mean + (sigma * z >> shift)``. Means count in 2**-fraction DN; sigma has the scale that lets its product with
the largest z just fit 16 bits. Both are rounded with a dither, so flat areas keep their exact mean and variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.fast.noise_pool import MAX_Z, POOL_SEED, Z_UNITS
from tiscam_emu.sensor.model import FULL_SCALE_DN

Floats = NDArray[np.float32]
Fixed = NDArray[np.int16]

_DITHER_STEP = 1 << 16
_DITHER_APART = 12_347  # between the dithers of a component's mean and sigma


@lru_cache(maxsize=4)
def _dither_pool(size: int) -> Floats:
    pool = np.random.default_rng(POOL_SEED + 1).random(size, dtype=np.float32)
    pool.flags.writeable = False
    return pool


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
        scale_bits = int(np.floor(np.log2(32767 / (max_sigma_dn * MAX_Z * Z_UNITS))))
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

    def encode(self, mean_dn: Floats, sigma_dn: Floats, rounding_dn: float, mean: Fixed, sigma: Fixed) -> None:
        """Write `mean_dn` plus the `rounding_dn` of the later truncation, and `sigma_dn`, as fixed point.

        Components so bright that noise cannot bring them below full scale are stored as exactly that.
        """
        largest_sigma = float(sigma_dn.max(initial=0))
        if largest_sigma > self.max_sigma_dn:
            np.minimum(sigma_dn, np.float32(self.max_sigma_dn), out=sigma_dn)
        if float(mean_dn.max(initial=0)) > FULL_SCALE_DN:
            saturated = mean_dn - np.float32(MAX_Z) * sigma_dn > FULL_SCALE_DN
            mean_dn[saturated] = FULL_SCALE_DN
            sigma_dn[saturated] = 0
        unit = 1 << self.fraction
        scaled = mean_dn * np.float32(unit)
        scaled += np.float32(rounding_dn * unit)
        self.store(scaled, sigma_dn * np.float32(self.sigma_units), mean, sigma)

    def store(self, scaled_mean: Floats, scaled_sigma: Floats, mean: Fixed, sigma: Fixed) -> None:
        """Round what is in the units of the fixed point, with a dither; the arguments are used up."""
        size, shape = scaled_mean.size, scaled_mean.shape
        dither = _dither_pool(-(-size // _DITHER_STEP) * _DITHER_STEP + _DITHER_APART)
        scaled_mean += dither[:size].reshape(shape)
        np.maximum(scaled_mean, 0, out=scaled_mean)
        mean[...] = scaled_mean
        scaled_sigma += dither[_DITHER_APART : _DITHER_APART + size].reshape(shape)
        sigma[...] = scaled_sigma


def _room_dn(fraction: int) -> float:
    # full scale + MAX_Z sigma (the brightest unsaturated mean) + MAX_Z sigma (its largest noise) has to fit int16
    return ((32767 >> fraction) - FULL_SCALE_DN - 20) / (2 * MAX_Z)
