"""The optional compiled core: kernels that do the same as numpy code elsewhere, to the byte, and the paced sender.

``TISCAM_EMU_NATIVE=off`` does without it, ``require`` insists on it; else it is used where it has been built.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

SWITCH = "TISCAM_EMU_NATIVE"


def _load() -> ModuleType | None:
    wanted = os.environ.get(SWITCH, "")
    if wanted not in {"", "off", "require"}:
        raise ImportError(f"{SWITCH}={wanted!r}: use off or require, or leave it unset")
    if wanted == "off":
        return None
    try:
        return importlib.import_module("tiscam_emu.native._core")
    except ImportError as error:
        if wanted == "require":
            raise ImportError(f"{SWITCH}=require, but there is no compiled core: {error}") from None
        return None


core: ModuleType | None = _load()
"""The compiled functions, or None."""

ENGINE = "native" if core is not None else "numpy"
"""What draws frames: told by ``--version`` and in the live status."""
