from __future__ import annotations

import os
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.net.clock import ManualClock
from tiscam_emu.net.frame_work import Measurement
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.pipeline import FramePipeline
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Noise, Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.gvsp import PacketFormat, parse_image_leader, parse_image_trailer, parse_packet
from tiscam_emu.wire.multi_part import DataType, Part, parse_multi_part_leader, parse_multi_part_trailer
from tiscam_emu.wire.stamp import STAMP_BYTES, Stamp, read_stamp

MS = 1_000_000
LIMIT_S = 10.0
"""Bounds a wait that fails; none that succeeds takes it."""

WIDTH, HEIGHT = 64, 48


NO_OPTIONS = StreamChannelCapability(0)


@dataclass(frozen=True, slots=True)
class To:
    host: str = "192.0.2.1"
    port: int = 50_000
    packet_size: int = 1400
    do_not_fragment: bool = True
    packet_delay_ns: int = 0
    link_bytes_per_s: float = 1e15
    limit_bytes_per_s: float | None = None
    opened: int = 1
    extended_ids: bool = False
    configuration: StreamChannelCapability = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Taken:
    request: FrameRequest
    ready_ns: int
    end_ns: int = 0
    chunk_tail: bytes = b""
    awaited: bool = False


def exposure(frame_id: int, ready_ns: int = 0, width: int = WIDTH) -> Taken:
    region = Region(width, HEIGHT, offset_x=16, offset_y=8)
    return Taken(FrameRequest(frame_id, frame_id * MS, 100.0, 0.0, 240.0, PIXEL_FORMATS["Mono8"], region), ready_ns)


@dataclass
class FakeSource:
    """Paints every pixel with the frame's number."""

    failing: set[int] = field(default_factory=set)
    failing_halfway: set[int] = field(default_factory=set)
    short: set[int] = field(default_factory=set)
    prepared: list[int] = field(default_factory=list)
    gate: threading.Semaphore | None = None
    middle: threading.Semaphore | None = None
    quick: bool = True
    threads: list[str] = field(default_factory=list)
    priorities: list[int] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        self.threads.append(threading.current_thread().name)
        if sys.platform == "linux":
            self.priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        self.begun.release()
        if self.gate is not None:
            assert self.gate.acquire(timeout=LIMIT_S)
        half = np.full(request.payload_bytes() // 2, request.frame_id, np.uint8)
        if request.frame_id in self.failing:
            raise RuntimeError(f"frame {request.frame_id}")
        canvas.write(0, half)
        yield
        if self.middle is not None:
            assert self.middle.acquire(timeout=LIMIT_S)
        if request.frame_id in self.failing_halfway:
            raise RuntimeError(f"frame {request.frame_id}")
        canvas.write(half.size, half[1:] if request.frame_id in self.short else half)
        yield

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        self.prepared.append(request.frame_id)
        yield


@dataclass
class FakeSink:
    """Copies what is sent, as the operating system does."""

    targets: list[tuple[str, int, bool]] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    failures: int = 0
    calls: int = 0
    sent: threading.Condition = field(default_factory=threading.Condition)

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        self.targets.append((host, port, do_not_fragment))

    def send(self, packets: Sequence[memoryview | bytes]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(9, "bad file descriptor")
        with self.sent:
            self.packets += [bytes(packet) for packet in packets]
            self.sent.notify_all()

    def descriptor(self) -> int | None:
        return None

    def left(self, packets: Iterable[memoryview | bytes], span_ns: float) -> None:
        raise AssertionError(f"{len(list(packets))} packets left by themselves within {span_ns} ns")

    def send_runs(self, runs: Sequence[tuple[memoryview | bytes, int]]) -> None:
        self.calls += 1
        for data, size in runs:
            whole = bytes(data)
            self.packets += [whole[first : first + size] for first in range(0, len(whole), size)]

    def wait_for(self, packets: int) -> None:
        """Until so many packets have been sent."""
        with self.sent:
            assert self.sent.wait_for(lambda: len(self.packets) >= packets, LIMIT_S)

    def blocks(self) -> list[tuple[int, int, bytes]]:
        """Block id, timestamp and payload of each frame, as a client puts them together."""
        frames: dict[int, list[bytes]] = {}
        times: dict[int, int] = {}
        done = []
        for raw in self.packets:
            packet = parse_packet(raw)
            block_id = packet.header.block_id
            if packet.header.format == PacketFormat.LEADER:
                frames[block_id] = []
                times[block_id] = parse_image_leader(packet.data).timestamp
            elif packet.header.format == PacketFormat.PAYLOAD:
                assert packet.header.packet_id == len(frames[block_id]) + 1
                frames[block_id].append(packet.data)
            else:
                assert parse_image_trailer(packet.data).size_y == HEIGHT
                done.append((block_id, times[block_id], b"".join(frames[block_id])))
        return done


@dataclass
class Bench:
    clock: ManualClock = field(default_factory=ManualClock)
    source: FakeSource = field(default_factory=FakeSource)
    sink: FakeSink = field(default_factory=FakeSink)
    errors: list[Exception] = field(default_factory=list)
    measured: list[Measurement] = field(default_factory=list)


@contextmanager
def running(bench: Bench, max_outstanding: int = 4, *, gso: Gso = Gso.OFF) -> Iterator[FramePipeline]:
    pipeline = FramePipeline(
        bench.source,
        bench.sink,
        bench.clock,
        on_error=bench.errors.append,
        on_measured=bench.measured.append,
        max_outstanding=max_outstanding,
        gso=gso,
    )
    pipeline.start()
    try:
        yield pipeline
    finally:
        pipeline.stop()


def settled(pipeline: FramePipeline) -> None:
    assert pipeline.settle(LIMIT_S)


def painted(frame_id: int, width: int = WIDTH) -> bytes:
    return bytes([frame_id]) * (width * HEIGHT)


def test_a_frame_is_rendered_and_sent_with_its_exposure_time() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        assert pipeline.submit(exposure(7), To())
        settled(pipeline)
    assert bench.sink.blocks() == [(1, 7 * MS, painted(7))]
    assert bench.sink.targets == [("192.0.2.1", 50_000, True)]
    leader = parse_image_leader(parse_packet(bench.sink.packets[0]).data)
    assert (leader.size_x, leader.size_y, leader.offset_x, leader.offset_y) == (WIDTH, HEIGHT, 16, 8)
    assert leader.pixel_format == 0x01080001


def test_a_frame_is_measured_where_that_was_asked_for() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.submit(exposure(100), To())
        pipeline.submit(exposure(101), To(), (16, 8, 32, 24))
        settled(pipeline)
    (measured,) = bench.measured
    assert (measured.request.frame_id, measured.roi) == (101, (16, 8, 32, 24))
    assert (measured.statistics.mean_dn8, measured.statistics.contrast) == (101.0, 0.0)


def test_a_frame_is_measured_before_its_readout_is_over() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.submit(exposure(1, ready_ns=10 * MS), To(), (0, 0, WIDTH, HEIGHT))
        settled(pipeline)
        assert len(bench.measured) == 1
        assert bench.sink.packets == []


def test_a_frame_that_cannot_be_rendered_is_not_measured() -> None:
    bench = Bench(source=FakeSource(failing={2}))
    with running(bench) as pipeline:
        for frame_id in (1, 2, 3):
            pipeline.submit(exposure(frame_id), To(), (0, 0, WIDTH, HEIGHT))
            settled(pipeline)
    assert [measured.request.frame_id for measured in bench.measured] == [1, 3]


def test_a_stamped_frame_tells_its_exposure_and_is_measured_without_the_stamp() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.stamping = True
        pipeline.submit(replace(exposure(7), chunk_tail=b"tail"), To(), (0, 0, WIDTH, 2))
        settled(pipeline)
    payload = b"".join(parse_packet(bytes(packet)).data for packet in bench.sink.packets[1:-1])
    assert read_stamp(payload) == Stamp(7, 7 * MS, WIDTH * HEIGHT)
    assert payload[STAMP_BYTES:] == painted(7)[STAMP_BYTES:] + b"tail"
    assert [(measured.statistics.mean_dn8, measured.statistics.contrast) for measured in bench.measured] == [(7.0, 0.0)]


def test_an_image_without_room_for_a_stamp_is_sent_as_it_is() -> None:
    bench = Bench()
    tiny = exposure(7)
    tiny = replace(tiny, request=replace(tiny.request, region=Region(8, 4)))
    with running(bench) as pipeline:
        pipeline.stamping = True
        pipeline.submit(tiny, To())
        settled(pipeline)
    assert bench.errors == []
    assert b"".join(parse_packet(bytes(packet)).data for packet in bench.sink.packets[1:-1]) == bytes([7]) * 32


@pytest.mark.parametrize("name", ["Mono10p", "Mono12p", "Mono12Packed", "Mono10", "RGBa8", "YUV411_8_UYYVYY"])
@pytest.mark.parametrize("noise", ["fast", "exact"])
def test_frames_of_lines_that_are_no_whole_bytes_arrive_with_their_chunks(name: str, noise: Noise) -> None:
    sensor = SensorModel(256, 192, 3.45, color=False, full_well_e=10500, read_noise_e=2.3)
    request = replace(exposure(7).request, pixel_format=PIXEL_FORMATS[name], region=Region(63, 47, 1, 1))
    picture = np.empty(request.payload_bytes(), np.uint8)
    Renderer(sensor, load_scene("chart"), 1, noise).render(request, picture)
    bench = Bench()
    bench.source = Renderer(sensor, load_scene("chart"), 1, noise)  # type: ignore[assignment]
    with running(bench) as pipeline:
        pipeline.stamping = True
        pipeline.submit(replace(exposure(7), request=request, chunk_tail=b"tail"), To(packet_size=576), (0, 0, 63, 47))
        settled(pipeline)
    payload = b"".join(parse_packet(bytes(packet)).data for packet in bench.sink.packets[1:-1])
    assert read_stamp(payload) == Stamp(7, 7 * MS, picture.size)
    assert payload[STAMP_BYTES:] == picture.tobytes()[STAMP_BYTES:] + b"tail"
    assert len(bench.measured) == 1


def test_stamps_begin_and_end_with_a_whole_frame() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        for frame, stamping in enumerate((False, True, True, False)):
            pipeline.stamping = stamping
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
    payloads = [payload for _, _, payload in bench.sink.blocks()]
    assert payloads[0] == painted(0)
    assert [read_stamp(payload).frame_id for payload in payloads[1:3]] == [1, 2]
    assert payloads[3] == painted(3)


def test_a_repeated_frame_keeps_the_stamp_of_the_picture_it_carries() -> None:
    bench = Bench(source=FakeSource(failing={2}))
    with running(bench) as pipeline:
        pipeline.stamping = True
        for frame in (1, 2):
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
    sent = [(time // MS, read_stamp(payload)) for _, time, payload in bench.sink.blocks()]
    assert sent == [(1, Stamp(1, MS, WIDTH * HEIGHT)), (2, Stamp(1, MS, WIDTH * HEIGHT))]


def test_a_frame_waits_for_its_readout_although_it_is_rendered() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.submit(exposure(1, ready_ns=10 * MS), To())
        settled(pipeline)
        assert bench.sink.packets == []
        bench.clock.advance(10 * MS - 1)
        settled(pipeline)
        assert bench.sink.packets == []
        bench.clock.advance(1)
        settled(pipeline)
    assert bench.sink.blocks() == [(1, 1 * MS, painted(1))]


def test_chunks_follow_the_image_and_change_the_payload_type() -> None:
    bench = Bench()
    taken = replace(exposure(1), chunk_tail=b"tail")
    with running(bench) as pipeline:
        pipeline.submit(taken, To(configuration=StreamChannelCapability.EXTENDED_CHUNK))
        settled(pipeline)
    packets = [bytes(packet) for packet in bench.sink.packets]
    assert packets[0][8:12] == bytes.fromhex("00004001")
    assert b"".join(packet[8:] for packet in packets[1:-1])[-4:] == b"tail"
    payload_bytes = taken.request.payload_bytes() + 4
    assert packets[-1][8:] == struct.pack(">HHIII", 0, 0x4001, taken.request.region.height, payload_bytes, 0)


IN_PARTS = To(packet_size=576, extended_ids=True, configuration=StreamChannelCapability.MULTI_PART)


def test_image_and_chunks_are_parts_where_that_is_on_even_if_all_in_is_too() -> None:
    bench = Bench()
    both = replace(IN_PARTS, configuration=IN_PARTS.configuration | StreamChannelCapability.ALL_IN, packet_size=9000)
    with running(bench) as pipeline:
        pipeline.submit(replace(exposure(1), chunk_tail=b"tail"), both)
        settled(pipeline)
    packets = [parse_packet(packet) for packet in bench.sink.packets]
    assert [packet.header.format for packet in packets] == [1, 7, 7, 2]
    leader = parse_multi_part_leader(packets[0].data, packets[0].header.parts)
    assert leader.timestamp == 1 * MS
    image = Part(DataType.IMAGE_2D, WIDTH * HEIGHT, 0x0108_0001, WIDTH, HEIGHT, offset_x=16, offset_y=8)
    assert leader.parts == (image, Part(DataType.CHUNK_DATA, 4))
    assert [part.length for part in parse_multi_part_trailer(packets[-1].data).parts] == [WIDTH * HEIGHT, 4]
    assert packets[1].data[8:] == painted(1)
    assert packets[2].data[8:] == b"tail"


def test_frames_in_parts_are_sent_again_stamped_and_offloaded_like_others() -> None:
    plain, offloaded = Bench(), Bench()
    for bench, gso in ((plain, Gso.OFF), (offloaded, Gso.ON)):
        with running(bench, gso=gso) as pipeline:
            pipeline.stamping = True
            for number in (1, 2, 3):
                pipeline.submit(replace(exposure(number), chunk_tail=b"tail"), IN_PARTS)
                settled(pipeline)
            pipeline.resend([ResendRequest(2, 0, None)])
            settled(pipeline)
    assert offloaded.sink.packets == plain.sink.packets
    sent = [packet for packet in plain.sink.packets if parse_packet(packet).header.block_id == 2]
    first, again = sent[: len(sent) // 2], sent[len(sent) // 2 :]
    assert [packet[4:] for packet in again] == [packet[4:] for packet in first]
    payload = b"".join(packet[28:] for packet in first[1:-1])
    assert read_stamp(payload[: WIDTH * HEIGHT]).frame_id == 2
    assert payload[WIDTH * HEIGHT :] == b"tail"


def test_a_render_error_repeats_the_last_good_frame_in_parts() -> None:
    bench = Bench()
    bench.source.failing.add(2)
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), To(packet_size=576))
        settled(pipeline)
        bench.sink.packets.clear()
        pipeline.submit(exposure(2), IN_PARTS)
        settled(pipeline)
    assert b"".join(packet[28:] for packet in bench.sink.packets[1:-1]) == painted(1)


def test_packets_leave_at_the_link_rate() -> None:
    bench = Bench()
    to = To(packet_size=576, packet_delay_ns=1 * MS)
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), to)
        sent = []
        for _ in range(8):
            settled(pipeline)
            sent.append(len(bench.sink.packets))
            bench.clock.advance(1 * MS)
    assert sent == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_frame_too_many_is_skipped_whole_and_counted() -> None:
    bench = Bench(source=FakeSource(gate=threading.Semaphore(0)))
    assert bench.source.gate is not None
    with running(bench, max_outstanding=2) as pipeline:
        assert [pipeline.submit(exposure(frame), To()) for frame in range(3)] == [True] * 3
        bench.clock.advance(101 * MS)
        assert not pipeline.submit(exposure(3), To())
        bench.source.gate.release(9)
        settled(pipeline)
        assert pipeline.submit(exposure(4), To())
        settled(pipeline)
        assert pipeline.counters().skipped_frames == 1
    assert [(block_id, payload[0]) for block_id, _, payload in bench.sink.blocks()] == [(1, 0), (2, 1), (3, 2), (4, 4)]


def test_frames_that_were_never_taken_are_counted_as_skipped() -> None:
    with running(Bench()) as pipeline:
        pipeline.skip(0)
        assert pipeline.counters().skipped_frames == 0
        pipeline.skip(992)
        assert pipeline.counters().skipped_frames == 992


def test_awaited_frames_are_never_skipped_but_wait_to_be_rendered() -> None:
    bench = Bench()
    with running(bench, max_outstanding=2) as pipeline:
        frames = [replace(exposure(frame, ready_ns=10 * MS), awaited=True) for frame in range(9)]
        assert all(pipeline.submit(frame, To()) for frame in frames)
        settled(pipeline)
        bench.clock.advance(1000 * MS)
        settled(pipeline)
        assert pipeline.counters().skipped_frames == 0
    assert [payload[0] for _, _, payload in bench.sink.blocks()] == list(range(9))


@pytest.mark.parametrize(("width", "drawn"), [(WIDTH, 2), (32_000_000 // HEIGHT + 1, 1)])
def test_so_many_frames_are_drawn_ahead_fewer_if_they_are_very_large(width: int, drawn: int) -> None:
    bench = Bench()
    with running(bench) as pipeline:
        for frame in range(4):
            pipeline.submit(exposure(frame, ready_ns=10 * MS, width=width), To(packet_size=9000))
        settled(pipeline)
        assert len(bench.source.threads) == drawn


def test_a_frame_being_rendered_counts_as_on_its_way() -> None:
    bench = Bench(source=FakeSource(gate=threading.Semaphore(0)))
    with running(bench, max_outstanding=1) as pipeline:
        assert pipeline.submit(exposure(0), To())
        bench.clock.advance(101 * MS)
        assert not pipeline.submit(exposure(1), To())
        assert bench.source.gate is not None
        bench.source.gate.release()
        settled(pipeline)
        assert pipeline.counters().skipped_frames == 1


def test_a_frame_that_takes_long_does_not_hold_up_the_one_being_sent() -> None:
    bench = Bench(source=FakeSource(quick=False, gate=threading.Semaphore(1)))
    assert bench.source.gate is not None
    to = To(packet_size=576, packet_delay_ns=1 * MS)  # leader, six packets and trailer, one a millisecond
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), to)
        settled(pipeline)
        pipeline.submit(exposure(2), to)
        for sent in range(2, 9):
            bench.clock.advance(1 * MS)
            bench.sink.wait_for(sent)
        bench.source.gate.release()
        settled(pipeline)
        bench.clock.advance(10 * MS)
        assert bench.sink.blocks() == [(1, 1 * MS, painted(1))]


def test_frames_behind_one_that_took_long_are_all_sent() -> None:
    bench = Bench(source=FakeSource(gate=threading.Semaphore(0)))
    assert bench.source.gate is not None
    with running(bench, max_outstanding=2) as pipeline:
        for number in range(1, 11):
            bench.clock.advance(10 * MS)
            assert pipeline.submit(exposure(number, ready_ns=number * 10 * MS), To())
        bench.source.gate.release(10)
        settled(pipeline)
        assert pipeline.counters().skipped_frames == 0
    assert [time_ns // MS for _, time_ns, _ in bench.sink.blocks()] == list(range(1, 11))


def drawn_once(*, quick: bool) -> Bench:
    """After one frame of a source that is quick or not."""
    bench = Bench(source=FakeSource(quick=quick))
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), To())
        settled(pipeline)
    return bench


def test_what_takes_long_is_drawn_by_the_other_thread() -> None:
    benches = [drawn_once(quick=True), drawn_once(quick=False)]
    assert [bench.source.threads for bench in benches] == [["stream"], ["stream-apart"]]
    assert [bench.sink.blocks() for bench in benches] == [[(1, 1 * MS, painted(1))]] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread a priority of its own")
def test_what_is_drawn_apart_stands_back_behind_what_is_sent() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert drawn_once(quick=True).source.priorities == [own]
    assert drawn_once(quick=False).source.priorities == [min(own + 5, 19)]


def test_without_a_destination_frames_are_dropped_unrendered() -> None:
    bench = Bench(source=FakeSource(failing={1}))
    with running(bench) as pipeline:
        assert not pipeline.submit(exposure(1), To(port=0))
        settled(pipeline)
        assert pipeline.counters().skipped_frames == 0
    assert bench.sink.packets == []
    assert bench.errors == []


def test_a_render_error_repeats_the_last_good_frame_under_its_own_time() -> None:
    bench = Bench(source=FakeSource(failing={2, 3}))
    with running(bench) as pipeline:
        for frame in range(1, 5):
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
    sent = [(time // MS, payload) for _, time, payload in bench.sink.blocks()]
    assert sent == [(1, painted(1)), (2, painted(1)), (3, painted(1)), (4, painted(4))]
    assert [str(error) for error in bench.errors] == ["frame 2"]


def test_the_first_packets_of_a_frame_that_is_due_leave_while_the_rest_is_drawn() -> None:
    middle = threading.Semaphore(0)
    bench = Bench(source=FakeSource(quick=False, middle=middle))
    to = To(packet_size=576, packet_delay_ns=1 * MS)  # leader, six packets and trailer, one a millisecond
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), to)
        for sent in range(1, 4):  # the leader, and what half an image fills
            bench.sink.wait_for(sent)
            bench.clock.advance(1 * MS)
        middle.release()
        for sent in range(4, 9):
            bench.sink.wait_for(sent)
            bench.clock.advance(1 * MS)
        settled(pipeline)
    assert bench.sink.blocks() == [(1, 1 * MS, painted(1))]


@pytest.mark.parametrize(("link_bytes_per_s", "begins_to_leave"), [(1e6, False), (1e5, True)])
def test_a_frame_leaves_while_it_is_drawn_only_if_it_is_drawn_as_fast_as_it_is_sent(
    link_bytes_per_s: float, begins_to_leave: bool
) -> None:
    gate = threading.Semaphore(1)
    bench = Bench(source=FakeSource(failing_halfway={2}, gate=gate))
    to = To(link_bytes_per_s=link_bytes_per_s)  # 3 ms for a frame, or 31
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), to)
        settled(pipeline)
        bench.clock.advance(100 * MS)
        pipeline.submit(exposure(2), to)
        for _ in range(2):
            assert bench.source.begun.acquire(timeout=LIMIT_S)
        bench.clock.advance(10 * MS)  # for half of it
        gate.release()
        settled(pipeline)
        assert pipeline.counters().skipped_frames == begins_to_leave
        bench.clock.advance(100 * MS)
        settled(pipeline)
    # What has begun to leave is never completed from the last good frame.
    assert [payload for _, _, payload in bench.sink.blocks()] == [painted(1)] * (1 if begins_to_leave else 2)


def test_a_stamped_frame_leaves_only_when_its_stamp_is_known() -> None:
    bench = Bench(source=FakeSource(quick=False, middle=threading.Semaphore(0)))
    assert bench.source.middle is not None
    with running(bench) as pipeline:
        pipeline.stamping = True
        pipeline.submit(exposure(1), To(packet_size=576, packet_delay_ns=1 * MS))
        assert bench.source.begun.acquire(timeout=LIMIT_S)
        bench.clock.advance(10 * MS)
        assert bench.sink.packets == []
        bench.source.middle.release()
        settled(pipeline)
        assert bench.sink.packets


def test_a_frame_that_fails_while_it_leaves_is_never_completed_from_another() -> None:
    bench = Bench(source=FakeSource(failing_halfway={2}))
    with running(bench) as pipeline:
        for frame in range(1, 4):
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
        assert pipeline.counters().skipped_frames == 1
    assert [payload for _, _, payload in bench.sink.blocks()] == [painted(1), painted(3)]
    assert [str(error) for error in bench.errors] == ["frame 2"]


def test_a_frame_that_is_not_drawn_to_its_end_is_skipped_and_told_and_the_next_one_comes() -> None:
    bench = Bench(source=FakeSource(short={1}))
    with running(bench) as pipeline:
        for frame in range(1, 3):
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
        assert pipeline.counters().skipped_frames == 1
    assert [payload for _, _, payload in bench.sink.blocks()] == [painted(2)]
    assert [str(error) for error in bench.errors] == ["frame 1 was not drawn to its end"]


def test_a_render_error_without_a_good_frame_of_the_same_size_skips() -> None:
    bench = Bench(source=FakeSource(failing={0, 2}))
    with running(bench) as pipeline:
        for taken in (exposure(0), exposure(1), exposure(2, width=32), exposure(3, width=32)):
            pipeline.submit(taken, To())
            settled(pipeline)
        assert pipeline.counters().skipped_frames == 2
    assert [payload for _, _, payload in bench.sink.blocks()] == [painted(1), painted(3, width=32)]


def test_resent_packets_equal_the_first() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.submit(exposure(1), To())
        settled(pipeline)
        original = list(bench.sink.packets)
        bench.sink.packets.clear()
        pipeline.resend([ResendRequest(1, 1, 2)])
        settled(pipeline)
        assert bench.sink.packets == original[1:3]
        assert pipeline.counters().resent_packets == 2


def test_resends_while_tables_are_refilled_are_never_torn() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        for frame in range(1, 120):
            pipeline.submit(exposure(frame), To())
            for block_id in range(max(1, frame - 6), frame + 1):
                pipeline.resend([ResendRequest(block_id, 0, None)])
            if frame % 4 == 0:
                settled(pipeline)
                bench.clock.advance(100 * MS)
        settled(pipeline)
    payloads = [parse_packet(raw) for raw in bench.sink.packets]
    whole = [packet for packet in payloads if packet.header.format == PacketFormat.PAYLOAD and packet.data]
    assert {len(set(packet.data)) for packet in whole} == {1}
    pixels: dict[int, set[int]] = {}
    for packet in whole:
        pixels.setdefault(packet.header.block_id, set()).add(packet.data[0])
    assert {len(values) for values in pixels.values()} == {1}


def test_test_packets_are_sent_without_a_frame() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.send_test_packet(To(packet_size=9000, do_not_fragment=False))
        settled(pipeline)
    assert bench.sink.targets == [("192.0.2.1", 50_000, False)]
    assert [len(packet) for packet in bench.sink.packets] == [8972]


def test_segmentation_offload_sends_the_same_packets_in_fewer_calls() -> None:
    plain, offloaded = Bench(), Bench()
    for bench, gso in ((plain, Gso.OFF), (offloaded, Gso.ON)):
        with running(bench, gso=gso) as pipeline:
            pipeline.submit(exposure(7), To(packet_size=576))
            settled(pipeline)
            pipeline.resend([ResendRequest(1, 2, 3)])
            settled(pipeline)
    assert offloaded.sink.packets == plain.sink.packets
    assert offloaded.sink.calls == 1


def test_a_new_destination_is_targeted_once() -> None:
    bench = Bench()
    first, second = To(), To(host="192.0.2.2", opened=2)
    with running(bench) as pipeline:
        for frame, to in enumerate((first, first, second)):
            pipeline.submit(exposure(frame), to)
            settled(pipeline)
    assert [host for host, _, _ in bench.sink.targets] == ["192.0.2.1", "192.0.2.2"]
    assert [block_id for block_id, _, _ in bench.sink.blocks()] == [1, 2, 1]


def test_a_discard_forgets_frames_waiting_and_frames_being_rendered() -> None:
    bench = Bench(source=FakeSource(gate=threading.Semaphore(1)))
    assert bench.source.gate is not None
    with running(bench) as pipeline:
        pipeline.submit(exposure(1, ready_ns=10 * MS), To())
        settled(pipeline)
        pipeline.submit(exposure(2, ready_ns=10 * MS), To())
        pipeline.submit(exposure(3, ready_ns=10 * MS), To())
        pipeline.discard()
        bench.source.gate.release(2)
        bench.clock.advance(20 * MS)
        settled(pipeline)
        assert bench.sink.packets == []
        pipeline.submit(exposure(4), To(opened=2))
        bench.source.gate.release()
        settled(pipeline)
    assert bench.sink.blocks() == [(1, 4 * MS, painted(4))]


def test_a_socket_error_is_reported_once_and_the_stream_goes_on() -> None:
    bench = Bench(sink=FakeSink(failures=2))
    with running(bench) as pipeline:
        for frame in range(3):
            pipeline.submit(exposure(frame), To())
            settled(pipeline)
    assert len(bench.errors) == 1
    assert bench.sink.blocks() == [(3, 2 * MS, painted(2))]


def test_preparing_renders_nothing() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.prepare(exposure(9).request)
        settled(pipeline)
    assert bench.source.prepared == [9]
    assert bench.sink.packets == []


def test_what_is_prepared_is_given_up_for_a_frame_and_for_what_is_prepared_later() -> None:
    bench = Bench()
    begun, go_on = threading.Semaphore(0), threading.Semaphore(0)
    taken: list[str] = []

    class Slow(FakeSource):
        def prepare(self, request: FrameRequest) -> Iterator[None]:
            for step in range(3):
                taken.append(f"{request.frame_id}.{step}")
                begun.release()
                assert go_on.acquire(timeout=LIMIT_S)
                yield

    bench.source = Slow()
    with running(bench) as pipeline:
        pipeline.prepare(exposure(7).request)
        assert begun.acquire(timeout=LIMIT_S)
        pipeline.prepare(exposure(8).request)
        go_on.release()
        assert begun.acquire(timeout=LIMIT_S)
        pipeline.submit(exposure(9), To())
        go_on.release()
        settled(pipeline)
    assert taken == ["7.0", "8.0"]
    assert len(bench.sink.blocks()) == 1


def test_flush_waits_for_frames_not_ready_and_gives_up_in_time() -> None:
    bench = Bench()
    with running(bench) as pipeline:
        pipeline.submit(exposure(1, ready_ns=10 * MS), To())
        assert not pipeline.flush(0.0)
        bench.clock.advance(10 * MS)
        assert pipeline.flush(LIMIT_S)
    assert len(bench.sink.blocks()) == 1


def test_steps_between_frames_are_taken_although_frames_wait_and_all_are_discarded() -> None:
    bench = Bench()
    ran_in: list[str] = []

    def steps() -> Iterator[None]:
        for _ in range(3):
            ran_in.append(threading.current_thread().name)
            yield

    with running(bench) as pipeline:
        for number in range(1, 10):
            pipeline.submit(exposure(number, ready_ns=10 * MS), To())
        pipeline.between_frames(steps())
        pipeline.discard()
        settled(pipeline)
    assert ran_in == ["stream"] * 3


def test_a_step_between_frames_that_fails_is_reported_and_frames_go_on() -> None:
    def steps() -> Iterator[None]:
        yield
        raise IndexError

    bench = Bench()
    with running(bench) as pipeline:
        pipeline.between_frames(steps())
        pipeline.submit(exposure(1), To())
        settled(pipeline)
    assert [type(error) for error in bench.errors] == [IndexError]
    assert len(bench.sink.blocks()) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_stop_ends_both_threads_while_frames_are_waiting(busy: bool) -> None:
    bench = Bench()
    before = threading.active_count()
    with running(bench) as pipeline:
        assert threading.active_count() == before + 2
        if busy:
            pipeline.submit(exposure(1, ready_ns=10 * MS), To())
            settled(pipeline)
    assert threading.active_count() == before


def test_many_small_advances_send_the_same_as_one_large() -> None:
    def packets(advance: Callable[[ManualClock, FramePipeline], None]) -> list[bytes]:
        bench = Bench()
        with running(bench) as pipeline:
            for frame in range(3):
                pipeline.submit(exposure(frame, ready_ns=frame * MS), To(link_bytes_per_s=125e6))
            settled(pipeline)
            advance(bench.clock, pipeline)
            while not pipeline.flush(0.0):
                bench.clock.advance(MS)
                settled(pipeline)
        return bench.sink.packets

    def small(clock: ManualClock, pipeline: FramePipeline) -> None:
        for _ in range(50):
            clock.advance(100_000)
            settled(pipeline)

    assert packets(small) == packets(lambda clock, _: clock.advance(5 * MS))
