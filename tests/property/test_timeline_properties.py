"""A timeline against what its steps say one by one, and however seldom the loop looks at it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tiscam_emu.net.timeline import START, Step, Timeline, Undo

END_NS = 300
_times = st.integers(0, 100)


class Stage:
    """Notes what is done when it was due."""

    def __init__(self) -> None:
        self.values = dict.fromkeys("ab", 0)
        self.log: list[tuple[int, str, int]] = []

    def perform(self, action: str, arguments: tuple[Any, ...], due: int) -> tuple[int, Undo]:
        name, value = arguments
        before, self.values[name] = self.values[name], value
        self.log.append((due, name, value))
        return due, Undo(action, (name, before), "")

    def holds(self, action: str, arguments: tuple[Any, ...]) -> str:
        return action + str(arguments[0])

    def lasts(self, action: str) -> bool:
        return bool(action)


@st.composite
def steps(draw: st.DrawFn, *, undone: bool) -> list[Step]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        period = draw(st.integers(4, 60))
        repeats = draw(st.sampled_from([(), ((period, 0),), ((period, 3),), ((60, 2), (10, 3))]))
        found.append(
            Step(
                number,
                "set",
                (draw(st.sampled_from("ab")), number + 1),
                origin=draw(st.sampled_from([START, "left"])),
                at_ns=draw(_times),
                for_ns=draw(st.integers(0, period)) if undone else 0,
                repeats=repeats,
                jitter_ns=draw(st.integers(0, 2)) if repeats else 0,
            )
        )
    return found


def _log(plan: list[Step], left_ns: int, looks: list[int]) -> list[tuple[int, str, int]]:
    """What is done if the loop looks at these times, and when `left` has its first frame."""
    stage = Stage()
    timeline = Timeline(plan, stage, seed=7)
    timeline.begin(START, 0)
    for now in sorted({*looks, left_ns, END_NS}):
        if now == left_ns:
            timeline.begin("left", left_ns)
        timeline.advance(now)
    return stage.log


@given(steps(undone=False), _times)
def test_every_occurrence_is_done_once_in_order_of_time_and_file(plan: list[Step], left_ns: int) -> None:
    wanted = []
    for step in plan:
        begin = left_ns if step.origin else 0
        for _, offset_ns in step.occurrences(7):
            if begin + offset_ns > END_NS:
                break
            wanted.append((begin + offset_ns, step.number, step.arguments))

    log = _log(plan, left_ns, list(range(END_NS)))

    assert log == [(due, *arguments) for due, _, arguments in sorted(wanted, key=lambda item: item[:2])]


@given(steps(undone=True), _times, st.lists(st.integers(0, END_NS), max_size=5))
def test_it_makes_no_difference_how_seldom_the_loop_looks(plan: list[Step], left_ns: int, looks: list[int]) -> None:
    assert _log(plan, left_ns, looks) == _log(plan, left_ns, list(range(END_NS)))
