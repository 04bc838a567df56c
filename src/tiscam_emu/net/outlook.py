"""What the way to a stream's receiver allows, looked at when a stream begins and again while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.pacing import DEFAULT_RECEIVE_BUFFER_BYTES
from tiscam_emu.net.offload import Gso, is_unseen
from tiscam_emu.net.receiver import receive_buffer_bytes
from tiscam_emu.units import NS_PER_MS, Nanoseconds

_LOOK_AGAIN_NS = 500 * NS_PER_MS
_LOOPBACK = "127."


class Outlook:
    """State: what was seen last.

    Attributes
    ----------
    offload
        Whether packets may be handed over many at a time, see `net.offload`.
    buffer_bytes
        Of the receiver's socket, see `net.receiver`.
    """

    def __init__(
        self,
        gso: Gso,
        *,
        unseen: Callable[[], bool] = is_unseen,
        buffer_of: Callable[[str, int], int] = receive_buffer_bytes,
    ) -> None:
        self._gso = gso
        self._unseen = unseen
        self._buffer_of = buffer_of
        self._opened: int | None = None
        self._again_ns: Nanoseconds = 0
        self.offload = gso == Gso.ON
        self.buffer_bytes = DEFAULT_RECEIVE_BUFFER_BYTES

    def look(self, to: Destination, now: Nanoseconds) -> None:
        """Look, if the stream to this destination has just been opened, or the last look is half a second old."""
        if to.opened == self._opened and now < self._again_ns:
            return
        self._opened, self._again_ns = to.opened, now + _LOOK_AGAIN_NS
        near = to.host.startswith(_LOOPBACK)
        self.buffer_bytes = self._buffer_of(to.host, to.port) if near else DEFAULT_RECEIVE_BUFFER_BYTES
        if self._gso == Gso.AUTO:
            self.offload = near and self._unseen()
