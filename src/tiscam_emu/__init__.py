"""Software cameras for machine vision: The Imaging Source models, served over GigE Vision.

>>> import tiscam_emu
>>> with tiscam_emu.serve("39GX265-Z20") as camera:  # doctest: +SKIP
...     print(camera.address, camera.status().frames)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiscam_emu.api import list_models, serve
    from tiscam_emu.benches.bench import Bench
    from tiscam_emu.benches.start import bench
    from tiscam_emu.errors import (
        AddressInUse,
        CameraFailed,
        InvalidOption,
        NoFrame,
        RegisterError,
        SceneError,
        SpecError,
        TiscamEmuError,
        UnknownCamera,
        UnknownFeature,
        UnknownModel,
        UserError,
    )
    from tiscam_emu.frame import Frame
    from tiscam_emu.handle import Camera
    from tiscam_emu.net.clock import ManualClock
    from tiscam_emu.net.status import CameraStatus
    from tiscam_emu.remote import connect
    from tiscam_emu.wire.stamp import read_stamp

__version__ = "0.1.0"

__all__ = [
    "AddressInUse",
    "Bench",
    "Camera",
    "CameraFailed",
    "CameraStatus",
    "Frame",
    "InvalidOption",
    "ManualClock",
    "NoFrame",
    "RegisterError",
    "SceneError",
    "SpecError",
    "TiscamEmuError",
    "UnknownCamera",
    "UnknownFeature",
    "UnknownModel",
    "UserError",
    "__version__",
    "bench",
    "connect",
    "list_models",
    "read_stamp",
    "serve",
]

_ELSEWHERE = {
    "ManualClock": "net.clock",
    "CameraStatus": "net.status",
    "Bench": "benches.bench",
    "Camera": "handle",
    "bench": "benches.start",
    "connect": "remote",
    "Frame": "frame",
    "list_models": "api",
    "serve": "api",
    "read_stamp": "wire.stamp",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for and nothing else: a camera's process and the command line must start fast."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)
