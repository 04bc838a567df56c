from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import pytest

from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.timeline import START, NotReady, Step, Timeline, Undo

MS = 1_000_000
S = 1_000_000_000


class Stage:
    """Holds values by name; an action's name is ``set`` or ``once``, and its arguments are name and value."""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = dict(values)
        self.log: list[tuple[int, Any]] = []
        self.unready: set[str] = set()

    def perform(self, action: str, arguments: tuple[Any, ...], due: int) -> tuple[int, Undo | None]:
        name, value = arguments
        if name in self.unready:
            raise NotReady
        if value == "wrong":
            raise InvalidOption(f"{name}: cannot be wrong")
        before = self.values.get(name)
        self.values[name] = value
        self.log.append((due, value))
        return due, Undo(action, (name, before), f"{name} back") if action == "set" else None

    def holds(self, action: str, arguments: tuple[Any, ...]) -> str:
        return str(arguments[0] if action else "")

    def lasts(self, action: str) -> bool:
        return action == "set"


def _step(number: int = 0, name: str = "x", value: Any = 1, **kwargs: Any) -> Step:
    return Step(number, kwargs.pop("action", "set"), (name, value), f"{name} is {value}", **kwargs)


def _run(timeline: Timeline, until_ns: int) -> None:
    """As the loop does: from one wakeup to the next."""
    while (due := timeline.next_wakeup()) is not None and due <= until_ns:
        timeline.advance(due)


def _begun(*steps: Step, stage: Stage | None = None, at_ns: int = 0, **kwargs: Any) -> tuple[Timeline, Stage]:
    stage = stage or Stage()
    timeline = Timeline(steps, stage, **kwargs)
    timeline.begin(START, at_ns)
    return timeline, stage


def test_a_step_is_done_at_its_time_after_the_start_and_not_before() -> None:
    timeline, stage = _begun(_step(at_ns=5 * S), at_ns=100 * S)

    assert timeline.next_wakeup() == 105 * S
    timeline.advance(105 * S - 1)
    assert stage.log == []
    timeline.advance(105 * S)
    assert stage.log == [(105 * S, 1)]
    assert timeline.next_wakeup() is None


def test_steps_come_in_order_of_time_and_at_the_same_time_in_that_of_the_file() -> None:
    timeline, stage = _begun(_step(0, value="b", at_ns=2), _step(1, value="a", at_ns=1), _step(2, value="c", at_ns=2))

    timeline.advance(10)

    assert stage.log == [(1, "a"), (2, "b"), (2, "c")]


def test_a_repeated_step_ends_after_its_times_or_never() -> None:
    timeline, stage = _begun(_step(0, value="some", at_ns=1 * S, repeats=((10 * S, 3),)))
    _run(timeline, 1000 * S)
    assert [due for due, _ in stage.log] == [1 * S, 11 * S, 21 * S]

    timeline, stage = _begun(_step(0, value="ever", repeats=((10 * S, 0),)))
    _run(timeline, 10_000 * S)
    assert [due for due, _ in stage.log] == [10 * S * k for k in range(1001)]
    assert timeline.next_wakeup() == 10_010 * S


def test_a_train_is_repeated_as_a_whole() -> None:
    timeline, stage = _begun(_step(repeats=((10 * S, 2), (20 * MS, 3))))

    _run(timeline, 1000 * S)

    assert [due for due, _ in stage.log] == [0, 20 * MS, 40 * MS, 10 * S, 10 * S + 20 * MS, 10 * S + 40 * MS]


def test_jitter_moves_each_occurrence_within_its_bounds_and_equal_seeds_move_them_equally() -> None:
    def times(seed: int) -> list[int]:
        timeline, stage = _begun(_step(at_ns=S, repeats=((S, 200),), jitter_ns=5 * MS), seed=seed)
        _run(timeline, 1000 * S)
        return [due for due, _ in stage.log]

    moved = [due - S * (k + 1) for k, due in enumerate(times(7))]

    assert len(moved) == 200
    assert all(-5 * MS <= by <= 5 * MS for by in moved)
    assert min(moved) < -4 * MS
    assert max(moved) > 4 * MS
    assert times(7) == times(7)
    assert times(7) != times(8)


def test_jitter_never_moves_a_step_before_its_origin() -> None:
    timeline, stage = _begun(_step(repeats=((S, 50),), jitter_ns=400 * MS), at_ns=3 * S)
    _run(timeline, 1000 * S)

    assert stage.log[0][0] >= 3 * S


def test_what_a_step_did_is_taken_back_when_its_time_is_over() -> None:
    timeline, stage = _begun(_step(value="new", at_ns=10 * S, for_ns=3 * S), stage=Stage(x="old"))

    timeline.advance(10 * S)
    assert stage.values["x"] == "new"
    assert timeline.next_wakeup() == 13 * S
    timeline.advance(13 * S)
    assert stage.values["x"] == "old"
    assert [event.text for event in timeline.take_events()] == ["x is new", "x back"]


def test_what_another_step_has_changed_meanwhile_is_left_alone() -> None:
    timeline, stage = _begun(
        _step(0, value="first", at_ns=1 * S, for_ns=9 * S),
        _step(1, value="second", at_ns=5 * S),
        _step(2, name="y", value="other", at_ns=6 * S),
        stage=Stage(x="old"),
    )

    _run(timeline, 100 * S)

    assert stage.values == {"x": "second", "y": "other"}
    assert len(timeline.take_events()) == 3


def test_steps_after_a_first_frame_wait_for_it_and_the_first_time_counts() -> None:
    timeline, stage = _begun(_step(0, origin="left", at_ns=2 * S), _step(1, value=2, origin="me"), own="me")

    _run(timeline, 100 * S)
    assert stage.log == []
    assert [step["after"] for step in timeline.report()["waiting"]] == ["left", "me"]
    assert timeline.awaits_frame
    timeline.frame_taken(50 * S)
    assert not timeline.awaits_frame
    timeline.begin("left", 60 * S)
    timeline.begin("left", 70 * S)
    _run(timeline, 100 * S)

    assert stage.log == [(50 * S, 2), (62 * S, 1)]


def test_a_step_that_fails_is_told_and_the_others_go_on() -> None:
    timeline, stage = _begun(_step(0, value="wrong", at_ns=1, for_ns=5), _step(1, value="right", at_ns=2))

    _run(timeline, 10)

    assert stage.values == {"x": "right"}
    assert [(event.text, event.error) for event in timeline.take_events()] == [
        ("x is wrong", "x: cannot be wrong"),
        ("x is right", ""),
    ]


def test_what_is_not_ready_is_done_as_soon_as_it_is_and_holds_up_nothing_else() -> None:
    timeline, stage = _begun(_step(0, at_ns=1), _step(1, name="y", at_ns=2))
    stage.unready = {"x"}

    timeline.advance(5)
    assert stage.values == {"y": 1}
    assert [step["text"] for step in timeline.report()["planned"]] == ["x is 1"]
    stage.unready = set()
    timeline.advance(6)

    assert stage.values == {"y": 1, "x": 1}


def test_upcoming_tells_the_next_occurrence_of_an_action_also_of_one_that_takes_back() -> None:
    timeline, _ = _begun(
        _step(0, value="late", at_ns=9),
        _step(1, value="early", at_ns=3, for_ns=1),
        _step(2, value="someday", origin="left"),
        stage=Stage(x="old"),
    )

    assert timeline.upcoming("set") == ("x", "early")
    timeline.advance(3)
    assert timeline.upcoming("set") == ("x", "old")
    timeline.advance(4)
    assert timeline.upcoming("set") == ("x", "late")
    timeline.advance(9)
    assert timeline.upcoming("set") == ("x", "someday")
    assert timeline.upcoming("once") is None


def test_the_timeline_of_a_camera_that_was_started_again_goes_on_at_its_place() -> None:
    steps = (
        _step(0, name="cable", value="out", at_ns=1),
        _step(1, name="loss", value="much", at_ns=2, for_ns=50),
        _step(2, name="loss2", value="much", at_ns=2, for_ns=2),
        _step(3, name="command", action="once", at_ns=3),
        _step(4, name="missed", action="once", at_ns=20),
        _step(5, name="pulses", action="once", at_ns=4, repeats=((10, 0),)),
        _step(6, name="next", action="once", at_ns=40),
    )
    stage = Stage(loss2="little")
    timeline = Timeline(steps, stage, left_ns=10, since_ns=30)
    timeline.begin(START, 0)

    timeline.advance(30)
    assert stage.values == {"cable": "out", "loss": "much", "loss2": "little"}
    assert [(event.text, event.error) for event in timeline.take_events()] == [
        ("missed is 1", "the camera was not there")
    ]
    timeline.advance(40)
    assert stage.values["next"] == stage.values["pulses"] == 1
    timeline.advance(52)
    assert stage.values["loss"] is None


@pytest.mark.parametrize("repeats", [((S, 0),), ((S, 200),), ((S, 0), (20 * MS, 7)), ((S, 5), (20 * MS, 3)), ()])
def test_of_many_occurrences_those_long_past_are_left_out_and_the_others_are_the_same(
    repeats: tuple[tuple[int, int], ...],
) -> None:
    step = _step(at_ns=10 * S, repeats=repeats, jitter_ns=5 * MS)
    for but_ns in (0, 11 * S, 50 * S, 100 * S + 1):
        first_ones = islice(step.occurrences(3), 1000)
        wanted = [at_ns for at_ns in first_ones if at_ns >= but_ns]
        found = list(islice(step.occurrences(3, but_ns), len(wanted) + 50))
        some = [at_ns for at_ns in found if at_ns >= but_ns][: len(wanted)]
        assert some == wanted
        assert len([at_ns for at_ns in found if at_ns < but_ns]) <= 15


def test_the_report_tells_plain_data_of_what_is_done_and_what_comes() -> None:
    timeline, _ = _begun(_step(0, at_ns=3), _step(1, value=2, at_ns=8, origin=START), at_ns=100)
    timeline.advance(104)

    report: Mapping[str, Any] = timeline.report()

    assert report == {
        "origins": {"": 100},
        "done": [{"number": 0, "text": "x is 1", "planned_ns": 103, "at_ns": 103, "error": ""}],
        "planned": [{"number": 1, "text": "x is 2", "planned_ns": 108}],
        "waiting": [],
    }


def test_steps_cross_to_another_process_as_plain_data() -> None:
    import json

    step = _step(3, at_ns=5, for_ns=6, repeats=((10, 2), (1, 3)), jitter_ns=7, origin="left")

    assert Step.from_json(json.loads(json.dumps(step.to_json()))) == step
