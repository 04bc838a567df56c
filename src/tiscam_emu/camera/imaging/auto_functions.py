"""Region of interest of the automatics: presets and a custom rectangle (manual 5.12).

The rectangle counts from the corner of the image that is sent, and never leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import At, Boolean, Entry, Enumeration, Feature, Fidelity, Integer, Limits, Lock, Room

_CATEGORY = "AutoFunctionsROI"
_SMALLEST_PX = 16
_PRESET_PREFIX = "AutoFunctionsROIPreset_"
_PRESETS_EIGHTHS = {
    "FullSensor": (0, 0, 8, 8),
    "Center50": (2, 2, 4, 4),
    "Center25": (3, 3, 2, 2),
    "BottomHalf": (0, 4, 8, 4),
    "TopHalf": (0, 0, 8, 4),
}
_AXES = {
    "AutoFunctionsROILeft": ("Width", 0),
    "AutoFunctionsROITop": ("Height", 1),
    "AutoFunctionsROIWidth": ("Width", 2),
    "AutoFunctionsROIHeight": ("Height", 3),
}


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Part of the image that is sent, in its pixels."""

    left: int
    top: int
    width: int
    height: int


def _is_preset(state: CameraState) -> bool:
    return state.entry("AutoFunctionsROIPreset") != f"{_PRESET_PREFIX}CustomRectangle"


PRESET = Lock("AutoFunctionsROIPreset", _is_preset, "AutoFunctionsROIPreset is not CustomRectangle")


def rectangle(state: CameraState) -> Rectangle:
    """What the automatics look at: the whole image while AutoFunctionsROIEnable is off."""
    if not state["AutoFunctionsROIEnable"]:
        return Rectangle(0, 0, state["Width"], state["Height"])
    return Rectangle(*(int(state[name]) for name in _AXES))


def _preset_value(state: CameraState, name: str) -> int:
    size, part = _AXES[name]
    preset = state.entry("AutoFunctionsROIPreset").removeprefix(_PRESET_PREFIX)
    return int(state[size]) * _PRESETS_EIGHTHS[preset][part] // 8


def _corner_limits(size: str, state: CameraState, limits: Limits) -> Limits:
    return Limits(limits.low, limits.fit(int(state[size]) - _SMALLEST_PX), limits.step)


def _extent_limits(size: str, corner: str, state: CameraState, limits: Limits) -> Limits:
    return Limits(limits.low, limits.fit(int(state[size]) - int(state[corner])), limits.step)


def _value(name: str, state: CameraState) -> int:
    wanted = _preset_value(state, name) if PRESET.holds(state) else int(state.stored(name))
    return int(state.limits(name).fit(wanted))


_LEFT = Integer(
    name="AutoFunctionsROILeft",
    at=At(0xFF00_0510),
    category=_CATEGORY,
    doc="First column of the rectangle.",
    section="5.12.3",
    display_name="Auto Functions ROI Left",
    sfnc=False,
    locks=(PRESET,),
    live=partial(_corner_limits, "Width"),
    value=partial(_value, "AutoFunctionsROILeft"),
    note="Follows preset and image size.",
)

FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="AutoFunctionsROIEnable",
        at=At(0xFF00_0500, 0, 0),
        category=_CATEGORY,
        doc="Lets the automatics look at a part of the image alone.",
        section="5.12.1",
        display_name="Enable Auto Functions ROI",
        sfnc=False,
    ),
    Enumeration(
        name="AutoFunctionsROIPreset",
        at=At(0xFF00_0500, 8, 15),
        category=_CATEGORY,
        doc="Which part of the image the automatics look at.",
        section="5.12.2",
        display_name="Auto Functions ROI Preset",
        sfnc=False,
        entries=(
            Entry(f"{_PRESET_PREFIX}FullSensor", 0, "The whole image.", "Full Sensor"),
            Entry(f"{_PRESET_PREFIX}CustomRectangle", 1, "The rectangle set by the user.", "Custom Rectangle"),
            Entry(f"{_PRESET_PREFIX}Center50", 2, "The middle, half as wide and high.", "Center 50%"),
            Entry(f"{_PRESET_PREFIX}Center25", 3, "The middle, a quarter as wide and high.", "Center 25%"),
            Entry(f"{_PRESET_PREFIX}BottomHalf", 4, "The lower half.", "Bottom Half"),
            Entry(f"{_PRESET_PREFIX}TopHalf", 5, "The upper half.", "Top Half"),
        ),
        fidelity=Fidelity.APPROXIMATED,
        note="That Center 50% and 25% count along each side is an assumption.",
    ),
    _LEFT,
    replace(
        _LEFT,
        name="AutoFunctionsROITop",
        at=At(0xFF00_0520),
        doc="First row of the rectangle.",
        display_name="Auto Functions ROI Top",
        live=partial(_corner_limits, "Height"),
        value=partial(_value, "AutoFunctionsROITop"),
    ),
    replace(
        _LEFT,
        name="AutoFunctionsROIWidth",
        at=At(0xFF00_0530),
        doc="Columns of the rectangle; as many as Left leaves of the image.",
        display_name="Auto Functions ROI Width",
        live=partial(_extent_limits, "Width", "AutoFunctionsROILeft"),
        value=partial(_value, "AutoFunctionsROIWidth"),
        default=lambda state: state.widest_limits("AutoFunctionsROIWidth").high,
    ),
    replace(
        _LEFT,
        name="AutoFunctionsROIHeight",
        at=At(0xFF00_0540),
        doc="Rows of the rectangle; as many as Top leaves of the image.",
        display_name="Auto Functions ROI Height",
        live=partial(_extent_limits, "Height", "AutoFunctionsROITop"),
        value=partial(_value, "AutoFunctionsROIHeight"),
        default=lambda state: state.widest_limits("AutoFunctionsROIHeight").high,
    ),
)

ROOM = Room("auto_functions", 0x0007_0000, FEATURES)
