"""Colour processing: hue, saturation and the colour correction matrix (manual 5.11)."""

from __future__ import annotations

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

_ANALOG = "AnalogControl"
_MATRIX = "ColorTransformationControl"
_LATER = "Does not change the image yet."
_CHANNELS = ("red", "green", "blue")

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
"""The colour matrix that changes nothing, row by row."""


def _coefficient(row: int, column: int) -> Entry:
    doc = f"What {_CHANNELS[column]} adds to {_CHANNELS[row]}."
    return Entry(f"Gain{row}{column}", 3 * row + column, doc)


FEATURES: tuple[Feature, ...] = (
    Float(
        name="Hue",
        category=_ANALOG,
        doc="Angle by which colours are turned; 0 changes nothing.",
        section="5.11.1",
        unit="deg",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Float(
        name="Saturation",
        category=_ANALOG,
        doc="Strength of the colours; 64 changes nothing, 0 leaves grey.",
        section="5.11.2",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Boolean(
        name="ColorTransformationEnable",
        category=_MATRIX,
        doc="Multiplies red, green and blue by the colour matrix.",
        section="5.11.3",
        display_name="Color Transformation Enable",
        fidelity=Fidelity.STORED,
        note=_LATER,
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
        category=_MATRIX,
        doc="The selected coefficient of the colour matrix.",
        section="5.11.3",
        visibility=Visibility.EXPERT,
        selected_by="ColorTransformationValueSelector",
        default=IDENTITY,
        fidelity=Fidelity.STORED,
        note=_LATER + " The matrix at power-up is not documented; here it changes nothing.",
    ),
)

ROOM = Room("color", 0x000A_0000, FEATURES)
