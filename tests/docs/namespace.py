"""Programs run in a network namespace of their own, which holds loopback alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

PATIENCE_S = 240.0
_OWN_BIN = str(Path(sys.executable).parent)


@cache
def _unshare() -> tuple[str, ...]:
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    command = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", *as_root)
    try:
        possible = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        possible = False
    if not possible:
        reason = "needs network namespaces: root or user namespaces"
        if os.environ.get("TISCAM_EMU_INTEROP") == "require":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return command


def run_alone(
    arguments: Sequence[str], cwd: Path, *, path: Sequence[str] = (), shell: str = "sh"
) -> subprocess.CompletedProcess[str]:
    """Run a program there; what it leaves behind is ended with it.

    Parameters
    ----------
    path
        Further folders for Python modules.
    """
    modules = os.pathsep.join([*path, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [*_unshare(), shell, "-c", 'ip link set lo up && "$@"', shell, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": modules, "PATH": os.pathsep.join([_OWN_BIN, os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
