"""Whoever watches a camera: what is told to them, each on a thread of its own, so that none can hold anything up."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.units import Nanoseconds

_MOST_KEPT = 4096

log = logging.getLogger("tiscam_emu")

Told = dict[str, Any]
"""What happened: ``kind``, ``time_ns``, and more that depends on the kind; plain data."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What has happened to a camera.

    Attributes
    ----------
    kind
        ``controller``, ``stream``, ``acquisition``, ``frames``, ``skip``, ``resend``, ``mistake``, ``edges``,
        ``feature``, ``plug``, ``faults``, ``scene`` or ``led``, and what a bench tells; see `docs/http.md`.
    time_ns
        Device time at which it was seen.
    told
        More, by kind; plain data.
    """

    kind: str
    time_ns: Nanoseconds
    told: Mapping[str, Any]

    @classmethod
    def of(cls, told: Told) -> Happening:
        """From plain data."""
        rest = dict(told)
        return cls(rest.pop("kind"), rest.pop("time_ns"), rest)


@dataclass(frozen=True, slots=True)
class FeatureChange:
    """A feature that reads otherwise than before.

    Attributes
    ----------
    value, before
        None where nothing can be read.
    by
        ``host:port`` of the client that wrote last, ``bench``, ``timeline``, or ``camera`` if it did so itself, as with
        all that nobody can write.
    time_ns
        Device time at which it was seen.
    """

    name: str
    value: int | float | str | bool | None
    before: int | float | str | bool | None
    by: str
    time_ns: Nanoseconds


class Outbox:
    """State: what is still to be said, by a thread of its own; the oldest is forgotten if that does not keep up.

    The thread is started with the first thing to say.
    """

    def __init__(self, say: Callable[[Told], None]) -> None:
        self._say = say
        self._waiting: deque[Told] = deque(maxlen=_MOST_KEPT)
        self._changed = threading.Condition()
        self._open = True
        self._thread: threading.Thread | None = None

    def put(self, told: Told) -> None:
        """Say this when all before has been said."""
        with self._changed:
            self._waiting.append(told)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tiscam-emu happenings", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Say nothing more; what is being said may still end."""
        with self._changed:
            self._open = False
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._open:
                    return
                told = self._waiting.popleft()
            try:
                self._say(told)
            except Exception as error:  # whatever is wrong with one, the next ones are told
                log.error("who watches a camera failed: %s: %s", type(error).__name__, error)


class Watchers:
    """State: who wants to know what happens to one camera.

    Parameters
    ----------
    switch
        Called with True for the first one, and with False when the last one has left.
    """

    def __init__(self, switch: Callable[[bool], Any]) -> None:
        self._switch = switch
        self._lock = threading.Lock()
        self._outboxes: list[Outbox] = []

    def add(self, function: Callable[[Told], None]) -> Callable[[], None]:
        """Have `function` called, on a thread of its own, until what is returned is called."""
        outbox = Outbox(function)
        with self._lock:
            self._outboxes = [*self._outboxes, outbox]
            if len(self._outboxes) == 1:
                try:
                    self._switch(True)  # noqa: FBT003
                except TiscamEmuError:
                    self._outboxes = []
                    outbox.close()
                    raise
        return lambda: self._remove(outbox)

    def tell(self, told: Told) -> None:
        """Tell all of them."""
        for outbox in self._outboxes:
            outbox.put(told)

    def _remove(self, outbox: Outbox) -> None:
        outbox.close()
        with self._lock:
            if outbox not in self._outboxes:
                return
            self._outboxes = [other for other in self._outboxes if other is not outbox]
            if not self._outboxes:
                with contextlib.suppress(TiscamEmuError):  # it has ended
                    self._switch(False)  # noqa: FBT003
