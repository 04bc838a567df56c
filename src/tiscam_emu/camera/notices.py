"""What rooms of a camera tell each other, without knowing each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics, Roi
from tiscam_emu.units import Nanoseconds


@dataclass(frozen=True, slots=True)
class ExposureOpened:
    """The sensor begins to collect light for a frame, until `ends_ns`: None while the trigger's pulse decides that."""

    request: FrameRequest
    at_ns: Nanoseconds
    ends_ns: Nanoseconds | None


@dataclass(frozen=True, slots=True)
class ExposureEnded:
    """The sensor has collected the light of a frame."""

    request: FrameRequest
    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class TriggerMissed:
    """A trigger came when no exposure could start."""

    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class LineChanged:
    """An edge on the TRIGGER_IN line."""

    high: bool
    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class OutputChanged:
    """An edge on the STROBE_OUT line."""

    high: bool
    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class ActionExecuted:
    """Action 0 was executed."""

    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class MoveCompleted:
    """A motor of the lens has arrived."""

    motor: Literal["Zoom", "Focus"]
    position: int
    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class FocusSearchRequested:
    """FocusAuto was executed."""

    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class FocusStopReached:
    """The focus motor has arrived where autofocus wants to look."""

    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class TestEventRequested:
    """TestEventGenerate was executed."""

    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class FrameMeasured:
    """What a part of a frame looks like, known after it has been rendered."""

    request: FrameRequest
    statistics: FrameStatistics
    roi: Roi
    at_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class SettingsReplaced:
    """Many settings changed at once: a reset, or a user set was loaded."""


Notice = (
    ExposureOpened
    | ExposureEnded
    | TriggerMissed
    | LineChanged
    | OutputChanged
    | ActionExecuted
    | MoveCompleted
    | FocusSearchRequested
    | FocusStopReached
    | TestEventRequested
    | FrameMeasured
    | SettingsReplaced
)
_Kind = TypeVar("_Kind")


@dataclass(slots=True)
class NoticeBoard:
    """State: who wants to know what."""

    _subscribers: dict[type, list[Callable[[Any], None]]] = field(default_factory=dict)
    _urgent: dict[type, list[Callable[[], bool]]] = field(default_factory=dict)

    def subscribe(
        self, kind: type[_Kind], function: Callable[[_Kind], None], *, urgent: Callable[[], bool] | None = None
    ) -> None:
        """Have `function` called with every notice of this kind, after those that subscribed before.

        Parameters
        ----------
        urgent
            Whether it matters now that the notice comes in time, and not with whatever happens next.
        """
        self._subscribers.setdefault(kind, []).append(function)
        if urgent is not None:
            self._urgent.setdefault(kind, []).append(urgent)

    def urgent(self, kind: type[Notice]) -> bool:
        """Whether somebody has to know in time."""
        return any(urgent() for urgent in self._urgent.get(kind, ()))

    def notify(self, notice: Notice) -> None:
        """Tell all subscribers."""
        for function in self._subscribers.get(type(notice), ()):
            function(notice)
