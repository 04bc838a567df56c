"""The sensor's physics in numbers: the ``sensor:`` section of a model YAML."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.bayer import PHASES, Phase
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K, band_powers, infrared_power

FULL_SCALE_DN = 4095
"""Largest value of the 12-bit domain in which every sensor's output is expressed."""

DEFAULT_BLACK_LEVEL_DN = 240.0
"""Black level at power-up (technical reference manuals, 240 of 4095)."""

REFERENCE_EXPOSURE_MS = 5.0
"""Exposure at which the default chart is well exposed."""

DARK_REFERENCE_C = 25.0
"""Temperature at which `SensorModel.dark_current_e_per_s` holds."""

PHOTON_WAVELENGTH_UM = 0.525
"""Wavelength for which irradiance is given; photons count as such of green light."""

_ADC_SHARE_OF_FULL_WELL = 0.95  # the ADC of a real sensor reaches full scale shortly before the photodiode is full
_WHITE_SHARE_OF_FULL_SCALE = 0.97  # a radiance of 1.0 at the reference exposure, so that only highlights saturate
HALF_FULL_EXPOSURE_MS = 20.0
HALF_FULL_RADIANCE = (
    0.5 / (_WHITE_SHARE_OF_FULL_SCALE * _ADC_SHARE_OF_FULL_WELL) * REFERENCE_EXPOSURE_MS / HALF_FULL_EXPOSURE_MS
)
"""Neutral radiance that half fills the wells of green or monochrome pixels in `HALF_FULL_EXPOSURE_MS`."""

_PHOTONS_PER_UM2_MS_UM_UW_PER_CM2 = 50.34  # EMVA 1288 release 4.0 linear, section 2.1: A t lambda E / (h c)
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709: what a monochrome sensor sees of RGB
_OWN_COLOURS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class FormatReadout:
    """How the sensor converts for one pixel format, where that differs."""

    adc_bits: int
    read_noise_e: float


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
        First two pixels of the first line, ``"RG"`` and the like; empty for monochrome.
    adc_bits
        Resolution of the converter; 10-bit values sit in the high bits of the 12-bit domain.
    qe
        Quantum efficiency of (red, green, blue) or (mono,) pixels in white light: electrons per photon of
        `photons_at_white`.
    dark_current_e_per_s
        At 25 degrees; it doubles every `dark_doubling_c` degrees.
    dsnu_e, prnu_percent
        Standard deviation of the fixed offset and gain differences between pixels.
    qe_nir
        As `qe`, in near-infrared light; empty: none is seen.
    dye_shares
        For red, green and blue pixels of a colour sensor: which share of their signal in white light comes from red,
        green and blue light. Dyes overlap, so all see some of each.
    hot_pixels, hot_pixel_times, dead_pixels
        How many of the sensor; a hot one has between least and most times the dark current more.
    corner_light_percent
        Light that the lens brings to the sensor's corner, relative to the centre.
    formats
        Pixel formats by name that the sensor converts differently for.
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
    qe_nir: tuple[float, ...] = ()
    dye_shares: tuple[tuple[float, ...], ...] = _OWN_COLOURS
    dark_doubling_c: float = 8.0
    hot_pixels: int = 0
    hot_pixel_times: tuple[float, float] = (100.0, 1000.0)
    dead_pixels: int = 0
    corner_light_percent: float = 100.0
    formats: tuple[tuple[str, FormatReadout], ...] = ()

    def __post_init__(self) -> None:
        choices = PHASES if self.color else ("",)
        if self.cfa not in choices:
            use = " or ".join(map(repr, choices))
            raise ValueError(f"cfa {self.cfa!r} does not go with color={self.color}: use {use}")
        channels = 3 if self.color else 1
        for name, values in (("qe", self.qe), ("qe_nir", self.qe_nir or self.qe)):
            if len(values) != channels:
                raise ValueError(f"{name} needs {channels} values, not {len(values)}")
            if not all(0 <= value <= 1 for value in values) or not max(values):
                raise ValueError(f"{name}: {list(values)} are not efficiencies between 0 and 1")
        if [len(row) for row in self.dye_shares] != [3, 3, 3]:
            raise ValueError("dye_shares needs three rows of three values")
        if any(min(row) < 0 or abs(sum(row) - 1) > 1e-6 for row in self.dye_shares):
            raise ValueError(f"dye_shares: every row of {self.dye_shares} must add up to 1, without negative values")
        for bits in (self.adc_bits, *(readout.adc_bits for _, readout in self.formats)):
            if not 8 <= bits <= 12:
                raise ValueError(f"adc_bits: {bits} is not in 8 to 12")

    @property
    def dn_per_electron(self) -> float:
        """System gain at 0 dB, in 12-bit DN: just below full well, full scale is reached at the default black level."""
        return (FULL_SCALE_DN - DEFAULT_BLACK_LEVEL_DN) / (_ADC_SHARE_OF_FULL_WELL * self.full_well_e)

    @property
    def saturation_e(self) -> float:
        """Saturation capacity at 0 dB and the default black level, where the converter ends before the full well."""
        return _ADC_SHARE_OF_FULL_WELL * self.full_well_e

    @property
    def reference_electrons_per_ms(self) -> float:
        """Photo-electrons per ms which a radiance of 1.0 makes in the most sensitive pixels (green, or mono).

        Scenes are lit for the sensor: at 5 ms and 0 dB, a radiance of 1.0 nearly fills the scale whatever the pixel
        size and full well, and the default chart has a mean of a quarter of full scale.
        """
        white_e = _WHITE_SHARE_OF_FULL_SCALE * (FULL_SCALE_DN - DEFAULT_BLACK_LEVEL_DN) / self.dn_per_electron
        return white_e / REFERENCE_EXPOSURE_MS

    def photons_at_white(self, exposure_us: float, illumination: float = 1.0) -> float:
        """Mean photons that reach one pixel from a radiance of 1.0 (mu_p of EMVA 1288).

        Parameters
        ----------
        exposure_us
            Exposure time.
        illumination
            Light that the lens passes, relative to its default setting.
        """
        return self.reference_electrons_per_ms / max(self.qe) * exposure_us / 1000 * illumination

    @property
    def white_irradiance_uw_per_cm2(self) -> float:
        """Irradiance of the sensor, in microwatts per square centimetre, by a radiance of 1.0."""
        per_irradiance = _PHOTONS_PER_UM2_MS_UM_UW_PER_CM2 * self.pixel_um**2 * PHOTON_WAVELENGTH_UM
        return self.photons_at_white(1000.0) / per_irradiance

    def dark_electrons(self, exposure_us: float, temperature_c: float) -> float:
        """Electrons of the dark current during an exposure."""
        warmth = 2.0 ** ((temperature_c - DARK_REFERENCE_C) / self.dark_doubling_c)
        return float(self.dark_current_e_per_s * warmth * exposure_us / 1e6)

    def readout_for(self, pixel_format: str) -> FormatReadout:
        """Conversion and read noise for a pixel format."""
        return dict(self.formats).get(pixel_format, FormatReadout(self.adc_bits, self.read_noise_e))

    def phase_for(self, bayer: str) -> Phase | None:
        """The phase of the mosaic under a pixel format with the mosaic `bayer`, or with none; None if monochrome."""
        return PHASES[bayer or self.cfa] if self.color else None

    @property
    def channel_weights(self) -> tuple[float, ...]:
        """Response of (red, green, blue) or (mono,) pixels to a neutral scene, the strongest being 1."""
        return tuple(value / max(self.qe) for value in self.qe)

    def responses(self, infrared: float = 0.0, light_k: float = NEUTRAL_K) -> NDArray[np.float32]:
        """What linear red, green and blue make of signal in each kind of pixel, relative to `channel_weights`.

        Parameters
        ----------
        infrared
            Near-infrared photons relative to visible ones. A scene reflects as much of them as it does of visible
            light on average, so they are a part of red, green and blue.
        light_k
            Colour temperature of the light on the scene.

        Returns
        -------
        ndarray, (kinds of pixels, 3)
        """
        shares = np.array(self.dye_shares if self.color else (_LUMINANCE,))
        visible = np.array(self.qe)[:, np.newaxis] * shares * band_powers(light_k)
        unseen = np.array(self.qe_nir or (0.0,) * len(self.qe))[:, np.newaxis] * infrared * infrared_power(light_k)
        return np.asarray((visible + unseen / 3) / max(self.qe), np.float32)


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
