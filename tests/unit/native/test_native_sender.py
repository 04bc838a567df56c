"""The compiled sender, held against the packets, and against the pacing in Python."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.pacing import LinkPacer
from tiscam_emu.gvsp.packets import FrameTable, PacketTable
from tiscam_emu.native import core
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer

pytestmark = pytest.mark.skipif(not hasattr(core, "send_paced"), reason="the core has not been built")
LIMIT_S = 10.0
AT_ONCE = (0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.75)
HOUR_NS = 3600 * 10**9
MONO8 = 0x01080001


@dataclass
class Wire:
    """A connected socket, what it is connected to, and what wakes the sender."""

    sender: socket.socket
    receiver: socket.socket
    wake: int

    def send(
        self, table: FrameTable, first: int, end: int, **given: Any
    ) -> tuple[int, float, float, float, float, int]:
        options = {"burst": 5, "last": len(table.packets) - 1, "last_ns": 0, "offload": False, "pace": AT_ONCE, **given}
        memory, places = (given.get(name, getattr(table, name)) for name in ("memory", "places"))
        numbers = [options[name] for name in ("burst", "last", "last_ns", "offload", "pace")]
        return core.send_paced(self.sender.fileno(), self.wake, memory, places, first, end, *numbers)  # type: ignore

    def received(self, count: int) -> list[bytes]:
        return [self.receiver.recv(65_536) for _ in range(count)]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(LIMIT_S)
        sender.connect(receiver.getsockname())
        wake = os.eventfd(0, os.EFD_NONBLOCK)
        yield Wire(sender, receiver, wake)
        os.close(wake)


def filled(table: FrameTable, payload_bytes: int) -> FrameTable:
    payload = np.random.default_rng(1).integers(0, 256, payload_bytes, dtype=np.uint8)
    table.fill(payload, ImageLeader(1, MONO8, 8, 8), ImageTrailer(8))
    table.stamp(7)
    return table


def frame(payload_bytes: int = 20_000, packet_size: int = 1400) -> FrameTable:
    return filled(PacketTable(payload_bytes, packet_size), payload_bytes)


@pytest.mark.parametrize("offload", [False, True])
@pytest.mark.parametrize("burst", [1, 5, 400])
@pytest.mark.parametrize(
    ("payload_bytes", "packet_size"), [(20_000, 1400), (1364 * 20, 1400), (3, 576), (70_000, 9000)]
)
def test_every_packet_arrives_whole_and_in_order(
    wire: Wire, payload_bytes: int, packet_size: int, burst: int, offload: bool
) -> None:
    table = frame(payload_bytes, packet_size)
    count = len(table.packets)
    sent, *_, error = wire.send(table, 0, count, burst=burst, offload=offload)
    assert (sent, error) == (count, 0)
    assert wire.received(count) == [bytes(packet) for packet in table.packets]


@pytest.mark.parametrize("offload", [False, True])
@pytest.mark.parametrize(("first", "end"), [(0, 1), (2, 9), (9, 9), (12, 19)])
def test_any_part_of_a_frame_in_parts_arrives(wire: Wire, offload: bool, first: int, end: int) -> None:
    table = filled(MultiPartTable((10_000, 1, 7_000), 1100), 17_001)
    assert wire.send(table, first, end, burst=30, offload=offload)[0] == end - first
    assert wire.received(end - first) == [bytes(packet) for packet in table.packets[first:end]]


def test_more_packets_than_are_handed_over_at_once_arrive(wire: Wire) -> None:
    table = frame(500_000, 1400)
    assert wire.send(table, 0, len(table.packets), burst=300)[0] == len(table.packets)
    assert wire.received(len(table.packets)) == [bytes(packet) for packet in table.packets]


@pytest.mark.parametrize("limit", [None, 30e6])
def test_the_pace_is_that_of_the_python_sender(wire: Wire, limit: float | None) -> None:
    table, paced = frame(), LinkPacer()
    paced.configure(1400, 8, 120e6, 1500, limit)
    paced.begin(time.monotonic_ns())
    first, count = 0, len(table.packets)
    while first < count:
        due_ns = paced.next_ns
        end = min(first + 3, count)
        sent, now, link_ns, *state, _ = wire.send(table, first, end, burst=3, pace=paced.rule())
        assert sent == end - first
        assert now >= due_ns - 1
        sent_bytes = sum(len(packet) for packet in table.packets[first:end])
        byte_ns, packet_ns = paced.rule()[2:4]
        assert link_ns == pytest.approx(sent_bytes * byte_ns + sent * packet_ns)
        paced.sent(sent, sent_bytes, now)  # type: ignore[arg-type]
        assert paced.rule()[:2] == pytest.approx(state, abs=1)
        paced.resume(*state)
        first = end


def test_several_bursts_leave_no_sooner_than_their_pace(wire: Wire) -> None:
    table = frame()
    began = time.monotonic_ns()
    pace = (began, 0.0, 0.0, 1e6, 20e6, 0.3, 0.75)  # a packet a millisecond
    sent, now, _, free, _, _ = wire.send(table, 0, 6, burst=2, pace=pace)
    assert sent == 6
    assert free >= began + 6e6 - 1
    assert now >= began + 2 * 2 * 0.75e6 - 2e6 * 0.3


def test_who_is_woken_sends_nothing_more(wire: Wire) -> None:
    os.eventfd_write(wire.wake, 1)
    assert wire.send(frame(), 0, 5)[0] == 0


def test_a_long_pause_ends_when_woken(wire: Wire) -> None:
    table = frame()
    pace = (0.0, 0.0, 0.0, float(HOUR_NS), 0.0, 0.3, 0.75)

    def wake() -> None:
        wire.received(2)
        os.eventfd_write(wire.wake, 1)

    waker = threading.Thread(target=wake)
    waker.start()
    assert wire.send(table, 0, 8, burst=2, pace=pace)[0] == 2
    waker.join()


def test_the_last_packet_waits_for_its_time(wire: Wire) -> None:
    table = frame()
    count = len(table.packets)

    def wake() -> None:
        wire.received(count - 1)
        os.eventfd_write(wire.wake, 1)

    waker = threading.Thread(target=wake)
    waker.start()
    assert wire.send(table, 0, count, last_ns=time.monotonic_ns() + HOUR_NS)[0] == count - 1
    waker.join()


def test_what_became_of_an_earlier_packet_is_no_error_of_this_one(wire: Wire) -> None:
    table = frame()
    wire.receiver.close()
    assert wire.send(table, 0, len(table.packets))[0] == len(table.packets)


def test_a_packet_that_the_system_refuses_is_told(wire: Wire) -> None:
    memory = np.zeros(200_000, np.uint8)
    places = np.array([[0, 100], [100, 65_535], [0, 100]], np.uint32)
    sent, *_, error = wire.send(frame(), 0, 3, last=2, memory=memory, places=places)
    assert (sent, error) == (1, errno.EMSGSIZE)


@pytest.mark.parametrize(
    ("first", "end", "burst", "places"),
    [
        (0, 2, 5, [[0, 10]]),
        (-1, 1, 5, [[0, 10]]),
        (0, 1, 0, [[0, 10]]),
        (0, 1, 5, [[0, 0]]),
        (0, 1, 5, [[95, 6]]),
        (0, 1, 5, [[2**32 - 1, 5]]),
        (0, 1, 5, [[0, 65_536]]),
    ],
)
def test_what_does_not_lie_in_the_memory_is_refused(
    wire: Wire, first: int, end: int, burst: int, places: list[list[int]]
) -> None:
    memory, table = np.zeros(100, np.uint8), frame()
    with pytest.raises(ValueError, match=r"needed are|no such burst"):
        wire.send(table, first, end, burst=burst, memory=memory, places=np.array(places, np.uint32))
