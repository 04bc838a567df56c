"""A frame as a single packet: all-in transmission (GigE Vision 2.x, chapter "All-in transmission mode")."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.gvsp.packets import Layout, Packet, Positions, Run
from tiscam_emu.sensor.canvas import ByteValues, Rows
from tiscam_emu.wire.gvsp import Leader, PacketFormat, PacketHeader, Trailer, fits_one_packet, header_bytes


class AllInPacket:
    """State: the one packet of a small frame: header, leader, trailer, payload; see `gvsp.packets.FrameTable`.

    Raises
    ------
    ValueError
        The frame does not fit a packet of `packet_size` bytes.
    """

    __slots__ = (
        "_description",
        "_payload",
        "block_id",
        "extended",
        "header_bytes",
        "memory",
        "packet_size",
        "packets",
        "payload",
        "payload_bytes",
        "places",
    )

    all_in = True
    sendable_packets = 1

    def __init__(self, payload_bytes: int, packet_size: int, *, extended: bool = False) -> None:
        if not fits_one_packet(payload_bytes, packet_size, extended=extended):
            raise ValueError(f"a frame of {payload_bytes} bytes does not fit one packet of {packet_size}")
        self._description = b""
        self._payload = np.empty(payload_bytes, np.uint8)
        self.payload = Rows(self._payload, payload_bytes)
        self.payload_bytes = payload_bytes
        self.packet_size = packet_size
        self.extended = extended
        self.header_bytes = header_bytes(extended=extended)
        self.block_id = 0
        self.packets: list[Packet] = [b""]
        self.memory = np.empty(0, np.uint8)
        self.places = np.zeros((1, 2), np.uint32)

    def restart(self) -> None:
        """Nothing: the packet is made anew from what is written."""

    @property
    def layout(self) -> Layout:
        """Bytes of the payload."""
        return self.payload_bytes

    @property
    def size_bytes(self) -> int:
        """What the packet weighs, about."""
        return self.packet_size

    def wrote(self, end: int) -> None:
        """Nothing: the packet leaves as a whole."""

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a part of the payload, from byte `first` on."""
        self._payload[first : first + part.size] = part

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image."""
        self._description = leader.build() + trailer.build()

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload."""
        yield self._payload[:count]

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Payload bytes at `positions`, in their shape."""
        return self._payload.take(positions)

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out one image; `payload` is exactly `payload_bytes` long."""
        self.write(0, payload)
        self.head(leader, trailer)

    def runs(self, first: int, end: int) -> list[Run]:
        """The packet, if it is meant."""
        return [Run(packet, len(packet)) for packet in self.packets[first:end]]

    def stamp(self, block_id: int) -> None:
        """Give the packet its block id."""
        self.block_id = block_id
        header = PacketHeader(block_id, 0, PacketFormat.ALL_IN, self.extended).build()
        self.packets[0] = header + self._description + self._payload.tobytes()
        self.memory = np.frombuffer(self.packets[0], np.uint8)
        self.places[0, 1] = self.memory.size
