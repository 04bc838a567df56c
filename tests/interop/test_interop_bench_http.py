"""A bench of a file, held by a shell with curl alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.interop.emulator import PROGRAM_PATIENCE_S, aravis

MS = 1_000_000
WITHIN_NS = 10 * MS

BENCH = """
address: 127.4.1.1
control: 127.0.0.1:0
defaults:
  model: 33GP1300
  scene: flat
  features: {OffsetAutoCenter: Off, Width: 320, Height: 240, ExposureAuto: Off, GainAuto: Off, ExposureTime: 2000}
cameras:
  left: {features: {AcquisitionFrameRate: 50.0}}
  right: {features: {TriggerMode: On, TriggerSource: Line1, StrobeOperation: Exposure, StrobeEnable: On}}
  third: {}
timeline:
  - {after: first frame of left, at: 1 s, camera: right, pulses: every 20 ms, count: 25}
  - {after: first frame of left, at: 1 s, camera: [left, third], set: {GPOut: 1}, for: 100 ms}
  - {after: first frame of left, at: 1200 ms, camera: left, unplug, for: 200 ms}
"""

SCRIPT = r"""
tiscam-emu bench.yaml > bench.log &
bench=$!
trap 'kill $bench; wait $bench' EXIT
until grep -q '^control' bench.log; do sleep 0.1; done
url=$(awk '$1 == "control" { print $2 }' bench.log)cameras
curl -sfN "${url%cameras}events" > events.log &

curl -sf "$url" > cameras.json
curl -sf "$url/right/features/Width" > width.json
curl -sf -X PUT -d 2500 "$url/left/features/ExposureTime" > exposure.json
touch begin
until grep -q '"text": "plug"' events.log; do sleep 0.1; done
until [ -e end ]; do sleep 0.1; done
for name in left right third; do curl -sf "$url/$name/strobe" > "strobe-$name.json"; done
curl -sf "$url/left" > left.json
curl -sf "$url/left/timeline" > timeline.json
"""


def _json(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def _rising(folder: Path, name: str) -> list[int]:
    return [edge["at_ns"] for edge in _json(folder, f"strobe-{name}") if edge["high"]]


def test_a_shell_with_curl_alone_holds_three_cameras_while_aravis_streams(
    need: Callable[..., None], tmp_path: Path
) -> None:
    from tests.interop.emulator import COMMAND, wait_until

    need("aravis", "curl")
    (tmp_path / "bench.yaml").write_text(BENCH, encoding="utf-8")
    script = SCRIPT.replace("tiscam-emu", COMMAND)
    with ThreadPoolExecutor() as others:
        shell = others.submit(
            subprocess.run,
            ["bash", "-eu", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PROGRAM_PATIENCE_S,
        )
        wait_until(lambda: (tmp_path / "begin").exists() or shell.done(), "the cameras are there")
        assert not shell.done(), shell.result().stderr
        job = {"buffers": 30, "packet_size": 1500}
        triggered = others.submit(aravis, "aravis_stream", camera="127.4.1.2", frames=25, **job)
        wait_until(lambda: "acquisition" in (tmp_path / "events.log").read_text(), "right waits for its triggers")
        free = others.submit(aravis, "aravis_stream", camera="127.4.1.1", frames=100, spare=20, **job)
        frames, free_frames = triggered.result()["frames"], free.result()["frames"]
        (tmp_path / "end").touch()
        done = shell.result()

    assert done.returncode == 0, done.stderr
    assert [camera["name"] for camera in _json(tmp_path, "cameras")] == ["left", "right", "third"]
    assert _json(tmp_path, "width")["value"] == 320
    assert _json(tmp_path, "exposure")["value"] == 2500
    assert _json(tmp_path, "left")["status"]["plugged"] is True
    assert _json(tmp_path, "left")["status"]["faults"]["stream"]["unplugged"] > 0
    begin = free_frames[0]["timestamp_ns"] + 1000 * MS
    pulses = [begin + 20 * MS * k for k in range(25)]
    for times in (_rising(tmp_path, "right"), [frame["timestamp_ns"] for frame in frames]):
        assert len(times) == 25
        assert all(0 <= at_ns - pulse < WITHIN_NS for at_ns, pulse in zip(times, pulses, strict=True))
    timeline = _json(tmp_path, "timeline")
    assert timeline["origins"]["left"] == free_frames[0]["timestamp_ns"]
    assert [step["text"] for step in timeline["done"]] == ["set GPOut to 1", "set GPOut to 0", "unplug", "plug"]
    for name in ("left", "third"):
        (up, high), (down, low) = [(edge["at_ns"], edge["high"]) for edge in _json(tmp_path, f"strobe-{name}")]
        assert (high, low) == (True, False)
        assert 0 <= up - begin < WITHIN_NS
        assert 0 <= down - (begin + 100 * MS) < WITHIN_NS
    lines = (tmp_path / "events.log").read_text().splitlines()
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    writers = {one["by"] for one in told if one["kind"] == "feature" and one["name"] == "GPOut"}
    assert writers == {"timeline"}
