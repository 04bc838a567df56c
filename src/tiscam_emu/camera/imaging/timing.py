"""What the settings make of time: how long exposures and readout take, and how far apart exposures are."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.camera.imaging import frame_rate, multi_frame
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.stream import bandwidth
from tiscam_emu.camera.trigger_io import trigger
from tiscam_emu.features.derived import derived
from tiscam_emu.units import NS_PER_S, Nanoseconds, ns_from_s, ns_from_us


@dataclass(frozen=True, slots=True)
class Readout:
    """What comes after an exposure, as the settings are when it opens.

    Attributes
    ----------
    reading_ns
        How long the sensor is read out.
    sending_ns
        How long sending takes at the link's rate.
    awaited
        See `Exposure`.
    """

    reading_ns: Nanoseconds
    sending_ns: Nanoseconds
    awaited: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """What the settings make of time.

    Attributes
    ----------
    exposures_ns
        Taking turns.
    rate_period_ns, least_period_ns
        Distance of two exposures by the frame rate, and by the bandwidth limit.
    burst_interval_ns
        Least distance of two exposures of a burst.
    """

    triggered: bool
    low_latency: bool
    exposures_ns: tuple[Nanoseconds, ...]
    rate_period_ns: Nanoseconds
    least_period_ns: Nanoseconds
    burst_interval_ns: Nanoseconds
    readout: Readout

    def period_ns(self, exposure_ns: Nanoseconds) -> Nanoseconds:
        """Distance of two exposures, the first of which takes so long."""
        return max(self.rate_period_ns, exposure_ns, self.least_period_ns)

    def exposure_ns(self, position: int) -> Nanoseconds:
        """Exposure time of an acquisition's frame number `position`, counted from 0."""
        return self.exposures_ns[position % len(self.exposures_ns)]


@derived
def timing(state: CameraState) -> Timing:
    """The settings of now as times."""
    triggered = trigger.enabled(state)
    return Timing(
        triggered=triggered,
        low_latency=triggered and trigger.low_latency(state),
        exposures_ns=tuple(map(ns_from_us, multi_frame.exposures_us(state))),
        rate_period_ns=frame_rate.period_ns(state["AcquisitionFrameRate"], 0),
        least_period_ns=bandwidth.least_period_ns(state),
        burst_interval_ns=ns_from_us(state["AcquisitionBurstInterval"]),
        readout=_readout(state),
    )


def resulting_hz(state: CameraState) -> float:
    """Frames per second that exposure, readout and the frame rate come to in free run."""
    settings = timing(state)
    return NS_PER_S / max(settings.period_ns(settings.exposure_ns(0)), settings.readout.reading_ns)


def _readout(state: CameraState) -> Readout:
    size = int(state["Width"]), int(state["Height"])
    args = (state.model, state.entry("PixelFormat"), *size)
    return Readout(
        reading_ns=ns_from_s(frame_rate.readout_s(*args)),
        sending_ns=ns_from_s(frame_rate.link_s(*args)),
        awaited=trigger.enabled(state) or state.entry("AcquisitionMode") != "Continuous",
    )
