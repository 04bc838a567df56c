"""Colour processing: hue, saturation and the colour correction matrix (manual 5.11)."""

from __future__ import annotations

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Boolean,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Room,
    Visibility,
)
from tiscam_emu.sensor.isp.colour_mix import NEUTRAL_SATURATION

_ANALOG = "AnalogControl"
_MATRIX = "ColorTransformationControl"
_CHANNELS = ("red", "green", "blue")


def hue_deg(state: CameraState) -> float:
    """The angle by which colours are turned; 0 on a monochrome camera."""
    return float(state.get("Hue", 0.0))


def saturation(state: CameraState) -> float:
    """The strength of colours, 64 is neutral."""
    return float(state.get("Saturation", NEUTRAL_SATURATION))


def matrix(state: CameraState) -> tuple[float, ...] | None:
    """The nine coefficients that act on the image, row by row; None while the matrix is off or missing."""
    return state.every("ColorTransformationValue") if state.get("ColorTransformationEnable", 0) else None


def _coefficient(row: int, column: int) -> Entry:
    doc = f"What {_CHANNELS[column]} adds to {_CHANNELS[row]}."
    return Entry(f"Gain{row}{column}", 3 * row + column, doc)


FEATURES: tuple[Feature, ...] = (
    Float(
        name="Hue",
        per_unit=100,
        signed=True,
        category=_ANALOG,
        doc="Angle by which colours are turned; 0 changes nothing.",
        section="5.11.1",
        unit="deg",
        sfnc=False,
        fidelity=Fidelity.APPROXIMATED,
        note="In the plane of BT.601 chrominance; that positive angles turn red towards magenta is an assumption."
        " Raw data is interpolated, changed and sampled again, so it is slightly blurred, as the manual says.",
    ),
    Float(
        name="Saturation",
        per_unit=100,
        category=_ANALOG,
        doc="Strength of the colours; 64 changes nothing, 0 leaves grey.",
        section="5.11.2",
        sfnc=False,
        note="In the plane of BT.601 chrominance. Raw data is slightly blurred by it, as the manual says.",
    ),
    Boolean(
        name="ColorTransformationEnable",
        category=_MATRIX,
        doc="Multiplies red, green and blue by the colour matrix.",
        section="5.11.3",
        display_name="Color Transformation Enable",
        note="After white balance, before hue and saturation; acts on raw data as these do.",
    ),
    Enumeration(
        name="ColorTransformationSelector",
        category=_MATRIX,
        doc="Which transformation the matrix describes; there is one.",
        section="5.11.3",
        visibility=Visibility.EXPERT,
        entries=(Entry("RGBtoRGB", 0, "From the sensor's colours to the image's."),),
    ),
    Enumeration(
        name="ColorTransformationValueSelector",
        category=_MATRIX,
        doc="Coefficient that ColorTransformationValue stands for.",
        section="5.11.3",
        visibility=Visibility.EXPERT,
        entries=tuple(_coefficient(row, column) for row in range(3) for column in range(3)),
    ),
    Float(
        name="ColorTransformationValue",
        per_unit=16,
        signed=True,
        category=_MATRIX,
        doc="The selected coefficient of the colour matrix.",
        section="5.11.3",
        visibility=Visibility.EXPERT,
        selected_by="ColorTransformationValueSelector",
        default=lambda state: state.model.color_matrix,
        fidelity=Fidelity.APPROXIMATED,
        note="The values at power-up are not documented; here they undo the overlap of the sensor's dyes.",
    ),
)

ROOM = Room("color", 0x000A_0000, FEATURES)
