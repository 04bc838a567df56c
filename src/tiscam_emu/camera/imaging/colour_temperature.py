"""White balance for the light of a black body (manual 5.9.2, 5.9.3).

A scene that is neutral by itself has the light for which the sensor's own ratios are right, `illuminant.NEUTRAL_K`.
"""

from __future__ import annotations

import math

from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K

Rgb = tuple[float, float, float]

_COLDEST, _WARMEST = 1e-6, 1e-3  # one over kelvin
_HALVINGS = 40


def ratios_for(sensor: SensorModel, kelvin: float) -> Rgb:
    """Factors of red, green and blue that make grey neutral in light of `kelvin`; green is 1."""
    ratios = neutral_white_balance(sensor)
    if kelvin == NEUTRAL_K:
        return ratios
    here, neutral = (_grey(sensor, light_k) for light_k in (kelvin, NEUTRAL_K))
    red, _, blue = (
        ratio * (then / neutral[1]) / (now / here[1]) for ratio, then, now in zip(ratios, neutral, here, strict=True)
    )
    return red, 1.0, blue


def temperature_of(sensor: SensorModel, light: Rgb) -> float:
    """Temperature of the light if grey looks like `light` to the sensor (before white balance); inf if bluer than any.

    Red is compared with blue, for green changes little with temperature.
    """
    warmth = math.log(light[0] / light[2])
    low, high = _COLDEST, _WARMEST
    if warmth <= _warmth(sensor, 1 / low):
        return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _warmth(sensor, 1 / middle) < warmth else (low, middle)
    return 1 / low


def _warmth(sensor: SensorModel, kelvin: float) -> float:
    red, _, blue = _grey(sensor, kelvin)
    return math.log(red / blue)


def _grey(sensor: SensorModel, kelvin: float) -> Rgb:
    """What grey looks like in light of `kelvin`."""
    red, green, blue = (float(row.sum()) for row in sensor.responses(light_k=kelvin))
    return red, green, blue
