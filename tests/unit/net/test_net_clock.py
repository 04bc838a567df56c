from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

import tiscam_emu
from tiscam_emu.net.clock import ManualClock, SystemClock

LIMIT_S = 10.0
"""Bounds a wait that fails; none that succeeds takes it."""


class Waiter:
    """A thread that waits on a clock and notes the times it woke at."""

    def __init__(self, clock: ManualClock, until: int | None) -> None:
        self.condition = threading.Condition()
        self.woke_at: list[int] = []
        self._clock = clock
        self._until = until
        self._waiting = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self._waiting.wait(LIMIT_S)

    def _run(self) -> None:
        with self.condition:
            self._waiting.set()
            self._clock.wait(self.condition, self._until)
            self.woke_at.append(self._clock.now())

    def join(self) -> list[int]:
        self.thread.join(LIMIT_S)
        assert not self.thread.is_alive()
        return self.woke_at


def test_manual_time_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(start_ns=5)
    assert clock.now() == 5
    clock.advance(10)
    assert clock.now() == 15


def test_manual_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back by 1 ns"):
        ManualClock().advance(-1)


def test_advancing_wakes_a_waiter() -> None:
    clock = ManualClock()
    waiter = Waiter(clock, until=100)
    clock.advance(100)
    assert waiter.join() == [100]


def test_a_wait_for_a_time_that_has_come_returns_at_once() -> None:
    clock = ManualClock(start_ns=100)
    assert Waiter(clock, until=100).join() == [100]


def test_a_notification_wakes_a_waiter_without_time_passing() -> None:
    clock = ManualClock()
    waiter = Waiter(clock, until=None)
    with waiter.condition:
        waiter.condition.notify_all()
    assert waiter.join() == [0]


def test_hooks_are_called_after_each_advance() -> None:
    clock = ManualClock()
    seen: list[int] = []
    clock.on_jump(lambda: seen.append(clock.now()))
    clock.advance(1)
    clock.advance(2)
    assert seen == [1, 3]


def test_a_selector_blocks_until_woken_unless_the_manual_time_has_come() -> None:
    clock = ManualClock(start_ns=10)
    assert clock.timeout_s(None) is None
    assert clock.timeout_s(11) is None
    assert clock.timeout_s(10) == 0.0


def test_system_time_never_decreases() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)


def test_system_wait_for_a_past_time_returns_with_the_condition_held() -> None:
    clock = SystemClock()
    condition = threading.Condition(threading.Lock())
    with condition:
        clock.wait(condition, clock.now() - 1)
        assert not condition.acquire(blocking=False)


def test_system_wait_is_not_early_by_more_than_its_resolution() -> None:
    clock = SystemClock()
    condition = threading.Condition(threading.Lock())
    until = clock.now() + 200_000
    with condition:
        clock.wait(condition, until)
        assert not condition.acquire(blocking=False)
    assert clock.now() >= until


def test_system_timeout_is_what_remains_and_never_negative() -> None:
    clock = SystemClock()
    assert clock.timeout_s(None) is None
    assert clock.timeout_s(clock.now() - 1) == 0.0
    remaining = clock.timeout_s(clock.now() + 3_600_000_000_000)
    assert remaining is not None
    assert 3500 < remaining <= 3600


def test_nothing_reads_the_wall_clock_so_that_steps_of_it_change_neither_device_time_nor_heartbeats() -> None:
    package = Path(tiscam_emu.__file__).parent
    attributes = [
        node
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    ]
    used = {node.attr for node in attributes}
    assert "monotonic_ns" in used
    assert not used & {"gettimeofday", "clock_gettime", "utcnow", "today"}
    # `clock.now()` and `state.now` are device time.
    modules = {
        node.value.id for node in attributes if node.attr in {"time", "now"} and isinstance(node.value, ast.Name)
    }
    assert not modules & {"time", "datetime", "date"}


def test_no_selector_is_asked_to_wait_longer_than_it_can() -> None:
    timeout_s = SystemClock().timeout_s(2**64)  # when an action of a client's choice is due
    assert timeout_s is not None
    assert timeout_s * 1000 < 2**31  # epoll's milliseconds
