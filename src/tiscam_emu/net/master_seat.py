"""Which camera of a host is the PTP master: the one that holds a socket of which there can be only one."""

from __future__ import annotations

import errno
import socket
import sys

from tiscam_emu.units import NS_PER_S, Nanoseconds

_NAME = "\0tiscam-emu-ptp-master"
"""In Linux's abstract namespace: one per network namespace, given back when its holder ends, however it does."""

_ON_LINUX = sys.platform == "linux"

POLL_NS = NS_PER_S


class MasterSeat:
    """State: one camera's claim to be the master of its host and network namespace.

    Parameters
    ----------
    hesitation_ns
        How long a free seat is left to others, once, after the camera's clock was synchronised.
    exists
        Whether there is such a seat; by default under Linux.
    name
        Address of the socket.
    """

    def __init__(self, hesitation_ns: Nanoseconds = 0, *, exists: bool = _ON_LINUX, name: str = _NAME) -> None:
        self._hesitation_ns, self._name = hesitation_ns, name
        self._held: socket.socket | None = None
        self._claims_at: Nanoseconds | None = None
        self._follows_from: Nanoseconds | None = None
        self._exists = exists

    def advance(self, follows_from: Nanoseconds | None, now: Nanoseconds) -> bool | None:
        """Claim the seat, or give it up.

        Parameters
        ----------
        follows_from
            Device time from which the camera's clock follows common time; None while PTP is off.

        Returns
        -------
        bool | None
            Whether the camera is the master; None where there are no such seats.
        """
        if not self._exists:
            return None
        if follows_from != self._follows_from:
            self.close()
            self._follows_from = follows_from
            self._claims_at = None if follows_from is None else follows_from + self._hesitation_ns
        if self._held is None and self._claims_at is not None and now >= self._claims_at:
            self._claims_at = now + POLL_NS
            self._held = self._claimed()
        return self._held is not None if self._exists else None

    def next_wakeup(self) -> Nanoseconds | None:
        """When to look next whether the seat is free."""
        return self._claims_at if self._held is None else None

    def close(self) -> None:
        """Give the seat up."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _claimed(self) -> socket.socket | None:
        claim: socket.socket | None = None
        try:
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            claim.bind(self._name)
        except OSError as error:
            if claim is not None:
                claim.close()
            if error.errno != errno.EADDRINUSE:
                self._exists, self._claims_at = False, None
            return None
        return claim
