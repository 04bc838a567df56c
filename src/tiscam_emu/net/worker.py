"""A camera in a process of its own: options, then requests in on stdin, events out on stdout, one JSON object a line.

The process ends when its stdin does, so it never outlives the one that started it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tiscam_emu.errors import TiscamEmuError, UserError
from tiscam_emu.net.cameras import start_reading
from tiscam_emu.net.options import ServeOptions

if TYPE_CHECKING:
    from tiscam_emu.net.runner import CameraRunner

_SWITCH_INTERVAL_S = 0.0005
_OBJECTS_BEFORE_COLLECTION = 50_000
_PREPARED_FOR_S = 3.0
_BEGAN_S = time.monotonic()
_DESCRIPTION_READY_S = 2.1
_LEAST_PREPARED_FOR_S, _MOST_PREPARED_FOR_S = 0.3, 1.0
"""A description without registers takes its time before, and the whole start is to take three seconds."""


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


def main(began_s: float = _BEGAN_S) -> int:
    """Serve the camera described by the first line of stdin until stdin ends; `began_s` is when the start began."""
    # The parent decides when to end: a Ctrl-C in the terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A control request must not wait 5 ms for the renderer to let go of the interpreter.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _sleep_exactly()
    events = _EventStream(os.fdopen(os.dup(sys.stdout.fileno()), "w"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    first = json.loads(sys.stdin.readline())
    logging.basicConfig(level=first.pop("log_level"), handlers=[_LogEvents(events)])
    reading = start_reading(ServeOptions(**first))
    # Imported here: meanwhile a foreign description is being checked.
    from tiscam_emu.net.runner import CameraRunner  # noqa: PLC0415
    from tiscam_emu.net.scene_parcel import unpacked  # noqa: PLC0415

    try:
        runner = CameraRunner(ServeOptions(**{**first, "scene": unpacked(first["scene"])}), reading=reading)
        runner.open()
    except UserError as error:
        events.send("failed", kind=type(error).__name__, message=str(error))
        return 1
    except TiscamEmuError as error:
        events.send("failed", kind="CameraFailed", message=str(error))
        return 1
    # The many packets of a frame are objects that never make circles: looking for those now and then is enough.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    runner.announce = lambda event, data: events.send(event, **data)
    bare = reading is not None and reading.result().image is None
    left_s = _DESCRIPTION_READY_S - (time.monotonic() - began_s)
    shortened_s = min(max(left_s, _LEAST_PREPARED_FOR_S), _MOST_PREPARED_FOR_S)
    prepared_for_s = shortened_s if bare else _PREPARED_FOR_S
    threading.Thread(target=_obey, args=(runner, events, prepared_for_s), daemon=True).start()
    runner.run()
    # Nothing is left to do, and a renderer in the middle of a large frame need not be waited for.
    os._exit(0)


def _sleep_exactly() -> None:
    """Have no sleep lengthened to save power, where the system does that: 50 us each is much of a packet burst."""
    with contextlib.suppress(OSError):  # threads inherit it
        Path("/proc/self/timerslack_ns").write_text("1")


def _obey(runner: CameraRunner, events: _EventStream, prepared_for_s: float) -> None:
    """Say that the camera is ready, answer requests until stdin ends, then end the camera.

    A client may wait two seconds for its first frame and no longer, as GStreamer's aravissrc does; so the picture is
    prepared first, as far as `prepared_for_s` goes. The camera answers meanwhile.
    """
    from tiscam_emu.net.requests import answer  # noqa: PLC0415 - as above

    camera = runner.camera
    runner.pipeline.flush(prepared_for_s)
    events.send(
        "ready",
        model=camera.model.identity.name,
        serial=camera.state.serial,
        address=runner.address,
        pid=os.getpid(),
        notes=runner.notes,
    )
    for line in sys.stdin:
        request = json.loads(line)
        try:
            events.send("answer", id=request["id"], value=answer(runner, request["name"], request["arguments"]))
        except TiscamEmuError as error:
            events.send("answer", id=request["id"], kind=type(error).__name__, message=str(error))
        except OSError:  # nobody listens any more; stdin ends as well
            break
        except Exception as error:  # whatever is wrong with one request, the next ones are answered
            message = f"{type(error).__name__}: {error}"
            events.send("answer", id=request["id"], kind="CameraFailed", message=message)
    runner.stop()


if __name__ == "__main__":
    sys.exit(main())
