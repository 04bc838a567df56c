"""What the Aravis scripts share: run by the interpreter that has PyGObject, one JSON job in, one JSON line out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

PATIENCE_US = 30_000_000
"""For a frame: a sensor of 20 megapixels that has just been switched on takes a busy computer ten seconds."""


def run(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Do `work` with the job of the command line and end at once, without Aravis' own tear-down."""
    try:
        answer = work(json.loads(sys.argv[1]))
    except GLib.Error as error:
        answer = {"error": error.message}
    print(json.dumps(answer), flush=True)  # noqa: T201
    os._exit(0)


def open_camera(name: str) -> Any:
    """The camera with this id, serial or address."""
    return Aravis.Camera.new(name)


def configure(camera: Any, job: dict[str, Any]) -> None:
    """Set what the job names, in its order: `set_if_there` where the camera has the feature, then `set`."""
    device = camera.get_device()
    for name, value in job.get("set_if_there", []):
        if device.get_feature(name) is not None:
            _set(device, name, value)
    for name, value in job.get("set", []):
        _set(device, name, value)


def _set(device: Any, name: str, value: Any) -> None:
    """Write from text; ``max`` is the largest value there is now."""
    if value == "max":
        isinteger = isinstance(device.get_feature(name), Aravis.GcInteger)
        bounds = device.get_integer_feature_bounds if isinteger else device.get_float_feature_bounds
        value = bounds(name)[1]
    device.set_features_from_string(f"{name}={value}")
