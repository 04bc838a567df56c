"""Chunk data: what is sent along with each image (manual 5.18)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.camera.stream import multi_part
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Room,
    Visibility,
)
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.wire.chunks import build_chunk_tail, build_chunks

_CATEGORY = "ChunkDataControl"
_NOT_IN_MANUALS = (
    "Not in the manuals: Aravis' acceptance test asks every camera for it. Hidden where the manual knows no chunks."
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One kind of chunk: the entry of ChunkSelector, its id, and its data for a frame."""

    name: str
    value: int
    id: int
    data: Callable[[FrameRequest], bytes]
    length: int


CHUNKS = (
    Chunk("ExposureTime", 0, 0x0000_9101, lambda request: struct.pack(">d", request.exposure_us), 8),
    Chunk("Gain", 1, 0x0000_9102, lambda request: struct.pack(">d", request.gain_db), 8),
    Chunk("OffsetX", 2, 0x0000_9103, lambda request: struct.pack(">I", request.region.offset_x), 4),
    Chunk("OffsetY", 3, 0x0000_9104, lambda request: struct.pack(">I", request.region.offset_y), 4),
    Chunk("Width", 4, 0x0000_9105, lambda request: struct.pack(">I", request.region.width), 4),
    Chunk("Height", 5, 0x0000_9106, lambda request: struct.pack(">I", request.region.height), 4),
)
"""All chunks; the vendor's ids are unpublished, these are ours."""


def _enabled(state: CameraState) -> Sequence[Chunk] | None:
    """The chunks that are sent; None while chunks are off."""
    if state.other_chunks is not None:
        return state.other_chunks
    if not state.get("ChunkModeActive", 0):
        return None
    enabled = state.every("ChunkEnable")
    return [chunk for chunk in CHUNKS if enabled[chunk.value]]


def chunk_tail(state: CameraState, request: FrameRequest) -> bytes:
    """What is sent behind the image of `request`; nothing while ChunkModeActive is off."""
    enabled = _enabled(state)
    if enabled is None:
        return b""
    data = [(chunk.id, chunk.data(request)) for chunk in enabled]
    return build_chunks(data) if multi_part.is_on(state) else build_chunk_tail(request.payload_bytes(), data)


def chunk_tail_bytes(state: CameraState) -> int:
    """Length of `chunk_tail` with the settings of now."""
    enabled = _enabled(state)
    if enabled is None:
        return 0
    lengths = [chunk.length for chunk in enabled]
    if not multi_part.is_on(state):
        lengths.append(0)  # the image is a chunk, too
    return sum(lengths) + _MARK_BYTES * len(lengths)


_MARK_BYTES = 8


def _port(name: str) -> DataPort:
    chunk = next(chunk for chunk in CHUNKS if chunk.name == name)
    return DataPort("chunk", f"Chunk{name}Port", chunk.id, enabled_by=("ChunkEnable", chunk.value))


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="ChunkModeActive",
        at=At(0xF000_4000),
        category=_CATEGORY,
        doc="Sends the enabled chunks along with each image; the format of the stream changes.",
        section="5.18.1",
        visibility=Visibility.EXPERT,
        locks=(ACQUIRING,),
    ),
    Enumeration(
        name="ChunkSelector",
        category=_CATEGORY,
        doc="Chunk that ChunkEnable stands for.",
        section="5.18.2",
        visibility=Visibility.EXPERT,
        entries=(
            Entry("ExposureTime", 0, "", "Exposure Time"),
            Entry("Gain", 1),
            Entry("OffsetX", 2, "", "Offset X", hidden=True),
            Entry("OffsetY", 3, "", "Offset Y", hidden=True),
            Entry("Width", 4, hidden=True),
            Entry("Height", 5, hidden=True),
        ),
        note="OffsetX, OffsetY, Width and Height: " + _NOT_IN_MANUALS,
    ),
    Boolean(
        name="ChunkEnable",
        category=_CATEGORY,
        doc="Makes the selected chunk part of the data.",
        section="5.18.3",
        visibility=Visibility.EXPERT,
        selected_by="ChunkSelector",
        locks=(ACQUIRING,),
    ),
    Float(
        name="ChunkExposureTime",
        category=_CATEGORY,
        doc="Exposure time with which the image was taken.",
        section="5.18.4",
        visibility=Visibility.EXPERT,
        unit="us",
        access=Access.RO,
        port=_port("ExposureTime"),
    ),
    Float(
        name="ChunkGain",
        category=_CATEGORY,
        doc="Gain with which the image was taken.",
        section="5.18.5",
        visibility=Visibility.EXPERT,
        unit="dB",
        access=Access.RO,
        port=_port("Gain"),
    ),
)

FEATURES += tuple(
    Integer(
        name=f"Chunk{name}",
        category=_CATEGORY,
        doc=f"{name} of the region that the image shows.",
        visibility=Visibility.INVISIBLE,
        unit="px",
        access=Access.RO,
        limits=Limits(0, 65535, 1),
        port=_port(name),
        hidden=True,
        note=_NOT_IN_MANUALS,
    )
    for name in ("OffsetX", "OffsetY", "Width", "Height")
)

ROOM = Room("chunks", 0x000E_0000, FEATURES)
