"""Image format: pixel format, size, offsets, flips, skipping and binning (manual 5.1)."""

from __future__ import annotations

from functools import cache, partial
from itertools import product

from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Lock,
    Room,
    Visibility,
)
from tiscam_emu.pixel_formats import BY_CODE, PIXEL_FORMATS, PixelFormat
from tiscam_emu.sensor.request import Region
from tiscam_emu.spec.model import ReadoutMode

_CATEGORY = "ImageFormatControl"
_FACTORS = {
    "DecimationHorizontal": "decimation_x",
    "DecimationVertical": "decimation_y",
    "BinningHorizontal": "binning_x",
    "BinningVertical": "binning_y",
}

AUTO_CENTER = Lock("OffsetAutoCenter", lambda state: state.entry("OffsetAutoCenter") == "On", "OffsetAutoCenter is On")


_REMEMBERED = (
    "A value that skipping or binning does not leave takes effect as far as it fits, and wholly when they do; what is "
    "kept in user sets is what has taken effect."
)
_CLAMPED = (
    "A value that the size does not leave becomes the largest possible one, as the manual says, until the size leaves "
    "it; the XML's maximum is the live one, at which GenApi clients stop by themselves."
)


def pixel_format(state: CameraState) -> PixelFormat:
    """The pixel format in use."""
    return BY_CODE[state["PixelFormat"]]


def region(state: CameraState) -> Region:
    """What is read out now, in output pixels."""
    mode = state.readout_mode
    return Region(
        width=state["Width"],
        height=state["Height"],
        offset_x=state["OffsetX"],
        offset_y=state["OffsetY"],
        skip_x=mode.decimation_x,
        skip_y=mode.decimation_y,
        bin_x=mode.binning_x,
        bin_y=mode.binning_y,
        reverse_x=bool(state.get("ReverseX", 0)),
        reverse_y=bool(state.get("ReverseY", 0)),
    )


def remaining(size: int, factor: int, *, color: bool) -> int:
    """Pixels that a factor of skipping or binning leaves of a line or column: in colour, of which quads stay whole."""
    return size // (2 * factor) * 2 if color and factor > 1 else size // factor


def largest_width(state: CameraState, mode: ReadoutMode) -> int:
    """Columns that skipping and binning leave of the sensor; whole increments above the minimum."""
    sensor, limits = state.model.sensor, state.widest_limits("Width")
    return int(limits.fit(remaining(sensor.width, mode.decimation_x * mode.binning_x, color=sensor.color)))


def largest_height(state: CameraState, mode: ReadoutMode) -> int:
    """Rows that skipping and binning leave of the sensor; whole increments above the minimum."""
    sensor, limits = state.model.sensor, state.widest_limits("Height")
    return int(limits.fit(remaining(sensor.height, mode.decimation_y * mode.binning_y, color=sensor.color)))


def allowed_mode(modes: tuple[ReadoutMode, ...], current: ReadoutMode, factor: str, value: int) -> ReadoutMode | None:
    """The mode in which `factor` has `value` and least else changes; None if the camera has no such mode."""
    matching = [mode for mode in modes if getattr(mode, factor) == value]
    names = _FACTORS.values()

    def changes(mode: ReadoutMode) -> int:
        return sum(getattr(mode, name) != getattr(current, name) for name in names)

    return min(matching, key=changes, default=None)


@cache
def mixtures(modes: tuple[ReadoutMode, ...]) -> tuple[ReadoutMode, ...]:
    """The documented modes, and those on the way to them while a client writes one factor after the other."""
    factors = _FACTORS.values()
    between = (
        ReadoutMode(*mixed) for mode in modes for mixed in product(*({1, getattr(mode, factor)} for factor in factors))
    )
    return tuple(dict.fromkeys([*modes, *between]))


def _narrowed(limits: Limits, high: int) -> Limits:
    return Limits(limits.low, limits.fit(high), limits.step)


def _center(state: CameraState, name: str, largest: int, size: int) -> int:
    return int(state.widest_limits(name).fit((largest - size) // 2))


def _offset_x(state: CameraState) -> int:
    if AUTO_CENTER.holds(state):
        return _center(state, "OffsetX", largest_width(state, state.readout_mode), state["Width"])
    return int(state.fitted("OffsetX"))


def _offset_y(state: CameraState) -> int:
    if AUTO_CENTER.holds(state):
        return _center(state, "OffsetY", largest_height(state, state.readout_mode), state["Height"])
    return int(state.fitted("OffsetY"))


def _keep_offset(state: CameraState) -> None:
    """Leaving auto-centring keeps the region where it is."""
    mode = state.readout_mode
    if not AUTO_CENTER.holds(state):
        return
    state.put("OffsetX", _center(state, "OffsetX", largest_width(state, mode), state["Width"]))
    state.put("OffsetY", _center(state, "OffsetY", largest_height(state, mode), state["Height"]))


def _accept_auto_center(state: CameraState, value: int) -> int:
    _keep_offset(state)
    return value


def choose_mode(
    state: CameraState, modes: tuple[ReadoutMode, ...], names: dict[str, str], written: str, value: int
) -> ReadoutMode:
    """The one of `modes` after `written` becomes `value`; `names` maps feature names to factors."""
    current = ReadoutMode(**{factor: int(state.stored(name)) for name, factor in names.items() if name in state})
    mode = allowed_mode(modes, current, names[written], value)
    if mode is None:
        raise InvalidParameter(f"{written}: the camera has no readout mode with {value}")
    return mode


def factor_limits(factor: str, state: CameraState, _limits: Limits) -> Limits:
    """From 1 to the largest value of one factor in any readout mode."""
    return Limits(1, max(getattr(mode, factor) for mode in state.model.readout_modes), 1)


def _accept_factor(written: str, state: CameraState, value: int) -> int:
    mode = choose_mode(state, mixtures(state.model.readout_modes), _FACTORS, written, value)
    for name, factor in _FACTORS.items():
        if name in state:
            state.put(name, getattr(mode, factor))
    return value


def _refuse_nothing(_state: CameraState, size: int) -> str:
    return "" if size else "a picture of size 0 cannot be"


def _factor(name: str, doc: str) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        section="5.1.3",
        limits=Limits(1, 16, 1),
        live=partial(factor_limits, _FACTORS[name]),
        default=1,
        locks=(ACQUIRING,),
        accept=partial(_accept_factor, name),
        moves=True,
        note="Between two writes, and as long as a client leaves it at that, one axis alone may skip or bin, although"
        " some manuals know both together only. What can never be together, binning and skipping, moves the others"
        " along.",
    )


FEATURES: tuple[Feature, ...] = (
    Integer(
        name="SensorWidth",
        category=_CATEGORY,
        doc="Columns of the image sensor.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0, 65535),
        live=lambda state, _limits: Limits(state.model.sensor.width, state.model.sensor.width, 1),
        unit="px",
        value=lambda state: state.model.sensor.width,
        constant=True,
    ),
    Integer(
        name="SensorHeight",
        category=_CATEGORY,
        doc="Rows of the image sensor.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0, 65535),
        live=lambda state, _limits: Limits(state.model.sensor.height, state.model.sensor.height, 1),
        unit="px",
        value=lambda state: state.model.sensor.height,
        constant=True,
    ),
    Float(
        name="SensorPixelWidth",
        per_unit=100,
        category=_CATEGORY,
        doc="Distance of neighbouring pixels along a row of the sensor.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0.0, 100.0),
        unit="um",
        value=lambda state: float(state.model.sensor.pixel_um),
        constant=True,
    ),
    Float(
        name="SensorPixelHeight",
        per_unit=100,
        category=_CATEGORY,
        doc="Distance of neighbouring pixels along a column of the sensor.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0.0, 100.0),
        unit="um",
        value=lambda state: float(state.model.sensor.pixel_um),
        constant=True,
    ),
    Integer(
        name="WidthMax",
        category=_CATEGORY,
        doc="Largest width that skipping and binning leave.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0, 65535),
        unit="px",
        value=lambda state: largest_width(state, state.readout_mode),
    ),
    Integer(
        name="HeightMax",
        category=_CATEGORY,
        doc="Largest height that skipping and binning leave.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        every_model=True,
        limits=Limits(0, 65535),
        unit="px",
        value=lambda state: largest_height(state, state.readout_mode),
    ),
    Enumeration(
        name="PixelFormat",
        at=At(0xF000_0000),
        category=_CATEGORY,
        doc="Type and packing of the pixels that are sent.",
        section="5.1.1",
        locks=(ACQUIRING,),
        entries=tuple(Entry(row.name, row.code) for row in PIXEL_FORMATS.values()),
    ),
    Integer(
        name="Width",
        at=At(0xFF00_0070),
        remembered=True,
        category=_CATEGORY,
        doc="Columns of the image that is sent, counted after skipping and binning.",
        section="5.1.2",
        unit="px",
        live=lambda state, limits: _narrowed(limits, largest_width(state, state.readout_mode)),
        locks=(ACQUIRING,),
        refuse=_refuse_nothing,
        note=_REMEMBERED,
    ),
    Integer(
        name="Height",
        at=At(0xFF00_0080),
        remembered=True,
        category=_CATEGORY,
        doc="Rows of the image that is sent, counted after skipping and binning.",
        section="5.1.2",
        unit="px",
        live=lambda state, limits: _narrowed(limits, largest_height(state, state.readout_mode)),
        locks=(ACQUIRING,),
        refuse=_refuse_nothing,
        note=_REMEMBERED,
    ),
    Integer(
        name="OffsetX",
        at=At(0xFF00_0090),
        remembered=True,
        category=_CATEGORY,
        doc="First column of the region that is read out; what the width leaves is the largest value.",
        section="5.1.5",
        unit="px",
        value=_offset_x,
        clamps=True,
        note=_CLAMPED,
        live=lambda state, limits: _narrowed(limits, largest_width(state, state.readout_mode) - int(state["Width"])),
        locks=(AUTO_CENTER,),
    ),
    Integer(
        name="OffsetY",
        at=At(0xFF00_00A0),
        remembered=True,
        category=_CATEGORY,
        doc="First row of the region that is read out; what the height leaves is the largest value.",
        section="5.1.5",
        unit="px",
        value=_offset_y,
        clamps=True,
        note=_CLAMPED,
        live=lambda state, limits: _narrowed(limits, largest_height(state, state.readout_mode) - int(state["Height"])),
        locks=(AUTO_CENTER,),
    ),
    Enumeration(
        name="OffsetAutoCenter",
        at=At(0xFF00_0200),
        category=_CATEGORY,
        doc="Keeps the region in the middle of the sensor; the offsets then follow the size.",
        section="5.1.5",
        sfnc=False,
        entries=(Entry("Off", 0), Entry("On", 1)),
        accept=_accept_auto_center,
    ),
    Boolean(
        name="ReverseX",
        at=At(0xFF00_0220, 1, 1),
        category=_CATEGORY,
        doc="Mirrors the image left to right; the Bayer phase stays what PixelFormat says.",
        section="5.1.6",
        visibility=Visibility.EXPERT,
    ),
    Boolean(
        name="ReverseY",
        at=At(0xFF00_0220, 0, 0),
        category=_CATEGORY,
        doc="Mirrors the image top to bottom; the Bayer phase stays what PixelFormat says.",
        section="5.1.6",
        visibility=Visibility.EXPERT,
    ),
    _factor("DecimationHorizontal", "Skips columns: 2 reads every second one (in colour every second pair)."),
    _factor("DecimationVertical", "Skips rows: 2 reads every second one (in colour every second pair)."),
    _factor("BinningHorizontal", "Merges that many neighbouring columns of one colour into one."),
    _factor("BinningVertical", "Merges that many neighbouring rows of one colour into one."),
)

ROOM = Room("image_format", 0x0002_0000, FEATURES)
