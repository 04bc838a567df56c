"""Rules of the manuals: clock and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import MS, S, actions, commit, locked, plan, waiting
from tests.contract.manual_rules.rules import GIGE, rule

from tiscam_emu.errors import Status

if TYPE_CHECKING:
    from tests.contract.conftest import Bench
    from tests.unit.camera.conftest import Desk


@rule("5.15", "PTP is on by default, calibrates itself after it was enabled and is disabled when switched off", GIGE)
def _(bench: Bench) -> None:
    assert bench.desk.get("PtpEnable") == 1
    found = []
    for bench.desk.now, enable in ((S - 1, 1), (2 * S, 1), (3 * S, 0), (4 * S, 1), (5 * S - 1, 1)):
        bench.desk.set(PtpEnable=enable)
        found.append(bench.desk.get("PtpStatus"))
    assert found == ["Uncalibrated", "Master", "Disabled", "Listening", "Uncalibrated"]


def _at_two_seconds(bench: Bench) -> tuple[Desk, list[int]]:
    bench.desk.now = 2 * S
    return bench.desk, actions(bench.desk)


@rule("5.16", "actions are planned while PTP is enabled", GIGE)
def _(bench: Bench) -> None:
    desk, _times = _at_two_seconds(bench)
    desk.set(PtpEnable=0)
    plan(desk, 3 * S)
    assert locked(desk, "ActionSchedulerCommit")


@rule("5.16", "action triggers are accepted with the trigger source Action0 or Any alone", GIGE)
def _(bench: Bench) -> None:
    desk = waiting(bench.desk)
    found = {}
    for second, source in enumerate(("Action0", "Any", "Software", "Line1"), 2):
        desk.now = second * S
        desk.set(TriggerSource=source)
        commit(desk, second * S + 500 * MS)
        found[source] = desk.starts(second * S + 999 * MS)
    assert found == {"Action0": [2_500 * MS], "Any": [3_500 * MS], "Software": [], "Line1": []}


@rule("5.16.2", "an action scheduled to the past is performed at once", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    commit(desk, 1)
    desk.advance(9 * S)
    assert times == [2 * S]


@rule("5.16.2", "a repeated action that began in the past goes on without the missed ones", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    commit(desk, 500 * MS, interval_us=400_000)  # 0.5, 0.9, 1.3, 1.7, then 2.1 s
    desk.advance(2_500 * MS)
    assert times == [2_100 * MS, 2_500 * MS]


@rule("5.16.3, 5.16.5", "an interval of microseconds repeats the action until it is cancelled and 0 does not", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    commit(desk, 3 * S, interval_us=400_000)
    commit(desk, 3 * S + 1)
    desk.advance(4 * S)
    desk.run("ActionSchedulerCancel")
    desk.advance(9 * S)
    assert times == [3 * S, 3 * S + 1, 3_400 * MS, 3_800 * MS]


@rule("5.16.4", "more actions than the queue has slots are refused", GIGE)
def _(bench: Bench) -> None:
    desk, _times = _at_two_seconds(bench)
    for number in range(int(desk.get("ActionQueueSize"))):
        assert commit(desk, 3 * S + number) is Status.SUCCESS
    plan(desk, 4 * S)
    assert locked(desk, "ActionSchedulerCommit")
