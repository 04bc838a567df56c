from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench

CCP = 0x0A00
ACTION = "42010100 000c 0009 00000011 00000022 00000001"
SCHEDULED = "42810100 0014 0009 00000011 00000022 00000001 17979cfe362a0000"
DONE = "0000010100000009"


def _executed(bench: Bench) -> list[tuple[object, ...]]:
    return [entry[1:] for entry in bench.device.log if entry[0] == "execute_action"]


@pytest.fixture
def controlled(bench: Bench) -> Bench:
    """Client `a` has control."""
    assert bench.write(CCP, 2, bench.a) is Status.SUCCESS
    return bench


def test_action_of_anybody_is_executed_while_somebody_has_control(controlled: Bench) -> None:
    controlled.now = 5
    assert controlled.raw(ACTION, controlled.b) == DONE
    assert _executed(controlled) == [(0x11, 0x22, 1, None, 5)]
    assert controlled.engine.counters.actions_executed == 1


def test_exclusive_access_does_not_shut_actions_out(bench: Bench) -> None:
    assert bench.write(CCP, 1, bench.a) is Status.SUCCESS
    assert bench.raw(ACTION, bench.b) == DONE


def test_action_is_ignored_while_nobody_has_control(bench: Bench) -> None:
    assert bench.raw(ACTION) is None
    assert _executed(bench) == []
    assert bench.engine.counters.actions_ignored == 1


def test_unconditional_action_needs_nobody_in_control(bench: Bench) -> None:
    bench.device.unconditional_action = True
    assert bench.raw(ACTION) == DONE
    assert len(_executed(bench)) == 1


def test_action_for_other_cameras_is_ignored(controlled: Bench) -> None:
    controlled.device.action_status = None
    assert controlled.raw(ACTION) is None
    assert (controlled.engine.counters.actions_ignored, controlled.engine.counters.actions_executed) == (1, 0)


def test_scheduled_action_hands_its_time_over(controlled: Bench) -> None:
    assert controlled.raw(SCHEDULED) == DONE
    assert _executed(controlled) == [(0x11, 0x22, 1, 0x17979CFE362A0000, 0)]


def test_action_without_acknowledge_flag_is_executed_in_silence(controlled: Bench) -> None:
    assert controlled.raw(ACTION.replace("4201", "4200")) is None
    assert len(_executed(controlled)) == 1


def test_action_that_arrives_twice_is_executed_once_and_answered_twice(controlled: Bench) -> None:
    assert controlled.raw(ACTION, controlled.b) == DONE
    assert controlled.write(0xA004, 1, controlled.a) is Status.SUCCESS
    assert controlled.raw(ACTION, controlled.b) == DONE
    assert len(_executed(controlled)) == 1
    assert controlled.engine.counters.repeated_requests == 1


def test_silent_action_that_arrives_twice_is_executed_once(controlled: Bench) -> None:
    for _ in range(2):
        assert controlled.raw(ACTION.replace("4201", "4200")) is None
    assert len(_executed(controlled)) == 1


def test_same_action_of_another_client_or_with_another_id_is_another_action(controlled: Bench) -> None:
    controlled.raw(ACTION, controlled.a)
    controlled.raw(ACTION, controlled.b)
    controlled.raw(ACTION.replace("0009", "000a"), controlled.a)
    assert len(_executed(controlled)) == 3


def test_action_repeated_in_between_does_not_make_a_write_happen_twice(controlled: Bench) -> None:
    write = "42010082 0008 0050 0000a004 00000001"
    answer = controlled.raw(write)
    controlled.raw(ACTION)
    writes = len(controlled.device.log)
    assert controlled.raw(write) == answer
    assert len(controlled.device.log) == writes


def test_action_is_new_after_control_has_changed_hands(controlled: Bench) -> None:
    controlled.raw(ACTION, controlled.b)
    assert controlled.write(CCP, 0, controlled.a) is Status.SUCCESS
    assert controlled.write(CCP, 2, controlled.a) is Status.SUCCESS
    controlled.raw(ACTION, controlled.b)
    assert len(_executed(controlled)) == 2


@pytest.mark.parametrize(
    ("status", "executed"), [(Status.NO_REF_TIME, 0), (Status.OVERFLOW, 0), (Status.ACTION_LATE, 1)]
)
def test_status_codes_of_version_2_are_errors_to_those_who_did_not_ask_for_them(
    controlled: Bench, status: Status, executed: int
) -> None:
    controlled.device.action_status = status
    assert controlled.raw(SCHEDULED) == "8fff010100000009"
    controlled.device.extended_status_2_0 = True
    assert controlled.raw(SCHEDULED.replace("0009", "000a")) == f"{status:04x}01010000000a"
    assert controlled.engine.counters.actions_executed == 2 * executed


def test_camera_without_actions_says_so(controlled: Bench) -> None:
    controlled.device.action_status = Status.NOT_IMPLEMENTED
    assert controlled.raw(ACTION) == "8001010100000009"
    assert controlled.engine.counters.actions_executed == 0


def test_action_of_the_owner_keeps_its_heart_beating(controlled: Bench) -> None:
    controlled.wait_ms(2999)
    controlled.raw(ACTION, controlled.a)
    controlled.wait_ms(2999)
    assert controlled.engine.controller == controlled.a
    assert controlled.engine.next_wakeup() == (2999 + 3000) * NS_PER_MS


def test_action_of_a_stranger_does_not(controlled: Bench) -> None:
    controlled.wait_ms(2999)
    controlled.raw(ACTION, controlled.b)
    controlled.wait_ms(1)
    assert controlled.engine.controller is None
