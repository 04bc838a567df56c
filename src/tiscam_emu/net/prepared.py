"""The caller's side of the process that cameras are forked from: see `net.forking`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping

from tiscam_emu.net.forking import READY, REFUSED
from tiscam_emu.net.surroundings import Surroundings

_PREPARING_S = 10.0
_FORKING_S = 5.0
_ENDING_S = 1.0
_STDERR = 2
_CODE_BYTES = 16
_UNKNOWN_CODE = 255
"""Told for a camera that ended after the process it was forked from did."""


class ForkedProcess:
    """State: a process that is another one's child; used as a `subprocess.Popen` is."""

    def __init__(self, pid: int, process: int, ending: int, stdin: int, stdout: int) -> None:
        self.pid = pid
        self.stdin = open(stdin, "w", encoding="utf-8")  # noqa: SIM115 - closed by whoever started the process
        self.stdout = open(stdout, encoding="utf-8")  # noqa: SIM115 - as above
        self._owner = os.getpid()
        self._process = process
        self._ending = ending
        self._lock = threading.Lock()
        self._code: int | None = None

    def __del__(self) -> None:
        for descriptor in (self._process, self._ending):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with self._lock:
            if self._code is None and self._has_ended(0.0):
                self._code = int(os.read(self._ending, _CODE_BYTES) or _UNKNOWN_CODE)
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once the process has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            It has not.
        """
        self._has_ended(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("camera", timeout or 0.0)
        return code

    def kill(self) -> None:
        """End it at once."""
        if os.getpid() == self._owner and sys.platform == "linux":
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        waiting = select.poll()
        waiting.register(self._process, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else timeout * 1000))


class PreparedServer:
    """State: the process that cameras are forked from, and what it was started with.

    Parameters
    ----------
    environment
        Of the process, before anything is imported.
    model, scene
        Of cameras that are likely to be asked for.
    """

    def __init__(self, around: Surroundings, environment: Mapping[str, str], model: str, scene: str) -> None:
        self.around = around
        self._ready = False
        self._sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                [sys.executable, "-m", "tiscam_emu.net.forking", model, scene, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment,
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def fork(self) -> ForkedProcess | None:
        """A new process of a camera; None if it cannot be had.

        Raises
        ------
        OSError
            The server does not answer, or is no more.
        """
        if not self._ready:
            self._sock.settimeout(_PREPARING_S)
            self._ready = self._sock.recv(len(READY)) == READY
            self._sock.settimeout(_FORKING_S)
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            commands, stdin = _pipe(theirs, ours)
            stdout, events = _pipe(ours, theirs)
            ending, end = _pipe(ours, theirs)
            socket.send_fds(self._sock, [b"\0"], [commands, events, _STDERR, end])
            answer, passed, _, _ = socket.recv_fds(self._sock, _CODE_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
            if not answer:
                raise ConnectionError("the process that cameras are forked from has ended")
            if answer == REFUSED or not passed:
                return None
            ours.pop_all()
            return ForkedProcess(int(answer), passed[0], ending, stdin, stdout)

    def end(self) -> None:
        """Let it end; the cameras go on."""
        self._sock.close()
        if not self._ready:  # it has forked none, and nobody waits for what it prepares
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_S)

    def leave_to_parent(self) -> None:
        """After a fork of this process: the other one asks, and waits for the end."""
        self._sock.close()
        self._process.returncode = 0


def _pipe(reading: contextlib.ExitStack, writing: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe, each end of which is closed with its stack."""
    ends = os.pipe()
    for stack, end in zip((reading, writing), ends, strict=True):
        stack.callback(os.close, end)
    return ends
