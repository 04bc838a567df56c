"""What a model YAML may contain; pydantic checks it and names the key at fault.

Every number carries where it is from: `source` names the manual section, datasheet or measurement, `assumption` says
that it is ours and why. Files build on each other through `extends`; the later value of a key wins.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = int | float | bool | str
Positive = Annotated[float, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Strict):
    """Something that says where it is from."""

    source: str | None = None
    assumption: str | None = None

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if not self.source and not self.assumption:
            raise ValueError("needs a source or an assumption")
        return self


class Quantity(_Sourced):
    """One number with its origin."""

    value: float


class Quantities(_Sourced):
    """Several numbers with one origin."""

    value: tuple[float, ...]


class Amount(_Sourced):
    """A positive number with its origin."""

    value: Positive


class NotNegative(_Sourced):
    """A number of at least 0 with its origin."""

    value: Annotated[float, Field(ge=0)]


class Rows(_Sourced):
    """A table of numbers with its origin."""

    value: tuple[tuple[float, ...], ...]


class Share(_Sourced):
    """A part of something, in percent."""

    value: Annotated[float, Field(gt=0, le=100)]


class Count(_Sourced):
    """How many there are."""

    value: Annotated[int, Field(ge=0)]


class Range(_Sourced):
    """Least and most of something positive."""

    value: tuple[Positive, Positive]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.value[0] > self.value[1]:
            raise ValueError(f"{self.value[0]:g} is above {self.value[1]:g}")
        return self


class ConvertedFormat(_Sourced):
    """How the sensor converts for one pixel format."""

    adc_bits: Annotated[int, Field(ge=8, le=12)]
    read_noise_e: Positive


class FeatureRow(_Sourced):
    """How one feature of the model is limited."""

    min: int | float | None = None
    max: int | float | None = None
    inc: int | float | None = None
    default: Scalar | None = None
    entries: tuple[str, ...] | None = None
    hidden: bool = False


class Identity(_Strict):
    """What the camera says it is."""

    name: str
    vendor: str
    device_version: str
    firmware_version: str
    manufacturer_info: Annotated[str, Field(max_length=47)]
    xml_model_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    xml_vendor_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    product_guid: Annotated[str, Field(pattern=r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")]
    serial: Annotated[str, Field(pattern=r"^[0-9]{8}$")]


class Sensor(_Strict):
    """The image sensor; names and units are those of `sensor.model.SensorModel`."""

    name: str
    color: bool
    cfa: str
    width: Quantity
    height: Quantity
    pixel_um: Amount
    adc_bits: Quantity
    full_well_e: Amount
    read_noise_e: Amount
    qe: Quantities
    qe_nir: Quantities
    dye_shares: Rows | None = None
    dark_current_e_per_s: NotNegative
    dark_doubling_c: Amount
    dsnu_e: NotNegative
    prnu_percent: NotNegative
    hot_pixels: Count
    hot_pixel_times: Range
    dead_pixels: Count
    corner_light_percent: Share
    formats: dict[str, ConvertedFormat] = {}


class FocalLengths(_Sourced):
    """Zoom positions and the focal lengths there, interpolated in between."""

    points: Annotated[tuple[tuple[int, float], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _rise(self) -> Self:
        for (zoom, focal_mm), (next_zoom, next_focal_mm) in pairwise(self.points):
            if zoom >= next_zoom or not 0 < focal_mm < next_focal_mm:
                raise ValueError(f"zoom positions and focal lengths must rise; they do not from {zoom} to {next_zoom}")
        return self


class Ends(_Sourced):
    """A positive number at the wide end and one at the tele end of the zoom range."""

    value: tuple[Positive, Positive]


class Lens(_Strict):
    """The motorised lens of a zoom camera; names and units are those of `spec.model.LensModel`."""

    focal_mm: FocalLengths
    f_number: Ends
    nearest_m: Ends
    scene_m: Amount
    zoom_per_s: Amount
    focus_per_s: Amount
    iris_per_s: Amount
    infrared: Quantity

    @model_validator(mode="after")
    def _focuses(self) -> Self:
        ends = (self.focal_mm.points[0][1], self.focal_mm.points[-1][1])
        for focal_mm, nearest_m in zip(ends, self.nearest_m.value, strict=True):
            if not focal_mm * 1e-3 < nearest_m < self.scene_m.value:
                raise ValueError(f"nearest_m: {nearest_m:g} must lie between the focal length and scene_m")
        return self


class Link(_Strict):
    """The cable: its rate, what a frame costs beyond its bytes, and the packet size at power-up."""

    speed_mbps: Quantity
    bytes_per_s: Quantity
    frame_overhead_us: Quantity
    default_packet_size: Quantity


class FormatTiming(_Sourced):
    """Readout times of the sensor, and what a format costs on the link."""

    frame_us: float | None = None
    line_us: float | None = None
    pixel_ns: float | None = None
    slowdown: float | None = None
    link_bytes_per_pixel: float | None = None
    link_efficiency: float | None = None


class Timing(_Strict):
    """The frame-rate model: one row for all formats, and rows for those that differ."""

    default: FormatTiming
    formats: dict[str, FormatTiming] = {}


class SlowestRate(_Sourced):
    """What bounds the frame rate below; names and units are those of `spec.model.SlowestRate`."""

    clock_hz: Positive
    line_clocks: Annotated[int, Field(gt=0)]
    blank_lines: Annotated[int, Field(ge=0)]


class ReadoutMode(_Strict):
    """One allowed combination of skipping and binning factors."""

    decimation: tuple[int, int]
    binning: tuple[int, int]


class ReadoutModes(_Sourced):
    """All combinations the camera allows; the first is the default."""

    modes: tuple[ReadoutMode, ...]


class ModelFile(_Strict):
    """A model with everything it extends merged in."""

    identity: Identity
    sensor: Sensor
    color_matrix: Rows | None = None
    lens: Lens | None = None
    link: Link
    timing: Timing
    slowest: SlowestRate
    readout: ReadoutModes
    features: dict[str, FeatureRow]
