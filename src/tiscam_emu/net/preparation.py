"""What cameras have in common and need not each make for itself: modules, noise, descriptions of models.

Imported by the process that cameras are forked from, see `net.forking`. Whatever is made here is shared by all of them.
"""

from __future__ import annotations

import importlib
import importlib.util

_OPTIONAL = ("tiscam_emu.native",)


def prepare() -> None:
    """Import and make ahead what a camera needs between its start and its first frames."""
    importlib.import_module("tiscam_emu.net.runner")
    importlib.import_module("tiscam_emu.net.requests")
    importlib.import_module("tiscam_emu.net.worker")
    for name in _OPTIONAL:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    from tiscam_emu.sensor.fast.noise_pool import white_pool  # noqa: PLC0415 - numpy, only where cameras are

    white_pool()
