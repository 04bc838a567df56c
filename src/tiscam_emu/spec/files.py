"""Reading and merging the YAML files of the models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tiscam_emu.errors import SpecError
from tiscam_emu.spec.catalog import models_folder


def read_merged(path: Path) -> dict[str, Any]:
    """A YAML file with all files it `extends` merged underneath it.

    Raises
    ------
    SpecError
        If a file is missing, is not YAML or not a mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except OSError as error:
        raise SpecError(f"{_shown(path)}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{_shown(path)}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise SpecError(f"{_shown(path)}: must be a mapping")
    bases = content.pop("extends", [])
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise SpecError(f"{_shown(path)}: extends: must be a list of file names")
    below: dict[str, Any] = {}
    for base in bases:
        below = merged(below, read_merged(path.parent / base))
    return merged(below, content)


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two mappings as one: where both have a key, `over` counts, and mappings are merged in turn."""
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        both[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return both


def _shown(path: Path) -> str:
    folder = models_folder()
    return f"models/{path.relative_to(folder)}" if path.is_relative_to(folder) else str(path)


def _loader() -> type[yaml.SafeLoader]:
    """The C loader where PyYAML has it, with On and Off read as words: they are entry names here."""
    base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = type("ModelLoader", (base,), {})
    resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:bool"]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    loader.yaml_implicit_resolvers = resolvers  # type: ignore[attr-defined]
    loader.add_implicit_resolver(  # type: ignore[attr-defined]
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
    )
    return loader


_LOADER = _loader()
