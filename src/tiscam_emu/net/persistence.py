"""What a camera keeps across restarts: one JSON file per camera in the state folder, replaced as a whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import RegisterError

_VERSION = 1
KeptValue = int | float | str


class KeptValues:
    """State: the file behind a camera's persistent features.

    Parameters
    ----------
    report
        Called with a sentence when the file cannot be read or written; the camera goes on without it.
    """

    def __init__(self, folder: Path, state: CameraState, report: Callable[[str], None]) -> None:
        self._path = folder / f"{state.model.key}-{state.serial}.json"
        self._state = state
        self._report = report
        self._names = [name for name, feature in state.features.items() if feature.declaration.persistent]
        self._saved: dict[str, KeptValue] = {}
        self._generation = -1

    def restore(self) -> None:
        """Give the camera the values kept by an earlier run; a damaged file is reported and left out."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            values = self._read() if self._path.exists() else {}
        except (OSError, ValueError, RegisterError) as error:
            self._report(f"{self._path}: cannot be used, starting from the factory settings: {error}")
            values = {}
        for name, value in values.items():
            if name in self._names:
                self._state.put(name, value)
        self._saved = self._current()

    def save_changes(self) -> None:
        """Write the file if a kept value has changed since it was written."""
        if self._state.generation == self._generation:
            return
        self._generation = self._state.generation
        current = self._current()
        if current == self._saved:
            return
        self._saved = current
        try:
            self._write(current)
        except OSError as error:
            self._report(f"{self._path}: cannot be written: {error.strerror}")

    def _current(self) -> dict[str, KeptValue]:
        return {name: self._state.stored(name) for name in self._names}

    def _read(self) -> dict[str, KeptValue]:
        content = json.loads(self._path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("version") != _VERSION:
            raise ValueError("not a state file of this version")
        values = content.get("values")
        if not isinstance(values, dict):
            raise ValueError("holds no values")
        for name, value in values.items():
            if name in self._names:
                self._state.check(name, value)
        return values

    def _write(self, values: Mapping[str, KeptValue]) -> None:
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"version": _VERSION, "values": values}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
