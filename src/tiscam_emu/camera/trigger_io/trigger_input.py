"""What becomes of pulses on TRIGGER_IN and of actions before they are triggers (manual 5.5.2, 5.6, 5.16)."""

from __future__ import annotations

from tiscam_emu.camera.notices import ActionExecuted, LineChanged
from tiscam_emu.camera.state import CameraState, LinePulse, Trigger
from tiscam_emu.camera.trigger_io import trigger
from tiscam_emu.units import Nanoseconds, ns_from_us


class TriggerInput:
    """State: the pulse on the line and whether it counts.

    An edge of TriggerActivation begins a pulse. It is ignored if the line was not idle for TriggerDebouncer before, or
    if TriggerMask since the last accepted trigger is not over. It becomes a trigger if it lasts for TriggerDenoise.
    """

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._changed_ns: Nanoseconds | None = None
        self._pulse: LinePulse | None = None
        self._counts_ns: Nanoseconds | None = None
        state.notices.subscribe(LineChanged, self._edge)
        state.notices.subscribe(ActionExecuted, self._action)

    def advance(self, now: Nanoseconds) -> None:
        """Make the pulse a trigger once it has lasted long enough."""
        if self._counts_ns is None or self._counts_ns > now:
            return
        state = self._state
        if trigger.listens(state, "Line1"):
            delay_ns, width = ns_from_us(state["TriggerDelay"]), trigger.pulse_sets_exposure(state)
            state.triggers.received.append(Trigger(self._counts_ns, delay_ns, self._pulse, width))
        self._counts_ns = None

    def next_wakeup(self) -> Nanoseconds | None:
        """When a pulse has lasted long enough."""
        return self._counts_ns

    def _edge(self, edge: LineChanged) -> None:
        self.advance(edge.at_ns)  # a pulse that ends now has been long enough if this was its time
        self._counts_ns = None
        if self._pulse is not None:
            self._pulse.ended_ns, self._pulse = edge.at_ns, None
        if edge.high == (self._state.entry("TriggerActivation") == "RisingEdge") and self._open_for(edge.at_ns):
            self._pulse = LinePulse(edge.at_ns)
            self._counts_ns = edge.at_ns + ns_from_us(self._state["TriggerDenoise"])
            self.advance(edge.at_ns)
        self._changed_ns = edge.at_ns

    def _open_for(self, at: Nanoseconds) -> bool:
        """Whether a pulse that begins now is looked at."""
        state, accepted_ns = self._state, self._state.triggers.line_accepted_ns
        idle = self._changed_ns is None or at - self._changed_ns >= ns_from_us(state["TriggerDebouncer"])
        return idle and (accepted_ns is None or at - accepted_ns >= ns_from_us(state.get("TriggerMask", 0.0)))

    def _action(self, action: ActionExecuted) -> None:
        if trigger.listens(self._state, "Action0"):
            delay_ns = ns_from_us(self._state["TriggerDelay"])
            self._state.triggers.received.append(Trigger(action.at_ns, delay_ns))
