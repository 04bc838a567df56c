"""What a resend request is worth: which packets go out again, and what is said about the others."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.errors import Status
from tiscam_emu.gvsp.packets import FrameTable, Packet, resent
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import build_status_packet

STATUS_PACKETS = 32
"""At most this many answers per request say that a packet is gone; the rest of the range goes unanswered."""

BUDGET_FRAMES = 4
BUDGET_PER_PACKET = 2


@dataclass(frozen=True, slots=True)
class ResendRequest:
    """Packets that a client asks for once more; see `StreamChannel.request_resend`."""

    block_id: int
    first: int
    last: int | None
    marked: bool = False
    requester: Endpoint | None = None


class ResendBudget:
    """State: how many packets may still be sent again, so that no flood of requests multiplies the stream.

    Each packet of a frame earns two packets sent again, whatever is asked for and by whom: with resends the stream is
    in the long run never more than three times itself. A budget of four frames is there from the beginning and is never
    exceeded, for a client that has lost whole frames.
    """

    __slots__ = ("_most", "left")

    def __init__(self) -> None:
        self.left = 0
        self._most = 0

    def open(self) -> None:
        """A new stream begins."""
        self.left = self._most = 0

    def begin_frame(self, packets: int) -> None:
        """A frame of so many packets is going to be sent."""
        most = BUDGET_FRAMES * packets
        self.left += max(0, most - self._most)
        self._most = most
        self.left = min(self.left, most)

    def earn(self, packets: int) -> None:
        """Packets of a frame were sent."""
        self.left = min(self.left + BUDGET_PER_PACKET * packets, self._most)

    def spend(self, packets: int) -> None:
        """Packets were sent again, or said to be gone."""
        self.left -= packets


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
