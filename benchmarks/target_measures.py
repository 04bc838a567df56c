"""How each target is measured once; `targets.py` says which there are, repeats them and compares."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import compare
import rates
import scale
from bare import Sink, bare_sender
from contestants import Server, fetch_memory, offload, our_camera, peer_camera
from figures import percentile
from wire_times import WireWatch

from tiscam_emu.camera.core import load
from tiscam_emu.camera.imaging.frame_rate import link_s, readout_s

Figures = dict[str, float]
EXPOSURE_US = 1000.0
ADDED_MS = 30.0
"""What a frame may take beyond exposure, readout and link."""

RATES_FROM_FIRST_S = 2.0
GIGABIT = "33GP1300"
CLIENT_TIMEOUT_S = 300.0
_SECOND = Path(__file__).with_name("second_camera.py")


@dataclass(frozen=True, slots=True)
class Run:
    """How long to measure, and with what."""

    seconds: float
    quick: bool
    client_python: str

    def client(self, task: str, server: Server, *options: str) -> dict[str, Any]:
        """What `aravis_client.py` prints."""
        command = [self.client_python, str(compare.CLIENT), task, "--server-pid", str(server.pid), *options]
        if "--seconds" not in options:
            command += ["--seconds", str(self.seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLIENT_TIMEOUT_S)
        if done.returncode:
            raise SystemExit(f"targets: {' '.join(command)}: {done.stderr.strip()}")
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


@dataclass(frozen=True, slots=True)
class Picture:
    """What a camera is to send; without `fps` as much as its model can."""

    model: str
    pixel_format: str
    width: int
    height: int
    fps: float = 0.0

    def options(self, packet_size: int = 9000, exposure_us: float = EXPOSURE_US) -> list[str]:
        size = ["--width", str(self.width), "--height", str(self.height), "--pixel-format", self.pixel_format]
        rate = ["--fps", str(self.fps or 1000.0), "--exposure-us", str(exposure_us)]
        return [*size, *rate, "--packet-size", str(packet_size)]

    @property
    def shown(self) -> str:
        rate = f" at {self.fps:g} fps" if self.fps else ""
        return f"{self.model} {self.pixel_format} {self.width}x{self.height}{rate}"

    def on_the_way_ms(self) -> float:
        """From the exposure's beginning to the last packet, as the real camera needs it."""
        args = (load(self.model), self.pixel_format, self.width, self.height)
        return EXPOSURE_US / 1e3 + 1e3 * max(readout_s(*args), link_s(*args))


AT_90_FPS = Picture(GIGABIT, "BayerRG8", 1280, 1024, 90.0)
LARGE = Picture("38UX253", "Mono8", 4096, 3000, 100.0)
SQUARE = Picture("38UX253", "Mono8", 2048, 2048, 300.0)


def cpu(run: Run, packet_size: int) -> Figures:
    """Processor time of a gigabyte: ours and the peer's with Aravis, ours and a bare sender's with plain sockets."""
    options = AT_90_FPS.options(packet_size)
    with our_camera(GIGABIT, *offload("off")) as server:
        ours = run.client("stream", server, *options)["server_cpu_s_per_gb"]
    with peer_camera(GIGABIT) as server:
        peer = run.client("stream", server, *options)["server_cpu_s_per_gb"]
    with our_camera(GIGABIT, *offload("off")) as server:
        plain = _sent(run, server, options)["cpu_s_per_gb"]
    bare = _bare(run, packet_size)
    return {"value": ours / peer, "to bare": plain / bare, "s/GB": ours, "peer": peer, "plain": plain, "bare": bare}


def _bare(run: Run, packet_size: int, *, offload: bool = False) -> float:
    link_bytes_per_s, payload_bytes = load(GIGABIT).link.bytes_per_s, AT_90_FPS.width * AT_90_FPS.height
    used = bare_sender(packet_size, payload_bytes, AT_90_FPS.fps, run.seconds, link_bytes_per_s, offload=offload)
    return float(used["cpu_s_per_gb"])


def cpu_offload(run: Run, packet_size: int) -> Figures:
    """Processor time of a gigabyte, ours with offload beside the peer's, both to a plain socket with a large buffer.

    What a bare sender with offload needs is what the kernel takes for it. The peer sends a frame all at once. The plain
    socket of Aravis has a buffer of the system's size, which holds a sixth of a frame: nothing would come whole.
    """
    options = AT_90_FPS.options(packet_size)
    with our_camera(GIGABIT, *offload("on")) as server:
        ours = _sent(run, server, options)
    with peer_camera(GIGABIT) as server:
        peer = _sent(run, server, options)
    bare = _bare(run, packet_size, offload=True)
    return {
        "value": ours["cpu_s_per_gb"] / peer["cpu_s_per_gb"],
        "to bare": ours["cpu_s_per_gb"] / bare,
        "s/GB": ours["cpu_s_per_gb"],
        "peer": peer["cpu_s_per_gb"],
        "bare": bare,
        "MB/s": ours["mb_per_s"],
        "peer MB/s": peer["mb_per_s"],
        "broken": ours["broken_frames"],
        "peer broken": peer["broken_frames"],
    }


def full_speed(run: Run, packet_size: int, gso: str = "off", picture: Picture = LARGE) -> Figures:
    """Whole frames a second to a client that keeps up, in MB."""
    with our_camera(picture.model, "--full-speed", *offload(gso)) as server:
        sent = _sent(run, server, picture.options(packet_size, exposure_us=30.0))
    return {"value": sent["mb_per_s"], "broken": sent["broken_frames"], "s/GB": sent["cpu_s_per_gb"]}


def full_speed_to_peer(run: Run, packet_size: int) -> Figures:
    """The same beside the peer, at a size that it is meant for."""
    ours = full_speed(run, packet_size, picture=SQUARE)["value"]
    with peer_camera(GIGABIT) as server:
        peer = _sent(run, server, SQUARE.options(packet_size, exposure_us=30.0))["mb_per_s"]
    return {"value": ours / peer, "MB/s": ours, "peer": peer}


def _sent(run: Run, server: Server, options: Sequence[str]) -> Figures:
    with Sink() as sink:
        used = run.client("sent", server, *options, "--port", str(sink.port))
    gigabytes = sink.mb_per_s() * used["seconds"] / 1e3
    return {
        "mb_per_s": sink.mb_per_s(),
        "broken_frames": sink.figures["broken_frames"],
        "cpu_s_per_gb": used["server_cpu_s"] / gigabytes if gigabytes else math.nan,
    }


def documented_rates(run: Run) -> Figures:
    """Rows of the manuals' tables that are delivered, counted from the first frame."""
    rows = [row for row in rates.rows() if not run.quick or row.matches("33GP1300 BayerRG8")]
    found = list(rates.measure(rows, RATES_FROM_FIRST_S, run.client_python, from_first=True))
    return {"value": sum(rates.is_delivered(*one) for one in found), "of": len(found)}


def first_frames(run: Run, picture: Picture) -> Figures:
    """Milliseconds from AcquisitionStart to the first frame, and how many of the first second's frames arrived."""
    got = _short(run, picture, 1.0)
    in_time_ms = 1e3 + picture.on_the_way_ms() + ADDED_MS
    arrived = sum(at_ms <= in_time_ms for at_ms in got["arrivals_ms"])
    share = min(100.0, 100.0 * arrived / got["due"])
    return {"value": got["first_ms"], "% of first second": share, "frames due": got["due"]}


def skipped(run: Run, picture: Picture, change: str, every: int = 1) -> Figures:
    """Frames that did not arrive, or broken, while a setting changes, from AcquisitionStart on."""
    seconds = max(run.seconds, 1.0)
    got = _short(run, picture, seconds, "--change", change, "--every", str(every))
    device_ns = got["device_ns"]
    arrived = sum(at_ns < device_ns[0] + seconds * 1e9 for at_ns in device_ns)
    lost = max(got["due"] - arrived, got["skipped_frames"] + got["failed_frames"])
    return {"value": lost, "of": got["due"], "first ms": got["first_ms"]}


def _short(run: Run, picture: Picture, seconds: float, *options: str) -> dict[str, Any]:
    """What a client sees from AcquisitionStart on, and how many frames are due within so many seconds."""
    late_s = 0.3  # what was exposed within them arrives later
    with our_camera(picture.model) as server:
        fetch_memory()
        words = [*picture.options(), "--seconds", str(seconds + late_s), *options]
        got = run.client("short", server, *words)
    first_ms = got["arrivals_ms"][0] if got["arrivals_ms"] else 1e3 * (seconds + late_s)
    return {**got, "due": math.floor(got["fps_set"] * seconds), "first_ms": first_ms}


def trigger(run: Run) -> Figures:
    """Milliseconds from a software trigger to the last packet, beyond exposure and readout: 99th percentile."""
    case = compare.Case("", GIGABIT, "trigger", fps=90.0)
    with our_camera(GIGABIT) as server, WireWatch() as watch:
        options = [*case.client_arguments()[1:], "--count", "30" if run.quick else "200"]
        triggered_ns = run.client("trigger", server, *options)["triggered_ns"]
        took_ms = watch.times().after_ms(triggered_ns)
    modelled = compare.modelled_trigger_ms()
    p99 = percentile(took_ms, 99)
    return {"value": p99 - modelled, "p99": p99, "modelled": modelled, "lost": len(triggered_ns) - len(took_ms)}


def second_camera(run: Run, value: str) -> Figures:
    """Start and memory of further cameras of a program."""
    command = [sys.executable, str(_SECOND), "39GX265-Z20", str(run.seconds), run.client_python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"targets: {done.stderr.strip()}")
    got: Figures = json.loads(done.stdout)
    return {"value": got[value], **got}


def many_cameras(run: Run, count: int) -> Figures:
    """Processor time of each of so many cameras, in percent of a core."""
    got = scale.measure(count, 30.0, run.seconds, run.client_python)
    return {"value": got["cpu_percent"], "fps": got["fps_arrival"], "skipped": got["skipped_frames"]}
