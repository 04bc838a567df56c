"""The motors of the zoom lens: they take their time, and say when they have arrived (manual 5.4)."""

from __future__ import annotations

from collections.abc import Callable

from tiscam_emu.camera.behaviour import earliest
from tiscam_emu.camera.lens_optics import Imaging, Setting, imaging, sharpest_focus
from tiscam_emu.camera.motion import Motor, MotorName, Move
from tiscam_emu.camera.notices import MoveCompleted, SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.spec.model import LensModel
from tiscam_emu.units import Nanoseconds


class LensMotors:
    """State: the motors of one camera, none if it has no such lens.

    Autofocus sweeps the whole range, from the nearer end to the other one, then goes to where it was sharpest.
    """

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._lens = state.model.lens
        self._motors: tuple[Motor, ...] = ()
        if self._lens is not None:
            speeds: dict[MotorName, float] = {"Zoom": self._lens.zoom_per_s, "Focus": self._lens.focus_per_s}
            self._motors = tuple(_parked(state, name, per_s) for name, per_s in speeds.items())
        state.motors.update({motor.name: motor for motor in self._motors})
        state.notices.subscribe(SettingsReplaced, self._follow_settings)

    def advance(self, now: Nanoseconds) -> None:
        """Let the motors arrive that do so until `now`, in the order in which they do."""
        while (motor := self._next_to_arrive()) is not None and motor.move.ends_ns <= now:
            self._arrived(motor)

    def next_wakeup(self) -> Nanoseconds | None:
        """When a motor arrives next."""
        return earliest(motor.move.ends_ns for motor in self._motors if motor.moving)

    def _next_to_arrive(self) -> Motor | None:
        moving = [motor for motor in self._motors if motor.moving]
        return min(moving, key=lambda motor: motor.move.ends_ns, default=None)

    def _arrived(self, motor: Motor) -> None:
        at = motor.move.ends_ns
        if motor.searching and self._lens is not None:
            sharpest = _sharpest(self._state, self._lens, at)
            self._state.put(motor.name, sharpest)
            motor.go(at, sharpest)
            return
        motor.moving = False
        self._state.notices.notify(MoveCompleted(motor.name, round(motor.move.stops[-1]), at))

    def _follow_settings(self, _notice: SettingsReplaced) -> None:
        for motor in self._motors:
            wanted = self._state.stored(motor.name)
            if motor.searching or motor.move.stops[-1] != wanted:
                motor.go(self._state.now, wanted)


def follow(name: MotorName) -> Callable[[CameraState], None]:
    """What to do when a position is written: the motor sets out for it."""

    def set_out(state: CameraState) -> None:
        if name in state.motors:
            state.motors[name].go(state.now, state.stored(name))

    return set_out


def search_focus(state: CameraState) -> None:
    """Begin to look for the sharpest focus."""
    if "Focus" in state.motors:
        motor, limits = state.motors["Focus"], state.widest_limits("Focus")
        near_first = 2 * motor.move.position(state.now) < limits.low + limits.high
        ends = (limits.low, limits.high) if near_first else (limits.high, limits.low)
        motor.go(state.now, *ends, searching=True)


def imaging_at(state: CameraState, now: Nanoseconds) -> Imaging:
    """What the lens makes of a picture whose exposure opens `now`."""
    lens = state.model.lens
    if lens is None or not state.motors:
        return Imaging()
    infrared = not state["IRCutFilterEnable"]
    return imaging(lens, _setting(state, now), state.model.sensor.pixel_um, infrared=infrared)


def _setting(state: CameraState, now: Nanoseconds) -> Setting:
    return Setting(
        zoom=state.motors["Zoom"].move.position(now),
        focus=state.motors["Focus"].move.position(now) / state.widest_limits("Focus").high,
        iris=state["Iris"] / state.widest_limits("Iris").high,
    )


def _parked(state: CameraState, name: MotorName, per_s: float) -> Motor:
    return Motor(name, Move(state.now, (state.stored(name),), per_s))


def _sharpest(state: CameraState, lens: LensModel, at: Nanoseconds) -> int:
    """The position of the focus motor at which the scene is sharpest, as the zoom is then."""
    share = sharpest_focus(lens, state.motors["Zoom"].move.position(at))
    return round(share * state.widest_limits("Focus").high)
