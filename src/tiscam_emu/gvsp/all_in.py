"""A frame as a single packet: all-in transmission (GigE Vision 2.x, chapter "All-in transmission mode")."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.gvsp.packets import Packet
from tiscam_emu.wire.gvsp import Leader, PacketFormat, PacketHeader, Trailer, fits_one_packet


class AllInPacket:
    """State: the one packet of a small frame: header, leader, trailer, payload; see `gvsp.packets.FrameTable`.

    Raises
    ------
    ValueError
        The frame does not fit a packet of `packet_size` bytes.
    """

    __slots__ = ("_description", "_payload", "block_id", "extended", "packet_size", "packets", "payload_bytes")

    all_in = True

    def __init__(self, payload_bytes: int, packet_size: int, *, extended: bool = False) -> None:
        if not fits_one_packet(payload_bytes, packet_size, extended=extended):
            raise ValueError(f"a frame of {payload_bytes} bytes does not fit one packet of {packet_size}")
        self._description = b""
        self._payload = b""
        self.payload_bytes = payload_bytes
        self.packet_size = packet_size
        self.extended = extended
        self.block_id = 0
        self.packets: list[Packet] = [b""]

    @property
    def size_bytes(self) -> int:
        """What the packet weighs, about."""
        return self.packet_size

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out one image; `payload` is exactly `payload_bytes` long."""
        self._payload = payload.tobytes()
        self._description = leader.build() + trailer.build()

    def stamp(self, block_id: int) -> None:
        """Give the packet its block id."""
        self.block_id = block_id
        header = PacketHeader(block_id, 0, PacketFormat.ALL_IN, self.extended).build()
        self.packets[0] = header + self._description + self._payload
