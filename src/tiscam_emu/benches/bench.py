"""A bench that runs: its cameras in processes of their own, held by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from tiscam_emu.benches.place import STOP_TIMEOUT_S, Origins, Place
from tiscam_emu.benches.plan import BenchPlan
from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.handle import Camera
from tiscam_emu.net.timeline import START
from tiscam_emu.units import NS_PER_S, Nanoseconds

_BEGINS_AFTER_NS = NS_PER_S // 20
"""Time for all cameras to hear of the start before it comes."""

_T = TypeVar("_T")
Listener = Callable[[str, str, dict[str, Any]], None]


class Bench:
    """State: the cameras of a bench file; a context manager that ends them.

    Parameters
    ----------
    plan
        As `plan.read_plan` reads it from a file, and `check.check` has tried it.

    Raises
    ------
    UserError, CameraFailed
        What kept a camera from starting; none runs then.
    """

    def __init__(self, plan: BenchPlan, log_level: str = "WARNING") -> None:
        self.plan = plan
        self._origins = Origins(seed=plan.seed)
        self._listeners: list[Listener] = []
        self._resources = ExitStack()
        self._places: dict[str, Place] = {}
        try:
            for name, camera in plan.cameras.items():
                self._places[name] = Place(name, camera, self._origins, log_level, self._teller(name))
            for name, place in self._places.items():
                _wait_ready(name, place)
        except BaseException:
            self.stop()
            raise
        self._cameras = {
            name: Camera(place, place.model, place.serial, place.address, place.plan.options.scene)
            for name, place in self._places.items()
        }

    def __getitem__(self, name: str) -> Camera:
        """A camera by its name in the file, also while or after it is started again."""
        return self._cameras[name]

    def __iter__(self) -> Iterator[str]:
        """Names, in the order of the file."""
        return iter(self._cameras)

    def __len__(self) -> int:
        """How many cameras there are."""
        return len(self._cameras)

    @property
    def places(self) -> Mapping[str, Place]:
        """What runs, by name."""
        return self._places

    def begin(self) -> None:
        """Let the timeline begin; the second time nothing happens."""
        if START in self._origins.times:
            return
        self._origins.times[START] = time.monotonic_ns() + _BEGINS_AFTER_NS
        for place in self._places.values():
            place.begin()

    def timeline(self, name: str) -> dict[str, Any]:
        """What the timeline has done to a camera and what comes next; see `Timeline.report`."""
        return self._places[name].timeline()

    def on_event(self, listener: Listener) -> None:
        """Have `listener` called, from any thread, with a camera's name, an event of it and its data."""
        self._listeners.append(listener)

    def keep_open(self, resource: AbstractContextManager[_T]) -> _T:
        """Enter a context that is left before the cameras end."""
        return self._resources.enter_context(resource)

    @property
    def failed(self) -> bool:
        """Whether all cameras have ended by themselves, and none will be started again by itself."""
        return all(place.failed for place in self._places.values())

    def stop(self) -> None:
        """End all cameras and free their addresses."""
        self._resources.close()
        for place in self._places.values():
            place.ask_to_stop()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for place in self._places.values():
            place.stop(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _teller(self, name: str) -> Callable[[str, dict[str, Any]], None]:
        def tell(event: str, data: dict[str, Any]) -> None:
            if event == "first_frame":
                self._pass_on(name, data["at_ns"])
            for listener in self._listeners:
                listener(name, event, data)

        return tell

    def _pass_on(self, name: str, at_ns: Nanoseconds) -> None:
        """Tell all others; on a thread of its own, for this one has to listen to their answers."""
        self._origins.times.setdefault(name, at_ns)
        waiting = [
            place
            for place in self._places.values()
            if place.name != name and any(step.origin == name for step in place.plan.steps)
        ]
        for place in waiting:
            threading.Thread(target=place.hear, args=(name, at_ns), daemon=True).start()


def _wait_ready(name: str, place: Place) -> None:
    try:
        place.wait_ready()
    except TiscamEmuError as error:
        error.args = (f"{name}: {error}",)
        raise
