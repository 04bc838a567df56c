"""A network namespace for each worker of pytest-xdist: cameras of two workers may have the same address."""

from __future__ import annotations

import ctypes
import os
import subprocess

_CLONE_NEWNET = 0x4000_0000  # linux/sched.h


def enter() -> None:
    """Leave for a network namespace that holds nothing but ``lo``, with all that is started from now on.

    Raises
    ------
    OSError
        The system does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"no network namespace for a worker: {os.strerror(number)}")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
