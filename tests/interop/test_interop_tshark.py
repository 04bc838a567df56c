"""Wireshark's dissectors on a recorded session: discovery, control, stream and resend, without a malformed packet."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.interop.emulator import aravis, emulator, run, wait_until
from tests.interop.gvcp_client import CCP, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

from tiscam_emu import Camera

_DISCOVERY, _RESEND, _READREG, _WRITEREG, _READMEM, _WRITEMEM = (
    "0x0002",
    "0x0040",
    "0x0080",
    "0x0082",
    "0x0084",
    "0x0086",
)
_EXTENDED_STATUS = 0x4


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("tshark", "aravis", "genicam")


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished capture."""

    path: Path
    stream_ports: tuple[int, ...] = ()

    def fields(self, display_filter: str, *names: str) -> list[tuple[str, ...]]:
        """These fields of every packet that passes the filter."""
        columns = [word for name in names for word in ("-e", name)]
        decode_as = [word for port in self.stream_ports for word in ("-d", f"udp.port=={port},gvsp")]
        command = ["tshark", "-r", str(self.path), *decode_as, "-Y", display_filter, "-T", "fields", *columns]
        lines = run(command).splitlines()
        return [tuple(line.split("\t")) for line in lines]

    def count(self, display_filter: str) -> int:
        """Packets that pass the filter."""
        return len(self.fields(display_filter, "frame.number"))


@contextmanager
def _capture(path: Path) -> Iterator[None]:
    """Record all UDP on ``lo`` while the block runs."""
    command = ["tshark", "-i", "lo", "-f", "udp", "-w", str(path), "-B", "64", "-q"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: _hears(path), "tshark is capturing", 15.0)
            yield
            _until_written(path)
        finally:
            process.terminate()
            process.wait(10.0)


def _hears(path: Path) -> bool:
    """Whether a datagram sent now gets into the file; sent to the discard port, where nobody is."""
    _knock()
    return path.exists() and path.stat().st_size > 1000


def _knock() -> None:
    with GvcpClient("127.0.0.1") as client:
        client.socket.sendto(bytes(64), ("127.0.0.1", 9))


def _until_written(path: Path) -> None:
    """What has been captured before a marker is in the file once the marker is."""
    marker = b"end of the session recorded here"
    with GvcpClient("127.0.0.1") as client:
        client.socket.sendto(marker, ("127.0.0.1", 9))
    wait_until(lambda: marker in path.read_bytes()[-4096:], "the capture is written", 15.0)


@pytest.fixture(scope="module")
def recording(_lo_only: None, first_address: str, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    address = first_address[:-1] + "41"
    path = tmp_path_factory.mktemp("tshark") / "session.pcapng"
    with emulator("-m", "33GP1300", "--address", address), GvspReceiver() as receiver:
        with _capture(path):
            aravis("aravis_discover", list=True, names=[address])
            _plain_session(address, receiver)
        return Recording(path, (receiver.port,))


def _plain_session(address: str, receiver: GvspReceiver) -> None:
    """Discovery, control, one test packet, three frames, and packets of one of them once more."""
    from tests.interop.genapi_camera import GenApiCamera

    with GvcpClient(address) as client:
        client.command(0x0002, b"", req_id=0xFFFF)
        client.write_register(CCP, 2)
        client.write_status(0x0954, _EXTENDED_STATUS)
        nodes = GenApiCamera(client)
        nodes["Width"], nodes["Height"] = 640, 480
        nodes["AcquisitionMode"], nodes["AcquisitionFrameCount"] = "MultiFrame", 3
        client.write_memory(SCDA, bytes([127, 0, 0, 1]))
        client.write_register(SCP, receiver.port)
        client.write_register(SCPS, 0xC000_0000 | 1500)
        receiver.datagram()
        nodes.execute("AcquisitionStart")
        blocks = [receiver.block() for _ in range(3)]
        receiver.request_resend(address, blocks[1].block_id, 2, 4)
        for _ in range(3):
            receiver.packet()
        refused = client.command(0x0080, struct.pack(">I", 0x0FF0_0000))
        assert refused.status == 0x8003
        client.write_register(SCP, 0)
        client.write_register(CCP, 0)


def test_no_packet_is_malformed(recording: Recording) -> None:
    assert recording.count("gvcp") > 50
    assert recording.count("gvsp") > 300
    assert recording.fields("_ws.malformed && (gvcp || gvsp)", "frame.number", "_ws.col.Info") == []


@pytest.mark.parametrize("command", [_DISCOVERY, _READREG, _WRITEREG, _READMEM, _WRITEMEM])
def test_every_command_is_followed_by_its_acknowledge(recording: Recording, command: str) -> None:
    sent = recording.count(f"gvcp.cmd.command == {command}")
    answered = recording.count(f"gvcp.ack == {int(command, 16) + 1:#06x} && gvcp.response_to")

    assert sent > 0
    assert answered == sent - (command == _DISCOVERY)  # Aravis' broadcast is answered too, yet from another address


def test_refused_read_is_seen_with_its_status(recording: Recording) -> None:
    assert recording.count("gvcp.cmd.status == 0x8003") == 1


def test_resend_command_is_seen_with_block_and_packets(recording: Recording) -> None:
    seen = recording.fields(
        f"gvcp.cmd.command == {_RESEND}",
        "gvcp.cmd.resend.blockid",
        "gvcp.cmd.resend.firstpacketid",
        "gvcp.cmd.resend.lastpacketid",
    )

    assert [tuple(int(field, 0) for field in row) for row in seen] == [(2, 2, 4)]


def test_resent_packets_are_seen_twice_in_the_stream(recording: Recording) -> None:
    packets = recording.fields("gvsp && gvsp.blockid16 == 2", "gvsp.packetid24", "gvsp.status")
    ids = [int(number, 0) for number, _ in packets]

    assert sorted(number for number in set(ids) if ids.count(number) == 2) == [2, 3, 4]
    assert [int(number, 0) for number, _ in packets[-3:]] == [2, 3, 4]


def test_leader_and_trailer_are_understood(recording: Recording) -> None:
    leaders = recording.fields(
        "gvsp.format == 1", "gvsp.blockid16", "gvsp.payloadtype", "gvsp.sizex", "gvsp.sizey", "gvsp.pixel"
    )
    trailers = recording.fields("gvsp.format == 2", "gvsp.blockid16", "gvsp.sizey")

    values = [tuple(int(field, 0) for field in row) for row in leaders]
    assert values == [(block, 1, 640, 480, 0x01080009) for block in (1, 2, 3)]
    assert [tuple(int(field, 0) for field in row) for row in trailers] == [(block, 480) for block in (1, 2, 3)]


def test_test_packet_belongs_to_block_0(recording: Recording) -> None:
    assert recording.count("gvsp.blockid16 == 0") == 1


def test_no_packet_is_fragmented(recording: Recording) -> None:
    assert recording.count("ip.flags.mf == 1 || ip.frag_offset > 0") == 0
    assert recording.count("gvsp && ip.flags.df == 0") == 0


def test_aravis_session_is_dissected_too(tiscam_camera_factory: Callable[..., Camera], tmp_path: Path) -> None:
    """Aravis chooses the ports of its test packets and of its stream: those that the camera sends to."""
    camera = tiscam_camera_factory("39GX265-Z20")
    path = tmp_path / "aravis.pcapng"
    with _capture(path):
        settings = [("Width", 528), ("Height", 400)]
        aravis("aravis_stream", camera=camera.address, frames=5, set=settings)
    from_camera = f"ip.src == {camera.address} && udp.srcport != 3956"
    ports = {int(row[0]) for row in Recording(path).fields(from_camera, "udp.dstport")}
    session = Recording(path, tuple(ports))

    assert session.count("gvsp.format == 1 && gvsp.blockid16 > 0") >= 5
    assert session.fields("_ws.malformed && (gvcp || gvsp)", "frame.number", "_ws.col.Info") == []
