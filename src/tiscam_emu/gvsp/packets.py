"""A frame as GVSP packets, laid out once and reused."""

from __future__ import annotations

from itertools import pairwise

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


class PacketTable:
    """State: the packets of one frame as one (packets, header + data) table, filled by columns.

    The geometry is fixed, so that packet ids and the list of packets are made once; a table is refilled for frame after
    frame. A payload of 5 MP is scattered in less than a millisecond; sending allocates nothing.

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
        "_full",
        "_leader",
        "_rest",
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
        self._full = rows[:full_rows, STANDARD_HEADER_BYTES:]
        self._rest = rows[full_rows:, STANDARD_HEADER_BYTES : STANDARD_HEADER_BYTES + rest_bytes].reshape(-1)
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
        split = self._full.size
        self._full[...] = payload[:split].reshape(self._full.shape)
        self._rest[...] = payload[split:]
        self._leader, self._trailer = leader.build(), trailer.build()

    def repeat(self, other: PacketTable, leader: ImageLeader, trailer: ImageTrailer) -> None:
        """Lay out the image `other` carries, under another leader; both tables have the same geometry."""
        self._full[...] = other._full
        self._rest[...] = other._rest
        self._leader, self._trailer = leader.build(), trailer.build()

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        self.block_id = block_id
        self._block_ids[...] = block_id
        last = len(self.packets) - 1
        self.packets[0] = PacketHeader(block_id, 0, PacketFormat.LEADER).build() + self._leader
        self.packets[last] = PacketHeader(block_id, last, PacketFormat.TRAILER).build() + self._trailer

    def marked(self, packet_id: int) -> bytes:
        """A copy of one packet whose status tells that it is sent again."""
        return b"".join((Status.PACKET_RESEND.to_bytes(2, "big"), self.packets[packet_id][2:]))


def _payload_headers(count: int) -> NDArray[np.uint8]:
    headers = np.zeros((count, 2), ">u4")
    headers[:, 1] = (PacketFormat.PAYLOAD << 24) + np.arange(1, count + 1, dtype=np.uint32)
    return headers.view(np.uint8)
