"""What leader and trailer say about a frame."""

from __future__ import annotations

from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.gvsp import ChunkLeader, ChunkTrailer, ImageLeader, ImageTrailer, Leader, PayloadType, Trailer
from tiscam_emu.wire.multi_part import DataType, MultiPartLeader, MultiPartTrailer, Part


def leader_and_trailer(
    request: FrameRequest, chunk_tail: bytes, configuration: StreamChannelCapability
) -> tuple[Leader, Trailer]:
    """What surrounds the payload of a frame; SCCFG says how an image with chunks presents itself."""
    payload_bytes = request.payload_bytes() + len(chunk_tail)
    if chunk_tail and not configuration & StreamChannelCapability.EXTENDED_CHUNK:
        return ChunkLeader(request.exposure_start_ns), ChunkTrailer(payload_bytes)
    region = request.region
    kind = PayloadType.IMAGE_EXTENDED_CHUNK if chunk_tail else PayloadType.IMAGE
    leader = ImageLeader(
        timestamp=request.exposure_start_ns,
        pixel_format=request.pixel_format.code,
        size_x=region.width,
        size_y=region.height,
        offset_x=region.offset_x,
        offset_y=region.offset_y,
        payload_type=kind,
    )
    chunk_bytes = payload_bytes if chunk_tail else 0
    return leader, ImageTrailer(size_y=region.height, payload_type=kind, chunk_payload_bytes=chunk_bytes)


def leader_and_trailer_of_parts(request: FrameRequest, chunk_bytes: int) -> tuple[MultiPartLeader, MultiPartTrailer]:
    """What surrounds the payload of a frame in parts."""
    parts = _parts(request, chunk_bytes)
    return MultiPartLeader(request.exposure_start_ns, parts), MultiPartTrailer(parts)


def part_lengths(image_bytes: int, chunk_bytes: int) -> tuple[int, ...]:
    """Bytes of the parts of a frame: its image, and its chunks if there are any."""
    return (image_bytes, chunk_bytes) if chunk_bytes else (image_bytes,)


def _parts(request: FrameRequest, chunk_bytes: int) -> tuple[Part, ...]:
    region = request.region
    image = Part(
        DataType.IMAGE_2D,
        request.payload_bytes(),
        pixel_format=request.pixel_format.code,
        size_x=region.width,
        size_y=region.height,
        offset_x=region.offset_x,
        offset_y=region.offset_y,
    )
    return (image, Part(DataType.CHUNK_DATA, chunk_bytes)) if chunk_bytes else (image,)
