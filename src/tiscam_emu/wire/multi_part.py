"""Multi-part payloads: a block of several parts, such as an image and its chunks.

Leader and trailer list the parts. Every payload packet belongs to one part, and says so in 8 bytes before its data; so
each part begins a packet. How many parts there are stands in the leader's header, which has room for it only with
extended ids: there are no multi-part payloads with standard ids.

Source: GigE Vision 2.1, chapters "Multi-part payload type" and "GVSP packet header".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from construct import (
    Array,
    BytesInteger,
    ConstructError,
    GreedyRange,
    Int8ub,
    Int16ub,
    Int32ub,
    Int64ub,
    Padding,
    Struct,
)

from tiscam_emu.wire.gvsp import GvspParseError, PayloadType


class DataType(IntEnum):
    """What a part is."""

    IMAGE_2D = 0x0001
    CHUNK_DATA = 0x000A


class ZoneInfo(IntFlag):
    """Bits of a payload packet's zone information; bits 1 to 5 are the zone, 0 where a part has no others."""

    END_OF_PART = 0x40
    END_OF_ZONE = 0x01


_LEADER = struct.Struct(">xxHQ")
_LEADER_PART = struct.Struct(">HHII12xIIIIHH4x")
_TRAILER = struct.Struct(">xxH")
_TRAILER_PART = struct.Struct(">HHII4x")
_PREFIX = struct.Struct(">BBHI")
PREFIX_BYTES = _PREFIX.size


@dataclass(frozen=True, slots=True)
class Part:
    """One part; only images have a pixel format, a size and a place."""

    data_type: int
    length: int
    pixel_format: int = 0
    size_x: int = 0
    size_y: int = 0
    offset_x: int = 0
    offset_y: int = 0
    padding_x: int = 0
    padding_y: int = 0

    def leader_entry(self) -> bytes:
        """48 bytes; source, zones, purpose and region are 0: there is one of each."""
        return _LEADER_PART.pack(
            self.data_type,
            *_split_48(self.length),
            self.pixel_format,
            self.size_x,
            self.size_y,
            self.offset_x,
            self.offset_y,
            self.padding_x,
            self.padding_y,
        )

    def trailer_entry(self) -> bytes:
        """16 bytes."""
        return _TRAILER_PART.pack(self.data_type, *_split_48(self.length), self.size_y)


@dataclass(frozen=True, slots=True)
class MultiPartLeader:
    """What is known of all parts when the first packet leaves."""

    timestamp: int
    parts: tuple[Part, ...]

    def build(self) -> bytes:
        """12 bytes and 48 for each part, after the packet header."""
        return _LEADER.pack(PayloadType.MULTI_PART, self.timestamp) + b"".join(p.leader_entry() for p in self.parts)


@dataclass(frozen=True, slots=True)
class MultiPartTrailer:
    """What was sent of each part: its length and lines."""

    parts: tuple[Part, ...]

    def build(self) -> bytes:
        """4 bytes and 16 for each part."""
        return _TRAILER.pack(PayloadType.MULTI_PART) + b"".join(part.trailer_entry() for part in self.parts)


@dataclass(frozen=True, slots=True)
class PartPrefix:
    """What stands before the data of a payload packet; `offset` is where they belong in the whole payload."""

    part_id: int
    offset: int
    zone_info: int = 0

    def build(self) -> bytes:
        """8 bytes."""
        return _PREFIX.pack(self.part_id, self.zone_info, *_split_48(self.offset))


def _split_48(number: int) -> tuple[int, int]:
    return number >> 32, number & 0xFFFF_FFFF


LEADER_PART = Struct(
    "data_type" / Int16ub,
    "length" / BytesInteger(6),
    "pixel_format" / Int32ub,
    Padding(2),
    "source_id" / Int8ub,
    "additional_zones" / Int8ub,
    "zone_directions" / Int32ub,
    "data_purpose" / Int16ub,
    "region" / Int16ub,
    "size_x" / Int32ub,
    "size_y" / Int32ub,
    "offset_x" / Int32ub,
    "offset_y" / Int32ub,
    "padding_x" / Int16ub,
    "padding_y" / Int16ub,
    Padding(4),
)
TRAILER_PART = Struct("data_type" / Int16ub, "length" / BytesInteger(6), "size_y" / Int32ub, Padding(4))
_LEADER_HEAD = Struct(Padding(2), "payload_type" / Int16ub, "timestamp" / Int64ub)
_TRAILER_BODY = Struct(Padding(2), "payload_type" / Int16ub, "parts" / GreedyRange(TRAILER_PART))
_PREFIX_BODY = Struct("part_id" / Int8ub, "zone_info" / Int8ub, "offset" / BytesInteger(6))


def parse_multi_part_leader(data: bytes, parts: int) -> MultiPartLeader:
    """Leader fields from the data of a LEADER packet whose header counts so many parts.

    Raises
    ------
    GvspParseError
        Too short.
    """
    try:
        head = _LEADER_HEAD.parse(data)
        rows = Array(parts, LEADER_PART).parse(data[_LEADER.size :])
    except ConstructError as error:
        raise GvspParseError(f"{len(data)} bytes are no leader of {parts} parts") from error
    return MultiPartLeader(
        head.timestamp,
        tuple(
            Part(
                row.data_type,
                row.length,
                row.pixel_format,
                row.size_x,
                row.size_y,
                row.offset_x,
                row.offset_y,
                row.padding_x,
                row.padding_y,
            )
            for row in rows
        ),
    )


def parse_multi_part_trailer(data: bytes) -> MultiPartTrailer:
    """Trailer fields from the data of a TRAILER packet: of each part its type, length and lines.

    Raises
    ------
    GvspParseError
        Too short.
    """
    try:
        rows = _TRAILER_BODY.parse(data).parts
    except ConstructError as error:
        raise GvspParseError(f"{len(data)} bytes are no trailer of parts") from error
    return MultiPartTrailer(tuple(Part(row.data_type, row.length, size_y=row.size_y) for row in rows))


def parse_part_prefix(data: bytes) -> PartPrefix:
    """What stands before the data of a MULTI_PART packet.

    Raises
    ------
    GvspParseError
        Too short.
    """
    try:
        raw = _PREFIX_BODY.parse(data)
    except ConstructError as error:
        raise GvspParseError(f"{len(data)} bytes are no data of a part") from error
    return PartPrefix(raw.part_id, raw.offset, raw.zone_info)
