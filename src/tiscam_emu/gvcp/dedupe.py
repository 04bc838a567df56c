"""Commands whose acknowledge got lost are sent again by the client; they must not be executed again.

Source: GigE Vision 2.x, chapter "Retransmission". A retransmission has the same bytes, hence the same request id; whole
datagrams are compared, so that a client which restarts its ids on the same port is not mistaken for a repeating one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from tiscam_emu.wire.endpoint import Endpoint

_PEERS_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class ExecutedRequest:
    """A command that changed something, and the acknowledge it got; None if the client wanted none."""

    datagram: bytes
    ack: bytes | None


class RepeatedRequestState:
    """State: the last executed command of each recent peer."""

    def __init__(self) -> None:
        self._last: OrderedDict[Endpoint, ExecutedRequest] = OrderedDict()

    def find(self, datagram: bytes, peer: Endpoint) -> ExecutedRequest | None:
        """The peer's last executed command, if `datagram` is that very one."""
        last = self._last.get(peer)
        return last if last is not None and last.datagram == datagram else None

    def remember(self, datagram: bytes, ack: bytes | None, peer: Endpoint) -> None:
        """`datagram` was executed."""
        self._last[peer] = ExecutedRequest(datagram, ack)
        self._last.move_to_end(peer)
        if len(self._last) > _PEERS_REMEMBERED:
            self._last.popitem(last=False)

    def forget(self, peer: Endpoint) -> None:
        """The peer lost control: what it sends from now on is new, even with the bytes of an old command."""
        self._last.pop(peer, None)
