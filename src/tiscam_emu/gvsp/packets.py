"""A frame as GVSP packets, laid out once and reused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.errors import Status
from tiscam_emu.wire.gvsp import (
    IP_UDP_HEADER_BYTES,
    STANDARD_HEADER_BYTES,
    ImageLeader,
    ImageTrailer,
    PacketFormat,
    PacketHeader,
    data_bytes_per_packet,
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


class PacketTable:
    """State: the packets of one frame as one (packets, header + data) table, filled by columns.

    The geometry is fixed, so that packet ids and the list of packets are made once; a table is refilled for frame after
    frame, in place and part by part, while the frame before it is being sent. Sending allocates nothing.

    Parameters
    ----------
    payload_bytes
        Bytes of one image.
    packet_size
        SCPS: size of a full packet with its IP, UDP and GVSP headers.

    Attributes
    ----------
    packets
        Every packet of the block as sent, at the index of its packet id: leader, payload packets, trailer. All payload
        packets are full but the last, which is short.
    block_id
        0 before the first `stamp`.
    """

    __slots__ = (
        "_block_ids",
        "_data",
        "_flat",
        "_leader",
        "_payload_end",
        "_places",
        "_trailer",
        "block_id",
        "packet_size",
        "packets",
        "payload_bytes",
        "size_bytes",
    )

    def __init__(self, payload_bytes: int, packet_size: int) -> None:
        data_bytes = data_bytes_per_packet(packet_size)
        if payload_bytes < 1:
            raise ValueError(f"a frame of {payload_bytes} bytes has no packets")
        full_rows, rest_bytes = divmod(payload_bytes, data_bytes)
        count = full_rows + (rest_bytes > 0)
        row_bytes = packet_size - IP_UDP_HEADER_BYTES
        rows = np.empty((count, row_bytes), np.uint8)
        rows[:, :STANDARD_HEADER_BYTES] = _payload_headers(count)
        self._block_ids = rows[:, 2:4].view(">u2")
        self._data = rows[:, STANDARD_HEADER_BYTES:]
        self._flat = rows.reshape(-1)
        self._payload_end = payload_bytes + count * STANDARD_HEADER_BYTES
        self._places: tuple[Positions, Positions] | None = None
        self._leader = b""
        self._trailer = b""
        self.payload_bytes = payload_bytes
        self.packet_size = packet_size
        self.size_bytes = rows.nbytes
        self.block_id = 0
        ends = [*range(0, full_rows * row_bytes + 1, row_bytes)]
        if rest_bytes:
            ends.append(ends[-1] + STANDARD_HEADER_BYTES + rest_bytes)
        flat = rows.reshape(-1).data
        self.packets: list[Packet] = [b"", *(flat[start:end] for start, end in pairwise(ends)), b""]

    def fill(self, payload: NDArray[np.uint8], leader: ImageLeader, trailer: ImageTrailer) -> None:
        """Lay out one image; `payload` is contiguous and exactly `payload_bytes` long."""
        self.write(0, payload)
        self.head(leader, trailer)

    def write(self, first: int, part: NDArray[np.uint8]) -> None:
        """Lay out a contiguous part of the payload, from byte `first` on."""
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

    def head(self, leader: ImageLeader, trailer: ImageTrailer) -> None:
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
            self._places = positions, positions + (positions // self._data.shape[1] + 1) * STANDARD_HEADER_BYTES
        return self._flat.take(self._places[1])

    def repeat(self, other: PacketTable, leader: ImageLeader, trailer: ImageTrailer) -> None:
        """Lay out the image `other` carries, under another leader; both tables have the same geometry."""
        self._data[...] = other._data
        self.head(leader, trailer)

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        self.block_id = block_id
        self._block_ids[...] = block_id
        last = len(self.packets) - 1
        self.packets[0] = PacketHeader(block_id, 0, PacketFormat.LEADER).build() + self._leader
        self.packets[last] = PacketHeader(block_id, last, PacketFormat.TRAILER).build() + self._trailer

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

    def marked(self, packet_id: int) -> bytes:
        """A copy of one packet whose status tells that it is sent again."""
        return b"".join((Status.PACKET_RESEND.to_bytes(2, "big"), self.packets[packet_id][2:]))


def _payload_headers(count: int) -> NDArray[np.uint8]:
    headers = np.zeros((count, 2), ">u4")
    headers[:, 1] = (PacketFormat.PAYLOAD << 24) + np.arange(1, count + 1, dtype=np.uint32)
    return headers.view(np.uint8)
