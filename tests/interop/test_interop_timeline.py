"""What the steps of a timeline do to a camera that is served, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.interop.emulator import wait_until

from tiscam_emu import Camera, ManualClock
from tiscam_emu.net.timeline import Step

MS = 1_000_000
S = 1_000_000_000


class Scripted:
    """State: a camera on a manual clock that follows steps; the bench starts with device time `START_NS`."""

    START_NS = 10 * S

    def __init__(self, start: Callable[..., Camera]) -> None:
        self.clock = ManualClock()
        self.camera = start("33GP1300", in_process=True, clock=self.clock, scene="flat", faults="delay_ms=1")

    @property
    def runner(self) -> Any:
        return self.camera._backend.runner  # type: ignore[attr-defined]

    def follow(self, *steps: Step, **plan: Any) -> None:
        told = [step.to_json() for step in steps]
        usual = {"origins": {"": self.START_NS}, "own": "me", "seed": 0, "left_ns": 0}
        self.camera._backend.ask("follow", {"steps": told, **usual, **plan})

    def go_to(self, seconds: float, events: int) -> list[dict[str, Any]]:
        """Move the clock to so long after the start; the last events, once so many steps have been done."""
        self.clock.advance(self.START_NS + round(seconds * S) - self.clock.now())
        wait_until(lambda: len(self.done()) >= events, f"{events} steps are done")
        return self.done()

    def done(self) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = self.camera._backend.ask("timeline")["done"]
        return done


@pytest.fixture
def scripted(tiscam_camera_factory: Callable[..., Camera]) -> Scripted:
    return Scripted(tiscam_camera_factory)


def _step(number: int, action: str, *arguments: Any, at: float, **more: Any) -> Step:
    return Step(number, action, arguments, f"{action} {arguments}", at_ns=round(at * S), **more)


def test_the_cable_is_pulled_and_put_in_at_its_times(scripted: Scripted) -> None:
    scripted.follow(_step(0, "cable", False, at=5), _step(1, "cable", True, at=7))

    scripted.go_to(4.9, 0)
    assert scripted.camera.status().plugged
    scripted.go_to(5, 1)
    assert not scripted.camera.status().plugged
    scripted.go_to(7, 2)
    assert scripted.camera.status().plugged


def test_faults_give_way_to_those_of_the_start_when_their_time_is_over(scripted: Scripted) -> None:
    scripted.follow(_step(0, "faults", "busy=1", at=1, for_ns=3 * S))
    health = scripted.runner.camera.state.health

    scripted.go_to(1, 1)
    assert health.faults.busy == 1
    assert scripted.runner._cable.whole
    done = scripted.go_to(4, 2)
    assert health.faults.busy == 0
    assert not scripted.runner._cable.whole
    assert done[-1]["text"] == "faults: delay_ms=1"


def test_levels_and_pulses_of_the_line_come_at_exactly_their_times(scripted: Scripted) -> None:
    from tiscam_emu.camera.notices import LineChanged

    edges: list[tuple[int, bool]] = []
    scripted.runner.camera.state.notices.subscribe(LineChanged, lambda edge: edges.append((edge.at_ns, edge.high)))
    scripted.follow(
        _step(0, "line1", True, at=1, for_ns=2 * MS),
        _step(1, "pulse", 5 * MS, at=2, repeats=((20 * MS, 3),)),
    )

    scripted.go_to(3, 5)  # far too late, in one go

    wait_until(lambda: len(edges) == 8, "all edges")
    rising = [scripted.START_NS + at for at in (1 * S, 2 * S, 2 * S + 20 * MS, 2 * S + 40 * MS)]
    widths = [2 * MS, 5 * MS, 5 * MS, 5 * MS]
    assert edges == [
        edge for at, width in zip(rising, widths, strict=True) for edge in ((at, True), (at + width, False))
    ]


def test_a_feature_is_set_at_exactly_its_time_and_set_back(scripted: Scripted) -> None:
    scripted.follow(_step(0, "set", "GPOut", 1, at=1, for_ns=S // 2), _step(1, "set", "Width", 100_000, at=2))

    done = scripted.go_to(3, 3)

    begin = scripted.START_NS + S
    assert scripted.camera.output_edges() == [(begin, True), (begin + S // 2, False)]
    assert [event["at_ns"] - event["planned_ns"] for event in done] == [0, 0, 0]
    assert done[-1]["error"] == "Width: 100000 is not in 256 to 1280 in steps of 16"


def test_a_command_is_executed(scripted: Scripted) -> None:
    scripted.follow(_step(0, "execute", "AcquisitionStart", at=1), _step(1, "execute", "AcquisitionStop", at=2))

    scripted.go_to(1, 1)
    assert scripted.camera.status().acquiring
    scripted.go_to(2, 2)
    assert not scripted.camera.status().acquiring


def test_stamps_are_switched_on_for_a_time(scripted: Scripted) -> None:
    scripted.follow(_step(0, "stamp", True, at=1, for_ns=S))

    scripted.go_to(1, 1)
    assert scripted.camera.stamp
    scripted.go_to(2, 2)
    assert not scripted.camera.stamp


def test_scenes_are_prepared_before_and_changed_in_order(scripted: Scripted) -> None:
    shown: list[int] = []
    switch = scripted.runner._scenes
    look_at = switch.look_at

    def noted(renderer: Any, frame: int) -> None:
        shown.append(scripted.clock.now())
        look_at(renderer, frame)

    switch.look_at = noted
    scripted.follow(_step(0, "scene", "star", at=1, for_ns=S), _step(1, "scene", "/nowhere.png", at=4))
    wait_until(lambda: scripted.runner.timeline._stage._prepared is not None, "the first scene is prepared")

    scripted.go_to(1, 1)
    scripted.go_to(2, 2)
    done = scripted.go_to(4, 3)

    assert shown == [scripted.START_NS + S, scripted.START_NS + 2 * S]
    assert done[1]["text"] == "scene: flat"
    assert done[2]["error"] == "scene /nowhere.png: No such file or directory"


def test_steps_after_the_first_frame_of_another_camera_wait_for_it(scripted: Scripted) -> None:
    scripted.follow(_step(0, "cable", False, at=1, origin="other"))
    scripted.go_to(50, 0)
    assert scripted.camera.status().plugged

    scripted.camera._backend.ask("begin", "other", scripted.START_NS + 60 * S)
    scripted.go_to(60.9, 0)
    assert scripted.camera.status().plugged
    scripted.go_to(61, 1)
    assert not scripted.camera.status().plugged


def test_a_camera_that_takes_another_ones_place_has_the_state_of_the_bench_and_not_that_of_the_other(
    scripted: Scripted,
) -> None:
    scripted.clock.advance(scripted.START_NS + 5 * S)
    scripted.follow(
        _step(0, "cable", False, at=1),
        _step(1, "line1", True, at=2),
        _step(2, "set", "GPOut", 1, at=2),
        _step(3, "power_off", S, at=3),
        _step(4, "set", "GPOut", 1, at=4),
        left_ns=scripted.START_NS + 3 * S + 1,
    )

    done = scripted.go_to(5.1, 1)

    assert not scripted.camera.status().plugged
    assert scripted.runner.camera.line1.high
    assert scripted.camera.output_edges() == []
    assert [(event["number"], event["error"]) for event in done] == [(4, "the camera was not there")]
