"""What the routes do: each takes a call, asks the camera, and gives plain data. Errors are Python's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiscam_emu.errors import InvalidOption
from tiscam_emu.http.calls import Call
from tiscam_emu.http.events import MOST_LISTENERS, Subscription
from tiscam_emu.http.start_options import scene_names
from tiscam_emu.http.uploads import json_of, scene_of, value_of

MOST_EDGES = 10_000
_LEVELS: Mapping[Any, bool] = {1: True, 0: False, "high": True, "low": False}
_TRAIN = {"count", "period_s", "width_s", "delay_s"}


def cameras(call: Call) -> list[dict[str, Any]]:
    """All cameras, in short."""
    return [_in_short(call, name) for name in call.bench.names()]


def start(call: Call) -> dict[str, Any]:
    """Start one."""
    name = call.bench.start(json_of(call.body))
    return _in_short(call, name)


def stop(call: Call) -> None:
    """End one."""
    call.bench.stop(call.name)


def power_cycle(call: Call) -> dict[str, Any]:
    """Switch one off and on."""
    call.bench.power_cycle(call.name)
    return _in_short(call, call.name)


def camera(call: Call) -> dict[str, Any]:
    """One camera, with what it is doing."""
    return {**_in_short(call, call.name), **call.camera.overview()}


def _in_short(call: Call, name: str) -> dict[str, Any]:
    asked = call.bench[name]
    return {"name": name, "model": asked.model, "serial": asked.serial, "address": asked.address}


def features(call: Call) -> list[dict[str, Any]]:
    """All features as they are now."""
    return [info.to_json() for info in call.camera.every_feature()]


def feature(call: Call) -> dict[str, Any]:
    """One."""
    return call.camera.feature(call.place["feature"]).to_json()


def value(call: Call) -> Any:
    """The value of one alone."""
    return call.camera[call.place["feature"]]


def set_feature(call: Call) -> dict[str, Any]:
    """Set one; answered is what it is then."""
    call.camera[call.place["feature"]] = value_of(call.body)
    return feature(call)


def execute(call: Call) -> dict[str, Any]:
    """Execute a command."""
    call.camera.execute(call.place["feature"])
    return feature(call)


def scene(call: Call) -> dict[str, Any]:
    """What the camera looks at, and what else there is."""
    return {"scene": call.camera.looks_at(), "names": scene_names()}


def set_scene(call: Call) -> dict[str, Any]:
    """Look at something else."""
    call.camera.scene = scene_of(call.body)
    return scene(call)


def faults(call: Call) -> list[str]:
    """The faults that hold now."""
    return call.camera.fault_texts()


def set_faults(call: Call) -> list[str]:
    """Let these take the place of the former ones."""
    body = call.body.strip()
    wanted = json_of(body) if body.startswith((b"[", b"{", b'"')) else value_of(body) if body else []
    if isinstance(wanted, dict):
        wanted = [",".join(f"{name}={value}" for name, value in wanted.items())] if wanted else []
    texts = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidOption("faults: must be a text such as drop=0.01, a list of them, or an object")
    call.camera.faults(*texts)
    return faults(call)


def plug(call: Call) -> None:
    """Put the network plug in."""
    call.camera.plug()


def unplug(call: Call) -> None:
    """Pull it."""
    call.camera.unplug()


def line1(call: Call) -> bool:
    """The level of TRIGGER_IN."""
    return call.camera.line1


def set_line1(call: Call) -> bool:
    """Drive it."""
    level = _level(value_of(call.body))
    call.camera.drive_line1(level)
    return level


def pulse_line1(call: Call) -> dict[str, int]:
    """Plan edges of it."""
    train = _train(json_of(call.body))
    call.camera.pulse_line1(train)
    return {"edges": len(train)}


def _train(wanted: Any) -> list[tuple[float, bool]]:
    if isinstance(wanted, dict):
        return _regular(wanted)
    if not isinstance(wanted, list) or not all(isinstance(edge, list) and len(edge) == 2 for edge in wanted):
        raise InvalidOption("pulses: must be a list of [seconds, level], or an object with count, period_s, width_s")
    _check_count(len(wanted))
    return [(_seconds("seconds", seconds), _level(level)) for seconds, level in wanted]


def _regular(wanted: dict[str, Any]) -> list[tuple[float, bool]]:
    if unknown := wanted.keys() - _TRAIN:
        raise InvalidOption(f"pulses: there is no {min(unknown)!r}; there are {', '.join(sorted(_TRAIN))}")
    count = wanted.get("count", 1)
    if type(count) is not int or count < 1:
        raise InvalidOption(f"pulses: count {count!r} is not a whole number of 1 or more")
    _check_count(2 * count)
    width = _seconds("width_s", wanted.get("width_s", 0.001))
    period = _seconds("period_s", wanted.get("period_s", 0.02))
    delay = _seconds("delay_s", wanted.get("delay_s", 0))
    if not 0 < width < period:
        raise InvalidOption(f"pulses: width_s {width:g} must be above 0 and below period_s {period:g}")
    starts = [delay + number * period for number in range(count)]
    return [edge for start in starts for edge in ((start, True), (start + width, False))]


def _check_count(edges: int) -> None:
    if edges > MOST_EDGES:
        raise InvalidOption(f"pulses: {edges} edges are above {MOST_EDGES}")


def _seconds(name: str, value: Any) -> float:
    if type(value) not in {int, float} or not 0 <= value <= 86_400:
        raise InvalidOption(f"pulses: {name} {value!r} is not a number of seconds, 0 to 86400")
    return float(value)


def _level(value: Any) -> bool:
    if isinstance(value, int | float | str) and value in _LEVELS:
        return _LEVELS[value]
    raise InvalidOption(f"level {value!r}: must be high or low, true or false, 1 or 0")


def events(call: Call) -> Subscription:
    """Listen to what happens."""
    camera = call.query.get("camera", "")
    if camera:
        call.bench[camera]
    subscription = call.hub.subscribe(camera, call.headers.get("last-event-id", ""))
    if subscription is None:
        raise InvalidOption(f"events: {MOST_LISTENERS} listen already")
    return subscription


def strobe(call: Call) -> list[dict[str, Any]]:
    """The last edges of STROBE_OUT."""
    return [{"at_ns": at_ns, "high": high} for at_ns, high in call.camera.output_edges()]


def timeline(call: Call) -> dict[str, Any]:
    """What the timeline of a bench file has done to it, and what comes next."""
    return call.camera.timeline()


def stamp(call: Call) -> bool:
    """Whether frames carry a stamp."""
    return call.camera.stamp


def set_stamp(call: Call) -> bool:
    """Switch stamps on or off."""
    value = value_of(call.body)
    if value not in {0, 1}:
        raise InvalidOption(f"stamp {value!r}: must be true or false")
    call.camera.stamp = bool(value)
    return bool(value)
