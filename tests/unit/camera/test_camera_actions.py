"""Action commands and the action scheduler (manual 5.16; GigE Vision, ACTION_CMD)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.notices import ActionExecuted
from tiscam_emu.errors import Status

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

S, MS, US = 1_000_000_000, 1_000_000, 1_000
KEYS = {"ActionDeviceKey": 0x11, "ActionGroupKey": 0x22, "ActionGroupMask": 0b0110}


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """Keys set, clock synchronised, at two seconds."""
    desk.set(**KEYS)
    desk.now = 2 * S
    return desk


def _performed(desk: Desk) -> list[int]:
    """When actions are performed from now on."""
    times: list[int] = []
    desk.camera.state.notices.subscribe(ActionExecuted, lambda notice: times.append(notice.at_ns))
    return times


def _command(desk: Desk, action_time: int | None = None, **other: int) -> Status | None:
    values = {"device_key": 0x11, "group_key": 0x22, "group_mask": 0b0100, **other}
    return desk.camera.execute_action(**values, action_time=action_time, now=desk.now)


def _commit(desk: Desk, time_ns: int, interval_us: int = 0) -> Status:
    desk.set(ActionSchedulerTime=time_ns, ActionSchedulerInterval=interval_us)
    return desk.attempt("ActionSchedulerCommit")


def test_command_with_the_right_keys_is_performed_at_once(ready: Desk) -> None:
    times = _performed(ready)
    assert _command(ready) is Status.SUCCESS
    assert times == [2 * S]


@pytest.mark.parametrize("other", [{"device_key": 0x12}, {"group_key": 0x23}, {"group_mask": 0b1001}])
@pytest.mark.parametrize("action_time", [None, 3 * S])
def test_command_for_other_cameras_is_not_for_this_one(
    ready: Desk, other: dict[str, int], action_time: int | None
) -> None:
    times = _performed(ready)
    assert _command(ready, action_time, **other) is None
    ready.advance(4 * S)
    assert times == []


def test_camera_without_group_mask_takes_no_action(desk: Desk) -> None:
    assert _command(desk, device_key=0, group_key=0, group_mask=0xFFFF_FFFF) is None


def test_model_without_actions_does_not_implement_them(desk_of: DeskOf) -> None:
    desk = desk_of("38UX267")
    assert _command(desk) is Status.NOT_IMPLEMENTED


def test_command_with_a_time_is_performed_at_that_time(ready: Desk) -> None:
    times = _performed(ready)
    assert _command(ready, 2 * S + 7) is Status.SUCCESS
    assert _command(ready, 2 * S) is Status.SUCCESS
    assert ready.camera.next_wakeup() == 2 * S
    ready.advance(2 * S)
    assert (times, ready.camera.next_wakeup()) == ([2 * S], 2 * S + 7)
    ready.advance(2 * S + 6)
    assert times == [2 * S]
    ready.advance(2 * S + 7)
    assert (times, ready.camera.next_wakeup()) == ([2 * S, 2 * S + 7], None)


def test_command_whose_time_is_over_is_performed_at_once_and_late(ready: Desk) -> None:
    times = _performed(ready)
    assert _command(ready, 2 * S - 1) is Status.ACTION_LATE
    assert times == [2 * S]


def test_command_with_a_time_needs_a_synchronised_clock(desk: Desk) -> None:
    desk.set(**KEYS)
    times = _performed(desk)
    desk.now = S - 1
    assert _command(desk, 5 * S) is Status.NO_REF_TIME
    desk.now = S
    assert _command(desk, 5 * S) is Status.SUCCESS
    desk.run("ActionSchedulerCancel")
    desk.set(PtpEnable=0)
    assert _command(desk, 5 * S) is Status.NO_REF_TIME
    assert _command(desk) is Status.SUCCESS
    desk.advance(6 * S)
    assert times == [S]


def test_full_queue_overflows_and_keeps_what_it_has(ready: Desk) -> None:
    times = _performed(ready)
    assert ready.get("ActionQueueSize") == ready.word(0x0970) == 32
    for number in range(32):
        assert _command(ready, 3 * S + number) is Status.SUCCESS
    assert _command(ready, 3 * S) is Status.OVERFLOW
    assert _commit(ready, 4 * S) is Status.ACCESS_DENIED
    assert _command(ready, 1 * S) is Status.ACTION_LATE
    ready.advance(5 * S)
    assert times == [2 * S, *range(3 * S, 3 * S + 32)]
    assert _commit(ready, 6 * S) is Status.SUCCESS


def test_commit_is_performed_once_at_its_time(ready: Desk) -> None:
    times = _performed(ready)
    assert _commit(ready, 2 * S + 250) is Status.SUCCESS
    assert ready.get("ActionSchedulerStatus") == "Scheduled"
    ready.advance(9 * S)
    assert times == [2 * S + 250]
    assert ready.get("ActionSchedulerStatus") == "Idle"


def test_commit_to_the_past_is_performed_immediately(ready: Desk) -> None:
    times = _performed(ready)
    assert _commit(ready, 1) is Status.SUCCESS
    assert times == [2 * S]
    assert ready.get("ActionSchedulerStatus") == "Idle"


def test_interval_repeats_until_it_is_cancelled(ready: Desk) -> None:
    times = _performed(ready)
    _commit(ready, 3 * S, interval_us=400_000)
    ready.advance(4 * S)
    assert times == [3 * S, 3 * S + 400 * MS, 3 * S + 800 * MS]
    ready.run("ActionSchedulerCancel")
    assert ready.get("ActionSchedulerStatus") == "Idle"
    ready.advance(9 * S)
    assert len(times) == 3


def test_repeated_action_that_began_in_the_past_ignores_the_missed_ones(ready: Desk) -> None:
    times = _performed(ready)
    _commit(ready, 500 * MS, interval_us=400_000)  # 0.5, 0.9, 1.3, 1.7, then 2.1 s
    ready.advance(2_500 * MS)
    assert times == [2_100 * MS, 2_500 * MS]


def test_one_of_a_repeated_series_that_is_due_now_is_not_missed(ready: Desk) -> None:
    times = _performed(ready)
    _commit(ready, S, interval_us=1_000_000)
    ready.advance(2 * S)
    assert times == [2 * S]


def test_series_faster_than_10_khz_is_thinned_out(ready: Desk) -> None:
    times = _performed(ready)
    _commit(ready, 3 * S, interval_us=30)
    ready.advance(3 * S + 300 * US)
    assert times == [3 * S, 3 * S + 120 * US, 3 * S + 240 * US]


def test_actions_of_one_moment_are_all_performed(ready: Desk) -> None:
    times = _performed(ready)
    for _ in range(3):
        _commit(ready, 3 * S)
    ready.advance(3 * S)
    assert times == [3 * S] * 3


def test_scheduler_is_locked_while_ptp_is_off(ready: Desk) -> None:
    ready.set(PtpEnable=0)
    assert _commit(ready, 3 * S) is Status.ACCESS_DENIED
    assert ready.get("ActionSchedulerStatus") == "Idle"


def test_step_of_the_clock_skips_what_it_jumps_over(desk: Desk) -> None:
    # After a reset the clock counts from 0; a second later it steps from 1 s to 51 s.
    desk.camera.power_up(50 * S)
    desk.now = 50 * S
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    times = _performed(desk)
    _commit(desk, 900 * MS, interval_us=200_000)
    _commit(desk, 30 * S)
    desk.advance(51 * S + 250 * MS)
    # 0.9 s; at the step 1.1 s and the action for 30 s, long over; then 51.1 s.
    assert times == [50 * S + 900 * MS, 51 * S, 51 * S, 51 * S + 100 * MS]


def test_one_big_step_performs_what_many_small_ones_do(desk_of: DeskOf) -> None:
    results = []
    for step in (5 * S, 7 * MS):
        desk = desk_of("33GP1300")
        times = _performed(desk)
        _commit(desk, 1_234_567, interval_us=123_457)
        _commit(desk, 2 * S)
        for now in range(0, 5 * S, step):
            desk.advance(now)
        desk.advance(5 * S)
        results.append(times)
    assert results[0] == results[1]
    assert len(results[0]) == 42


@pytest.mark.parametrize("source", ["Any", "Action0"])
def test_action_takes_a_frame(ready: Desk, source: str) -> None:
    ready.prepare_small_frames()
    ready.set(TriggerMode="On", TriggerSource=source)
    ready.run("AcquisitionStart")
    assert _command(ready) is Status.SUCCESS
    assert _command(ready, 3 * S) is Status.SUCCESS
    starts = ready.starts(4 * S)
    assert len(starts) == 2
    assert 2 * S <= starts[0] < 2 * S + MS
    assert 3 * S <= starts[1] < 3 * S + MS


def test_action_takes_no_frame_where_another_source_is_chosen(ready: Desk) -> None:
    ready.prepare_small_frames()
    ready.set(TriggerMode="On", TriggerSource="Software")
    ready.run("AcquisitionStart")
    assert _command(ready) is Status.SUCCESS
    assert ready.starts(4 * S) == []


def test_device_key_cannot_be_read(desk: Desk) -> None:
    assert desk.read_status(0x090C) is Status.ACCESS_DENIED


def test_reset_empties_the_queue(ready: Desk) -> None:
    times = _performed(ready)
    _commit(ready, 3 * S)
    ready.run("DeviceReset")
    ready.camera.take_reset_request()
    ready.advance(9 * S)
    assert times == []


def test_bits_of_the_configuration_register_reach_the_control_engine(desk: Desk) -> None:
    camera = desk.camera
    flags = {0x2: "pending_ack_enabled", 0x8: "unconditional_action", 0x40000: "extended_status_2_0"}
    for bit, name in flags.items():
        assert not getattr(camera, name)
        assert desk.write_word(0x0954, bit) is Status.SUCCESS
        assert desk.word(0x0954) == bit
        assert [other for other in flags.values() if getattr(camera, other)] == [name]
