"""A frame in several parts: multi-part payloads (GigE Vision 2.1, chapter "Multi-part payload type")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.gvsp.packets import (
    END_ROOM_BYTES,
    Packet,
    PayloadRows,
    Positions,
    Run,
    end_rooms_around,
    payload_headers,
    place_ends,
    places,
    with_trailer,
)
from tiscam_emu.sensor.canvas import ByteValues, Rows
from tiscam_emu.wire.gvsp import (
    IP_UDP_HEADER_BYTES,
    Leader,
    PacketFormat,
    PacketHeader,
    Trailer,
    header_bytes,
    payload_packets,
)
from tiscam_emu.wire.multi_part import PREFIX_BYTES, PartPrefix, ZoneInfo

_END = ZoneInfo.END_OF_PART | ZoneInfo.END_OF_ZONE


class MultiPartTable:
    """State: the packets of one frame of several parts, each in rows of its own; see `gvsp.packets.FrameTable`.

    Ids are always extended: standard headers cannot say how many parts there are.

    Parameters
    ----------
    layout
        Bytes of each part; the first one is the image.
    packet_size
        SCPS: size of a full packet with its IP, UDP and GVSP headers.
    """

    __slots__ = (
        "_firsts",
        "_leader",
        "_parts",
        "_trailer",
        "block_id",
        "header_bytes",
        "layout",
        "memory",
        "packet_size",
        "packets",
        "payload_bytes",
        "places",
        "sendable_packets",
        "size_bytes",
    )

    all_in = False
    extended = True

    def __init__(self, layout: tuple[int, ...], packet_size: int) -> None:
        if not layout or min(layout) < 1:
            raise ValueError(f"a frame of parts of {layout} bytes has an empty part")
        counts = [payload_packets(part, packet_size - PREFIX_BYTES, extended=True) for part in layout]
        row_bytes = packet_size - IP_UDP_HEADER_BYTES
        self._parts: list[PayloadRows] = []
        self._firsts = list(accumulate(counts, initial=1))
        self.memory = end_rooms_around(sum(counts) * row_bytes)
        for part_id, offset in enumerate(accumulate(layout[:-1], initial=0)):
            first, end = (END_ROOM_BYTES + (at - 1) * row_bytes for at in self._firsts[part_id : part_id + 2])
            headers = _part_headers(part_id, counts[part_id], offset, self._firsts[part_id], row_bytes)
            self._parts.append(PayloadRows(layout[part_id], headers, row_bytes, self.memory[first:end], extended=True))
        self.places = places(np.concatenate([rows.sizes for rows in self._parts]), row_bytes)
        self._leader = b""
        self._trailer = b""
        self.header_bytes = header_bytes(extended=True) + PREFIX_BYTES
        self.layout = layout
        self.payload_bytes = sum(layout)
        self.packet_size = packet_size
        self.size_bytes = sum(rows.size_bytes for rows in self._parts)
        self.block_id = 0
        self.packets: list[Packet] = [b"", *chain.from_iterable(rows.rows for rows in self._parts), b""]
        self.sendable_packets = 1

    def write(self, first: int, part: ByteValues) -> None:
        """Lay out a stretch of the payload, from byte `first` on, across parts if need be."""
        begin = 0
        for rows, packets_before in zip(self._parts, self._firsts, strict=False):
            end = begin + rows.payload_bytes
            low, high = max(first, begin), min(first + part.size, end)
            if low < high:
                rows.write(low - begin, part[low - first : high - first])
                complete = packets_before + rows.complete_rows(high - begin)
                self.sendable_packets = max(self.sendable_packets, with_trailer(self, complete))
            begin = end

    @property
    def payload(self) -> Rows:
        """Where the image goes."""
        return self._parts[0].payload

    def wrote(self, end: int) -> None:
        """Know that the image has been written up to byte `end`."""
        complete = self._firsts[0] + self._parts[0].complete_rows(end)
        self.sendable_packets = max(self.sendable_packets, with_trailer(self, complete))

    def restart(self) -> None:
        """Begin another frame: nothing of it has been written."""
        self.sendable_packets = 1

    def head(self, leader: Leader, trailer: Trailer) -> None:
        """Set leader and trailer of the image."""
        self._leader, self._trailer = leader.build(), trailer.build()

    def fill(self, payload: NDArray[np.uint8], leader: Leader, trailer: Trailer) -> None:
        """Lay out one frame; `payload` is exactly `payload_bytes` long."""
        self.write(0, payload)
        self.head(leader, trailer)

    def parts(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The first `count` bytes of the payload, in order, as they lie in the packets."""
        for rows in self._parts:
            taken = min(count, rows.payload_bytes)
            yield from rows.parts(taken)
            count -= taken

    def take(self, positions: Positions) -> NDArray[np.uint8]:
        """Bytes of the image at `positions`, in their shape."""
        return self._parts[0].take(positions)

    def runs(self, first: int, end: int) -> list[Run]:
        """Packets from id `first` to before `end`, in few pieces; none holds packets of two parts."""
        last = len(self.packets) - 1
        runs = [Run(self.packets[0], self.packet_size)] if first == 0 < end else []
        for rows, (begin, until) in zip(self._parts, pairwise(self._firsts), strict=True):
            runs += rows.row_runs(max(first, begin) - begin, min(end, until) - begin)
        if first <= last < end:
            runs.append(Run(self.packets[last], self.packet_size))
        return runs

    def stamp(self, block_id: int) -> None:
        """Give every packet of the block its id."""
        self.block_id = block_id
        for rows in self._parts:
            rows.stamp_rows(block_id)
        last = len(self.packets) - 1
        head = PacketHeader(block_id, 0, PacketFormat.LEADER, extended=True, parts=len(self._parts))
        self.packets[0] = head.build() + self._leader
        self.packets[last] = PacketHeader(block_id, last, PacketFormat.TRAILER, extended=True).build() + self._trailer
        place_ends(self)


def _part_headers(part_id: int, count: int, offset: int, first: int, row_bytes: int) -> NDArray[np.uint8]:
    """Those of one part, from packet id `first` on; its data begin at `offset` in the whole payload."""
    header = header_bytes(extended=True) + PREFIX_BYTES
    prefixes = [
        PartPrefix(part_id, offset + row * (row_bytes - header), _END if row == count - 1 else 0).build()
        for row in range(count)
    ]
    headers = np.empty((count, header), np.uint8)
    headers[:, :-PREFIX_BYTES] = payload_headers(first, count, extended=True, form=PacketFormat.MULTI_PART)
    headers[:, -PREFIX_BYTES:] = np.frombuffer(b"".join(prefixes), np.uint8).reshape(count, PREFIX_BYTES)
    return headers
