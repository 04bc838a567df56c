"""Which models there are, where their files lie, and what a text that names a model means."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from tiscam_emu.errors import SpecError, UnknownModel

_PACKAGE = Path(__file__).resolve().parent.parent
_SPEC_SUFFIXES = (".yaml", ".yml")


@cache
def models_folder() -> Path:
    """Where the model YAMLs are: inside the installed package, or beside `src` in a checkout."""
    for folder in (_PACKAGE / "models", _PACKAGE.parent.parent / "models"):
        if folder.is_dir():
            return folder
    raise SpecError("the package holds no models folder; reinstall it")


def model_keys() -> list[str]:
    """File names, without suffix, of all packaged models; sorted."""
    return sorted(path.stem for path in models_folder().glob("*.yaml"))


def find_model(name: str | os.PathLike[str]) -> str:
    """What a user means: the key of a packaged model, or the absolute path of a file or folder.

    A text is a path if it ends in .yaml or .yml, has a path separator in it, or names a file or folder and no packaged
    model.

    Raises
    ------
    UnknownModel
        Naming the models there are.
    SpecError
        If there is no such file.
    """
    text = os.fspath(name)
    key = None if _is_path(name) else _key(text)
    if key is not None:
        return key
    if exists(Path(text)):
        return str(Path(text).absolute())
    if _is_path(name):
        raise SpecError(f"{shown(Path(text))}: no such file")
    raise UnknownModel(text, model_keys())


def find_key(name: str) -> str:
    """The packaged model that a user means: with or without DFK or DMK, in any case.

    Raises
    ------
    UnknownModel
        Naming the models there are.
    """
    key = _key(name)
    if key is None:
        raise UnknownModel(name, model_keys())
    return key


def _key(name: str) -> str | None:
    wanted = re.sub(r"^D[FM]K[\s_-]*", "", name.strip(), flags=re.IGNORECASE).lower()
    return next((key for key in model_keys() if key.lower() == wanted), None)


def _is_path(name: str | os.PathLike[str]) -> bool:
    separators = tuple(separator for separator in (os.sep, os.altsep) if separator)
    return not isinstance(name, str) or is_spec_file(name) or any(separator in name for separator in separators)


def is_file(model: str) -> bool:
    """Whether a model that `find_model` has found is a file or folder, not a packaged one."""
    return Path(model).is_absolute()


def is_spec_file(model: str) -> bool:
    """Whether it is a camera of one's own by YAML; other files and folders are descriptions of real cameras."""
    return model.lower().endswith(_SPEC_SUFFIXES)


def is_packaged(path: Path) -> bool:
    """Whether a file belongs to this package."""
    return path.is_relative_to(models_folder())


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; no for what cannot be a path."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def shown(path: Path) -> str:
    """A path as messages name it: as short as it is clear."""
    if is_packaged(path):
        return f"models/{path.relative_to(models_folder())}"
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
