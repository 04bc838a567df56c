"""What can be said from outside of a camera that is to be started, checked before anything is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tiscam_emu.errors import InvalidOption, SceneError
from tiscam_emu.spec.catalog import find_key

_Kind = tuple[str, Callable[[Any], bool]]

_TEXT: _Kind = ("a text", lambda value: isinstance(value, str))
_SWITCH: _Kind = ("true or false", lambda value: isinstance(value, bool))
_WHOLE: _Kind = ("a whole number", lambda value: type(value) is int)
_NUMBER: _Kind = ("a number", lambda value: type(value) in {int, float})
_TEXTS: _Kind = (
    "a text or a list of texts",
    lambda value: isinstance(value, str) or (isinstance(value, list) and all(isinstance(text, str) for text in value)),
)

START_OPTIONS: Mapping[str, _Kind] = {
    "model": _TEXT,
    "name": _TEXT,
    "address": _TEXT,
    "serial": _TEXT,
    "user_name": _TEXT,
    "scene": _TEXT,
    "seed": _WHOLE,
    "noise": _TEXT,
    "light_k": _NUMBER,
    "max_packet_size": _WHOLE,
    "plain_xml": _SWITCH,
    "gso": _SWITCH,
    "full_speed": _SWITCH,
    "stamp": _SWITCH,
    "strict": _SWITCH,
    "multi_part": _SWITCH,
    "faults": _TEXTS,
}
"""Name of the camera on the bench, and options of `serve`: none that names a file of this computer, or that lets the
camera be seen, or send, beyond it."""


def checked_options(options: object) -> dict[str, Any]:
    """The same options, the model as the key of a packaged one.

    Raises
    ------
    InvalidOption, UnknownModel, SceneError
        Naming the option at fault. What only `serve` can check is left to it.
    """
    if not isinstance(options, dict):
        raise InvalidOption('options: must be a JSON object such as {"model": "33GP1300"}')
    for name, value in options.items():
        if name not in START_OPTIONS:
            raise InvalidOption(f"option {name!r}: must be one of {', '.join(START_OPTIONS)}")
        wanted, holds = START_OPTIONS[name]
        if not holds(value):
            raise InvalidOption(f"option {name}: {value!r} is not {wanted}")
    if "model" not in options:
        raise InvalidOption("option model: is missing")
    if "scene" in options:
        check_scene_name(options["scene"])
    return {**options, "model": find_key(options["model"])}


def check_scene_name(name: str) -> None:
    """Raise `SceneError` unless it is one of the scenes that come with the package: no path is."""
    known = scene_names()
    if name not in known:
        raise SceneError(f"unknown scene {name!r}; known scenes: {', '.join(known)}, or the bytes of an image")


def scene_names() -> list[str]:
    """The scenes that come with the package."""
    from tiscam_emu.sensor.scenes.scene import SCENES  # noqa: PLC0415 - slow to load

    return list(SCENES)
