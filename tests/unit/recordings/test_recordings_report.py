from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.recordings import made
from tests.unit.recordings.talk import ANSWERED, ASKED, Talk

from tiscam_emu.errors import Status
from tiscam_emu.recordings import report
from tiscam_emu.recordings.capture import Capture, CaptureError
from tiscam_emu.recordings.control import Client, ControlLog
from tiscam_emu.wire import gvcp

IMAGE = made.image_of("Mono8", 40, 30)


def _seen(talk: Talk, path: Path) -> Client:
    log = ControlLog()
    for datagram in Capture(made.write(path / "a.pcap", talk.packets)).datagrams():
        log.add(datagram)
    (camera,) = log.cameras.values()
    (client,) = camera.clients.values()
    assert camera.address == "10.0.0.7"
    assert client.address == "10.0.0.2:40000"
    return client


def _told(path: Path) -> str:
    return report.text(report.read(path))


def test_commands_refusals_and_choices_of_a_client_are_counted(tmp_path: Path) -> None:
    talk = Talk()
    talk.write(0x0A00, 2)
    talk.write(0x0938, 5000)
    talk.write(0x0D04, 0x4000_0000 | 8000)
    talk.write(0x1234, 1, Status.WRITE_PROTECT)
    talk.read()
    talk.ask(gvcp.PacketResendCmd(9, 0, 1, 4, 7))
    talk.ask(gvcp.PacketResendCmd(9, 0, 1, 4, None))
    talk.ask(gvcp.ReadRegCmd(99, (0,), flags=1))
    talk.ask(gvcp.ReadRegCmd(99, (0,), flags=1))
    talk.write(0x0A00, 0)
    client = _seen(talk, tmp_path)
    assert dict(client.commands) == {"WRITEREG": 5, "READREG": 2, "PACKETRESEND": 2}
    assert dict(client.refused) == {0x8004: 1}
    assert (client.asked_again, client.repeated, client.unanswered) == (5, 1, 1)
    assert (client.heartbeat_ms, client.packet_size) == (5000, 8000)
    (session,) = client.sessions
    assert session.end_ns is not None
    assert (session.end_ns - session.begin_ns) / 1e9 == pytest.approx(0.9, abs=0.2)


def test_a_write_that_was_refused_has_changed_nothing(tmp_path: Path) -> None:
    talk = Talk()
    talk.write(0x0A00, 2, Status.ACCESS_DENIED)
    talk.write(0x0D04, 8000, Status.ACCESS_DENIED)
    client = _seen(talk, tmp_path)
    assert (client.sessions, client.packet_size) == ([], 0)


@pytest.mark.parametrize("wait_s", [0.9, 3.5])
def test_silence_in_control_is_told_beside_the_heartbeat_timeout(tmp_path: Path, wait_s: float) -> None:
    talk = Talk()
    talk.write(0x0A00, 2)
    talk.read(wait_s=wait_s)
    talk.read(wait_s=0.2)
    _seen(talk, tmp_path)
    (line,) = [line for line in _told(tmp_path / "a.pcap").splitlines() if "was silent" in line]
    assert line == f"    was silent for {wait_s:.1f} s at most, of a heartbeat timeout of 3 s"


def test_silence_without_control_does_not_count(tmp_path: Path) -> None:
    talk = Talk()
    talk.read()
    talk.read(wait_s=60)
    assert _seen(talk, tmp_path).silence_ns == 0


def test_the_report_has_cameras_clients_streams_frames_and_losses(tmp_path: Path) -> None:
    talk = Talk()
    registers = bytearray(gvcp.DISCOVERY_BYTES)
    for address, text in ((0x48, b"Acme\n"), (0x68, b"A5000"), (0xD8, b"00012345")):
        registers[address : address + len(text)] = text
    talk.write(0x0A00, 2)
    talk.packets += made.over_ip([b"\0\0\0\x03\0\xf8\0\x01" + registers], ANSWERED, at_s=talk.at_s)
    blocks = [made.block(IMAGE, number) for number in (1, 2, 5)]
    del blocks[1][2]
    del blocks[2][-1]
    for number, sent in enumerate((*blocks, [blocks[0][2]])):
        talk.packets += made.over_ip(sent, at_s=talk.at_s + number * 0.1)
    path = made.write(tmp_path / "a.pcapng", talk.packets)
    assert _told(path).splitlines() == [
        f"{path}: 0.301 s, 17 packets, 1 camera, 1 stream",
        "camera 10.0.0.7: Acme A5000, serial 00012345",
        "  client 10.0.0.2:40000: 1 WRITEREG",
        "    took control at 0.001 s, and kept it",
        "    was silent for 0.0 s at most, of a heartbeat timeout of 3 s",
        "stream 10.0.0.7:20202 to 10.0.0.2:50000",
        "  3 frames of 40 x 30 Mono8",
        "  10.00 frames a second",
        "  packets of 536 bytes, 16-bit block ids",
        "  1 packet of 1 frame lost; 1 trailer lost; 2 block ids left out; 1 packet came again or late",
    ]


def test_a_stream_without_losses_says_so_and_a_damaged_file_as_well(tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.pcap", made.over_ip(made.block(IMAGE, 1 << 33, extended=True)))
    path.write_bytes(path.read_bytes() + b"\1")
    lines = _told(path).splitlines()
    assert lines[0].endswith("5 packets, 0 cameras, 1 stream")
    assert "cut off" in lines[1]
    assert lines[-2:] == ["  packets of 548 bytes, 64-bit block ids", "  nothing lost"]


def test_a_capture_of_something_else_is_told_in_one_line(tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.pcap", made.over_ip([b"dns", bytes(900)]))
    assert _told(path) == f"{path}: 0.000 s, 2 packets, 0 cameras, 0 streams"
    path.write_bytes(b"nothing")
    with pytest.raises(CaptureError, match="not a capture"):
        _told(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x42", b"\x42\1\0\x82\0\x08\0\1", b"\x42\1\0\x40\0\0\0\1", bytes(8), b"\xff" * 300]
)
def test_nonsense_at_the_port_of_control_is_survived(tmp_path: Path, data: bytes) -> None:
    packets = [*made.over_ip([data], ASKED), *made.over_ip([data], ANSWERED), *made.over_ip([data])]
    assert _told(made.write(tmp_path / "a.pcap", packets)).count("stream ") == 0


def test_a_last_frame_that_the_client_did_not_wait_for_is_not_counted_as_lost(tmp_path: Path) -> None:
    packets = [*made.block(IMAGE), *made.block(IMAGE, 2)[:2]]
    lines = _told(made.write(tmp_path / "a.pcap", made.over_ip(packets))).splitlines()
    assert lines[-1] == "  the last frame does not come to its end"
