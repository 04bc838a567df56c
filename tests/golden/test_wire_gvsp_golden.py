"""GVSP bytes that do not come from this package's encoder: captured with Aravis 0.8.26 (as camera and as client)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvsp, multi_part
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer, Packet, PacketFlag, PacketFormat, PacketHeader, PayloadType
from tiscam_emu.wire.multi_part import DataType, MultiPartLeader, MultiPartTrailer, Part, PartPrefix, ZoneInfo

LEADER = bytes.fromhex("0000ff79010000000000000118ea05ec707109e8010800010000020000000200000000000000000000000000")
TRAILER_HEADER = bytes.fromhex("0000ff79 02 0000c2")
LEADER_EXTENDED = bytes.fromhex(
    "0000 0000 81 000000 0000000000000001 00000000 0000 0001 0000015a0523d519"
    "01080001 00000100 00000080 00000000 00000000 0000 0000"
)
TRAILER_EXTENDED = bytes.fromhex("0000 0000 82 000000 0000000000000001 00000018 0000 0001 00000080")
LEADER_CHUNK = bytes.fromhex(
    "0000 0001 01 000000 0000 4001 0000015be04707e6 01080001 00000100 00000080 00000000 00000000 0000 0000"
)
TRAILER_CHUNK = bytes.fromhex("0000 0001 02 000018 0000 4001 00000080 00008014 00000000")


def test_standard_leader() -> None:
    header = PacketHeader(65401, 0, PacketFormat.LEADER)
    leader = ImageLeader(0x18EA05EC707109E8, 0x01080001, 512, 512)
    assert gvsp.parse_packet(LEADER) == Packet(header, LEADER[8:])
    assert gvsp.parse_image_leader(LEADER[8:]) == leader
    assert header.build() + leader.build() == LEADER
    assert len(LEADER) + 28 == 72


def test_standard_payload_header() -> None:
    datagram = bytes.fromhex("0000ff79 03 000001 797a7b7c")
    assert gvsp.parse_packet(datagram) == Packet(PacketHeader(65401, 1, PacketFormat.PAYLOAD), b"yz{|")
    assert PacketHeader(65401, 1, PacketFormat.PAYLOAD).build() == datagram[:8]


def test_trailer_of_512_lines_follows_193_payload_packets_of_1364_bytes() -> None:
    assert gvsp.data_bytes_per_packet(1400) == 1364
    assert gvsp.payload_packets(512 * 512, 1400) == 193
    assert gvsp.parse_packet(TRAILER_HEADER).header == PacketHeader(65401, 194, PacketFormat.TRAILER)
    assert PacketHeader(65401, 194, PacketFormat.TRAILER).build() == TRAILER_HEADER


def test_extended_leader() -> None:
    header = PacketHeader(1, 0, PacketFormat.LEADER, extended=True)
    leader = ImageLeader(0x15A0523D519, 0x01080001, 256, 128)
    assert gvsp.parse_packet(LEADER_EXTENDED) == Packet(header, LEADER_EXTENDED[20:])
    assert gvsp.parse_image_leader(LEADER_EXTENDED[20:]) == leader
    assert header.build() + leader.build() == LEADER_EXTENDED


def test_extended_trailer() -> None:
    header = PacketHeader(1, 0x18, PacketFormat.TRAILER, extended=True)
    assert gvsp.parse_packet(TRAILER_EXTENDED) == Packet(header, TRAILER_EXTENDED[20:])
    assert gvsp.parse_image_trailer(TRAILER_EXTENDED[20:]) == ImageTrailer(128)
    assert header.build() + ImageTrailer(128).build() == TRAILER_EXTENDED


def test_leader_and_trailer_of_an_image_with_chunks() -> None:
    leader = ImageLeader(0x15BE04707E6, 0x01080001, 256, 128, payload_type=PayloadType.IMAGE_EXTENDED_CHUNK)
    trailer = ImageTrailer(128, PayloadType.IMAGE_EXTENDED_CHUNK, chunk_payload_bytes=0x8014, chunk_layout_id=0)
    assert gvsp.parse_image_leader(LEADER_CHUNK[8:]) == leader
    assert gvsp.parse_image_trailer(TRAILER_CHUNK[8:]) == trailer
    assert PacketHeader(1, 0, PacketFormat.LEADER).build() + leader.build() == LEADER_CHUNK
    assert PacketHeader(1, 0x18, PacketFormat.TRAILER).build() + trailer.build() == TRAILER_CHUNK


def test_resent_packets_say_so() -> None:
    standard = PacketHeader(1, 3, PacketFormat.PAYLOAD, status=Status.PACKET_RESEND)
    assert standard.build() == bytes.fromhex("0100 0001 03 000003")
    flagged = PacketHeader(
        1, 3, PacketFormat.PAYLOAD, extended=True, status=Status.PACKET_RESEND, flags=PacketFlag.RESENT
    )
    assert flagged.build() == bytes.fromhex("0100 0001 83 000000 0000000000000001 00000003")


def test_test_packet_of_1500_has_1472_bytes_of_udp_payload() -> None:
    packet = gvsp.build_test_packet(1500)
    assert packet == bytes.fromhex("0000 0000 03 000000") + bytes(1464)
    assert len(packet) == 1472
    extended = gvsp.build_test_packet(1500, extended=True)
    assert extended == bytes.fromhex("0000 0000 83 000000") + bytes(1464)
    assert len(extended) == 1472


def test_status_packet_is_only_a_header() -> None:
    assert gvsp.build_status_packet(Status.PACKET_REMOVED_FROM_MEMORY, 7, 5) == bytes.fromhex("8012 0007 03 000005")
    assert gvsp.build_status_packet(
        Status.PACKET_AND_PREV_REMOVED_FROM_MEMORY, 7, 5, extended=True, flags=PacketFlag.RESEND_RANGE_ERROR
    ) == bytes.fromhex("8011 0004 83 000000 0000000000000007 00000005")


def test_resent_packet_with_64_bit_ids_as_aravis_took_it() -> None:
    # Exchanged with Aravis 0.8.26: packet 3 of block 1 once more.
    datagram = bytes.fromhex("0100 0001 83 000000 0000000000000001 00000003 6465")
    header = PacketHeader(
        1, 3, PacketFormat.PAYLOAD, extended=True, status=Status.PACKET_RESEND, flags=PacketFlag.RESENT
    )
    assert gvsp.parse_packet(datagram) == Packet(header, b"de")
    assert header.build() == datagram[:20]


# From the layout tables of GigE Vision 2.x, chapters "GVSP packet header" and "Payload types".


@pytest.mark.parametrize(
    ("hex_bytes", "header"),
    [
        ("0000 ffff 03 ffffff", PacketHeader(0xFFFF, 0xFFFFFF, PacketFormat.PAYLOAD)),
        (
            "0000 0000 83 000000 ffffffffffffffff ffffffff",
            PacketHeader(2**64 - 1, 2**32 - 1, PacketFormat.PAYLOAD, extended=True),
        ),
        ("0000 0007 04 000000", PacketHeader(7, 0, PacketFormat.ALL_IN)),
        (
            "0000 0000 84 000000 0000000100000000 00000000",
            PacketHeader(2**32, 0, PacketFormat.ALL_IN, extended=True),
        ),
        ("8011 0007 03 000005", PacketHeader(7, 5, PacketFormat.PAYLOAD, status=0x8011)),
        (
            "8011 0004 83 000000 0000000000000007 00000005",
            PacketHeader(7, 5, PacketFormat.PAYLOAD, extended=True, status=0x8011, flags=4),
        ),
    ],
)
def test_headers(hex_bytes: str, header: PacketHeader) -> None:
    datagram = bytes.fromhex(hex_bytes)
    assert gvsp.parse_packet(datagram).header == header
    assert header.build() == datagram


def test_leader_and_trailer_of_chunks_alone() -> None:
    assert gvsp.ChunkLeader(0x18EA05EC707109E8).build() == bytes.fromhex("0000 0004 18ea05ec707109e8")
    assert gvsp.ChunkTrailer(0x8014).build() == bytes.fromhex("0000 0004 00008014")


def test_data_per_packet_is_the_packet_size_less_ip_udp_and_gvsp_headers() -> None:
    assert [gvsp.data_bytes_per_packet(size) for size in (576, 1500, 9000)] == [540, 1464, 8964]
    assert [gvsp.data_bytes_per_packet(size, extended=True) for size in (576, 1500, 9000)] == [528, 1452, 8952]
    assert gvsp.payload_packets(1_310_720, 9000, extended=True) == 147


def test_block_ids_wrap_past_0() -> None:
    assert [gvsp.next_block_id(id_) for id_ in (0, 1, 0xFFFE, 0xFFFF)] == [1, 2, 0xFFFF, 1]
    assert [gvsp.next_block_id(id_, extended=True) for id_ in (0, 0xFFFF, 2**64 - 1)] == [1, 0x10000, 1]


def test_all_in_packet_has_room_for_its_largest_description() -> None:
    # 1500 - 28 - 8 - 36 - 16 bytes; with 64-bit ids 12 fewer.
    assert gvsp.fits_one_packet(1412, 1500)
    assert not gvsp.fits_one_packet(1413, 1500)
    assert gvsp.fits_one_packet(1400, 1500, extended=True)
    assert not gvsp.fits_one_packet(1401, 1500, extended=True)


# Multi-part, from the layout tables of GigE Vision 2.1: "GVSP packet header" (byte 7 of the leader is the number of
# parts), "Payload types" (leader 12 + 48 n bytes, trailer 4 + 16 n) and "Multi-part payload packet" (8-byte prefix).

IMAGE_PART = Part(
    DataType.IMAGE_2D,
    0x1_0002_0003,
    pixel_format=0x01080001,
    size_x=640,
    size_y=480,
    offset_x=16,
    offset_y=8,
    padding_x=2,
    padding_y=1,
)
CHUNK_PART = Part(DataType.CHUNK_DATA, 48)
LEADER_MULTI_PART = bytes.fromhex(
    "0000 0000 81 0000 02 0000000000000007 00000000"  # status, flags, format, 0, parts, block id, packet id
    "0000 000a 18ea05ec707109e8"  # reserved, payload type, timestamp
    # Data type, length of 48 bits, pixel format, reserved, source, zones, zone directions, purpose, region.
    "0001 000100020003 01080001 0000 00 00 00000000 0000 0000"
    "00000280 000001e0 00000010 00000008 0002 0001 00000000"  # sizes, offsets, paddings, reserved
    "000a 000000000030 00000000 0000 00 00 00000000 0000 0000"
    "00000000 00000000 00000000 00000000 0000 0000 00000000"
)
TRAILER_MULTI_PART = bytes.fromhex(
    "0000 000a"  # reserved, payload type
    "0001 000100020003 000001e0 00000000"  # data type, length, lines, reserved
    "000a 000000000030 00000000 00000000"
)


def test_leader_of_two_parts() -> None:
    header = PacketHeader(7, 0, PacketFormat.LEADER, extended=True, parts=2)
    leader = MultiPartLeader(0x18EA05EC707109E8, (IMAGE_PART, CHUNK_PART))
    assert len(LEADER_MULTI_PART) == 20 + 12 + 2 * 48
    packet = gvsp.parse_packet(LEADER_MULTI_PART)
    assert packet == Packet(header, LEADER_MULTI_PART[20:])
    assert multi_part.parse_multi_part_leader(packet.data, packet.header.parts) == leader
    assert header.build() + leader.build() == LEADER_MULTI_PART


def test_trailer_of_two_parts() -> None:
    assert len(TRAILER_MULTI_PART) == 4 + 2 * 16
    assert MultiPartTrailer((IMAGE_PART, CHUNK_PART)).build() == TRAILER_MULTI_PART
    seen = MultiPartTrailer((Part(DataType.IMAGE_2D, 0x1_0002_0003, size_y=480), CHUNK_PART))
    assert multi_part.parse_multi_part_trailer(TRAILER_MULTI_PART) == seen


def test_payload_packet_of_a_part_says_where_its_data_belong() -> None:
    # Format 7 with extended ids; part 1, end of its only zone and of the part, offset of 48 bits.
    datagram = bytes.fromhex("0000 0000 87 000000 0000000000000007 00000005  01 41 000100020003  6465")
    header = PacketHeader(7, 5, PacketFormat.MULTI_PART, extended=True)
    prefix = PartPrefix(1, 0x1_0002_0003, ZoneInfo.END_OF_PART | ZoneInfo.END_OF_ZONE)
    packet = gvsp.parse_packet(datagram)
    assert packet.header == header
    assert multi_part.parse_part_prefix(packet.data) == prefix
    assert header.build() + prefix.build() + b"de" == datagram


@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (lambda data: multi_part.parse_multi_part_leader(data, 1), LEADER_MULTI_PART[20:79]),
        (multi_part.parse_multi_part_trailer, TRAILER_MULTI_PART[:3]),
        (multi_part.parse_part_prefix, bytes(7)),
    ],
)
def test_parts_that_are_cut_short_are_refused(parse: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(gvsp.GvspParseError):
        parse(data)
