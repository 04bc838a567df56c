"""What the steps of a timeline do to a running camera: one row of a table each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tiscam_emu.camera.core import Camera, frame_request
from tiscam_emu.errors import SceneError
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.happenings import TIMELINE
from tiscam_emu.net.scene_parcel import unpacked
from tiscam_emu.net.timeline import NotReady, Step, Timeline, Undo
from tiscam_emu.units import Nanoseconds

if TYPE_CHECKING:
    from tiscam_emu.net.runner import CameraRunner
    from tiscam_emu.sensor.render import Renderer

_LOOK_AGAIN_S = 0.5
_Done = tuple[Nanoseconds, Undo | None]


class CameraStage:
    """State: a camera under a timeline, and the scene that is prepared for it.

    All but the thread that prepares scenes runs on the loop's.
    """

    def __init__(self, runner: CameraRunner) -> None:
        self.runner = runner
        self.scene: Any = runner.options.scene
        self._prepared: tuple[Any, Renderer | SceneError] | None = None
        self._preparing = False
        self._settings: tuple[Any, ...] = ()
        self._wanted = threading.Condition()

    def perform(self, action: str, arguments: tuple[Any, ...], due: Nanoseconds) -> _Done:
        """See `Stage.perform`; what the camera itself does takes effect at the very time it was due, if it can."""
        return ACTIONS[action].perform(self, due, *arguments)

    def holds(self, action: str, arguments: tuple[Any, ...]) -> str:
        """See `Stage.holds`."""
        holds = ACTIONS[action].holds
        return f"{holds} {arguments[0]}" if holds == "feature" else holds

    def lasts(self, action: str) -> bool:
        """See `Stage.lasts`."""
        return ACTIONS[action].lasts

    def device_time(self, due: Nanoseconds) -> Nanoseconds:
        """The earliest time at which the camera can still act on what was due at `due`."""
        return max(due, self.runner.camera.state.now)

    def take_renderer(self, scene: Any) -> Renderer:
        """The renderer of a scene that is to be seen now.

        Raises
        ------
        NotReady, SceneError
            It is still being prepared; it cannot be used.
        """
        with self._wanted:
            prepared, fits = self._prepared, self._prepared is not None and self._prepared[0] == scene
            if not self._preparing:
                self._prepared = None
                self._wanted.notify()
            if prepared is None or self._preparing or not fits:
                raise NotReady
        if isinstance(prepared[1], SceneError):
            raise prepared[1]
        return prepared[1]

    def prepare_scenes(self, timeline: Timeline) -> None:
        """Have the next scene of the timeline prepared by the time it is due, one at a time: they take memory."""
        threading.Thread(target=self._prepare, args=(timeline,), name="tiscam-emu scenes", daemon=True).start()

    def _prepare(self, timeline: Timeline) -> None:
        while self._is_wanted():
            with self._preparing_now():
                upcoming = self.runner.call(lambda _camera, _now: timeline.upcoming("scene"))
                if upcoming is None:
                    return
                self._prepared = upcoming[0], self._renderer(upcoming[0])
            self.runner.call(lambda _camera, _now: None)  # the loop looks whether it waits for this

    def _is_wanted(self) -> bool:
        """Wait until a scene has to be prepared; while one is ready, keep it ready for the settings of the camera."""
        while not self.runner.stopping:
            with self._wanted:
                if self._wanted.wait_for(lambda: self._prepared is None, _LOOK_AGAIN_S):
                    return True
            settings = self.runner.call(frame_settings)
            if settings == self._settings:
                continue
            with self._preparing_now():
                if self._prepared is not None and not isinstance(self._prepared[1], SceneError):
                    self._settings = settings
                    self.runner.prepare(self._prepared[1])
            self.runner.call(lambda _camera, _now: None)
        return False

    @contextmanager
    def _preparing_now(self) -> Iterator[None]:
        with self._wanted:
            self._preparing = True
        try:
            yield
        finally:
            with self._wanted:
                self._preparing = False

    def _renderer(self, scene: Any) -> Renderer | SceneError:
        self._settings = self.runner.call(frame_settings)
        try:
            return self.runner.prepared(unpacked(scene))
        except SceneError as error:
            return error


def frame_settings(camera: Camera, now: Nanoseconds) -> tuple[Any, ...]:
    """What a renderer takes long to prepare for."""
    request = frame_request(camera.state, 0, now)
    return request.region, request.pixel_format


def _cable(stage: CameraStage, _due: Nanoseconds, plugged: bool) -> _Done:
    stage.runner.plug(plugged=plugged)
    return stage.runner.clock.now(), Undo("cable", (not plugged,), "unplug" if plugged else "plug")


def _faults(stage: CameraStage, _due: Nanoseconds, *texts: str) -> _Done:
    runner = stage.runner
    runner.use_faults(FaultPlan.parse(texts))
    usual = tuple(runner.options.faults)
    return runner.clock.now(), Undo("faults", usual, f"faults: {', '.join(usual) or 'none'}")


def _line1(stage: CameraStage, due: Nanoseconds, high: bool) -> _Done:
    at_ns = stage.device_time(due)
    stage.runner.camera.line1.drive(high, at_ns)
    return at_ns, Undo("line1", (not high,), f"line1: {'low' if high else 'high'}")


def _pulse(stage: CameraStage, due: Nanoseconds, width_ns: Nanoseconds) -> _Done:
    at_ns = stage.device_time(due)
    stage.runner.camera.line1.pulses([(at_ns, True), (at_ns + width_ns, False)])
    return at_ns, None


def _set(stage: CameraStage, due: Nanoseconds, name: str, value: Any) -> _Done:
    at_ns = stage.device_time(due)
    features = stage.runner.camera.by_name(at_ns)
    before = features.value(name)
    features.write(name, value)
    stage.runner.note_writer(TIMELINE, at_ns)
    return at_ns, Undo("set", (name, before), f"set {name} to {before}")


def _execute(stage: CameraStage, due: Nanoseconds, command: str) -> _Done:
    at_ns = stage.device_time(due)
    stage.runner.camera.by_name(at_ns).write(command, True)  # noqa: FBT003
    stage.runner.note_writer(TIMELINE, at_ns)
    return at_ns, None


def _scene(stage: CameraStage, _due: Nanoseconds, scene: Any) -> _Done:
    stage.runner.show(scene, stage.take_renderer(scene))
    before, stage.scene = stage.scene, scene
    return stage.runner.clock.now(), Undo("scene", (before,), f"scene: {before}")


def _stamp(stage: CameraStage, _due: Nanoseconds, stamping: bool) -> _Done:
    pipeline = stage.runner.pipeline
    before, pipeline.stamping = pipeline.stamping, stamping
    return stage.runner.clock.now(), Undo("stamp", (before,), f"stamp: {str(before).lower()}")


def _power_off(stage: CameraStage, due: Nanoseconds, off_ns: Nanoseconds) -> _Done:
    runner = stage.runner
    runner.announce("power_off", {"until_ns": due + off_ns})
    runner.stop()
    return runner.clock.now(), None


def follow(runner: CameraRunner, plan: Mapping[str, Any]) -> Timeline:
    """Have a camera follow a plan from now on.

    Parameters
    ----------
    plan
        Plain data: ``steps`` as `Step.to_json` gives them, ``origins`` that have come with their device times, the
        camera's ``own`` origin, ``seed``, and ``left_ns`` of a camera before it; see `Timeline`.
    """
    steps = [Step.from_json(step) for step in plan["steps"]]
    stage = CameraStage(runner)
    now, left_ns = runner.clock.now(), plan["left_ns"]
    since_ns = now if left_ns else 0
    timeline = Timeline(steps, stage, own=plan["own"], seed=plan["seed"], left_ns=left_ns, since_ns=since_ns)
    for origin, at_ns in plan["origins"].items():
        timeline.begin(origin, at_ns)
    stage.prepare_scenes(timeline)
    runner.follow(timeline)
    return timeline


class Action(NamedTuple):
    """A kind of step.

    Attributes
    ----------
    perform
        Takes the stage, the time it was due, and the step's arguments.
    holds, lasts
        See `Stage`; ``feature`` stands for the one named by the first argument.
    """

    perform: Callable[..., _Done]
    holds: str
    lasts: bool = False


ACTIONS: Mapping[str, Action] = {
    "cable": Action(_cable, "cable", lasts=True),
    "faults": Action(_faults, "faults", lasts=True),
    "line1": Action(_line1, "line1", lasts=True),
    "pulse": Action(_pulse, "line1"),
    "set": Action(_set, "feature"),
    "execute": Action(_execute, "command"),
    "scene": Action(_scene, "scene", lasts=True),
    "stamp": Action(_stamp, "stamp", lasts=True),
    "power_off": Action(_power_off, "power"),
}
"""By name; what each takes follows from its function."""
