"""What one frame depends on, frozen when its exposure opens."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.units import Nanoseconds

LARGE_FRAME_BYTES = 4_000_000
"""Frames of this size and above take long to draw: it is done in few long steps, by a thread of its own."""


@dataclass(frozen=True, slots=True)
class Region:
    """What is read out of the sensor, in output pixels (after skipping and binning).

    The whole sensor is flipped first, then decimated or binned, then the region is cut out of the result.

    Attributes
    ----------
    skip_x, skip_y
        Read one of so many columns and rows; on colour sensors one 2x2 Bayer quad of so many.
    bin_x, bin_y
        Average so many neighbours (of the same colour) into one output pixel.
    """

    width: int
    height: int
    offset_x: int = 0
    offset_y: int = 0
    skip_x: int = 1
    skip_y: int = 1
    bin_x: int = 1
    bin_y: int = 1
    reverse_x: bool = False
    reverse_y: bool = False


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Everything a frame depends on; equal requests give equal bytes.

    Attributes
    ----------
    frame_id
        0, 1, 2 ... since power-up; seeds the frame's own random generator.
    exposure_start_ns
        Device time at which the exposure opened; moving things in the scene are drawn where they are then.
    black_level
        In 12-bit DN, 0 to 4095.
    white_balance
        Digital factors for red, green and blue; they act on raw Bayer data too.
    gamma
        Output is input to the power of 1/gamma, so values above 1 brighten; 1 is linear. Acts on Y alone in
        the YUV formats and on every channel otherwise (technical reference manuals, section "Gamma").
    lut
        257 points of 16 bit which replace gamma; None while the table is off.
    hue_deg, saturation
        Angle by which colours are turned, and their strength; 0 and 64 change nothing. A monochrome sensor ignores
        both, and `color_matrix`.
    color_matrix
        Nine factors from red, green and blue to red, green and blue, row by row; None while it is off.
    illumination
        How much light the lens passes, relative to the default lens setting (iris).
    defocus_px
        Blur by a lens out of focus: standard deviation of its spot in sensor pixels.
    zoom
        Magnification relative to the lens's widest setting.
    infrared
        Infrared light relative to visible light; 0 behind an infrared cut filter.
    temperature_c
        Of the sensor; dark current grows with it.
    """

    frame_id: int
    exposure_start_ns: Nanoseconds
    exposure_us: float
    gain_db: float
    black_level: float
    pixel_format: PixelFormat
    region: Region
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    lut: tuple[int, ...] | None = None
    hue_deg: float = 0.0
    saturation: float = 64.0
    color_matrix: tuple[float, ...] | None = None
    illumination: float = 1.0
    defocus_px: float = 0.0
    zoom: float = 1.0
    infrared: float = 0.0
    temperature_c: float = 25.0

    def payload_bytes(self) -> int:
        """Bytes of this frame's image data."""
        return self.pixel_format.payload_bytes(self.region.width, self.region.height)
