"""Plays one trial: a camera in this process, somebody on its cable, and the client's command beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.camera.core import Camera
from tiscam_emu.errors import InvalidOption, UnknownFeature
from tiscam_emu.net.cable import Target
from tiscam_emu.net.faulty_link import Carried
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.ports import Wire
from tiscam_emu.net.runner import CameraRunner, serve_in_thread
from tiscam_emu.score.meddler import Meddler
from tiscam_emu.score.record import Datagram, Record, stream_packet
from tiscam_emu.units import Nanoseconds

STAMPS = "TISCAM_EMU_STAMPS"
"""Names the file to which a client may write the ids of the frames that it got whole, one in a line."""

_GRACE_S = 2.0
_POLL_S = 0.05
_READY_S = 3.0


class Stage:
    """State: a camera with a client; what a trial does to it is done here."""

    def __init__(self, options: ServeOptions, meddler: Meddler) -> None:
        self.record = Record()
        self.meddler = meddler
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self.over = threading.Event()
        self.guest: Any = None
        self.runner: CameraRunner = serve_in_thread(options, None, self._ended.set)
        self.runner.interpose(self._arriving, self._leaving, self._streaming)
        self.record.files = self.runner.call(
            lambda camera, _now: [(f.address, len(f.content)) for f in camera.registers.files()]
        )
        self.runner.pipeline.flush(_READY_S)

    def now(self) -> Nanoseconds:
        """The present, in device time."""
        return self.runner.clock.now()

    def mark(self, what: str) -> None:
        """Note when something is done."""
        self.record.marks[what] = self.now()

    def set(self, features: Mapping[str, Plain]) -> None:
        """Set features past the client, of those that the camera has."""
        for name, value in features.items():
            with contextlib.suppress(UnknownFeature):
                self.runner.call(partial(_write, name, value))

    def wait_for(self, seen: Callable[[Record], Any], timeout_s: float = 60.0) -> bool:
        """Wait until something was seen; false if the trial ended before. `seen` may look at the record alone."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with self._guard:
                if seen(self.record):
                    return True
            if self.over.wait(_POLL_S):
                return False
        return False

    def sleep(self, seconds: float) -> bool:
        """Let time pass; false if the trial ended."""
        return not self.over.wait(seconds)

    def close(self) -> None:
        """End the camera."""
        self.over.set()
        self.runner.stop()
        self._ended.wait()

    def _arriving(self, datagrams: Sequence[Carried[Wire]], now: Nanoseconds) -> list[Carried[Wire]]:
        passed: list[Carried[Wire]] = []
        with self._guard:
            for datagram in datagrams:
                data = bytes(datagram.data)
                through = self.meddler.command(data, now)
                self.record.heard(Datagram(now, datagram.to[1], data, lost=not through))
                passed += [Carried(each, datagram.to) for each in through]
        return passed

    def _leaving(self, datagrams: Sequence[Carried[Wire]], now: Nanoseconds) -> list[Carried[Wire]]:
        passed: list[Carried[Wire]] = []
        with self._guard:
            for datagram in datagrams:
                data = bytes(datagram.data)
                through = self.meddler.answer(data, now)
                self.record.answers.append(Datagram(now, datagram.to[1], data, lost=not through))
                passed += [Carried(each, datagram.to) for each in through]
        return passed

    def _streaming(self, datagrams: Sequence[Carried[Target]], now: Nanoseconds) -> list[Carried[Target]]:
        passed: list[Carried[Target]] = []
        with self._guard:
            for datagram in datagrams:
                packet = self.meddler.shown(stream_packet(datagram.data))
                through = self.meddler.packet(packet, now)
                self.record.saw(packet, now, arrived=any(each is packet.data for each in through))
                for each in through:
                    if each is not packet.data:
                        self.record.saw(stream_packet(each), now, arrived=True)
                    passed.append(Carried(each, datagram.to))
        return passed


@contextmanager
def _client(command: Sequence[str], address: str, stamps: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [word.replace("{address}", address) for word in command]
    try:
        process = subprocess.Popen(  # noqa: S603 - it is what the user asks for
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, STAMPS: str(stamps)},
            start_new_session=True,
        )
    except OSError as error:
        raise InvalidOption(f"{words[0]}: cannot be run: {error.strerror}") from None
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started; ask first."""
    family = [process.pid, *_descendants(process.pid)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in family:
            with contextlib.suppress(OSError):
                os.killpg(pid, number) if pid == process.pid else os.kill(pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            if number is signal.SIGTERM and not any(_alive(pid) for pid in family):
                return


def _write(name: str, value: Plain, camera: Camera, now: Nanoseconds) -> None:
    camera.by_name(now).write(name, value)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _descendants(pid: int) -> list[int]:
    """All processes below one, where the system tells."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found, front = [], [pid]
    while front:
        below = parents.get(front.pop(), [])
        found += below
        front += below
    return found


def play(
    options: ServeOptions,
    command: Sequence[str],
    *,
    meddler: Meddler,
    before: Callable[[Stage], None] | None,
    during: Callable[[Stage], None] | None,
    features: Mapping[str, Plain],
    seconds: float,
) -> Record:
    """Play one trial, and give back what was seen.

    Raises
    ------
    UserError
        The camera or the command cannot be started.
    """
    stage = Stage(options, meddler)
    record = stage.record
    actor = threading.Thread(target=during, args=(stage,), daemon=True) if during else None
    try:
        stage.set(features)
        if before:
            before(stage)
        record.began_ns = stage.now()
        with tempfile.TemporaryDirectory(prefix="tiscam-emu-score-") as folder:
            stamps = Path(folder, "stamps")
            with _client(command, stage.runner.address, stamps) as process:
                if actor:
                    actor.start()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    record.exit_code = process.wait(seconds)
                record.ended_ns = stage.now()
                stage.over.set()
            record.stamps = _stamps(stamps)
    finally:
        stage.close()
    if actor and actor.ident:
        actor.join(_GRACE_S)
    return record


def _stamps(file: Path) -> tuple[int, ...] | None:
    """Frame ids that the client says it got whole; None if it says nothing."""
    try:
        return tuple(int(line) for line in file.read_text().split())
    except (OSError, ValueError):
        return None
