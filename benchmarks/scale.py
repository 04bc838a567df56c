"""Run 1, 2, 4, 8 and 16 cameras side by side at one rate, each with an Aravis client, and tell what each costs.

    python benchmarks/scale.py [--cameras 1,2,4] [--fps HZ] [--seconds N] [--json FILE]

Needs what `compare.py` needs. The cameras are DFK 33GP1300 at 640x480.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from contestants import enter_lonely_namespace, machine, our_cameras
from report import Section, markdown, number

CLIENT = Path(__file__).with_name("aravis_client.py")
MODEL = "33GP1300"
SIZE = ["--width", "640", "--height", "480", "--pixel-format", "BayerRG8"]
COUNTS = (1, 2, 4, 8, 16)


def measure(count: int, fps: float, seconds: float, client_python: str) -> dict[str, float]:
    """Figures of so many cameras: costs are means per camera, losses sums."""
    with our_cameras(MODEL, count) as servers, contextlib.ExitStack() as stack:
        clients = []
        for server in servers:
            command = [client_python, str(CLIENT), "stream", *SIZE, "--fps", str(fps), "--exposure-us", "1000"]
            # a packet socket would see, and at its start even take, the frames of the other cameras
            command += ["--plain-socket", "--address", server.address]
            command += ["--server-pid", str(server.pid), "--seconds", str(seconds)]
            clients.append(stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)))
        runs = [json.loads(client.communicate()[0]) for client in clients]
        resident = [server.resident_mb() for server in servers]
    lost = ("failed_frames", "missing_frames", "skipped_frames")
    return {
        "cameras": count,
        "frames": sum(run["frames"] for run in runs),
        **{name: sum(run[name] for run in runs) for name in lost},
        "fps_arrival": statistics.mean(run["fps_arrival"] for run in runs),
        "cpu_percent": statistics.mean(run["server_cpu_percent"] for run in runs),
        "cpu_s_per_gb": statistics.mean(run["server_cpu_s_per_gb"] for run in runs),
        "jitter_p99_ms": max(run["jitter_p99_ms"] for run in runs),
        "resident_mb": statistics.mean(resident),
    }


def section(
    fps: float, seconds: float, counts: tuple[int, ...] = COUNTS, client_python: str = "/usr/bin/python3"
) -> Section:
    measured = []
    for count in counts:
        measured.append(measure(count, fps, seconds, client_python))
        print({key: round(value, 3) for key, value in measured[-1].items()}, file=sys.stderr, flush=True)
    header = ("cameras", "fps each", "% of a core each", "CPU s/GB", "failed", "missing", "skipped", "of frames")
    table = markdown(
        (*header, "jitter ms p99", "MB each"),
        (
            (
                f"{run['cameras']:.0f}",
                f"{run['fps_arrival']:.2f}",
                number(run["cpu_percent"]),
                number(run["cpu_s_per_gb"]),
                *(f"{run[key]:.0f}" for key in ("failed_frames", "missing_frames", "skipped_frames", "frames")),
                number(run["jitter_p99_ms"], 2),
                f"{run['resident_mb']:.0f}",
            )
            for run in measured
        ),
    )
    data: list[dict[str, Any]] = list(measured)
    return Section(f"Several cameras, 640x480 at {fps:g} fps each, packets of 9000", [table], data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", default=",".join(map(str, COUNTS)), metavar="N,N", help="how many at a time")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=5.0, help="of streaming per number of cameras")
    parser.add_argument("--client-python", default="/usr/bin/python3", help="interpreter with PyGObject and Aravis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and figures")
    args = parser.parse_args()
    enter_lonely_namespace()
    about = machine()
    counts = tuple(int(word) for word in args.cameras.split(","))
    result = section(args.fps, args.seconds, counts, args.client_python)
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print(result.markdown())
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": about, "runs": result.data}, indent=1) + "\n")


if __name__ == "__main__":
    main()
