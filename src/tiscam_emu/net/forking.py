"""A process that has all ready that cameras have in common, and forks one whenever it is asked to.

Its arguments are model and scene of the first camera, see `net.preparation`, and the descriptor of a socket of whole
messages, over which it is asked: a request is any byte with the
camera's standard input, output and error and the way its exit code is told; the answer is the process id with a
descriptor of the process, or `REFUSED`. It says `READY` when it can be asked, and ends when the other side does.

It has one thread and forks no other time: whatever a thread held would be held for ever in the camera.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

READY = b"ready"
REFUSED = b"refused"
PASSED = 4
"""Descriptors that come with a request."""

_REQUEST_BYTES = 16
_FIRST_UNNAMED = 3
_NOBODY = -1


class _Server:
    """State: the socket and, for the descriptor of each camera that runs, its process id and where its end is told."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._running: dict[int, tuple[int, int]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ)

    def run(self) -> None:
        """Fork cameras until nobody can ask any more."""
        self._sock.send(READY)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._sock:
                    self._tell_end(key.fd)
                    continue
                request, passed, _, _ = socket.recv_fds(self._sock, _REQUEST_BYTES, PASSED)
                if not request:
                    return
                self._answer(passed)

    def _answer(self, passed: list[int]) -> None:
        try:
            pid = os.fork() if len(passed) == PASSED and _threads() == 1 else _NOBODY
        except OSError:  # more processes are not allowed
            pid = _NOBODY
        if pid == _NOBODY:
            _close(passed)
            self._sock.send(REFUSED)
            return
        if pid == 0:
            _be_camera(passed[:3])
        *streams, ending = passed
        _close(streams)
        process = os.pidfd_open(pid)
        self._running[process] = (pid, ending)
        self._selector.register(process, selectors.EVENT_READ)
        socket.send_fds(self._sock, [str(pid).encode()], [process])

    def _tell_end(self, process: int) -> None:
        self._selector.unregister(process)
        pid, ending = self._running.pop(process)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):  # nobody wants to know any more
            os.write(ending, str(os.waitstatus_to_exitcode(status)).encode())
        _close([process, ending])


def _be_camera(streams: list[int]) -> NoReturn:
    """Go on as the process of a camera with these streams; nothing of the server's is kept but its memory."""
    code = 1
    try:
        for number, passed in enumerate(streams):
            os.dup2(passed, number)
        os.closerange(_FIRST_UNNAMED, os.sysconf("SC_OPEN_MAX"))
        gc.enable()
        import numpy as np  # noqa: PLC0415 - it is there already

        np.random.seed()  # functions that make scenes may draw from it
        from tiscam_emu.net import worker  # noqa: PLC0415 - it is there already

        code = worker.main(time.monotonic())
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # told as the interpreter tells it
        traceback.print_exc()
    finally:
        os._exit(code)


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def main() -> int:
    """Prepare, then serve the socket: see above for the arguments."""
    model, scene, descriptor = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as cameras do, and they are to inherit it
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # too old or not allowed: cameras are started one by one
        return 1
    gc.disable()  # no collection leaves holes in pages that are to be shared
    from tiscam_emu.net.preparation import prepare  # noqa: PLC0415 - not before the signal is ignored

    try:
        prepare(model, scene)
    except Exception:  # every camera will meet the same, and tell
        return 1
    gc.freeze()
    with socket.socket(fileno=int(descriptor)) as sock, contextlib.suppress(ConnectionError):
        _Server(sock).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
