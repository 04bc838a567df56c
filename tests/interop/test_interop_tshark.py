"""Wireshark's dissectors on a recorded session: discovery, control, stream and resend, without a malformed packet."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.interop.emulator import PATIENCE_S, aravis, emulator, run, wait_until
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
            wait_until(lambda: _hears(path), "tshark is capturing")
            yield
            _until_written(path)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


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
    wait_until(lambda: marker in path.read_bytes()[-4096:], "the capture is written")


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


def test_frames_in_parts_are_understood(tiscam_camera_factory: Callable[..., Camera], tmp_path: Path) -> None:
    camera = tiscam_camera_factory("39GX265-Z20", multi_part=True)
    path = tmp_path / "parts.pcapng"
    chunk = [("ChunkModeActive", "true"), ("ChunkSelector", "Gain"), ("ChunkEnable", "true")]
    settings = [("GevGVSPExtendedIDMode", "On"), ("Width", 528), ("Height", 20), *chunk]
    with _capture(path):
        job = {"packet_socket": False, "packet_size": 1500, "multi_part": True}
        aravis("aravis_stream", camera=camera.address, frames=2, set=settings, **job)
    from_camera = f"ip.src == {camera.address} && udp.srcport != 3956"
    ports = {int(row[0]) for row in Recording(path).fields(from_camera, "udp.dstport")}
    session = Recording(path, tuple(ports))

    assert session.fields("_ws.malformed && (gvcp || gvsp)", "frame.number", "_ws.col.Info") == []
    described = ("gvsp.numparts", "gvsp.multipartdatatype", "gvsp.partlength", "gvsp.sizex", "gvsp.pixel")
    leader = session.fields("gvsp.format == 0x81 && gvsp.blockid64 == 1", "gvsp.payloadtype", *described[1:])
    assert [_numbers(field) for field in leader[0]] == [[10], [1, 10], [10_560, 16], [528], [0x01080009]]
    trailer = session.fields("gvsp.format == 0x82 && gvsp.blockid64 == 1", *described[1:3], "gvsp.sizey")
    assert [_numbers(field) for field in trailer[0]] == [[1, 10], [10_560, 16], [20]]
    # 1444 bytes in each packet: 7 full ones and 452, then the chunks.
    ends = session.fields("gvsp.format == 0x87 && gvsp.blockid64 == 1", "gvsp.partid", "gvsp.endofpart")
    assert [(int(part, 0), int(end)) for part, end in ends] == [*[(0, 0)] * 7, (0, 1), (1, 1)]


def _numbers(field: str) -> list[int]:
    return [int(number, 0) for number in field.split(",")]


# What clients may switch on: 64-bit ids, all-in packets, chunks alone; and commands that are rare.

_GVSP_CONFIGURATION, _SCCFG, _MCP, _MCDA, _MCTT = 0x0960, 0x0D24, 0x0B00, 0x0B10, 0x0B14
_LOCALHOST = 0x7F00_0001


@pytest.fixture(scope="module")
def rare(_lo_only: None, first_address: str, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    address = first_address[:-1] + "42"
    path = tmp_path_factory.mktemp("tshark") / "rare.pcapng"
    with emulator("-m", "39GX265-Z20", "--address", address, "--scene", "flat"), GvspReceiver() as receiver:
        with _capture(path), GvcpClient(address) as client:
            _force_ip(client)
            _options_session(client, receiver)
        return Recording(path, (receiver.port,))


def _force_ip(client: GvcpClient) -> None:
    mac = client.read_memory(0x0008, 8)[2:]
    own, other = (bytes(map(int, address.split("."))) for address in (client.address, "127.9.9.9"))
    for ip, status in ((own, 0), (other, 0x8006)):
        payload = bytes(2) + mac + bytes(12) + ip + bytes(12) + b"\xff\0\0\0" + bytes(16)
        assert client.command(0x0004, payload).status == status


def _options_session(client: GvcpClient, receiver: GvspReceiver) -> None:
    from tests.interop.genapi_camera import GenApiCamera

    client.write_register(CCP, 2)
    nodes = GenApiCamera(client)
    nodes["Width"], nodes["Height"], nodes["AcquisitionMode"] = 528, 4, "SingleFrame"
    client.write_register(_GVSP_CONFIGURATION, 0x4000_0000)
    for register, value in ((_MCDA, _LOCALHOST), (_MCTT, 0), (_MCP, 40_009), (SCDA, _LOCALHOST), (SCP, receiver.port)):
        client.write_register(register, value)
    nodes["EventSelector"], nodes["EventNotification"] = "ExposureEnd", "On"
    client.write_register(SCPS, 0xC000_0000 | 1500)
    receiver.datagram()
    nodes.execute("AcquisitionStart")
    receiver.block()
    receiver.request_extended_resend(client.address, 1, 1, 1)
    receiver.packet()
    client.write_register(_SCCFG, 0x4)
    client.write_register(SCPS, 8000)
    nodes.execute("AcquisitionStart")
    receiver.packet()
    nodes["ChunkModeActive"] = True
    client.write_register(_SCCFG, 0)
    nodes.execute("AcquisitionStart")
    receiver.block()
    partial = client.command(0x0080, struct.pack(">III", 0x0D04, 0x0FF0_0000, 0x0D04))
    assert (partial.status, len(partial.payload)) == (0x8003, 4)
    client.write_register(SCP, 0)
    client.write_register(CCP, 0)


def test_rare_packets_are_not_malformed_either(rare: Recording) -> None:
    assert rare.count("gvsp") > 8
    assert rare.fields("_ws.malformed && (gvcp || gvsp)", "frame.number", "_ws.col.Info") == []


def test_64_bit_ids_are_seen_in_leader_payload_trailer_and_resent_packet(rare: Recording) -> None:
    names = ("gvsp.blockid64", "gvsp.format", "gvsp.packetid32", "gvsp.flag.packetresend")
    packets = [tuple(int(field, 0) for field in row) for row in rare.fields("gvsp.blockid64 == 1", *names)]

    # 528 x 4 bytes in packets of 1452: two payload packets, the first of them sent twice; 0x80 means long ids.
    assert packets == [(1, 0x81, 0, 0), (1, 0x83, 1, 0), (1, 0x83, 2, 0), (1, 0x82, 3, 0), (1, 0x83, 1, 1)]


def test_extended_resend_command_is_understood(rare: Recording) -> None:
    seen = rare.fields(f"gvcp.cmd.command == {_RESEND}", "gvcp.cmd.resend.extendedblockid")
    assert [int(block, 0) for (block,) in seen] == [1]


def test_all_in_packet_and_chunk_leader_are_understood(rare: Recording) -> None:
    all_in = rare.fields("gvsp.format == 0x84", "gvsp.blockid64", "gvsp.sizex", "gvsp.pixel")
    chunks = rare.fields("gvsp.format == 0x81 && gvsp.payloadtype == 4", "gvsp.blockid64", "gvsp.timestamp")

    assert [tuple(int(field, 0) for field in row) for row in all_in] == [(2, 528, 0x01080009)]
    assert [int(block, 0) for block, _ in chunks] == [3]


def test_event_with_a_64_bit_block_id_is_understood(rare: Recording) -> None:
    seen = rare.fields("gvcp.cmd.command == 0x00c2", "gvcp.cmd.event.devicespecificid")
    assert [int(number, 0) for (number,) in seen] == [0x9001] * 3


def test_forced_address_is_seen_and_answered(rare: Recording) -> None:
    assert len(rare.fields("gvcp.cmd.command == 0x0004", "gvcp.cmd.forceip.ip")) == 2
    assert [int(status, 0) for (status,) in rare.fields("gvcp.ack == 0x0005", "gvcp.cmd.status")] == [0, 0x8006]
