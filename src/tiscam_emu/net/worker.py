"""A camera in a process of its own: options in on stdin, events out on stdout, one JSON object a line.

The process ends when its stdin does, so it never outlives the one that started it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from typing import Any, TextIO

from tiscam_emu.errors import TiscamEmuError, UserError
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.runner import CameraRunner

STATUS_PERIOD_S = 0.25
_SWITCH_INTERVAL_S = 0.0005


class _EventStream:
    """State: the way out; several threads may write."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def send(self, event: str, **data: Any) -> None:
        with self._lock:
            self._out.write(json.dumps({"event": event, **data}) + "\n")
            self._out.flush()


class _LogEvents(logging.Handler):
    def __init__(self, events: _EventStream) -> None:
        super().__init__()
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        self._events.send("log", level=record.levelname, message=record.getMessage())


def main() -> int:
    """Serve the camera described by the first line of stdin until stdin ends."""
    # The parent decides when to end: a Ctrl-C in the terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A control request must not wait 5 ms for the renderer to let go of the interpreter.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    events = _EventStream(os.fdopen(os.dup(sys.stdout.fileno()), "w"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    first = json.loads(sys.stdin.readline())
    logging.basicConfig(level=first.pop("log_level"), handlers=[_LogEvents(events)])
    try:
        runner = CameraRunner(ServeOptions(**first))
        runner.open()
    except UserError as error:
        events.send("failed", kind=type(error).__name__, message=str(error))
        return 1
    except TiscamEmuError as error:
        events.send("failed", kind="CameraFailed", message=str(error))
        return 1
    camera = runner.camera
    events.send(
        "ready", model=camera.model.identity.name, serial=camera.state.serial, address=runner.address, pid=os.getpid()
    )
    ended = threading.Event()
    threading.Thread(target=_end_with_stdin, args=(runner, ended), daemon=True).start()
    threading.Thread(target=_tell_status, args=(runner, ended, events), daemon=True).start()
    runner.run()
    runner.close()
    return 0


def _end_with_stdin(runner: CameraRunner, ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()
    runner.stop()


def _tell_status(runner: CameraRunner, ended: threading.Event, events: _EventStream) -> None:
    try:
        while not ended.wait(STATUS_PERIOD_S):
            events.send("status", **runner.status().to_json())
    except OSError:  # nobody reads any more; stdin ends as well
        return


if __name__ == "__main__":
    sys.exit(main())
