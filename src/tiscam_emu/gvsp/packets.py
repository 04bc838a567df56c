"""A frame as GVSP packets, laid out once and reused."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.errors import Status
from tiscam_emu.sensor.canvas import ByteValues, Rows
from tiscam_emu.wire.gvsp import (
    EXTENDED_IDS,
    IP_UDP_HEADER_BYTES,
    Leader,
    PacketFlag,
    PacketFormat,
    PacketHeader,
    Trailer,
    payload_packets,
)

Packet = memoryview | bytes
Positions = NDArray[np.intp]
Places = NDArray[np.uint32]
"""Where each packet lies in a table's memory: a row of its first byte and its size."""
Layout = int | tuple[int, ...]
"""Bytes of a payload, or of each of its parts."""

LARGEST_RUN_BYTES = 65_507
LARGEST_RUN_PACKETS = 64
"""What the segmentation offload of a UDP socket takes at once."""

END_ROOM_BYTES = 1024
"""Memory kept free for a leader or trailer, before and behind the packets with data."""


class Run(NamedTuple):
    """Packets that lie one behind the other in memory, all of `packet_bytes` but the last, which may be shorter."""

    data: Packet
    packet_bytes: int

    def packets(self) -> list[Packet]:
        """The packets one by one."""
        return [self.data[at : at + self.packet_bytes] for at in range(0, len(self.data), self.packet_bytes)]


_RESENT_HEAD = struct.Struct(">HH")


class FrameTable(Protocol):
    """The packets of one frame, however they are laid out; see `PacketTable`."""

    packets: list[Packet]
    payload_bytes: int
    packet_size: int
    extended: bool
    block_id: int
    sendable_packets: int
    """How many packets have all they carry, from the first one on."""
    header_bytes: int
    memory: NDArray[np.uint8]
    """All packets that have been stamped, each at its place."""
    places: Places

    @property
    def layout(self) -> Layout:
        """Bytes of the payload, or of each of its parts."""
        ...

    @property
    def all_in(self) -> bool:
        """Whether leader, payload and trailer are one packet."""
        ...

    @property
    def size_bytes(self) -> int:
        """Memory it takes."""
        ...

    def restart(self) -> None:
        """Begin another image: nothing of it has been written."""
        ...

    @property
    def payload(self) -> Rows:
        """Where the image goes, packet by packet."""
        ...

    def wrote(self, end: int) -> None:
        """Know that the image has been written up to byte `end`."""
        ...

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on."""
        ...

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image."""
        ...

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out a whole payload, leader and trailer."""
        ...

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload, in order, as they lie in memory."""
        ...

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Payload bytes at `positions`, in their shape."""
        ...

    def copy_to(self, out: NDArray[np.uint8], first: int = 0) -> None:
        """Copy as many bytes of the image as `out` has room for, from byte `first` on."""
        ...

    def runs(self, first: int, end: int) -> list[Run]:
        """Packets from id `first` to before `end`, in as few pieces as one send call of the system can take."""
        ...

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        ...


def resent(table: FrameTable, packet_id: int, *, marked: bool) -> Packet:
    """One packet as it is sent again.

    Parameters
    ----------
    marked
        Whether its status tells so; the flag of extended headers always does.
    """
    packet = table.packets[packet_id]
    status = Status.PACKET_RESEND if marked else Status.SUCCESS
    if table.extended:
        return b"".join((_RESENT_HEAD.pack(status, PacketFlag.RESENT), packet[4:]))
    return b"".join((status.to_bytes(2, "big"), packet[2:])) if marked else packet


class PayloadRows:
    """State: the payload packets of a block, or of one of its parts, as one (packets, header + data) table.

    The geometry is fixed, so that packet ids and the list of packets are made once; a table is refilled for frame after
    frame, in place and by columns, while the frame before it is being sent, or the first packets of the same one.
    Sending allocates nothing.

    Parameters
    ----------
    payload_bytes
        Bytes of the payload.
    headers
        One for each packet, by rows; block ids are left open.
    row_bytes
        Size of a full packet, GVSP header included.
    extended
        Whether block and packet ids are 64 and 32 bits wide.
    memory
        Where the packets are to lie, one behind the other.

    Attributes
    ----------
    rows
        The packets: all are full but the last, which is short.
    payload
        What they carry.
    sizes
        Of each.
    """

    __slots__ = (
        "_block_ids",
        "_data",
        "_flat",
        "_payload_end",
        "_places",
        "header_bytes",
        "payload",
        "payload_bytes",
        "row_bytes",
        "rows",
        "size_bytes",
        "sizes",
    )

    def __init__(
        self,
        payload_bytes: int,
        headers: NDArray[np.uint8],
        row_bytes: int,
        memory: NDArray[np.uint8],
        *,
        extended: bool,
    ) -> None:
        count, header = headers.shape
        rows = memory.reshape(count, row_bytes)
        rows[:, :header] = headers
        self._block_ids = rows[:, 8:16].view(">u8") if extended else rows[:, 2:4].view(">u2")
        self._data = rows[:, header:]
        self._flat = rows.reshape(-1)
        self.payload = Rows(self._flat, row_bytes, header)
        self._payload_end = payload_bytes + count * header
        self._places: tuple[Positions, Positions] | None = None
        self.header_bytes = header
        self.payload_bytes = payload_bytes
        self.row_bytes = row_bytes
        self.size_bytes = rows.nbytes
        flat = self._flat.data
        ends = [*range(0, count * row_bytes, row_bytes), self._payload_end]
        self.rows: list[Packet] = [flat[start:end] for start, end in pairwise(ends)]
        self.sizes = np.diff(ends)

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on."""
        self.payload.write(first, part)

    def complete_rows(self, written: int) -> int:
        """How many packets have all they carry when the first `written` bytes have been written."""
        return len(self.rows) if written == self.payload_bytes else written // int(self._data.shape[1])

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload, in order, as they lie in the packets."""
        size = self._data.shape[1]
        for row, first in enumerate(range(0, count, size)):
            yield self._data[row, : min(size, count - first)]

    def copy_to(self, out: NDArray[np.uint8], first: int = 0) -> None:
        """Copy as many bytes of the payload as `out` has room for, from byte `first` on."""
        size = self._data.shape[1]
        row, column = divmod(first, size)
        begin = 0
        if column:
            begin = min(size - column, out.size)
            out[:begin] = self._data[row, column : column + begin]
            row += 1
        rows = (out.size - begin) // size
        end = begin + rows * size
        if rows:
            out[begin:end].reshape(rows, size)[...] = self._data[row : row + rows]
        if end < out.size:
            out[end:] = self._data[row + rows, : out.size - end]

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Payload bytes at `positions`, in their shape; quick for the same array of positions again."""
        if self._places is None or self._places[0] is not positions:
            self._places = positions, positions + (positions // self._data.shape[1] + 1) * self.header_bytes
        return self._flat.take(self._places[1])

    def stamp_rows(self, block_id: int) -> None:
        """Give every packet the block's id."""
        self._block_ids[...] = block_id

    def row_runs(self, first: int, end: int) -> list[Run]:
        """Packets from row `first` to before row `end`, in as few pieces as one send call of the system can take."""
        row_bytes, flat, payload_end = self.row_bytes, self._flat.data, self._payload_end
        rows = max(1, min(LARGEST_RUN_BYTES // row_bytes, LARGEST_RUN_PACKETS))
        return [
            Run(flat[at * row_bytes : min(min(at + rows, end) * row_bytes, payload_end)], row_bytes)
            for at in range(first, end, rows)
        ]


class PacketTable(PayloadRows):
    """State: the packets of one frame, laid out part by part while the frame before it is being sent.

    Parameters
    ----------
    payload_bytes
        Bytes of one image.
    packet_size
        SCPS: size of a full packet with its IP, UDP and GVSP headers.
    extended
        Whether block and packet ids are 64 and 32 bits wide, in headers of 20 instead of 8 bytes.

    Attributes
    ----------
    packets
        Every packet of the block as sent, at the index of its packet id: leader, payload packets, trailer.
    block_id
        0 before the first `stamp`.
    sendable_packets
        How many packets have all they carry, from the leader on.
    """

    __slots__ = (
        "_leader",
        "_trailer",
        "block_id",
        "extended",
        "layout",
        "memory",
        "packet_size",
        "packets",
        "places",
        "sendable_packets",
    )

    all_in = False

    def __init__(self, payload_bytes: int, packet_size: int, *, extended: bool = False) -> None:
        if payload_bytes < 1:
            raise ValueError(f"a frame of {payload_bytes} bytes has no packets")
        count = payload_packets(payload_bytes, packet_size, extended=extended)
        headers = payload_headers(1, count, extended=extended)
        row_bytes = packet_size - IP_UDP_HEADER_BYTES
        self.memory = end_rooms_around(count * row_bytes)
        between = self.memory[END_ROOM_BYTES:-END_ROOM_BYTES]
        super().__init__(payload_bytes, headers, row_bytes, between, extended=extended)
        self.places = places(self.sizes, row_bytes)
        self._leader = b""
        self._trailer = b""
        self.layout: Layout = payload_bytes
        self.extended = extended
        self.packet_size = packet_size
        self.block_id = 0
        self.packets: list[Packet] = [b"", *self.rows, b""]
        self.sendable_packets = 1

    def restart(self) -> None:
        """Begin another image: nothing of it has been written."""
        self.sendable_packets = 1

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a contiguous part of the image, from byte `first` on; all before it has been written."""
        super().write(first, part)
        self.wrote(first + part.size)

    def wrote(self, end: int) -> None:
        """Know that the image has been written up to byte `end`."""
        self.sendable_packets = max(self.sendable_packets, with_trailer(self, 1 + self.complete_rows(end)))

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out one image; `payload` is contiguous and exactly `payload_bytes` long."""
        self.write(0, payload)
        self.head(leader, trailer)

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image."""
        self._leader, self._trailer = leader.build(), trailer.build()

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        self.block_id = block_id
        self.stamp_rows(block_id)
        last = len(self.packets) - 1
        head = PacketHeader(block_id, 0, PacketFormat.LEADER, self.extended)
        self.packets[0] = head.build() + self._leader
        foot = PacketHeader(block_id, last, PacketFormat.TRAILER, self.extended)
        self.packets[last] = foot.build() + self._trailer
        place_ends(self)

    def runs(self, first: int, end: int) -> list[Run]:
        """Packets from id `first` to before `end`, as few pieces as one send call of the system can take."""
        last = len(self.packets) - 1
        runs = self.row_runs(max(first, 1) - 1, min(end, last) - 1)
        if first == 0 < end:
            runs.insert(0, Run(self.packets[0], self.row_bytes))
        if first <= last < end:
            runs.append(Run(self.packets[last], self.row_bytes))
        return runs


def end_rooms_around(packet_bytes: int) -> NDArray[np.uint8]:
    """Memory for packets with data, and for leader and trailer around them."""
    return np.empty(packet_bytes + 2 * END_ROOM_BYTES, np.uint8)


def places(sizes: NDArray[np.intp], row_bytes: int) -> Places:
    """Where leader, packets with data in rows of `row_bytes`, and trailer lie; the ends have no size yet."""
    count = sizes.size
    made = np.zeros((count + 2, 2), np.uint32)
    made[1:, 0] = END_ROOM_BYTES + np.arange(count + 1) * row_bytes
    made[1:-1, 1] = sizes
    return made


def place_ends(table: FrameTable) -> None:
    """Lay leader and trailer to the other packets."""
    memory = table.memory.data
    for at in (0, -1):
        packet, first = table.packets[at], int(table.places[at, 0])
        memory[first : first + len(packet)] = packet
        table.places[at, 1] = len(packet)


def with_trailer(table: FrameTable, complete: int) -> int:
    """So many packets are complete from the leader on; the trailer is, too, once all that comes before it is."""
    return complete + (complete == len(table.packets) - 1)


def payload_headers(
    first: int, count: int, *, extended: bool, form: PacketFormat = PacketFormat.PAYLOAD
) -> NDArray[np.uint8]:
    """Headers of `count` payload packets, one in each row, from packet id `first` on; block ids are 0."""
    packet_ids = np.arange(first, first + count, dtype=np.uint32)
    if extended:
        headers = np.zeros((count, 5), ">u4")
        headers[:, 1] = (EXTENDED_IDS | form) << 24
        headers[:, 4] = packet_ids
    else:
        headers = np.zeros((count, 2), ">u4")
        headers[:, 1] = (form << 24) + packet_ids
    return headers.view(np.uint8)
