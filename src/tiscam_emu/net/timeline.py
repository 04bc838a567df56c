"""What happens to a camera at planned device times: which step is due, how often, and when it is over.

No clock and no threads here: the camera's loop asks, as it asks the cable, and a `Stage` does what is due.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.units import NS_PER_S, Nanoseconds

KEPT_EVENTS = 1000
"""Steps done that are remembered."""
START = ""
"""Origin of the steps that are planned from the start of the bench; others have a camera's name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, as often as it is repeated.

    Attributes
    ----------
    number
        Its place in the plan, from 0.
    action, arguments
        A key of `timeline_stage.ACTIONS`, and plain data.
    text
        The same as people read it.
    origin, at_ns
        From when its time counts, and the time of its first occurrence.
    for_ns
        After this time what it did is taken back; 0 for never.
    repeats
        Periods in nanoseconds and numbers of times, the outer first; an outermost number of 0 is without end.
    jitter_ns
        Each occurrence comes earlier or later by up to this, evenly at random.
    """

    number: int
    action: str
    arguments: tuple[Any, ...] = ()
    text: str = ""
    origin: str = START
    at_ns: Nanoseconds = 0
    for_ns: Nanoseconds = 0
    repeats: tuple[tuple[Nanoseconds, int], ...] = ()
    jitter_ns: Nanoseconds = 0

    def occurrences(self, seed: int, but_ns: Nanoseconds = 0) -> Iterator[Nanoseconds]:
        """Times of all occurrences from the origin on, in order, none before it; equal seeds give equal times.

        Parameters
        ----------
        but_ns
            Most of those before this time are left out, for they may be very many.
        """
        period_ns, times = self.repeats[0] if self.repeats else (1, 1)
        left_out = max(0, (but_ns - self.at_ns) // period_ns - 1) if self.repeats else 0
        inner = math.prod(times for _, times in self.repeats[1:])
        left_out = min(left_out, times) if times else left_out
        for count, offset_ns in enumerate(_offsets(self.repeats, left_out), left_out * inner):
            moved_ns = 0
            if self.jitter_ns:
                moved_ns = Random(f"{seed} {self.number} {count}").randint(-self.jitter_ns, self.jitter_ns)
            yield max(0, self.at_ns + offset_ns + moved_ns)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        """From what `to_json` gave, lists for tuples."""
        repeats = tuple((period_ns, times) for period_ns, times in data["repeats"])
        return cls(**{**data, "arguments": tuple(data["arguments"]), "repeats": repeats})


def _offsets(repeats: Sequence[tuple[Nanoseconds, int]], first: int = 0) -> Iterator[Nanoseconds]:
    if not repeats:
        yield 0
        return
    (period_ns, times), *inner = repeats
    for count in range(first, times) if times else itertools.count(first):
        for offset_ns in _offsets(inner):
            yield count * period_ns + offset_ns


class Undo(NamedTuple):
    """An action that takes another one back."""

    action: str
    arguments: tuple[Any, ...]
    text: str


class Event(NamedTuple):
    """A step that was done, or was not to be.

    Attributes
    ----------
    planned_ns, at_ns
        Device times: when it was due, and when it took effect.
    error
        Why nothing has changed; empty if it was done.
    """

    number: int
    text: str
    planned_ns: Nanoseconds
    at_ns: Nanoseconds
    error: str = ""

    def sentence(self) -> str:
        """For the log."""
        late_ms = (self.at_ns - self.planned_ns) / 1e6
        done = f"not done: {self.error}" if self.error else f"{late_ms:.3f} ms after its time"
        return f"timeline: {self.text}, at {self.at_ns / NS_PER_S:.6f} s: {done}"


class NotReady(Exception):
    """What an action needs is being prepared; it is tried again with the next turn after that."""


class Stage(Protocol):
    """What a timeline acts on."""

    def perform(self, action: str, arguments: tuple[Any, ...], due: Nanoseconds) -> tuple[Nanoseconds, Undo | None]:
        """Do something now that was due at `due`.

        Returns
        -------
        tuple
            The device time at which it took effect, and what takes it back.

        Raises
        ------
        NotReady, TiscamEmuError
            Nothing has changed.
        """
        ...

    def holds(self, action: str, arguments: tuple[Any, ...]) -> str:
        """Name of what an action changes: taking it back leaves alone what another one has changed since."""
        ...

    def lasts(self, action: str) -> bool:
        """Whether what an action changes belongs to the bench: it holds for a camera that is started again."""
        ...


@dataclass(slots=True)
class _Entry:
    due_ns: Nanoseconds
    step: Step
    following: Iterator[Nanoseconds]
    undo: Undo | None = None
    ends: int = 0

    @property
    def action(self) -> tuple[str, tuple[Any, ...], str]:
        if self.undo is not None:
            return self.undo
        return self.step.action, self.step.arguments, self.step.text


class Timeline:
    """State: what is still to come for one camera, and what has been done.

    Parameters
    ----------
    own
        The origin that is the camera's own first frame.
    seed
        Of all jitter.
    left_ns, since_ns
        A camera of this timeline was there until the first device time, this one is since the second. Of what was due
        before, only what lasts is done, late.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        stage: Stage,
        *,
        own: str = START,
        seed: int = 0,
        left_ns: Nanoseconds = 0,
        since_ns: Nanoseconds = 0,
    ) -> None:
        self._own = own
        self._stage, self._seed, self._left_ns, self._since_ns = stage, seed, left_ns, since_ns
        self._waiting = list(steps)
        self._origins: dict[str, Nanoseconds] = {}
        self._numbers = itertools.count(1)
        self._ahead: list[tuple[Nanoseconds, int, int, _Entry]] = []
        self._stalled: list[_Entry] = []
        self._holders: dict[str, int] = {}
        self._done: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._new: list[Event] = []

    def begin(self, origin: str, at_ns: Nanoseconds) -> None:
        """Let an origin be at this device time; the first time counts."""
        if origin in self._origins:
            return
        self._origins[origin] = at_ns
        for step in [step for step in self._waiting if step.origin == origin]:
            self._waiting.remove(step)
            but_ns = 0 if self._stage.lasts(step.action) else self._since_ns - at_ns
            self._plan(step, step.occurrences(self._seed, but_ns))

    @property
    def awaits_frame(self) -> bool:
        """Whether the camera's first frame has not come yet."""
        return self._own not in self._origins

    def frame_taken(self, at_ns: Nanoseconds) -> None:
        """Note that an exposure has opened whose frame will be sent."""
        self.begin(self._own, at_ns)

    def advance(self, now: Nanoseconds) -> None:
        """Do what is due by now, in order."""
        stalled, self._stalled = self._stalled, []
        for entry in stalled:
            self._perform(entry)
        while self._ahead and self._ahead[0][0] <= now:
            entry = heapq.heappop(self._ahead)[-1]
            if entry.undo is None:
                self._plan(entry.step, entry.following)
            self._perform(entry)

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next step is due."""
        return self._ahead[0][0] if self._ahead else None

    def take_events(self) -> list[Event]:
        """What was done since the last call."""
        new, self._new = self._new, []
        return new

    def upcoming(self, action: str) -> tuple[Any, ...] | None:
        """Arguments of the next occurrence of an action, for what takes long to prepare; None if there is none."""
        for name, arguments, _ in (entry.action for entry in self._planned()):
            if name == action:
                return arguments
        return next((step.arguments for step in self._waiting if step.action == action), None)

    def report(self) -> dict[str, Any]:
        """Plain data: device times of the origins, of what was done, of what comes next, and what waits for an origin.

        Of a step that is repeated the next occurrence is told.
        """
        planned = self._planned()
        return {
            "origins": dict(self._origins),
            "done": [event._asdict() for event in self._done],
            "planned": [{"number": e.step.number, "text": e.action[2], "planned_ns": e.due_ns} for e in planned],
            "waiting": [{"number": s.number, "text": s.text, "after": s.origin} for s in self._waiting],
        }

    def _planned(self) -> list[_Entry]:
        return [*self._stalled, *(entry for *_, entry in sorted(self._ahead, key=lambda item: item[:3]))]

    def _plan(self, step: Step, following: Iterator[Nanoseconds]) -> None:
        offset_ns = next(following, None)
        if offset_ns is not None:
            self._push(_Entry(self._origins[step.origin] + offset_ns, step, following))

    def _push(self, entry: _Entry) -> None:
        heapq.heappush(self._ahead, (entry.due_ns, entry.step.number, next(self._numbers), entry))

    def _perform(self, entry: _Entry) -> None:
        action, arguments, text = entry.action
        held = self._stage.holds(action, arguments)
        if entry.ends and self._holders.get(held) != entry.ends:
            return
        if entry.due_ns < self._since_ns and not self._stage.lasts(action):
            if not entry.step.repeats:
                self._note(entry, text, entry.due_ns, "the camera was not there")
            return
        number = next(self._numbers)
        try:
            at_ns, undo = self._stage.perform(action, arguments, entry.due_ns)
        except NotReady:
            self._stalled.append(entry)
            return
        except TiscamEmuError as error:
            self._note(entry, text, entry.due_ns, str(error))
            return
        self._holders[held] = number
        self._note(entry, text, at_ns)
        if entry.step.for_ns and undo is not None and not entry.ends:
            over_ns = entry.due_ns + entry.step.for_ns
            self._push(_Entry(over_ns, entry.step, iter(()), undo, number))

    def _note(self, entry: _Entry, text: str, at_ns: Nanoseconds, error: str = "") -> None:
        if entry.due_ns < self._left_ns:
            return
        event = Event(entry.step.number, text, entry.due_ns, at_ns, error)
        self._done.append(event)
        self._new.append(event)
