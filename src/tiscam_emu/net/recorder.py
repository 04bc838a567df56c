"""A recording of what a camera sends and hears: taken beside the sockets, written by a process of its own.

Whoever sends only copies; a thread hands the copies on to the process. What comes while too much waits is not kept,
and counted: the stream never waits for a disk.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tiscam_emu.errors import UserError
from tiscam_emu.gvsp.packets import Packet, Run
from tiscam_emu.net.sockets import StreamSocket
from tiscam_emu.recordings.handover import Flow, packed

WAITING_BYTES = 64 * 1024 * 1024
"""As much may wait to be written."""

_HANDED_OVER_EVERY_S = 0.02
_END_PATIENCE_S = 0.4


@dataclass(slots=True)
class RecordingCounters:
    """Datagrams handed over to be written, and those that were not kept."""

    kept: int = 0
    not_kept: int = 0


class Recorder:
    """State: what waits to be written, and the process that writes.

    Parameters
    ----------
    path
        Of the pcapng file, which is written anew.
    limit_bytes
        Of the file and the one before together; 0: no limit.
    report
        Told once if writing fails, and once if something could not be kept.

    Raises
    ------
    UserError
        From `wait_open`: the file cannot be written.
    """

    def __init__(self, path: Path, limit_bytes: int, report: Callable[[str], None]) -> None:
        self._path = path
        self._report = report
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, int, bytes]] = []
        self._waiting_bytes = 0
        self._counters = RecordingCounters()
        self._ending = threading.Event()
        self._failed = self._told_of_losses = False
        command = [sys.executable, "-m", "tiscam_emu.recordings.writer", str(path), str(limit_bytes)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ours
        self._thread = threading.Thread(target=self._run, name="tiscam-emu recorder", daemon=True)
        self._thread.start()

    def wait_open(self) -> None:
        """Wait until the file has been opened; what comes before waits for it, too."""
        assert self._process.stdout is not None
        with self._process.stdout as answer:
            line = answer.readline().decode()
        if line != "\n":
            raise UserError(f"record {self._path}: {line.strip() or 'the program that writes it does not start'}")

    def take(self, flow: Flow, datagrams: Sequence[Packet], span_ns: int = 0) -> None:
        """Keep datagrams that leave or came now, or one after the other since so long.

        May be called from any thread, and their memory is free afterwards.
        """
        size = sum(map(len, datagrams))
        with self._lock:
            if self._failed or self._waiting_bytes + size > WAITING_BYTES:
                self._counters.not_kept += len(datagrams)
                return
            self._waiting_bytes += size
        burst = packed(time.time_ns() - span_ns, span_ns, flow, datagrams)
        with self._lock:
            self._counters.kept += len(datagrams)
            self._waiting.append((size, len(datagrams), burst))

    def counters(self) -> RecordingCounters:
        """A copy."""
        with self._lock:
            return RecordingCounters(self._counters.kept, self._counters.not_kept)

    def close(self) -> None:
        """Have the rest written and end; what takes long is written after this returns. Closing twice does no harm."""
        self._ending.set()
        with contextlib.suppress(OSError, AttributeError):  # it has ended, or this system tells no idle programs apart
            os.sched_setscheduler(self._process.pid, os.SCHED_OTHER, os.sched_param(0))
        self._thread.join(_END_PATIENCE_S)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_PATIENCE_S)

    def _run(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            while not self._ending.wait(_HANDED_OVER_EVERY_S) or self._waiting:
                self._hand_over(pipe)
            pipe.close()
        except OSError:
            with contextlib.suppress(OSError):  # what is left in it cannot be written either
                pipe.close()
            self._report(f"the recording {self._path} cannot be written any more; the camera goes on without it")

    def _hand_over(self, pipe: IO[bytes]) -> None:
        with self._lock:
            bursts, self._waiting = self._waiting, []
            lost = self._counters.not_kept
        if lost and not self._told_of_losses:
            self._told_of_losses = True
            self._report(f"the recording {self._path} lacks packets: they come faster than they can be written")
        try:
            for _, _, burst in bursts:
                pipe.write(burst)
            pipe.flush()
        except OSError:
            with self._lock:
                self._failed = True
                lost = sum(count for _, count, _ in (*bursts, *self._waiting))
                self._counters.kept -= lost
                self._counters.not_kept += lost
            raise
        with self._lock:
            self._waiting_bytes -= sum(size for size, _, _ in bursts)


class RecordingSink:
    """State: where the stream goes; see `PacketSink`. All that is sent is handed to the recorder, too."""

    def __init__(self, sink: StreamSocket, recorder: Recorder, host: str) -> None:
        self._sink = sink
        self._recorder = recorder
        self._flow = Flow(host, sink.port, host, 0)

    @property
    def port(self) -> int:
        """See `StreamSocket.port`."""
        return self._sink.port

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        """See `PacketSink.target`."""
        self._flow = self._flow._replace(destination=host, destination_port=port)
        self._sink.target(host, port, do_not_fragment)

    def send(self, packets: Sequence[Packet]) -> None:
        """See `PacketSink.send`."""
        self._sink.send(packets)
        self._recorder.take(self._flow, packets)

    def send_runs(self, runs: Sequence[Run]) -> None:
        """See `PacketSink.send_runs`."""
        self._sink.send_runs(runs)
        self._recorder.take(self._flow, [packet for run in runs for packet in run.packets()])

    def descriptor(self) -> int | None:
        """See `PacketSink.descriptor`."""
        return self._sink.descriptor()

    def left(self, packets: Iterable[Packet], span_ns: float) -> None:
        """See `PacketSink.left`."""
        self._recorder.take(self._flow, tuple(packets), round(span_ns))


class RecordedSocket(socket.socket):
    """State: a datagram socket, taken over from another object; all that comes and goes is handed to the recorder."""

    __slots__ = ("_own", "_recorder")

    def __init__(self, taken_over: socket.socket, recorder: Recorder) -> None:
        timeout = taken_over.gettimeout()
        super().__init__(fileno=taken_over.detach())
        self.settimeout(timeout)
        self._recorder = recorder
        self._own: tuple[str, int] = self.getsockname()

    def recvfrom(self, *arguments: Any) -> tuple[bytes, Any]:
        """As the socket's own."""
        data, source = super().recvfrom(*arguments)
        self._recorder.take(Flow(source[0], source[1], *self._own), (data,))
        return data, source

    def sendto(self, data: Any, address: Any) -> int:  # type: ignore[override]
        """As the socket's own."""
        self._recorder.take(Flow(*self._own, address[0], address[1]), (data,))
        return super().sendto(data, address)
