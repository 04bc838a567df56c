"""What happens to a camera, told to whoever watches; with nobody watching it costs one test a turn of the loop.

Nothing here waits: what cannot be told fast enough is left out. Figures that grow, such as frames, are told ten times a
second at most. Changes of features are found by comparing all of them with what they were, as soon as anything has
been written, and seldom enough that looking takes a fiftieth of the time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.camera.notices import LineChanged, OutputChanged
from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.net.watchers import Told
from tiscam_emu.units import NS_PER_MS, Nanoseconds

if TYPE_CHECKING:
    from tiscam_emu.net.runner import CameraRunner

PERIOD_NS = 100 * NS_PER_MS
_LONGEST_LOOK_NS = 1 * NS_PER_MS
_REST, _SAVED_NS = 50, 10 * NS_PER_MS
"""Looking at features takes one part of so many of the time. What was not needed is saved up, so far, so that a change
after a while without is seen at once."""
BENCH, TIMELINE, CAMERA = "bench", "timeline", "camera"
"""Who changed a feature, if no client did: who holds the camera, a bench file, or the camera itself."""


class Happenings:
    """State: what was last told of a camera. All is called by who holds the camera's loop."""

    def __init__(self, runner: CameraRunner, tell: Callable[[Told], None], now: Nanoseconds) -> None:
        self._runner = runner
        self._tell = tell
        self._edges: list[tuple[str, Nanoseconds, bool]] = []
        self._mistakes: dict[tuple[str, str], int] = {}
        self._values: dict[str, Plain] = {}
        self._round: Iterator[str] | None = None
        self._seen = -1
        self._by = ""
        self._pending = False
        self._figures: dict[str, Told] = {}
        self._next_ns = self._looked_ns = now
        self._saved_ns = _SAVED_NS
        for name in runner.camera.by_name(now).names():
            self._remember(name, now)
        self._seen = runner.camera.state.generation
        self._figures = self._look_at_figures(now)
        self._changed_mistakes()

    def next_wakeup(self) -> Nanoseconds:
        """When `look` has something to do, at the latest."""
        if not self._pending and self._round is None:
            return self._next_ns
        return min(self._next_ns, self._looked_ns - min(self._saved_ns, 0) * _REST)

    def wrote(self, by: str, now: Nanoseconds) -> None:
        """Somebody has written something; whoever wrote before is told of first."""
        if self._by not in {"", by} and self._saved_ns >= 0:
            self._look_at_features(now, hurried=True)
        self._by = by
        self._pending = True

    def edge(self, line: str, at_ns: Nanoseconds, high: bool) -> None:
        """A line has changed its level."""
        self._edges.append((line, at_ns, high))

    def look(self, now: Nanoseconds) -> None:
        """Tell what has happened; to be called after every turn of the loop."""
        generation = self._runner.camera.state.generation
        self._pending = self._pending or generation != self._seen
        if self._pending or self._round is not None:
            self._saved_ns = min(self._saved_ns + (now - self._looked_ns) // _REST, _SAVED_NS)
            self._looked_ns = now
            if self._saved_ns >= 0:
                self._look_at_features(now)
        if now < self._next_ns:
            return
        self._next_ns = now + PERIOD_NS
        figures = self._look_at_figures(now)
        for kind, told in figures.items():
            if told != self._figures[kind]:
                self._say(kind, now, told)
        self._tell_counted(figures["frames"], self._figures["frames"], now)
        self._figures = figures
        for mistake in self._changed_mistakes():
            self._say("mistake", now, mistake)
        if self._edges:
            edges, self._edges = self._edges, []
            listed = [{"line": line, "at_ns": at_ns, "high": high} for line, at_ns, high in edges]
            self._say("edges", now, {"edges": listed})

    def _say(self, kind: str, now: Nanoseconds, told: Told) -> None:
        self._tell({"kind": kind, "time_ns": now, **told})

    def _look_at_figures(self, now: Nanoseconds) -> dict[str, Told]:
        runner = self._runner
        counters, state, stream = runner.pipeline.counters(), runner.camera.state, runner.camera.stream
        return {
            "controller": {"controller": str(runner.engine.controller or "")},
            "stream": {"opened": bool(stream.port), "to": f"{stream.host}:{stream.port}" if stream.port else ""},
            "acquisition": {"acquiring": bool(state.acquiring)},
            "frames": {
                "frames": counters.frames,
                "payload_bytes": counters.payload_bytes,
                "skipped_frames": counters.skipped_frames,
                "resent_packets": counters.resent_packets,
                "triggers_missed": state.triggers.missed,
            },
            "plug": {"plugged": runner.plugged},
            "faults": {"faults": runner.faults.texts()},
            "scene": {"scene": runner.scene},
            "led": {"color": runner.camera.status_led(now)},
        }

    def _tell_counted(self, now_told: Told, before: Told, now: Nanoseconds) -> None:
        for kind, what in (("skip", "skipped_frames"), ("resend", "resent_packets")):
            if more := now_told[what] - before[what]:
                self._say(kind, now, {what: more})

    def _changed_mistakes(self) -> list[Told]:
        changed = []
        for mistake in self._runner.engine.mistakes:
            key = (mistake.kind, str(mistake.peer))
            if self._mistakes.get(key) != mistake.count:
                self._mistakes[key] = mistake.count
                told = {"mistake": str(mistake.kind), "peer": key[1], "count": mistake.count, "first": mistake.first}
                changed.append(told)
        return changed

    def _look_at_features(self, now: Nanoseconds, *, hurried: bool = False) -> None:
        """Go on looking through the features, for a millisecond unless `hurried`."""
        begun_ns = time.thread_time_ns()
        if self._round is None:
            self._pending, self._seen = False, self._runner.camera.state.generation
            self._round = iter(self._runner.camera.by_name(now).names())
        for name in self._round:
            before = self._values.get(name)
            value = self._remember(name, now)
            if value != before:
                told = {"name": name, "value": value, "before": before, "by": self._changed_by(name, now)}
                self._say("feature", now, told)
            if not hurried and time.thread_time_ns() - begun_ns > _LONGEST_LOOK_NS:
                break
        else:
            self._round = None
            if not self._pending:
                self._by = ""
        self._saved_ns -= time.thread_time_ns() - begun_ns

    def _changed_by(self, name: str, now: Nanoseconds) -> str:
        """What nobody can write, or not now, the camera has changed: by its automatics, or as a consequence."""
        access = ""
        with contextlib.suppress(TiscamEmuError):  # it is gone
            access = self._runner.camera.by_name(now).info(name).access
        return CAMERA if access == "RO" else self._by or CAMERA

    def _remember(self, name: str, now: Nanoseconds) -> Plain | None:
        value = None
        with contextlib.suppress(TiscamEmuError):  # nothing to read of it now
            value = self._values[name] = self._runner.camera.by_name(now).value(name)
        if value is None:
            self._values.pop(name, None)
        return value


def hear_edges(runner: CameraRunner) -> None:
    """Have edges of both lines noted while somebody watches."""
    notices = runner.camera.state.notices

    def noted(line: str) -> Callable[[OutputChanged | LineChanged], None]:
        def note(notice: OutputChanged | LineChanged) -> None:
            if runner.happenings is not None:
                runner.happenings.edge(line, notice.at_ns, notice.high)

        return note

    notices.subscribe(OutputChanged, noted("STROBE_OUT"))
    notices.subscribe(LineChanged, noted("TRIGGER_IN"))
