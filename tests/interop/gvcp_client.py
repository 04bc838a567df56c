"""A client of plain sockets: GVCP and GVSP from the standard's tables, sharing no code with the emulator."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

GVCP_PORT = 3956
CCP = 0x0A00
SCP = 0x0D00
SCPS = 0x0D04
SCDA = 0x0D18
HEARTBEAT_TIMEOUT = 0x0938
TO_THE_END = 0xFFFFFF
IP_UDP_BYTES = 28
PATIENCE_S = 20.0
_BUFFER_BYTES = 8 * 1024 * 1024
_SO_RCVBUFFORCE = 33  # Linux <asm-generic/socket.h>

LEADER, TRAILER, PAYLOAD = 1, 2, 3


class Refused(Exception):
    """An acknowledge with an error status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:04X}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledge and where it came from."""

    status: int
    code: int
    req_id: int
    payload: bytes
    source: tuple[str, int]


class GvcpClient:
    """One client on a port of its own."""

    def __init__(self, address: str, *, timeout_s: float = PATIENCE_S) -> None:
        self.address = address
        self._req_id = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, command: int, payload: bytes, *, flags: int = 1, req_id: int = 0) -> int:
        """Send one command; return its request id."""
        self._req_id = req_id or self._req_id % 0xFFFF + 1
        header = struct.pack(">BBHHH", 0x42, flags, command, len(payload), self._req_id)
        self.socket.sendto(header + payload, (self.address, GVCP_PORT))
        return self._req_id

    def receive(self) -> Ack:
        """The next acknowledge, whatever it answers."""
        data, source = self.socket.recvfrom(2048)
        status, code, length, req_id = struct.unpack_from(">HHHH", data)
        assert len(data) == 8 + length
        return Ack(status, code, req_id, data[8:], source)

    def command(self, command: int, payload: bytes, *, flags: int = 1, req_id: int = 0) -> Ack:
        """Send one command and return its answer."""
        sent = self.send(command, payload, flags=flags, req_id=req_id)
        ack = self.receive()
        assert (ack.code, ack.req_id) == (command + 1, sent)
        return ack

    def discover(self, expected: set[str]) -> dict[str, Ack]:
        """Broadcast DISCOVERY and collect answers until all expected addresses have answered."""
        self.send(0x0002, b"", req_id=0xFFFF)
        acks: dict[str, Ack] = {}
        while not expected <= acks.keys():
            ack = self.receive()
            acks[ack.source[0]] = ack
        return acks

    def read_register(self, address: int, *, flags: int = 1) -> int:
        """READREG of one register."""
        return int(struct.unpack(">I", _checked(self.command(0x0080, struct.pack(">I", address), flags=flags)))[0])

    def write_register(self, address: int, value: int) -> None:
        """WRITEREG of one register."""
        _checked(self.command(0x0082, struct.pack(">II", address, value)))

    def write_status(self, address: int, value: int) -> int:
        """WRITEREG of one register: the status alone."""
        return self.command(0x0082, struct.pack(">II", address, value)).status

    def read_memory(self, address: int, count: int) -> bytes:
        """READMEM of one block."""
        answer = _checked(self.command(0x0084, struct.pack(">IHH", address, 0, count)))
        assert int.from_bytes(answer[:4], "big") == address
        assert len(answer) == 4 + count
        return answer[4:]

    def write_memory(self, address: int, data: bytes) -> None:
        """WRITEMEM of one block."""
        _checked(self.command(0x0086, struct.pack(">I", address) + data))

    def read_blocks(self, address: int, length: int, block: int = 512) -> bytes:
        """A long stretch in blocks, the last rounded up to 4, as clients read the XML."""
        data = b""
        for offset in range(0, length, block):
            data += self.read_memory(address + offset, -(-min(block, length - offset) // 4) * 4)
        return data[:length]

    def url(self) -> tuple[str, int, int]:
        """File name, address and length of the description, as the first URL gives them."""
        text = self.read_memory(0x0200, 512).split(b"\0")[0].decode("ascii")
        assert text.lower().startswith("local:"), text
        name, address, length = text[6:].split("?")[0].split(";")
        return name, int(address, 16), int(length, 16)

    def description(self, block: int = 512) -> bytes:
        """The file the first URL names, as it is stored."""
        _, address, length = self.url()
        return self.read_blocks(address, length, block)


def _checked(ack: Ack) -> bytes:
    if ack.status:
        raise Refused(ack.status)
    return ack.payload


@dataclass(frozen=True, slots=True)
class Packet:
    """One stream packet; `flags` are there with 64-bit block ids alone."""

    status: int
    block_id: int
    kind: int
    packet_id: int
    data: bytes
    source: tuple[str, int]
    flags: int | None = None


@dataclass(slots=True)
class Block:
    """State: the packets of one block as they came."""

    block_id: int
    packets: dict[int, Packet] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether leader, trailer and everything between are there."""
        last = max(self.packets)
        return self.packets[last].kind == TRAILER and len(self.packets) == last + 1

    @property
    def leader(self) -> bytes:
        """The leader's data."""
        return self.packets[0].data

    @property
    def trailer(self) -> bytes:
        """The trailer's data."""
        return self.packets[max(self.packets)].data

    @property
    def payload(self) -> bytes:
        """What the payload packets hold."""
        return b"".join(self.packets[number].data for number in range(1, max(self.packets)))


class GvspReceiver:
    """A stream socket with a large receive buffer; with a group, one of several that hear it on loopback."""

    def __init__(self, timeout_s: float = PATIENCE_S, *, group: str = "", port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        _enlarge(self.socket)
        if group:
            membership = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.socket.bind((group or "127.0.0.1", port))
        self.socket.settimeout(timeout_s)
        self.port = int(self.socket.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def datagram(self) -> bytes:
        """The next datagram whole."""
        return self.socket.recv(65536)

    def packet(self) -> Packet:
        """The next stream packet."""
        data, source = self.socket.recvfrom(65536)
        if data[4] & 0x80:
            status, flags, kind, block_id, packet_id = struct.unpack_from(">HHB3xQI", data)
            return Packet(status, block_id, kind & 0x0F, packet_id, data[20:], source, flags)
        status, block_id, kind_and_id = struct.unpack_from(">HHI", data)
        return Packet(status, block_id, kind_and_id >> 24, kind_and_id & 0xFFFFFF, data[8:], source)

    def block(self) -> Block:
        """The next block, from its leader on, complete."""
        blocks: dict[int, Block] = {}
        while True:
            packet = self.packet()
            block = blocks.setdefault(packet.block_id, Block(packet.block_id))
            block.packets[packet.packet_id] = packet
            if packet.kind == TRAILER and block.complete:
                return block

    def drain(self) -> None:
        """Throw away what has arrived already."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(65536)
        except BlockingIOError:
            self.socket.settimeout(PATIENCE_S)

    def request_extended_resend(self, camera: str, block_id: int, first: int, last: int) -> None:
        """As `request_resend`, with ids of 64 and 32 bits."""
        payload = struct.pack(">HHIIQ", 0, 0, first, last, block_id)
        self.socket.sendto(struct.pack(">BBHHH", 0x42, 0x10, 0x0040, len(payload), 1) + payload, (camera, GVCP_PORT))

    def request_resend(self, camera: str, block_id: int, first: int, last: int) -> None:
        """PACKETRESEND from the stream's own port, as clients send it."""
        payload = struct.pack(">HHII", 0, block_id, first, last)
        self.socket.sendto(struct.pack(">BBHHH", 0x42, 0, 0x0040, len(payload), 1) + payload, (camera, GVCP_PORT))


def _enlarge(sock: socket.socket) -> None:
    """Have it hold many frames, whatever the system's limit: a busy computer lets its owner wait."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)


def seconds_until(condition_s: float) -> float:
    """How long until this point of the monotonic clock."""
    return condition_s - time.monotonic()


def free_udp_port(address: str) -> int:
    """A port that nobody listens on."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
