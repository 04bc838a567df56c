"""How the process of a camera comes to be: forked from a prepared one where that is the same, else started anew."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from typing import IO, Protocol

from tiscam_emu.net.prepared import PreparedServer
from tiscam_emu.net.surroundings import Surroundings, surroundings

_QUIET_LIBRARIES = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Threads of linear-algebra libraries would idle beside the camera's and cost time."""


Likely = tuple[str, str]
"""Model and scene of cameras that may be started."""

_GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": str(2 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}
"""What is made ahead teaches the C library to keep arrays of megabytes; cameras whose size changes would keep both."""


class WorkerProcess(Protocol):
    """As much of `subprocess.Popen` as a camera's process needs."""

    @property
    def stdin(self) -> IO[str] | None: ...  # noqa: D102 - see the class
    @property
    def stdout(self) -> IO[str] | None: ...  # noqa: D102
    def poll(self) -> int | None: ...  # noqa: D102
    def wait(self, timeout: float | None = None) -> int: ...  # noqa: D102
    def kill(self) -> None: ...  # noqa: D102


class _Server:
    """State: the one server of this process, made with the first camera for all others; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: PreparedServer | None = None
        self._tried = False

    def fork(self, around: Surroundings) -> WorkerProcess | None:
        """A process of a camera; None if there is no server, or it has been started in other surroundings."""
        with self._lock:
            if self._server is None or self._server.around != around:
                return None
            try:
                return self._server.fork()
            except OSError:
                self._end()
                return None

    def begin(self, around: Surroundings, likely: Likely) -> None:
        """Start the server unless that has been tried; it gets ready by itself."""
        with self._lock:
            if not self._tried:
                self._tried = True
                with contextlib.suppress(OSError):
                    self._server = PreparedServer(around, {**_GIVEN_BACK, **_environment()}, *likely)

    def end(self) -> None:
        """Let the server end; the cameras go on."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a process forked from this one: the server is the other's, and so may be what the lock was held for."""
        if self._server is not None:
            self._server.leave_to_parent()
        self.__init__()  # type: ignore[misc]

    def _end(self) -> None:
        if self._server is not None:
            self._server.end()
        self._server = None


_server = _Server()
atexit.register(_server.end)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_server.forget)


def start(likely: Likely | None) -> WorkerProcess:
    """Start a process that does as `net.worker` says.

    Parameters
    ----------
    likely
        What others will be like that this program may start; None: there will be none, and nothing is prepared.
    """
    around = surroundings() if likely else None
    if around is not None and (forked := _server.fork(around)) is not None:
        return forked
    process = subprocess.Popen(
        [sys.executable, "-m", "tiscam_emu.net.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    if around is not None and likely is not None:
        _server.begin(around, likely)
    return process


def _environment() -> dict[str, str]:
    return {**os.environ, **_QUIET_LIBRARIES}
