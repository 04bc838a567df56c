from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tiscam_emu.errors import Status
from tiscam_emu.gvsp.channel import OutgoingFrame, StreamChannel
from tiscam_emu.gvsp.packets import FrameTable, PacketTable
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer, PacketFormat, parse_image_leader, parse_packet

MS = 1_000_000
PAYLOAD_BYTES = 20_000
PACKETS = 17  # leader, 15 payload packets of 1364 bytes, trailer
LAST = PACKETS - 1


NO_OPTIONS = StreamChannelCapability(0)


@dataclass(frozen=True, slots=True)
class To:
    host: str = "192.0.2.1"
    port: int = 50_000
    packet_size: int = 1400
    do_not_fragment: bool = True
    packet_delay_ns: int = 0
    link_bytes_per_s: float = 125e6
    limit_bytes_per_s: float | None = None
    opened: int = 1
    extended_ids: bool = False
    configuration: StreamChannelCapability = NO_OPTIONS


def filled(frame: int, channel: StreamChannel, to: To) -> FrameTable:
    table = channel.spare_table(PAYLOAD_BYTES, to.packet_size) or PacketTable(PAYLOAD_BYTES, to.packet_size)
    payload = np.full(PAYLOAD_BYTES, frame % 251, np.uint8)
    table.fill(payload, ImageLeader(frame, 0x01080001, 200, 100), ImageTrailer(100))
    return table


def run(channel: StreamChannel, now: int) -> tuple[list[bytes], int]:
    """Everything the channel sends from `now` on, and when the last of it left."""
    sent = []
    last = now
    while (wakeup := channel.next_wakeup()) is not None:
        now = max(now, wakeup)
        burst = channel.due(now)
        if burst is not None:
            sent += [bytes(packet) for packet in burst.packets]
            last = now
    return sent, last


def stream(channel: StreamChannel, frames: int, first: int = 0, to: To | None = None, period: int = 100 * MS) -> int:
    """Send whole frames; returns the time of the last one."""
    now = 0
    for frame in range(first, first + frames):
        now = frame * period
        channel.enqueue(OutgoingFrame(filled(frame, channel, to or To()), now, to or To()))
        run(channel, now)
    return now


def block_ids(packets: list[bytes]) -> list[int]:
    return [parse_packet(packet).header.block_id for packet in packets]


def packet_ids(packets: list[bytes]) -> list[int]:
    return [parse_packet(packet).header.packet_id for packet in packets]


def statuses(packets: list[bytes]) -> set[int]:
    return {parse_packet(packet).header.status for packet in packets}


def test_a_frame_leaves_as_leader_payload_trailer_in_order() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(3, channel, To()), 0, To()))
    packets, _ = run(channel, 0)
    assert packet_ids(packets) == list(range(PACKETS))
    formats = [parse_packet(packet).header.format for packet in packets]
    assert formats == [PacketFormat.LEADER, *[PacketFormat.PAYLOAD] * 15, PacketFormat.TRAILER]
    assert b"".join(packet[8:] for packet in packets[1:-1]) == bytes([3]) * PAYLOAD_BYTES


def test_nothing_leaves_before_the_frame_is_ready() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 5 * MS, To()))
    assert channel.next_wakeup() == 5 * MS
    assert channel.due(5 * MS - 1) is None
    assert channel.due(5 * MS) is not None


def test_an_idle_channel_need_not_be_called() -> None:
    channel = StreamChannel()
    assert channel.next_wakeup() is None
    assert channel.due(0) is None


def test_a_frame_takes_the_time_the_link_needs_less_three_percent() -> None:
    channel = StreamChannel()
    to = To(link_bytes_per_s=10e6)
    for frame in range(10):
        channel.enqueue(OutgoingFrame(filled(frame, channel, to), 0, to))
    _, end = run(channel, 0)
    frame_bytes = PAYLOAD_BYTES + PACKETS * 28 + (PACKETS - 2) * 8 + 44 + 16  # with headers, leader and trailer
    byte_ns = (1400 - 36) / 1400 / (10e6 * 1.03) * 1e9
    assert end == pytest.approx(9 * frame_bytes * byte_ns, abs=1000)


def test_a_frame_takes_the_time_that_all_its_bytes_need_at_the_limit() -> None:
    channel = StreamChannel()
    to = To(limit_bytes_per_s=10e6)
    for frame in range(10):
        channel.enqueue(OutgoingFrame(filled(frame, channel, to), 0, to))
    _, end = run(channel, 0)
    frame_bytes = PAYLOAD_BYTES + PACKETS * 28 + (PACKETS - 2) * 8 + 44 + 16
    assert end == pytest.approx(9 * frame_bytes / 10e6 * 1e9, abs=1000)


def test_block_ids_begin_at_one_and_run_on() -> None:
    channel = StreamChannel()
    for frame in range(3):
        channel.enqueue(OutgoingFrame(filled(frame, channel, To()), 0, To()))
    packets, _ = run(channel, 0)
    assert block_ids(packets) == [1] * PACKETS + [2] * PACKETS + [3] * PACKETS


def test_block_ids_begin_at_one_again_when_the_channel_is_opened_again() -> None:
    channel = StreamChannel()
    stream(channel, 5)
    again = To(opened=2)
    channel.enqueue(OutgoingFrame(filled(5, channel, again), 0, again))
    packets, _ = run(channel, 1000 * MS)
    assert set(block_ids(packets)) == {1}


def test_other_settings_do_not_restart_block_ids() -> None:
    channel = StreamChannel()
    stream(channel, 5)
    slower = To(packet_delay_ns=1000)
    channel.enqueue(OutgoingFrame(filled(5, channel, slower), 0, slower))
    packets, _ = run(channel, 1000 * MS)
    assert set(block_ids(packets)) == {6}


def test_block_id_65535_is_followed_by_one() -> None:
    channel = StreamChannel()
    to = To(link_bytes_per_s=1e12)
    tiny = PacketTable(1, 1400)
    tiny.fill(np.zeros(1, np.uint8), ImageLeader(0, 0x01080001, 1, 1), ImageTrailer(1))
    for _ in range(65_535):
        channel.enqueue(OutgoingFrame(tiny, 0, to))
        run(channel, 0)
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To()))
    packets, _ = run(channel, 0)
    assert set(block_ids(packets)) == {1}


def test_a_resend_repeats_the_packets_asked_for_bit_by_bit() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To()))
    original, now = run(channel, 0)
    channel.request_resend(1, 3, 5, now)
    assert run(channel, now)[0] == original[3:6]
    assert channel.counters.resent_packets == 3


@pytest.mark.parametrize(
    ("first", "last", "ids"),
    [
        (0, 0, [0]),
        (LAST, LAST, [LAST]),
        (14, None, [14, 15, 16]),
        (0, None, list(range(PACKETS))),
        (15, 500, [15, 16]),
        (17, 20, []),
        (5, 3, []),
    ],
)
def test_a_resend_may_ask_for_leader_trailer_and_the_rest_of_the_block(
    first: int, last: int | None, ids: list[int]
) -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    channel.request_resend(1, first, last, now)
    assert packet_ids(run(channel, now)[0]) == ids


def test_resent_packets_are_marked_only_on_request() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    channel.request_resend(1, 3, 3, now)
    assert statuses(run(channel, now)[0]) == {Status.SUCCESS}
    channel.request_resend(1, 3, 3, now, marked=True)
    assert statuses(run(channel, now)[0]) == {Status.PACKET_RESEND}


def test_a_large_resend_is_paced_like_a_frame() -> None:
    channel = StreamChannel()
    to = To(packet_size=9000, link_bytes_per_s=8964 / 72e-6 / 1.03)
    table = PacketTable(8964 * 18, 9000)
    table.fill(np.zeros(8964 * 18, np.uint8), ImageLeader(0, 0x01080001, 1, 1), ImageTrailer(1))
    channel.enqueue(OutgoingFrame(table, 0, to))
    run(channel, 0)
    channel.request_resend(1, 0, None, 100 * MS)
    packets, end = run(channel, 100 * MS)
    assert len(packets) == 20
    assert end == 100 * MS + 3 * 5 * 72_000


def test_a_resend_during_a_frame_goes_first_and_holds_what_was_sent_so_far() -> None:
    channel = StreamChannel()
    to = To(packet_delay_ns=100_000)
    channel.enqueue(OutgoingFrame(filled(0, channel, to), 0, to))
    now = 0
    for _ in range(4):
        now = channel.next_wakeup() or 0
        channel.due(now)
    channel.request_resend(1, 2, 10, now)
    assert packet_ids(run(channel, now)[0]) == [2, 3, *range(4, PACKETS)]


@pytest.mark.parametrize("block_id", [0, 6, 7, 40_000, 65_535, 65_536])
def test_a_block_not_yet_sent_is_not_answered(block_id: int) -> None:
    channel = StreamChannel()
    now = stream(channel, 5)
    channel.request_resend(block_id, 0, None, now)
    assert run(channel, now)[0] == []


def test_before_the_first_frame_nothing_is_answered() -> None:
    channel = StreamChannel()
    channel.request_resend(1, 0, None, 0)
    assert channel.next_wakeup() is None


def test_packets_no_longer_held_are_answered_by_headers_saying_so() -> None:
    channel = StreamChannel()
    now = stream(channel, 10)
    channel.request_resend(2, 3, 5, now)
    packets, _ = run(channel, now)
    assert [packet.hex() for packet in packets] == ["8011000203000003", "8011000203000004", "8011000203000005"]
    assert channel.counters.unavailable_packets == 3


@pytest.mark.parametrize("last", [None, 0xFFFFFE])
def test_answers_about_packets_no_longer_held_are_bounded(last: int | None) -> None:
    channel = StreamChannel()
    now = stream(channel, 10)
    channel.request_resend(2, 3, last, now)
    assert packet_ids(run(channel, now)[0]) == list(range(3, 35))


def test_the_same_request_twice_is_answered_once() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    for _ in range(2):
        channel.request_resend(1, 3, 4, now)
    assert packet_ids(run(channel, now)[0]) == [3, 4]


def test_small_requests_share_a_burst() -> None:
    channel = StreamChannel()
    now = stream(channel, 2)
    for first in (3, 7, 9):
        channel.request_resend(2, first, first, now)
    channel.request_resend(1, 0, None, now)
    burst = channel.due(now + MS)
    assert burst is not None
    assert packet_ids([bytes(packet) for packet in burst.packets]) == [3, 7, 9, *range(PACKETS)]
    assert channel.next_wakeup() is None


def test_requests_for_frames_of_two_destinations_do_not_share_a_burst() -> None:
    channel = StreamChannel()
    stream(channel, 1)
    elsewhere = To(host="192.0.2.9")
    now = stream(channel, 1, first=1, to=elsewhere)
    channel.request_resend(1, 3, 3, now)
    channel.request_resend(2, 4, 4, now)
    hosts = []
    while (wakeup := channel.next_wakeup()) is not None:
        burst = channel.due(max(now, wakeup))
        hosts += [burst.destination.host] if burst else []
    assert hosts == ["192.0.2.1", "192.0.2.9"]


def test_a_resend_goes_where_the_frame_went() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    elsewhere = To(host="192.0.2.9")
    channel.enqueue(OutgoingFrame(filled(1, channel, elsewhere), now, elsewhere))
    run(channel, now)
    channel.request_resend(1, 3, 3, now)
    burst = channel.due(channel.next_wakeup() or now)
    assert burst is not None
    assert burst.destination.host == "192.0.2.1"


def test_a_resend_never_carries_another_frames_bytes() -> None:
    channel = StreamChannel()
    original: dict[int, list[bytes]] = {}
    for frame in range(40):
        now = frame * 10 * MS
        channel.enqueue(OutgoingFrame(filled(frame, channel, To()), now, To()))
        original[frame + 1], now = run(channel, now)
        for block_id in original:
            channel.request_resend(block_id, 5, 5, now)
            (packet,) = run(channel, now)[0]
            assert packet == original[block_id][5] or packet.hex() == f"8011{block_id:04x}03000005"
    assert channel.counters.unavailable_packets > 0


def test_a_test_packet_leaves_at_once_with_the_packet_size_asked_for() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To()))
    channel.due(0)
    channel.request_test_packet(To(packet_size=8000))
    burst = channel.due(0)
    assert burst is not None
    assert [len(packet) for packet in burst.packets] == [7972]
    assert burst.destination.packet_size == 8000


def test_a_closed_channel_sends_no_test_packet() -> None:
    channel = StreamChannel()
    channel.request_test_packet(To(port=0))
    assert channel.next_wakeup() is None


def test_a_discarded_channel_sends_nothing_more() -> None:
    channel = StreamChannel()
    stream(channel, 2)
    for frame in (2, 3):
        channel.enqueue(OutgoingFrame(filled(frame, channel, To()), 0, To()))
    channel.due(channel.next_wakeup() or 0)
    channel.request_resend(1, 0, None, 0)
    channel.request_test_packet(To())
    channel.discard()
    assert channel.next_wakeup() is None
    assert channel.frames_outstanding == 0
    channel.request_resend(1, 0, None, 0)
    assert channel.next_wakeup() is None


def test_block_ids_run_on_after_a_discard_while_the_channel_stays_open() -> None:
    channel = StreamChannel()
    stream(channel, 2)
    channel.discard()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To()))
    packets, _ = run(channel, 1000 * MS)
    assert set(block_ids(packets)) == {3}


def test_tables_are_used_again_once_out_of_the_window() -> None:
    channel = StreamChannel()
    stream(channel, 5)
    table = channel.spare_table(PAYLOAD_BYTES, 1400)
    assert table is not None
    assert table.block_id == 1
    assert channel.spare_table(PAYLOAD_BYTES, 1400) is None


def test_of_large_tables_one_is_spare() -> None:
    channel = StreamChannel()
    to = To(packet_size=9000)
    made = []
    for frame in range(6):
        table = channel.spare_table(30_000_000, 9000)
        if table is None:
            table = PacketTable(30_000_000, 9000)
            made.append(table)
        table.write(0, np.zeros(30_000_000, np.uint8))
        channel.enqueue(OutgoingFrame(table, frame * 10**9, to))
        now = frame * 10**9
        while channel.frames_outstanding:
            now = max(now, channel.next_wakeup() or 0)
            channel.due(now)
    # three fit the window's 96 MiB; the one that leaves it is the next to be filled
    assert len(made) == 4
    assert channel.spare_table(30_000_000, 9000) is not None
    assert channel.spare_table(30_000_000, 9000) is None


def drawn_in_part(payload_bytes: int) -> PacketTable:
    """A table with its leader, and so many bytes of its image."""
    table = PacketTable(PAYLOAD_BYTES, 1400)
    table.head(ImageLeader(0, 0x01080001, 200, 100), ImageTrailer(100))
    table.write(0, np.zeros(payload_bytes, np.uint8))
    return table


def test_what_is_drawn_of_a_frame_leaves_in_whole_bursts_before_the_rest() -> None:
    channel = StreamChannel()
    data_bytes = 1400 - 36
    table = drawn_in_part(10 * data_bytes + 500)
    channel.enqueue(OutgoingFrame(table, 0, To()))
    assert run(channel, 0)[0] == []  # a burst is 32 packets, and only a leader and ten are complete
    assert channel.starved
    table.write(10 * data_bytes + 500, np.zeros(PAYLOAD_BYTES - 10 * data_bytes - 500, np.uint8))
    assert not channel.starved
    assert packet_ids(run(channel, 0)[0]) == list(range(len(table.packets)))


def test_the_trailer_waits_for_the_end_of_the_readout_and_nothing_else_does() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To(), end_ns=50 * MS))
    channel.enqueue(OutgoingFrame(filled(1, channel, To()), 0, To()))
    first = channel.due(0)
    assert first is not None
    assert len(first.packets) == 16  # leader and 15 packets of payload
    assert channel.due(49 * MS) is None
    assert channel.next_wakeup() == 50 * MS
    sent, _ = run(channel, 50 * MS)
    assert packet_ids(sent) == [16, *range(17)]
    assert block_ids(sent) == [1, *[2] * 17]


def test_what_is_asked_for_again_does_not_wait_for_the_end_of_the_readout() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(0, channel, To()), 0, To(), end_ns=50 * MS))
    channel.due(0)
    channel.request_resend(1, 3, 4, 1 * MS)
    again = channel.due(channel.next_wakeup() or 0)
    assert again is not None
    assert packet_ids([bytes(packet) for packet in again.packets]) == [3, 4]
    assert channel.next_wakeup() == 50 * MS


def test_a_frame_begun_and_never_completed_leaves_no_trailer_and_the_next_ones_are_whole() -> None:
    channel = StreamChannel()
    small_bursts = To(packet_delay_ns=MS)  # one packet each
    channel.enqueue(OutgoingFrame(drawn_in_part(5000), 0, small_bursts))
    sent, now = run(channel, 0)
    assert packet_ids(sent) == [0, 1, 2, 3]
    channel.abandon()
    assert channel.next_wakeup() is None
    assert channel.counters.skipped_frames == 1
    assert channel.counters.frames == 0
    channel.enqueue(OutgoingFrame(filled(1, channel, small_bursts), now, small_bursts))
    sent, _ = run(channel, now)
    assert set(block_ids(sent)) == {2}
    assert packet_ids(sent) == list(range(17))


def test_a_frame_that_has_left_is_not_given_up_any_more() -> None:
    channel = StreamChannel()
    stream(channel, 1)
    channel.abandon()
    assert (channel.counters.frames, channel.counters.skipped_frames) == (1, 0)


def test_a_table_that_is_filled_again_has_nothing_to_send_before_it_is_written() -> None:
    table = drawn_in_part(PAYLOAD_BYTES)
    assert table.sendable_packets == len(table.packets)
    table.restart()
    assert table.sendable_packets == 1


def test_spare_tables_of_another_geometry_are_dropped() -> None:
    channel = StreamChannel()
    stream(channel, 5)
    assert channel.spare_table(PAYLOAD_BYTES, 9000) is None
    assert channel.spare_table(PAYLOAD_BYTES, 1400) is None


def test_counters_count_frames_packets_and_payload_without_resends() -> None:
    channel = StreamChannel()
    now = stream(channel, 3)
    channel.skip_frame()
    channel.request_resend(3, 0, None, now)
    run(channel, now)
    counted = channel.counters
    assert (counted.frames, counted.packets, counted.payload_bytes) == (3, 3 * PACKETS, 3 * PAYLOAD_BYTES)
    assert (counted.resent_packets, counted.skipped_frames, counted.unavailable_packets) == (PACKETS, 1, 0)


def test_counters_are_a_copy() -> None:
    channel = StreamChannel()
    before = channel.counters
    stream(channel, 1)
    assert before == replace(before, frames=0)


def test_leaders_carry_the_time_of_exposure() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(12, channel, To()), 0, To()))
    packets, _ = run(channel, 0)
    assert parse_image_leader(packets[0][8:]).timestamp == 12


def test_the_same_request_while_the_first_one_waits_is_answered_once() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    for _ in range(3):
        channel.request_resend(1, 5, 6, now)
    assert packet_ids(run(channel, now)[0]) == [5, 6]
    channel.request_resend(1, 5, 6, now)
    assert packet_ids(run(channel, now)[0]) == [5, 6]


def test_a_flood_of_requests_gets_two_packets_for_each_packet_sent_and_four_frames_at_most() -> None:
    channel = StreamChannel()
    resent, frames = 0, 50
    for frame in range(frames):
        now = stream(channel, 1, first=frame)
        for _ in range(20):
            channel.request_resend(frame + 1, 0, None, now)
            resent += len(run(channel, now)[0])
    # 4 frames of 17 packets from the start, and twice the packets of each of 50 frames but what the limit cuts off.
    assert (4 + 2 * (frames - 1)) * PACKETS <= resent <= (4 + 2 * frames) * PACKETS
    assert channel.counters.refused_resends > 0
    assert channel.counters.resent_packets == resent


def test_answers_that_packets_are_gone_count_as_resent_ones() -> None:
    channel = StreamChannel()
    now = stream(channel, 30)
    said = 0
    for first in range(0, 3200, 32):
        channel.request_resend(1, first, first + 31, now)
        said += len(run(channel, now)[0])
    assert said == 4 * PACKETS


def test_after_a_flood_the_next_frame_can_be_resent_again() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    for first in range(17):
        channel.request_resend(1, first, None, now)
        run(channel, now)
    now = stream(channel, 1, first=1)
    channel.request_resend(2, 5, 5, now)
    assert packet_ids(run(channel, now)[0]) == [5]


def test_64_bit_block_ids_run_past_65535() -> None:
    channel = StreamChannel()
    to = To(extended_ids=True)
    pixel = np.zeros(1, np.uint8)
    for _ in range(65_537):
        table = channel.spare_table(1, to.packet_size, extended=True) or PacketTable(1, to.packet_size, extended=True)
        table.write(0, pixel)
        channel.enqueue(OutgoingFrame(table, 0, to))
        now = 0
        while channel.frames_outstanding:
            now = max(now, channel.next_wakeup() or 0)
            channel.due(now)
    assert table.block_id == 65_537
    assert table.packets[1][8:16].hex() == "0000000000010001"


def test_test_packet_has_the_length_that_was_set_with_64_bit_ids_too() -> None:
    channel = StreamChannel()
    channel.request_test_packet(To(extended_ids=True, packet_size=1500))
    burst = channel.due(0)
    assert burst is not None
    (packet,) = burst.packets
    assert bytes(packet) == bytes.fromhex("0000000083000000") + bytes(12 + 1452)


def test_spare_tables_of_the_other_id_mode_are_dropped() -> None:
    channel = StreamChannel()
    stream(channel, 5)
    assert channel.spare_table(PAYLOAD_BYTES, 1400, extended=True) is None


def test_requests_of_several_receivers_are_answered_each_at_its_own_address() -> None:
    channel = StreamChannel()
    now = stream(channel, 1)
    for port in (41_000, 42_000):
        channel.request_resend(1, 2, 2, now, requester=Endpoint("192.0.2.7", port))
    channel.request_resend(1, 3, 3, now)
    bursts = []
    while (wakeup := channel.next_wakeup()) is not None:
        now = max(now, wakeup)
        if (burst := channel.due(now)) is not None:
            bursts.append(
                (burst.destination.host, burst.destination.port, packet_ids([bytes(p) for p in burst.packets]))
            )
    assert bursts == [("192.0.2.7", 41_000, [2]), ("192.0.2.7", 42_000, [2]), ("192.0.2.1", 50_000, [3])]


def test_a_block_long_gone_is_not_answered() -> None:
    channel = StreamChannel()
    now = stream(channel, 150)
    channel.request_resend(150 - 95, 5, 5, now)
    assert statuses(run(channel, now)[0]) == {Status.PACKET_AND_PREV_REMOVED_FROM_MEMORY}
    channel.request_resend(150 - 96, 5, 5, now)
    assert run(channel, now)[0] == []


def test_a_stretch_is_the_rest_of_a_frame_and_counts_as_it_leaves() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(1, channel, To()), 5 * MS, To()))
    assert channel.stretch(5 * MS - 1) is None
    whole = channel.stretch(5 * MS)
    assert whole is not None
    assert (whole.first, whole.end, whole.pace[0]) == (0, PACKETS, 5 * MS)
    channel.left(whole, 7, 6 * MS, 6.5 * MS, 6.2 * MS)
    rest = channel.stretch(6 * MS)
    assert rest is not None
    assert (rest.first, rest.end, rest.pace[:2]) == (7, PACKETS, (6.5 * MS, 6.2 * MS))
    channel.left(rest, PACKETS - 7, 7 * MS, 7.0 * MS, 7.0 * MS)
    assert channel.stretch(8 * MS) is None
    counted = channel.counters
    assert (counted.frames, counted.packets, counted.payload_bytes) == (1, PACKETS, PAYLOAD_BYTES)
    channel.request_resend(1, 0, None, 8 * MS)
    assert packet_ids(run(channel, 8 * MS)[0]) == list(range(PACKETS))


def test_what_comes_before_the_rest_of_a_frame_is_asked_of_due() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(1, channel, To()), 0, To()))
    stretch = channel.stretch(0)
    assert stretch is not None
    channel.request_resend(1, 0, 2, 0)
    channel.left(stretch, 4, 0, 0.0, 0.0)
    assert channel.stretch(0) is None
    burst = channel.due(0)
    assert burst is not None
    assert packet_ids([bytes(packet) for packet in burst.packets]) == [0, 1, 2]
    assert channel.stretch(MS) is not None
    channel.request_test_packet(To())
    assert channel.stretch(MS) is None


def test_only_what_is_drawn_is_in_a_stretch_and_less_than_a_burst_is_none() -> None:
    channel, table = StreamChannel(), PacketTable(80_000, 1400)
    table.head(ImageLeader(1, 0x01080001, 200, 400), ImageTrailer(400))
    channel.enqueue(OutgoingFrame(table, 0, To()))
    table.write(0, np.zeros(20_000, np.uint8))
    assert channel.stretch(0) is None
    table.write(20_000, np.zeros(40_000, np.uint8))
    stretch = channel.stretch(0)
    assert stretch is not None
    assert (stretch.first, stretch.end) == (0, 1 + 60_000 // 1364)


def test_a_slow_stretch_ends_after_a_quarter_of_a_second_but_is_a_burst_at_least() -> None:
    for delay_ns, packets in ((50 * MS, 4), (1000 * MS, 1)):
        channel, to = StreamChannel(), To(packet_delay_ns=delay_ns)
        channel.enqueue(OutgoingFrame(filled(1, channel, to), 0, to))
        stretch = channel.stretch(0)
        assert stretch is not None
        assert stretch.end == packets


def test_what_left_of_a_frame_that_was_given_up_is_counted_and_the_link_is_free() -> None:
    channel = StreamChannel()
    channel.enqueue(OutgoingFrame(filled(1, channel, To()), 0, To()))
    stretch = channel.stretch(0)
    assert stretch is not None
    channel.discard()
    channel.left(stretch, 3, MS, 1e12, 1e12)
    assert (channel.counters.packets, channel.counters.frames) == (3, 0)
    channel.enqueue(OutgoingFrame(filled(2, channel, To()), MS, To()))
    packets, last_ns = run(channel, MS)
    assert (packet_ids(packets), last_ns) == (list(range(PACKETS)), MS)


def test_the_destination_is_that_of_the_frame_on_the_link_or_of_the_next_one() -> None:
    channel, other = StreamChannel(), To(host="192.0.2.2", packet_delay_ns=MS)
    assert channel.destination is None
    channel.enqueue(OutgoingFrame(filled(1, channel, other), 5 * MS, other))
    assert channel.destination is other
    channel.enqueue(OutgoingFrame(filled(2, channel, To()), 5 * MS, To()))
    channel.due(5 * MS)
    assert channel.destination is other
