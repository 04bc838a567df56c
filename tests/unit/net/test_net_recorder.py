from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from dpkt import ip as dpkt_ip
from dpkt import pcapng

from tiscam_emu.errors import InvalidOption, UserError
from tiscam_emu.gvsp.packets import Run
from tiscam_emu.net import recorder
from tiscam_emu.net.options import ServeOptions, recording_for
from tiscam_emu.net.recorder import RecordedSocket, Recorder, RecordingSink
from tiscam_emu.net.sockets import StreamSocket
from tiscam_emu.recordings.handover import Flow

FLOW = Flow("127.0.0.1", 1, "127.0.0.2", 2)


def _written(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [bytes(dpkt_ip.IP(data).data.data) for _, data in pcapng.Reader(file)]


def _ignore(_text: str) -> None: ...


def _opened(path: Path) -> Recorder:
    opened = Recorder(path, 0, _ignore)
    opened.wait_open()
    return opened


def _ended(running: Recorder) -> None:
    running.close()
    running._process.wait(60)


def test_what_a_stream_sends_is_sent_and_written_and_its_memory_may_be_used_again(tmp_path: Path) -> None:
    running = _opened(tmp_path / "a.pcapng")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(10)
        behind = StreamSocket("127.0.0.1")
        sink = RecordingSink(behind, running, "127.0.0.1")
        sink.target("127.0.0.1", client.getsockname()[1], False)
        memory = bytearray(b"first packet")
        sink.send([memoryview(memory)])
        memory[:5] = b"other"
        sink.send_runs([Run(b"aabbc", 2)])
        received = [client.recv(100) for _ in range(4)]
        assert sink.port == behind.port
        assert sink.descriptor() == behind.descriptor()
        sink.left([memoryview(b"sent by the core")], 1000.0)
        behind.close()
    _ended(running)

    assert received == [b"first packet", b"aa", b"bb", b"c"]
    assert _written(tmp_path / "a.pcapng") == [*received, b"sent by the core"]
    assert (running.counters().kept, running.counters().not_kept) == (5, 0)


def test_a_socket_taken_over_does_as_before_and_both_ways_are_written(tmp_path: Path) -> None:
    running = _opened(tmp_path / "a.pcapng")
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("127.0.0.1", 0))
    plain.settimeout(0)
    with RecordedSocket(plain, running) as camera, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(10)
        with pytest.raises(BlockingIOError):
            camera.recvfrom(100)
        camera.settimeout(10)
        client.sendto(b"question", camera.getsockname())
        data, peer = camera.recvfrom(100)
        camera.sendto(b"answer", peer)
        assert client.recv(100) == b"answer"
    _ended(running)
    assert data == b"question"
    assert _written(tmp_path / "a.pcapng") == [b"question", b"answer"]


def test_what_comes_while_too_much_waits_is_counted_and_the_rest_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WAITING_BYTES", 100)
    monkeypatch.setattr(recorder, "_HANDED_OVER_EVERY_S", 600)
    said = list[str]()
    running = Recorder(tmp_path / "a.pcapng", 0, said.append)
    for size in (60, 60, 30, 30):
        running.take(FLOW, [bytes([size]) * size])
    assert (running.counters().kept, running.counters().not_kept) == (2, 2)
    running.wait_open()
    _ended(running)
    assert [len(data) for data in _written(tmp_path / "a.pcapng")] == [60, 30]
    assert said == [f"the recording {tmp_path}/a.pcapng lacks packets: they come faster than they can be written"]


def test_a_recording_that_fails_is_reported_once_and_what_follows_counted(tmp_path: Path) -> None:
    told, said = threading.Event(), list[str]()

    def tell(text: str) -> None:
        said.append(text)
        told.set()

    running = Recorder(tmp_path / "a.pcapng", 0, tell)
    running.wait_open()
    running._process.kill()
    running._process.wait(60)
    running.take(FLOW, [b"lost", b"too"])
    assert told.wait(60)
    running.take(FLOW, [b"later"])
    assert (running.counters().kept, running.counters().not_kept) == (0, 3)
    assert said == [f"the recording {tmp_path}/a.pcapng cannot be written any more; the camera goes on without it"]
    running.close()


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    running = Recorder(tmp_path, 0, _ignore)
    with pytest.raises(UserError, match=f"record {tmp_path}: Is a directory"):
        running.wait_open()
    running.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"record": "a.pcap"}, "record a.pcap: must end in .pcapng"),
        ({"record": "/no/such/a.pcapng"}, "record /no/such/a.pcapng: there is no folder /no/such"),
        ({"record_limit": 5}, "record limit 5: must be 0 for none, or 1048576 bytes and more"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidOption, match=said):
        ServeOptions("33GP1300", **options).checked()  # type: ignore[arg-type]


def test_several_cameras_have_their_address_in_the_name() -> None:
    assert recording_for("a/b.pcapng", "127.0.0.2", 2) == "a/b-127.0.0.2.pcapng"
    assert recording_for("a/b.pcapng", "127.0.0.2", 1) == "a/b.pcapng"
    assert recording_for("", "127.0.0.2", 2) == ""
