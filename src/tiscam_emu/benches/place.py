"""One camera of a bench, whichever process it runs in: watched, and started again if it is to be."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tiscam_emu.benches.plan import CameraPlan
from tiscam_emu.errors import CameraFailed, TiscamEmuError
from tiscam_emu.net.process import CameraProcess
from tiscam_emu.net.timeline import KEPT_EVENTS
from tiscam_emu.units import NS_PER_S, Nanoseconds

STOP_TIMEOUT_S = 0.6
_READY_TIMEOUT_S = 20.0
_PAUSES_S = (0.5, 1, 2, 5, 10, 30)
"""Before a camera that has failed once, twice, ... is started again."""
_LASTS_S = 60.0
"""A camera that has lived so long has not failed before."""

log = logging.getLogger("tiscam_emu")


@dataclass(slots=True)
class Origins:
    """State: device times of the start and of first frames, which all cameras share."""

    times: dict[str, Nanoseconds] = field(default_factory=dict)
    seed: int = 0


class Place:
    """State: one camera of a bench, whichever process it runs in; what a `Camera` asks.

    Parameters
    ----------
    tell
        Called from any thread with an event of the camera and its data; ``first_frame``, ``step``, ``ended``,
        ``started``.
    """

    def __init__(
        self,
        name: str,
        plan: CameraPlan,
        origins: Origins,
        log_level: str,
        tell: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.name, self.plan = name, plan
        self._origins, self._log_level, self._tell = origins, log_level, tell
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._off_until_ns: Nanoseconds | None = None
        self._left_ns: Nanoseconds = 0
        self._failures = 0
        self._begun = self._running = False
        self._done: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        self._started_s = 0.0
        self.process = self._new_process()

    @property
    def model(self) -> str:
        """Name on the wire."""
        return self.process.model

    @property
    def serial(self) -> str:
        """Serial number."""
        return self.process.serial

    @property
    def address(self) -> str:
        """IPv4 address."""
        return self.process.address

    @property
    def alive(self) -> bool:
        """Whether the camera runs, or will run again by itself."""
        return not self._stopped.is_set()

    def wait_ready(self) -> None:
        """Wait until the camera can be found; raises as `CameraProcess.wait_ready`."""
        self.process.wait_ready(_READY_TIMEOUT_S)
        self._running, self._started_s = True, time.monotonic()
        for note in self.process.notes:
            log.warning("%s: %s", self.name, note)

    def begin(self) -> None:
        """Let the timeline begin, or go on at its place."""
        self._begun = True
        plan = {
            "steps": [step.to_json() for step in self.plan.steps],
            "origins": self._origins.times,
            "own": self.name,
            "seed": self._origins.seed,
            "left_ns": self._left_ns,
        }
        with suppress(CameraFailed):  # who hears of its end starts it again
            self.process.ask("follow", plan)

    def hear(self, origin: str, at_ns: Nanoseconds) -> None:
        """Pass on that an origin has come."""
        with suppress(CameraFailed):
            self.process.ask("begin", origin, at_ns)

    def ask(self, name: str, *arguments: Any) -> Any:
        """See `CameraProcess.ask`."""
        if name == "timeline":
            return self.timeline()
        self.check_running()
        return self.process.ask(name, *arguments)

    def timeline(self) -> dict[str, Any]:
        """See `Timeline.report`; what was done before the camera was started again is told as well."""
        report: dict[str, Any] = {"origins": dict(self._origins.times), "planned": [], "waiting": []}
        with suppress(CameraFailed):
            report |= self.process.ask("timeline")
        return {**report, "done": list(self._done)}

    def look_at(self, scene: Any) -> None:
        """See `CameraProcess.look_at`."""
        self.check_running()
        self.process.look_at(scene)

    def check_running(self) -> None:
        """Raise `CameraFailed` if the camera has ended, or is off."""
        if not self._running:
            state = "is switched off" if self._off_until_ns is not None else "is being started again"
            raise CameraFailed(f"{self.name}: {state if self.alive else 'has ended'}")
        self.process.check_running()

    def ask_to_stop(self) -> None:
        """Ask the camera to end for good, and do not wait for it."""
        self._stopped.set()
        self.process.ask_to_stop()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End the camera; only `start` starts it again."""
        self._stopped.set()
        with self._lock:
            self.process.stop(timeout_s)

    def start(self) -> None:
        """Start the camera again after `stop`; its timeline goes on at its place.

        Raises
        ------
        TiscamEmuError
            It cannot be started.
        """
        with self._lock:
            self._left_ns = self._left_ns or time.monotonic_ns()
            self._stopped.clear()
            self._start()

    def _new_process(self) -> CameraProcess:
        return CameraProcess(self.plan.options, self._log_level, on_event=self._heard)

    def _start(self) -> None:
        self.process = self._new_process()
        if self._stopped.is_set():
            self.process.ask_to_stop()
        self.wait_ready()
        if self._begun:
            self.begin()
        self._tell("started", {"address": self.address})

    def _heard(self, event: str, data: dict[str, Any]) -> None:
        """On the thread that listens to the camera."""
        if event == "power_off":
            self._off_until_ns, self._left_ns = data["until_ns"], time.monotonic_ns()
            self.process.ask_to_stop()
        if event == "step":
            self._done.append(data)
        if event != "ended":
            self._tell(event, data)
        elif self._running:
            self._running = False
            self._has_ended()

    def _has_ended(self) -> None:
        off = self._off_until_ns is not None
        again = not self._stopped.is_set() and (off or self.plan.restart)
        if not off:
            self._left_ns = time.monotonic_ns()
            self._failures = 1 if time.monotonic() - self._started_s > _LASTS_S else self._failures + 1
        if not again:
            self._stopped.set()
        self._tell("ended", {"again": again})
        if again:
            threading.Thread(target=self._start_again, name=f"tiscam-emu {self.name}", daemon=True).start()

    def _start_again(self) -> None:
        """Until it runs or is not wanted any more."""
        while not self._stopped.wait(self._pause_s()):
            self._off_until_ns = None
            with self._lock:
                if self._stopped.is_set():
                    return
                try:
                    self._start()
                except TiscamEmuError as error:
                    if not self._stopped.is_set():
                        log.error("%s: %s", self.name, error)
                    self._failures += 1
                else:
                    log.warning("%s: started again at %s", self.name, self.address)
                    return

    def _pause_s(self) -> float:
        if self._off_until_ns is not None:
            return max(0.0, (self._off_until_ns - time.monotonic_ns()) / NS_PER_S)
        return _PAUSES_S[min(self._failures, len(_PAUSES_S)) - 1]
