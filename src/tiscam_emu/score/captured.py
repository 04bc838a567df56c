"""A capture as records, one for each client of each camera: what the rules of the report card are judged by.

What a camera on the stage knows has to be found out here: a packet is lost if it never came, or came only after it had
been asked for. Commands, packets and blocks are looked at up to a limit, so that memory is bounded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tiscam_emu.foreign.files.url import parse_url
from tiscam_emu.recordings import capture, frames
from tiscam_emu.recordings.control import is_broadcast
from tiscam_emu.score.record import (
    SCP,
    Block,
    Datagram,
    Record,
    StreamPacket,
    TestPacket,
    parsed,
    stream_packet,
    written,
)
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.bootstrap import FIRST_URL, SECOND_URL, text_from_register
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import EXTENDED_IDS, PacketFormat

_MOST_CLIENTS = 256
_MOST_ENDS = 4096
_MOST_DATAGRAMS = 200_000
"""Commands and acknowledges; hours of a usual client."""
_OPEN_BLOCKS = 64
"""Of a stream: packets that were asked for again come late."""
_MOST_TEST_PACKETS = 1000
_URLS = (FIRST_URL.address, SECOND_URL.address)
_ADDRESS_BYTES = 4
_MOST_FILES = 4
_MOST_ASKED = 4096
"""Packets of one request that are looked at."""
_STANDARD_BYTES, _EXTENDED_BYTES = 8, 20
_ERROR = 0x8000


@dataclass(slots=True)
class _Limits:
    """State: how much more may be looked at: commands and acknowledges, and packets in all the ways they are met."""

    datagrams: int = _MOST_DATAGRAMS
    packets: int = frames.MAX_PACKETS
    asked: int = frames.MAX_PACKETS
    settled: int = 2 * frames.MAX_PACKETS


@dataclass(slots=True)
class _Open:
    """State: a block that packets may still belong to.

    Attributes
    ----------
    came_again, asked
        Of packets, how often they came beyond the first time, and how often they were asked for.
    came_late
        Packets that had been asked for before they came.
    highest
        The highest packet id so far.
    """

    block: Block
    came_again: Counter[int] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)
    came_late: set[int] = field(default_factory=set)
    highest: int = 0
    last_ns: Nanoseconds = 0

    def lost(self, number: int) -> bool:
        """Whether a packet did not come by itself: what came as often as it was asked for came because of that."""
        if number not in self.block.arrived:
            return True
        return number in self.came_late and self.came_again[number] < self.asked[number]


class CapturedRecord(Record):
    """State: what a capture has of one client and one camera."""

    def __init__(self, limits: _Limits) -> None:
        super().__init__(partial=True)
        self._limits = limits
        self._open: dict[int, _Open] = {}
        self._usual_last_id: int | None = None

    def heard(self, datagram: Datagram) -> None:
        """See `Record.heard`."""
        super().heard(datagram)
        command = parsed(datagram)
        if written(command, SCP):
            self.settle()
        elif isinstance(command, gvcp.PacketResendCmd) and command.block_id in self._open:
            known = self._open[command.block_id]
            end = max(known.highest, self._usual_last_id or 0) + 1
            end = end if command.last_packet_id is None else min(end, command.last_packet_id + 1)
            numbers = range(command.first_packet_id, min(end, command.first_packet_id + _MOST_ASKED))
            self._limits.asked -= len(numbers)
            if self._limits.asked >= 0:
                known.asked.update(numbers)

    def saw(self, packet: StreamPacket, now: Nanoseconds, *, arrived: bool = True) -> None:
        """See `Record.saw`; whatever is in a capture has arrived there."""
        del arrived
        if packet.is_test:
            if len(self.test_packets) < _MOST_TEST_PACKETS:
                self.test_packets.append(TestPacket(now, packet.ip_bytes, arrived=True))
            return
        if packet.status & _ERROR:
            return  # it says that a packet is gone
        self.largest_arrived = max(self.largest_arrived, packet.ip_bytes)
        known = self._open.get(packet.block_id) or self._begin(packet.block_id, now)
        block, number = known.block, packet.packet_id
        known.last_ns = now
        if number in block.arrived:
            known.came_again[number] += 1
        else:
            block.arrived.add(number)
            known.highest = max(known.highest, number)
            if number in known.asked:
                known.came_late.add(number)
        if packet.is_trailer or packet.format == PacketFormat.ALL_IN:
            block.last_id, block.ended_ns = number, now
            self._usual_last_id = number

    def _begin(self, block_id: int, now: Nanoseconds) -> _Open:
        if len(self._open) >= _OPEN_BLOCKS:
            self._settle(next(iter(self._open)))
        known = self._open[block_id] = _Open(Block(block_id, now))
        self.blocks.append(known.block)
        return known

    def settle(self) -> None:
        """Nothing more comes of the blocks so far."""
        newest = next(reversed(self._open), None)
        for block_id in list(self._open):
            self._settle(block_id, newest=block_id == newest)

    def _settle(self, block_id: int, *, newest: bool = False) -> None:
        known = self._open.pop(block_id)
        block = known.block
        if block.last_id is None and not newest and self._usual_last_id is not None:  # its trailer was lost
            block.last_id, block.ended_ns = self._usual_last_id, known.last_ns
        if block.last_id is None:
            return
        self._limits.settled -= block.last_id + 1
        if self._limits.settled < 0 or known.highest > block.last_id:
            block.last_id = None
            return
        if known.came_late or not block.whole:
            block.lost_once = {number for number in range(block.last_id + 1) if known.lost(number)}
        block.settle()


class Captured:
    """State: the records of a capture that is being read, by the camera's address and the client's with its port.

    Attributes
    ----------
    left_out
        Datagrams beyond what is looked at.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], CapturedRecord] = {}
        self.left_out = 0
        self._limits = _Limits()
        self._receivers: dict[tuple[str, str, int], CapturedRecord] = {}
        self._streams: dict[bytes, CapturedRecord | None] = {}
        self._began_ns: Nanoseconds | None = None

    def add(self, datagram: capture.Datagram) -> None:
        """Look at one datagram."""
        if self._began_ns is None:
            self._began_ns = datagram.time_ns
        if datagram.start or len(datagram.data) < _STANDARD_BYTES:
            return
        if datagram.ends in self._streams:
            record = self._streams[datagram.ends]
            if record is not None:
                self._streamed(record, datagram)
            return
        ends = capture.ends_of(datagram.ends)
        if ends.destination_port == gvcp.GVCP_PORT:
            if datagram.data[0] == gvcp.COMMAND_KEY and not is_broadcast(ends.destination):
                self._heard(ends.destination, Endpoint(ends.source, ends.source_port), datagram)
        elif ends.source_port == gvcp.GVCP_PORT:
            self._answered(ends.source, Endpoint(ends.destination, ends.destination_port), datagram)
        else:
            if len(self._streams) >= _MOST_ENDS:
                self._streams.clear()
            self._streams[datagram.ends] = self._receivers.get((ends.source, ends.destination, ends.destination_port))
            self.add(datagram)

    def close(self, now: Nanoseconds) -> None:
        """The capture ends."""
        for record in self.records.values():
            record.settle()
            record.began_ns, record.ended_ns = self._began_ns or 0, now

    def _heard(self, camera: str, peer: Endpoint, datagram: capture.Datagram) -> None:
        record = self.records.get((camera, str(peer)))
        if record is None and len(self.records) < _MOST_CLIENTS:
            record = self.records[camera, str(peer)] = CapturedRecord(self._limits)
        if record is None or not self._may_take():
            self.left_out += 1
            return
        heard = Datagram(datagram.time_ns, peer, bytes(datagram.data))
        record.heard(heard)
        for port in filter(None, written(parsed(heard), SCP)):
            self._streams.clear()
            if len(self._receivers) >= _MOST_CLIENTS:
                self._receivers.pop(next(iter(self._receivers)))
            self._receivers[camera, peer.host, port & 0xFFFF] = record

    def _answered(self, camera: str, peer: Endpoint, datagram: capture.Datagram) -> None:
        record = self.records.get((camera, str(peer)))
        if record is None:
            return
        if self._may_take():
            answer = Datagram(datagram.time_ns, peer, bytes(datagram.data))
            record.answers.append(answer)
            if len(record.files) < _MOST_FILES:
                record.files += [file for file in _file_named(answer) if file not in record.files]
        else:
            self.left_out += 1

    def _may_take(self) -> bool:
        self._limits.datagrams -= 1
        return self._limits.datagrams >= 0

    def _streamed(self, record: CapturedRecord, datagram: capture.Datagram) -> None:
        self._limits.packets -= 1
        if self._limits.packets < 0 or len(record.blocks) >= frames.MAX_BLOCKS:
            self.left_out += 1
        elif not datagram.data[4] & EXTENDED_IDS or len(datagram.data) >= _EXTENDED_BYTES:
            record.saw(stream_packet(datagram.data, datagram.size), datagram.time_ns)


def _file_named(answer: Datagram) -> list[tuple[int, int]]:
    """Where a description lies in the camera, and how long it is, if an acknowledge says so."""
    begin = gvcp.HEADER_BYTES + _ADDRESS_BYTES
    address, text = int.from_bytes(answer.data[gvcp.HEADER_BYTES : begin], "big"), answer.data[begin:]
    if answer.code != gvcp.Command.READMEM_ACK or address not in _URLS or b"\0" not in text:
        return []
    url = parse_url(text_from_register(text))
    return [(url.address, url.length)] if url is not None and url.where == "local" and url.length else []
