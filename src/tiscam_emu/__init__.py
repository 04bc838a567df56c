"""Software cameras for machine vision: The Imaging Source models, served over GigE Vision.

>>> import tiscam_emu
>>> with tiscam_emu.serve("39GX265-Z20") as camera:  # doctest: +SKIP
...     print(camera.address, camera.status().frames)
"""

from __future__ import annotations

from tiscam_emu.api import Camera, list_models, serve
from tiscam_emu.errors import (
    AddressInUse,
    CameraFailed,
    InvalidOption,
    SceneError,
    SpecError,
    TiscamEmuError,
    UnknownModel,
    UserError,
)
from tiscam_emu.net.clock import ManualClock
from tiscam_emu.net.status import CameraStatus

__version__ = "0.1.0"

__all__ = [
    "AddressInUse",
    "Camera",
    "CameraFailed",
    "CameraStatus",
    "InvalidOption",
    "ManualClock",
    "SceneError",
    "SpecError",
    "TiscamEmuError",
    "UnknownModel",
    "UserError",
    "__version__",
    "list_models",
    "serve",
]
