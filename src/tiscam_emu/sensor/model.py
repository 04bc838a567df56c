"""The sensor's physics in numbers: the ``sensor:`` section of a model YAML."""

from __future__ import annotations

from dataclasses import dataclass

FULL_SCALE_DN = 4095
"""Largest value of the 12-bit domain in which every sensor's output is expressed."""

DEFAULT_BLACK_LEVEL_DN = 240.0
"""Black level at power-up (technical reference manuals, 240 of 4095)."""

REFERENCE_EXPOSURE_MS = 5.0
"""Exposure at which the default chart is well exposed."""

_ADC_SHARE_OF_FULL_WELL = 0.95  # the ADC of a real sensor reaches full scale shortly before the photodiode is full
_WHITE_SHARE_OF_FULL_SCALE = 0.97  # a radiance of 1.0 at the reference exposure, so that only highlights saturate


@dataclass(frozen=True, slots=True)
class SensorModel:
    """One image sensor, in the quantities of EMVA 1288.

    Attributes
    ----------
    width, height
        Effective pixels.
    color
        Whether the sensor carries a Bayer mosaic.
    cfa
        First two pixels of the first line, ``"RG"``; empty for monochrome.
    adc_bits
        Resolution of the converter; 10-bit values sit in the high bits of the 12-bit domain.
    qe
        Quantum efficiency of (red, green, blue) or (mono,) pixels; only the ratios matter to the picture, because
        scenes are lit for the sensor (see `reference_electrons_per_ms`).
    dsnu_e, prnu_percent
        Standard deviation of the fixed offset and gain differences between pixels.
    """

    width: int
    height: int
    pixel_um: float
    color: bool
    full_well_e: float
    read_noise_e: float
    adc_bits: int = 12
    cfa: str = ""
    qe: tuple[float, ...] = (1.0,)
    dark_current_e_per_s: float = 2.0
    dsnu_e: float = 0.5
    prnu_percent: float = 0.5

    def __post_init__(self) -> None:
        if self.color != (self.cfa == "RG"):
            raise ValueError(f"cfa {self.cfa!r} does not go with color={self.color}: use 'RG' or ''")
        if len(self.qe) != (3 if self.color else 1):
            raise ValueError(f"qe needs {3 if self.color else 1} values, not {len(self.qe)}")
        if not 8 <= self.adc_bits <= 12:
            raise ValueError(f"adc_bits: {self.adc_bits} is not in 8 to 12")

    @property
    def adc_step_dn(self) -> int:
        """Distance of two ADC codes in 12-bit DN."""
        return int(1 << (12 - self.adc_bits))

    @property
    def dn_per_electron(self) -> float:
        """System gain at 0 dB, in 12-bit DN: just below full well, full scale is reached at the default black level."""
        return (FULL_SCALE_DN - DEFAULT_BLACK_LEVEL_DN) / (_ADC_SHARE_OF_FULL_WELL * self.full_well_e)

    @property
    def reference_electrons_per_ms(self) -> float:
        """Photo-electrons per ms which a radiance of 1.0 makes in the most sensitive pixels (green, or mono).

        Scenes are lit for the sensor: at 5 ms and 0 dB, a radiance of 1.0 nearly fills the scale whatever the pixel
        size and full well, and the default chart has a mean of a quarter of full scale.
        """
        white_e = _WHITE_SHARE_OF_FULL_SCALE * (FULL_SCALE_DN - DEFAULT_BLACK_LEVEL_DN) / self.dn_per_electron
        return white_e / REFERENCE_EXPOSURE_MS

    @property
    def channel_weights(self) -> tuple[float, ...]:
        """Response of (red, green, blue) or (mono,) pixels to a neutral scene, the strongest being 1."""
        return tuple(value / max(self.qe) for value in self.qe)


def neutral_white_balance(sensor: SensorModel) -> tuple[float, float, float]:
    """White-balance factors that make grey neutral.

    Returns
    -------
    tuple
        Red, green, blue; green is 1.0, the others are limited to 255/64, the largest BalanceRatio.
    """
    if not sensor.color:
        return (1.0, 1.0, 1.0)
    red, green, blue = sensor.qe
    largest = 255 / 64
    return (min(green / red, largest), 1.0, min(green / blue, largest))
