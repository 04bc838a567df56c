"""A bench held by programs of others: curl alone, the shell commands, Python from another process; Aravis streams."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.interop import emulator as emu
from tests.interop.conftest import missing

import tiscam_emu

ADDRESS = "127.0.9.1"


@pytest.fixture
def url() -> Iterator[str]:
    """A bench of one camera, ``left``."""
    with _benching("--user-name", "left", "--stamp") as (command, url):
        yield url
        assert command.end() == 0


@pytest.fixture
def curl(url: str) -> Callable[..., str]:
    if shutil.which("curl") is None:
        missing("no program curl: Debian package curl")

    def call(path: str, *options: str) -> str:
        return emu.run(["curl", "-sS", "--fail-with-body", *options, f"{url}{path}"])

    return call


def test_a_shell_with_curl_alone_holds_the_bench(curl: Callable[..., str], tmp_path: Path) -> None:
    assert [camera["name"] for camera in json.loads(curl("/cameras"))] == ["left"]
    curl("/cameras/left/features/ExposureAuto", "-X", "PUT", "-d", "Off")
    curl("/cameras/left/features/ExposureTime", "-X", "PUT", "-d", "2000")
    assert curl("/cameras/left/features/ExposureTime/value") == "2000.0"
    curl("/cameras/left/faults", "-X", "PUT", "-d", "busy=0")
    curl("/cameras/left/line1", "-X", "PUT", "-d", "high")
    assert curl("/cameras/left/line1") == "true"
    curl("/cameras/left/unplug", "-X", "POST")
    assert json.loads(curl("/cameras/left"))["status"]["plugged"] is False
    curl("/cameras/left/plug", "-X", "POST")
    frames = emu.aravis("aravis_stream", camera=ADDRESS, frames=3, packet_size=1500)
    assert frames
    curl("/cameras/left/frame.raw", "-o", str(tmp_path / "last.raw"))
    assert tiscam_emu.read_stamp((tmp_path / "last.raw").read_bytes()).frame_id >= 2
    curl("/cameras/left/scene", "-T", str(_picture(tmp_path)))
    assert json.loads(curl("/cameras/left/scene"))["scene"] == "an image of 60 x 40"


def _picture(folder: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (60, 40), "teal").save(folder / "part.png")
    return folder / "part.png"


DOCUMENT = Path(__file__).parents[2] / "docs" / "http.md"


@pytest.mark.parametrize("chapter", ["With curl", "From the shell"])
def test_what_the_document_shows_can_be_typed(url: str, curl: Callable[..., str], tmp_path: Path, chapter: str) -> None:
    emu.aravis("aravis_stream", camera=ADDRESS, frames=1, packet_size=1500)  # something for a snapshot to show
    curl("/cameras/left/features/TriggerMode", "-X", "PUT", "-d", "On")  # something for a trigger to do
    curl("/cameras/left/features/TriggerSource", "-X", "PUT", "-d", "Software")
    _picture(tmp_path)
    text = DOCUMENT.read_text().partition(f"## {chapter}\n")[2].partition("```sh\n")[2].partition("```")[0]
    endless = ("/events", "ctl watch")
    lines = [line for line in text.splitlines() if not any(word in line for word in endless)]
    assert len(lines) > 8
    script = re.sub("curl (?!-f)", "curl -sS --fail-with-body ", "\n".join(lines).replace("http://127.0.0.1:8639", url))
    done = subprocess.run(
        ["bash", "-e", "-x", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "TISCAM_EMU_HTTP": url},
        timeout=emu.PROGRAM_PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert (tmp_path / "last.png").read_bytes().startswith(b"\x89PNG")


def test_three_ways_do_the_same(url: str, curl: Callable[..., str]) -> None:
    there = tiscam_emu.connect(url)["left"]
    ways: tuple[Callable[[int], Any], ...] = (
        lambda level: curl("/cameras/left/features/GPOut", "-X", "PUT", "-d", str(level)),
        lambda level: there.__setitem__("GPOut", level),
        lambda level: emu.run([emu.COMMAND, "ctl", "--url", url, "set", "left", f"GPOut={level}"]),
    )
    for way in ways:
        way(1)
        way(0)
    levels = [high for _, high in there.output_edges()]
    assert levels == [True, False] * 3
    assert json.loads(curl("/cameras/left/strobe"))[0]["at_ns"] == there.output_edges()[0][0]


def test_cameras_are_started_stopped_and_power_cycled_by_curl(curl: Callable[..., str]) -> None:
    started = json.loads(curl("/cameras", "-d", '{"model": "38UX253", "address": "127.0.9.2", "scene": "flat"}'))
    assert (started["name"], started["address"]) == ("38UX253", "127.0.9.2")
    with pytest.raises(AssertionError, match="returned error: 409"):
        curl("/cameras", "-d", '{"model": "33GP1300", "address": "127.0.9.2"}')
    curl("/cameras/left/features/ExposureAuto", "-X", "PUT", "-d", "Off")
    curl("/cameras/left/power-cycle", "-X", "POST")
    assert curl("/cameras/left/features/ExposureAuto/value") == '"Continuous"'
    curl("/cameras/38UX253", "-X", "DELETE")
    assert len(json.loads(curl("/cameras"))) == 1


@contextmanager
def _benching(*arguments: str) -> Iterator[tuple[emu.Emulator, str]]:
    command = emu.Emulator(
        "--model", "33GP1300", "--address", ADDRESS, "--http", "127.0.0.1:0", *arguments, twins=False
    )
    try:
        assert command.process.stdout is not None
        word, url = command.process.stdout.readline().split()
        assert word == "bench"
        yield command, url.rstrip("/")
    finally:
        command.close()


def test_everything_ends_with_the_command() -> None:
    with _benching() as (command, url):
        bench = tiscam_emu.connect(url)
        end = bench["33GP1300"].watch(lambda _: None)  # an open stream of events holds nothing up
        bench.start("38UX253", address="127.0.9.2", scene="flat")
        cameras = command.children()
        assert len(cameras) >= 2, "and perhaps the process that cameras are forked from"
        assert command.end() == 0
        end()
        assert not [pid for pid in cameras if Path(f"/proc/{pid}/cmdline").exists()]


def test_a_camera_that_dies_ends_the_command_as_without_http() -> None:
    with _benching() as (command, _):
        (camera,) = command.children()
        os.kill(camera, signal.SIGKILL)
        assert command.process.wait(emu.PATIENCE_S) == 2
        assert "has ended" in command.errors()


def test_beyond_this_computer_a_token_is_demanded() -> None:
    command = emu.Emulator("--model", "33GP1300", "--address", ADDRESS, "--http", "0.0.0.0:0", "--expose", twins=False)
    try:
        assert command.process.stdout is not None
        url = command.process.stdout.readline().split()[1]
        bare, _, token = url.partition("/?token=")
        assert len(token) > 20
        status = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
        assert emu.run([*status, f"{bare}/cameras"]) == "401"
        assert emu.run([*status, "-H", f"Authorization: Bearer {token}", f"{bare}/cameras"]) == "200"
        assert emu.run([emu.COMMAND, "ctl", "--url", url, "list"]).startswith("33GP1300\t")
        assert command.end() == 0
        assert "everybody who reaches 0.0.0.0" in command.errors()
    finally:
        command.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--http", "8639"), "must be ADDRESS:PORT"),
        (("--http", "0.0.0.0:8639"), "add --expose"),
        (("--http-token", "a-long-enough-token"), "is for --http"),
        (("--http", "127.0.0.1:0", "--http-token", "short"), "12 printable"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_starts(options: tuple[str, ...], says: str) -> None:
    done = emu.refused("--model", "33GP1300", "--address", ADDRESS, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_port_in_use_is_one_line_and_no_camera_stays() -> None:
    with _benching() as (_, url):
        where = url.removeprefix("http://")
        done = emu.refused("--model", "33GP1300", "--address", "127.0.9.2", "--http", where)
        assert done.returncode == 2
        assert done.stderr == f"tiscam-emu: http {where}: another program uses it; choose another port\n"
    with emu.emulator("--model", "33GP1300", "--address", "127.0.9.2"):
        pass  # its address is free again


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ImportError('not installed')\n")
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    source = "from tiscam_emu.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", source, "--model", "33GP1300", "--http", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=emu.PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tiscam-emu: http: needs more packages; install them with: pip install 'tiscam-emu[http]'\n"
