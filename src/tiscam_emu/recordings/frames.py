"""Which frames of GigE Vision streams a capture has, and where their bytes are: an index, and frames on demand."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import BY_CODE, PixelFormat
from tiscam_emu.recordings.capture import Capture, CaptureError, Datagram, Ends, ends_of
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.gvsp import EXTENDED_IDS, PacketFormat, PayloadType

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
_ERROR = 0x8000


@dataclass(frozen=True, slots=True)
class Description:
    """What a leader says of an image."""

    timestamp: int
    code: int
    width: int
    height: int
    padding_x: int = 0

    @property
    def pixel_format(self) -> PixelFormat | None:
        """The format, if it is one that can be made."""
        return BY_CODE.get(self.code)

    @property
    def image_bytes(self) -> int:
        """Bytes of the image, with the padding of its lines; as its bits per pixel say for a format not known."""
        known = self.pixel_format
        if known is None:
            return -(-self.width * self.height * (self.code >> 16 & 0xFF) // 8)
        if self.padding_x:
            return (known.line_bytes(self.width) + self.padding_x) * self.height
        return known.payload_bytes(self.width, self.height)


@dataclass(slots=True)
class Block:
    """State: one block of a stream as far as it has been seen.

    Attributes
    ----------
    time_ns
        When its first packet was captured.
    described
        By its own leader; None if that was lost.
    ids, places, sizes, starts
        Of every piece of a payload packet: the packet's id, where it is in the file, its bytes, and where in the packet
        they begin.
    trailer_id
        0 if the trailer was lost.
    again
        Packets that came more than once.
    """

    block_id: int
    time_ns: Nanoseconds
    described: Description | None = None
    ids: array[int] = field(default_factory=lambda: array("I"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("H"))
    starts: array[int] = field(default_factory=lambda: array("H"))
    trailer_id: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a stream.

    Attributes
    ----------
    packets, lost
        Packets with data that it has and should have, and those that are not in the capture.
    leader_lost
        Its description is that of the frame before.
    """

    block: Block
    description: Description
    packet_bytes: int
    packets: int
    lost: int
    leader_lost: bool = False

    @property
    def time_ns(self) -> Nanoseconds:
        """When its first packet was captured."""
        return self.block.time_ns


@dataclass(slots=True)
class Stream:
    """State: what goes from one camera's port to one receiver's, and whether block ids have 64 bits."""

    ends: Ends
    extended: bool = False
    blocks: list[Block] = field(default_factory=list)
    open: dict[int, Block] = field(default_factory=dict)

    def frames(self) -> list[Frame]:
        """Its image frames, in the order in which they began."""
        found: list[Frame] = []
        before: Description | None = None
        for block in self.blocks:
            description = block.described or before
            if description is not None and (frame := _frame(block, description)) is not None:
                found.append(frame)
                before = description
        return found


def _frame(block: Block, description: Description) -> Frame | None:
    total = description.image_bytes
    if not block.ids or not total:
        return None
    ids = np.frombuffer(block.ids, np.uint32)
    ends = np.frombuffer(block.starts, np.uint16).astype(np.int64) + np.frombuffer(block.sizes, np.uint16)
    packet_bytes = int(ends.max())
    if not packet_bytes:
        return None
    count = -(-total // packet_bytes)
    if count > block.trailer_id > 1:  # one that holds less than its leader says, as the last one of a stream cut off
        total = min(total, (block.trailer_id - 1) * packet_bytes)
    have = np.unique(ids[(ids >= 1) & (ids <= count)]).size
    return Frame(block, description, packet_bytes, have, count - have, leader_lost=block.described is None)


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
        data, ends = datagram.data, datagram.ends
        if datagram.start:
            self._add_fragment(datagram)
            return
        if len(data) < _STANDARD.size:
            return
        kind = data[4]
        if kind & EXTENDED_IDS:
            if len(data) < _EXTENDED.size:
                return
            status, _, _, block_id, packet_id = _EXTENDED.unpack_from(data)
            header = _EXTENDED.size
        else:
            status, block_id, kind_and_id = _STANDARD.unpack_from(data)
            packet_id, header = kind_and_id & 0xFFFFFF, _STANDARD.size
        kind &= 0x7F
        if status & _ERROR or not block_id:
            return
        stream = self.streams.get(ends)
        if kind == PacketFormat.LEADER and packet_id == 0:
            self._begin(datagram, stream, block_id, data[header:], extended=header == _EXTENDED.size)
        elif stream is not None and kind in {PacketFormat.PAYLOAD, PacketFormat.TRAILER}:
            block = stream.open.get(block_id) or self._opened(stream, Block(block_id, datagram.time_ns))
            if kind == PacketFormat.TRAILER:
                block.trailer_id = packet_id
            else:
                self._take(block, packet_id, datagram.place + header, len(data) - header, 0)
                if datagram.size > len(data):
                    self._fragmented[ends] = block, packet_id, header

    def _add_fragment(self, datagram: Datagram) -> None:
        if datagram.ends in self._fragmented:
            block, packet_id, header = self._fragmented[datagram.ends]
            self._take(block, packet_id, datagram.place, len(datagram.data), datagram.start - header)

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
        block.starts.append(min(start, 0xFFFF))

    def _begin(
        self, datagram: Datagram, stream: Stream | None, block_id: int, leader: bytes, *, extended: bool
    ) -> None:
        description = _description(leader)
        if description is None:
            return
        if stream is None:
            ends = ends_of(datagram.ends)
            if GVCP_PORT in {ends.source_port, ends.destination_port} or len(self.streams) >= MAX_STREAMS:
                return
            stream = self.streams.setdefault(datagram.ends, Stream(ends))
        stream.extended |= extended
        known = stream.open.get(block_id)
        if known is None or (known.described is not None and known.described != description):  # a stream begun anew
            known = self._opened(stream, Block(block_id, datagram.time_ns))
        known.described = description

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


def _description(leader: bytes) -> Description | None:
    """An image's leader; None for anything else, and for what cannot be."""
    if len(leader) < _LEADER.size:
        return None
    payload_type, timestamp, code, width, height, _, _, padding_x, _ = _LEADER.unpack_from(leader)
    if payload_type not in _IMAGES or not 0 < width * height <= LARGEST_IMAGE_PIXELS or not 0 < code >> 16 & 0xFF <= 64:
        return None
    return Description(timestamp, code, width, height, padding_x)


def index(capture: Capture) -> FrameIndex:
    """All streams of a capture."""
    found = FrameIndex()
    for datagram in capture.datagrams():
        found.add(datagram)
    return found


def richest(streams: Iterator[Stream]) -> tuple[Stream, list[Frame]] | None:
    """The stream with the most frames in a format that can be made."""
    known = [
        (stream, [frame for frame in stream.frames() if frame.description.pixel_format is not None])
        for stream in streams
    ]
    return max((each for each in known if each[1]), key=lambda each: len(each[1]), default=None)


class FrameReader:
    """State: an open capture, and the frame read last, with which the gaps of the next one are filled.

    Used from any thread.

    Raises
    ------
    CaptureError
        The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()

    def fill(self, frame: Frame, image: NDArray[np.uint8]) -> None:
        """Put what the capture has of a frame into an image of its size, and leave alone what was lost.

        Raises
        ------
        CaptureError
            The file has become shorter since it was looked at.
        """
        block, flat = frame.block, image.data
        for packet_id, place, size, start in zip(block.ids, block.places, block.sizes, block.starts, strict=True):
            at = (packet_id - 1) * frame.packet_bytes + start
            wanted = min(size, image.size - at)
            if packet_id and wanted > 0 and os.preadv(self._file, [flat[at : at + wanted]], place) != wanted:
                raise CaptureError(f"{self._path}: has become shorter")
