"""What can be asked of a running camera from Python: one table for cameras in this process and in others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.last_frame import copied
from tiscam_emu.net.runner import CameraRunner
from tiscam_emu.net.scene_parcel import unpacked
from tiscam_emu.net.timeline_stage import follow
from tiscam_emu.units import ns_from_s

_FEATURES_AT_ONCE = 8
"""So many are looked at between two turns of the camera's loop, which is not to wait longer."""


def _status(runner: CameraRunner) -> dict[str, Any]:
    return runner.status().to_json()


def _drive_line1(runner: CameraRunner, high: bool) -> None:
    runner.call(lambda camera, now: camera.line1.drive(high, now))


def _pulse_line1(runner: CameraRunner, train: list[tuple[float, bool]]) -> None:
    runner.call(lambda camera, now: camera.line1.pulses([(now + ns_from_s(delay), high) for delay, high in train]))


def _line1(runner: CameraRunner) -> bool:
    return runner.call(lambda camera, now: camera.line1_level(now))


def _output_edges(runner: CameraRunner) -> list[tuple[int, bool]]:
    return runner.call(lambda camera, _now: [(edge.at_ns, edge.high) for edge in camera.output_edges])


def _status_led(runner: CameraRunner) -> str:
    return runner.call(lambda camera, now: camera.status_led(now))


def _look_at(runner: CameraRunner, scene: Any) -> None:
    runner.look_at(unpacked(scene))


def _scene(runner: CameraRunner) -> str:
    return runner.scene


def _set_stamp(runner: CameraRunner, stamping: bool) -> None:
    runner.pipeline.stamping = bool(stamping)


def _stamp(runner: CameraRunner) -> bool:
    return runner.pipeline.stamping


def _faults(runner: CameraRunner, texts: list[str]) -> None:
    runner.use_faults(FaultPlan.parse(texts))


def _fault_texts(runner: CameraRunner) -> list[str]:
    return runner.faults.texts()


def _plug(runner: CameraRunner) -> None:
    runner.plug(plugged=True)


def _unplug(runner: CameraRunner) -> None:
    runner.plug(plugged=False)


def _features(runner: CameraRunner) -> list[str]:
    return runner.call(lambda camera, now: camera.by_name(now).names())


def _feature(runner: CameraRunner, name: str) -> dict[str, Any]:
    return runner.call(lambda camera, now: camera.by_name(now).info(name).to_json())


def _every_feature(runner: CameraRunner) -> list[dict[str, Any]]:
    names = _features(runner)
    found: list[dict[str, Any]] = []
    for first in range(0, len(names), _FEATURES_AT_ONCE):
        some = names[first : first + _FEATURES_AT_ONCE]
        found += runner.call(lambda camera, now, some=some: [camera.by_name(now).info(n).to_json() for n in some])  # type: ignore[misc]
    return found


def _value(runner: CameraRunner, name: str) -> Plain:
    return runner.call(lambda camera, now: camera.by_name(now).value(name))


def _set(runner: CameraRunner, name: str, value: Plain) -> None:
    runner.call(lambda camera, now: camera.by_name(now).write(name, value), writes=True)


def _last_frame(runner: CameraRunner, path: str, known: str, width: int) -> dict[str, Any]:
    return copied(runner.pipeline.last, path, known, width)


def _overview(runner: CameraRunner) -> dict[str, Any]:
    return {
        "scene": _scene(runner),
        "stamp": _stamp(runner),
        "line1": _line1(runner),
        "faults": _fault_texts(runner),
        "status": _status(runner),
    }


def _watch(runner: CameraRunner, watched: bool) -> None:
    runner.watch(watched=watched)


def _follow(runner: CameraRunner, plan: dict[str, Any]) -> None:
    follow(runner, plan)


def _begin(runner: CameraRunner, origin: str, at_ns: int) -> None:
    timeline = runner.timeline
    if timeline is not None:
        runner.call(lambda _camera, _now: timeline.begin(origin, at_ns))


def _timeline(runner: CameraRunner) -> dict[str, Any]:
    timeline = runner.timeline
    return {} if timeline is None else runner.call(lambda _camera, _now: timeline.report())


REQUESTS: dict[str, Callable[..., Any]] = {
    "status": _status,
    "overview": _overview,
    "drive_line1": _drive_line1,
    "pulse_line1": _pulse_line1,
    "line1": _line1,
    "output_edges": _output_edges,
    "status_led": _status_led,
    "look_at": _look_at,
    "scene": _scene,
    "stamp": _stamp,
    "set_stamp": _set_stamp,
    "faults": _faults,
    "fault_texts": _fault_texts,
    "plug": _plug,
    "unplug": _unplug,
    "features": _features,
    "feature": _feature,
    "every_feature": _every_feature,
    "value": _value,
    "set": _set,
    "follow": _follow,
    "begin": _begin,
    "timeline": _timeline,
    "last_frame": _last_frame,
    "watch": _watch,
}
"""Name to function of the runner and plain arguments; what it returns is plain data, for it may cross to a process."""

LONG_REQUESTS = frozenset({"look_at"})
"""They may take seconds, and no other is to wait for them."""


def answer(runner: CameraRunner, name: str, arguments: list[Any]) -> Any:
    """Carry out one request.

    Raises
    ------
    InvalidOption
        There is no such request.
    """
    if name not in REQUESTS:
        raise InvalidOption(f"request {name!r}: must be one of {', '.join(REQUESTS)}")
    return REQUESTS[name](runner, *arguments)
