"""Actions that wait for their time."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

from tiscam_emu.units import NS_PER_US, Nanoseconds

QUEUE_SIZE = 32
FASTEST_REPETITION_NS: Nanoseconds = 100 * NS_PER_US
"""No sensor here starts exposures faster; of a quicker series some actions are left out, evenly."""


@dataclass(frozen=True, slots=True, order=True)
class PlannedAction:
    """An action and its time on the camera's clock; `interval_ns` 0 is performed once."""

    time_ns: int
    interval_ns: Nanoseconds = 0


class ActionQueue:
    """State: the planned actions, the next one first."""

    def __init__(self) -> None:
        self._planned: list[PlannedAction] = []

    def __len__(self) -> int:
        return len(self._planned)

    @property
    def full(self) -> bool:
        """Whether nothing more can be planned."""
        return len(self._planned) >= QUEUE_SIZE

    @property
    def next_time_ns(self) -> int | None:
        """When the next action is due, on the camera's clock; None if none waits."""
        return self._planned[0].time_ns if self._planned else None

    def plan(self, time_ns: int, interval_ns: Nanoseconds, clock_ns: int) -> None:
        """Add an action; the missed ones of a series that began before `clock_ns` are left out.

        Raises
        ------
        OverflowError
            The queue is full.
        """
        if self.full:
            raise OverflowError(f"{QUEUE_SIZE} actions wait already")
        if interval_ns:
            interval_ns *= -(-FASTEST_REPETITION_NS // interval_ns) if interval_ns < FASTEST_REPETITION_NS else 1
            time_ns = _at_or_after(clock_ns, time_ns, interval_ns)
        insort(self._planned, PlannedAction(time_ns, interval_ns))

    def take(self, clock_ns: int) -> PlannedAction:
        """Remove the next action; if it is one of a series, the first one after `clock_ns` takes its place."""
        action = self._planned.pop(0)
        if action.interval_ns:
            following = _at_or_after(clock_ns + 1, action.time_ns, action.interval_ns)
            insort(self._planned, PlannedAction(following, action.interval_ns))
        return action

    def cancel(self) -> None:
        """Forget all actions."""
        self._planned.clear()


def _at_or_after(clock_ns: int, first_ns: int, interval_ns: Nanoseconds) -> int:
    """The first time of the series that is not before `clock_ns`."""
    return first_ns + max(0, -((first_ns - clock_ns) // interval_ns)) * interval_ns
