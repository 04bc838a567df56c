from __future__ import annotations

import random
from itertools import accumulate, pairwise

import pytest

from tiscam_emu.gvsp.pacing import LinkPacer

PACKET_9000_NS = 72_000
LINK = (9000 - 36) / (PACKET_9000_NS * 1e-9) / 1.03
"""Bytes of image data per second with which a packet of 9000 bytes takes 72 us, three percent of headroom included."""


def pacer(
    packet_size: int = 9000, delay_ns: int = 0, link: float = LINK, limit: float | None = None, header_bytes: int = 8
) -> LinkPacer:
    made = LinkPacer()
    made.configure(packet_size, header_bytes, link, delay_ns, limit)
    return made


def send(paced: LinkPacer, count: int, now: int) -> None:
    """Count so many full packets of 9000 bytes."""
    paced.sent(count, count * (9000 - 28), now)


def send_all(paced: LinkPacer, count: int, late_ns: int = 0) -> list[tuple[int, int]]:
    """(time, packets) of each burst, when every wakeup is late by as much."""
    bursts = []
    while count:
        now = paced.next_ns + late_ns
        packets = min(count, paced.allowance(now))
        send(paced, packets, now)
        bursts.append((now, packets))
        count -= packets
    return bursts


@pytest.mark.parametrize(("packet_size", "packets"), [(576, 32), (1400, 32), (1500, 32), (3000, 16), (9000, 5)])
def test_a_burst_fits_twice_into_a_default_receive_buffer(packet_size: int, packets: int) -> None:
    assert pacer(packet_size).burst_packets == packets


@pytest.mark.parametrize(
    ("packet_size", "buffer_bytes", "link", "packets"),
    [
        (9000, 212_992, LINK, 5),
        (9000, 425_984, LINK, 10),
        (9000, 4_000_000, LINK, 13),  # a millisecond of the link
        (1400, 425_984, LINK, 64),
        (1400, 4_000_000, 1e10, 128),
        (9000, 100_000, LINK, 2),
        (9000, 4_096, LINK, 1),
        (1400, 106_496, LINK, 16),
        (9000, 8_000_000, 1e6, 5),  # never less than the usual burst, however slow the link
    ],
)
def test_a_burst_is_larger_or_smaller_as_the_receivers_buffer_is(
    packet_size: int, buffer_bytes: int, link: float, packets: int
) -> None:
    made = LinkPacer()
    made.configure(packet_size, 8, link, 0, receive_buffer_bytes=buffer_bytes)
    assert made.burst_packets == packets


def test_under_a_bandwidth_limit_bursts_stay_as_they_are_or_are_smaller() -> None:
    made = LinkPacer()
    for buffer_bytes, packets in ((8_000_000, 5), (100_000, 2)):
        made.configure(9000, 8, LINK, 0, 60e6, receive_buffer_bytes=buffer_bytes)
        assert made.burst_packets == packets


def test_what_is_sent_in_one_go_takes_the_link_a_quarter_of_a_second() -> None:
    assert pacer().stretch_packets == 250_000_000 // PACKET_9000_NS
    assert pacer(delay_ns=10**9).stretch_packets == 0


def test_even_a_packet_larger_than_a_burst_is_sent() -> None:
    assert pacer(65_000).burst_packets == 1


def test_bursts_follow_each_other_at_the_link_rate() -> None:
    paced = pacer()
    paced.begin(1_000_000)
    assert send_all(paced, 12) == [(1_000_000, 5), (1_360_000, 5), (1_720_000, 2)]
    assert paced.next_ns == 1_000_000 + 12 * PACKET_9000_NS


def test_leader_and_trailer_take_the_link_no_longer_than_their_bytes_do() -> None:
    paced = pacer()
    paced.begin(0)
    paced.sent(3, (9000 - 28) + 52 + 16, 0)
    assert paced.next_ns == pytest.approx(PACKET_9000_NS * (1 + (52 + 28 + 16 + 28) / 9000), abs=1)


@pytest.mark.parametrize("header_bytes", [8, 20, 28])
def test_image_data_passes_at_the_link_rate_whatever_the_headers_take(header_bytes: int) -> None:
    paced = pacer(576, link=1e6, header_bytes=header_bytes)
    paced.begin(0)
    paced.sent(10, 10 * (576 - 28), 0)
    assert paced.next_ns == pytest.approx(10 * (576 - 28 - header_bytes) / 1.03e6 * 1e9, abs=1)


def test_nothing_is_allowed_before_the_link_is_free() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    assert paced.allowance(359_999) == 0
    assert paced.allowance(360_000) == 5


def test_the_next_frame_waits_for_the_last_one_to_leave_the_link() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    paced.begin(100_000)
    assert paced.next_ns == 360_000


def test_wakeups_late_by_as_much_keep_the_average() -> None:
    paced = pacer()
    paced.begin(0)
    bursts = send_all(paced, 500, late_ns=60_000)
    assert bursts[-1] == (99 * 360_000 + 60_000, 5)


def test_a_late_wakeup_is_caught_up_gently_in_bursts_no_larger() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    now = 360_000 + 900_000
    times = []
    for _ in range(15):
        assert paced.allowance(now) == 5
        send(paced, 5, now)
        times.append(paced.next_ns - now)
        now = paced.next_ns
    # 900 us late; the first gap is 0.75 of 360 us, less 0.3 of them; each one of 0.75 makes good 90 us
    assert times == [162_000] + [270_000] * 7 + [288_000] + [360_000] * 6
    assert now == 16 * 360_000


def test_a_long_stall_is_caught_up_in_part_only() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    stalled_ns = 1_000_000_000
    send(paced, 5, stalled_ns)
    bursts = send_all(paced, 1125)
    # 20 ms are made good, 198 us by the burst before these and 90 us by each of them
    assert [b - a for (a, _), (b, _) in pairwise(bursts)] == [270_000] * 220 + [358_000] + [360_000] * 3


def test_wakeups_that_are_all_a_little_late_do_not_hinder_catching_up() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    send(paced, 5, 10_000_000)
    bursts = send_all(paced, 50, late_ns=100_000)
    assert {b - a for (a, _), (b, _) in pairwise(bursts)} == {270_000}


def test_packet_delay_above_the_timer_resolution_separates_single_packets() -> None:
    paced = pacer(9000, delay_ns=50_000)
    paced.begin(0)
    assert send_all(paced, 3) == [(0, 1), (122_000, 1), (244_000, 1)]


def test_shorter_packet_delays_are_gathered_and_hold_on_average() -> None:
    paced = pacer(9000, delay_ns=10_000)
    paced.begin(0)
    assert send_all(paced, 11) == [(0, 5), (410_000, 5), (820_000, 1)]


def test_idle_time_is_not_saved_up() -> None:
    paced = pacer()
    paced.begin(0)
    send(paced, 5, 0)
    paced.begin(10_000_000)
    send(paced, 5, 10_000_000)
    assert paced.next_ns == 10_360_000


def test_a_link_faster_than_any_cable_takes_the_largest_bursts() -> None:
    assert pacer(9000, link=1e12).burst_packets == 32


# A computer that stalls


def stalling(paced: LinkPacer, packet_size: int, frames: int, period_ns: int, seed: int) -> list[tuple[int, int]]:
    """(time, bytes with all headers) of each burst of a stream on a computer that stalls now and then."""
    rng = random.Random(seed)
    sent, now = [], 0
    for frame in range(frames):
        sizes = [72, *[packet_size] * 34, 333, 44]
        paced.begin(frame * period_ns)
        while sizes:
            now = max(now, paced.next_ns) + rng.choice([*[5_000, 20_000] * 50, 3_000_000, 40_000_000])
            burst, sizes = sizes[: paced.allowance(now)], sizes[paced.allowance(now) :]
            paced.sent(len(burst), sum(burst) - 28 * len(burst), now)
            sent.append((now, sum(burst)))
    return sent


def most_beyond(sent: list[tuple[int, int]], bytes_per_s: float) -> float:
    """By how many bytes the window with the most of them exceeds the rate."""
    total = list(accumulate((size for _, size in sent), initial=0))
    beyond, least = 0.0, 0.0
    for index, (now, _) in enumerate(sent):
        allowed = bytes_per_s * now / 1e9
        least = min(least, total[index] - allowed)
        beyond = max(beyond, total[index + 1] - allowed - least)
    return beyond


@pytest.mark.parametrize("packet_size", [1440, 9000, 16_364])
@pytest.mark.parametrize("link", [113.5e6, 372.5e6])
def test_after_no_stall_does_more_come_than_a_default_receive_buffer_holds_beside_what_is_read(
    link: float, packet_size: int
) -> None:
    paced = pacer(packet_size, link=link)
    wire = link * 1.03 * packet_size / (packet_size - 36)
    sent = stalling(paced, packet_size, 1000, round((34 * packet_size + 449) / wire * 1e9), seed=7)
    assert most_beyond(sent, wire) > 5e5  # stalls are made good ...
    assert most_beyond(sent, wire * 4 / 3) < 1.6 * paced.burst_packets * packet_size  # ... a third faster at most


@pytest.mark.parametrize("header_bytes", [8, 20])
@pytest.mark.parametrize("packet_size", [576, 1440, 9000, 16_364])
@pytest.mark.parametrize("limit", [1e6, 10e6, 110e6])
def test_a_limit_holds_over_any_window_but_for_a_burst_and_5_ms(
    limit: float, packet_size: int, header_bytes: int
) -> None:
    paced = pacer(packet_size, limit=limit, header_bytes=header_bytes)
    period_ns = round((34 * packet_size + 449) * 1.03 / limit * 1e9)
    sent = stalling(paced, packet_size, 300, period_ns, seed=7)
    bound = paced.burst_packets * packet_size + limit * 5e-3
    assert 0.6 * bound < most_beyond(sent, limit) <= bound + limit * 1e-6  # times are whole nanoseconds


def test_wakeups_late_by_less_than_half_a_burst_cost_a_limited_stream_nothing() -> None:
    paced = pacer(limit=100e6)
    paced.begin(0)
    bursts = send_all(paced, 500, late_ns=200_000)
    assert bursts[-1] == (99 * 450_000 + 200_000, 5)  # 45 kB at 100 MB/s


def test_a_limit_above_the_link_changes_no_rate() -> None:
    paced = pacer(limit=1e9)
    paced.begin(0)
    assert send_all(paced, 12) == [(0, 5), (360_000, 5), (720_000, 2)]
