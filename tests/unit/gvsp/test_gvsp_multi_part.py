"""Frames in several parts: which bytes lie in which packet."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.packets import resent
from tiscam_emu.wire.gvsp import PacketFormat, parse_packet
from tiscam_emu.wire.multi_part import DataType, MultiPartLeader, MultiPartTrailer, Part, PartPrefix, parse_part_prefix

LAYOUT = (2000, 130)
PARTS = (Part(DataType.IMAGE_2D, 2000, size_x=100, size_y=20), Part(DataType.CHUNK_DATA, 130))
PACKET_SIZE = 576
END = 0x41


def filled(layout: tuple[int, ...] = LAYOUT, packet_size: int = PACKET_SIZE) -> tuple[MultiPartTable, bytes]:
    payload = np.random.default_rng(1).integers(0, 256, sum(layout), dtype=np.uint8)
    table = MultiPartTable(layout, packet_size)
    table.fill(payload, MultiPartLeader(5, PARTS), MultiPartTrailer(PARTS))
    table.stamp(9)
    return table, payload.tobytes()


def test_every_part_begins_a_packet_and_ends_with_a_short_one_that_says_so() -> None:
    table, payload = filled()
    packets = [parse_packet(bytes(packet)) for packet in table.packets]
    # 576 - 28 - 20 - 8 = 520 bytes in each packet: 3 full ones and 440 bytes, then 130.
    assert [packet.header.packet_id for packet in packets] == [0, 1, 2, 3, 4, 5, 6]
    assert {packet.header.block_id for packet in packets} == {9}
    forms = [packet.header.format for packet in packets]
    assert forms == [PacketFormat.LEADER, *[PacketFormat.MULTI_PART] * 5, PacketFormat.TRAILER]
    assert [packet.header.parts for packet in packets] == [2, 0, 0, 0, 0, 0, 0]
    assert [parse_part_prefix(packet.data) for packet in packets[1:-1]] == [
        PartPrefix(0, 0),
        PartPrefix(0, 520),
        PartPrefix(0, 1040),
        PartPrefix(0, 1560, END),
        PartPrefix(1, 2000, END),
    ]
    assert [len(packet.data) - 8 for packet in packets[1:-1]] == [520, 520, 520, 440, 130]
    assert b"".join(packet.data[8:] for packet in packets[1:-1]) == payload


def test_payload_is_written_in_stretches_across_parts_and_read_back() -> None:
    whole, payload = filled()
    table = MultiPartTable(LAYOUT, PACKET_SIZE)
    for first in range(0, 2130, 333):
        table.write(first, np.frombuffer(payload[first : first + 333], np.uint8))
    table.head(MultiPartLeader(5, PARTS), MultiPartTrailer(PARTS))
    table.stamp(9)
    assert [bytes(packet) for packet in table.packets] == [bytes(packet) for packet in whole.packets]
    for count in (1, 2000, 2001, 2130):
        assert b"".join(bytes(part) for part in table.parts(count)) == payload[:count]
    positions = np.array([[0, 519], [520, 1999]])
    assert table.take(positions).tobytes() == bytes(payload[position] for position in (0, 519, 520, 1999))


@pytest.mark.parametrize("layout", [(2000,), (2080,), (2000, 130), (520, 521), (1, 1), (100_000, 40_000)])
@pytest.mark.parametrize("share", [(0.0, 1.0), (0.0, 0.3), (0.2, 0.7), (0.5, 1.0), (0.9, 1.0)])
def test_runs_are_the_same_packets_and_never_of_two_parts(layout: tuple[int, ...], share: tuple[float, float]) -> None:
    table, _ = filled(layout)
    first, end = (round(part * len(table.packets)) for part in share)
    cut = [bytes(packet) for run in table.runs(first, end) for packet in run.packets()]
    assert cut == [bytes(packet) for packet in table.packets[first:end]]
    assert all(len(run.data) <= 65_507 and len(run.data) <= 64 * run.packet_bytes for run in table.runs(first, end))


@pytest.mark.parametrize("layout", [(2000,), (2000, 130), (520, 521), (1, 1)])
def test_every_packet_lies_in_the_memory_at_its_place(layout: tuple[int, ...]) -> None:
    table, _ = filled(layout)
    placed = [table.memory[first : first + size].tobytes() for first, size in table.places.tolist()]
    assert placed == [bytes(packet) for packet in table.packets]


def test_resent_packet_is_flagged_and_else_the_same() -> None:
    table, _ = filled()
    assert bytes(resent(table, 5, marked=True)[:4]).hex() == "01000001"
    assert resent(table, 5, marked=True)[4:] == table.packets[5][4:]


@pytest.mark.parametrize("layout", [(), (0,), (100, 0)])
def test_empty_parts_are_refused(layout: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="empty part"):
        MultiPartTable(layout, PACKET_SIZE)


def test_packet_without_room_for_data_is_refused() -> None:
    with pytest.raises(ValueError, match="has no room for data"):
        MultiPartTable((100,), 56)


def test_packets_can_leave_as_far_as_their_part_is_written_and_the_trailer_with_the_last() -> None:
    table = MultiPartTable(LAYOUT, PACKET_SIZE)
    sendable = [table.sendable_packets]
    for first, end in ((0, 519), (519, 1040), (1040, 2000), (2000, 2130)):
        table.write(first, np.zeros(end - first, np.uint8))
        sendable.append(table.sendable_packets)
    assert sendable == [1, 1, 3, 5, 7]
    table.restart()
    assert table.sendable_packets == 1
