"""Who sits on the cable during a trial: loses, repeats, delays or changes datagrams. The default does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random

from tiscam_emu.score.record import StreamPacket
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.gvcp import Command

Passed = list[bytes | memoryview]


def turns(every: int) -> Iterator[bool]:
    """Without end: true each `every`-th time."""
    return cycle([*[False] * (every - 1), True])


class Meddler:
    """State: what a trial has done so far. Each method returns what goes on instead of what set out."""

    def command(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """A command on its way to the camera."""
        del now
        return [data]

    def answer(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """An acknowledge on its way to the client."""
        del now
        return [data]

    def shown(self, packet: StreamPacket) -> StreamPacket:
        """A packet of the stream as the client is to see it; what is recorded is this."""
        return packet

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """A packet of the stream on its way."""
        del now
        return [packet.data]


class LosesPackets(Meddler):
    """Loses packets that `chosen` names, once each; a packet sent again need not say so."""

    def __init__(self, chosen: Callable[[StreamPacket], bool]) -> None:
        self._chosen = chosen
        self._lost: set[tuple[int, int]] = set()

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        place = packet.block_id, packet.packet_id
        if packet.is_test or place in self._lost or not self._chosen(packet):
            return [packet.data]
        self._lost.add(place)
        return []


class LosesShare(Meddler):
    """Loses a share of all packets, `burst` in a row, sent for the first time or again; seeded."""

    def __init__(self, share: float, burst: int = 1) -> None:
        self._begins = share / (share + burst * (1 - share))
        self._burst = burst
        self._left = 0
        self._rng = Random("score")

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        if packet.is_test:
            return [packet.data]
        if not self._left and self._rng.random() < self._begins:
            self._left = self._burst
        if self._left:
            self._left -= 1
            return []
        return [packet.data]


class LosesLarge(Meddler):
    """A path with an MTU: larger packets vanish, test packets included."""

    def __init__(self, mtu: int) -> None:
        self._mtu = mtu

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        return [packet.data] if packet.ip_bytes <= self._mtu else []


class SwapsPackets(Meddler):
    """Lets every `every`-th payload packet be overtaken by the one that follows."""

    def __init__(self, every: int) -> None:
        self._turns = turns(every)
        self._held: bytes | None = None

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        if self._held is not None:
            held, self._held = self._held, None
            return [packet.data, held]
        inner = not (packet.is_test or packet.is_leader or packet.is_trailer)
        if inner and next(self._turns):
            self._held = bytes(packet.data)
            return []
        return [packet.data]


class RepeatsPackets(Meddler):
    """Sends every `every`-th packet twice."""

    def __init__(self, every: int) -> None:
        self._turns = turns(every)

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        return [packet.data] * (2 if next(self._turns) else 1)


class ChangesAnswers(Meddler):
    """Sends what `change` makes of every `every`-th acknowledge."""

    def __init__(self, every: int, change: Callable[[bytes], list[bytes]]) -> None:
        self._turns = turns(every)
        self._change = change

    def answer(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.answer`."""
        del now
        return self._change(data) if next(self._turns) else [data]


class Unplugged(Meddler):
    """Passes nothing while `out` is true."""

    def __init__(self) -> None:
        self.out = False

    def command(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.command`."""
        del now
        return [] if self.out else [data]

    def answer(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.answer`."""
        del now
        return [] if self.out else [data]

    def packet(self, packet: StreamPacket, now: Nanoseconds) -> Passed:
        """See `Meddler.packet`."""
        del now
        return [] if self.out else [packet.data]


_WRITE_ACKS = {int(Command.WRITEREG_ACK), int(Command.WRITEMEM_ACK)}


def answer_code(data: bytes) -> int:
    """The code of an acknowledge."""
    return int.from_bytes(data[2:4], "big")


def is_write_ack(data: bytes) -> bool:
    """Whether it acknowledges a write."""
    return answer_code(data) in _WRITE_ACKS
