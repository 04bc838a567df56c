"""Chunk data behind an image (GigE Vision, chapter "Chunk data").

Every chunk is its data followed by its id and length; the image is the first chunk. Receivers read from the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tiscam_emu.errors import TiscamEmuError

IMAGE_CHUNK_ID = 0x0000_0001
"""Id of the image's own chunk; the cameras' is unpublished, this is ours."""

_MARK = struct.Struct(">II")


class ChunkParseError(TiscamEmuError):
    """Received bytes are not a chain of chunks."""


def build_chunk_tail(image_bytes: int, chunks: Iterable[tuple[int, bytes]]) -> bytes:
    """What follows an image of `image_bytes`: the mark that makes it a chunk, then every (id, data)."""
    return _MARK.pack(IMAGE_CHUNK_ID, image_bytes) + build_chunks(chunks)


def build_chunks(chunks: Iterable[tuple[int, bytes]]) -> bytes:
    """Every (id, data) alone."""
    return b"".join(data + _MARK.pack(chunk_id, len(data)) for chunk_id, data in chunks)


def parse_chunks(payload: bytes) -> dict[int, bytes]:
    """The chunks of a payload by id, the image among them.

    Raises
    ------
    ChunkParseError
        A length points outside the payload.
    """
    chunks: dict[int, bytes] = {}
    end = len(payload)
    while end:
        start = end - _MARK.size
        if start < 0:
            raise ChunkParseError(f"{end} bytes are left, no mark fits")
        chunk_id, length = _MARK.unpack_from(payload, start)
        if length > start:
            raise ChunkParseError(f"chunk 0x{chunk_id:08x} says {length} bytes, {start} are left")
        chunks[chunk_id] = payload[start - length : start]
        end = start - length
    return chunks
