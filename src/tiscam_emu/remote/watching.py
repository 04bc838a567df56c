"""What happens on a bench, from afar: its stream of events, taken up again where it broke off."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.net.watchers import Outbox, Told
from tiscam_emu.remote.server import Server, broken

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

_SILENCE_S = 40.0
"""The bench says something every 15 seconds; after so long a silence the connection is made anew."""
_PAUSE_S = 0.5


class _Stream:
    """State: a connection to the event stream, and the last event of it."""

    def __init__(self, server: Server, camera: str) -> None:
        self._server = server
        self._path = "/events" + (f"?{urlencode({'camera': camera})}" if camera else "")
        self._last_id = ""
        self._connection: HTTPConnection | None = None
        self.ended = threading.Event()

    def open(self) -> HTTPResponse:
        self._connection = self._server.connection(_SILENCE_S)
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        return self._server.ask(self._connection, "GET", self._path, headers=headers)

    def events(self, response: HTTPResponse) -> Iterator[Told]:
        data = ""
        for raw in response:
            name, _, text = raw.decode().rstrip("\n").partition(": ")
            if name == "id":
                self._last_id = text
            elif name == "data":
                data = text
            elif not name and data:
                told, data = json.loads(data), ""
                if "kind" in told:
                    yield told

    def close(self) -> None:
        self.ended.set()
        connection = self._connection
        sock = getattr(connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def watch(server: Server, camera: str, function: Callable[[Told], None]) -> Callable[[], None]:
    """Have `function` called with what happens to a camera; empty: to all, each told with its ``camera``.

    Raises
    ------
    CameraFailed
        No bench answers. If it is gone later, it is looked for until what is returned is called.
    """
    stream = _Stream(server, camera)
    response = stream.open()
    outbox = Outbox(function)

    def run() -> None:
        answer: HTTPResponse | None = response
        while not stream.ended.is_set():
            with contextlib.suppress(*broken(), TiscamEmuError, ValueError):
                for told in stream.events(answer or stream.open()):
                    if stream.ended.is_set():
                        return
                    if camera:
                        told.pop("camera", None)
                    outbox.put(told)
            answer = None
            stream.ended.wait(_PAUSE_S)

    threading.Thread(target=run, name="tiscam-emu watch", daemon=True).start()

    def end() -> None:
        outbox.close()
        stream.close()

    return end
