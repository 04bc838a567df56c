"""GVSP packets: builders with `struct` for the stream engine, parsers with construct for tests and tools.

Standard ids are a 16-bit block id and a 24-bit packet id in an 8-byte header, extended ids 64 and 32 bits in 20 bytes.
Packet 0 is the leader, 1 to N are payload, N + 1 is the trailer.

Source: GigE Vision 2.x, chapters "GVSP packet header" and "Image payload type".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Protocol

from construct import Bytes, ConstructError, GreedyBytes, Int8ub, Int16ub, Int24ub, Int32ub, Int64ub, Padding, Struct

from tiscam_emu.errors import Status, TiscamEmuError

IP_UDP_HEADER_BYTES = 28
STANDARD_HEADER_BYTES = 8
EXTENDED_HEADER_BYTES = 20
MAX_BLOCK_ID = 0xFFFF
"""The largest standard block id; 1 follows it, because 0 is the test packet's."""


class PacketFormat(IntEnum):
    """Content of a packet: low nibble of the format byte."""

    LEADER = 1
    TRAILER = 2
    PAYLOAD = 3
    ALL_IN = 4
    MULTI_PART = 7


class PayloadType(IntEnum):
    """Payload types of leader and trailer.

    CHUNK is nothing but chunks, the image being one of them; IMAGE_EXTENDED_CHUNK is the same payload, but leader and
    trailer describe the image. MULTI_PART see `wire.multi_part`.
    """

    IMAGE = 0x0001
    CHUNK = 0x0004
    MULTI_PART = 0x000A
    IMAGE_EXTENDED_CHUNK = 0x4001


class PacketFlag(IntFlag):
    """Flags of an extended header."""

    RESEND_RANGE_ERROR = 0x4
    PREVIOUS_BLOCK_DROPPED = 0x2
    RESENT = 0x1


EXTENDED_IDS = 0x80
"""Bit of the format byte: block and packet ids are 64 and 32 bits wide."""

_STANDARD_HEADER = struct.Struct(">HHI")
_EXTENDED_HEADER = struct.Struct(">HHIQI")
_IMAGE_LEADER = struct.Struct(">xxHQIIIIIHH")
_IMAGE_TRAILER = struct.Struct(">xxHI")
_CHUNK_TRAILER = struct.Struct(">xxHIII")
_CHUNK_ONLY_LEADER = struct.Struct(">xxHQ")
_CHUNK_ONLY_TRAILER = struct.Struct(">xxHI")


class GvspParseError(TiscamEmuError):
    """Received bytes are not a GVSP packet of a kind known here."""


@dataclass(frozen=True, slots=True)
class PacketHeader:
    """Header of any packet.

    Attributes
    ----------
    status
        SUCCESS, PACKET_RESEND for a packet sent again, or why a packet has no data.
    flags
        Only in extended headers.
    parts
        How many parts a multi-part block has: in the extended header of its leader.
    """

    block_id: int
    packet_id: int
    format: PacketFormat
    extended: bool = False
    status: int = Status.SUCCESS
    flags: int = 0
    parts: int = 0

    def build(self) -> bytes:
        """8 or, with extended ids, 20 bytes."""
        if self.extended:
            return _EXTENDED_HEADER.pack(
                self.status, self.flags, (EXTENDED_IDS | self.format) << 24 | self.parts, self.block_id, self.packet_id
            )
        return _STANDARD_HEADER.pack(self.status, self.block_id, self.format << 24 | self.packet_id)


@dataclass(frozen=True, slots=True)
class ImageLeader:
    """What is known of an image when its first packet leaves."""

    timestamp: int
    pixel_format: int
    size_x: int
    size_y: int
    offset_x: int = 0
    offset_y: int = 0
    padding_x: int = 0
    padding_y: int = 0
    payload_type: int = PayloadType.IMAGE

    def build(self) -> bytes:
        """36 bytes after the packet header."""
        return _IMAGE_LEADER.pack(
            self.payload_type,
            self.timestamp,
            self.pixel_format,
            self.size_x,
            self.size_y,
            self.offset_x,
            self.offset_y,
            self.padding_x,
            self.padding_y,
        )


@dataclass(frozen=True, slots=True)
class ImageTrailer:
    """What is known when the last packet leaves; the chunk fields are sent only with IMAGE_EXTENDED_CHUNK."""

    size_y: int
    payload_type: int = PayloadType.IMAGE
    chunk_payload_bytes: int = 0
    chunk_layout_id: int = 0

    def build(self) -> bytes:
        """8 bytes, or 16 with chunks."""
        if self.payload_type == PayloadType.IMAGE_EXTENDED_CHUNK:
            return _CHUNK_TRAILER.pack(self.payload_type, self.size_y, self.chunk_payload_bytes, self.chunk_layout_id)
        return _IMAGE_TRAILER.pack(self.payload_type, self.size_y)


@dataclass(frozen=True, slots=True)
class ChunkLeader:
    """Leader of a block that is nothing but chunks."""

    timestamp: int

    def build(self) -> bytes:
        """12 bytes after the packet header."""
        return _CHUNK_ONLY_LEADER.pack(PayloadType.CHUNK, self.timestamp)


@dataclass(frozen=True, slots=True)
class ChunkTrailer:
    """Trailer of a block that is nothing but chunks; `payload_bytes` counts their marks as well."""

    payload_bytes: int

    def build(self) -> bytes:
        """8 bytes."""
        return _CHUNK_ONLY_TRAILER.pack(PayloadType.CHUNK, self.payload_bytes)


class Leader(Protocol):
    """What the first packet of a block says, whatever its payload type."""

    def build(self) -> bytes:
        """The bytes after the packet header."""
        ...


class Trailer(Protocol):
    """What the last packet of a block says, whatever its payload type."""

    def build(self) -> bytes:
        """The bytes after the packet header."""
        ...


ALL_IN_DESCRIPTION_BYTES = _IMAGE_LEADER.size + _CHUNK_TRAILER.size
"""What an all-in packet needs at most for leader and trailer, between its header and the payload."""


def header_bytes(*, extended: bool) -> int:
    """Size of a packet header."""
    return EXTENDED_HEADER_BYTES if extended else STANDARD_HEADER_BYTES


def data_bytes_per_packet(packet_size: int, *, extended: bool = False) -> int:
    """Image bytes in a full packet of `packet_size` bytes, which count the IP, UDP and GVSP headers.

    Raises
    ------
    ValueError
        The headers leave no room.
    """
    room = packet_size - IP_UDP_HEADER_BYTES - header_bytes(extended=extended)
    if room <= 0:
        raise ValueError(f"a packet of {packet_size} bytes has no room for data")
    return room


def fits_one_packet(payload_bytes: int, packet_size: int, *, extended: bool = False) -> bool:
    """Whether a whole block fits an all-in packet of `packet_size` bytes, whatever its payload type."""
    return ALL_IN_DESCRIPTION_BYTES + payload_bytes <= data_bytes_per_packet(packet_size, extended=extended)


def payload_packets(payload_bytes: int, packet_size: int, *, extended: bool = False) -> int:
    """Number of payload packets of a block; leader and trailer come on top."""
    return -(-payload_bytes // data_bytes_per_packet(packet_size, extended=extended))


def next_block_id(block_id: int, *, extended: bool = False) -> int:
    """The id of the following block: never 0."""
    following = block_id + 1
    return following & 0xFFFFFFFFFFFFFFFF or 1 if extended else following & MAX_BLOCK_ID or 1


def build_test_packet(packet_size: int, *, extended: bool = False) -> bytes:
    """UDP payload of the test packet that makes an IP packet of `packet_size` bytes: block id 0, zeros.

    Raises
    ------
    ValueError
        The headers leave no room.
    """
    room = data_bytes_per_packet(packet_size, extended=extended)
    return PacketHeader(0, 0, PacketFormat.PAYLOAD, extended).build() + bytes(room)


def build_status_packet(
    status: Status, block_id: int, packet_id: int, *, extended: bool = False, flags: int = 0
) -> bytes:
    """Header-only answer to a resend request that cannot be met."""
    return PacketHeader(block_id, packet_id, PacketFormat.PAYLOAD, extended, status, flags).build()


STANDARD_HEADER = Struct("status" / Int16ub, "block_id" / Int16ub, "format" / Int8ub, "packet_id" / Int24ub)
EXTENDED_HEADER = Struct(
    "status" / Int16ub,
    "flags" / Int16ub,
    "format" / Int8ub,
    Padding(2),
    "parts" / Int8ub,
    "block_id" / Int64ub,
    "packet_id" / Int32ub,
)
IMAGE_LEADER = Struct(
    "field_info" / Int8ub,
    Padding(1),
    "payload_type" / Int16ub,
    "timestamp" / Int64ub,
    "pixel_format" / Int32ub,
    "size_x" / Int32ub,
    "size_y" / Int32ub,
    "offset_x" / Int32ub,
    "offset_y" / Int32ub,
    "padding_x" / Int16ub,
    "padding_y" / Int16ub,
)
IMAGE_TRAILER = Struct(Padding(2), "payload_type" / Int16ub, "size_y" / Int32ub)
CHUNK_TRAILER = Struct(
    "image" / Bytes(IMAGE_TRAILER.sizeof()), "chunk_payload_bytes" / Int32ub, "chunk_layout_id" / Int32ub
)
_PACKET = Struct("head" / Bytes(5), "rest" / GreedyBytes)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet taken apart."""

    header: PacketHeader
    data: bytes


def parse_packet(datagram: bytes) -> Packet:
    """Header and data of a packet.

    Raises
    ------
    GvspParseError
        Too short, or a format not in `PacketFormat`.
    """
    try:
        extended = bool(_PACKET.parse(datagram).head[4] & EXTENDED_IDS)
        raw = (EXTENDED_HEADER if extended else STANDARD_HEADER).parse(datagram)
        header = PacketHeader(
            raw.block_id,
            raw.packet_id,
            PacketFormat(raw.format & 0x0F),
            extended,
            raw.status,
            raw.flags if extended else 0,
            raw.parts if extended else 0,
        )
    except (ConstructError, ValueError) as error:
        raise GvspParseError(f"{len(datagram)} bytes are no GVSP packet: {error}") from error
    return Packet(header, datagram[header_bytes(extended=extended) :])


def parse_image_leader(data: bytes) -> ImageLeader:
    """Leader fields from the data of a LEADER packet.

    Raises
    ------
    GvspParseError
        Too short.
    """
    try:
        raw = IMAGE_LEADER.parse(data)
    except ConstructError as error:
        raise GvspParseError(f"{len(data)} bytes are no image leader") from error
    return ImageLeader(
        raw.timestamp,
        raw.pixel_format,
        raw.size_x,
        raw.size_y,
        raw.offset_x,
        raw.offset_y,
        raw.padding_x,
        raw.padding_y,
        raw.payload_type,
    )


def parse_image_trailer(data: bytes) -> ImageTrailer:
    """Trailer fields from the data of a TRAILER packet.

    Raises
    ------
    GvspParseError
        Too short.
    """
    try:
        image = IMAGE_TRAILER.parse(data)
        if image.payload_type != PayloadType.IMAGE_EXTENDED_CHUNK:
            return ImageTrailer(image.size_y, image.payload_type)
        chunks = CHUNK_TRAILER.parse(data)
    except ConstructError as error:
        raise GvspParseError(f"{len(data)} bytes are no image trailer") from error
    return ImageTrailer(image.size_y, image.payload_type, chunks.chunk_payload_bytes, chunks.chunk_layout_id)
