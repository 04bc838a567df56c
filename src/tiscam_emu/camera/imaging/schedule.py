"""The schedule of exposures: when they open and end, in free run and by triggers (manual 5.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tiscam_emu.camera.behaviour import earliest
from tiscam_emu.camera.imaging import multi_frame
from tiscam_emu.camera.imaging.timing import Readout, timing
from tiscam_emu.camera.notices import ExposureEnded, ExposureOpened, TriggerMissed
from tiscam_emu.camera.state import CameraState, Trigger
from tiscam_emu.camera.stream.chunks import chunk_tail
from tiscam_emu.camera.trigger_io import trigger
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.units import NS_PER_US, Nanoseconds, ns_from_us

_MOST_DUE = 64
_KEPT_DUE = 8
"""If more exposures of free run are due, all but the last few are left out."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One frame leaving the sensor.

    Attributes
    ----------
    start_ns
        Device time at which the exposure opens.
    exposed_ns
        Device time at which the exposure is over and the readout begins.
    ready_ns
        Device time from which the frame may be sent: sent at link rate from then on, its last packet leaves when the
        sensor's readout is over.
    end_ns
        Device time at which exposure and readout are over. The frame must not be complete before, for the client may
        answer it with the next trigger.
    chunk_tail
        What is sent behind the image; empty without chunk mode.
    awaited
        Whether somebody counts on this very frame: it was triggered, or is one of a number asked for.
    """

    request: FrameRequest
    start_ns: Nanoseconds
    exposed_ns: Nanoseconds
    ready_ns: Nanoseconds
    end_ns: Nanoseconds
    chunk_tail: bytes = b""
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class _Armed:
    """A trigger that was accepted, and when its exposure opens."""

    trigger: Trigger
    start_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class _Held:
    """An exposure that lasts as long as the trigger's pulse, but is neither too short nor too long for the sensor."""

    request: FrameRequest
    trigger: Trigger
    start_ns: Nanoseconds
    shortest_ns: Nanoseconds
    longest_ns: Nanoseconds
    readout: Readout

    @property
    def end_ns(self) -> Nanoseconds:
        """When it ends, as far as is known now."""
        pulse = self.trigger.pulse
        if pulse is None or pulse.ended_ns is None:
            return self.start_ns + self.longest_ns
        width_ns = pulse.ended_ns - pulse.began_ns
        return self.start_ns + min(max(width_ns, self.shortest_ns), self.longest_ns)


@dataclass(slots=True)
class AcquisitionSchedule:
    """State: when exposures open and end.

    `prepare` freezes the settings into a request; it is called once per exposure, when it opens. Whoever changes a
    setting calls `advance` first: what has changed since the last call did so at the time of that call.
    """

    state: CameraState
    prepare: Callable[[CameraState, int, Nanoseconds], FrameRequest]
    frames_taken: int = 0
    _seen_starts: int = 0
    _position: int = 0
    _left: int | None = None
    _pace_ns: Nanoseconds | None = None
    _armed: _Armed | None = None
    _burst_left: int = 0
    _held: _Held | None = None
    _last: Exposure | None = None
    _until_ns: Nanoseconds = 0
    _exposing: list[Exposure] = field(default_factory=list)

    def advance(self, now: Nanoseconds) -> list[Exposure]:
        """Exposures that opened up to and including `now`, in order.

        One whose length its trigger's pulse decides is handed out when it ends.
        """
        taken: list[Exposure] = []
        self._follow_settings()
        while (
            due := earliest([self._next_end(), self._next_trigger(), self._next_opening()])
        ) is not None and due <= now:
            self._end_exposures(due, taken)
            self._receive_triggers(due)
            opening = self._next_opening()
            if opening is not None and opening <= due:
                self._open(opening, taken)
            self._follow_settings()
        self._until_ns = now
        return taken

    def leave_out(self, now: Nanoseconds) -> int:
        """Let go of exposures of free run if more are due than anybody could see to; how many.

        A rate that the computer cannot keep up with would else take all its time, and ever more of it.
        """
        if self._pace_ns is None or self._left is not None or self._held:
            return 0
        settings = timing(self.state)
        if settings.triggered:
            return 0
        period_ns = settings.period_ns(settings.exposure_ns(0))
        due = (now - self._pace_ns) // period_ns + 1
        if due <= _MOST_DUE:
            return 0
        left_out = due - _KEPT_DUE
        self._pace_ns += left_out * period_ns
        self.frames_taken += left_out
        self._position += left_out
        return left_out

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next exposure opens or ends; None while nothing is planned."""
        self._follow_settings()
        watched = self._held is not None or self.state.notices.urgent(ExposureEnded)
        return earliest([self._next_trigger(), self._next_opening(), self._next_end() if watched else None])

    def _follow_settings(self) -> None:
        """Begin what has been started, and give up what an acquisition or trigger mode that is over had planned."""
        state = self.state
        if state.acquisition_starts != self._seen_starts:
            self._seen_starts = state.acquisition_starts
            counts = {"Continuous": None, "SingleFrame": 1, "MultiFrame": int(state["AcquisitionFrameCount"])}
            self._left = counts[state.entry("AcquisitionMode")]
            self._position = 0
            self._armed, self._burst_left, self._pace_ns = None, 0, None
        triggered = timing(state).triggered
        if not (state.acquiring and triggered):
            self._armed, self._burst_left = None, 0
            state.triggers.received.clear()
        if not state.acquiring or (triggered and not self._burst_left):
            self._pace_ns = None
        elif self._pace_ns is None and not triggered and self._held is None:
            self._pace_ns = max(self._until_ns, self._last.end_ns) if self._last else self._until_ns

    def _next_end(self) -> Nanoseconds | None:
        first = self._exposing[0].exposed_ns if self._exposing else None
        return earliest([first, self._held.end_ns if self._held else None])

    def _next_trigger(self) -> Nanoseconds | None:
        received = self.state.triggers.received
        return received[0].at_ns if received else None

    def _next_opening(self) -> Nanoseconds | None:
        planned_ns = self._armed.start_ns if self._armed else self._pace_ns
        if planned_ns is None or self._held or not self.state.acquiring:
            return None
        soonest_ns = max(planned_ns, self._until_ns)
        if self._last is None or soonest_ns >= self._last.end_ns:
            return soonest_ns
        return max(soonest_ns, self._sensor_free_ns(self._last))

    def _sensor_free_ns(self, last: Exposure) -> Nanoseconds:
        """When the next exposure can open so that it ends when `last` has been read out, or later."""
        settings = timing(self.state)
        if settings.low_latency:
            return last.end_ns
        return max(last.exposed_ns, last.end_ns - settings.exposure_ns(self._position))

    def _receive_triggers(self, now: Nanoseconds) -> None:
        state, triggers = self.state, self.state.triggers
        while triggers.received and triggers.received[0].at_ns <= now:
            received = triggers.received.pop(0)
            if not self._ready(received):
                triggers.missed += 1
                state.notices.notify(TriggerMissed(received.at_ns))
                continue
            if received.pulse is not None:
                triggers.line_accepted_ns = received.at_ns
            period_ns = timing(state).rate_period_ns
            late_ns = received.delay_ns + trigger.extra_delay_ns(state, triggers.accepted, period_ns)
            triggers.accepted += 1
            self._armed = _Armed(received, received.at_ns + late_ns)
            self._burst_left = 1 if received.sets_exposure else int(state["AcquisitionBurstFrameCount"])

    def _ready(self, received: Trigger) -> bool:
        if self._armed or self._held or self._burst_left:
            return False
        exposure_ns = None if received.sets_exposure else timing(self.state).exposure_ns(self._position)
        return trigger.can_start(self.state, self._last, received.at_ns, exposure_ns)

    def _open(self, start: Nanoseconds, taken: list[Exposure]) -> None:
        state, armed, readout = self.state, self._armed, timing(self.state).readout
        request = multi_frame.in_turn(state, self.prepare(state, self.frames_taken, start), self._position)
        self.frames_taken += 1
        self._position += 1
        self._armed = None
        if armed and armed.trigger.sets_exposure:
            limits = state.widest_limits("ExposureTime")
            ends = (ns_from_us(limits.low), ns_from_us(limits.high))
            self._held = _Held(request, armed.trigger, start, *ends, readout)
            state.notices.notify(ExposureOpened(request, start, None))
        else:
            exposure = _timed(request, start, readout, chunk_tail(state, request))
            self._last = exposure
            self._exposing.append(exposure)
            taken.append(exposure)
            state.notices.notify(ExposureOpened(request, start, exposure.exposed_ns))
        self._plan_next(start, ns_from_us(request.exposure_us))

    def _plan_next(self, start: Nanoseconds, exposure_ns: Nanoseconds) -> None:
        state, settings = self.state, timing(self.state)
        period_ns = settings.period_ns(exposure_ns)
        if settings.triggered:
            self._burst_left -= 1
            period_ns = max(period_ns, settings.burst_interval_ns)
        self._pace_ns = start + period_ns
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                state.acquiring = False

    def _end_exposures(self, now: Nanoseconds, taken: list[Exposure]) -> None:
        while self._exposing and self._exposing[0].exposed_ns <= now:
            ended = self._exposing.pop(0)
            self.state.notices.notify(ExposureEnded(ended.request, ended.exposed_ns))
        if self._held and (end_ns := self._held.end_ns) <= now:
            held, self._held = self._held, None
            request = replace(held.request, exposure_us=(end_ns - held.start_ns) / NS_PER_US)
            self._last = _timed(request, held.start_ns, held.readout, chunk_tail(self.state, request))
            taken.append(self._last)
            self.state.notices.notify(ExposureEnded(request, end_ns))


def _timed(request: FrameRequest, start: Nanoseconds, readout: Readout, tail: bytes) -> Exposure:
    """When the frame that `request` describes can be sent and when its readout is over."""
    exposed = start + ns_from_us(request.exposure_us)
    end = exposed + readout.reading_ns
    return Exposure(request, start, exposed, max(exposed, end - readout.sending_ns), end, tail, readout.awaited)
