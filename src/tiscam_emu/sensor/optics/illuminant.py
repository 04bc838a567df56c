"""The light that falls on the scene: how much of it there is in each band, by colour temperature.

Colours are seen in narrow bands, in which Wien's approximation of Planck's law makes the logarithm of power linear in
1/T. Radiance is given in the light of `NEUTRAL_K`, in which a grey has equal red, green and blue.
"""

from __future__ import annotations

import math

NEUTRAL_K = 6500.0
"""Light in which the linear RGB of a scene is neutral: D65, the white of sRGB, to the nearest hundred."""

_SECOND_RADIATION_M_K = 0.01438777  # CODATA 2018
_GREEN_M = 540e-9
_BANDS_M = (610e-9, _GREEN_M, 460e-9)  # where the filters of Bayer sensors have their peaks
_INFRARED_M = 850e-9  # the middle of what silicon still sees behind no filter


def band_powers(kelvin: float) -> tuple[float, float, float]:
    """Red, green and blue light at `kelvin` relative to that at `NEUTRAL_K`; green is 1."""
    red, green, blue = (_relative_power(wavelength_m, kelvin) for wavelength_m in _BANDS_M)
    return red, green, blue


def infrared_power(kelvin: float) -> float:
    """Near-infrared light at `kelvin` relative to that at `NEUTRAL_K`, green being the same."""
    return _relative_power(_INFRARED_M, kelvin)


def _relative_power(wavelength_m: float, kelvin: float) -> float:
    slope_k = _SECOND_RADIATION_M_K * (1 / _GREEN_M - 1 / wavelength_m)
    return math.exp(slope_k * (1 / kelvin - 1 / NEUTRAL_K))
