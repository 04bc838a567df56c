"""What a resend request is worth: which packets go out again, and what is said about the others."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.errors import Status
from tiscam_emu.gvsp.packets import FrameTable, Packet, resent
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import build_status_packet

STATUS_PACKETS = 32
"""At most this many answers per request say that a packet is gone; the rest of the range goes unanswered."""


@dataclass(frozen=True, slots=True)
class Held:
    """A block whose packets are at hand, the first `sent` of them sent before."""

    table: FrameTable
    sent: int


@dataclass(slots=True)
class ResendState:
    """State: one request being answered, burst by burst.

    Each burst looks the block up anew, because it may leave the window between two bursts.

    Attributes
    ----------
    first, last
        Packet ids still to be answered, both included; None is the block's last packet.
    marked
        Whether resent packets carry PACKET_RESEND, which a client enables with the extended status codes.
    requester
        Where the answer goes if not to the stream's destination (SCCFG, packet resend destination).
    """

    block_id: int
    first: int
    last: int | None
    marked: bool = False
    requester: Endpoint | None = None

    def answer(self, count: int, held: Held | None, *, extended: bool = False) -> list[Packet]:
        """The next packets, `count` at most; fewer mean that the request is answered.

        `extended` are the ids of packets that are no longer held.
        """
        if held is None:
            return self._gone(count, extended=extended)
        end = held.sent if self.last is None else min(self.last + 1, held.sent)
        ids = range(self.first, min(end, self.first + count))
        self.first += count
        return [resent(held.table, packet_id, marked=self.marked) for packet_id in ids]

    def _gone(self, count: int, *, extended: bool) -> list[Packet]:
        # Frames leave the window oldest first, so all before are gone too. PACKET_UNAVAILABLE and
        # PACKET_NOT_YET_AVAILABLE are never answered: GenTL producers stall on them for good.
        status = Status.PACKET_AND_PREV_REMOVED_FROM_MEMORY
        end = self.first + STATUS_PACKETS
        if self.last is not None:
            end = min(self.last + 1, end)
        self.last = end - 1
        ids = range(self.first, min(end, self.first + count))
        self.first += count
        return [build_status_packet(status, self.block_id, packet_id, extended=extended) for packet_id in ids]
