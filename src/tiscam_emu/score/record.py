"""What a camera saw and did during a trial: every datagram of its control channel, every block of its stream."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_S, Nanoseconds
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.bootstrap import CONTROL_CHANNEL_PRIVILEGE, STREAM_CHANNEL_PORT
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import PacketFormat

Bytes = bytes | memoryview
_Cmd = TypeVar("_Cmd", bound=gvcp.Cmd)

_HEAD = struct.Struct(">HHI")
_EXTENDED_HEAD = struct.Struct(">HHIQI")
_EXTENDED_IDS = 0x80
_IP_UDP_BYTES = 28
_SAME_ID_AGAIN_NS = 5 * NS_PER_S
CCP, SCP = CONTROL_CHANNEL_PRIVILEGE.address, STREAM_CHANNEL_PORT.address


@dataclass(frozen=True, slots=True)
class Datagram:
    """One command or acknowledge; `lost` ones did not reach the other side."""

    at_ns: Nanoseconds
    peer: Endpoint
    data: bytes
    lost: bool = False

    @property
    def code(self) -> int:
        """Code of the command or acknowledge; 0 for what is neither."""
        return int.from_bytes(self.data[2:4], "big") if len(self.data) >= gvcp.HEADER_BYTES else 0

    @property
    def id(self) -> int:
        """Request or acknowledge id."""
        return int.from_bytes(self.data[6:8], "big")


@dataclass(frozen=True, slots=True)
class StreamPacket:
    """The header of a stream packet, and all of its bytes."""

    block_id: int
    packet_id: int
    format: int
    status: int
    extended: bool
    data: Bytes

    @property
    def is_leader(self) -> bool:
        """Whether it begins a block."""
        return self.format == PacketFormat.LEADER

    @property
    def is_trailer(self) -> bool:
        """Whether it ends a block."""
        return self.format == PacketFormat.TRAILER

    @property
    def is_test(self) -> bool:
        """Whether it is a test packet, which belongs to no block."""
        return self.block_id == 0

    @property
    def ip_bytes(self) -> int:
        """Its size with the headers of IP and UDP."""
        return len(self.data) + _IP_UDP_BYTES


def stream_packet(data: Bytes) -> StreamPacket:
    """Read the header of a packet that the camera made."""
    status, block_id, word = _HEAD.unpack_from(data)
    packet_id = word & 0xFFFFFF
    extended = bool(word >> 24 & _EXTENDED_IDS)
    if extended:
        status, _, _, block_id, packet_id = _EXTENDED_HEAD.unpack_from(data)
    return StreamPacket(block_id, packet_id, word >> 24 & 0x0F, status, extended, data)


@dataclass(slots=True)
class Block:
    """State: one frame on its way, packet ids by what became of them."""

    block_id: int
    began_ns: Nanoseconds
    last_id: int | None = None
    ended_ns: Nanoseconds | None = None
    sent: set[int] = field(default_factory=set)
    arrived: set[int] = field(default_factory=set)
    lost_once: set[int] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether all of it has arrived, at first or later."""
        return self.last_id is not None and len(self.arrived) == self.last_id + 1


@dataclass(frozen=True, slots=True)
class TestPacket:
    """A test packet: its size with all headers, and whether it arrived."""

    at_ns: Nanoseconds
    ip_bytes: int
    arrived: bool


class Record:
    """State: all that was seen, in order of time.

    Attributes
    ----------
    marks
        When somebody acted on the camera.
    files
        Where its descriptions lie: address and length.
    stamps
        Ids of the frames that the client says it got whole; None if it says nothing.
    guest_port
        Port of another program that is part of the trial.
    exit_code
        None if the command had to be ended.
    """

    def __init__(self) -> None:
        self.began_ns: Nanoseconds = 0
        self.ended_ns: Nanoseconds = 0
        self.commands: list[Datagram] = []
        self.answers: list[Datagram] = []
        self.blocks: list[Block] = []
        self.test_packets: list[TestPacket] = []
        self.largest_arrived = self.largest_lost = 0
        self.marks: dict[str, Nanoseconds] = {}
        self.stamps: tuple[int, ...] | None = None
        self.guest_port = 0
        self.files: list[tuple[int, int]] = []
        self.exit_code: int | None = None
        self._current: dict[int, Block] = {}

    def heard(self, datagram: Datagram) -> None:
        """Note a command; where one opens the stream, block ids begin anew."""
        self.commands.append(datagram)
        if not datagram.lost and any(write[0] is datagram for write in self.writes(SCP, [datagram])):
            self._current.clear()

    def saw(self, packet: StreamPacket, now: Nanoseconds, *, arrived: bool) -> None:
        """Note a stream packet that the camera has sent."""
        if packet.is_test:
            self.test_packets.append(TestPacket(now, packet.ip_bytes, arrived))
            return
        if packet.format == PacketFormat.PAYLOAD and packet.status not in {Status.SUCCESS, Status.PACKET_RESEND}:
            return  # it says that a packet is gone
        if arrived:
            self.largest_arrived = max(self.largest_arrived, packet.ip_bytes)
        else:
            self.largest_lost = max(self.largest_lost, packet.ip_bytes)
        block = self._current.get(packet.block_id)
        if block is None:
            block = self._current[packet.block_id] = Block(packet.block_id, now)
            self.blocks.append(block)
        block.sent.add(packet.packet_id)
        if arrived:
            block.arrived.add(packet.packet_id)
        elif packet.packet_id not in block.arrived:
            block.lost_once.add(packet.packet_id)
        if (packet.is_trailer or packet.format == PacketFormat.ALL_IN) and block.last_id is None:
            block.last_id, block.ended_ns = packet.packet_id, now

    def said(self, kind: type[_Cmd], among: Sequence[Datagram] | None = None) -> Iterator[tuple[Datagram, _Cmd]]:
        """The commands of one kind that reached the camera."""
        for datagram in self.commands if among is None else among:
            if datagram.lost:
                continue
            try:
                command = gvcp_codec.parse_command(datagram.data)
            except gvcp.GvcpParseError:
                continue
            if isinstance(command, kind):
                yield datagram, command

    def writes(self, address: int, among: Sequence[Datagram] | None = None) -> list[tuple[Datagram, int]]:
        """Values written to a 32-bit register by WRITEREG or WRITEMEM, refused or not."""
        found = [
            (datagram, value)
            for datagram, command in self.said(gvcp.WriteRegCmd, among)
            for at, value in command.pairs
            if at == address
        ]
        for datagram, block in self.said(gvcp.WriteMemCmd, among):
            if block.address <= address <= block.address + len(block.data) - 4:
                at = address - block.address
                found.append((datagram, int.from_bytes(block.data[at : at + 4], "big")))
        return sorted(found, key=lambda write: write[0].at_ns)

    def reads(self, address: int) -> list[Datagram]:
        """Commands that read a register, alone or with others."""
        found = [datagram for datagram, command in self.said(gvcp.ReadRegCmd) if address in command.addresses]
        for datagram, block in self.said(gvcp.ReadMemCmd):
            if block.address <= address < block.address + block.count:
                found.append(datagram)
        return sorted(found, key=lambda datagram: datagram.at_ns)

    def resends(self) -> list[tuple[Datagram, gvcp.PacketResendCmd]]:
        """What was asked for again."""
        return list(self.said(gvcp.PacketResendCmd))

    def finished(self) -> list[Block]:
        """Blocks that the camera has sent to the end."""
        return [block for block in self.blocks if block.last_id is not None]

    def hurt(self) -> list[Block]:
        """Finished blocks of which a packet was lost on its way the first time."""
        return [block for block in self.finished() if block.lost_once]

    def whole(self) -> list[Block]:
        """Blocks that have arrived with all packets."""
        return [block for block in self.blocks if block.whole]

    def since(self, mark: str) -> Nanoseconds | None:
        """When something was done to the camera; None if it was not."""
        return self.marks.get(mark)

    def seconds(self) -> float:
        """How long the trial took."""
        return (self.ended_ns - self.began_ns) / NS_PER_S

    def answer_to(self, command: Datagram) -> Datagram | None:
        """The acknowledge that reached the client, the last one if there were several."""
        found = None
        for answer in self.answers:
            if answer.at_ns >= command.at_ns and (answer.peer, answer.id) == (command.peer, command.id):
                if answer.code == gvcp.Command.PENDING_ACK or answer.lost:
                    continue
                if found is not None and answer.at_ns - found.at_ns > _SAME_ID_AGAIN_NS:
                    break
                found = answer
        return found

    def succeeded(self, command: Datagram) -> bool:
        """Whether it was acknowledged with success."""
        answer = self.answer_to(command)
        return answer is not None and answer.data[:2] == b"\0\0"

    def taken(self) -> list[Datagram]:
        """Commands that took control, with success."""
        return [datagram for datagram, value in self.writes(CCP) if value and self.succeeded(datagram)]

    def given_back(self) -> list[Datagram]:
        """Commands that gave it back."""
        return [datagram for datagram, value in self.writes(CCP) if not value]

    def silences(self) -> list[Nanoseconds]:
        """How long who took control first said nothing, from one command to the next, until control was given back."""
        if not self.taken():
            return []
        owner = self.taken()[0]
        back = next((b.at_ns for b in self.given_back() if b.at_ns > owner.at_ns), self.ended_ns)
        times = [c.at_ns for c in self.commands if c.peer == owner.peer and owner.at_ns <= c.at_ns <= back]
        return [after - before for before, after in zip(times, [*times[1:], back], strict=True)]
