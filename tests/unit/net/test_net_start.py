from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_the_command_is_up_without_loading_numpy_which_only_the_cameras_need() -> None:
    source = "import sys, tiscam_emu.cli; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_command_is_up_without_what_only_a_bench_over_http_needs() -> None:
    parts = ["starlette", "uvicorn", "asyncio", "http.client", "tiscam_emu.http", "tiscam_emu.remote", "tiscam_emu.api"]
    source = f"import sys, tiscam_emu.cli; print([part for part in {parts} if part in sys.modules])"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.skipif(not Path("/proc/self/timerslack_ns").exists(), reason="only Linux lengthens sleeps")
def test_the_threads_of_a_camera_sleep_no_longer_than_they_ask_for() -> None:
    source = (
        "import threading, pathlib; from tiscam_emu.net.worker import _sleep_exactly; _sleep_exactly();"
        "show = lambda: print(pathlib.Path(f'/proc/{threading.get_native_id()}/timerslack_ns').read_text(), end='');"
        "thread = threading.Thread(target=show); thread.start(); thread.join()"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
