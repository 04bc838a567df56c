"""The command ``tiscam-emu`` as a user starts it, and the client programs it is tried with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = ("33GP1300", "38UX267", "39GX265-Z20", "38GX541-a", "38UX253")
COMMAND = str(Path(sys.executable).with_name("tiscam-emu"))
GI_PYTHON = os.environ.get("TISCAM_EMU_GI_PYTHON", "/usr/bin/python3")
CLIENTS = Path(__file__).with_name("clients")
PATIENCE_S = 60.0
"""How long a busy computer may take for what an idle one does at once; only a failure waits so long."""
PROGRAM_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What a ready line tells."""

    model: str
    serial: str
    address: str

    @classmethod
    def parse(cls, line: str) -> Ready:
        """From ``ready MODEL SERIAL ADDRESS``; the model may hold spaces."""
        word, *model, serial, address = line.split()
        assert word == "ready", line
        return cls(" ".join(model), serial, address)

    @property
    def key(self) -> str:
        """The model without DFK or DMK."""
        return self.model.split()[1]

    @property
    def aravis_id(self) -> str:
        """As Aravis names the camera."""
        return f"The Imaging Source Europe GmbH-{self.model}-{self.serial}"


class Emulator:
    """State: one running command and the lines it has printed; `within` runs it, in another namespace for instance.

    Where the tests are to have twins (see `twins`), it serves those in the models' place, unless `twins` is false.
    """

    def __init__(self, *arguments: str, cameras: int = 1, within: Sequence[str] = (), twins: bool = True) -> None:
        if twins:
            from tests.interop.twins import in_place_of

            arguments = tuple(in_place_of(argument) for argument in arguments)
        self.process = subprocess.Popen(
            [*within, COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.ready = [self._next_ready() for _ in range(cameras)]

    def _next_ready(self) -> Ready:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"no ready line; exit {self.process.wait()}: {self.errors()}")
        return Ready.parse(line)

    def errors(self) -> str:
        """What came on stderr; waits for its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def children(self) -> list[int]:
        """Processes the command has started, from whichever thread, and those that they have forked."""
        return list(_below(self.process.pid))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal once and wait for the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """End it whatever its state, and give its pipes back."""
        self.end()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


def _below(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            yield int(child)
            yield from _below(int(child))


@contextmanager
def emulator(*arguments: str, cameras: int = 1) -> Iterator[Emulator]:
    """A command that has said of every camera that it is ready."""
    running = Emulator(*arguments, cameras=cameras)
    try:
        yield running
    finally:
        running.close()


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with options it ends on by itself."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def aravis(script: str, timeout_s: float = PROGRAM_PATIENCE_S, **job: Any) -> dict[str, Any]:
    """Run a script of ``clients/`` and return the JSON it prints; an error of Aravis fails the test."""
    answer = aravis_answer(script, timeout_s, **job)
    assert "error" not in answer, answer["error"]
    return answer


def aravis_answer(script: str, timeout_s: float = PROGRAM_PATIENCE_S, **job: Any) -> dict[str, Any]:
    """As `aravis`, but an error of Aravis is handed back under ``error``."""
    done = subprocess.run(
        [GI_PYTHON, str(CLIENTS / f"{script}.py"), json.dumps(job)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run(arguments: Sequence[str], timeout_s: float = PROGRAM_PATIENCE_S) -> str:
    """Standard output of a client program that must succeed."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr or done.stdout}"
    return done.stdout


def program(name: str) -> str | None:
    """Path of a client program: beside this interpreter, or on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> float:
    """Poll until the condition holds; return the seconds that took."""
    begin = time.monotonic()
    while not condition():
        waited = time.monotonic() - begin
        assert waited < timeout_s, f"{what}: not within {timeout_s:g} s"
        time.sleep(0.01)
    return time.monotonic() - begin
