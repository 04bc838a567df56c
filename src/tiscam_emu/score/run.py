"""Playing all trials with one client, one after the other."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.score.card import Card, Result
from tiscam_emu.score.stage import play
from tiscam_emu.score.trial import Trial

_AT_REST: dict[str, Plain] = {"AcquisitionFrameRate": 20.0}
"""Set before the client comes, so that a trial is about the client and not about the computer."""


def score(
    options: ServeOptions,
    command: Sequence[str],
    trials: Iterable[Trial],
    told: Callable[[Result], None],
) -> Card:
    """Play the trials, each with a camera of its own.

    Parameters
    ----------
    command
        The client's command, word by word; ``{address}`` in a word is the camera's address.
    told
        Called with each result as soon as it is known.

    Raises
    ------
    UserError
        The camera or the command cannot be started.
    """
    results = []
    for trial in trials:
        result = play_one(options, command, trial)
        results.append(result)
        told(result)
    return Card(shlex.join(command), options.model, results)


def tell_nothing(result: Result) -> None:
    """Keep a result for the card."""
    del result


def play_one(options: ServeOptions, command: Sequence[str], trial: Trial) -> Result:
    """Play one trial, and judge it."""
    features = {**_AT_REST, **trial.features}
    record = play(
        replace(options, **trial.options).checked(),
        command,
        meddler=trial.meddler(),
        before=trial.before,
        during=trial.during,
        features=features,
        seconds=trial.seconds,
    )
    return Result(trial, trial.judge(record), record)
