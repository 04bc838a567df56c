"""What is derived from a store is computed once, and anew after every kind of change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.camera.conftest import Desk

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.derived import derived
from tiscam_emu.features.store import Store


@pytest.fixture
def state() -> CameraState:
    return Desk("39GX265-Z20").camera.state


def test_result_is_computed_once_while_nothing_changes(state: CameraState) -> None:
    computed: list[int] = []

    @derived
    def width(store: Store) -> int:
        computed.append(1)
        return int(store["Width"])

    assert [width(state) for _ in range(3)] == [2048] * 3
    state.put("Width", 2048)
    assert width(state) == 2048
    assert computed == [1]


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.write("Width", 640),
        lambda state: state.put("Width", 640),
        lambda state: state.write("Gain", 1.0),
        lambda state: state.write("LUTValueAll", bytes(257 * 4)),
        lambda state: state.reset(),
    ],
)
def test_any_change_of_any_value_forgets_the_result(state: CameraState, change: Callable[[CameraState], None]) -> None:
    computed: list[int] = []

    @derived
    def width(store: Store) -> int:
        computed.append(int(store["Width"]))
        return computed[-1]

    state.put("GainAuto", 0)
    width(state)
    change(state)
    assert width(state) == state["Width"]
    assert len(computed) == 2


def test_a_command_stores_no_value_and_leaves_results_alone(state: CameraState) -> None:
    computed: list[int] = []

    @derived
    def width(store: Store) -> int:
        computed.append(1)
        return int(store["Width"])

    width(state)
    before = state.generation
    state.write("AcquisitionStop", 1)
    assert width(state) == 2048
    assert computed == [1]
    assert state.generation > before  # it may have done something else, such as saving a user set


def test_two_stores_do_not_share_results(state: CameraState) -> None:
    other = Desk("39GX265-Z20").camera.state

    @derived
    def width(store: Store) -> int:
        return int(store["Width"])

    other.put("Width", 640)
    assert (width(state), width(other)) == (2048, 640)
