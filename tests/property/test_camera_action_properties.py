"""Whatever is planned and cancelled, the action queue agrees with a list that is searched anew each time."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.camera.control import ptp
from tiscam_emu.camera.core import load
from tiscam_emu.camera.notices import ActionExecuted
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.trigger_io.action_queue import QUEUE_SIZE
from tiscam_emu.camera.trigger_io.actions import ActionScheduler
from tiscam_emu.errors import RegisterError
from tiscam_emu.spec.model import CameraModel

US, S = 1_000, 1_000_000_000

_model = cache(load)


class Planner:
    """State: a camera's scheduler, and the same by the book."""

    def __init__(self, *, strict: bool) -> None:
        model: CameraModel = _model("33GP1300")
        self.state = CameraState(model, CameraOptions(strict=strict))
        ptp.follow_settings(self.state)
        self.scheduler = ActionScheduler(self.state)
        self.performed: list[int] = []
        self.expected: list[int] = []
        self.book: list[tuple[int, int]] = []
        self.state.notices.subscribe(ActionExecuted, lambda notice: self.performed.append(notice.at_ns))

    def commit(self, time_ns: int, interval_us: int) -> None:
        self.state.write("ActionSchedulerTime", time_ns)
        self.state.write("ActionSchedulerInterval", interval_us)
        now = self.state.now
        full = len(self.book) == QUEUE_SIZE
        try:
            self.state.write("ActionSchedulerCommit", 1)
        except RegisterError:
            assert full
            assert self.state.strict
            return
        assert bool(self.state.forgiven) is full
        if full:
            self.state.forgiven.clear()
            return
        if interval_us:
            while time_ns < now:
                time_ns += interval_us * US
        if time_ns <= now and not interval_us:
            self.expected.append(now)
        else:
            self.book.append((time_ns, interval_us * US))

    def cancel(self) -> None:
        self.state.write("ActionSchedulerCancel", 1)
        self.book.clear()

    def step(self, now: int) -> None:
        self.state.now = now
        self.scheduler.advance(now)
        while self.book and min(self.book)[0] <= now:
            time_ns, interval_ns = min(self.book)
            self.expected.append(time_ns)
            self.book.remove((time_ns, interval_ns))
            if interval_ns:
                self.book.append((time_ns + interval_ns, interval_ns))

    def check(self) -> None:
        assert self.performed == self.expected
        assert len(self.state.actions) == len(self.book) <= QUEUE_SIZE
        assert self.state.entry("ActionSchedulerStatus") == ("Scheduled" if self.book else "Idle")
        wakeup = self.scheduler.next_wakeup()
        assert wakeup == (min(self.book)[0] if self.book else None)


COMMIT = st.tuples(st.integers(2 * S, 2 * S + 50_000_000), st.just(0) | st.integers(1_000, 20_000))
DEEDS = st.lists(
    st.lists(COMMIT, min_size=1, max_size=20) | st.just("cancel") | st.integers(0, 10_000_000),
    max_size=15,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(DEEDS, st.booleans())
def test_any_commits_and_cancels_keep_the_queue_consistent(
    deeds: list[list[tuple[int, int]] | str | int], strict: bool
) -> None:
    planner = Planner(strict=strict)
    planner.step(2 * S)
    for deed in deeds:
        match deed:
            case "cancel":
                planner.cancel()
            case int():
                planner.step(planner.state.now + deed)
            case list():
                for time_ns, interval_us in deed:
                    planner.commit(time_ns, interval_us)
        planner.check()
