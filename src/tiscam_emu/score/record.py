"""What a camera saw and did during a trial: every datagram of its control channel, every block of its stream."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from tiscam_emu.errors import Status
from tiscam_emu.recordings.control import DEFAULT_HEARTBEAT_MS
from tiscam_emu.units import NS_PER_S, Nanoseconds
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.bootstrap import CONTROL_CHANNEL_PRIVILEGE, HEARTBEAT_TIMEOUT, STREAM_CHANNEL_PORT
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import EXTENDED_IDS, IP_UDP_HEADER_BYTES, PacketFormat

Bytes = bytes | memoryview
_Cmd = TypeVar("_Cmd", bound=gvcp.Cmd)

_HEAD = struct.Struct(">HHI")
_EXTENDED_HEAD = struct.Struct(">HHIQI")
_SAME_ID_AGAIN_NS = 5 * NS_PER_S
_MOST_ANSWERS = 64
"""To one command, of which a capture may claim any number."""
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
    """The header of a stream packet, its bytes and how many they are."""

    block_id: int
    packet_id: int
    format: int
    status: int
    extended: bool
    size: int
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
        return self.size + IP_UDP_HEADER_BYTES


def stream_packet(data: Bytes, size: int = 0) -> StreamPacket:
    """Read the header of a packet that the camera made; `size` bytes long, if `data` are not all of it."""
    status, block_id, word = _HEAD.unpack_from(data)
    packet_id = word & 0xFFFFFF
    extended = bool(word >> 24 & EXTENDED_IDS)
    if extended:
        status, _, _, block_id, packet_id = _EXTENDED_HEAD.unpack_from(data)
    return StreamPacket(block_id, packet_id, word >> 24 & 0x0F, status, extended, size or len(data), data)


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
    _settled: bool = False

    @property
    def whole(self) -> bool:
        """Whether all of it has arrived, at first or later."""
        return self._settled or (self.last_id is not None and len(self.arrived) == self.last_id + 1)

    def settle(self) -> None:
        """Nothing more comes of it; which packets arrived is forgotten if all did."""
        self._settled = self.whole
        if self._settled:
            self.arrived.clear()


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
    partial
        It is what a capture has: there may be more before it and after it, and what is lost behind it is not known.
    """

    def __init__(self, *, partial: bool = False) -> None:
        self.partial = partial
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
        self._parsed: list[tuple[Datagram, gvcp.Cmd]] = []
        self._parsed_commands = 0
        self._by_id: dict[tuple[Endpoint, int], list[Datagram]] = {}
        self._sorted_answers = 0

    def heard(self, datagram: Datagram) -> None:
        """Note a command; where one opens the stream, block ids begin anew."""
        self.commands.append(datagram)
        if not datagram.lost and written(parsed(datagram), SCP):
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

    def said(self, kind: type[_Cmd]) -> Iterator[tuple[Datagram, _Cmd]]:
        """The commands of one kind that reached the camera."""
        for datagram in self.commands[self._parsed_commands :]:
            command = None if datagram.lost else parsed(datagram)
            if command is not None:
                self._parsed.append((datagram, command))
        self._parsed_commands = len(self.commands)
        return ((datagram, command) for datagram, command in self._parsed if isinstance(command, kind))

    def writes(self, address: int) -> list[tuple[Datagram, int]]:
        """Values written to a 32-bit register by WRITEREG or WRITEMEM, refused or not."""
        return [(datagram, value) for datagram, command in self.said(gvcp.Cmd) for value in written(command, address)]

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

    def needless(self) -> list[tuple[Datagram, gvcp.PacketResendCmd]]:
        """Requests for packets none of which was lost, of any block that there is; of a trial those for others, too."""
        by_id: dict[int, list[Block]] = {}
        for block in self.blocks:
            by_id.setdefault(block.block_id, []).append(block)
        found = []
        for datagram, asked in self.resends():
            same_id = by_id.get(asked.block_id, [])
            began = bisect_right(same_id, datagram.at_ns, key=_beginning)
            lost = same_id[began - 1].lost_once if began else {asked.first_packet_id} if self.partial else ()
            last = asked.last_packet_id
            if not any(asked.first_packet_id <= number and (last is None or number <= last) for number in lost):
                found.append((datagram, asked))
        return found

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

    def answers_to(self, command: Datagram) -> list[Datagram]:
        """The acknowledges that reached the client, in order, but for those that ask for patience."""
        for answer in self.answers[self._sorted_answers :]:
            self._by_id.setdefault((answer.peer, answer.id), []).append(answer)
        self._sorted_answers = len(self.answers)
        same_id = self._by_id.get((command.peer, command.id), [])
        first = bisect_left(same_id, command.at_ns, key=_time)
        found: list[Datagram] = []
        for answer in same_id[first : first + _MOST_ANSWERS]:
            if answer.code == gvcp.Command.PENDING_ACK or answer.lost:
                continue
            if found and answer.at_ns - found[-1].at_ns > _SAME_ID_AGAIN_NS:
                break
            found.append(answer)
        return found

    def answer_to(self, command: Datagram) -> Datagram | None:
        """The last of these; None without any."""
        return next(reversed(self.answers_to(command)), None)

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

    def heartbeat_ms(self) -> int:
        """The timeout that was in force at last."""
        written = [value for datagram, value in self.writes(HEARTBEAT_TIMEOUT.address) if self.succeeded(datagram)]
        return written[-1] if written else DEFAULT_HEARTBEAT_MS

    def silences(self) -> list[Nanoseconds]:
        """How long who took control first said nothing, from one command to the next, until control was given back.

        Of a capture until the last command, for nobody knows what came of it then.
        """
        if not self.taken():
            return []
        owner = self.taken()[0]
        end_ns = self.commands[-1].at_ns if self.partial else self.ended_ns
        back = next((b.at_ns for b in self.given_back() if b.at_ns > owner.at_ns), end_ns)
        times = [c.at_ns for c in self.commands if c.peer == owner.peer and owner.at_ns <= c.at_ns <= back]
        return [after - before for before, after in pairwise([*times, back])]


def _time(datagram: Datagram) -> Nanoseconds:
    return datagram.at_ns


def _beginning(block: Block) -> Nanoseconds:
    return block.began_ns


def parsed(datagram: Datagram) -> gvcp.Cmd | None:
    """The command in a datagram; None if it is none."""
    try:
        return gvcp_codec.parse_command(datagram.data)
    except gvcp.GvcpParseError:
        return None


def written(command: gvcp.Cmd | None, address: int) -> list[int]:
    """What a command writes to a 32-bit register."""
    if isinstance(command, gvcp.WriteRegCmd):
        return [value for at, value in command.pairs if at == address]
    if isinstance(command, gvcp.WriteMemCmd) and command.address <= address <= command.address + len(command.data) - 4:
        at = address - command.address
        return [int.from_bytes(command.data[at : at + 4], "big")]
    return []
