"""The trials: each module here has its own in `TRIALS`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from tiscam_emu.errors import InvalidOption
from tiscam_emu.score.trial import Trial


@cache
def all_trials() -> tuple[Trial, ...]:
    """Every trial, by module and in the order they have there."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(trial for name in modules for trial in import_module(f"{__name__}.{name}").TRIALS)


def chosen(names: list[str]) -> list[Trial]:
    """The trials called so; a name may end in ``*``. All without names.

    Raises
    ------
    InvalidOption
        There is none of a name.
    """
    trials = all_trials()
    if not names:
        return list(trials)
    found: list[Trial] = []
    for name in names:
        fits = [t for t in trials if t.name == name or (name.endswith("*") and t.name.startswith(name[:-1]))]
        if not fits:
            raise InvalidOption(f"trial {name!r}: there are {', '.join(trial.name for trial in trials)}")
        found += [trial for trial in fits if trial not in found]
    return found
