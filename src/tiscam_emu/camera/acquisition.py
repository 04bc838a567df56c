"""Acquisition: mode, start and stop, frame rate, and the schedule of exposures (manual 5.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tiscam_emu.camera import frame_rate, trigger
from tiscam_emu.camera.chunks import chunk_tail
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.features.kinds import (
    Command,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Room,
    Visibility,
)
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.units import Nanoseconds, ns_from_s, ns_from_us

_CATEGORY = "AcquisitionControl"
_BURST_BYTES = 128 * 1024  # the sender works in bursts; it may end its last one that much early


def fastest_hz(state: CameraState) -> float:
    """Largest frame rate of the format, size and readout mode in use."""
    return frame_rate.highest_hz(
        state.model, state.entry("PixelFormat"), int(state.stored("Width")), int(state.stored("Height"))
    )


def _frame_rate(state: CameraState) -> float:
    return min(float(state.stored("AcquisitionFrameRate")), fastest_hz(state))


def _start(state: CameraState) -> None:
    if not state.acquiring:
        state.acquiring = True
        state.acquisition_starts += 1
        state.triggers.pending_ns.clear()


def _stop(state: CameraState) -> None:
    state.acquiring = False


@dataclass(frozen=True, slots=True)
class Exposure:
    """One frame leaving the sensor.

    Attributes
    ----------
    start_ns
        Device time at which the exposure opens.
    ready_ns
        Device time from which the frame may be sent: sent at link rate from then on, its last packet leaves when the
        sensor's readout is over.
    end_ns
        Device time at which exposure and readout are over.
    chunk_tail
        What is sent behind the image; empty without chunk mode.
    """

    request: FrameRequest
    start_ns: Nanoseconds
    ready_ns: Nanoseconds
    end_ns: Nanoseconds
    chunk_tail: bytes = b""

    @property
    def exposed_ns(self) -> Nanoseconds:
        """Device time at which the exposure is over and the readout begins."""
        return self.start_ns + ns_from_us(self.request.exposure_us)


@dataclass(slots=True)
class AcquisitionSchedule:
    """When exposures open: the running state of the acquisition.

    `prepare` freezes the settings into a request; it is called once per exposure, when it opens. Whoever changes a
    setting calls `advance` first: what has changed since the last call did so at the time of that call.
    """

    state: CameraState
    prepare: Callable[[CameraState, int, Nanoseconds], FrameRequest]
    frames_taken: int = 0
    _seen_starts: int = 0
    _left: int | None = None
    _next_ns: Nanoseconds | None = None
    _last: Exposure | None = None
    _until_ns: Nanoseconds = 0

    def advance(self, now: Nanoseconds) -> list[Exposure]:
        """Exposures that opened up to and including `now`, in order."""
        state = self.state
        if state.acquisition_starts != self._seen_starts:
            self._begin()
        opened: list[Exposure] = []
        while state.acquiring:
            start = self._next_start(now)
            if start is None or start > now:
                break
            opened.append(self._open(start))
        if not state.acquiring:
            self._next_ns = None
            state.triggers.pending_ns.clear()
        self._until_ns = now
        return opened

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next exposure opens; None while nothing is planned."""
        state = self.state
        if not state.acquiring or trigger.enabled(state):
            return state.triggers.pending_ns[0] if state.acquiring and state.triggers.pending_ns else None
        return self._next_ns if self._seen_starts == state.acquisition_starts else self._until_ns

    def _begin(self) -> None:
        state = self.state
        self._seen_starts = state.acquisition_starts
        counts = {"Continuous": None, "SingleFrame": 1, "MultiFrame": int(state["AcquisitionFrameCount"])}
        self._left = counts[state.entry("AcquisitionMode")]
        self._next_ns = self._earliest_ns()

    def _next_start(self, now: Nanoseconds) -> Nanoseconds | None:
        state = self.state
        if not trigger.enabled(state):
            if self._next_ns is None:
                self._next_ns = self._earliest_ns()
            return self._next_ns
        self._next_ns = None
        while state.triggers.pending_ns:
            at = state.triggers.pending_ns[0]
            if at > now:
                return at
            state.triggers.pending_ns.pop(0)
            if trigger.can_start(state, self._last, at):
                state.triggers.accepted += 1
                return at
            state.triggers.missed += 1
        return None

    def _earliest_ns(self) -> Nanoseconds:
        """When free run can begin: at once, or when the sensor has read the last frame out."""
        return max(self._until_ns, self._last.end_ns) if self._last else self._until_ns

    def _open(self, start: Nanoseconds) -> Exposure:
        state = self.state
        request = self.prepare(state, self.frames_taken, start)
        exposure = timed(state, request, start)
        self.frames_taken += 1
        self._last = exposure
        if not trigger.enabled(state):
            hz = _frame_rate(state)
            self._next_ns = start + frame_rate.period_ns(hz, ns_from_us(request.exposure_us))
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                state.acquiring = False
        return exposure


def timed(state: CameraState, request: FrameRequest, start: Nanoseconds) -> Exposure:
    """When the frame that `request` describes can be sent and when its readout is over."""
    args = (state.model, request.pixel_format.name, request.region.width, request.region.height)
    exposure_end = start + ns_from_us(request.exposure_us)
    end = exposure_end + ns_from_s(frame_rate.readout_s(*args))
    sending = ns_from_s(max(0.0, frame_rate.link_s(*args) - _BURST_BYTES / state.model.link.bytes_per_s))
    return Exposure(request, start, max(exposure_end, end - sending), end, chunk_tail(state, request))


_RATE = Float(
    name="AcquisitionFrameRate",
    category=_CATEGORY,
    doc=(
        "Frames per second in free run. The maximum depends on format, size and readout mode; a long exposure lowers "
        "the resulting rate."
    ),
    section="5.1.4",
    unit="Hz",
    limits=Limits(frame_rate.SLOWEST_HZ, float("inf")),
    live=lambda state, limits: Limits(limits.low, max(limits.low, fastest_hz(state))),
    default=float("inf"),
    value=_frame_rate,
    note="The lowest rate, 1 Hz, is an assumption. Rates of skipping and binning modes follow from the output size.",
)

FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="AcquisitionMode",
        category=_CATEGORY,
        doc="How many frames an acquisition takes: until it is stopped, one, or AcquisitionFrameCount.",
        every_model=True,
        entries=(Entry("Continuous", 0), Entry("SingleFrame", 1), Entry("MultiFrame", 2)),
        locks=(ACQUIRING,),
    ),
    Command(
        name="AcquisitionStart",
        category=_CATEGORY,
        doc="Starts taking frames.",
        every_model=True,
        on_write=_start,
    ),
    Command(
        name="AcquisitionStop",
        category=_CATEGORY,
        doc="Ends taking frames; a frame that is being exposed is still delivered.",
        every_model=True,
        on_write=_stop,
    ),
    Integer(
        name="AcquisitionFrameCount",
        category=_CATEGORY,
        doc="Frames of one acquisition in mode MultiFrame.",
        every_model=True,
        limits=Limits(1, 65535, 1),
        default=1,
        locks=(ACQUIRING,),
    ),
    _RATE,
    replace(
        _RATE,
        name="FPS",
        doc="The same value as AcquisitionFrameRate, under the name that Aravis looks up for this vendor.",
        section="",
        sfnc=False,
        every_model=True,
        alias_of="AcquisitionFrameRate",
        value=None,
        hidden=True,
        visibility=Visibility.INVISIBLE,
        note="",
    ),
)

ROOM = Room("acquisition", 0x0003_0000, FEATURES)
