"""Events, action commands and slow writes, with a client of plain sockets and with viva-genicam's."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.interop.emulator import program, run, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, PATIENCE_S, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

from tiscam_emu import Camera

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

MCP, MCDA, MCTT, MCRC, MCSP = 0x0B00, 0x0B10, 0x0B14, 0x0B18, 0x0B1C
GVCP_CONFIGURATION = 0x0954
EVENT_CMD, EVENTDATA_CMD, ACTION_CMD = 0x00C0, 0x00C2, 0x0100
EXPOSURE_END, TEST = 0x9001, 0x9005
DEVICE_KEY, GROUP_KEY, GROUP_MASK = 0x090C, 0x9800, 0x9804
LOOPBACK = 0x7F00_0001


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@dataclass(frozen=True, slots=True)
class Event:
    """One message as it came."""

    command: int
    req_id: int
    event_id: int
    block_id: int
    timestamp: int
    data: bytes
    datagram: bytes


class Listener:
    """The host's end of a message channel."""

    def __init__(self, camera: GvcpClient) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE_S)
        self.camera = (camera.address, camera.read_register(MCSP))

    def event(self) -> Event:
        """The next message; it has to come from the channel's port and to ask for an acknowledge."""
        datagram, source = self.socket.recvfrom(2048)
        assert source == self.camera
        key, flags, command, length, req_id = struct.unpack_from(">BBHHH", datagram)
        assert (key, flags, length) == (0x42, 0x01, len(datagram) - 8)
        _, event_id, _, block_id, timestamp = struct.unpack_from(">HHHHQ", datagram, 8)
        return Event(command, req_id, event_id, block_id, timestamp, datagram[24:], datagram)

    def acknowledge(self, event: Event) -> None:
        """Say that it has arrived."""
        self.socket.sendto(struct.pack(">HHHH", 0, event.command + 1, 0, event.req_id), self.camera)


@dataclass(frozen=True, slots=True)
class Connection:
    """A client in control of a camera."""

    client: GvcpClient
    nodes: GenApiCamera


@pytest.fixture
def connection(tiscam_camera_factory: Callable[..., Camera]) -> Iterator[Connection]:
    from tests.interop.genapi_camera import GenApiCamera

    camera = tiscam_camera_factory("39GX265-Z20")
    with GvcpClient(camera.address) as client:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, 30_000)
        nodes = GenApiCamera(client)
        for name, value in {"ExposureAuto": "Off", "ExposureTime": 5000.0, "Width": 640, "Height": 480}.items():
            nodes[name] = value
        yield Connection(client, nodes)
        client.write_status(CCP, 0)


@pytest.fixture
def listener(connection: Connection) -> Iterator[Listener]:
    listener = Listener(connection.client)
    connection.client.write_register(MCDA, LOOPBACK)
    connection.client.write_register(MCP, listener.socket.getsockname()[1])
    yield listener
    listener.socket.close()


def _stream_to(connection: Connection, receiver: GvspReceiver) -> None:
    connection.client.write_register(SCDA, LOOPBACK)
    connection.client.write_register(SCPS, 8000)
    connection.client.write_register(SCP, receiver.port)


def _notify(connection: Connection, event: str) -> None:
    connection.nodes["EventSelector"] = event
    connection.nodes["EventNotification"] = "On"


def test_event_is_sent_until_it_is_acknowledged_and_the_next_one_waits(
    connection: Connection, listener: Listener
) -> None:
    connection.client.write_register(MCTT, 50)
    connection.client.write_register(MCRC, 20)
    _notify(connection, "Test")
    connection.nodes.execute("TestEventGenerate")
    connection.nodes.execute("TestEventGenerate")
    first = listener.event()
    again = listener.event()
    listener.acknowledge(again)
    second = listener.event()
    while second.datagram == first.datagram:
        second = listener.event()
    listener.acknowledge(second)

    assert (first.command, first.event_id, first.block_id, first.data) == (EVENT_CMD, TEST, 0, b"")
    assert again.datagram == first.datagram
    assert (second.event_id, second.req_id) == (TEST, first.req_id + 1)
    assert second.timestamp > first.timestamp


def test_released_control_ends_the_messages(connection: Connection, listener: Listener) -> None:
    connection.client.write_register(CCP, 0)
    assert connection.client.read_register(MCP) == 0


def test_exposure_end_names_the_frame_that_arrives(connection: Connection, listener: Listener) -> None:
    _notify(connection, "ExposureEnd")
    connection.nodes["AcquisitionMode"] = "SingleFrame"
    with GvspReceiver() as receiver:
        _stream_to(connection, receiver)
        for expected in (1, 2):
            connection.nodes.execute("AcquisitionStart")
            event = listener.event()
            listener.acknowledge(event)
            block = receiver.block()
            (opened,) = struct.unpack_from(">Q", block.leader, 4)

            assert (event.command, event.event_id) == (EVENTDATA_CMD, EXPOSURE_END)
            assert event.block_id == int.from_bytes(event.data, "big") == block.block_id == expected
            assert event.timestamp == opened + 5_000_000


def _set_keys(connection: Connection) -> None:
    for address, value in ((DEVICE_KEY, 0x11), (GROUP_KEY, 0x22), (GROUP_MASK, 0x6)):
        connection.client.write_register(address, value)
    connection.nodes["TriggerMode"] = "On"
    connection.nodes["TriggerSource"] = "Action0"


def test_action_command_takes_a_frame(connection: Connection) -> None:
    _set_keys(connection)
    with GvspReceiver() as receiver:
        _stream_to(connection, receiver)
        connection.nodes.execute("AcquisitionStart")
        ack = connection.client.command(ACTION_CMD, struct.pack(">III", 0x11, 0x22, 0x4))
        block = receiver.block()

    assert ack.status == 0
    assert (block.block_id, len(block.payload)) == (1, 640 * 480)


def test_scheduled_action_takes_a_frame_at_its_time(connection: Connection) -> None:
    _set_keys(connection)
    wait_until(lambda: connection.nodes["PtpStatus"] in {"Master", "Slave"}, "the camera's clock is calibrated")
    with GvspReceiver() as receiver:
        _stream_to(connection, receiver)
        connection.nodes.execute("AcquisitionStart")
        connection.nodes.execute("TimestampLatch")
        at = connection.nodes["TimestampLatchValue"] + 1_000_000_000
        ack = connection.client.command(ACTION_CMD, struct.pack(">IIIQ", 0x11, 0x22, 0x4, at), flags=0x81)
        (opened,) = struct.unpack_from(">Q", receiver.block().leader, 4)

    assert ack.status == 0
    assert at <= opened < at + 5_000_000


def test_slow_write_is_promised_with_pending_ack(connection: Connection) -> None:
    config = connection.client.read_register(GVCP_CONFIGURATION)
    connection.client.write_register(GVCP_CONFIGURATION, config | 0x2)
    address = connection.nodes.nodes.get_node("TestPendingAckReg").node.get_property("Address")
    begin = time.monotonic()
    sent = connection.client.send(0x0082, struct.pack(">II", int(address[0], 0), 300))
    promise, final = connection.client.receive(), connection.client.receive()

    assert (promise.code, promise.req_id, promise.payload) == (0x0089, sent, struct.pack(">HH", 0, 300))
    assert (final.status, final.code, final.req_id) == (0, 0x0083, sent)
    assert time.monotonic() - begin >= 0.3


def test_viva_receives_the_event_of_a_zoom_that_another_client_began(
    connection: Connection, need: Callable[..., None]
) -> None:
    need("viva-camctl")
    path = program("viva-camctl")
    assert path is not None
    options = ["--ip", connection.client.address, "--iface", "127.0.0.1", "--enable", "ZoomMoveCompleted"]
    output = ""
    for end in (1000, 0, 1000, 0):  # the way takes 2.5 s, and a busy computer as much to start a program
        wait_until(lambda: connection.client.write_status(CCP, 2) == 0, "control is free")
        connection.nodes["Zoom"] = end
        connection.client.write_register(CCP, 0)
        with suppress(subprocess.TimeoutExpired):
            output = run([path, "--json", "events", *options, "--count", "1"], timeout_s=15.0)
            break

    (event,) = json.loads(output[output.index("\n[\n") :])
    assert (event["id"], event["payload_len"]) == (0x9007, 4)
