"""Lookup table: 257 points that replace the gamma curve (manual 5.10.2)."""

from __future__ import annotations

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Boolean,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Lock,
    Register,
    Room,
    Visibility,
)

_CATEGORY = "LUTControl"
_SECTION = "5.10.2"

POINTS = 257
LARGEST = 0xFFFF
STRAIGHT = tuple(min(256 * index, LARGEST) for index in range(POINTS))
"""The table that changes nothing: points lie 256 apart on the 16-bit scale, the last one is full scale."""

LUT_ENABLED = Lock("LUTEnabled", lambda state: bool(state["LUTEnable"]), "LUTEnable is on and replaces gamma")


def points(state: CameraState) -> tuple[int, ...]:
    """The 257 points of the table in use; 16 bits each."""
    return state.every("LUTValue")


def table(state: CameraState) -> tuple[int, ...] | None:
    """The points that act on the image; None while the table is off."""
    return points(state) if LUT_ENABLED.holds(state) else None


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="LUTEnable",
        category=_CATEGORY,
        doc="Sends pixels through the lookup table instead of the gamma curve.",
        section=_SECTION,
        display_name="LUT Enable",
        visibility=Visibility.EXPERT,
        note="Y alone in the YUV formats, every channel else. Values are taken with their black level and rounded.",
    ),
    Integer(
        name="LUTIndex",
        category=_CATEGORY,
        doc="Point of the table that LUTValue stands for.",
        section=_SECTION,
        display_name="LUT Index",
        representation="Linear",
        visibility=Visibility.EXPERT,
        limits=Limits(0, POINTS - 1, 1),
    ),
    Integer(
        name="LUTValue",
        category=_CATEGORY,
        doc="Output at the selected point; what lies between two points is interpolated.",
        section=_SECTION,
        display_name="LUT Value",
        representation="Linear",
        visibility=Visibility.EXPERT,
        selected_by="LUTIndex",
        limits=Limits(0, LARGEST, 1),
        default=STRAIGHT,
        fidelity=Fidelity.APPROXIMATED,
        note="That it starts as a straight line is an assumption.",
    ),
    Register(
        name="LUTValueAll",
        category=_CATEGORY,
        doc="All points at once: one big-endian 32-bit word each, the value in its low half.",
        section=_SECTION,
        display_name="LUT Value All",
        visibility=Visibility.GURU,
        alias_of="LUTValue",
        size=4 * POINTS,
        fidelity=Fidelity.APPROXIMATED,
        note="The manual does not state the byte order.",
    ),
)

ROOM = Room("lut", 0x0009_0000, FEATURES)
