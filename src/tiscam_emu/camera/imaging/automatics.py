"""Automatic exposure, iris, gain and white balance at work: from a measured frame to the settings of the next ones.

Each frame is judged by the settings it was taken with. After a correction, frames whose exposure had opened before are
left out, so that nothing is corrected twice; between a wide and a narrow tolerance a settled automatic rests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tiscam_emu.camera.imaging import white_balance
from tiscam_emu.camera.imaging.analog import GAIN_AUTO
from tiscam_emu.camera.imaging.auto_functions import rectangle
from tiscam_emu.camera.imaging.brightness import Reach, factor_to, gain_factor, illumination, product_of, signal_dn8
from tiscam_emu.camera.imaging.exposure import EXPOSURE_AUTO
from tiscam_emu.camera.lens import iris
from tiscam_emu.camera.notices import ExposureOpened, FrameMeasured, SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.derived import derived
from tiscam_emu.features.kinds import Limits
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics, Roi

_SETTLED = 0.015
_DISTURBED = 0.028
"""Shares of the reference by which a mean may differ: to end a correction, and not to begin one."""

_SAME_EXPOSURE = 0.005
_SAME_GAIN_DB = 0.05
_COARSE_STEP = 0.75  # of the exposure's increment: differences below are no reason to take another multiple of it

_MOST_SATURATED = 0.01
_REDUCTION = 0.85
_LEAST_REDUCED = 1 / 3
_OTHER_LIGHT = 0.15
_BLIND_SHARE = 0.5

_ALIKE_DN8 = 0.4
_ALIKE_SHARE = 0.002


@dataclass(slots=True)
class _Ceiling:
    """State: the brightest drive that does not saturate too much, and the scene's light it was found in."""

    product: float
    light: float | None = None


@dataclass(frozen=True, slots=True)
class _Approved:
    """A frame that left nothing to do, with the settings as they were then: a shortcut for all that look like it."""

    statistics: FrameStatistics
    generation: int

    def covers(self, statistics: FrameStatistics, generation: int) -> bool:
        one, other = self.statistics, statistics
        return (
            generation == self.generation
            and abs(one.mean_dn8 - other.mean_dn8) < _ALIKE_DN8
            and abs(one.red_dn8 - other.red_dn8) < _ALIKE_DN8
            and abs(one.blue_dn8 - other.blue_dn8) < _ALIKE_DN8
            and abs(one.saturated_share - other.saturated_share) < _ALIKE_SHARE
        )


@derived
def _controls_brightness(state: CameraState) -> bool:
    if state.get("MultiFrameSetOutputModeEnable", 0):
        return False
    return EXPOSURE_AUTO.holds(state) or GAIN_AUTO.holds(state) or iris.controlled(state)


@derived
def _region(state: CameraState) -> Roi | None:
    if not (_controls_brightness(state) or white_balance.automatic(state)):
        return None
    part = rectangle(state)
    return part.left, part.top, part.width, part.height


class Automatics:
    """State: what the automatics of one camera remember from frame to frame."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._newest_frame = -1
        self._ignored_frame = -1
        self._correcting = False
        self._ceiling: _Ceiling | None = None
        self._approved: _Approved | None = None
        state.notices.subscribe(ExposureOpened, self._on_exposure)
        state.notices.subscribe(FrameMeasured, self._on_frame)
        state.notices.subscribe(SettingsReplaced, self._on_settings)

    def region(self) -> Roi | None:
        """What to measure, in pixels of the frame; None while every automatic is off."""
        return _region(self._state)

    def _on_exposure(self, notice: ExposureOpened) -> None:
        self._newest_frame = notice.request.frame_id

    def _on_settings(self, notice: SettingsReplaced) -> None:
        del notice
        self._ignore_frames_on_their_way()
        self._correcting = False
        self._ceiling = self._approved = None

    def _on_frame(self, notice: FrameMeasured) -> None:
        request, statistics = notice.request, notice.statistics
        if request.frame_id <= self._ignored_frame or notice.roi != self.region():
            return
        if self._approved is not None and self._approved.covers(statistics, self._state.generation):
            return
        controls_brightness = _controls_brightness(self._state)
        changed = False
        if not (controls_brightness and statistics.saturated_share > _BLIND_SHARE):
            changed = white_balance.correct(self._state, request, statistics)
        if controls_brightness:
            changed |= self._correct_brightness(request, statistics, self._brightening(request, statistics))
        self._approved = None if changed else _Approved(statistics, self._state.generation)
        if changed:
            self._ignore_frames_on_their_way()

    def _ignore_frames_on_their_way(self) -> None:
        self._ignored_frame = self._newest_frame

    def _brightening(self, request: FrameRequest, statistics: FrameStatistics) -> float:
        """By what factor the present white balance makes frames brighter than that of this one did."""
        ratios = white_balance.ratios(self._state)
        if ratios == request.white_balance:
            return 1.0
        red, green, blue = white_balance.channel_signals(request, statistics)
        if min(red, green, blue) <= 0:
            return 1.0
        before = red + 2 * green + blue
        red, green, blue = (
            signal * new / old if old else signal
            for signal, new, old in zip((red, green, blue), ratios, request.white_balance, strict=True)
        )
        return (red + 2 * green + blue) / before

    def _correct_brightness(self, request: FrameRequest, statistics: FrameStatistics, brightening: float) -> bool:
        """Choose the drive of the next frames; whether it has changed. The new white balance brightens by a factor."""
        state = self._state
        wanted = self._wanted_product(request, statistics) / brightening
        reach = self._reach(request)
        chosen = reach.share_out(wanted)
        changed = False
        if iris.controlled(state):
            changed = iris.open_to(state, chosen.opening)
            if iris.moves(state):  # meanwhile the exposure makes up for what is not open, or not closed, yet
                present = replace(reach, openings=(iris.light(state),), gain=_only(chosen.gain))
                chosen = present.share_out(wanted)
        if EXPOSURE_AUTO.holds(state) and self._differs(chosen.exposure_us):
            state.put("ExposureTime", chosen.exposure_us)
            changed = True
        if GAIN_AUTO.holds(state):
            changed |= self._take_gain(chosen.gain_db)
        if not changed:
            self._correcting = False
        return changed

    def _take_gain(self, gain_db: float) -> bool:
        low, high = self._gain_limits_db()
        current_db = float(self._state.stored("Gain"))
        if low <= current_db <= high and abs(gain_db - current_db) <= _SAME_GAIN_DB:
            return False
        self._state.put("Gain", min(max(self._state.on_grid("Gain", gain_db), low), high))
        return True

    def _differs(self, exposure_us: float) -> bool:
        current_us = float(self._state.stored("ExposureTime"))
        limits = self._exposure_limits()
        if not limits.low <= current_us <= limits.high:
            return True
        at_limit = exposure_us in {limits.low, limits.high}
        coarse_us = 0.0 if at_limit else _COARSE_STEP * (limits.step or 0.0)
        return abs(exposure_us - current_us) > max(_SAME_EXPOSURE * current_us, coarse_us)

    def _wanted_product(self, request: FrameRequest, statistics: FrameStatistics) -> float:
        product = product_of(request)
        reference = float(self._state["ExposureAutoReference"])
        error = abs(statistics.mean_dn8 - reference) / max(reference, 1.0)
        wanted = product
        if error > (_SETTLED if self._correcting else _DISTURBED):
            self._correcting = True
            wanted *= factor_to(reference, request, statistics)
        if not self._state["ExposureAutoHighlightReduction"]:
            self._ceiling = None
            return wanted
        least = product * factor_to(reference, request, statistics) * _LEAST_REDUCED
        return min(wanted, self._highest_product(request, statistics, least))

    def _highest_product(self, request: FrameRequest, statistics: FrameStatistics, least: float) -> float:
        """Lowered down to `least` while too much is saturated; forgotten when the light of the scene changes."""
        product = product_of(request)
        light = signal_dn8(statistics.mean_dn8, request) / product
        if statistics.saturated_share > _MOST_SATURATED:
            self._ceiling = _Ceiling(max(product * _REDUCTION, least))
            return self._ceiling.product
        ceiling = self._ceiling
        if ceiling is None:
            return float("inf")
        if ceiling.light is None:
            ceiling.light = light
        elif abs(light / ceiling.light - 1) > _OTHER_LIGHT:
            self._ceiling = None
            return float("inf")
        return ceiling.product

    def _reach(self, request: FrameRequest) -> Reach:
        state = self._state
        exposure = _only(float(state.stored("ExposureTime")))
        if EXPOSURE_AUTO.holds(state):
            exposure = self._exposure_limits()
        gain = _only(gain_factor(float(state.stored("Gain"))))
        if GAIN_AUTO.holds(state):
            low_db, high_db = self._gain_limits_db()
            gain = Limits(gain_factor(low_db), gain_factor(high_db))
        openings = iris.openings(state) if iris.controlled(state) else (illumination(request),)
        return Reach(exposure, openings, gain)

    def _exposure_limits(self) -> Limits:
        state = self._state
        low, high = _ordered(state["ExposureAutoLowerLimit"], state["ExposureAutoUpperLimit"])
        return Limits(low, high, state.widest_limits("ExposureTime").step)

    def _gain_limits_db(self) -> tuple[float, float]:
        return _ordered(self._state["GainAutoLowerLimit"], self._state["GainAutoUpperLimit"])


def _only(value: float) -> Limits:
    return Limits(value, value)


def _ordered(low: float, high: float) -> tuple[float, float]:
    """Limits of which the lower one wins where they contradict each other."""
    return low, max(low, high)
