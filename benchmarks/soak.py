"""Run all five cameras with a client each for a chosen time, and tell what was lost and what grew.

    python benchmarks/soak.py [--minutes N] [--fps N] [--every N]

Aravis streams from each camera; now and then it stops and starts. Told every so often: frames, losses, restarts of
clients and cameras, resident memory and open files. Needs root or user namespaces: it starts itself again in a network
namespace of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from contestants import enter_lonely_namespace, machine

import tiscam_emu
from tiscam_emu.errors import TiscamEmuError

ARAVIS_CLIENT = Path(__file__).with_name("aravis_client.py")
SYSTEM_PYTHON = "/usr/bin/python3"
WIDTH, HEIGHT = 640, 480


@dataclass(slots=True)
class Seat:
    """State: one camera, the client at it, and what became of them."""

    model: str
    address: str
    session_s: float
    fps: float
    camera: tiscam_emu.Camera | None = None
    client: subprocess.Popen[str] | None = None
    frames: int = 0
    failed: int = 0
    missing: int = 0
    sessions: int = 0
    client_failures: int = 0
    camera_restarts: int = 0
    first: tuple[float, int] | None = None
    last: tuple[float, int] = (0.0, 0)
    skipped_before: int = 0
    status: tiscam_emu.CameraStatus = field(default_factory=tiscam_emu.CameraStatus)

    def look(self) -> None:
        """Start what does not run, and take over what ended."""
        try:
            if self.camera is None:
                self.camera = tiscam_emu.serve(self.model, address=self.address)
            self.status = self.camera.status()
        except TiscamEmuError as error:
            print(f"{self.model}: {error}", flush=True)
            self.camera_restarts += 1
            if self.camera is not None:
                self.camera.stop()
            self.camera = None
            return
        if self.client is not None and self.client.poll() is not None:
            self._count(self.client.communicate()[0])
            self.client = None
        if self.client is None:
            self._start_client()

    def weigh(self) -> None:
        """Note memory and open files of the camera's process, once it streams."""
        if self.camera is not None and self.status.frames > 10:
            pid = self.camera._backend.pid  # type: ignore[attr-defined]
            self.last = resident_mb(pid), len(list(Path(f"/proc/{pid}/fd").iterdir()))
            self.first = self.first or self.last

    def end(self) -> None:
        if self.client is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._count(self.client.communicate(timeout=self.session_s + 30)[0])
        if self.camera is not None:
            with contextlib.suppress(TiscamEmuError):
                self.status = self.camera.status()
            self.camera.stop()

    def _start_client(self) -> None:
        size = ["--width", str(WIDTH), "--height", str(HEIGHT), "--exposure-us", "2000", "--fps", str(self.fps)]
        options = ["--plain-socket", "--address", self.address, "--server-pid", str(os.getpid())]
        options += ["--seconds", str(self.session_s), *size]
        self.client = subprocess.Popen(
            [SYSTEM_PYTHON, str(ARAVIS_CLIENT), "stream", *options], stdout=subprocess.PIPE, text=True
        )

    def _count(self, output: str) -> None:
        try:
            figures = json.loads(output.splitlines()[-1])
        except (ValueError, IndexError):
            self.client_failures += 1
            return
        self.sessions += 1
        self.frames += figures["frames"]
        self.failed += figures["failed_frames"]
        self.missing += figures["missing_frames"]

    def row(self) -> str:
        first = self.first or self.last
        status = self.status
        return (
            f"| {self.model} | {self.frames} | {self.failed} | {self.missing} | {status.skipped_frames} "
            f"| {status.resent_packets} | {self.sessions} | {self.client_failures} | {self.camera_restarts} "
            f"| {first[0]:.0f} to {self.last[0]:.0f} | {first[1]} to {self.last[1]} |"
        )


HEADER = (
    "| camera | frames | failed | missing | skipped | resent | sessions | client failures | camera restarts "
    "| resident MB | open files |"
)


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def show(seats: list[Seat], minutes: float) -> None:
    print(f"\nafter {minutes:.1f} minutes\n\n{HEADER}\n{'| --- ' * 11}|")
    for seat in seats:
        print(seat.row(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--fps", type=float, default=10.0, help="of each camera")
    parser.add_argument(
        "--session", type=float, default=50.0, help="seconds that a client streams before it reconnects"
    )
    parser.add_argument("--every", type=float, default=5.0, help="minutes between two tables")
    args = parser.parse_args()
    enter_lonely_namespace()
    logging.getLogger("tiscam_emu").setLevel(logging.ERROR)
    for key, value in machine().items():
        print(f"{key}: {value}")
    seats = [
        Seat(model, f"127.0.0.{number}", args.session, args.fps)
        for number, model in enumerate(tiscam_emu.list_models(), 1)
    ]
    began = shown = time.monotonic()
    try:
        while (now := time.monotonic()) < began + args.minutes * 60:
            for seat in seats:
                seat.look()
                seat.weigh()
            if now - shown > args.every * 60:
                shown = now
                show(seats, (now - began) / 60)
            time.sleep(1.0)
    finally:
        for seat in seats:
            seat.end()
    show(seats, (time.monotonic() - began) / 60)


if __name__ == "__main__":
    main()
