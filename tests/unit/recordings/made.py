"""Captures made for tests: packets of GVSP in any link layer, in files that dpkt writes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dpkt import pcap, pcapng

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.recordings.handover import Flow
from tiscam_emu.recordings.writer import ip_packet
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer, PacketFormat, PacketHeader

FLOW = Flow("10.0.0.7", 20_202, "10.0.0.2", 50_000)
BEGAN_S = 1_700_000_000.0

Timed = tuple[float, bytes]


def image_of(name: str, width: int, height: int, seed: int = 0) -> bytes:
    size = PIXEL_FORMATS[name].payload_bytes(width, height)
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8).tobytes()


def block(
    image: bytes,
    block_id: int = 1,
    *,
    name: str = "Mono8",
    size: tuple[int, int] = (40, 30),
    data: int = 500,
    extended: bool = False,
    timestamp: int = 5,
    padding_x: int = 0,
    code: int | None = None,
) -> list[bytes]:
    """The packets of one frame, from leader to trailer."""
    pixel_format = PIXEL_FORMATS[name].code if code is None else code
    leader = ImageLeader(timestamp, pixel_format, *size, padding_x=padding_x).build()
    parts = [image[at : at + data] for at in range(0, len(image), data)]
    kinds = [(PacketFormat.LEADER, leader), *((PacketFormat.PAYLOAD, part) for part in parts)]
    kinds.append((PacketFormat.TRAILER, ImageTrailer(size[1]).build()))
    return [PacketHeader(block_id, at, kind, extended).build() + data for at, (kind, data) in enumerate(kinds)]


def over_ip(datagrams: Iterable[bytes], flow: Flow = FLOW, *, at_s: float = BEGAN_S) -> list[Timed]:
    """As packets, a microsecond apart."""
    return [(at_s + number * 1e-6, ip_packet(flow, data, number)) for number, data in enumerate(datagrams)]


def fragments(packet: bytes, size: int) -> list[bytes]:
    """An IP packet in fragments of so many bytes, a multiple of 8."""
    head, data = packet[:20], packet[20:]
    pieces = []
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        flags = at // 8 | (0x2000 if at + size < len(data) else 0)
        pieces.append(
            head[:2] + struct.pack(">HHH", 20 + len(piece), *struct.unpack(">H", head[4:6]), flags) + head[8:] + piece
        )
    return pieces


ETHERNET = bytes(12) + b"\x08\x00"
LINKS: dict[str, tuple[int, bytes]] = {
    "ethernet": (1, ETHERNET),
    "ethernet with a VLAN tag": (1, bytes(12) + b"\x81\x00\x00\x05\x08\x00"),
    "ethernet with two VLAN tags": (1, bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00"),
    "null": (0, b"\x02\0\0\0"),
    "loop": (108, b"\0\0\0\x02"),
    "raw": (101, b""),
    "raw of BSD": (12, b""),
    "ipv4": (228, b""),
    "cooked": (113, bytes(14) + b"\x08\x00"),
    "cooked, version 2": (276, b"\x08\x00" + bytes(18)),
}
"""Link type and header."""


def write(path: Path, packets: Sequence[Timed], link: str = "raw", **options: Any) -> Path:
    """A capture; classic if it is named .pcap."""
    link_type, header = LINKS[link]
    kind = pcap.Writer if path.suffix == ".pcap" else pcapng.Writer
    with path.open("wb") as file:
        writer = kind(file, snaplen=0x40000, linktype=link_type, **options)
        for time, packet in packets:
            writer.writepkt(header + packet, time)
    return path
