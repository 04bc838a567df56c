"""The actions of a timeline: a row each, from the file's words to what a camera's process does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tiscam_emu.benches.file import Mistake
from tiscam_emu.benches.schema import StepSection
from tiscam_emu.net.timeline import Step
from tiscam_emu.units import NS_PER_MS, Nanoseconds

_Doing = tuple[str, tuple[Any, ...], str]
"""A key of `net.timeline_stage.ACTIONS`, arguments, and the text for people."""


class Kind(NamedTuple):
    """What one key of a step stands for.

    Attributes
    ----------
    doing
        What is done; several things for a key that sets several features.
    takes
        Keys that go with it, beside those of every step.
    """

    doing: Callable[[StepSection], list[_Doing]]
    takes: frozenset[str] = frozenset()


def _features(step: StepSection) -> list[_Doing]:
    return [("set", (name, value), f"set {name} to {_word(value)}") for name, value in step.set.items()]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _faults(step: StepSection) -> list[_Doing]:
    return [("faults", step.faults, f"faults {', '.join(step.faults) or 'none'}")]


def _pulses(step: StepSection) -> list[_Doing]:
    width_ns = step.width or step.pulses // 2
    return [("pulse", (width_ns,), f"pulse of {width_ns / NS_PER_MS:g} ms")]


_FOR = frozenset({"for"})
KINDS: Mapping[str, Kind] = {
    "unplug": Kind(lambda _: [("cable", (False,), "unplug")], _FOR),
    "plug": Kind(lambda _: [("cable", (True,), "plug")], _FOR),
    "loss": Kind(lambda s: [("faults", (f"drop={s.loss:g}",), f"loss {100 * s.loss:g} %")], _FOR),
    "faults": Kind(_faults, _FOR),
    "line1": Kind(lambda s: [("line1", (s.line1,), f"line1 {'high' if s.line1 else 'low'}")], _FOR),
    "pulses": Kind(_pulses, _FOR | {"count", "width"}),
    "scene": Kind(lambda s: [("scene", (s.scene,), f"scene {s.scene}")], _FOR),
    "set": Kind(_features, _FOR),
    "execute": Kind(lambda s: [("execute", (s.execute,), f"execute {s.execute}")]),
    "stamp": Kind(lambda s: [("stamp", (s.stamp,), f"stamp {_word(s.stamp)}")], _FOR),
    "power_cycle": Kind(lambda s: [("power_off", (s.power_cycle,), "power cycle")]),
}
"""By key; the schema says what values they take."""

_GO_WITH_SOME = frozenset({"for", "count", "width"})


def steps(number: int, section: StepSection) -> list[Step]:
    """What one step of the file comes to for each of its cameras; for several features, several steps.

    Raises
    ------
    Mistake
        Keys are missing, or do not go together; `where` begins in the step.
    """
    key = _action(section)
    _check_keys(section, key)
    repeats = _repeats(section, key)
    _check_times(section, key, repeats)
    return [
        Step(
            number,
            action,
            arguments,
            text,
            origin=section.after,
            at_ns=section.at,
            for_ns=0 if key == "pulses" else section.for_,
            repeats=repeats,
            jitter_ns=section.jitter,
        )
        for action, arguments, text in KINDS[key].doing(section)
    ]


def given(section: StepSection) -> frozenset[str]:
    """The keys a step has in the file."""
    return frozenset("for" if name == "for_" else name for name in section.model_fields_set)


def _action(section: StepSection) -> str:
    keys = [key for key in KINDS if key in given(section)]
    if not keys:
        raise Mistake((), f"does nothing; needs one of {', '.join(KINDS)}")
    if len(keys) > 1:
        raise Mistake((keys[1],), f"a step does one thing, and this one has {keys[0]}; make a step of its own of it")
    return keys[0]


def _check_keys(section: StepSection, key: str) -> None:
    keys = given(section)
    for name in sorted(keys & _GO_WITH_SOME - KINDS[key].takes):
        takers = [other for other, kind in KINDS.items() if name in kind.takes]
        raise Mistake((name,), f"does not go with {key}, but with {', '.join(takers)}")
    if "times" in keys and "every" not in keys:
        raise Mistake(("times",), "needs every: the time from one to the next")
    if key == "pulses" and {"count", "for"} <= keys:
        raise Mistake(("count",), "for says already when the pulses end")


def _repeats(section: StepSection, key: str) -> tuple[tuple[Nanoseconds, int], ...]:
    outer = ((section.every, section.times),) if section.every else ()
    if key != "pulses":
        return outer
    count = -(-section.for_ // section.pulses) if section.for_ else section.count
    if outer and not count:
        raise Mistake(("every",), "pulses without an end cannot be repeated; give them a count, or for")
    return (*outer, (section.pulses, count))


def _check_times(section: StepSection, key: str, repeats: Sequence[tuple[Nanoseconds, int]]) -> None:
    if key == "pulses":
        width_ns = section.width or section.pulses // 2
        if width_ns >= section.pulses:
            raise Mistake(("width",), "is not shorter than the time from one pulse to the next")
        if len(repeats) > 1 and repeats[1][0] * repeats[1][1] > section.every:
            raise Mistake(("every",), "comes before the last pulse of the time before")
        if 2 * section.jitter + width_ns >= section.pulses:
            raise Mistake(("jitter",), "is so much that pulses would run into each other")
        return
    if section.every and section.for_ > section.every:
        raise Mistake(("for",), "is longer than every, the time until it is done again")
    if section.every and 2 * section.jitter > section.every:
        raise Mistake(("jitter",), "is more than half of every: the order of the times would change")
