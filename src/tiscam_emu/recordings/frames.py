"""Which frames of GigE Vision streams a capture has, and where their bytes are: the index of a capture."""

from __future__ import annotations

import struct
from typing import NamedTuple

from tiscam_emu.recordings.blocks import Block, Description, Stream
from tiscam_emu.recordings.capture import Capture, Datagram, ends_of
from tiscam_emu.wire.gvsp import EXTENDED_IDS, GvspParseError, PacketFormat, PayloadType
from tiscam_emu.wire.multi_part import PREFIX_BYTES, DataType, parse_multi_part_leader, parse_part_prefix

GVCP_PORT = 3956
MAX_PACKETS = 2_000_000
"""So many packets are looked up at most, 3 GB of usual ones: their index takes 32 MB, and a dozen seconds."""
LARGEST_IMAGE_PIXELS = 80_000_000
MAX_BLOCKS = 100_000
MAX_STREAMS = 256
_OPEN_BLOCKS = 64
"""Blocks of a stream that packets may still belong to: resends come late."""
_STANDARD, _EXTENDED = struct.Struct(">HHI"), struct.Struct(">HHIQI")
_LEADER = struct.Struct(">xxHQIIIIIHH")
_IMAGES = (PayloadType.IMAGE, PayloadType.IMAGE_EXTENDED_CHUNK)
_BEGINNINGS = (PacketFormat.LEADER, PacketFormat.ALL_IN)
_REST = (PacketFormat.PAYLOAD, PacketFormat.TRAILER, PacketFormat.MULTI_PART)
_TRAILER_BYTES: dict[int, int] = {PayloadType.IMAGE: 8, PayloadType.IMAGE_EXTENDED_CHUNK: 16, PayloadType.MULTI_PART: 0}
_ERROR = 0x8000


class _Header(NamedTuple):
    """Of a packet: format, ids, bytes, and how many parts the block has if this is a leader that tells."""

    kind: int
    block_id: int
    packet_id: int
    size: int
    parts: int


class FrameIndex:
    """State: the streams found so far. A stream is known by its first leader of an image.

    Attributes
    ----------
    left_out
        Packets and blocks beyond what is looked up at most.
    """

    def __init__(self) -> None:
        self.streams: dict[bytes, Stream] = {}
        self.packets = self.blocks = self.left_out = 0
        self._fragmented: dict[bytes, tuple[Block, int, int]] = {}

    def add(self, datagram: Datagram) -> None:
        """Look at one datagram; what is no stream is left alone."""
        if datagram.start:
            self._add_fragment(datagram)
            return
        data = datagram.data
        header = _header(data)
        if header is None:
            return
        stream = self.streams.get(datagram.ends)
        if header.kind in _BEGINNINGS and header.packet_id == 0:
            self._add_beginning(datagram, stream, header)
        elif stream is not None and header.kind in _REST:
            block = stream.open.get(header.block_id) or self._opened(stream, Block(header.block_id, datagram.time_ns))
            if header.kind == PacketFormat.TRAILER:
                block.trailer_id = header.packet_id
            elif header.kind == PacketFormat.MULTI_PART:
                self._take_part(block, header.packet_id, datagram.place + header.size, data[header.size :])
            else:
                self._take(block, header.packet_id, datagram.place + header.size, len(data) - header.size, 0)
                if datagram.size > len(data):
                    self._fragmented[datagram.ends] = block, header.packet_id, header.size

    def _add_beginning(self, datagram: Datagram, stream: Stream | None, header: _Header) -> None:
        data = datagram.data[header.size :]
        described = _description(data, header.parts)
        block = described and self._begin(
            datagram, stream, header.block_id, described, extended=header.size == _EXTENDED.size
        )
        if block and header.kind == PacketFormat.ALL_IN:
            before = _LEADER.size + _TRAILER_BYTES[int.from_bytes(data[2:4], "big")]
            self._take(block, 1, datagram.place + header.size + before, max(0, len(data) - before), 0)
            block.trailer_id = 2

    def _add_fragment(self, datagram: Datagram) -> None:
        if datagram.ends in self._fragmented:
            block, packet_id, header = self._fragmented[datagram.ends]
            self._take(block, packet_id, datagram.place, len(datagram.data), datagram.start - header)

    def _take_part(self, block: Block, packet_id: int, place: int, data: bytes) -> None:
        if len(data) < PREFIX_BYTES:
            return
        prefix = parse_part_prefix(data)
        if prefix.part_id == block.part and prefix.offset <= 0xFFFFFFFF:
            self._take(block, packet_id, place + PREFIX_BYTES, len(data) - PREFIX_BYTES, prefix.offset)

    def _take(self, block: Block, packet_id: int, place: int, size: int, start: int) -> None:
        if self.packets >= MAX_PACKETS:
            self.left_out += 1
            return
        self.packets += 1
        if block.ids and packet_id <= block.ids[-1] and not start:
            block.again += 1
        block.ids.append(packet_id)
        block.places.append(place)
        block.sizes.append(min(size, 0xFFFF))
        block.starts.append(start)

    def _begin(
        self, datagram: Datagram, stream: Stream | None, block_id: int, description: Description, *, extended: bool
    ) -> Block | None:
        if stream is None:
            ends = ends_of(datagram.ends)
            if GVCP_PORT in {ends.source_port, ends.destination_port} or len(self.streams) >= MAX_STREAMS:
                return None
            stream = self.streams.setdefault(datagram.ends, Stream(ends))
        stream.extended |= extended
        known = stream.open.get(block_id)
        if known is None or (known.described is not None and known.described != description):  # a stream begun anew
            known = self._opened(stream, Block(block_id, datagram.time_ns))
        known.described = description
        known.part = 0 if description.in_parts else -1
        return known

    def _opened(self, stream: Stream, block: Block) -> Block:
        stream.open.pop(block.block_id, None)
        if len(stream.open) >= _OPEN_BLOCKS:
            stream.open.pop(next(iter(stream.open)))
        if self.blocks < MAX_BLOCKS:
            self.blocks += 1
            stream.blocks.append(block)
        else:
            self.left_out += 1
        stream.open[block.block_id] = block
        return block


def _header(data: bytes) -> _Header | None:
    """What a packet of a block says of itself; None for what is none, and for answers that a packet is not there."""
    if len(data) < _STANDARD.size:
        return None
    if data[4] & EXTENDED_IDS:
        if len(data) < _EXTENDED.size:
            return None
        status, _, parts, block_id, packet_id = _EXTENDED.unpack_from(data)
        size = _EXTENDED.size
    else:
        status, block_id, packet_id = _STANDARD.unpack_from(data)
        packet_id, size, parts = packet_id & 0xFFFFFF, _STANDARD.size, 0
    if status & _ERROR or not block_id:
        return None
    return _Header(data[4] & 0x7F, block_id, packet_id, size, parts & 0xFF)


def _description(leader: bytes, parts: int) -> Description | None:
    """An image's leader; None for anything else, and for what cannot be."""
    if len(leader) < _LEADER.size:
        return None
    payload_type, timestamp, code, width, height, _, _, padding_x, _ = _LEADER.unpack_from(leader)
    if payload_type == PayloadType.MULTI_PART:
        try:
            (part, *_) = parse_multi_part_leader(leader, parts).parts
        except (GvspParseError, ValueError):
            return None
        found = Description(timestamp, part.pixel_format, part.size_x, part.size_y, part.padding_x, in_parts=True)
        if part.data_type != DataType.IMAGE_2D:
            return None
    elif payload_type in _IMAGES:
        found = Description(timestamp, code, width, height, padding_x)
    else:
        return None
    possible = 0 < found.width * found.height <= LARGEST_IMAGE_PIXELS and 0 < found.code >> 16 & 0xFF <= 64
    return found if possible else None


def index(capture: Capture) -> FrameIndex:
    """All streams of a capture."""
    found = FrameIndex()
    for datagram in capture.datagrams():
        found.add(datagram)
    return found
