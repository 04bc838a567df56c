"""Starting and watching a camera that runs in a process of its own."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tiscam_emu import errors
from tiscam_emu.errors import CameraFailed, TiscamEmuError
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.starting import start

_SCENE_TIMEOUT_S = 60.0
"""To read and prepare the largest scene on a busy computer."""

_OWN_EVENTS = frozenset({"ready", "failed", "answer"})
log = logging.getLogger("tiscam_emu")


class CameraProcess:
    """State: one worker process and what it has told.

    Parameters
    ----------
    options
        Checked options; the scene has been packed by `scene_parcel.packed`.
    on_event
        Called, from a thread of its own, with what `CameraRunner.announce` was given, and with ``ended`` at the end.
    alone
        No other camera will be started by this program.
    """

    def __init__(
        self,
        options: ServeOptions,
        log_level: str = "WARNING",
        *,
        on_event: Callable[[str, dict[str, Any]], None] | None = None,
        alone: bool = False,
    ) -> None:
        self.options = options
        self.model = self.serial = ""
        self.address = options.address
        self.pid = 0
        self.notes: list[str] = []
        self._changed = threading.Condition()
        self._saying = threading.Lock()
        self._ready = False
        self._failure: TiscamEmuError | None = None
        self._awaited: set[int] = set()
        self._answers: dict[int, dict[str, Any]] = {}
        self._request_ids = itertools.count(1)
        self._stopping = False
        self._on_event = on_event
        self._process = start(
            None if alone else (options.model, options.scene if isinstance(options.scene, str) else "")
        )
        self._say({**asdict(options), "log_level": log_level})
        self._reader = threading.Thread(target=self._listen, name=f"tiscam-emu {self.address}", daemon=True)
        self._reader.start()

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until the camera can be found.

        Raises
        ------
        UserError
            What kept the camera from starting.
        CameraFailed
            The process ended, or was not ready in time.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: self._ready or self._failure is not None, timeout_s)
        if self._failure is not None:
            self.stop()
            raise self._failure
        if not done:
            self.stop()
            raise CameraFailed(f"the camera at {self.address} was not ready within {timeout_s:g} s")

    def check_running(self) -> None:
        """Raise if the process has ended by itself.

        Raises
        ------
        CameraFailed
            Naming the camera's address.
        """
        if self._process.poll() is not None:
            raise CameraFailed(f"the camera at {self.address} has ended unexpectedly")

    def ask(self, name: str, *arguments: Any, timeout_s: float = 5.0) -> Any:
        """Have the camera carry out one of `net.requests`, and wait for the answer.

        Raises
        ------
        CameraFailed
            The camera has ended, or does not answer.
        TiscamEmuError
            What the request met.
        """
        number = next(self._request_ids)
        with self._changed:
            self._awaited.add(number)
        self._say({"id": number, "name": name, "arguments": arguments})
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._failure is not None, timeout_s)
            self._awaited.discard(number)
            answer = self._answers.pop(number, None)
            failure = self._failure
        if answer is None:
            raise failure or CameraFailed(f"the camera at {self.address} does not answer")
        if "kind" in answer:
            raise _error(answer["kind"], answer["message"])
        return answer["value"]

    def look_at(self, scene: Any) -> None:
        """Change the scene; see `CameraRunner.look_at`.

        Raises
        ------
        SceneError
            It cannot be used, or not in another process; the old one stays.
        """
        from tiscam_emu.net.scene_parcel import packed  # noqa: PLC0415 - the command never needs it and starts faster

        with packed(scene) as parcel:
            self.ask("look_at", parcel, timeout_s=_SCENE_TIMEOUT_S)

    def stop(self, timeout_s: float = 0.7) -> None:
        """End the process: ask, and if it has not ended after `timeout_s`, kill it."""
        self.ask_to_stop()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout_s)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask_to_stop(self) -> None:
        """Ask the process to end, and do not wait for it."""
        self._stopping = True
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def _say(self, message: dict[str, Any]) -> None:
        if self._process.stdin is None:
            return
        with contextlib.suppress(OSError, ValueError), self._saying:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._heard(json.loads(line))
        with self._changed:
            if self._failure is None:
                code = self._process.wait()
                self._failure = CameraFailed(f"the camera at {self.address} has ended (exit code {code})")
                if not self._stopping:
                    log.error("%s", self._failure)
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event("ended", {})

    def _heard(self, message: dict[str, Any]) -> None:
        event = message.pop("event")
        if event == "log":
            log.log(logging.getLevelNamesMapping()[message["level"]], "%s: %s", self.address, message["message"])
            return
        if event not in _OWN_EVENTS:
            if self._on_event is not None:
                self._on_event(event, message)
            return
        with self._changed:
            match event:
                case "ready":
                    self.model, self.serial, self.pid = message["model"], message["serial"], message["pid"]
                    self.address, self.notes = message["address"], message["notes"]
                    self._ready = True
                case "failed":
                    self._failure = _error(message["kind"], message["message"])
                case "answer" if message["id"] in self._awaited:  # else it comes too late
                    self._answers[message["id"]] = message
            self._changed.notify_all()


def _error(kind: str, message: str) -> TiscamEmuError:
    """The worker's error again; only its text crossed over."""
    cls = getattr(errors, kind, CameraFailed)
    error: TiscamEmuError = cls.__new__(cls)
    error.args = (message,)
    return error
