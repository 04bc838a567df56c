"""Programs in C, compiled when they are needed: a receiver that keeps up, and a sender that does nothing but send."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_HERE = Path(__file__).parent


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tiscam-emu-benchmark-")


@cache
def program(name: str) -> str:
    """Path of the program that is made of ``name.c``."""
    made = Path(_folder().name, name)
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise SystemExit("benchmark: needs gcc")
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", made, _HERE / f"{name}.c"], check=True)
    return str(made)


class Sink:
    """State: a receiver that runs while a `with` statement does; afterwards `figures` tells what came.

    Attributes
    ----------
    figures
        ``frames``, ``broken_frames``, ``bytes`` of payload and ``seconds``, all after the warm-up.
    """

    def __init__(self, warm_up_s: float = 1.0) -> None:
        self._command = [program("sink"), str(warm_up_s)]
        self.figures: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told, _ = self._process.communicate()
        self.figures = json.loads(told)

    def mb_per_s(self) -> float:
        """Payload of whole frames, a second."""
        return self.figures["bytes"] / 1e6 / self.figures["seconds"] if self.figures["frames"] else 0.0


def bare_sender(
    packet_size: int, payload_bytes: int, fps: float, seconds: float, link_bytes_per_s: float, *, offload: bool = False
) -> dict[str, Any]:
    """Processor seconds per gigabyte of a sender of ready-made frames, in bursts at a link's pace, to a `Sink`."""
    with Sink() as sink:
        words = [sink.port, packet_size, payload_bytes, fps, seconds, link_bytes_per_s, int(offload)]
        command = [program("bare_sender"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    used = json.loads(done.stdout)
    return {"cpu_s_per_gb": used["cpu_s"] / used["bytes"] * 1e9, **sink.figures}
