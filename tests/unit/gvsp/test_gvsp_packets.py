"""Packet layout, against bytes captured from another camera (Aravis' fake camera) and the standard's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.packets import FrameTable, PacketTable, resent
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer

MONO8 = 0x01080001
LEADER = ImageLeader(timestamp=0x18EA05EC707109E8, pixel_format=MONO8, size_x=512, size_y=512)
TRAILER = ImageTrailer(size_y=512)


def filled(payload_bytes: int, packet_size: int, seed: int = 1, block_id: int = 1) -> tuple[PacketTable, bytes]:
    payload = np.random.default_rng(seed).integers(0, 256, payload_bytes, dtype=np.uint8)
    table = PacketTable(payload_bytes, packet_size)
    table.fill(payload, LEADER, TRAILER)
    table.stamp(block_id)
    return table, payload.tobytes()


def test_leader_equals_the_captured_one() -> None:
    table, _ = filled(512 * 512, 1400, block_id=65401)
    fields = ["0000ff79 01 000000", "00 00 0001", "18ea05ec707109e8", "01080001", "00000200 00000200", "00" * 12]
    assert table.packets[0] == bytes.fromhex("".join(fields))


def test_leader_carries_offsets_and_its_trailer_the_height() -> None:
    table = PacketTable(12, 576)
    leader = ImageLeader(1, MONO8, size_x=4, size_y=3, offset_x=16, offset_y=32)
    table.fill(np.zeros(12, np.uint8), leader, ImageTrailer(size_y=3))
    table.stamp(1)
    assert table.packets[0][24:40].hex() == "00000004000000030000001000000020"
    assert table.packets[-1][8:].hex() == "0000000100000003"


def test_trailer_equals_the_captured_one_but_for_its_size_y() -> None:
    table, _ = filled(512 * 512, 1400, block_id=65401)
    assert table.packets[-1].hex() == "0000ff79020000c20000000100000200"


def test_payload_headers_count_from_one() -> None:
    table, _ = filled(512 * 512, 1400, block_id=65401)
    assert table.packets[1][:8].hex() == "0000ff7903000001"
    assert table.packets[193][:8].hex() == "0000ff79030000c1"


@pytest.mark.parametrize(
    ("payload_bytes", "packet_size", "packets", "last_bytes"),
    [
        (512 * 512, 1400, 193, 262144 - 192 * 1364),
        (1280 * 1024, 9000, 147, 1310720 - 146 * 8964),
        (540 * 3, 576, 3, 540),
        (1, 576, 1, 1),
        (541, 576, 2, 1),
    ],
)
def test_all_packets_are_full_but_the_last_which_is_short(
    payload_bytes: int, packet_size: int, packets: int, last_bytes: int
) -> None:
    table, payload = filled(payload_bytes, packet_size)
    payload_packets = table.packets[1:-1]
    assert len(payload_packets) == packets
    assert {len(packet) for packet in payload_packets[:-1]} <= {packet_size - 28}
    assert len(payload_packets[-1]) == 8 + last_bytes
    assert b"".join(packet[8:] for packet in payload_packets) == payload


def test_more_than_65535_packets_use_all_24_bits_of_the_packet_id() -> None:
    table, _ = filled(70_000, 37)
    assert table.packets[69_999][4:8].hex() == "0301116f"
    assert table.packets[-1][4:8].hex() == "02011171"


def test_a_refilled_table_sends_the_new_frame_through_the_same_packets() -> None:
    table, first = filled(10_000, 1400)
    before = list(map(id, table.packets[1:-1]))
    payload = np.random.default_rng(2).integers(0, 256, 10_000, dtype=np.uint8)
    table.fill(payload, ImageLeader(5, MONO8, 100, 100), ImageTrailer(100))
    table.stamp(2)
    assert list(map(id, table.packets[1:-1])) == before
    assert b"".join(packet[8:] for packet in table.packets[1:-1]) == payload.tobytes() != first
    assert {bytes(packet[2:4]).hex() for packet in table.packets} == {"0002"}
    assert int.from_bytes(table.packets[0][12:20], "big") == 5


def test_a_resent_packet_differs_in_its_status_alone() -> None:
    table, _ = filled(10_000, 1400)
    assert resent(table, 3, marked=True)[:2].hex() == "0100"
    assert resent(table, 3, marked=True)[2:] == table.packets[3][2:]
    assert resent(table, 3, marked=False) == table.packets[3]
    assert table.packets[3][:2].hex() == "0000"


@pytest.mark.parametrize(("payload_bytes", "packet_size"), [(0, 1400), (100, 36)])
def test_impossible_geometry_is_refused(payload_bytes: int, packet_size: int) -> None:
    with pytest.raises(ValueError, match=r"has no (packets|room for data)"):
        PacketTable(payload_bytes, packet_size)


@pytest.mark.parametrize("sizes", [(1,), (963, 1, 964, 2000), (964,), (1928, 5), (10_000,), (7, 957, 3000)])
def test_a_payload_written_in_parts_lies_as_one_written_at_once(sizes: tuple[int, ...]) -> None:
    payload = np.random.default_rng(5).integers(0, 256, 10_000, np.uint8)
    whole, parts = PacketTable(10_000, 1000), PacketTable(10_000, 1000)
    whole.fill(payload, LEADER, TRAILER)
    first, turn = 0, 0
    while first < payload.size:
        part = payload[first : first + sizes[turn % len(sizes)]]
        parts.write(first, part)
        first, turn = first + part.size, turn + 1
    parts.head(LEADER, TRAILER)
    for table in (whole, parts):
        table.stamp(3)
    assert [bytes(packet) for packet in parts.packets] == [bytes(packet) for packet in whole.packets]


def test_payload_bytes_are_taken_back_from_behind_the_headers() -> None:
    payload = np.arange(10_000, dtype=np.uint32).view(np.uint8)[:10_000]
    table = PacketTable(10_000, 1000)
    table.fill(payload, LEADER, TRAILER)
    for positions in (np.array([[0, 963], [964, 9999]]), np.arange(0, 10_000, 7)):
        for _ in range(2):
            assert np.array_equal(table.take(positions), payload[positions])


@pytest.mark.parametrize(("payload_bytes", "packet_size"), [(10_000, 1000), (9640, 1000), (200_000, 1400), (3, 576)])
@pytest.mark.parametrize("share", [(0.0, 1.0), (0.0, 0.3), (0.2, 0.7), (0.9, 1.0)])
def test_runs_are_the_same_packets_in_few_pieces(
    payload_bytes: int, packet_size: int, share: tuple[float, float]
) -> None:
    table, _ = filled(payload_bytes, packet_size)
    first, end = (round(part * len(table.packets)) for part in share)
    cut = [
        bytes(run.data)[at : at + run.packet_bytes]
        for run in table.runs(first, end)
        for at in range(0, len(run.data), run.packet_bytes)
    ]
    assert cut == [bytes(packet) for packet in table.packets[first:end]]
    assert all(len(run.data) <= 65_507 and len(run.data) <= 64 * run.packet_bytes for run in table.runs(first, end))


def test_extended_leader_and_trailer_equal_those_aravis_took() -> None:
    table = PacketTable(256 * 128, 1472, extended=True)
    leader = ImageLeader(0x15A0523D519, MONO8, size_x=256, size_y=128)
    table.fill(np.zeros(256 * 128, np.uint8), leader, ImageTrailer(size_y=128))
    table.stamp(1)
    # 1472 - 48 = 1424 bytes in each packet: 24 of them, so the trailer is packet 25.
    assert table.packets[0][:20].hex() == "00000000810000000000000000000001" + "00000000"
    assert table.packets[0][20:].hex() == "000000010000015a0523d51901080001" + "0000010000000080" + "00" * 12
    assert table.packets[-1].hex() == "00000000820000000000000000000001" + "00000019" + "0000000100000080"


def test_extended_payload_packets_carry_64_and_32_bit_ids() -> None:
    payload = np.random.default_rng(3).integers(0, 256, 10_000, dtype=np.uint8)
    table = PacketTable(10_000, 1400, extended=True)
    table.fill(payload, LEADER, TRAILER)
    for block_id, text in ((1, "0000000000000001"), (2**40 + 7, "0000010000000007")):
        table.stamp(block_id)
        assert table.packets[1][:20].hex() == "0000000083000000" + text + "00000001"
        assert table.packets[8][:20].hex() == "0000000083000000" + text + "00000008"
    # 1352 bytes of data in each: 7 full packets and 536 bytes.
    assert [len(packet) for packet in table.packets[1:-1]] == [*[1372] * 7, 20 + 536]
    assert b"".join(packet[20:] for packet in table.packets[1:-1]) == payload.tobytes()


def test_extended_resent_packet_is_flagged_and_marked_if_wanted() -> None:
    table = PacketTable(10_000, 1400, extended=True)
    table.fill(np.zeros(10_000, np.uint8), LEADER, TRAILER)
    table.stamp(9)
    assert bytes(resent(table, 3, marked=True)[:4]).hex() == "01000001"
    assert bytes(resent(table, 3, marked=False)[:4]).hex() == "00000001"
    assert resent(table, 3, marked=True)[4:] == table.packets[3][4:]


def test_all_in_packet_too_small_for_its_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame of 1413 bytes does not fit one packet of 1500"):
        AllInPacket(1413, 1500)


def placed(table: FrameTable) -> list[bytes]:
    """The packets, taken from where they lie."""
    return [table.memory[first : first + size].tobytes() for first, size in table.places.tolist()]


@pytest.mark.parametrize(("payload_bytes", "packet_size"), [(10_000, 1000), (9640, 1000), (3, 576), (100, 37)])
def test_every_packet_lies_in_the_memory_at_its_place(payload_bytes: int, packet_size: int) -> None:
    table, _ = filled(payload_bytes, packet_size)
    assert placed(table) == [bytes(packet) for packet in table.packets]
    table.stamp(2)
    assert placed(table) == [bytes(packet) for packet in table.packets]


def test_an_all_in_packet_lies_in_its_memory() -> None:
    table = AllInPacket(100, 1500)
    table.fill(np.arange(100, dtype=np.uint8), LEADER, TRAILER)
    table.stamp(7)
    assert placed(table) == [bytes(table.packets[0])]
