"""A motor's way through time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tiscam_emu.units import NS_PER_S, Nanoseconds, ns_from_s

MotorName = Literal["Zoom", "Focus", "Iris"]


@dataclass(frozen=True, slots=True)
class Move:
    """A motor's way from stop to stop, at constant speed."""

    begins_ns: Nanoseconds
    stops: tuple[float, ...]
    per_s: float

    @property
    def ends_ns(self) -> Nanoseconds:
        """When the last stop is reached."""
        way = sum(abs(there - here) for here, there in pairwise(self.stops))
        return self.begins_ns + ns_from_s(way / self.per_s)

    def position(self, now: Nanoseconds) -> float:
        """Where the motor is, between steps too."""
        if now >= self.ends_ns:
            return self.stops[-1]
        left = max(now - self.begins_ns, 0) / NS_PER_S * self.per_s
        for here, there in pairwise(self.stops):
            if left <= abs(there - here):
                return here + (left if there > here else -left)
            left -= abs(there - here)
        return self.stops[-1]


@dataclass(slots=True)
class Motor:
    """State: where a motor is, and what it does; while autofocus is `searching` it may stand still."""

    name: MotorName
    move: Move
    moving: bool = False
    searching: bool = False

    def go(self, now: Nanoseconds, *stops: float, searching: bool = False) -> None:
        """Leave what it does and go to `stops`, one after the other."""
        self.move = Move(now, (self.move.position(now), *stops), self.move.per_s)
        self.moving, self.searching = True, searching
