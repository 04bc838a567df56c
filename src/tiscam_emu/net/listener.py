"""Waiting for several sockets at once, to the microsecond."""

from __future__ import annotations

import select
import selectors
import socket
import sys
from collections.abc import Sequence

_LARGEST_SELECTED = 1023
"""File descriptors above this are too large for `select` (FD_SETSIZE)."""


class Listener:
    """State: sockets that are listened to.

    epoll sleeps in whole milliseconds, rounded up, so that at hundreds of frames a second every exposure would open
    late. `select` sleeps to the microsecond, and takes the one descriptor of the epoll object in place of all of them.
    """

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._selector = selectors.DefaultSelector()
        for sock in sockets:
            self._selector.register(sock, selectors.EVENT_READ, sock)
        self._epoll: int | None = None
        if sys.platform == "linux" and isinstance(self._selector, selectors.EpollSelector):
            descriptor = self._selector.fileno()
            self._epoll = descriptor if descriptor <= _LARGEST_SELECTED else None

    def wait(self, timeout_s: float | None) -> list[socket.socket]:
        """Sockets that have something to read, as soon as there are any; none after `timeout_s`.

        0 only looks, None waits for ever.
        """
        if timeout_s and self._epoll is not None:
            if not select.select((self._epoll,), (), (), timeout_s)[0]:
                return []
            timeout_s = 0.0
        return [key.data for key, _ in self._selector.select(timeout_s)]

    def close(self) -> None:
        """Give the selector back; the sockets stay open."""
        self._selector.close()
