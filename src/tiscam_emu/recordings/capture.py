"""Captures of any network, .pcap and .pcapng: the UDP datagrams in them, one after the other.

dpkt knows the files' headers. Ethernet (with VLAN tags), Linux "cooked" (both versions), loopback and raw IP are read,
IPv4 alone, fragments too. A file that is cut off or damaged gives what comes before that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from tiscam_emu.errors import SceneError
from tiscam_emu.units import NS_PER_S, Nanoseconds

LARGEST_PACKET_BYTES = 262_144
"""What capture programs store of a packet at most."""

_LARGEST_DESCRIPTION_BYTES = 4096
_REMEMBERED_FRAGMENTS = 256
_UDP, _IPV4, _UDP_HEADER_BYTES = 17, 0x0800, 8
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_PCAP_MAGICS = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1")
_LINK_HEADERS = {0: 4, 108: 4, 12: 0, 14: 0, 101: 0, 228: 0, 113: 16, 276: 20, 1: 14}
"""Bytes before the IP header, by link type (tcpdump.org/linktypes)."""
_KIND_AT = {1: 12, 113: 14, 276: 0}
"""Where the header says what follows; the others are taken by the version in the IP header."""


class CaptureError(SceneError):
    """The file is no capture that can be read."""


class Ends(NamedTuple):
    """Addresses, dotted, and ports."""

    source: str
    source_port: int
    destination: str
    destination_port: int


class Datagram(NamedTuple):
    """A UDP datagram, or a fragment of one.

    Attributes
    ----------
    time_ns
        Since 1970, as captured.
    ends
        Addresses and ports as in the packet, see `ends_of`.
    start
        Where `data` begin in the datagram: 0 but for later fragments.
    size
        Bytes of the datagram as it was sent, of which the capture may have fewer.
    place
        Where `data` are in the file.
    """

    time_ns: Nanoseconds
    ends: bytes
    start: int
    size: int
    place: int
    data: bytes


def ends_of(ends: bytes) -> Ends:
    """Addresses and ports in words."""
    *hosts, source_port, destination_port = struct.unpack(">4B4BHH", ends)
    source, destination = (".".join(map(str, hosts[at : at + 4])) for at in (0, 4))
    return Ends(source, source_port, destination, destination_port)


def is_capture(path: Path) -> bool:
    """Whether a file is to be read as a capture, by its name or its first bytes."""
    if path.suffix.lower() in {".pcap", ".pcapng", ".cap"}:
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) in {_PCAPNG, *_PCAP_MAGICS}
    except OSError:
        return False


class _Damaged(Exception):
    """The file cannot be read on, and why."""


class Capture:
    """State: a capture being read, once.

    Attributes
    ----------
    damage
        Why it could not be read to its end; empty if it was.
    packets
        All packets read, of whatever protocol.

    Raises
    ------
    CaptureError
        The file cannot be opened or is no capture, or dpkt is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.damage = ""
        self.packets = 0
        try:
            with path.open("rb") as file:
                self._magic = file.read(4)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from None
        if self._magic not in {_PCAPNG, *_PCAP_MAGICS}:
            raise CaptureError(f"{path}: not a capture (.pcap or .pcapng)")
        try:
            import dpkt.pcapng  # noqa: F401, PLC0415 - an extra
        except ImportError:
            raise CaptureError(f"{path}: captures need the extra tiscam-emu[recordings]: pip install dpkt") from None

    def datagrams(self) -> Iterator[Datagram]:
        """All UDP datagrams, in the order of the file."""
        fragments: dict[bytes, tuple[bytes, int]] = {}
        with self._path.open("rb") as file:
            bounded = _BoundedFile(file)
            packets = _pcapng_packets(bounded) if self._magic == _PCAPNG else _pcap_packets(bounded)
            try:
                for time_ns, link_type, place, packet in packets:
                    self.packets += 1
                    found = _udp(link_type, packet, fragments)
                    if found is not None:
                        ends, start, size, begin, end = found
                        yield Datagram(time_ns, ends, start, size, place + begin, packet[begin:end])
            except _Damaged as damage:
                self.damage = f"{self._path}: {damage}; what comes before is used"


class _BoundedFile:
    """State: a file of which nobody can ask for too much at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._at = file.seek(0)

    def read(self, count: int) -> bytes:
        """So many bytes; none at the end of the file.

        Raises
        ------
        _Damaged
            They are too many, or the file ends among them.
        """
        if not 0 <= count <= LARGEST_PACKET_BYTES + 64:
            raise _Damaged(f"damaged at byte {self._at}: a packet of {count & 0xFFFFFFFF} bytes")
        data = self._file.read(count)
        if data and len(data) < count:
            raise _Damaged(f"cut off at byte {self._at}")
        self._at += len(data)
        return data

    def rest(self, count: int) -> bytes:
        """As `read`, where the file must not have ended."""
        data = self.read(count)
        if len(data) < count:
            raise _Damaged(f"cut off at byte {self._at}")
        return data

    def skip(self, count: int) -> None:
        """Go on behind so many bytes.

        Raises
        ------
        _Damaged
            The file ends before.
        """
        if count < 0 or self._at + count > self._size:
            raise _Damaged(f"cut off at byte {self._size}")
        self._at = self._file.seek(self._at + count)

    def tell(self) -> int:
        """Where the next byte is."""
        return self._at


_Packets = Iterator[tuple[Nanoseconds, int, int, bytes]]
"""Time, link type, place in the file, and the packet."""


def _pcap_packets(file: _BoundedFile) -> _Packets:
    from dpkt import dpkt, pcap  # noqa: PLC0415 - an extra

    try:
        reader = pcap.Reader(file)
    except (ValueError, dpkt.Error, struct.error):
        raise _Damaged("damaged in its header") from None
    link_type = reader.datalink() & 0xFFFF
    try:
        for seconds, packet in reader:
            yield int(seconds * NS_PER_S), link_type, file.tell() - len(packet), packet
    except dpkt.Error:
        raise _Damaged(f"cut off at byte {file.tell()}") from None


def _pcapng_packets(file: _BoundedFile) -> _Packets:
    from dpkt import dpkt, pcapng  # noqa: PLC0415 - an extra

    blocks = {
        "<": {pcapng.PCAPNG_BT_EPB: pcapng.EnhancedPacketBlockLE, pcapng.PCAPNG_BT_PB: pcapng.PacketBlockLE},
        ">": {pcapng.PCAPNG_BT_EPB: pcapng.EnhancedPacketBlock, pcapng.PCAPNG_BT_PB: pcapng.PacketBlock},
    }
    packet_heads = {  # without the size at the block's end
        order: {kind: struct.Struct(block.__hdr_fmt__[:-1]) for kind, block in kinds.items()}
        for order, kinds in blocks.items()
    }
    descriptions = {"<": pcapng.InterfaceDescriptionBlockLE, ">": pcapng.InterfaceDescriptionBlock}
    order, interfaces = "<", list[tuple[int, int, int]]()
    while start := file.read(8):
        kind, size = struct.unpack(f"{order}II", start)
        if start[:4] == _PCAPNG:
            magic = file.rest(4)
            order, interfaces = "<" if magic == b"\x4d\x3c\x2b\x1a" else ">", []
            (size,) = struct.unpack_from(f"{order}I", start, 4)
            file.skip(size - 12)
        elif size < 12 or size % 4:
            raise _Damaged(f"damaged at byte {file.tell() - 8}: a block of {size} bytes")
        elif kind == pcapng.PCAPNG_BT_IDB:
            if size > _LARGEST_DESCRIPTION_BYTES:
                raise _Damaged(f"damaged at byte {file.tell() - 8}: an interface described by {size} bytes")
            try:
                interfaces.append(_interface(descriptions[order](start + file.rest(size - 8)), order))
            except (dpkt.Error, ValueError, struct.error):
                raise _Damaged(f"damaged at byte {file.tell() - size}: an interface without sense") from None
        elif kind in packet_heads[order] and size >= 32:
            place = file.tell() + 20
            block = start + file.rest(size - 8)
            _, _, interface, *_, high, low, captured, _ = packet_heads[order][kind].unpack_from(block)
            if captured > size - 32 or interface >= len(interfaces):
                raise _Damaged(f"damaged at byte {place - 28}: a packet of {captured} bytes in a block of {size}")
            link_type, ticks, offset_ns = interfaces[interface]
            time_ns = (high << 32 | low) * NS_PER_S // ticks + offset_ns
            yield time_ns, link_type, place, block[28 : 28 + captured]
        else:
            file.skip(size - 8)


def _interface(block: Any, order: str) -> tuple[int, int, int]:
    """Link type, ticks in a second, and nanoseconds to add, of an interface's description."""
    ticks, offset_ns = 10**6, 0
    for option in block.opts:
        if option.code == 9 and option.data:  # if_tsresol
            power = option.data[0] & 0x7F
            ticks = 2 ** min(power, 63) if option.data[0] & 0x80 else 10 ** min(power, 18)
        elif option.code == 14 and len(option.data) == 8:  # if_tsoffset
            offset_ns = struct.unpack(f"{order}q", option.data)[0] * NS_PER_S
    return block.linktype, ticks, offset_ns


def _udp(
    link_type: int, packet: bytes, fragments: dict[bytes, tuple[bytes, int]]
) -> tuple[bytes, int, int, int, int] | None:
    """Ends, start in the datagram, its size, begin and end of the data in a packet; None if it holds no UDP."""
    at = _ip_at(link_type, packet)
    if at is None or len(packet) < at + 20 or packet[at] >> 4 != 4 or packet[at + 9] != _UDP:
        return None
    length, number, flags = struct.unpack_from(">2xHHH", packet, at)
    begin, end = at + (packet[at] & 0xF) * 4, min(at + length, len(packet)) if length else len(packet)
    hosts, offset, more = packet[at + 12 : at + 20], (flags & 0x1FFF) * 8, flags & 0x2000
    if begin > end:
        return None
    fragment = hosts + number.to_bytes(2, "big")
    if offset:
        if fragment not in fragments:
            return None
        ends, size = fragments[fragment]
        if not more:
            del fragments[fragment]
        return ends, offset - _UDP_HEADER_BYTES, size, begin, end
    if end - begin < _UDP_HEADER_BYTES:
        return None
    ends = hosts + packet[begin : begin + 4]
    size = int.from_bytes(packet[begin + 4 : begin + 6], "big") - _UDP_HEADER_BYTES
    if size < 0:  # segmentation offload of very large ones, or nonsense
        size = end - begin - _UDP_HEADER_BYTES
    if more:
        if len(fragments) >= _REMEMBERED_FRAGMENTS:
            fragments.pop(next(iter(fragments)))
        fragments[fragment] = ends, size
    begin += _UDP_HEADER_BYTES
    return ends, 0, size, begin, min(end, begin + size)


def _ip_at(link_type: int, packet: bytes) -> int | None:
    """Where the IP header begins; None if there is none."""
    if link_type not in _LINK_HEADERS:
        return None
    at, kind_at = _LINK_HEADERS[link_type], _KIND_AT.get(link_type)
    if kind_at is None:
        return at
    kind = int.from_bytes(packet[kind_at : kind_at + 2], "big")
    while link_type == 1 and kind in _VLAN_TAGS:
        kind = int.from_bytes(packet[at + 2 : at + 4], "big")
        at += 4
    return at if kind == _IPV4 else None
