from __future__ import annotations

import pytest

from tiscam_emu.camera.control.device_faults import DeviceFaults
from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.fault_plan import FaultPlan, LinkFaults, fault_text


def test_without_texts_nothing_is_wrong() -> None:
    assert FaultPlan.parse([]) == FaultPlan(LinkFaults(), LinkFaults(), DeviceFaults())


def test_a_link_fault_holds_for_both_links() -> None:
    plan = FaultPlan.parse(["drop=0.05,burst=20"])
    assert plan.stream == plan.control == LinkFaults(drop=0.05, burst=20)


def test_on_restricts_a_fault_to_one_link_and_texts_add_up() -> None:
    plan = FaultPlan.parse(["drop=0.05,on=stream", "drop=0.5, delay_ms=3, on=control", "reorder=0.1"])
    assert plan.stream == LinkFaults(drop=0.05, reorder=0.1)
    assert plan.control == LinkFaults(drop=0.5, delay_ms=3, reorder=0.1)


def test_device_faults_go_to_the_device() -> None:
    plan = FaultPlan.parse(["busy=0.25,late_ack_ms=300,temperature_c=71.5"])
    assert plan == FaultPlan(device=DeviceFaults(busy=0.25, late_ack_ms=300, temperature_c=71.5))
    assert plan.device.late_ack_ns == 300_000_000


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["drop"], r"fault 'drop': 'drop' is not NAME=VALUE; faults are drop, burst, .*temperature_c; on=stream or on"),
        (["lose=0.1"], "there is no 'lose'; faults are"),
        (["drop=1.5"], "fault 'drop=1.5': drop: 1.5 is not in 0 to 1"),
        (["drop=nan"], "drop: nan is not in 0 to 1"),
        (["drop=-0.1"], "-0.1 is not in 0 to 1"),
        (["drop=a"], "drop: 'a' is not a number"),
        (["drop=0.1,burst=1.5"], "burst: '1.5' is not a whole number"),
        (["drop=0.1,burst=0"], "burst: 0 is not in 1 to 10000"),
        (["burst=3"], "needs drop"),
        (["drop=0.1,drop=0.2"], "drop is given twice"),
        (["drop=0.1", "drop=0.2,on=stream"], "fault 'drop=0.2,on=stream': drop is given twice for the stream"),
        (["drop=0.1,on=video"], "on=video: must be stream, control or all"),
        (["on=stream"], "names no fault"),
        ([""], "is not NAME=VALUE"),
    ],
)
def test_a_wrong_fault_is_refused_with_its_name_value_and_limits(texts: list[str], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        FaultPlan.parse(texts)


def test_keywords_are_the_same_as_text() -> None:
    assert fault_text({"drop": 0.05, "burst": 20, "on": "stream"}) == "drop=0.05,burst=20,on=stream"
