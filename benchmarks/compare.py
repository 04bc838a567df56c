"""Measure our cameras and Aravis' own fake camera side by side.

    python benchmarks/compare.py [--quick] [--seconds N] [--rounds N] [--only WORD] [--json FILE]

Needs Linux, ``unshare`` (util-linux), ``arv-fake-gv-camera-0.8`` and a Python with PyGObject and Aravis (Debian:
``apt install aravis-tools aravis-tools-cli gir1.2-aravis-0.8 python3-gi``). Every measurement starts a camera of its
own; the two contestants take turns, and the medians of the rounds are shown, because other work on a machine comes and
goes.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contestants import Server, enter_lonely_namespace, machine, our_camera, peer_camera
from figures import percentile
from report import Section, markdown, number
from sleeper import Sleeper
from wire_times import WireWatch

from tiscam_emu.camera.core import load
from tiscam_emu.camera.imaging.frame_rate import readout_s

CLIENT = Path(__file__).with_name("aravis_client.py")
CONTESTANTS: dict[str, Callable[..., AbstractContextManager[Server]]] = {
    "tiscam-emu": our_camera,
    "arv-fake": peer_camera,
}
OURS, PEER = CONTESTANTS
TRIGGER_EXPOSURE_US = 100.0
COUNTED = ("frames", "failed_frames", "missing_frames", "skipped_frames", "resent_packets", "lost")
"""Summed over the rounds; of all other figures the median is taken."""
TIMES = ("jitter_p50_ms", "jitter_p99_ms", "wire_jitter_p50_ms", "wire_jitter_p99_ms", "sleeper_late_p99_ms")
FASTER_THAN_ANY_HZ = 100.0  # 1.2 GB/s; more would only have frames exposed that cannot be sent


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure."""

    title: str
    model: str
    task: str
    width: int = 1280
    height: int = 1024
    pixel_format: str = "BayerRG8"
    fps: float = 0.0
    packet_size: int = 9000
    exposure_us: float = 1000.0
    options: tuple[str, ...] = ()
    plain_socket: bool = False
    title_on_the_wire: str = ""

    def client_arguments(self) -> list[str]:
        size = ["--width", str(self.width), "--height", str(self.height), "--pixel-format", self.pixel_format]
        rate = ["--fps", str(self.fps)] if self.fps else []
        exposure = ["--exposure-us", str(TRIGGER_EXPOSURE_US if self.task == "trigger" else self.exposure_us)]
        plain = ["--plain-socket"] if self.plain_socket else []
        return [self.task, *size, *rate, *exposure, "--packet-size", str(self.packet_size), *plain]


LARGE = {"model": "38UX253", "width": 4096, "height": 3000, "pixel_format": "Mono8", "fps": 30.0}
FULL_SPEED = {**LARGE, "task": "stream", "fps": FASTER_THAN_ANY_HZ, "exposure_us": 30.0}
CASES = (
    Case("1280x1024 at 90 fps, packets of 9000", "33GP1300", "stream", fps=90.0),
    Case("1280x1024 at 90 fps, packets of 1400", "33GP1300", "stream", fps=90.0, packet_size=1400),
    Case("640x480 at 366 fps, packets of 9000", "39GX265-Z20", "stream", width=640, height=480, fps=366.0),
    Case("4096x3000 at 30 fps, packets of 9000", task="stream", **LARGE),  # type: ignore[arg-type]
    Case("as fast as each can, packets of 9000", options=("--full-speed",), **FULL_SPEED),  # type: ignore[arg-type]
    Case("as fast as each can, 1400", options=("--full-speed",), packet_size=1400, **FULL_SPEED),  # type: ignore[arg-type]
    Case(
        "as fast as each can, 1400, --gso on",
        options=("--full-speed", "--gso", "on"),
        plain_socket=True,
        packet_size=1400,
        **FULL_SPEED,  # type: ignore[arg-type]
    ),
    Case(
        "software trigger to buffer, ms",
        "33GP1300",
        "trigger",
        fps=90.0,
        title_on_the_wire="software trigger to last packet sent, ms",
    ),
    Case("software trigger to buffer, plain socket, ms", "33GP1300", "trigger", fps=90.0, plain_socket=True),
    Case("READREG idle, µs", "33GP1300", "readreg"),
    Case("READREG while 4096x3000 at 30 fps, µs", task="readreg", **LARGE),  # type: ignore[arg-type]
)
START_TITLE = "command to camera found, s"


class Measurement:
    """State: everything measured so far."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self.runs: list[dict[str, Any]] = []

    def take_rounds(self, cases: Sequence[Case]) -> None:
        for case in cases:
            for _ in range(self._args.rounds):
                for name in CONTESTANTS:
                    self._take(case, name)

    def take_starts(self, count: int) -> None:
        for _ in range(count):
            for name in CONTESTANTS:
                with self._served(name, "33GP1300") as server:
                    self._keep(START_TITLE, name, {"p50": server.ready_s})

    def figures(self, title: str, contestant: str) -> dict[str, float]:
        """Medians, or sums of what is counted, over the rounds of one case; empty if it was not measured."""
        runs = [run["figures"] for run in self.runs if (run["case"], run["contestant"]) == (title, contestant)]
        if not runs:
            return {}
        return {
            key: sum(run[key] for run in runs) if key in COUNTED else statistics.median(run[key] for run in runs)
            for key in runs[0]
        }

    def _take(self, case: Case, name: str) -> None:
        with self._served(name, case.model, *(case.options if name == OURS else ())) as server:
            with Sleeper() as sleeper, WireWatch() as watch:
                figures = self._client(case, server)
                wire = watch.times()
            extra = {"resident_mb": server.resident_mb(), "sleeper_late_p99_ms": sleeper.late_ms(99)}
            if case.task == "stream":
                extra |= wire.jitter_ms(self._args.seconds)
            triggered_ns = figures.pop("triggered_ns", [])
            if case.title_on_the_wire:
                took_ms = wire.after_ms(triggered_ns)
                lost = len(triggered_ns) - len(took_ms)
                latencies = {"lost": lost, "p50": percentile(took_ms, 50), "p99": percentile(took_ms, 99)}
                self._keep(case.title_on_the_wire, name, latencies)
            self._keep(case.title, name, {**figures, **extra})

    def _served(self, name: str, model: str, *options: str) -> AbstractContextManager[Server]:
        return CONTESTANTS[name](model, *options)

    def _keep(self, title: str, contestant: str, figures: dict[str, float]) -> None:
        self.runs.append({"case": title, "contestant": contestant, "figures": figures})
        shown = " ".join(f"{key}={value:.4g}" for key, value in figures.items())
        print(f"{title} / {contestant}: {shown}", file=sys.stderr, flush=True)

    def _client(self, case: Case, server: Server) -> dict[str, Any]:
        args = self._args
        command = [args.client_python, str(CLIENT), *case.client_arguments(), "--server-pid", str(server.pid)]
        command += ["--seconds", str(args.seconds), "--count", str(args.count)]
        if args.plain_socket:
            command.append("--plain-socket")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"compare: {case.title}: {done.stderr.strip()}")
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def stream_table(measurement: Measurement, cases: Sequence[Case]) -> str:
    header = (
        "case",
        "camera",
        "fps arrival",
        "fps device",
        "MB/s",
        "CPU s/GB",
        "to peer",
        "failed",
        "missing",
        "skipped",
        "jitter ms p50",
        "p99",
        "on the wire p50",
        "p99",
        "sleeper p99",
        "resident MB",
    )
    rows = []
    for case in cases:
        peer_cost = measurement.figures(case.title, PEER)["server_cpu_s_per_gb"]
        for name in CONTESTANTS:
            got = measurement.figures(case.title, name)
            ratio = number(got["server_cpu_s_per_gb"] / peer_cost, 2) if name == OURS else ""
            counts = [f"{got[key]:.0f}" for key in ("failed_frames", "missing_frames", "skipped_frames")]
            speeds = [f"{got['fps_arrival']:.2f}", f"{got['fps_device']:.2f}", number(got["mb_per_s"])]
            times = [number(got[key], 2) for key in TIMES]
            rows.append(
                (
                    case.title,
                    name,
                    *speeds,
                    number(got["server_cpu_s_per_gb"]),
                    ratio,
                    *counts,
                    *times,
                    f"{got['resident_mb']:.0f}",
                )
            )
    return markdown(header, rows)


def other_table(measurement: Measurement, titles: Iterable[str]) -> str:
    rows = []
    for title in titles:
        ours, peer = measurement.figures(title, OURS), measurement.figures(title, PEER)
        if ours:
            cells = [number(figures.get(key, math.nan)) for figures in (ours, peer) for key in ("p50", "p99")]
            rows.append((title, *cells, number(ours["p50"] / peer["p50"], 2)))
    return markdown(("what", f"{OURS} p50", "p99", f"{PEER} p50", "p99", "p50 to peer"), rows)


def modelled_trigger_ms() -> float:
    """Exposure and readout of the triggered camera: what no implementation may undercut."""
    return TRIGGER_EXPOSURE_US / 1e3 + readout_s(load("33GP1300"), "BayerRG8", 1280, 1024) * 1e3


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="of streaming per measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each case and camera")
    parser.add_argument("--count", type=int, default=200, help="triggers per measurement")
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    parser.add_argument("--only", default="", metavar="WORD", help="only the cases whose title contains this")
    parser.add_argument("--plain-socket", action="store_true", help="receive as an unprivileged client does")
    parser.add_argument("--client-python", default="/usr/bin/python3", help="interpreter with PyGObject and Aravis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, runs and medians")
    args = parser.parse_args(words)
    if args.quick:
        args.seconds, args.rounds, args.count = 1.0, 1, 50
    return args


def section(args: argparse.Namespace) -> Section:
    """Measure all cases and lay them out."""
    measurement = Measurement(args)
    cases = [case for case in CASES if args.only in case.title]
    measurement.take_rounds(cases)
    if args.only in START_TITLE:
        measurement.take_starts(1 if args.quick else 5)
    streams = [case for case in cases if case.task == "stream"]
    others = [case for case in cases if case.task != "stream"]
    titles = [title for case in others for title in (case.title, case.title_on_the_wire) if title]
    titles.append(START_TITLE)
    result = Section("Side by side")
    if streams:
        result.tables.append(stream_table(measurement, streams))
    if any(measurement.figures(title, OURS) for title in titles):
        result.tables.append(other_table(measurement, titles))
    result.tables.append(f"A triggered frame is exposed and read out for {modelled_trigger_ms():.2f} ms.")
    medians = {
        title: {name: measurement.figures(title, name) for name in CONTESTANTS}
        for title in dict.fromkeys(run["case"] for run in measurement.runs)
    }
    settings = {key: getattr(args, key) for key in ("seconds", "rounds", "count", "plain_socket")}
    result.data = {"settings": settings, "medians": medians, "runs": measurement.runs}
    return result


def main() -> None:
    args = arguments()
    enter_lonely_namespace()
    about = machine()
    result = section(args)
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print("\n\n".join(result.tables))
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": about, **result.data}, indent=1) + "\n")


if __name__ == "__main__":
    main()
