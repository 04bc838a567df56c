"""What a client may ask of the stream channel: 64-bit ids, marked resends, one packet per frame, chunks, going on."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS, NS_PER_S
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.chunks import parse_chunks
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import Packet, PacketFormat, parse_image_leader, parse_image_trailer

if TYPE_CHECKING:
    from tests.pair.conftest import Pair

CCP, SCP, SCPS, SCDA, SCCFG = 0x0A00, 0x0D00, 0x0D04, 0x0D18, 0x0D24
GVCP_CONFIGURATION, GVSP_CONFIGURATION = 0x0954, 0x0960
MULTI_PART = 0x40
RESEND_DESTINATION, ALL_IN, UNCONDITIONAL, EXTENDED_CHUNK = 8, 4, 2, 1
EXTENDED_IDS, EXTENDED_STATUS = 0x4000_0000, 0x4
WIDTH, HEIGHT = 256, 28
STREAM_SOCKET = Endpoint("127.0.0.1", 40_000)
OK = Status.SUCCESS


@pytest.fixture
def opened(pair: Pair) -> Pair:
    """Small frames at 16 Hz, as slow as they can be, not begun."""
    pair.open()
    pair.set(ExposureAuto=0, GainAuto=0, Width=WIDTH, Height=HEIGHT, ExposureTime=5000.0, AcquisitionFrameRate=16.0)
    return pair


def _one_frame(pair: Pair) -> list[Packet]:
    pair.set(AcquisitionStart=1)
    pair.advance(pair.now + 50 * NS_PER_MS)
    return [packet for _, packet in pair.received]


def test_64_bit_ids_cost_12_bytes_of_each_packet(opened: Pair) -> None:
    assert opened.write((GVSP_CONFIGURATION, EXTENDED_IDS)) is OK
    packets = _one_frame(opened)
    # 7168 bytes, 1000 - 20 - 8 - 20 = 952 in each packet: 7 full ones and one of 504.
    assert [packet.header.packet_id for packet in packets] == list(range(10))
    assert {(packet.header.extended, packet.header.block_id) for packet in packets} == {(True, 1)}
    assert opened.datagram_sizes == [20 + 36, *[972] * 7, 20 + 504, 20 + 8]
    payload = b"".join(packet.data for packet in packets[1:-1])
    assert payload == opened.expected_payload(opened.exposures[0])


def test_packets_resent_with_64_bit_ids_carry_a_flag(opened: Pair) -> None:
    opened.write((GVSP_CONFIGURATION, EXTENDED_IDS))
    sent = _one_frame(opened)
    opened.received.clear()
    command = gvcp.PacketResendCmd(9, 0, 1, 0, 1, flags=0x10)
    assert opened.send(command, STREAM_SOCKET) is None
    opened.advance(60 * NS_PER_MS)
    again = [packet for _, packet in opened.received]
    assert [packet.header.flags for packet in again] == [1, 1]
    assert [packet.header.status for packet in again] == [0, 0]
    assert [packet.data for packet in again] == [packet.data for packet in sent[:2]]


def test_block_gone_is_answered_in_64_bit_ids_too(opened: Pair) -> None:
    opened.write((GVSP_CONFIGURATION, EXTENDED_IDS))
    _one_frame(opened)
    opened.advance(5 * NS_PER_S)
    opened.received.clear()
    opened.send(gvcp.PacketResendCmd(9, 0, 1, 3, 3, flags=0x10), STREAM_SOCKET)
    opened.advance(5 * NS_PER_S + 10 * NS_PER_MS)
    (answer,) = [packet for _, packet in opened.received if packet.header.block_id == 1]
    assert (answer.header.extended, answer.header.status, answer.data) == (True, 0x8011, b"")


def test_id_mode_cannot_change_while_frames_are_on_their_way(opened: Pair) -> None:
    _one_frame(opened)
    assert opened.write((GVSP_CONFIGURATION, EXTENDED_IDS)) is Status.ACCESS_DENIED
    opened.set(AcquisitionStop=1)
    opened.advance(300 * NS_PER_MS)
    opened.received.clear()
    assert opened.write((GVSP_CONFIGURATION, EXTENDED_IDS)) is OK
    assert {packet.header.block_id for packet in _one_frame(opened)} == {1}


@pytest.mark.parametrize(("configuration", "status"), [(EXTENDED_STATUS, 0x0100), (0, 0)])
def test_resent_packets_are_marked_for_clients_that_know_the_status(
    opened: Pair, configuration: int, status: int
) -> None:
    assert opened.write((GVCP_CONFIGURATION, configuration)) is OK
    _one_frame(opened)
    opened.received.clear()
    opened.send(gvcp.PacketResendCmd(9, 0, 1, 3, 4), STREAM_SOCKET)
    opened.advance(60 * NS_PER_MS)
    assert [(packet.header.packet_id, packet.header.status) for _, packet in opened.received] == [
        (3, status),
        (4, status),
    ]


def test_resend_request_for_another_stream_channel_is_ignored(opened: Pair) -> None:
    _one_frame(opened)
    opened.received.clear()
    opened.send(gvcp.PacketResendCmd(9, 1, 1, 3, 4), STREAM_SOCKET)
    opened.advance(60 * NS_PER_MS)
    assert opened.received == []


@pytest.mark.parametrize(("configuration", "port"), [(RESEND_DESTINATION, 40_777), (0, 40_000)])
def test_packets_are_resent_to_the_requester_if_the_client_wants_that(
    opened: Pair, configuration: int, port: int
) -> None:
    assert opened.write((SCCFG, configuration)) is OK
    _one_frame(opened)
    opened.received.clear()
    opened.send(gvcp.PacketResendCmd(9, 0, 1, 3, 4), Endpoint("127.0.0.1", 40_777))
    opened.advance(60 * NS_PER_MS)
    assert [(to, packet.header.packet_id) for to, packet in opened.received] == [(port, 3), (port, 4)]


@pytest.mark.parametrize(("gvsp", "header"), [(0, 8), (EXTENDED_IDS, 20)])
def test_small_frame_is_one_packet_all_in(opened: Pair, gvsp: int, header: int) -> None:
    assert opened.write((SCPS, 8000), (SCCFG, ALL_IN), (GVSP_CONFIGURATION, gvsp)) is OK
    (packet,) = _one_frame(opened)
    assert (packet.header.format, packet.header.block_id, packet.header.packet_id) == (PacketFormat.ALL_IN, 1, 0)
    # GigE Vision 2.x, all-in packet: leader, trailer, payload.
    assert parse_image_leader(packet.data[:36]).size_y == HEIGHT
    assert packet.data[36:44] == bytes.fromhex("0000 0001 0000001c")
    assert packet.data[44:] == opened.expected_payload(opened.exposures[0])
    assert opened.datagram_sizes == [header + 44 + WIDTH * HEIGHT]


def test_all_in_packet_is_sent_again(opened: Pair) -> None:
    opened.write((SCPS, 8000), (SCCFG, ALL_IN))
    (packet,) = _one_frame(opened)
    opened.received.clear()
    opened.send(gvcp.PacketResendCmd(9, 0, 1, 0, None), STREAM_SOCKET)
    opened.advance(60 * NS_PER_MS)
    assert [again for _, again in opened.received] == [packet]


def test_chunks_without_the_extended_option_are_a_payload_of_their_own(opened: Pair) -> None:
    opened.set(ChunkModeActive=1)
    opened.set(ChunkSelector=2, ChunkEnable=1)
    assert opened.read(SCCFG) == EXTENDED_CHUNK
    assert opened.write((SCCFG, 0)) is OK
    leader, *middle, trailer = _one_frame(opened)
    payload = b"".join(packet.data for packet in middle)
    timestamp = opened.exposures[0].request.exposure_start_ns
    assert leader.data == bytes.fromhex("0000 0004") + timestamp.to_bytes(8, "big")
    assert trailer.data == bytes.fromhex("0000 0004") + len(payload).to_bytes(4, "big")
    chunks = parse_chunks(payload)
    assert len(chunks[1]) == WIDTH * HEIGHT
    assert int.from_bytes(chunks[0x9103], "big") == 512


def test_chunks_are_described_as_an_image_at_power_up(opened: Pair) -> None:
    opened.set(ChunkModeActive=1)
    leader, *_, trailer = _one_frame(opened)
    assert parse_image_leader(leader.data).payload_type == 0x4001
    assert parse_image_trailer(trailer.data).size_y == HEIGHT


def test_unconditional_stream_outlives_its_client(opened: Pair) -> None:
    assert opened.write((SCCFG, UNCONDITIONAL)) is OK
    opened.set(AcquisitionStart=1)
    opened.advance(10 * NS_PER_S)
    assert opened.engine.controller is None
    assert max(opened.blocks()) > 150
    assert opened.write((CCP, 2)) is OK
    assert opened.write((SCP, 0)) is OK
    under_way = max(opened.blocks()) + 1
    opened.advance(11 * NS_PER_S)
    assert max(opened.blocks()) <= under_way


def test_stream_without_the_option_ends_with_the_control(opened: Pair) -> None:
    opened.set(AcquisitionStart=1)
    opened.advance(10 * NS_PER_S)
    assert opened.read(SCP) == 0
    # The heartbeat timeout is 3 s: frames 1 to 48 or 49 were begun.
    assert max(opened.blocks()) <= 49


def test_multi_part_cannot_be_switched_on(opened: Pair) -> None:
    assert opened.write((SCCFG, 0x41)) is OK
    assert opened.read(SCCFG) == EXTENDED_CHUNK


@pytest.fixture
def in_parts() -> Pair:
    """As `opened`, with multi-part streams and 64-bit ids switched on and two chunks."""
    from tests.pair.conftest import Pair

    pair = Pair("33GP1300", CameraOptions(multi_part=True))
    pair.open()
    pair.set(ExposureAuto=0, GainAuto=0, Width=WIDTH, Height=HEIGHT, ExposureTime=5000.0, AcquisitionFrameRate=16.0)
    assert pair.write((GVSP_CONFIGURATION, EXTENDED_IDS), (SCCFG, MULTI_PART)) is OK
    return pair


def test_description_names_multi_part_only_where_it_is_offered(opened: Pair, in_parts: Pair) -> None:
    assert b'"GevSCCFGMultiPart"' in in_parts.camera.xml
    assert b'"GevSCCFGMultiPart"' not in opened.camera.xml


def test_frame_in_parts_holds_the_rendered_image(in_parts: Pair) -> None:
    packets = _one_frame(in_parts)
    # 7168 bytes, 1000 - 20 - 8 - 20 - 8 = 944 in each packet: 7 full ones and one of 560.
    assert in_parts.datagram_sizes == [20 + 60, *[972] * 7, 28 + 560, 20 + 20]
    payload = b"".join(packet.data[8:] for packet in packets[1:-1])
    assert payload == in_parts.expected_payload(in_parts.exposures[0])
    assert in_parts.camera.state["PayloadSize"] == len(payload)


def test_chunks_are_a_part_of_their_own_without_the_image_among_them(in_parts: Pair) -> None:
    in_parts.set(ChunkModeActive=1, ChunkSelector=2)
    in_parts.set(ChunkEnable=1)
    packets = _one_frame(in_parts)
    assert packets[0].header.parts == 2
    chunks = packets[-2].data[8:]
    assert parse_chunks(chunks) == {0x9103: struct.pack(">I", in_parts.exposures[0].request.region.offset_x)}
    assert in_parts.camera.state["PayloadSize"] == 7168 + len(chunks)


def test_chunk_mode_without_a_chunk_adds_no_part(in_parts: Pair) -> None:
    in_parts.set(ChunkModeActive=1)
    assert _one_frame(in_parts)[0].header.parts == 1
    assert in_parts.camera.state["PayloadSize"] == 7168


def test_with_16_bit_ids_frames_stay_images(in_parts: Pair) -> None:
    assert in_parts.write((GVSP_CONFIGURATION, 0)) is OK
    packets = _one_frame(in_parts)
    assert {packet.header.format for packet in packets} == {
        PacketFormat.LEADER,
        PacketFormat.PAYLOAD,
        PacketFormat.TRAILER,
    }


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (0xEF00_0001, OK),  # 239.0.0.1
        (0xE000_0101, OK),  # 224.0.1.1
        (0xE000_0001, Status.INVALID_PARAMETER),  # 224.0.0.1: all hosts
        (0xF000_0001, Status.INVALID_PARAMETER),  # 240.0.0.1: reserved
        (0x0A00_0001, Status.INVALID_PARAMETER),  # 10.0.0.1: somebody else
    ],
)
def test_streams_go_to_multicast_groups_but_those_of_routers(opened: Pair, address: int, status: Status) -> None:
    assert opened.write((SCDA, address)) is status
