"""The client that saves cameras, against a device of this test that answers as it is told, on the loopback."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from tiscam_emu.errors import InvalidOption, Status, UserError
from tiscam_emu.foreign.saving.reading import NoAnswer
from tiscam_emu.net import reader as module
from tiscam_emu.net.reader import CameraReader, Refused

LIMIT_S = 10.0
READMEM, READREG, DISCOVERY, PENDING = 0x0084, 0x0080, 0x0002, 0x0088

Answer = Callable[[int, int, bytes], list[bytes]]
"""From command, request id and payload to the datagrams that come back."""


def ack(command: int, req_id: int, payload: bytes = b"", status: int = 0) -> bytes:
    return struct.pack(">HHHH", status, command + 1, len(payload), req_id) + payload


def memory_ack(req_id: int, payload: bytes) -> bytes:
    address, count = struct.unpack(">I2xH", payload)
    return ack(READMEM, req_id, payload[:4] + bytes((address + i) & 0xFF for i in range(count)))


class Device:
    """State: the requests that came; `answer` makes the datagrams for each."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(LIMIT_S)
        self.port = int(self.socket.getsockname()[1])
        self.answer: Answer = lambda _command, req_id, payload: [memory_ack(req_id, payload)]
        self.requests: list[tuple[int, int, bytes]] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            datagram, client = self.socket.recvfrom(2048)
            if not datagram:
                return
            key, flags, command, length, req_id = struct.unpack_from(">BBHHH", datagram)
            assert (key, flags & 1, length) == (0x42, 1, len(datagram) - 8)
            self.requests.append((command, req_id, datagram[8:]))
            for answer in self.answer(command, req_id, datagram[8:]):
                self.socket.sendto(answer, client)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(LIMIT_S)
        self.socket.close()


@pytest.fixture
def device() -> Iterator[Device]:
    running = Device()
    yield running
    running.close()


@pytest.fixture
def camera(device: Device) -> Iterator[CameraReader]:
    with CameraReader("127.0.0.1", port=device.port) as reader:
        yield reader


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)


def commands(device: Device) -> list[int]:
    return [command for command, _, _ in device.requests]


def test_memory_is_read_with_one_request_of_read_access(camera: CameraReader, device: Device) -> None:
    assert camera.read(0xA000, 8) == bytes(range(8))
    assert device.requests == [(READMEM, 1, bytes.fromhex("0000a00000000008"))]


def test_answers_to_others_and_what_is_no_answer_are_passed_over(camera: CameraReader, device: Device) -> None:
    def answer(command: int, req_id: int, payload: bytes) -> list[bytes]:
        right = memory_ack(req_id, payload)
        late = ack(READMEM, req_id - 1 & 0xFFFF, payload[:4] + b"late")
        return [b"", b"\0", b"x" * 7, late, ack(READREG, req_id, b"reg!"), right[:-1], right, right]

    device.answer = answer
    assert [camera.read(0xA000, 4), camera.read(0xB010, 4)] == [bytes(range(4)), bytes(range(0x10, 0x14))]
    assert commands(device) == [READMEM, READMEM]


def test_lost_request_is_sent_again_with_its_id(camera: CameraReader, device: Device, impatient: None) -> None:
    device.answer = lambda _c, req_id, payload: [memory_ack(req_id, payload)] if len(device.requests) > 2 else []

    assert camera.read(0xA000, 4) == bytes(range(4))
    assert {req_id for _, req_id, _ in device.requests} == {1}
    assert len(device.requests) >= 3


def test_camera_that_never_answers_is_asked_four_times(camera: CameraReader, device: Device, impatient: None) -> None:
    device.answer = lambda _command, _req_id, _payload: []

    with pytest.raises(NoAnswer):
        camera.read(0xA000, 4)
    assert len(device.requests) == 4


def test_pending_acknowledge_is_waited_for(camera: CameraReader, device: Device) -> None:
    """The answer proper comes later than the patience without it would last."""

    def answer(command: int, req_id: int, payload: bytes) -> list[bytes]:
        pending = ack(PENDING, req_id, struct.pack(">HH", 0, 5000))
        threading.Timer(
            1.5 * module.TIMEOUT_S, lambda: device.socket.sendto(memory_ack(req_id, payload), camera_address)
        ).start()
        return [pending]

    camera_address = camera._socket.getsockname()
    device.answer = answer
    assert camera.read(0xA000, 4) == bytes(range(4))
    assert len(device.requests) == 1


@pytest.mark.parametrize(
    ("status", "text", "known"),
    [
        (0x8003, "INVALID_ADDRESS", Status.INVALID_ADDRESS),
        (0x8006, "ACCESS_DENIED", Status.ACCESS_DENIED),
        (0x80FE, "status 0x80fe", Status.ERROR),
    ],
)
def test_refusal_is_an_error_with_its_name(
    camera: CameraReader, device: Device, status: int, text: str, known: Status
) -> None:
    device.answer = lambda command, req_id, _payload: [ack(command, req_id, status=status)]

    with pytest.raises(Refused, match=text) as error:
        camera.read(0xA000, 8)
    assert error.value.status is known
    assert len(device.requests) == 1


def test_busy_camera_is_asked_again(camera: CameraReader, device: Device) -> None:
    def answer(command: int, req_id: int, payload: bytes) -> list[bytes]:
        return [memory_ack(req_id, payload) if len(device.requests) > 2 else ack(command, req_id, status=0x8007)]

    device.answer = answer
    assert camera.read(0xA000, 4) == bytes(range(4))
    assert len(device.requests) == 3


def test_register_that_memory_reads_are_refused_for_is_read_as_register(camera: CameraReader, device: Device) -> None:
    device.answer = lambda command, req_id, _payload: [
        ack(command, req_id, b"word") if command == READREG else ack(command, req_id, status=0x8001)
    ]

    assert camera.read(0xA000, 4) == b"word"
    assert commands(device) == [READMEM, READREG]
    with pytest.raises(Refused, match="NOT_IMPLEMENTED"):
        camera.read(0xA000, 8)


def test_answer_that_is_too_short_is_none(camera: CameraReader, device: Device) -> None:
    device.answer = lambda command, req_id, payload: [ack(command, req_id, payload[:4] + b"abcd")]

    with pytest.raises(NoAnswer, match="4 bytes for 8"):
        camera.read(0xA000, 8)


def test_discovery_gives_the_first_registers(camera: CameraReader, device: Device) -> None:
    device.answer = lambda command, req_id, _payload: [ack(command, req_id, bytes(range(248)))]

    assert camera.discover() == bytes(range(248))
    assert commands(device) == [DISCOVERY]


@pytest.mark.parametrize("payload", [b"", bytes(12)])
def test_something_else_that_answers_is_told(camera: CameraReader, device: Device, payload: bytes) -> None:
    device.answer = lambda command, req_id, _payload: [ack(command, req_id, payload)]

    with pytest.raises(UserError, match=r"127\.0\.0\.1: answers discovery with \d+ bytes"):
        camera.discover()


def test_nobody_at_an_address_is_told_in_one_line(impatient: None) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        free_port = sock.getsockname()[1]

    with (
        CameraReader("127.0.0.1", port=free_port) as reader,
        pytest.raises(UserError, match=r"^127\.0\.0\.1: no camera answers there$"),
    ):
        reader.discover()


@pytest.mark.parametrize("address", ["camera", "1.2.3", "127.0.0.1:3956", "::1", ""])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidOption, match="must be an IPv4 address"):
        CameraReader(address)


def test_requests_leave_by_the_interface_that_is_named(device: Device) -> None:
    with CameraReader("127.0.0.1", "lo", port=device.port) as reader:
        assert reader.read(0xA000, 4)
        assert reader._socket.getsockname()[0] == "127.0.0.1"
    with pytest.raises(InvalidOption, match="must be one of"):
        CameraReader("127.0.0.1", "nosuch0")
