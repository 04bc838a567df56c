"""The motors of the zoom lens: they take their time; zoom and focus say when they have arrived (manual 5.4)."""

from __future__ import annotations

from collections.abc import Callable

from tiscam_emu.camera.behaviour import earliest
from tiscam_emu.camera.lens.lens_optics import Imaging, Setting, imaging
from tiscam_emu.camera.lens.motion import Motor, MotorName, Move
from tiscam_emu.camera.notices import FocusSearchRequested, FocusStopReached, MoveCompleted, SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.units import Nanoseconds


class LensMotors:
    """State: the motors of one camera, none if it has no such lens."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        lens = state.model.lens
        self._motors: tuple[Motor, ...] = ()
        if lens is not None:
            speeds: dict[MotorName, float] = {
                "Zoom": lens.zoom_per_s,
                "Focus": lens.focus_per_s,
                "Iris": lens.iris_per_s,
            }
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
        motor.moving = False
        if motor.searching:
            self._state.notices.notify(FocusStopReached(at))
        elif motor.name != "Iris":
            self._state.notices.notify(MoveCompleted(motor.name, round(motor.move.stops[-1]), at))

    def _follow_settings(self, _notice: SettingsReplaced) -> None:
        for motor in self._motors:
            wanted = self._state.stored(motor.name)
            if motor.searching or motor.move.stops[-1] != wanted:
                motor.go(self._state.now, wanted)


def follow(name: MotorName) -> Callable[[CameraState], None]:
    """What to do when a position is written: the motor sets out for it, and all but the iris end autofocus."""

    def set_out(state: CameraState) -> None:
        if name not in state.motors:
            return
        state.motors[name].go(state.now, state.stored(name))
        focus = state.motors["Focus"]
        if focus.searching and name != "Iris":
            here = round(focus.move.position(state.now))
            state.put("Focus", here)
            focus.go(state.now, here)

    return set_out


def request_search(state: CameraState) -> None:
    """Begin to look for the sharpest focus."""
    if "Focus" in state.motors:
        state.notices.notify(FocusSearchRequested(state.now))


def imaging_at(state: CameraState, now: Nanoseconds) -> Imaging:
    """What the lens makes of a picture whose exposure opens `now`."""
    return imaging_of(state, setting_at(state, now)) if state.motors else Imaging()


def imaging_of(state: CameraState, setting: Setting) -> Imaging:
    """What the lens makes of a picture when its parts are where `setting` says."""
    lens = state.model.lens
    if lens is None:
        return Imaging()
    return imaging(lens, setting, state.model.sensor.pixel_um, infrared=not state["IRCutFilterEnable"])


def setting_at(state: CameraState, now: Nanoseconds) -> Setting:
    """Where the parts of the lens are."""
    return Setting(
        zoom=state.motors["Zoom"].move.position(now),
        focus=state.motors["Focus"].move.position(now) / state.widest_limits("Focus").high,
        iris=state.motors["Iris"].move.position(now) / state.widest_limits("Iris").high,
    )


def _parked(state: CameraState, name: MotorName, per_s: float) -> Motor:
    return Motor(name, Move(state.now, (state.stored(name),), per_s))
