"""The numbers one frame is computed with, worked out once from sensor and request."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.bayer import Phase
from tiscam_emu.sensor.isp.chain import Output, output_of
from tiscam_emu.sensor.isp.colour_mix import Matrix, colour_mix
from tiscam_emu.sensor.isp.tone import ToneCurve, tone_curve
from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.pixel.readout import ReadoutSettings
from tiscam_emu.sensor.request import FrameRequest

_LEAST_DARK_STEP_E = 1 / 16
_DARK_STEPS_PER_OCTAVE = 32


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """What the chain needs to know of a request; equal for all frames of an unchanged camera.

    Attributes
    ----------
    electrons_at_white
        Photo-electrons a radiance of 1.0 makes during the exposure.
    dark_e
        Electrons of the dark current during the exposure, in steps so coarse that a camera which warms up changes
        settings, and loses what is cached for them, rarely.
    neighbour_count
        Sensor pixels averaged into one output pixel.
    phase
        Of the mosaic, as it is read out; None if the sensor is monochrome.
    mix
        Matrix of all that changes colours.
    noise_spread
        Standard deviations of a balanced grey's red, green and blue relative to each other, where shot noise prevails.
    """

    electrons_at_white: float
    dark_e: float
    full_well_e: float
    readout: ReadoutSettings
    neighbour_count: int
    output: Output
    pixel_format: PixelFormat
    phase: Phase | None
    white_balance: tuple[float, float, float]
    gamma: float
    lut: tuple[int, ...] | None
    mix: Matrix | None
    noise_spread: tuple[float, float, float]

    @classmethod
    def of(cls, sensor: SensorModel, request: FrameRequest) -> FrameSettings:
        """The settings of `request` on `sensor`."""
        return cls(
            electrons_at_white=max(sensor.qe) * sensor.photons_at_white(request.exposure_us, request.illumination),
            dark_e=_in_steps(sensor.dark_electrons(request.exposure_us, request.temperature_c)),
            full_well_e=sensor.full_well_e,
            readout=ReadoutSettings.of(sensor, request.gain_db, request.black_level, request.pixel_format.name),
            neighbour_count=request.region.bin_x * request.region.bin_y,
            output=output_of(request.pixel_format, color=sensor.color),
            pixel_format=request.pixel_format,
            phase=sensor.phase_for(request.pixel_format.bayer),
            white_balance=request.white_balance if sensor.color else (1.0, 1.0, 1.0),
            gamma=request.gamma if request.lut is None else 1.0,
            lut=request.lut,
            mix=colour_mix(request.hue_deg, request.saturation, request.color_matrix) if sensor.color else None,
            noise_spread=_noise_spread(sensor),
        )

    @property
    def gives_words(self) -> bool:
        """Whether components are 12-bit values to be packed: raw data, and luminance of more than 8 bits."""
        return self.output == "raw" or (self.output == "luma" and self.pixel_format.packing != "8")

    @property
    def rounding_dn(self) -> float:
        """What to add before truncating to output components: raw data round to their steps, colour to 8 bits."""
        if self.lut is not None:  # rounds by itself
            return 0.0 if self.demosaics else self.readout.adc_step_dn / 2
        return self.raw_step_dn / 2 if self.gives_words else 8.0

    @property
    def raw_step_dn(self) -> int:
        """Distance of two values of raw data: the converter's, or 1 once they were computed with."""
        untouched = self.output == "raw" and self.mix is None and self.curve is None
        return self.readout.adc_step_dn if untouched else 1

    @property
    def demosaics(self) -> bool:
        """Whether output depends on neighbours: colour does, and raw data whose colours were changed."""
        return self.output != "raw" or self.mix is not None

    @property
    def curve(self) -> ToneCurve | None:
        """The tone curve in effect, lookup table or gamma."""
        return tone_curve(self.gamma, self.lut)

    @property
    def gamma_curve(self) -> ToneCurve | None:
        """The tone curve if it is gamma's."""
        return tone_curve(self.gamma, None)


def _noise_spread(sensor: SensorModel) -> tuple[float, float, float]:
    """A balanced channel has its photons' noise times the factor that made up for them: the root of that factor."""
    red, green, blue = (factor**0.5 for factor in neutral_white_balance(sensor))
    return red, green, blue


def _in_steps(dark_e: float) -> float:
    """To the nearest of 32 steps in every doubling, and of a sixteenth of an electron: 1.6 % or 0.03 electrons off."""
    octave = 2.0 ** math.floor(math.log2(dark_e)) if dark_e > 0 else 0.0
    step = max(octave / _DARK_STEPS_PER_OCTAVE, _LEAST_DARK_STEP_E)
    return round(dark_e / step) * step
