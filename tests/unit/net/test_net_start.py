from __future__ import annotations

import subprocess
import sys


def test_the_command_is_up_without_loading_numpy_which_only_the_cameras_need() -> None:
    source = "import sys, tiscam_emu.cli; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
