"""White balance for the light of a black body (manual 5.9.2, 5.9.3).

Colours are seen in narrow bands, in which Wien's approximation of Planck's law makes the logarithm of their ratios
linear in 1/T. A scene that is neutral by itself has the light for which the sensor's own ratios are right.
"""

from __future__ import annotations

import math

from tiscam_emu.sensor.model import SensorModel, neutral_white_balance

NEUTRAL_K = 6500.0
"""Light in which the linear RGB of a scene is neutral: D65, the white of sRGB, to the nearest hundred."""

_SECOND_RADIATION_M_K = 0.01438777  # CODATA 2018
_RED_M, _GREEN_M, _BLUE_M = 610e-9, 540e-9, 460e-9  # where the filters of Bayer sensors have their peaks
_RED_SLOPE_K = _SECOND_RADIATION_M_K * (1 / _GREEN_M - 1 / _RED_M)
_BLUE_SLOPE_K = _SECOND_RADIATION_M_K * (1 / _BLUE_M - 1 / _GREEN_M)

Rgb = tuple[float, float, float]


def ratios_for(sensor: SensorModel, kelvin: float) -> Rgb:
    """Factors of red, green and blue that make grey neutral in light of `kelvin`; green is 1."""
    red, green, blue = neutral_white_balance(sensor)
    coldness = 1 / kelvin - 1 / NEUTRAL_K
    return red * math.exp(-_RED_SLOPE_K * coldness), green, blue * math.exp(_BLUE_SLOPE_K * coldness)


def temperature_of(sensor: SensorModel, light: Rgb) -> float:
    """Temperature of the light if grey looks like `light` to the sensor (before white balance); inf if bluer than any.

    Red is compared with blue, for green changes little with temperature.
    """
    red, _, blue = neutral_white_balance(sensor)
    coldness = math.log(light[0] * red / (light[2] * blue)) / (_RED_SLOPE_K + _BLUE_SLOPE_K)
    inverse = coldness + 1 / NEUTRAL_K
    return 1 / inverse if inverse > 0 else math.inf
