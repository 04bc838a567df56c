"""GVSP bytes that do not come from this package's encoder: captured with Aravis 0.8.26 (as camera and as client)."""

from __future__ import annotations

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvsp
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer, Packet, PacketFlag, PacketFormat, PacketHeader, PayloadType

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
