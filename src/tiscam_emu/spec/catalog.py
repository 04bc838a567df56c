"""Which models there are, and where their files lie."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tiscam_emu.errors import SpecError, UnknownModel

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def models_folder() -> Path:
    """Where the model YAMLs are: inside the installed package, or beside `src` in a checkout."""
    for folder in (_PACKAGE / "models", _PACKAGE.parent.parent / "models"):
        if folder.is_dir():
            return folder
    raise SpecError("the package holds no models folder; reinstall it")


def model_keys() -> list[str]:
    """File names, without suffix, of all models; sorted."""
    return sorted(path.stem for path in models_folder().glob("*.yaml"))


def is_description(model: str) -> bool:
    """Whether a model is meant by a camera's own description."""
    return "/" in model and not model.endswith((".yaml", ".yml"))


def find_key(name: str) -> str:
    """The model that a user means: with or without DFK or DMK, in any case.

    Raises
    ------
    UnknownModel
        Naming the models there are.
    """
    if "/" in name:
        return str(Path(name).resolve())
    wanted = re.sub(r"^D[FM]K[\s_-]*", "", name.strip(), flags=re.IGNORECASE).lower()
    for key in model_keys():
        if key.lower() == wanted:
            return key
    raise UnknownModel(name, model_keys())
