"""Twins in the models' place: where the environment names a folder, the tests' cameras are served from clones.

Each model is cloned over the wire once, by the command that users have, into that folder.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.interop import emulator as emu

VARIABLE = "TISCAM_EMU_INTEROP_TWINS"
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_CLONED_AT = f"127.0.{_WORKER + 1}.171"


def in_place_of(model: str) -> str:
    """The folder of the model's clone, where the tests are to have it; else the model itself."""
    folder = os.environ.get(VARIABLE)
    if not folder or model not in emu.MODELS:
        return model
    twin = Path(folder, model)
    if not twin.exists():
        original = emu.Emulator("--model", model, "--address", _CLONED_AT, twins=False)
        try:
            clone(original.ready[0].address, twin)
        finally:
            original.close()
    return str(twin)


def clone(address: str, folder: Path) -> None:
    """Save the camera at an address, as a user does."""
    done = subprocess.run(
        [emu.COMMAND, "clone", address, str(folder)],
        capture_output=True,
        text=True,
        timeout=emu.PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
