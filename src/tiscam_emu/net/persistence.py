"""What a camera keeps across restarts: one JSON file per camera in the state folder, replaced as a whole.

Two things are kept: features that outlive a power cycle, and the user sets; both as feature names and values. User sets
of a camera that is served by its own description are contents of its registers. Nothing in the file can keep a camera
from starting: what cannot be used is reported and left out.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiscam_emu.camera.control import user_sets
from tiscam_emu.camera.faces import Face
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.camera.state import CameraState, UserSet
from tiscam_emu.errors import RegisterError
from tiscam_emu.features.kinds import String
from tiscam_emu.units import NS_PER_S, Nanoseconds

RETRY_NS = 5 * NS_PER_S
"""How long after an attempt to write failed there is the next one."""
_VERSION = 1
_FACE = "registers"
_INFINITE = {"inf": math.inf, "-inf": -math.inf}  # JSON has no such numbers
KeptValue = int | float | str


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is in the file."""

    values: Mapping[str, KeptValue] = field(default_factory=dict)
    user_sets: Mapping[str, UserSet] = field(default_factory=dict)
    face: Mapping[str, Any] = field(default_factory=dict)


class KeptValues:
    """State: the file behind a camera's persistent features and user sets.

    Parameters
    ----------
    report
        Called with a sentence when something in the file cannot be used, or it cannot be read or written; the camera
        goes on without it. Attempts that fail one after another are one sentence, and the one that succeeds is another.
    """

    def __init__(
        self, folder: Path, state: CameraState, report: Callable[[str], None], face: Face | None = None
    ) -> None:
        self._path = folder / f"{state.model.key}-{state.serial}.json"
        self._state = state
        self._report = report
        self._face = face
        self._names = [name for name, feature in state.features.items() if feature.declaration.persistent]
        self._tried = _Kept()
        self._generation = -1
        self._retry_ns: Nanoseconds | None = None

    def restore(self) -> None:
        """Give the camera what an earlier run kept, and the settings it starts with (manual 5.13.4)."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            content = self._content() if self._path.exists() else {}
        except (OSError, ValueError, RecursionError) as error:
            self._report(f"{self._path}: cannot be used, starting from the factory settings: {error}")
            content = {}
        state = self._state
        for name, value in self._values(content):
            state.write(name, value)
        state.user_sets.update(self._user_sets(content))
        user_sets.apply_default(state)
        if self._face is not None and _FACE in content:
            try:
                self._face.put_back(content[_FACE])
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                self._report(f"{self._path}: {_FACE}: left out: {error}")
        state.notices.notify(SettingsReplaced())
        self._tried = self._current()

    def next_wakeup(self) -> Nanoseconds | None:
        """When `save_changes` has to be called next; None if all is written."""
        return self._retry_ns

    def save_changes(self, now: Nanoseconds) -> None:
        """Write the file if something kept has changed since, or if it is time to try again."""
        due = self._retry_ns is not None and now >= self._retry_ns
        if self._state.generation == self._generation and not due:
            return
        self._generation = self._state.generation
        current = self._current()
        if current != self._tried or due:
            self._save(current, now)

    def save_before_end(self, now: Nanoseconds) -> None:
        """As `save_changes`, but try again whether or not it is time."""
        if self._retry_ns is not None:
            self._retry_ns = now
        self.save_changes(now)
        if self._retry_ns is not None:
            self._report(f"{self._path}: could not be written, the last changes are lost")

    def _save(self, kept: _Kept, now: Nanoseconds) -> None:
        self._tried = kept
        try:
            self._write(kept)
        except OSError as error:
            if self._retry_ns is None:
                self._report(f"{self._path}: cannot be written: {error.strerror}")
            self._retry_ns = now + RETRY_NS
        else:
            if self._retry_ns is not None:
                self._report(f"{self._path}: could be written now, nothing is lost")
            self._retry_ns = None

    def _current(self) -> _Kept:
        face = self._face.kept() if self._face is not None else {}
        return _Kept({name: self._state.stored(name) for name in self._names}, dict(self._state.user_sets), face)

    def _content(self) -> dict[str, Any]:
        content = json.loads(self._path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("version") != _VERSION:
            raise ValueError("not a state file of this version")
        return content

    def _values(self, content: Mapping[str, Any]) -> Iterator[tuple[str, KeptValue]]:
        for name, value in self._section(content, "values"):
            try:
                if name not in self._names:
                    raise ValueError("the camera does not keep this")
                self._state.check(name, value)
                limits = self._state.features[name].limits
                if limits is not None and not limits.holds(value):  # what clients are forgiven is damage here
                    raise ValueError(f"{value} is not in {limits.low} to {limits.high}")
            except (RegisterError, ValueError, TypeError) as error:
                self._report(f"{self._path}: values: {name}: left out: {error}")
            else:
                yield name, value

    def _user_sets(self, content: Mapping[str, Any]) -> Iterator[tuple[str, UserSet]]:
        for name, settings in self._section(content, "user_sets"):
            try:
                if name not in user_sets.SLOTS or not isinstance(settings, dict):
                    raise ValueError("not a user set")
                user_set = user_sets.checked(self._state, dict(self._settings(settings)))
            except (RegisterError, ValueError, TypeError) as error:
                self._report(f"{self._path}: {name}: left out, it holds the factory settings: {error}")
            else:
                yield name, user_set

    def _settings(self, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, values in settings.items():
            feature = self._state.features.get(name)
            text = feature is not None and isinstance(feature.declaration, String)
            yield name, values if text else _from_json(values)

    def _section(self, content: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
        section = content.get(name, {})
        if isinstance(section, dict):
            yield from section.items()
        else:
            self._report(f"{self._path}: {name}: left out: not a table of names and values")

    def _write(self, kept: _Kept) -> None:
        content: dict[str, Any] = {
            "version": _VERSION,
            "values": dict(kept.values),
            "user_sets": {name: _to_json(user_set) for name, user_set in kept.user_sets.items()},
        }
        if kept.face:
            content[_FACE] = kept.face
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, allow_nan=False)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def _to_json(user_set: UserSet) -> dict[str, list[Any]]:
    """Numbers as they are, infinite ones by name."""
    return {
        name: [str(value) if isinstance(value, float) and math.isinf(value) else value for value in values]
        for name, values in user_set.items()
    }


def _from_json(values: Any) -> Any:
    return [_INFINITE.get(v, v) if isinstance(v, str) else v for v in values] if isinstance(values, list) else values
