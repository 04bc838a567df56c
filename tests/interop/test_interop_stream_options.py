"""What a client may ask of the stream: 64-bit ids, all-in packets, chunks alone, multicast, going on by itself."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.interop.emulator import aravis
from tests.interop.gvcp_client import (
    CCP,
    HEARTBEAT_TIMEOUT,
    LEADER,
    PAYLOAD,
    SCDA,
    SCP,
    SCPS,
    TRAILER,
    GvcpClient,
    GvspReceiver,
)

from tiscam_emu import Camera, read_stamp
from tiscam_emu.wire.chunks import parse_chunks

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

LOCALHOST = 0x7F00_0001
SCCFG, GVCP_CONFIGURATION, GVSP_CONFIGURATION = 0x0D24, 0x0954, 0x0960
RESEND_DESTINATION, ALL_IN, UNCONDITIONAL = 8, 4, 2
EXTENDED_IDS, EXTENDED_STATUS = 0x4000_0000, 0x4
TO_THE_END = 0xFFFF_FFFF
ALL_IN_FORMAT = 4
SIZE = (528, 120)
BYTES = 528 * 120
GROUP = "239.77.1.9"


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@dataclass(frozen=True, slots=True)
class Connection:
    """A client in control of a camera that sends frames of one receive buffer and less, 25 a second."""

    client: GvcpClient
    nodes: GenApiCamera

    def stream_to(self, port: int, host: int = LOCALHOST) -> None:
        """Open the channel."""
        self.client.write_register(SCDA, host)
        self.client.write_register(SCPS, 1500)
        self.client.write_register(SCP, port)


@pytest.fixture
def connection(tiscam_camera_factory: Callable[..., Camera]) -> Iterator[Connection]:
    from tests.interop.genapi_camera import GenApiCamera

    camera = tiscam_camera_factory("39GX265-Z20", scene="flat")
    with GvcpClient(camera.address) as client:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, 30_000)
        nodes = GenApiCamera(client)
        nodes["Width"], nodes["Height"], nodes["AcquisitionFrameRate"] = *SIZE, 25.0
        yield Connection(client, nodes)
        client.write_status(CCP, 0)


def test_aravis_takes_64_bit_ids(tiscam_camera_factory: Callable[..., Camera], need: Callable[..., None]) -> None:
    need("aravis")
    camera = tiscam_camera_factory("39GX265-Z20", scene="flat")
    settings = [("GevGVSPExtendedIDMode", "On"), ("Width", SIZE[0]), ("Height", SIZE[1])]
    answer = aravis("aravis_stream", camera=camera.address, frames=10, set=settings, read=["GevGVSPExtendedIDMode"])

    assert answer["read"] == {"GevGVSPExtendedIDMode": "On"}
    assert [frame["status"] for frame in answer["frames"]] == ["success"] * 10
    assert [frame["id"] for frame in answer["frames"]] == list(range(1, 11))


CHUNK = [("ChunkModeActive", "true"), ("ChunkSelector", "ExposureTime"), ("ChunkEnable", "true")]
EXPOSURE_TIME_CHUNK = ("chunk-data", 16)


@pytest.mark.parametrize("chunks", [False, True])
@pytest.mark.parametrize("options", [{}, {"faults": "drop=0.02,on=stream"}, {"gso": "on"}])
def test_aravis_takes_image_and_chunks_in_parts(
    tiscam_camera_factory: Callable[..., Camera],
    need: Callable[..., None],
    tmp_path: Path,
    options: dict[str, Any],
    chunks: bool,
) -> None:
    need("aravis")
    camera = tiscam_camera_factory("39GX265-Z20", scene="gradient", stamp=True, multi_part=True, **options)
    settings = [("GevGVSPExtendedIDMode", "On"), ("Width", SIZE[0]), ("Height", SIZE[1]), *(CHUNK if chunks else [])]
    job: dict[str, Any] = {
        "save": str(tmp_path),
        "save_count": 5,
        "packet_socket": "gso" not in options,
        "multi_part": True,
    }
    answer = aravis("aravis_stream", camera=camera.address, frames=20, set=settings, **job)

    # Aravis gives up frames whose leader is lost, and a busy computer loses packets of its own.
    good = [frame for frame in answer["frames"] if frame["status"] == "success"]
    assert len(good) >= 10
    parts = [("2d-image", BYTES), *([EXPOSURE_TIME_CHUNK] if chunks else [])]
    for frame in good:
        assert frame["payload_type"] == "multipart"
        assert [tuple(part) for part in frame["parts"]] == parts
        assert frame["region"][2:] == [*SIZE]
    assert answer["payload"] == sum(length for _, length in parts)
    for saved in answer["saved"]:
        data = Path(saved).read_bytes()
        assert read_stamp(data[:BYTES]).image_bytes == BYTES  # its checksum holds
        if chunks:
            assert list(parse_chunks(data[BYTES:])) == [0x9101]
    if "faults" in options:
        assert answer["counters"]["n_resend_requests"] > 0


@pytest.mark.parametrize(
    ("offered", "ids"),
    [(False, "On"), (True, "Off")],
    ids=["not offered", "16-bit ids"],
)
def test_aravis_gets_images_where_multi_part_is_not_offered_or_ids_are_short(
    tiscam_camera_factory: Callable[..., Camera], need: Callable[..., None], offered: bool, ids: str
) -> None:
    need("aravis")
    camera = tiscam_camera_factory("39GX265-Z20", scene="flat", multi_part=offered)
    settings = [("GevGVSPExtendedIDMode", ids), ("Width", SIZE[0]), ("Height", SIZE[1])]
    answer = aravis("aravis_stream", camera=camera.address, frames=3, set=settings, multi_part=offered)

    seen = [(frame["status"], frame["payload_type"], frame["bytes"]) for frame in answer["frames"]]
    assert seen == [("success", "image", BYTES)] * 3


def test_leader_trailer_and_whole_frames_are_sent_again_with_64_bit_ids(connection: Connection) -> None:
    connection.client.write_register(GVSP_CONFIGURATION, EXTENDED_IDS)
    connection.client.write_register(GVCP_CONFIGURATION, EXTENDED_STATUS)
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    with GvspReceiver() as receiver:
        connection.stream_to(receiver.port)
        connection.nodes.execute("AcquisitionStart")
        block = receiver.block()
        last = max(block.packets)
        # 43 packets of 1452 bytes and one of 924, so the trailer is number 45.
        assert (block.block_id, last, len(block.payload)) == (1, 45, BYTES)
        assert {packet.flags for packet in block.packets.values()} == {0}
        for first, until in ((0, 0), (last, last), (0, TO_THE_END)):
            receiver.request_extended_resend(connection.client.address, 1, first, until)
            for number in range(first, min(until, last) + 1):
                again, sent = receiver.packet(), block.packets[number]
                assert (again.status, again.flags) == (0x0100, 1)
                assert (again.block_id, again.packet_id, again.kind, again.data) == (1, number, sent.kind, sent.data)


def test_small_frame_is_one_packet_all_in(connection: Connection) -> None:
    connection.nodes["Width"], connection.nodes["Height"] = 528, 4
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    connection.client.write_register(SCCFG, ALL_IN)
    with GvspReceiver() as receiver:
        connection.stream_to(receiver.port)
        connection.client.write_register(SCPS, 8000)
        connection.nodes.execute("AcquisitionStart")
        packet = receiver.packet()
    assert (packet.kind, packet.block_id, packet.packet_id) == (ALL_IN_FORMAT, 1, 0)
    # GigE Vision 2.x: image leader (36 bytes), image trailer (8 bytes), payload.
    assert struct.unpack_from(">II", packet.data, 16) == (528, 4)
    assert packet.data[36:44] == bytes.fromhex("0000000100000004")
    assert len(packet.data) == 44 + 528 * 4


def test_several_receivers_hear_one_multicast_stream_and_its_resent_packets(connection: Connection) -> None:
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    with ExitStack() as receivers:
        first = receivers.enter_context(GvspReceiver(group=GROUP))
        others = [receivers.enter_context(GvspReceiver(group=GROUP, port=first.port)) for _ in range(2)]
        connection.stream_to(first.port, int.from_bytes(bytes(map(int, GROUP.split("."))), "big"))
        connection.nodes.execute("AcquisitionStart")
        blocks = [receiver.block() for receiver in (first, *others)]
        assert {block.payload for block in blocks} == {blocks[0].payload}
        assert len(blocks[0].payload) == BYTES
        first.request_resend(connection.client.address, 1, 0, 2)
        for receiver in (first, *others):
            assert [receiver.packet().packet_id for _ in range(3)] == [0, 1, 2]


def test_packets_are_resent_to_one_receiver_alone_if_the_client_wants_that(connection: Connection) -> None:
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    connection.client.write_register(SCCFG, RESEND_DESTINATION)
    with GvspReceiver() as receiver, GvspReceiver() as repairing:
        connection.stream_to(receiver.port)
        connection.nodes.execute("AcquisitionStart")
        block = receiver.block()
        repairing.request_resend(connection.client.address, 1, 3, 4)
        again = [repairing.packet() for _ in range(2)]
        receiver.request_resend(connection.client.address, 1, 5, 5)
        assert receiver.packet().packet_id == 5
    assert [packet.data for packet in again] == [block.packets[3].data, block.packets[4].data]


def test_unconditional_stream_goes_on_after_its_client_and_ends_with_the_next(connection: Connection) -> None:
    connection.client.write_register(SCCFG, UNCONDITIONAL)
    with GvspReceiver() as receiver:
        connection.stream_to(receiver.port)
        connection.nodes.execute("AcquisitionStart")
        receiver.block()
        connection.client.write_register(CCP, 0)
        receiver.drain()
        first = receiver.block().block_id
        assert receiver.block().block_id == first + 1
        with GvcpClient(connection.client.address) as next_client:
            next_client.write_register(CCP, 2)
            next_client.write_register(SCP, 0)
            assert next_client.read_register(SCP) == 0
            next_client.write_register(CCP, 0)


def test_frame_of_chunks_alone_has_their_payload_type(connection: Connection) -> None:
    connection.nodes["ChunkModeActive"] = True
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    connection.client.write_register(SCCFG, 0)
    with GvspReceiver() as receiver:
        connection.stream_to(receiver.port)
        connection.nodes.execute("AcquisitionStart")
        block = receiver.block()
    kinds = [block.packets[number].kind for number in (0, 1, max(block.packets))]
    assert kinds == [LEADER, PAYLOAD, TRAILER]
    assert (len(block.leader), block.leader[2:4]) == (12, b"\0\4")
    assert block.trailer == struct.pack(">HHI", 0, 4, len(block.payload))
    assert block.payload[BYTES : BYTES + 8] == struct.pack(">II", 1, BYTES)
