"""Digital I/O: the levels of TRIGGER_IN and STROBE_OUT (manual 5.7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from tiscam_emu.camera.notices import LineChanged, OutputChanged, SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import InvalidOption
from tiscam_emu.features.kinds import Access, At, Feature, Integer, Limits, Room
from tiscam_emu.units import Nanoseconds

_CATEGORY = "DigitalIO"
KEPT_EDGES = 4096
"""Edges of the output that are kept."""


class LineInput:
    """State: the level on TRIGGER_IN (Line1), and the edges to come. The line starts low."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._ahead: list[tuple[Nanoseconds, bool]] = []

    @property
    def high(self) -> bool:
        """The level now."""
        return self._state.lines.input_high

    def drive(self, high: bool, at_ns: Nanoseconds) -> None:
        """Set the level of the line at device time `at_ns`; see `pulses`."""
        self.pulses([(at_ns, high)])

    def pulses(self, train: Sequence[tuple[Nanoseconds, bool]]) -> None:
        """Plan levels of the line, among those planned before; a later plan for the same time replaces the earlier.

        Parameters
        ----------
        train
            Device times, now or later, and the levels the line takes then. The level the line already has is no edge.

        Raises
        ------
        InvalidOption
            One of the times is past; nothing is planned then.
        """
        now = self._state.now
        if past := [at_ns for at_ns, _ in train if at_ns < now]:
            raise InvalidOption(f"line1: {past[0]} ns is past, the camera's time is {now} ns")
        self._ahead = sorted((dict(self._ahead) | {at_ns: bool(high) for at_ns, high in train}).items())

    def advance(self, now: Nanoseconds) -> None:
        """Take the levels planned up to `now`."""
        lines = self._state.lines
        while self._ahead and self._ahead[0][0] <= now:
            at_ns, high = self._ahead.pop(0)
            if high != lines.input_high:
                lines.input_high = high
                self._state.notices.notify(LineChanged(high, at_ns))

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next level is planned."""
        return self._ahead[0][0] if self._ahead else None


class OutputEdge(NamedTuple):
    """One edge on STROBE_OUT."""

    at_ns: Nanoseconds
    high: bool


class OutputRecord:
    """State: the last edges on STROBE_OUT, the oldest first."""

    def __init__(self, state: CameraState) -> None:
        self.edges: deque[OutputEdge] = deque(maxlen=KEPT_EDGES)
        state.notices.subscribe(OutputChanged, lambda edge: self.edges.append(OutputEdge(edge.at_ns, edge.high)))
        state.notices.subscribe(SettingsReplaced, lambda _: drive_output(state))


def _output_level(state: CameraState) -> bool:
    if state.entry("StrobeEnable") == "Off":
        return bool(state["GPOut"])
    return (state.lines.strobe_pulses > 0) == (state.entry("StrobePolarity") == "ActiveHigh")


def drive_output(state: CameraState, at_ns: Nanoseconds | None = None) -> None:
    """Give STROBE_OUT the level that settings and pulses ask for, at `at_ns` or now."""
    high = _output_level(state)
    if high != state.lines.output_high:
        state.lines.output_high = high
        state.notices.notify(OutputChanged(high, state.now if at_ns is None else at_ns))


FEATURES: tuple[Feature, ...] = (
    Integer(
        name="GPIn",
        at=At(0xFF00_0100, 1, 1),
        category=_CATEGORY,
        doc="Level of the TRIGGER_IN line: 1 while it is low, 0 while it is high.",
        section="5.7.1",
        display_name="General Purpose Input",
        sfnc=False,
        access=Access.RO,
        limits=Limits(0, 1, 1),
        default=1,
        value=lambda state: 0 if state.lines.input_high else 1,
        note="Low until something drives the line.",
    ),
    Integer(
        name="GPOut",
        at=At(0xFF00_0100, 0, 0),
        category=_CATEGORY,
        doc="Level at which the STROBE_OUT line is driven while the strobe is off: 1 is high.",
        section="5.7.2",
        display_name="General Purpose Output",
        sfnc=False,
        limits=Limits(0, 1, 1),
        on_write=drive_output,
        note="That the strobe, when enabled, has the line to itself is an assumption.",
    ),
)

ROOM = Room("digital_io", 0x000C_0000, FEATURES)
