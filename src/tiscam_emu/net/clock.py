"""Time: the system's for running cameras, a manual one for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from tiscam_emu.units import NS_PER_MS, NS_PER_S, Nanoseconds

_SLEPT_THROUGH_NS = 2 * NS_PER_MS
_LONGEST_S = 3600.0


class Clock(Protocol):
    """What the loop and the threads need of time."""

    def now(self) -> Nanoseconds:
        """The present; never decreases."""
        ...

    def wait(self, condition: threading.Condition, until: Nanoseconds | None) -> None:
        """Wait until `condition` is notified or the time has come; None waits for a notification alone.

        The condition is held by the caller, as for ``Condition.wait``. A wait may end early, and within the last two
        milliseconds before `until` a notification may go unnoticed: callers look again in a loop.
        """
        ...

    def timeout_s(self, until: Nanoseconds | None) -> float | None:
        """How long a selector may block to be back at `until`; None is until it is woken."""
        ...

    def on_jump(self, hook: Callable[[], None]) -> None:
        """Have `hook` called whenever time moves otherwise than by itself, so that blocked selectors can be woken."""
        ...


class SystemClock:
    """The system's monotonic clock: steps of the wall clock do not matter."""

    def now(self) -> Nanoseconds:
        """Nanoseconds since an arbitrary start."""
        return time.monotonic_ns()

    def wait(self, condition: threading.Condition, until: Nanoseconds | None) -> None:
        """See `Clock.wait`."""
        if until is None:
            condition.wait()
            return
        remaining_ns = until - time.monotonic_ns()
        if remaining_ns <= 0:
            return
        if remaining_ns > _SLEPT_THROUGH_NS:
            condition.wait((remaining_ns - _SLEPT_THROUGH_NS // 2) / NS_PER_S)
            return
        # A condition with a timeout costs several times a sleep, which counts at thousands of bursts a second.
        condition.release()
        try:
            time.sleep(remaining_ns / NS_PER_S)
        finally:
            condition.acquire()

    def timeout_s(self, until: Nanoseconds | None) -> float | None:
        """See `Clock.timeout_s`; never longer than selectors take, and early is harmless."""
        return None if until is None else min(max(0.0, (until - time.monotonic_ns()) / NS_PER_S), _LONGEST_S)

    def on_jump(self, hook: Callable[[], None]) -> None:
        """Do nothing: this clock never jumps."""


class ManualClock:
    """State: a clock that stands still until it is advanced; for tests.

    Safe to use from several threads.
    """

    def __init__(self, start_ns: Nanoseconds = 0) -> None:
        self._now = start_ns
        self._guard = threading.Lock()
        self._waiting: list[threading.Condition] = []
        self._hooks: list[Callable[[], None]] = []

    def now(self) -> Nanoseconds:
        """The time it was last advanced to."""
        with self._guard:
            return self._now

    def advance(self, by_ns: Nanoseconds) -> None:
        """Move time forward, and wake all who wait for it.

        The caller must hold no condition that others wait on with this clock.
        """
        if by_ns < 0:
            raise ValueError(f"time does not go back by {-by_ns} ns")
        with self._guard:
            self._now += by_ns
            waiting = list(self._waiting)
            hooks = list(self._hooks)
        for condition in waiting:
            with condition:
                condition.notify_all()
        for hook in hooks:
            hook()

    def wait(self, condition: threading.Condition, until: Nanoseconds | None) -> None:
        """See `Clock.wait`."""
        with self._guard:
            if until is not None and self._now >= until:
                return
            # Registered before the guard opens: a later advance blocks on the condition until the wait has begun.
            self._waiting.append(condition)
        try:
            condition.wait()
        finally:
            with self._guard:
                self._waiting.remove(condition)

    def timeout_s(self, until: Nanoseconds | None) -> float | None:
        """Zero if the time has come; else None, for only `advance` brings it nearer."""
        return 0.0 if until is not None and self.now() >= until else None

    def on_jump(self, hook: Callable[[], None]) -> None:
        """See `Clock.on_jump`."""
        with self._guard:
            self._hooks.append(hook)
