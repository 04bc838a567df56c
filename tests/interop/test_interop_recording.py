"""What `--record` writes, read by Wireshark's programs; and what it keeps of a camera at its link's full rate."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.emulator import PATIENCE_S, aravis, emulator, refused, run, wait_until
from tests.interop.gvcp_client import CCP, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

from tiscam_emu import Camera

FRAMES = 5
PACKET = 1500


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("tshark", "genicam")


def _stream(address: str, frames: int, *, packet_size: int = PACKET) -> tuple[int, list[bytes]]:
    """The receiver's port and the payloads of so many frames."""
    from tests.interop.genapi_camera import GenApiCamera

    with GvcpClient(address) as client, GvspReceiver() as receiver:
        client.write_register(CCP, 2)
        nodes = GenApiCamera(client)
        nodes["Width"], nodes["Height"] = 320, 240
        nodes["AcquisitionMode"], nodes["AcquisitionFrameCount"] = "MultiFrame", frames
        client.write_memory(SCDA, bytes([127, 0, 0, 1]))
        client.write_register(SCPS, packet_size)
        client.write_register(SCP, receiver.port)
        nodes.execute("AcquisitionStart")
        payloads = [receiver.block().payload for _ in range(frames)]
        receiver.request_resend(address, 1, 1, 2)
        receiver.packet()
        client.write_register(CCP, 0)
        return receiver.port, payloads


def _fields(path: Path, port: int, display_filter: str, *names: str) -> list[list[str]]:
    columns = [word for name in names for word in ("-e", name)]
    decode = ["-d", f"udp.port=={port},gvsp"]
    lines = run(["tshark", "-r", str(path), *decode, "-Y", display_filter, "-T", "fields", *columns]).splitlines()
    return [line.split("\t") for line in lines]


def test_a_recorded_session_is_whole_and_wireshark_reads_every_packet_of_it(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    path = tmp_path / "session.pcapng"
    with tiscam_camera_factory("33GP1300", record=path) as camera:
        port, payloads = _stream(camera.address, FRAMES)
        status = camera.status()
        assert status.recording["not_kept"] == 0
        address = camera.address
    _wait_written(path)

    assert _fields(path, port, "_ws.malformed || _ws.expert.severity == error", "frame.number") == []
    assert _fields(path, port, "ip.checksum.status == 0", "frame.number") == []
    commands = _fields(path, port, f"gvcp && ip.dst == {address}", "gvcp.cmd.command")
    acknowledges = _fields(path, port, f"gvcp && ip.src == {address}", "gvcp.ack")
    assert len(commands) == len(acknowledges) + 1  # a resend is not acknowledged
    packets = _fields(path, port, f"gvsp && ip.src == {address} && udp.dstport == {port}", "gvsp.format", "udp.payload")
    assert [int(kind, 0) for kind, _ in packets].count(1) == FRAMES
    data = [bytes.fromhex(text)[8:] for kind, text in packets if int(kind, 0) == 3]
    assert b"".join(data[:-2]) == b"".join(payloads)
    assert data[-2:] == data[:2]  # what was asked for again
    seen = run(["capinfos", "-M", "-c", str(path)])
    assert f"{status.recording['kept']}" in seen or len(packets) <= status.recording["kept"]


def test_each_of_several_cameras_has_a_recording_of_its_own(tmp_path: Path, first_address: str) -> None:
    address = first_address[:-1] + "150"
    arguments = ["-m", "33GP1300", "-m", "33GP1300", "--address", address, "--record", str(tmp_path / "both.pcapng")]
    with emulator(*arguments, cameras=2) as running:
        for ready in running.ready:
            with GvcpClient(ready.address) as client:
                client.read_register(0)
    wait_until(lambda: not _writers(tmp_path), "the recorders have ended")
    for ready in running.ready:
        (row,) = _fields(tmp_path / f"both-{ready.address}.pcapng", 1, "gvcp.ack", "ip.src")
        assert row == [ready.address]


def test_a_recording_takes_no_more_room_than_it_may_and_keeps_the_latest(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    path, limit = tmp_path / "bounded.pcapng", 1 << 20
    with tiscam_camera_factory("33GP1300", record=path, record_limit=limit) as camera:
        port, payloads = _stream(camera.address, 30)
    _wait_written(path)
    earlier = tmp_path / "bounded.1.pcapng"
    assert limit * 0.4 < path.stat().st_size + earlier.stat().st_size <= limit
    last = [_fields(each, port, "gvsp.format == 1", "gvsp.blockid16")[-1] for each in (earlier, path)]
    assert int(last[1][0], 0) == len(payloads)
    assert int(last[0][0], 0) < len(payloads)


def test_a_camera_goes_on_without_a_recording_that_cannot_be_written_any_more(
    tmp_path: Path, first_address: str
) -> None:
    path = tmp_path / "full.pcapng"
    with emulator("-m", "33GP1300", "--address", first_address[:-1] + "151", "--record", str(path)) as running:
        for pid in _writers(path):
            subprocess.run(["kill", "-9", pid], check=True, timeout=PATIENCE_S)
        _, payloads = _stream(running.ready[0].address, 2)
        assert len(payloads) == 2
        running.end()
        (said,) = running.errors().splitlines()
    assert "cannot be written any more; the camera goes on without it" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--record", "/nowhere/a.pcapng"], "there is no folder /nowhere"),
        (["--record", "/dev/full.pcapng"], "record /dev/full.pcapng: No space left on device"),
        (["--record", "a.pcap"], "must end in .pcapng"),
        (["--record", "a.pcapng", "--record-limit", "1000"], "record limit 1000: must be 0 for none, or"),
    ],
)
def test_what_cannot_be_recorded_is_one_line(options: list[str], said: str, tmp_path: Path) -> None:
    if "/dev/full.pcapng" in options:
        full = tmp_path / "full.pcapng"
        full.symlink_to("/dev/full")
        options, said = ["--record", str(full)], said.replace("/dev/full.pcapng", str(full))
    done = refused("-m", "33GP1300", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_recorder_ends_with_its_camera_however_that_ends(tmp_path: Path, first_address: str) -> None:
    path = tmp_path / "killed.pcapng"
    with emulator("-m", "33GP1300", "--address", first_address[:-1] + "152", "--record", str(path)) as running:
        with GvcpClient(running.ready[0].address) as client:
            client.read_register(0)
        wait_until(lambda: path.stat().st_size > 150, "question and answer are in the file")
        for pid in running.children():
            subprocess.run(["kill", "-9", str(pid)], check=True, timeout=PATIENCE_S)
        _wait_written(path)
    assert _fields(path, 1, "gvcp", "frame.number") == [["1"], ["2"]]


def _wait_written(path: Path) -> None:
    wait_until(lambda: not _writers(path), "the recorder has ended")


def _writers(path: Path) -> list[str]:
    """Programs that write a recording, or those of a folder."""
    command = b"tiscam_emu.recordings.writer\0" + str(path).encode()
    return [each.parent.name for each in Path("/proc").glob("[0-9]*/cmdline") if command in _read(each)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_inspect_tells_what_is_in_a_recording(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path, need: Callable[..., None]
) -> None:
    need("aravis")
    path = tmp_path / "session.pcapng"
    with tiscam_camera_factory("33GP1300", record=path) as camera:
        aravis("aravis_discover", list=True, names=[camera.address])
        aravis(
            "aravis_stream", camera=camera.address, frames=5, set=[("Width", 640), ("Height", 480)], packet_size=1400
        )
        address = camera.address
    _wait_written(path)
    done = refused("inspect", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"camera {address}: The Imaging Source Europe GmbH DFK 33GP1300, serial" in done.stdout
    assert "took control at" in done.stdout
    assert "chose packets of 1400 bytes" in done.stdout
    assert "frames of 640 x 480 BayerRG8" in done.stdout
    assert "    good: control: gave control back" in done.stdout
    assert "    good: packet-size: packets of 1400 bytes: " in done.stdout


def test_inspect_refuses_a_capture_that_is_none_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.pcapng").write_bytes(b"x")
    done = refused("inspect", str(tmp_path / "a.pcapng"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tiscam-emu: {tmp_path}/a.pcapng: not a capture (.pcap or .pcapng)\n"
