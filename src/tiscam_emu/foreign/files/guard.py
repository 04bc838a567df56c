"""A description that others wrote is first loaded in a process of its own, with limits of time and memory.

What GenApi does not survive, or does not end, happens there and not in the camera. The process can open no file.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.files.source import Description

TIME_LIMIT_S = 20
MEMORY_LIMIT_BYTES = 2 << 30

_PROBE = Path(__file__).with_name("probe.py")
_MAX_ANSWER = 1000
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def check(description: Description, *, time_limit_s: int = TIME_LIMIT_S) -> None:
    """Load the description where it can do no harm, and look at each of its nodes.

    Raises
    ------
    SpecError
        One line: GenApi is not installed, does not take the description, or does not come to an end with it.
    """
    package_folder = genapi_folder(description.shown)
    answer = _answer(description, package_folder, time_limit_s)
    if answer == "ok":
        return
    shown = description.shown
    if answer == "time":
        raise SpecError(f"{shown}: loading it takes more than {time_limit_s} s")
    if answer == "memory":
        raise SpecError(f"{shown}: loading it takes more than {MEMORY_LIMIT_BYTES >> 30} GB of memory")
    raise SpecError(f"{shown}: {' '.join(answer.split())}")


def genapi_folder(shown: str) -> str:
    """Where the package `genicam` is.

    Raises
    ------
    SpecError
        It is not installed; names `shown`.
    """
    found = importlib.util.find_spec("genicam")
    if found is None or not found.submodule_search_locations:
        raise SpecError(
            f"{shown}: a camera's own description needs the extra tiscam-emu[foreign]: "
            "pip install 'tiscam-emu[foreign]'"
        )
    return str(Path(next(iter(found.submodule_search_locations))).parent)


def _answer(description: Description, package_folder: str, time_limit_s: int) -> str:
    text = description.text.encode()
    blocks = description.image.blocks if description.image else {}
    message = b"".join(
        [
            struct.pack(">Q", len(text)),
            text,
            *(struct.pack(">QI", address, len(data)) + data for address, data in blocks.items()),
        ]
    )
    # Isolated, without site-packages and what they run at start: the probe is told where GenApi is.
    command = [sys.executable, "-I", "-S", "-B", str(_PROBE)]
    arguments = [package_folder, str(MEMORY_LIMIT_BYTES), str(time_limit_s)]
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - this very interpreter and a file of ours
            [*command, *arguments],
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=time_limit_s,
            env=environment,
            cwd=_PROBE.parent,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "time"
    if done.returncode == 0:
        return done.stdout[:_MAX_ANSWER].decode(errors="replace")
    if sys.platform != "win32" and done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        return "time"
    return "GenApi ends with a crash on it"
