"""Grades, with what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """What a trial or a rule says about a client."""

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
