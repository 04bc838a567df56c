"""From the command of the client to the packets of the frame, without network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.units import NS_PER_MS, NS_PER_S
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.chunks import parse_chunks
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import Packet, PacketFormat, parse_image_leader, parse_image_trailer

if TYPE_CHECKING:
    from tests.pair.conftest import Pair

CCP, SCP, SCPS = 0x0A00, 0x0D00, 0x0D04
PERIOD = 100 * NS_PER_MS
WIDTH, HEIGHT = 256, 72
PACKETS = 20
"""Payload packets of 256 x 30 bytes, 964 in each packet of 1000."""


@pytest.fixture
def streaming(pair: Pair) -> Pair:
    """Small frames at 10 Hz."""
    pair.open()
    pair.set(ExposureAuto=0, GainAuto=0, Width=WIDTH, Height=HEIGHT, ExposureTime=5000.0, AcquisitionFrameRate=10.0)
    pair.set(AcquisitionStart=1)
    return pair


def _payload(packets: list[Packet]) -> bytes:
    return b"".join(packet.data for packet in packets if packet.header.format is PacketFormat.PAYLOAD)


def test_two_frames_arrive_as_the_renderer_makes_them(streaming: Pair) -> None:
    streaming.advance(PERIOD + 50 * NS_PER_MS)
    blocks = streaming.blocks()
    assert list(blocks) == [1, 2]
    for packets, exposure in zip(blocks.values(), streaming.exposures, strict=True):
        assert [packet.header.packet_id for packet in packets] == list(range(PACKETS + 2))
        assert _payload(packets) == streaming.expected_payload(exposure)
    assert _payload(blocks[1]) != _payload(blocks[2])


def test_leader_and_trailer_describe_the_frame(streaming: Pair) -> None:
    streaming.advance(PERIOD + 50 * NS_PER_MS)
    packets = streaming.blocks()[2]
    leader, trailer = parse_image_leader(packets[0].data), parse_image_trailer(packets[-1].data)
    assert leader.timestamp == PERIOD
    assert leader.pixel_format == PIXEL_FORMATS["BayerRG8"].code
    assert (leader.size_x, leader.size_y, leader.offset_x, leader.offset_y) == (WIDTH, HEIGHT, 512, 476)
    assert (packets[0].header.format, packets[-1].header.format) == (PacketFormat.LEADER, PacketFormat.TRAILER)
    assert trailer.size_y == HEIGHT


def test_packets_have_the_size_that_was_set(streaming: Pair) -> None:
    streaming.advance(50 * NS_PER_MS)
    assert streaming.datagram_sizes == [8 + 36, *[972] * (PACKETS - 1), 8 + WIDTH * HEIGHT - (PACKETS - 1) * 964, 8 + 8]


def test_nothing_is_sent_before_the_frame_is_read_out_of_the_sensor(streaming: Pair) -> None:
    ready = streaming.exposures[0].ready_ns
    assert ready >= 5 * NS_PER_MS
    streaming.advance(ready - 1)
    assert streaming.received == []
    streaming.advance(ready)
    assert streaming.received


def test_no_frame_is_complete_before_it_is_read_out_of_the_sensor(streaming: Pair) -> None:
    end = streaming.exposures[0].end_ns
    streaming.advance(end - 1)
    formats = [packet.header.format for _, packet in streaming.received]
    assert formats == [PacketFormat.LEADER, *[PacketFormat.PAYLOAD] * PACKETS]
    streaming.advance(end + NS_PER_MS)
    assert streaming.received[-1][1].header.format is PacketFormat.TRAILER


def test_missing_packets_are_sent_again(streaming: Pair) -> None:
    streaming.advance(50 * NS_PER_MS)
    sent = [packet for _, packet in streaming.received]
    streaming.received.clear()
    stream_socket = Endpoint("127.0.0.1", 40_000)
    assert streaming.send(gvcp.PacketResendCmd(9, 0, 1, 3, 5), stream_socket) is None
    streaming.advance(60 * NS_PER_MS)
    assert [packet for _, packet in streaming.received] == sent[3:6]


def test_block_that_is_gone_is_answered_without_data(streaming: Pair) -> None:
    streaming.advance(50 * PERIOD)
    streaming.received.clear()
    streaming.send(gvcp.PacketResendCmd(9, 0, 1, 3, 3))
    streaming.advance(50 * PERIOD + 10 * NS_PER_MS)
    (answer,) = [packet for _, packet in streaming.received if packet.header.block_id == 1]
    assert (answer.header.packet_id, answer.data) == (3, b"")
    assert answer.header.status == Status.PACKET_AND_PREV_REMOVED_FROM_MEMORY


def test_setting_written_between_frames_is_seen_in_the_next_one(streaming: Pair) -> None:
    streaming.advance(50 * NS_PER_MS)
    streaming.set(ExposureTime=20.0)
    streaming.advance(PERIOD + 50 * NS_PER_MS)
    bright, dark = (sum(_payload(packets)) for packets in streaming.blocks().values())
    assert dark < bright / 5


def test_block_ids_run_on_while_the_channel_stays_open_and_restart_with_it(streaming: Pair) -> None:
    streaming.advance(PERIOD + 50 * NS_PER_MS)
    streaming.set(AcquisitionStop=1)
    streaming.set(AcquisitionStart=1)
    streaming.advance(200 * NS_PER_MS)
    assert list(streaming.blocks()) == [1, 2, 3]
    streaming.set(AcquisitionStop=1)
    streaming.write((SCP, 0))
    streaming.write((SCP, 40_001))
    streaming.received.clear()
    streaming.set(AcquisitionStart=1)
    streaming.advance(250 * NS_PER_MS)
    assert list(streaming.blocks()) == [1]
    assert {port for port, _ in streaming.received} == {40_001}


def test_stream_ends_when_the_client_gives_control_back(streaming: Pair) -> None:
    streaming.advance(50 * NS_PER_MS)
    assert streaming.write((CCP, 0)) is Status.SUCCESS
    streaming.received.clear()
    streaming.advance(10 * PERIOD)
    assert streaming.received == []
    assert (streaming.read(CCP), streaming.read(SCP)) == (0, 0)


def test_silent_client_loses_control_and_stream_after_three_seconds(streaming: Pair) -> None:
    streaming.advance(10 * NS_PER_S)
    assert len(streaming.blocks()) == 30  # the frame of 3.0 s opens as the channel closes
    assert streaming.engine.controller is None
    assert streaming.read(SCP) == 0


def test_heartbeat_keeps_the_stream_alive(streaming: Pair) -> None:
    for second in range(1, 6):
        streaming.advance(second * NS_PER_S)
        assert streaming.read(CCP) == 2
    streaming.advance(5 * NS_PER_S + 50 * NS_PER_MS)
    assert len(streaming.blocks()) == 51


def test_frames_without_an_open_channel_are_dropped(pair: Pair) -> None:
    pair.write((CCP, 2))
    pair.set(AcquisitionStart=1)
    pair.advance(PERIOD)
    assert pair.exposures
    assert pair.received == []


@pytest.mark.parametrize("size", [576, 1500, 9000])
def test_test_packet_fills_the_packet_size(pair: Pair, size: int) -> None:
    pair.open()
    assert pair.write((SCPS, 0xC000_0000 | size)) is Status.SUCCESS
    assert pair.datagram_sizes == [size - 28]
    assert pair.received[0][1].header.block_id == 0
    assert pair.read(SCPS) == 0x4000_0000 | size


def test_reset_drops_control_and_stream(streaming: Pair) -> None:
    streaming.advance(50 * NS_PER_MS)
    streaming.set(DeviceReset=1)
    streaming.received.clear()
    streaming.advance(PERIOD * 5)
    assert streaming.received == []
    assert (streaming.read(CCP), streaming.engine.controller) == (0, None)
    streaming.open()
    streaming.set(AcquisitionStart=1)
    streaming.advance(PERIOD * 6)
    assert next(iter(streaming.blocks())) == 1


def test_chunks_follow_the_image(pair: Pair) -> None:
    pair.open()
    pair.set(Width=WIDTH, Height=HEIGHT, AcquisitionMode=1)
    pair.set(ChunkModeActive=1, ChunkSelector=2, ChunkEnable=1, AcquisitionStart=1)
    pair.advance(PERIOD)
    (packets,) = pair.blocks().values()
    chunks = parse_chunks(_payload(packets))
    assert chunks[1] == pair.expected_payload(pair.exposures[0])
    assert chunks[0x9103] == (512).to_bytes(4, "big")  # OffsetX
    leader, trailer = parse_image_leader(packets[0].data), parse_image_trailer(packets[-1].data)
    assert (leader.payload_type, trailer.payload_type) == (0x4001, 0x4001)
    assert trailer.chunk_payload_bytes == pair.camera.state["PayloadSize"] == WIDTH * HEIGHT + 8 + 12


@pytest.mark.parametrize("name", ["BayerRG12Packed", "BayerRG16", "YUV422_8"])
def test_other_formats_arrive_as_the_renderer_makes_them(pair: Pair, name: str) -> None:
    pair.open()
    pair.set(PixelFormat=PIXEL_FORMATS[name].code, Width=WIDTH, Height=HEIGHT, AcquisitionMode=1)
    pair.set(AcquisitionStart=1)
    pair.advance(PERIOD)
    (packets,) = pair.blocks().values()
    payload = _payload(packets)
    assert len(payload) == WIDTH * HEIGHT * PIXEL_FORMATS[name].bits_per_pixel // 8
    assert payload == pair.expected_payload(pair.exposures[0])
