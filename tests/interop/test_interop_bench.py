"""Benches of a file: as Python, a shell and clients meet them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.interop.emulator import COMMAND, PATIENCE_S, Emulator, aravis, refused, wait_until

import tiscam_emu
from tiscam_emu import Bench, CameraFailed

MS = 1_000_000
S = 1_000_000_000
WITHIN_NS = 10 * MS
"""Of device time: what a bench promises."""


@pytest.fixture
def first() -> str:
    """The first of a few addresses that no other test of this worker has."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"127.3.{worker + 1}.1"


@pytest.fixture
def start(tmp_path: Path, first: str) -> Iterator[Callable[..., Bench]]:
    """Start a bench of this text; it ends with the test."""
    running: list[Bench] = []

    def from_text(text: str, **options: Any) -> Bench:
        path = tmp_path / "bench.yaml"
        path.write_text(f"address: {first}\n{dedent(text)}", encoding="utf-8")
        running.append(tiscam_emu.bench(path, **options))
        return running[-1]

    yield from_text
    for bench in running:
        bench.stop()


def _done(bench: Bench, name: str, text: str) -> list[dict[str, Any]]:
    return [event for event in bench.timeline(name)["done"] if event["text"] == text]


THREE = """
seed: 5
defaults:
  model: 33GP1300
  scene: flat
cameras:
  left:
    features: {OffsetAutoCenter: Off, Width: 320, Height: 240, AcquisitionFrameRate: 50.0}
  right:
    features:
      {OffsetAutoCenter: Off, Width: 320, Height: 240, ExposureAuto: Off, GainAuto: Off, ExposureTime: 2000,
       TriggerMode: On, TriggerSource: Line1, StrobeOperation: Exposure, StrobeEnable: On}
  third: {}
timeline:
  - after: first frame of left
    at: 500 ms
    camera: right
    pulses: every 20 ms
    count: 25
  - after: first frame of left
    at: 600 ms
    camera: [left, third]
    set: {GPOut: 1}
    for: 100 ms
  - after: first frame of left
    at: 1 s
    camera: left
    unplug:
    for: 200 ms
    every: 500 ms
    times: 3
"""


def test_three_cameras_do_what_the_file_says_within_10_ms_of_device_time_while_aravis_streams(
    need: Callable[..., None], start: Callable[..., Bench]
) -> None:
    need("aravis")
    bench = start(THREE)
    with ThreadPoolExecutor() as clients:
        triggered = clients.submit(
            aravis, "aravis_stream", camera=bench["right"].address, frames=25, buffers=30, packet_size=1500
        )
        wait_until(lambda: bench["right"].status().acquiring, "right waits for its triggers")
        free = clients.submit(
            aravis, "aravis_stream", camera=bench["left"].address, frames=100, spare=20, buffers=30, packet_size=1500
        )
        frames, free_frames = triggered.result()["frames"], free.result()["frames"]
    wait_until(lambda: len(_done(bench, "left", "plug")) == 3, "left is plugged in for the third time")

    begin = bench.timeline("third")["origins"]["left"]
    assert free_frames[0]["timestamp_ns"] == begin
    pulses = [begin + 500 * MS + 20 * MS * k for k in range(25)]
    rising = [at_ns for at_ns, high in bench["right"].output_edges() if high]
    assert len(rising) == len(frames) == 25
    assert all(0 <= edge - pulse < WITHIN_NS for edge, pulse in zip(rising, pulses, strict=True))
    assert all(0 <= f["timestamp_ns"] - pulse < WITHIN_NS for f, pulse in zip(frames, pulses, strict=True))
    for name in ("left", "third"):
        (up, high), (down, low) = bench[name].output_edges()
        assert (high, low) == (True, False)
        assert 0 <= up - (begin + 600 * MS) < WITHIN_NS
        assert 0 <= down - (begin + 700 * MS) < WITHIN_NS
    unplugged = [event["at_ns"] - event["planned_ns"] for event in _done(bench, "left", "unplug")]
    assert sorted(unplugged)[1] < WITHIN_NS  # of three: a busy computer may stop the process for longer once
    _assert_silent_between(free_frames, bench)


def _assert_silent_between(frames: list[dict[str, Any]], bench: Bench) -> None:
    """A frame takes less than 20 ms from its exposure to its last packet; what of it came meanwhile is lost."""
    whole = [frame["timestamp_ns"] for frame in frames if frame["status"] == "success"]
    out = [event["at_ns"] for event in _done(bench, "left", "unplug")]
    back = [event["at_ns"] for event in _done(bench, "left", "plug")]
    for pulled, plugged in zip(out, back, strict=True):
        assert not [at_ns for at_ns in whole if pulled < at_ns < plugged - 6 * 20 * MS]
    longest = sorted(after - before for before, after in pairwise(whole))[-3:]
    assert all(gap > 100 * MS for gap in longest)


RESTARTED = """
cameras:
  left:
    model: 33GP1300
    restart: on-failure
    features: {GPOut: 1}
  right: {model: 33GP1300}
timeline:
  - {camera: left, line1: high}
  - {camera: left, unplug}
  - {at: 1 s, camera: left, execute: AcquisitionStop, every: 100 ms}
"""


def test_a_camera_that_dies_is_started_again_and_its_timeline_goes_on(start: Callable[..., Bench]) -> None:
    bench = start(RESTARTED)
    left, told = bench["left"], []
    bench.on_event(lambda name, event, data: told.append((name, event, data)))
    wait_until(lambda: len(_done(bench, "left", "execute AcquisitionStop")) > 1, "the timeline runs")
    begin = bench.timeline("left")["origins"][""]
    address, pid = left.address, bench.places["left"].process.pid

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: ("left", "started", {"address": address}) in told, "it is started again")
    assert ("left", "ended", {"again": True}) in told
    assert bench.places["left"].process.pid != pid
    wait_until(lambda: not left.status().plugged, "it is still unplugged")
    assert left["GPIn"] == 0
    assert left["GPOut"] == 1
    before = len(_done(bench, "left", "execute AcquisitionStop"))
    wait_until(lambda: len(_done(bench, "left", "execute AcquisitionStop")) > before, "the timeline goes on")
    report = bench.timeline("left")
    assert report["origins"][""] == begin
    assert {(event["planned_ns"] - begin) % (100 * MS) for event in report["done"]} == {0}
    assert bench["right"].status().plugged


def test_a_camera_that_is_not_to_be_started_again_is_reported_and_the_others_go_on(
    start: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    bench = start(RESTARTED)

    os.kill(bench.places["right"].process.pid, signal.SIGKILL)

    wait_until(lambda: not bench.places["right"].alive, "its end is seen")
    assert f"the camera at {bench['right'].address} has ended (exit code -9)" in caplog.text
    with pytest.raises(CameraFailed, match="has ended"):
        bench["right"].status()
    assert bench.alive
    assert bench["left"].status().frames == 0


def test_a_power_cycle_takes_its_time_and_forgets_settings_but_not_the_cable(start: Callable[..., Bench]) -> None:
    bench = start(
        """
        cameras: {left: {model: 33GP1300, features: {Width: 640}}}
        timeline:
          - unplug:
          - set: {Width: 320}
          - {at: 500 ms, power_cycle: 2 s}
          - {at: 1 s, line1: high}
        """,
        begin=False,
    )
    ended: list[str] = []
    bench.on_event(lambda _name, event, _data: ended.append(event))
    bench.begin()
    wait_until(lambda: "ended" in ended, "it is off")
    with pytest.raises(CameraFailed, match="left: is switched off"):
        bench["left"].status()
    wait_until(lambda: "started" in ended, "it is on again")
    now, begin = bench["left"].status().time_ns, bench.timeline("left")["origins"][""]

    wait_until(lambda: not bench["left"].status().plugged, "it is still unplugged")
    assert [event["text"] for event in bench.timeline("left")["done"][:3]] == [
        "unplug",
        "set Width to 320",
        "power cycle",
    ]
    assert now - begin >= 2500 * MS
    assert bench["left"]["Width"] == 640
    assert bench["left"]["GPIn"] == 0


def test_a_camera_can_be_stopped_and_started_by_its_place(start: Callable[..., Bench]) -> None:
    bench = start("cameras: {left: {model: 33GP1300, restart: on-failure}}")
    bench["left"].stop()
    assert not bench.alive

    bench.places["left"].start()

    assert bench.alive
    assert bench["left"].status().plugged
    assert list(bench) == ["left"]
    assert len(bench) == 1


def test_a_bench_whose_address_is_taken_starts_nothing(start: Callable[..., Bench]) -> None:
    bench = start("cameras: {left: {model: 33GP1300}}")

    with pytest.raises(tiscam_emu.AddressInUse, match=f"^left: .*{bench['left'].address}"):
        start("cameras: {left: {model: 33GP1300}, right: {model: 33GP1300}}")

    with tiscam_emu.serve("33GP1300", address=bench["left"].address[:-1] + "2") as camera:
        assert camera.status().plugged


@pytest.fixture
def file(tmp_path: Path, first: str) -> Path:
    path = tmp_path / "bench.yaml"
    text = "defaults: {model: 33GP1300}\ncameras: {left: {}, right: {}}\ntimeline: [{camera: left, line1: high}]\n"
    path.write_text(f"address: {first}\n{text}", encoding="utf-8")
    return path


def test_the_command_serves_a_bench_says_which_camera_is_ready_and_ends_by_a_signal(file: Path, first: str) -> None:
    running = Emulator(str(file), "--log-level", "INFO", cameras=2)
    try:
        assert [ready.model for ready in running.ready] == ["left DFK 33GP1300", "right DFK 33GP1300"]
        assert [ready.address for ready in running.ready] == [first, first[:-1] + "2"]
        assert running.process.stderr is not None
        assert f"INFO {first}: timeline: line1 high, at " in running.process.stderr.readline()
        assert running.end(signal.SIGINT) == 0
    finally:
        running.close()


def test_the_command_ends_when_no_camera_is_left(file: Path) -> None:
    running = Emulator(str(file), cameras=2)
    try:
        for pid in running.children():
            os.kill(pid, signal.SIGKILL)
        assert running.process.wait(PATIENCE_S) == 2
        assert running.errors().splitlines()[-1] == "tiscam-emu: all cameras of the bench have ended"
    finally:
        running.close()


def test_check_only_says_whether_a_file_is_right(file: Path) -> None:
    done = refused(str(file), "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: cameras left, right; steps in the timeline: 1\n"

    file.write_text(file.read_text().replace("line1: high", "line1: hi"), encoding="utf-8")
    done = refused(str(file), "--check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tiscam-emu: {file}:4: timeline[0].line1: 'hi' must be high or low\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "33GP1300", "FILE"), "--model: does not go with bench; it belongs into the bench file"),
        (("--seed", "3", "FILE"), "--seed: does not go with bench; it belongs into the bench file"),
        (("--seed", "3", "inspect", "x"), "--seed: does not go with inspect; it is for serving cameras"),
        (("nowhere.yaml",), "nowhere.yaml: cannot be read: No such file or directory"),
        (("FILE", "--log-level", "LOUD"), "log level 'LOUD': must be one of DEBUG, INFO, WARNING, ERROR"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_one_line(file: Path, arguments: tuple[str, ...], message: str) -> None:
    done = refused(*(str(file) if argument == "FILE" else argument for argument in arguments))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tiscam-emu: {message}\n"


DOCS = Path(__file__).parents[2] / "docs" / "bench.md"


def _example(language: str, number: int = 0) -> str:
    """A block of code of the documentation, without what needs an extra that is not there."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(blocks[number])


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the documentation; held over HTTP only if what that needs is there."""
    path = tmp_path / "bench.yaml"
    text = _example("yaml")
    assert "\ncontrol: " in text
    path.write_text(text if find_spec("tiscam_emu.http") else re.sub(r"\ncontrol: .*", "", text), encoding="utf-8")
    return path


def test_the_example_of_the_documentation_does_what_it_says(example: Path) -> None:
    told: list[tuple[str, str]] = []
    with tiscam_emu.bench(example, begin=False) as bench:
        bench.on_event(lambda name, event, _data: told.append((name, event)))
        bench.begin()
        assert [bench[name].address for name in bench] == ["127.0.0.1", "127.0.0.2", "127.0.0.9"]
        assert (bench["right"]["ExposureTime"], bench["right"]["TriggerMode"]) == (500, "On")
        wait_until(lambda: len(_done(bench, "right", "pulse of 2 ms")) == 50, "the pulses are over")
        wait_until(lambda: "scene star" in str(bench.timeline("left")["done"]), "left sees the star")
        wait_until(lambda: ("above", "started") in told, "above has been switched off and on")
        begin = bench.timeline("right")["origins"][""]
        due = [(event["text"], event["planned_ns"] - begin) for event in bench.timeline("left")["done"]]
        waiting = bench.timeline("left")["waiting"]

    assert due == [("unplug", S), ("plug", 1500 * MS), ("scene star", 2500 * MS)]
    assert [step["text"] for step in waiting] == ["set ExposureTime to 2000"]


def test_the_script_of_the_documentation_runs_in_a_shell(need: Callable[..., None], example: Path) -> None:
    need("arv-tool-0.8")
    path = f"{Path(COMMAND).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", _example("sh", 1)],
        cwd=example.parent,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    told = re.findall(r"^(\w+) = '?(\w+(?:\.\d+)?)", done.stdout, re.MULTILINE)
    assert [(name, value) for name, value in told] == [
        ("DeviceUserID", "left"),
        ("Width", "640"),
        ("ExposureTime", "500"),
        ("GPIn", "1"),
    ]


def test_the_wrong_files_of_the_documentation_are_refused_as_it_says(example: Path) -> None:
    text = _example("yaml")
    wrong = [
        text.replace("features: {ExposureTime", "featurs: {ExposureTime"),
        text.replace("at: 1 s", "at: 5"),
        text.replace("set: {ExposureTime", "set: {ExposureTim"),
    ]
    said = []
    for content in wrong:
        example.write_text(re.sub(r"(?m)^control: .*", "", content), encoding="utf-8")
        done = subprocess.run(
            [COMMAND, "bench.yaml", "--check"], cwd=example.parent, capture_output=True, text=True, check=False
        )
        said.append(done.stderr)
    assert "".join(said) == _example("text")
