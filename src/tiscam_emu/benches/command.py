"""The command ``tiscam-emu bench.yaml``: start a bench, say so, and watch it until a signal comes."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

from tiscam_emu.benches.bench import Bench
from tiscam_emu.benches.place import Place
from tiscam_emu.benches.start import checked_plan, open_control
from tiscam_emu.errors import CameraFailed
from tiscam_emu.net.stop_signals import stop_signals
from tiscam_emu.spec.catalog import shown

_WATCH_PERIOD_S = 0.25


def run(path: Path, log_level: str, *, only_check: bool = False) -> None:
    """Serve the bench of a file until interrupted.

    Raises
    ------
    TiscamEmuError
        What is wrong with the file, what kept a camera from starting, or that all cameras have ended.
    """
    stop = stop_signals()
    logging.basicConfig(level=log_level, format="%(levelname)s %(message)s")
    plan = checked_plan(path)
    if only_check:
        steps = {step.number for camera in plan.cameras.values() for step in camera.steps}
        _say(f"{shown(path)}: cameras {', '.join(plan.cameras)}; steps in the timeline: {len(steps)}")
        return
    with Bench(plan, log_level) as bench:
        for name, place in bench.places.items():
            _say(f"ready {name} {place.model} {place.serial} {place.address}")
        url = open_control(bench)
        if url:
            _say(f"control {url}")
        bench.begin()
        _watch(bench, stop)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _watch(bench: Bench, stop: threading.Event) -> None:
    if sys.stdout.isatty():
        from tiscam_emu.live import show  # noqa: PLC0415 - rich, only on a terminal

        show([_Row(place, bench) for place in bench.places.values()], stop.wait)
        return
    while not stop.wait(_WATCH_PERIOD_S):
        _check(bench)


def _check(bench: Bench) -> None:
    if bench.failed:
        raise CameraFailed("all cameras of the bench have ended")


class _Row:
    """State: a camera as the live table asks it; one that has ended shows what it did last."""

    def __init__(self, place: Place, bench: Bench) -> None:
        self._place, self._bench = place, bench
        self.model, self.serial, self.address = place.model, place.serial, place.address
        self._last = place.ask("status")

    def ask(self, name: str) -> Any:
        try:
            self._last = self._place.ask(name)
        except CameraFailed:
            return self._last
        return self._last

    def check_running(self) -> None:
        _check(self._bench)
