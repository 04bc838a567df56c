"""What a model YAML may contain; pydantic checks it and names the key at fault.

Every number of a packaged model carries where it is from: `source` names the manual section, datasheet or measurement,
`assumption` says that it is ours and why. Files of one's own need not say that, and may give the bare number instead of
``{value: number}``: validate them with the context `OWN`. Files build on each other through `extends`; the later value
of a key wins.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

OWN = {"own": True}
"""The context in which files of one's own are validated."""

_LARGEST = 1e12
_LARGEST_INTEGER = 2**63
Bounded = Annotated[int | float, Field(ge=-_LARGEST_INTEGER, le=_LARGEST_INTEGER)]
Step = Annotated[int | float, Field(gt=0, le=_LARGEST_INTEGER)]
Scalar = Bounded | bool | str
Positive = Annotated[float, Field(gt=0, le=_LARGEST)]
_NotNegative = Annotated[float, Field(ge=0, le=_LARGEST)]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has characters that cannot be printed")
    return text


def _register_text(text: str) -> str:
    if len(text.encode()) > 31:
        raise ValueError("longer than 31 bytes")
    return text


Printable = Annotated[str, AfterValidator(_printable)]
RegisterText = Annotated[str, Field(min_length=1), AfterValidator(_printable), AfterValidator(_register_text)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _is_own(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("own"))


class _Sourced(_Strict):
    """Something that says where it is from."""

    source: str | None = None
    assumption: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, data: Any, info: ValidationInfo) -> Any:
        bare = _is_own(info) and "value" in cls.model_fields and not isinstance(data, dict)
        return {"value": data} if bare else data

    @model_validator(mode="after")
    def _has_an_origin(self, info: ValidationInfo) -> Self:
        if not self.source and not self.assumption and not _is_own(info):
            raise ValueError("needs a source or an assumption")
        return self


class Quantity(_Sourced):
    """One number with its origin."""

    value: Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]


class Pixels(_Sourced):
    """Rows or columns of a sensor."""

    value: Annotated[float, Field(ge=16, le=16384, multiple_of=1)]


class Whole(_Sourced):
    """A positive whole number with its origin."""

    value: Annotated[float, Field(gt=0, le=30_000, multiple_of=1)]


class PacketSize(_Sourced):
    """Bytes of a stream packet with all headers."""

    value: Annotated[float, Field(ge=576, le=16364, multiple_of=4)]


class PixelSize(_Sourced):
    """Micrometres."""

    value: Annotated[float, Field(gt=0, le=100)]


class Quantities(_Sourced):
    """Several numbers with one origin."""

    value: tuple[float, ...]


class Amount(_Sourced):
    """A positive number with its origin."""

    value: Positive


class NotNegative(_Sourced):
    """A number of at least 0 with its origin."""

    value: _NotNegative


class Rows(_Sourced):
    """A table of numbers with its origin."""

    value: tuple[tuple[float, ...], ...]


class Share(_Sourced):
    """A part of something, in percent."""

    value: Annotated[float, Field(gt=0, le=100)]


class Count(_Sourced):
    """How many there are."""

    value: Annotated[int, Field(ge=0, le=100_000)]


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

    min: Bounded | None = None
    max: Bounded | None = None
    inc: Step | None = None
    default: Scalar | None = None
    entries: tuple[str, ...] | None = None
    hidden: bool = False


class Identity(_Strict):
    """What the camera says it is."""

    name: RegisterText
    vendor: RegisterText
    device_version: RegisterText
    firmware_version: RegisterText
    manufacturer_info: Annotated[str, Field(max_length=47, pattern=r"^[ -~]*$")]
    xml_model_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    xml_vendor_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    product_guid: Annotated[str, Field(pattern=r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")]
    serial: Annotated[str, Field(pattern=r"^[0-9]{8}$")]


class Sensor(_Strict):
    """The image sensor; names and units are those of `sensor.model.SensorModel`."""

    name: str
    color: bool
    cfa: str
    width: Pixels
    height: Pixels
    pixel_um: PixelSize
    adc_bits: Whole
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

    speed_mbps: Whole
    bytes_per_s: Amount
    frame_overhead_us: NotNegative
    default_packet_size: PacketSize


class FormatTiming(_Sourced):
    """Readout times of the sensor, and what a format costs on the link."""

    frame_us: _NotNegative | None = None
    line_us: _NotNegative | None = None
    pixel_ns: _NotNegative | None = None
    slowdown: Positive | None = None
    link_bytes_per_pixel: Positive | None = None
    link_efficiency: Annotated[float, Field(gt=0, le=1)] | None = None


class Timing(_Strict):
    """The frame-rate model: one row for all formats, and rows for those that differ."""

    default: FormatTiming
    formats: dict[str, FormatTiming] = {}


class SlowestRate(_Sourced):
    """What bounds the frame rate below; names and units are those of `spec.model.SlowestRate`."""

    clock_hz: Annotated[float, Field(gt=0, le=1e9)]
    line_clocks: Annotated[int, Field(ge=1000, le=1_000_000_000)]
    blank_lines: Annotated[int, Field(ge=0, le=1_000_000)]


_Factor = Annotated[int, Field(ge=1, le=16)]


class ReadoutMode(_Strict):
    """One allowed combination of skipping and binning factors."""

    decimation: tuple[_Factor, _Factor]
    binning: tuple[_Factor, _Factor]

    @model_validator(mode="after")
    def _does_one_of_both(self) -> Self:
        if max(self.decimation) > 1 and max(self.binning) > 1:
            raise ValueError("skipping and binning cannot be together")
        return self


class ReadoutModes(_Sourced):
    """All combinations the camera allows; the first is the default."""

    modes: Annotated[tuple[ReadoutMode, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _begins_with_all_pixels(self) -> Self:
        if {*self.modes[0].decimation, *self.modes[0].binning} != {1}:
            raise ValueError("the first mode has to have factors of 1")
        return self


class OwnFeature(_Strict):
    """A feature of one's own; see `spec.own_features` for what each kind may say."""

    type: Literal["integer", "float", "enumeration", "boolean", "string", "command"]
    category: str = "OwnFeatures"
    doc: str = ""
    display_name: Printable = ""
    visibility: Literal["Beginner", "Expert", "Guru", "Invisible"] = "Beginner"
    access: Literal["RO", "RW", "WO"] = "RW"
    unit: Printable = ""
    min: Bounded | None = None
    max: Bounded | None = None
    inc: Step | None = None
    default: Scalar | None = None
    entries: tuple[Any, ...] | dict[str, Any] | None = None
    size: Annotated[int, Field(ge=1, le=512)] = 64
    selector: str = ""


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
    own_features: dict[str, OwnFeature] = {}

    @model_validator(mode="after")
    def _declares_features_in_code(self, info: ValidationInfo) -> Self:
        if self.own_features and not _is_own(info):
            raise ValueError("own_features: a packaged model has those that are declared")
        return self
