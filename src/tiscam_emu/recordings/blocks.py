"""What is known of the blocks of a stream: what their leaders say, where their packets are, and which were lost."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tiscam_emu.pixel_formats import BY_CODE, PixelFormat
from tiscam_emu.recordings.capture import Ends
from tiscam_emu.units import Nanoseconds


@dataclass(frozen=True, slots=True)
class Description:
    """What a leader says of an image."""

    timestamp: int
    code: int
    width: int
    height: int
    padding_x: int = 0
    in_parts: bool = False

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
    part
        Which part of a multi-part block its image is, the first one; there `starts` count from the image's beginning.
    """

    block_id: int
    time_ns: Nanoseconds
    described: Description | None = None
    ids: array[int] = field(default_factory=lambda: array("I"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("H"))
    starts: array[int] = field(default_factory=lambda: array("I"))
    trailer_id: int = 0
    again: int = 0
    part: int = -1


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

    @property
    def cut_off(self) -> bool:
        """Whether it does not come to its end: of the last frame of a stream most likely because it was ended."""
        return bool(self.lost) and not self.block.trailer_id


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
    starts, sizes = np.frombuffer(block.starts, np.uint32), np.frombuffer(block.sizes, np.uint16)
    packet_bytes = int(sizes.max() if block.part >= 0 else (starts.astype(np.int64) + sizes).max())
    if not packet_bytes:
        return None
    count = -(-total // packet_bytes)
    if block.part >= 0:
        have = min(count, np.unique(starts[starts < total]).size)
        return Frame(block, description, packet_bytes, have, count - have, leader_lost=block.described is None)
    if count > block.trailer_id > 1:  # one that holds less than its leader says, as the last one of a stream cut off
        total = min(total, (block.trailer_id - 1) * packet_bytes)
    have = np.unique(ids[(ids >= 1) & (ids <= count)]).size
    return Frame(block, description, packet_bytes, have, count - have, leader_lost=block.described is None)


def richest(streams: Iterator[Stream]) -> tuple[Stream, list[Frame]] | None:
    """The stream with the most frames in a format that can be made."""
    known = [
        (stream, [frame for frame in stream.frames() if frame.description.pixel_format is not None])
        for stream in streams
    ]
    return max((each for each in known if each[1]), key=lambda each: len(each[1]), default=None)
