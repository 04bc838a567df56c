"""What runs by itself in a camera: a motor, a scheduler, a pulse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tiscam_emu.units import Nanoseconds


class Behaviour(Protocol):
    """One thing that happens in time."""

    def advance(self, now: Nanoseconds) -> None:
        """Do everything that is due up to and including `now`, in order."""
        ...

    def next_wakeup(self) -> Nanoseconds | None:
        """When something is due next, later than the last `advance`; None if nothing is planned."""
        ...


def earliest(wakeups: Iterable[Nanoseconds | None]) -> Nanoseconds | None:
    """The first of several wakeups, None meaning never."""
    first = None
    for wakeup in wakeups:
        if wakeup is not None and (first is None or wakeup < first):
            first = wakeup
    return first
