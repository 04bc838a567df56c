"""Start three cameras in one program, stream from the second at 640x480, and print what it took as one line of JSON.

    python benchmarks/second_camera.py MODEL SECONDS CLIENT_PYTHON

Memory is what smaps_rollup calls private, after the stream. `targets.py` starts it, so that every measurement has a
program of its own.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

from tiscam_emu import Camera, serve

CLIENT = Path(__file__).with_name("aravis_client.py")


def own_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def main() -> None:
    model, seconds, client_python = sys.argv[1:]
    took_s: list[float] = []
    with contextlib.ExitStack() as running:
        cameras: list[Camera] = []
        for number in range(3):
            began = time.perf_counter()
            cameras.append(running.enter_context(serve(model, address=f"127.0.0.{number + 1}")))
            took_s.append(time.perf_counter() - began)
        pid = cameras[1]._backend.pid  # type: ignore[attr-defined]
        size = ["--width", "640", "--height", "480", "--fps", "30", "--exposure-us", "1000", "--plain-socket"]
        where = ["--address", cameras[1].address, "--server-pid", str(pid), "--seconds", seconds]
        command = [client_python, str(CLIENT), "stream", *size, *where]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"second_camera: {done.stderr.strip()}")
        figures = {"first_s": took_s[0], "second_s": took_s[1], "third_s": took_s[2], "own_mb": own_mb(pid)}
    print(json.dumps({**figures, "frames": json.loads(done.stdout)["frames"]}))


if __name__ == "__main__":
    main()
