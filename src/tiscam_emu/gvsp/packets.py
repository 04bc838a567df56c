"""A frame as GVSP packets, laid out once and reused."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.errors import Status
from tiscam_emu.wire.gvsp import (
    EXTENDED_IDS,
    IP_UDP_HEADER_BYTES,
    Leader,
    PacketFlag,
    PacketFormat,
    PacketHeader,
    Trailer,
    data_bytes_per_packet,
    header_bytes,
)

Packet = memoryview | bytes
Positions = NDArray[np.intp]


LARGEST_RUN_BYTES = 65_507
LARGEST_RUN_PACKETS = 64
"""What the segmentation offload of a UDP socket takes at once."""


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

    def write(self, first: int, part: NDArray[np.uint8]) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on."""
        ...

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image that has been written."""
        ...

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload, in order, as they lie in memory."""
        ...

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Payload bytes at `positions`, in their shape."""
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


class PacketTable:
    """State: the packets of one frame as one (packets, header + data) table, filled by columns.

    The geometry is fixed, so that packet ids and the list of packets are made once; a table is refilled for frame after
    frame, in place and part by part, while the frame before it is being sent, or the first packets of the same one.
    Sending allocates nothing.

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
        Every packet of the block as sent, at the index of its packet id: leader, payload packets, trailer. All payload
        packets are full but the last, which is short.
    block_id
        0 before the first `stamp`.
    sendable_packets
        How many packets have all they carry, from the leader on.
    """

    __slots__ = (
        "_block_ids",
        "_data",
        "_flat",
        "_header_bytes",
        "_leader",
        "_payload_end",
        "_places",
        "_trailer",
        "block_id",
        "extended",
        "packet_size",
        "packets",
        "payload_bytes",
        "sendable_packets",
        "size_bytes",
    )

    all_in = False

    def __init__(self, payload_bytes: int, packet_size: int, *, extended: bool = False) -> None:
        data_bytes = data_bytes_per_packet(packet_size, extended=extended)
        header = self._header_bytes = header_bytes(extended=extended)
        if payload_bytes < 1:
            raise ValueError(f"a frame of {payload_bytes} bytes has no packets")
        full_rows, rest_bytes = divmod(payload_bytes, data_bytes)
        count = full_rows + (rest_bytes > 0)
        row_bytes = packet_size - IP_UDP_HEADER_BYTES
        rows = np.empty((count, row_bytes), np.uint8)
        rows[:, :header] = _payload_headers(count, extended=extended)
        self._block_ids = rows[:, 8:16].view(">u8") if extended else rows[:, 2:4].view(">u2")
        self._data = rows[:, header:]
        self._flat = rows.reshape(-1)
        self._payload_end = payload_bytes + count * header
        self._places: tuple[Positions, Positions] | None = None
        self._leader = b""
        self._trailer = b""
        self.extended = extended
        self.sendable_packets = 1
        self.payload_bytes = payload_bytes
        self.packet_size = packet_size
        self.size_bytes = rows.nbytes
        self.block_id = 0
        ends = [*range(0, full_rows * row_bytes + 1, row_bytes)]
        if rest_bytes:
            ends.append(ends[-1] + header + rest_bytes)
        flat = rows.reshape(-1).data
        self.packets: list[Packet] = [b"", *(flat[start:end] for start, end in pairwise(ends)), b""]

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out one image; `payload` is contiguous and exactly `payload_bytes` long."""
        self.write(0, payload)
        self.head(leader, trailer)

    def write(self, first: int, part: NDArray[np.uint8]) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on; all before it has been written."""
        size = self._data.shape[1]
        row, column = divmod(first, size)
        begin = 0
        if column:
            begin = min(size - column, part.size)
            self._data[row, column : column + begin] = part[:begin]
            row += 1
        rows = (part.size - begin) // size
        end = begin + rows * size
        if rows:
            self._data[row : row + rows] = part[begin:end].reshape(rows, size)
        if end < part.size:
            self._data[row + rows, : part.size - end] = part[end:]
        written = first + part.size
        complete = len(self.packets) if written == self.payload_bytes else 1 + written // size
        self.sendable_packets = max(self.sendable_packets, complete)

    def restart(self) -> None:
        """Begin another image: nothing of it has been written."""
        self.sendable_packets = 1

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image that has been written."""
        self._leader, self._trailer = leader.build(), trailer.build()

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload, in order, as they lie in the packets."""
        size = self._data.shape[1]
        for row, first in enumerate(range(0, count, size)):
            yield self._data[row, : min(size, count - first)]

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Payload bytes at `positions`, in their shape; quick for the same array of positions again."""
        if self._places is None or self._places[0] is not positions:
            self._places = positions, positions + (positions // self._data.shape[1] + 1) * self._header_bytes
        return self._flat.take(self._places[1])

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        self.block_id = block_id
        self._block_ids[...] = block_id
        last = len(self.packets) - 1
        head = PacketHeader(block_id, 0, PacketFormat.LEADER, self.extended)
        self.packets[0] = head.build() + self._leader
        foot = PacketHeader(block_id, last, PacketFormat.TRAILER, self.extended)
        self.packets[last] = foot.build() + self._trailer

    def runs(self, first: int, end: int) -> list[Run]:
        """Packets from id `first` to before `end`, as few pieces as one send call of the system can take."""
        row_bytes = self._flat.size // len(self._data)
        rows = max(1, min(LARGEST_RUN_BYTES // row_bytes, LARGEST_RUN_PACKETS))
        last = len(self.packets) - 1
        flat, payload_end = self._flat.data, self._payload_end
        runs = [
            Run(flat[(at - 1) * row_bytes : min((min(at + rows, end, last) - 1) * row_bytes, payload_end)], row_bytes)
            for at in range(max(first, 1), min(end, last), rows)
        ]
        if first == 0 < end:
            runs.insert(0, Run(self.packets[0], row_bytes))
        if first <= last < end:
            runs.append(Run(self.packets[last], row_bytes))
        return runs


def _payload_headers(count: int, *, extended: bool) -> NDArray[np.uint8]:
    packet_ids = np.arange(1, count + 1, dtype=np.uint32)
    if extended:
        headers = np.zeros((count, 5), ">u4")
        headers[:, 1] = (EXTENDED_IDS | PacketFormat.PAYLOAD) << 24
        headers[:, 4] = packet_ids
    else:
        headers = np.zeros((count, 2), ">u4")
        headers[:, 1] = (PacketFormat.PAYLOAD << 24) + packet_ids
    return headers.view(np.uint8)
