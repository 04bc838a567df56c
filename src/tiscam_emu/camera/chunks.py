"""Chunk data: exposure time and gain sent along with each image (manual 5.18)."""

from __future__ import annotations

from tiscam_emu.camera.state import ACQUIRING
from tiscam_emu.features.kinds import (
    Access,
    Boolean,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Room,
    Visibility,
)

_CATEGORY = "ChunkDataControl"
_LATER = "Stored and returned: frames carry no chunks yet."

EXPOSURE_TIME_ID = 0x0000_9101
GAIN_ID = 0x0000_9102
"""Chunk ids; the vendor's are unpublished, these are ours."""

FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="ChunkModeActive",
        category=_CATEGORY,
        doc="Sends the enabled chunks along with each image; the format of the stream changes.",
        section="5.18.1",
        visibility=Visibility.EXPERT,
        locks=(ACQUIRING,),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Enumeration(
        name="ChunkSelector",
        category=_CATEGORY,
        doc="Chunk that ChunkEnable stands for.",
        section="5.18.2",
        visibility=Visibility.EXPERT,
        entries=(Entry("ExposureTime", 0, "", "Exposure Time"), Entry("Gain", 1)),
    ),
    Boolean(
        name="ChunkEnable",
        category=_CATEGORY,
        doc="Makes the selected chunk part of the data.",
        section="5.18.3",
        visibility=Visibility.EXPERT,
        selected_by="ChunkSelector",
        locks=(ACQUIRING,),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Float(
        name="ChunkExposureTime",
        category=_CATEGORY,
        doc="Exposure time with which the image was taken.",
        section="5.18.4",
        visibility=Visibility.EXPERT,
        unit="us",
        access=Access.RO,
        port=DataPort("chunk", EXPOSURE_TIME_ID),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    Float(
        name="ChunkGain",
        category=_CATEGORY,
        doc="Gain with which the image was taken.",
        section="5.18.5",
        visibility=Visibility.EXPERT,
        unit="dB",
        access=Access.RO,
        port=DataPort("chunk", GAIN_ID),
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
)

ROOM = Room("chunks", 0x000E_0000, FEATURES)
