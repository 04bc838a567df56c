"""A stream over a real socket and in real time, sent by the compiled core; waits are for packets, never for a time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from tiscam_emu.gvsp.channel import StreamChannel
from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.native import core
from tiscam_emu.net.cable import Cable
from tiscam_emu.net.clock import Clock, ManualClock, SystemClock
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.paced_sender import BurstSender, CoreSender, sender_for
from tiscam_emu.net.pipeline import FramePipeline
from tiscam_emu.net.sockets import StreamSocket
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.gvsp import PacketFormat, parse_packet

LIMIT_S = 10.0
MS = 1_000_000
WIDTH, HEIGHT = 64, 48
PACKETS = 8
"""Leader, trailer, and what such an image fills of packets of 576 bytes."""


NO_OPTIONS = StreamChannelCapability(0)


@dataclass(frozen=True, slots=True)
class To:
    port: int
    packet_delay_ns: int = 0
    host: str = "127.0.0.1"
    packet_size: int = 576
    do_not_fragment: bool = True
    link_bytes_per_s: float = 1e9
    limit_bytes_per_s: float | None = None
    opened: int = 1
    extended_ids: bool = False
    configuration: StreamChannelCapability = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Taken:
    request: FrameRequest
    ready_ns: int = 0
    end_ns: int = 0
    chunk_tail: bytes = b""
    awaited: bool = False


def exposure(frame_id: int, end_ns: int = 0) -> Taken:
    region = Region(WIDTH, HEIGHT)
    return Taken(FrameRequest(frame_id, 0, 100.0, 0.0, 240.0, PIXEL_FORMATS["Mono8"], region), end_ns=end_ns)


class Painting:
    """Paints every pixel with the frame's number."""

    quick = True

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        half = np.full(request.payload_bytes() // 2, request.frame_id, np.uint8)
        for part in range(2):
            canvas.write(part * half.size, half)
            yield

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        del request
        yield


@dataclass
class Bench:
    receiver: socket.socket
    clock: SystemClock = field(default_factory=SystemClock)
    errors: list[Exception] = field(default_factory=list)

    def to(self, packet_delay_ns: int = 0) -> To:
        return To(self.receiver.getsockname()[1], packet_delay_ns)

    def received(self, packets: int) -> list[bytes]:
        return [self.receiver.recv(65_536) for _ in range(packets)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(LIMIT_S)
        yield Bench(receiver)


@contextlib.contextmanager
def running(bench: Bench) -> Iterator[tuple[FramePipeline, Cable[None]]]:
    with contextlib.closing(StreamSocket("127.0.0.1")) as sock:
        cable: Cable[None] = Cable(sock, bench.clock, lambda: None, "seed")
        pipeline = FramePipeline(Painting(), cable.stream, bench.clock, on_error=bench.errors.append)
        pipeline.start()
        try:
            yield pipeline, cable
        finally:
            pipeline.stop()


def pictures(packets: list[bytes]) -> list[tuple[int, bytes]]:
    """Block id and payload of each frame, in the order of their trailers."""
    parsed = [parse_packet(packet) for packet in packets]
    data: dict[int, list[bytes]] = {}
    for packet in parsed:
        if packet.header.format == PacketFormat.PAYLOAD:
            data.setdefault(packet.header.block_id, []).append(packet.data)
    ended = [packet.header.block_id for packet in parsed if packet.header.format == PacketFormat.TRAILER]
    return [(block_id, b"".join(data[block_id])) for block_id in ended]


def painted(frame_id: int) -> bytes:
    return bytes([frame_id]) * (WIDTH * HEIGHT)


def test_the_core_sends_only_where_there_is_one_and_time_passes_by_itself() -> None:
    def kind(clock: Clock) -> type:
        with contextlib.closing(StreamSocket("127.0.0.1")) as sock:
            lock, report = threading.Lock(), list[Exception]().append
            with contextlib.closing(sender_for(StreamChannel(), lock, sock, clock, report, gso=Gso.AUTO)) as made:
                return type(made)

    assert kind(ManualClock()) is BurstSender
    assert kind(SystemClock()) is (CoreSender if hasattr(core, "send_paced") else BurstSender)


def test_frames_arrive_whole_in_order_and_counted(bench: Bench) -> None:
    with running(bench) as (pipeline, _):
        for frame_id in range(5):
            assert pipeline.submit(exposure(frame_id), bench.to())
        packets = bench.received(5 * PACKETS)
        assert pipeline.flush(LIMIT_S)
        counted = pipeline.counters()
    assert pictures(packets) == [(frame_id + 1, painted(frame_id)) for frame_id in range(5)]
    assert (counted.frames, counted.packets, counted.payload_bytes) == (5, 5 * PACKETS, 5 * WIDTH * HEIGHT)
    assert bench.errors == []


def test_a_trailer_waits_for_the_end_of_the_readout(bench: Bench) -> None:
    with running(bench) as (pipeline, _):
        end_ns = bench.clock.now() + 30 * MS
        pipeline.submit(exposure(1, end_ns), bench.to())
        bench.received(PACKETS)
        assert bench.clock.now() >= end_ns


def test_a_packet_asked_for_again_comes_before_the_rest_of_its_frame(bench: Bench) -> None:
    with running(bench) as (pipeline, _):
        pipeline.submit(exposure(1), bench.to(packet_delay_ns=20 * MS))
        first = bench.received(3)
        pipeline.resend([ResendRequest(1, 1, 1)])
        rest = bench.received(PACKETS - 3 + 1)
        assert pipeline.flush(LIMIT_S)
        counted = pipeline.counters()
    again = rest.index(first[1])
    assert again < len(rest) - 1
    assert pictures([*first, *rest[:again], *rest[again + 1 :]]) == [(1, painted(1))]
    assert (counted.packets, counted.resent_packets) == (PACKETS, 1)


@pytest.mark.parametrize("ending", [FramePipeline.discard, FramePipeline.stop])
def test_a_frame_that_would_take_hours_ends_with_its_stream(
    bench: Bench, ending: Callable[[FramePipeline], None]
) -> None:
    with running(bench) as (pipeline, _):
        pipeline.submit(exposure(1), bench.to(packet_delay_ns=3600 * 1000 * MS))
        bench.received(1)
        ending(pipeline)
        assert pipeline.flush(LIMIT_S)
        if ending is FramePipeline.discard:
            assert pipeline.counters().packets == 1
            pipeline.submit(exposure(2), bench.to())
            assert pictures(bench.received(PACKETS)) == [(2, painted(2))]


def test_a_cable_that_becomes_faulty_meets_the_rest_of_a_frame(bench: Bench) -> None:
    with running(bench) as (pipeline, cable):
        pipeline.submit(exposure(1), bench.to(packet_delay_ns=20 * MS))
        bench.received(2)
        cable.use(FaultPlan.parse(["drop=1.0,on=stream"]))
        pipeline.look_again()
        assert pipeline.flush(LIMIT_S)
        counted = pipeline.counters()
        dropped = cable.counters()["stream"]["dropped"]
    assert counted.packets == PACKETS
    assert PACKETS - 4 <= dropped < PACKETS - 1


def test_a_stream_that_nobody_receives_goes_on(bench: Bench) -> None:
    to = bench.to()
    bench.receiver.close()
    with running(bench) as (pipeline, _):
        for frame_id in range(3):
            pipeline.submit(exposure(frame_id), to)
        assert pipeline.flush(LIMIT_S)
        assert (pipeline.counters().frames, pipeline.counters().packets) == (3, 3 * PACKETS)
    assert bench.errors == []


class Listened(StreamSocket):
    """State: what has left by the socket, and how long the link took for it."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1")
        self.told: list[tuple[bytes, float]] = []

    def left(self, packets: Iterable[bytes | memoryview], span_ns: float) -> None:
        self.told.append((b"".join(packets), span_ns))


@pytest.mark.skipif(not hasattr(core, "send_paced"), reason="there is no compiled core")
def test_what_the_core_has_sent_is_told_with_the_time_that_the_link_took(bench: Bench) -> None:
    with contextlib.closing(Listened()) as sock:
        cable: Cable[None] = Cable(sock, bench.clock, lambda: None, "seed")
        pipeline = FramePipeline(Painting(), cable.stream, bench.clock, on_error=bench.errors.append)
        pipeline.start()
        assert pipeline.submit(exposure(3), bench.to())
        received = b"".join(bench.received(PACKETS))
        assert pipeline.flush(LIMIT_S)
        pipeline.stop()
    assert b"".join(data for data, _ in sock.told) == received
    wire_bytes = len(received) + PACKETS * 28
    assert sum(span_ns for _, span_ns in sock.told) == pytest.approx(
        wire_bytes / To(0).link_bytes_per_s * 1e9, rel=0.15
    )
    assert bench.errors == []
