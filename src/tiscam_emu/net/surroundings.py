"""What a process gets from the thread that starts it, so that another start can be told to be like it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid_for_children", "time_for_children", "user", "uts")
_FOLDERS = ("cwd", "root")
_FILES = ("cgroup", "limits")
_STATUS = frozenset(
    {
        "CapAmb",
        "CapBnd",
        "CapEff",
        "CapInh",
        "CapPrm",
        "Cpus_allowed",
        "Gid",
        "Groups",
        "Mems_allowed",
        "NoNewPrivs",
        "Seccomp",
        "SigBlk",
        "SigIgn",
        "Uid",
        "Umask",
    }
)
_CHANGES_ANYWAY = frozenset({"PYTEST_CURRENT_TEST"})
"""Variables of the environment that pytest sets anew for every test, and no camera reads."""

Surroundings = dict[str, object]


def surroundings() -> Surroundings | None:
    """All that a process started by this thread would inherit: namespaces, folders, environment, limits, rights.

    Returns
    -------
    Surroundings or None
        To be compared; None where the system does not tell, which is everywhere but on Linux.
    """
    if sys.platform != "linux":
        return None
    this = Path("/proc/thread-self")
    try:
        return {
            **{name: _identity(this / "ns" / name) for name in _NAMESPACES},
            **{name: ((this / name).readlink(), _identity(this / name)) for name in _FOLDERS},
            **{f"{name} file": (this / name).read_bytes() for name in _FILES},
            "status": [line for line in (this / "status").read_text().splitlines() if line.split(":")[0] in _STATUS],
            "environment": {name: value for name, value in os.environ.items() if name not in _CHANGES_ANYWAY},
            "group": (os.getpgrp(), os.getsid(0)),
            "scheduling": (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)),
            "program": sys.executable,
        }
    except OSError:
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file this is; None for a kind of namespace that this kernel has not."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
