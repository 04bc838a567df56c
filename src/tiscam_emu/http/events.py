"""What happens on the bench, as server-sent events: cameras are watched only while somebody listens."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.problems import to_json
from tiscam_emu.net.watchers import Happening

_KEPT = 5000
"""Events that can be asked for again."""
_LINGER_S = 10.0
"""So long after the last listener has left events are still kept, so that one whose connection broke loses none."""
_HEARTBEAT_S = 15.0
MOST_LISTENERS = 32


@dataclass(frozen=True, slots=True)
class Event:
    """One happening, numbered since the server's start."""

    number: int
    camera: str
    told: dict[str, Any]

    def to_bytes(self, boot: str) -> bytes:
        """As the event stream carries it."""
        data = to_json({"camera": self.camera, **self.told}).decode()
        return f"id: {boot}-{self.number}\nevent: {self.told['kind']}\ndata: {data}\n\n".encode()


@dataclass(eq=False, slots=True)
class Subscription:
    """State: one listener, and how far it has been told.

    Attributes
    ----------
    camera
        The only one it listens to; empty: to all.
    """

    hub: EventHub
    camera: str
    next_number: int
    loop: asyncio.AbstractEventLoop | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self) -> AsyncIterator[bytes]:
        """The events from here on, until the listener leaves or the server ends."""
        self.loop = asyncio.get_running_loop()
        try:
            yield b": the bench\n\n"
            while not self.hub.closed:
                self.news.clear()
                events = self.hub.since(self.next_number)
                if events and events[0].number > self.next_number:
                    yield b"event: gap\ndata: {}\n\n"
                for event in events:
                    self.next_number = event.number + 1
                    if self.camera in {"", event.camera}:
                        yield event.to_bytes(self.hub.boot)
                if not events:
                    try:
                        await asyncio.wait_for(self.news.wait(), _HEARTBEAT_S)
                    except TimeoutError:
                        yield b": still here\n\n"
        finally:
            self.end()

    def end(self) -> None:
        """Listen no longer; ending twice does no harm."""
        self.hub.leave(self)

    def wake(self) -> None:
        """Look for news; may be called from any thread."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.loop.call_soon_threadsafe(self.news.set)


class EventHub:
    """State: the listeners, the last events, and the cameras that are watched for them."""

    def __init__(self, bench: Bench) -> None:
        self.boot = secrets.token_hex(4)
        self.closed = False
        self._bench = bench
        self._lock = threading.Lock()
        self._switching = threading.RLock()
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._count = 0
        self._listeners: set[Subscription] = set()
        self._ends: dict[str, Callable[[], None]] = {}
        self._watching = False
        self._timer: threading.Timer | None = None
        bench.on_change(self._camera_changed)

    def subscribe(self, camera: str = "", last_id: str = "") -> Subscription | None:
        """Listen from now on, or from behind the event of that id if it is still known; None: there are too many."""
        boot, _, number = last_id.rpartition("-")
        with self._lock:
            if len(self._listeners) >= MOST_LISTENERS:
                return None
            known = boot == self.boot and number.isascii() and number.isdigit()
            subscription = Subscription(self, camera, min(int(number) + 1, self._count) if known else self._count)
            self._listeners.add(subscription)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        with self._switching:
            if not self._watching:
                self._watching = True
                for name, there in self._bench.items():
                    self._watch(name, there)
        return subscription

    def since(self, number: int) -> list[Event]:
        """What is known from this number on."""
        with self._lock:
            first = self._count - len(self._events)
            return [self._events[at] for at in range(max(number - first, 0), len(self._events))]

    def leave(self, subscription: Subscription) -> None:
        """Listen no longer."""
        with self._lock:
            if subscription not in self._listeners:
                return
            self._listeners.discard(subscription)
            if self._listeners or self._timer is not None or self.closed:
                return
            self._timer = threading.Timer(_LINGER_S, self._rest)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """End all streams, and watch nothing any more."""
        self.closed = True
        with self._lock:
            listeners = list(self._listeners)
            if self._timer is not None:
                self._timer.cancel()
        for listener in listeners:
            listener.wake()
        self._end_watching()

    def put(self, camera: str, told: dict[str, Any]) -> None:
        """Tell all listeners."""
        with self._lock:
            self._events.append(Event(self._count, camera, told))
            self._count += 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener.wake()

    def _rest(self) -> None:
        with self._lock:
            self._timer = None
            if self._listeners:
                return
        self._end_watching()

    def _end_watching(self) -> None:
        with self._switching:
            self._watching = False
            ends, self._ends = list(self._ends.values()), {}
        for end in ends:
            end()

    def _watch(self, name: str, camera: Camera) -> None:
        def tell(happening: Happening) -> None:
            self.put(name, {"kind": happening.kind, "time_ns": happening.time_ns, **happening.told})

        with contextlib.suppress(TiscamEmuError):  # it has ended, which is told otherwise
            self._ends[name] = camera.watch(tell)

    def _camera_changed(self, name: str, camera: Camera | None) -> None:
        with self._switching:
            if not self._watching:
                return
            end = self._ends.pop(name, None)
            if camera is not None:
                self._watch(name, camera)
        if end is not None:
            end()
        self.put(name, {"kind": "camera", "time_ns": 0, "running": camera is not None})
