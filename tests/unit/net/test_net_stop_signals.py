from __future__ import annotations

import signal
import subprocess
import sys

import pytest

LIMIT_S = 10.0
WHILE_THE_LOCK_IS_HELD = """
import signal
from tiscam_emu.net.stop_signals import stop_signals
stop = stop_signals()
with stop._cond:
    signal.raise_signal(signal.{name})
assert stop.wait({limit})
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
def test_a_signal_ends_a_program_that_just_looks_whether_there_was_one(name: str) -> None:
    assert hasattr(signal, name)
    source = WHILE_THE_LOCK_IS_HELD.format(name=name, limit=LIMIT_S)
    assert subprocess.run([sys.executable, "-c", source], check=False, timeout=LIMIT_S).returncode == 0
