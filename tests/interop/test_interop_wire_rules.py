"""Rules of the wire that clients depend on, each tried by a client of plain sockets."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from tests.interop.emulator import wait_until
from tests.interop.gvcp_client import (
    CCP,
    HEARTBEAT_TIMEOUT,
    IP_UDP_BYTES,
    LEADER,
    PAYLOAD,
    SCDA,
    SCP,
    SCPS,
    TO_THE_END,
    TRAILER,
    Block,
    GvcpClient,
    GvspReceiver,
    Refused,
)

from tiscam_emu import Camera

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

LOCALHOST = 0x7F000001
GVCP_CONFIGURATION = 0x0954
EXTENDED_STATUS = 0x4
FIRE, DO_NOT_FRAGMENT = 0x8000_0000, 0x4000_0000
ACCESS_DENIED = 0x8006
REMOVED = {0x8011, 0x8012}
TEST_PACKET_S = 0.010
TRIES = 30
LONG_MS = 30_000
GVSP_HEADER_BYTES = 8


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@pytest.fixture
def device(tiscam_camera_factory: Callable[..., Camera]) -> Camera:
    return tiscam_camera_factory("33GP1300")


@pytest.fixture
def client(device: Camera) -> Iterator[GvcpClient]:
    """In control of the camera."""
    with GvcpClient(device.address) as connected:
        connected.write_register(CCP, 2)
        yield connected


@pytest.fixture
def other(device: Camera) -> Iterator[GvcpClient]:
    """A second client of the same camera."""
    with GvcpClient(device.address) as connected:
        yield connected


@pytest.fixture
def nodes(client: GvcpClient) -> GenApiCamera:
    from tests.interop.genapi_camera import GenApiCamera

    client.write_register(HEARTBEAT_TIMEOUT, LONG_MS)
    return GenApiCamera(client)


@pytest.fixture
def receiver() -> Iterator[GvspReceiver]:
    with GvspReceiver() as made:
        yield made


@pytest.fixture
def stream(client: GvcpClient, nodes: GenApiCamera, receiver: GvspReceiver) -> GvspReceiver:
    """The channel is open with packets of 1500, frames are 640x480 at 25 Hz; acquisition has not begun."""
    nodes["Width"], nodes["Height"] = 640, 480
    nodes["AcquisitionFrameRate"] = 25.0
    _open_channel(client, receiver)
    return receiver


def _open_channel(client: GvcpClient, receiver: GvspReceiver, packet_size: int = 1500) -> None:
    client.write_register(SCDA, LOCALHOST)
    client.write_register(SCP, receiver.port)
    client.write_register(SCPS, DO_NOT_FRAGMENT | packet_size)


# Control channel


def test_exclusive_open_shuts_other_clients_out_of_reads_and_writes(device: Camera, other: GvcpClient) -> None:
    with GvcpClient(device.address) as first:
        first.write_register(CCP, 1)

        assert first.read_register(CCP) == 1
        assert other.write_status(SCPS, 1500) == ACCESS_DENIED
        with pytest.raises(Refused, match="0x8006"):
            other.read_register(0x0934)
        assert other.command(0x0002, b"").status == 0


@pytest.mark.parametrize("register", [0x0934, 0x0904, 0x092C, 0x0930, CCP])
def test_registers_read_at_discovery_answer_without_control(other: GvcpClient, register: int) -> None:
    other.read_register(register)


@pytest.mark.parametrize("register", [CCP, 0x0934])
def test_heartbeat_readreg_is_answered_with_the_acknowledge_flag_clear(client: GvcpClient, register: int) -> None:
    assert client.read_register(register, flags=0) == client.read_register(register)


def test_readmem_is_answered_with_the_acknowledge_flag_clear(client: GvcpClient) -> None:
    ack = client.command(0x0084, struct.pack(">IHH", 0x0048, 0, 32), flags=0)

    assert ack.status == 0
    assert ack.payload[4:].startswith(b"The Imaging Source")


def test_description_reads_in_blocks_of_536_and_of_512_alike(client: GvcpClient) -> None:
    assert client.description(536) == client.description(512)


@pytest.mark.parametrize("plain_xml", [False, True])
@pytest.mark.parametrize("model", ["33GP1300", "38UX267", "39GX265-Z20", "38GX541-a", "38UX253"])
def test_up_to_three_bytes_past_the_end_of_the_file_read_as_zero(
    tiscam_camera_factory: Callable[..., Camera], model: str, plain_xml: bool
) -> None:
    with GvcpClient(tiscam_camera_factory(model, plain_xml=plain_xml).address) as client:
        _, address, length = client.url()
        end = -(-length // 4) * 4
        last = client.read_memory(address + end - 4, 4)

        assert last[4 - (end - length) :] == bytes(end - length)


@pytest.mark.parametrize("register", [0x0B10, 0x0B14, 0x0B18, 0x0B00])
def test_message_channel_write_is_answered_at_once_whatever_the_status(client: GvcpClient, register: int) -> None:
    begin = time.monotonic()
    client.write_status(register, 0)

    assert time.monotonic() - begin < 0.5
    assert client.read_register(CCP) == 2


def test_unmapped_register_is_answered_with_an_error_status(client: GvcpClient) -> None:
    with pytest.raises(Refused, match="0x8003"):
        client.read_register(0x0FF0_0000)


def test_write_of_a_second_client_is_refused_at_once_and_changes_nothing(client: GvcpClient, other: GvcpClient) -> None:
    assert other.write_status(CCP, 0) == ACCESS_DENIED
    assert other.write_status(CCP, 2) == ACCESS_DENIED
    assert other.write_status(SCPS, 1500) == ACCESS_DENIED
    assert client.read_register(CCP) == 2
    client.write_register(SCPS, 1400)


def test_silence_for_the_heartbeat_timeout_frees_control_and_closes_the_channel(
    client: GvcpClient, other: GvcpClient, receiver: GvspReceiver
) -> None:
    _open_channel(client, receiver)
    last_heard = time.monotonic()
    client.write_register(HEARTBEAT_TIMEOUT, 500)

    # How exactly it is kept is tested on the manual clock.
    wait_until(lambda: other.read_register(CCP) & 3 == 0, "control is free")
    assert time.monotonic() - last_heard >= 0.5
    assert other.read_register(SCP) & 0xFFFF == 0
    other.write_register(CCP, 2)
    assert client.write_status(SCPS, 1500) == ACCESS_DENIED


def test_heartbeat_reads_keep_control_beyond_the_timeout(client: GvcpClient) -> None:
    client.write_register(HEARTBEAT_TIMEOUT, 1000)
    begin = time.monotonic()

    while time.monotonic() - begin < 1.5:
        assert client.read_register(CCP, flags=0) == 2


# Packet size


@pytest.mark.parametrize("size", [576, 1400, 1500, 3000, 4500, 6000, 7500, 9000])
def test_test_packet_comes_in_time_with_exactly_the_size_asked_for(
    client: GvcpClient, receiver: GvspReceiver, size: int
) -> None:
    _open_channel(client, receiver)
    receiver.drain()
    taken: list[float] = []
    while len(taken) < 3 or (min(taken) >= TEST_PACKET_S and len(taken) < TRIES):  # a busy computer is late at times
        begin = time.monotonic()
        client.write_register(SCPS, FIRE | DO_NOT_FRAGMENT | size)
        datagram = receiver.datagram()
        taken.append(time.monotonic() - begin)

        assert len(datagram) == size - IP_UDP_BYTES
        assert struct.unpack_from(">HH", datagram) == (0, 0)
    assert client.read_register(SCPS) == DO_NOT_FRAGMENT | size
    assert min(taken) < TEST_PACKET_S


@pytest.mark.parametrize(("written", "taken"), [(65535, 16364), (16368, 16364), (1501, 1500), (12, 576)])
def test_size_that_cannot_be_is_fitted(client: GvcpClient, written: int, taken: int) -> None:
    client.write_register(SCPS, written)

    assert client.read_register(SCPS) & 0xFFFF == taken


@pytest.mark.parametrize("size", [576, 1500, 9000])
def test_payload_packets_are_full_but_the_last_and_add_up_to_payload_size(
    client: GvcpClient, nodes: GenApiCamera, stream: GvspReceiver, size: int
) -> None:
    client.write_register(SCPS, DO_NOT_FRAGMENT | size)
    nodes.execute("AcquisitionStart")
    block = stream.block()

    full = size - IP_UDP_BYTES - GVSP_HEADER_BYTES
    lengths = [len(block.packets[number].data) for number in range(1, max(block.packets))]
    assert set(lengths[:-1]) == {full}
    assert 0 < lengths[-1] <= full
    assert sum(lengths) == nodes["PayloadSize"] == 640 * 480


# Stream


def test_block_ids_begin_at_1_when_the_channel_opens_and_run_on_across_acquisitions(
    client: GvcpClient, nodes: GenApiCamera, stream: GvspReceiver
) -> None:
    nodes["AcquisitionMode"] = "MultiFrame"
    nodes["AcquisitionFrameCount"] = 3
    nodes.execute("AcquisitionStart")
    first = [stream.block().block_id for _ in range(3)]
    nodes.execute("AcquisitionStop")
    nodes.execute("AcquisitionStart")
    second = [stream.block().block_id for _ in range(3)]
    nodes.execute("AcquisitionStop")
    client.write_register(SCP, 0)
    _open_channel(client, stream)
    nodes.execute("AcquisitionStart")
    third = [stream.block().block_id for _ in range(3)]

    assert (first, second, third) == ([1, 2, 3], [4, 5, 6], [1, 2, 3])


def test_leader_and_trailer_describe_the_image(nodes: GenApiCamera, stream: GvspReceiver) -> None:
    nodes.execute("AcquisitionStart")
    block = stream.block()

    payload_type, timestamp, pixel_format, width, height = struct.unpack_from(">2xHQIII", block.leader)
    assert (payload_type, pixel_format, width, height) == (1, 0x01080009, 640, 480)
    assert struct.unpack_from(">II", block.leader, 24) == (nodes["OffsetX"], nodes["OffsetY"])
    assert struct.unpack_from(">HH", block.leader, 32) == (0, 0)
    assert struct.unpack_from(">2xHI", block.trailer) == (1, 480)
    assert timestamp > 0


def test_packets_come_from_the_cameras_address_and_the_port_it_tells(
    client: GvcpClient, nodes: GenApiCamera, stream: GvspReceiver, device: Camera
) -> None:
    nodes.execute("AcquisitionStart")
    block = stream.block()

    assert {p.source for p in block.packets.values()} == {(device.address, client.read_register(0x0D1C))}


# Resend


@pytest.fixture
def held(nodes: GenApiCamera, stream: GvspReceiver) -> Block:
    """A block the camera has sent and still holds, nothing after it on its way."""
    nodes["AcquisitionMode"] = "SingleFrame"
    nodes.execute("AcquisitionStart")
    return stream.block()


@pytest.mark.parametrize("marked", [False, True], ids=["plain", "extended status"])
def test_resent_packets_are_the_same_again(
    client: GvcpClient, stream: GvspReceiver, held: Block, device: Camera, marked: bool
) -> None:
    client.write_status(GVCP_CONFIGURATION, EXTENDED_STATUS if marked else 0)
    marked = client.read_register(GVCP_CONFIGURATION) & EXTENDED_STATUS != 0
    stream.request_resend(device.address, held.block_id, 3, 5)

    for number in (3, 4, 5):
        packet = stream.packet()
        assert packet.status == (0x0100 if marked else 0)
        assert (packet.block_id, packet.kind, packet.packet_id) == (held.block_id, PAYLOAD, number)
        assert packet.data == held.packets[number].data


def test_lost_leader_is_sent_again(stream: GvspReceiver, held: Block, device: Camera) -> None:
    stream.request_resend(device.address, held.block_id, 0, 0)
    packet = stream.packet()

    assert (packet.kind, packet.packet_id, packet.data) == (LEADER, 0, held.leader)


def test_lost_trailer_is_sent_again(stream: GvspReceiver, held: Block, device: Camera) -> None:
    last = max(held.packets)
    stream.request_resend(device.address, held.block_id, last, last)
    packet = stream.packet()

    assert (packet.kind, packet.packet_id, packet.data) == (TRAILER, last, held.trailer)


def test_resend_to_the_end_of_the_block_ends_with_the_trailer(
    stream: GvspReceiver, held: Block, device: Camera
) -> None:
    last = max(held.packets)
    stream.request_resend(device.address, held.block_id, last - 2, TO_THE_END)
    packets = [stream.packet() for _ in range(3)]

    assert [p.packet_id for p in packets] == [last - 2, last - 1, last]
    assert [p.data for p in packets] == [held.packets[p.packet_id].data for p in packets]


def test_resend_is_served_from_another_clients_port_too(
    other: GvcpClient, stream: GvspReceiver, held: Block, device: Camera
) -> None:
    other.send(0x0040, struct.pack(">HHII", 0, held.block_id, 1, 1), flags=0)

    assert stream.packet().data == held.packets[1].data


def test_packets_no_longer_held_are_answered_as_removed(
    nodes: GenApiCamera, stream: GvspReceiver, device: Camera
) -> None:
    nodes["AcquisitionFrameRate"] = 100.0
    nodes.execute("AcquisitionStart")
    while stream.block().block_id < 60:
        pass
    nodes.execute("AcquisitionStop")
    stream.request_resend(device.address, 1, 2, 4)
    packets = list(islice((packet for packet in iter(stream.packet, None) if packet.block_id == 1), 3))

    assert {p.status for p in packets} <= REMOVED
    assert [(p.block_id, p.packet_id, p.data) for p in packets] == [(1, 2, b""), (1, 3, b""), (1, 4, b"")]
