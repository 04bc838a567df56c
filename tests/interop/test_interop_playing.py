"""Recordings played: what a client received once, it receives again; recorded by the camera itself and by tshark."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.interop.emulator import PATIENCE_S, emulator, refused, wait_until
from tests.interop.gvcp_client import CCP, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

import tiscam_emu
from tiscam_emu import Camera

FRAMES = 4
SIZE = (320, 240)


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("tshark", "genicam")


def _grab(address: str, frames: int, pixel_format: str = "", *, extended: bool = False) -> list[bytes]:
    """Payloads of so many frames."""
    from tests.interop.genapi_camera import GenApiCamera

    with GvcpClient(address) as client, GvspReceiver() as receiver:
        client.write_register(CCP, 2)
        nodes = GenApiCamera(client)
        if pixel_format:
            nodes["PixelFormat"] = pixel_format
        nodes["Width"], nodes["Height"] = SIZE
        nodes["AcquisitionMode"], nodes["AcquisitionFrameCount"] = "MultiFrame", frames
        client.write_memory(SCDA, bytes([127, 0, 0, 1]))
        client.write_register(0x0960, 0x4000_0000 if extended else 0)
        client.write_register(SCPS, 1500)
        client.write_register(SCP, receiver.port)
        nodes.execute("AcquisitionStart")
        payloads = [receiver.block().payload for _ in range(frames)]
        client.write_register(CCP, 0)
        return payloads


@contextmanager
def _captured(path: Path, *options: str) -> Iterator[None]:
    """Record all UDP on ``lo`` while the block runs."""
    command = ["tshark", "-i", "lo", "-f", "udp", "-w", str(path), "-B", "64", "-q", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: _hears(path, b"?" * 64), "tshark is capturing")
            yield
            wait_until(lambda: _hears(path, b"the end of what is recorded here"), "the capture is written")
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _hears(path: Path, marker: bytes) -> bool:
    """Whether a datagram sent to the discard port, where nobody is, has got into the file."""
    with GvcpClient("127.0.0.1") as client:
        client.socket.sendto(marker, ("127.0.0.1", 9))
    return path.exists() and marker in path.read_bytes()


@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BayerRG12Packed", "YCbCr411_8"])
def test_a_recorded_stream_played_raw_gives_a_client_the_same_bytes(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path, pixel_format: str
) -> None:
    path = tmp_path / "a.pcapng"
    with tiscam_camera_factory("33GP1300", record=path) as camera:
        first = _grab(camera.address, FRAMES, pixel_format)
    wait_until(lambda: not _being_written(path), "the recording is complete")
    assert len(set(first)) == FRAMES
    with tiscam_camera_factory("33GP1300", scene=path, play="raw") as camera:
        again = _grab(camera.address, FRAMES + 1, pixel_format)
    assert again == [*first, first[0]]


def test_a_bench_plays_a_recording_as_the_command_does(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    with tiscam_camera_factory("33GP1300", record=tmp_path / "a.pcapng") as camera:
        address, first = camera.address, _grab(camera.address, FRAMES)
    wait_until(lambda: not _being_written(tmp_path / "a.pcapng"), "the recording is complete")
    (tmp_path / "bench.yaml").write_text(
        f"""
        address: {address}
        cameras: {{left: {{model: 33GP1300, play: raw, scene: a.pcapng}}}}
        timeline: [{{after: first frame of left, at: 1 h, scene: star}}]
        """,
        encoding="utf-8",
    )
    with tiscam_emu.bench(tmp_path / "bench.yaml"):
        assert _grab(address, FRAMES) == first


def _being_written(path: Path) -> bool:
    command = b"recordings.writer\0" + str(path).encode()
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if command in each.read_bytes():
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize("kind", ["pcapng", "pcap"])
def test_a_capture_by_tshark_on_lo_plays(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"a.{kind}"
    with tiscam_camera_factory("33GP1300") as camera, _captured(path, "-F", kind):
        first = _grab(camera.address, FRAMES, extended=kind == "pcap")
    with tiscam_camera_factory("33GP1300", scene=path, play="raw,once") as camera:
        assert _grab(camera.address, FRAMES + 1) == [*first, first[-1]]


def test_a_capture_of_any_interface_is_cooked_and_plays(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    path = tmp_path / "a.pcapng"
    with tiscam_camera_factory("33GP1300") as camera, _captured(path, "-i", "any"):
        first = _grab(camera.address, FRAMES)
    with tiscam_camera_factory("33GP1300", scene=path, play="raw") as camera:
        assert _grab(camera.address, FRAMES) == first


def test_another_camera_looks_at_what_was_recorded(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> None:
    path = tmp_path / "a.pcapng"
    with tiscam_camera_factory("33GP1300", scene="gradient", record=path) as camera:
        _grab(camera.address, FRAMES)
    wait_until(lambda: not _being_written(path), "the recording is complete")
    with tiscam_camera_factory("38UX253", scene=path) as camera:
        image = _grab(camera.address, 1)[0]
    lines = [image[at : at + SIZE[0]] for at in range(0, len(image), SIZE[0])]
    left, right = (sum(sum(line[part]) for line in lines) for part in (slice(0, 40), slice(-40, None)))
    assert right > left * 1.02  # in the middle of a large sensor the ramp rises slowly


def test_losses_are_told_before_the_camera_is_ready(tmp_path: Path, first_address: str) -> None:
    path, address = tmp_path / "a.pcapng", first_address[:-1] + "160"
    with emulator("-m", "33GP1300", "--address", address, "--record", str(path)) as running:
        whole = _grab(running.ready[0].address, FRAMES)
    wait_until(lambda: not _being_written(path), "the recording is complete")
    shorter = tmp_path / "b.pcapng"
    lost = "gvsp.blockid16 == 2 && gvsp.packetid24 == 5"
    port = _stream_port(path)
    command = ["tshark", "-r", str(path), "-d", f"udp.port=={port},gvsp", "-Y", f"!({lost})", "-w", str(shorter)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)
    arguments = ["-m", "33GP1300", "--address", address, "--scene", str(shorter), "--play", "raw"]
    with emulator(*arguments) as running:
        played = _grab(running.ready[0].address, FRAMES)
        running.end()
        assert "1 packets of 1 of 4 frames from" in running.errors()
    begin, end = 4 * 1464, 5 * 1464
    assert played == [whole[0], whole[1][:begin] + whole[0][begin:end] + whole[1][end:], *whole[2:]]


def _stream_port(path: Path) -> str:
    command = [
        "tshark",
        "-r",
        str(path),
        "-Y",
        "udp.length > 1400 && udp.port != 3956",
        "-T",
        "fields",
        "-e",
        "udp.dstport",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout.split()[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scene", "no.pcapng"], "no.pcapng"),
        (["--scene", "{}/a.pcapng"], "a.pcapng: not a capture"),
        (["--scene", "chart", "--play", "raw"], "play raw: the scene chart is no recording"),
        (["--play", "backwards"], "play 'backwards': must be raw, timed or once"),
    ],
)
def test_what_cannot_be_played_is_one_line(options: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.pcapng").write_bytes(b"something else")
    done = refused("-m", "33GP1300", *(option.format(tmp_path) for option in options))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
