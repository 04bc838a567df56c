"""What programs do with a camera, played step by step in their own order: ``orders/`` has one file for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from tests.interop.cable import CAMERA, CLIENT, Cable, camera_on, laid_cable
from tests.interop.emulator import CLIENTS, run
from tests.interop.order_clients import Order, orders, play
from tests.interop.order_player import Failed, Player, Step

from tiscam_emu import Camera

_NEEDS = {"aravis": "aravis", "genapi": "genicam", "raw": "genicam"}
_ORDERS = {order.name: order for order in orders()}
_CASES = [
    pytest.param((order, model), id=f"{name}-{model}") for name, order in _ORDERS.items() for model in order.models
]
_DIM = np.full((64, 64), 100, np.uint8)
"""A scene that 32 ms do not saturate."""
_LIMIT = 9000


@dataclass(frozen=True, slots=True)
class Subject:
    """An order, the camera it is played on, and what happens to that camera on request."""

    order: Order
    address: str
    deeds: Mapping[str, Callable[[], None]]


def _must_be_served(order: Order, problems: list[str]) -> None:
    assert not problems, f"{order.program}: {len(problems)} problems, the first of them\n" + "\n".join(problems[:12])


@pytest.fixture
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    order, model = request.param
    options = dict(order.camera)
    if options.pop("shared", False):
        yield Subject(order, request.getfixturevalue("cameras")[model].address, {})
        return
    if options.pop("dim", False):
        options["scene"] = _DIM
    if options.pop("state_dir", False):
        options["state_dir"] = tmp_path
    start: Callable[..., Camera] = request.getfixturevalue("tiscam_camera_factory")
    camera = start(model, **options)

    def restart() -> None:
        camera.stop()
        start(model, address=camera.address, serial=camera.serial, **options)

    yield Subject(order, camera.address, {"restart": restart, "unplug": camera.unplug, "plug": camera.plug})


@pytest.mark.parametrize("subject", _CASES, indirect=True)
def test_a_program_is_served_in_its_own_order(subject: Subject, need: Callable[..., None]) -> None:
    need(_NEEDS[subject.order.client])
    _must_be_served(subject.order, play(subject.order, subject.address, subject.deeds))


def test_strict_camera_refuses_what_a_program_writes_without_looking(
    tiscam_camera_factory: Callable[..., Camera], need: Callable[..., None]
) -> None:
    need("aravis")
    camera = tiscam_camera_factory("33GP1300", strict=True)
    problems = play(_ORDERS["opencv"], camera.address)
    assert any("access-denied" in problem for problem in problems), problems
    assert "access that is not allowed now" in {mistake.kind for mistake in camera.status().mistakes}


@pytest.fixture(scope="module")
def cable(_lo_only: None) -> Iterator[Cable]:
    with laid_cable() as cable, camera_on(cable, "--interface", "cam0", "--expose", "--max-packet-size", str(_LIMIT)):
        yield cable


def test_aravis_finds_the_packet_size_of_the_path_and_streams_with_it(cable: Cable, need: Callable[..., None]) -> None:
    need("aravis")
    order = _ORDERS["aravis_packet_size"]
    _must_be_served(order, play(order, CAMERA, within=cable.at(cable.client)))


@pytest.mark.parametrize(
    ("do_not_fragment", "largest"), [(True, 1500), (False, _LIMIT)], ids=["whole packets", "fragments"]
)
def test_test_packets_find_the_largest_size_that_arrives(cable: Cable, do_not_fragment: bool, largest: int) -> None:
    job = {"camera": CAMERA, "source": CLIENT, "do_not_fragment": do_not_fragment, "low": 576, "high": 16364, "step": 4}
    output = run([*cable.at(cable.client), sys.executable, str(CLIENTS / "packet_size.py"), json.dumps(job)])

    assert json.loads(output)["largest"] == largest


def _verbs(steps: Sequence[Step]) -> set[str]:
    inner = [_verbs(step[block]) for step in steps for block in ("do", "after_each") if block in step]
    return set[str]().union(*(step.keys() for step in steps), *inner)


@pytest.mark.parametrize("order", [pytest.param(order, id=name) for name, order in _ORDERS.items()])
def test_an_order_tells_its_source_and_expects_something(order: Order) -> None:
    assert order.program
    assert order.source
    assert {"expect", "until"} & _verbs(order.steps)


class _Refusing:
    """A client to which nothing is granted."""

    def _fail(self, *_: Any) -> NoReturn:
        raise Failed("access-denied")

    write = read = there = bounds = execute = call = frames = _fail


def test_every_step_that_fails_is_told_with_its_place() -> None:
    player = Player(lambda _: _Refusing(), lambda _: None)
    player.play(
        [
            {"write": {"OffsetX": 0}},
            {"write": {"SourceSelector": 0}, "tolerated": True},
            {"each": {"n": "[1, 2]"}, "do": [{"expect": "n == 1", "shown": "n"}]},
            {"stream": 2},
            {"expect": "unknown"},
        ]
    )
    assert player.problems == [
        "1. write {'OffsetX': 0}: access-denied",
        "3. each {'n': '[1, 2]'} > n = 2 > 1. expect n == 1: does not hold: 2",
        "4. stream 2: access-denied",
        "5. expect unknown: unknown: name 'unknown' is not defined",
    ]
