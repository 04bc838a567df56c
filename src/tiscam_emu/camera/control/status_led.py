"""The status LED on the rear of the zoom camera (manual 7.2)."""

from __future__ import annotations

from tiscam_emu.camera.notices import ExposureOpened
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.trigger_io import trigger
from tiscam_emu.units import NS_PER_MS, NS_PER_S, Nanoseconds

STARTUP_NS = NS_PER_S
LINGERS_NS = 500 * NS_PER_MS
"""How long the LED stays yellow behind a triggered frame; both times are assumptions."""


class StatusLed:
    """State: when the last frame was exposed."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._last_end_ns: Nanoseconds | None = None
        if "Zoom" in state:
            state.notices.subscribe(ExposureOpened, self._frame)

    def _frame(self, notice: ExposureOpened) -> None:
        self._last_end_ns = notice.ends_ns

    def color(self, now: Nanoseconds) -> str:
        """The LED at device time `now`.

        Returns
        -------
        str
            ``blue blinking`` at the start, ``blue`` idle, ``green`` while a stream is active but sends no images,
            ``yellow`` while it does; empty for a model without status LED.
        """
        state = self._state
        if "Zoom" not in state:
            return ""
        if now - state.started_ns < STARTUP_NS:
            return "blue blinking"
        if not (state.acquiring and state["GevSCPHostPort"] and state["GevSCDA"]):
            return "blue"
        recent = self._last_end_ns is not None and now - self._last_end_ns < LINGERS_NS
        return "yellow" if recent or not trigger.enabled(state) else "green"
