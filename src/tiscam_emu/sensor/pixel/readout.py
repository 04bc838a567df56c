"""Electrons to digital numbers: gain, black level, noise and conversion, in the 12-bit domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.model import FULL_SCALE_DN, SensorModel

Floats = NDArray[np.float32]

_DOMAIN_BITS = 12


@dataclass(frozen=True, slots=True)
class ReadoutSettings:
    """The analogue side of one frame: all that lies between electrons and the ADC's codes.

    Attributes
    ----------
    dn_per_electron
        Total gain.
    adc_step_dn
        Distance of two ADC codes in 12-bit DN.
    """

    dn_per_electron: float
    black_level_dn: float
    read_noise_e: float
    adc_step_dn: int

    @classmethod
    def of(cls, sensor: SensorModel, gain_db: float, black_level: float, pixel_format: str) -> ReadoutSettings:
        """The settings of `sensor` at `gain_db` (20 dB are a factor of ten) for a pixel format."""
        gain = sensor.dn_per_electron * 10.0 ** (gain_db / 20.0)
        readout = sensor.readout_for(pixel_format)
        return cls(gain, black_level, readout.read_noise_e, 1 << (_DOMAIN_BITS - readout.adc_bits))


def quantise(dn: Floats, step_dn: int) -> Floats:
    """Round to ADC codes and clip to the converter's range; the result stays in 12-bit DN."""
    codes = np.rint(dn / np.float32(step_dn)) if step_dn > 1 else np.rint(dn)
    top = (FULL_SCALE_DN + 1) // step_dn - 1
    np.clip(codes, 0, top, out=codes)
    if step_dn > 1:
        codes *= step_dn
    return codes.astype(np.float32, copy=False)
