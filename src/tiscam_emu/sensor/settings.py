"""The numbers one frame is computed with, worked out once from sensor and request."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.isp import Output, output_of
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.readout import ReadoutSettings
from tiscam_emu.sensor.request import FrameRequest


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """What the chain needs to know of a request; equal for all frames of an unchanged camera.

    Attributes
    ----------
    electrons_at_white
        Photo-electrons a radiance of 1.0 makes during the exposure.
    dark_e
        Electrons of the dark current during the exposure.
    neighbour_count
        Sensor pixels averaged into one output pixel.
    """

    electrons_at_white: float
    dark_e: float
    full_well_e: float
    readout: ReadoutSettings
    neighbour_count: int
    output: Output
    pixel_format: PixelFormat
    white_balance: tuple[float, float, float]
    gamma: float

    @classmethod
    def of(cls, sensor: SensorModel, request: FrameRequest) -> FrameSettings:
        """The settings of `request` on `sensor`."""
        exposure_ms = request.exposure_us / 1000
        return cls(
            electrons_at_white=sensor.reference_electrons_per_ms * exposure_ms * request.illumination,
            dark_e=sensor.dark_current_e_per_s * exposure_ms / 1000,
            full_well_e=sensor.full_well_e,
            readout=ReadoutSettings.of(sensor, request.gain_db, request.black_level),
            neighbour_count=request.region.bin_x * request.region.bin_y,
            output=output_of(request.pixel_format, color=sensor.color),
            pixel_format=request.pixel_format,
            white_balance=request.white_balance if sensor.color else (1.0, 1.0, 1.0),
            gamma=request.gamma,
        )

    @property
    def rounding_dn(self) -> float:
        """What to add before truncating to output components: raw data round to ADC codes, colour to 8 bits."""
        return self.readout.adc_step_dn / 2 if self.output == "raw" else 8.0
