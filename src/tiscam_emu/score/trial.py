"""What a trial is: data, what happens meanwhile, and one function that judges what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.score.meddler import Meddler
from tiscam_emu.score.record import Record
from tiscam_emu.score.stage import Stage


class Grade(StrEnum):
    """What a trial says about a client."""

    GOOD = "good"
    BAD = "bad"
    NOT_SEEN = "not seen"
    """The client did nothing that could be judged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade, and in one sentence what was seen."""

    grade: Grade
    seen: str


def good(seen: str) -> Verdict:
    """The client did what a good one does."""
    return Verdict(Grade.GOOD, seen)


def bad(seen: str) -> Verdict:
    """It did not."""
    return Verdict(Grade.BAD, seen)


def not_seen(seen: str) -> Verdict:
    """Nothing can be said."""
    return Verdict(Grade.NOT_SEEN, seen)


def either(well: bool, seen: str) -> Verdict:
    """Good or bad."""
    return good(seen) if well else bad(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes
    ----------
    name
        As in ``--trials``.
    title, expected, why
        What happens to the client; what a good one does; why that counts.
    judge
        What the record says about the client.
    meddler
        Makes what sits on the cable; by default all datagrams pass.
    before, during
        What somebody does to the camera before the client comes, and meanwhile on a thread of its own.
    options
        Of the camera, as for `tiscam_emu.serve`.
    features
        Set before the client comes.
    seconds
        The command is ended after so long; ending earlier by itself is the better way.
    flaw
        What the bad miniature client of the tests does wrong.
    """

    name: str
    title: str
    expected: str
    why: str
    judge: Callable[[Record], Verdict]
    meddler: Callable[[], Meddler] = Meddler
    before: Callable[[Stage], None] | None = None
    during: Callable[[Stage], None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, Plain] = field(default_factory=dict)
    seconds: float = 6.0
    flaw: str
