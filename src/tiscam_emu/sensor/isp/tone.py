"""The tone curve: lookup table or gamma correction, which share the camera's table of 257 points.

"The upper 8 bits of the image data are used to select the appropriate entry in the lookup table, while the remaining
bits are used to interpolate between the selected entry and one of its neighbors"; gamma correction "is implemented
using the same hardware" (technical reference manuals, section "Lookup Table"). So gamma is a table, too, filled with
a power function. The curve acts on whole values, black level included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.model import FULL_SCALE_DN

Floats = NDArray[np.float32]
Curve = Callable[[Floats], Floats]

POINTS = 257
_DN_PER_POINT = 16  # 12-bit values: the upper eight bits select
_DN16_PER_DN = 16.0
_QUADRATURE = 3.0**0.5  # outer nodes of the three-point Gauss-Hermite rule, in standard deviations


class ToneCurve:
    """A curve through 257 points, straight between them; input and output are 12-bit values.

    Parameters
    ----------
    points_dn
        Output at inputs of 0, 16, 32 ... 4096.
    """

    def __init__(self, points_dn: NDArray[np.float64]) -> None:
        self._start = np.asarray(points_dn[:-1], np.float32)
        self._rise = np.asarray(np.diff(points_dn), np.float32)

    def __call__(self, dn: Floats) -> Floats:
        """Output for values of any range; they and the results are clipped to 0 to 4095."""
        place = dn * np.float32(1 / _DN_PER_POINT)
        np.maximum(place, 0, out=place)
        np.minimum(place, np.float32(FULL_SCALE_DN / _DN_PER_POINT), out=place)
        whole = np.floor(place)
        point = whole.astype(np.intp)
        place -= whole
        place *= self._rise.take(point)
        place += self._start.take(point)
        np.minimum(place, np.float32(FULL_SCALE_DN), out=place)
        return place


def clip(dn: Floats) -> Floats:
    """The curve that only keeps values in 0 to 4095."""
    return np.asarray(np.clip(dn, 0, FULL_SCALE_DN), np.float32)


def propagate(curve: Curve, mean_dn: Floats, sigma_dn: Floats) -> tuple[Floats, Floats]:
    """Mean and sigma after `curve` of values that were normally distributed before it.

    Three-point Gauss-Hermite quadrature (Abramowitz and Stegun, Handbook of Mathematical Functions, 25.4.46).
    """
    reach = sigma_dn * np.float32(_QUADRATURE)
    mean, low, high = curve(mean_dn), curve(mean_dn - reach), curve(mean_dn + reach)
    # with weights 1/6, 4/6, 1/6: mean is middle + bend / 3, variance is slant^2 / 3 + 2 bend^2 / 9
    slant = (high - low) * np.float32(0.5)
    bend = (high + low) * np.float32(0.5)
    bend -= mean
    mean = mean + bend * np.float32(1 / 3)
    slant *= slant
    slant *= np.float32(1 / 3)
    bend *= bend
    bend *= np.float32(2 / 9)
    slant += bend
    return mean, np.sqrt(slant, out=slant)


@lru_cache(maxsize=16)
def tone_curve(gamma: float, lut: tuple[int, ...] | None) -> ToneCurve | None:
    """The curve in effect: the lookup table if there is one, else gamma; None if nothing changes.

    Parameters
    ----------
    gamma
        Output is input to the power of 1/gamma, full scale stays full scale.
    lut
        257 values of 16 bits.
    """
    if lut is not None:
        if len(lut) != POINTS:
            raise ValueError(f"lut: {len(lut)} points, needed are {POINTS}")
        return ToneCurve(np.array(lut, np.float64) / _DN16_PER_DN)
    if gamma == 1.0:
        return None
    share = np.arange(POINTS) * _DN_PER_POINT / FULL_SCALE_DN
    return ToneCurve(FULL_SCALE_DN * share ** (1 / gamma))
