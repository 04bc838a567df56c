"""What a faulty link does to datagrams, on a time that the test counts."""

from __future__ import annotations

import math
from itertools import groupby
from random import Random

import pytest

from tiscam_emu.net.fault_plan import LinkFaults
from tiscam_emu.net.faulty_link import OVERTAKEN_NS, Carried, FaultCounters, FaultyLink

MS = 1_000_000
COUNT = 20_000


def link(faults: LinkFaults, seed: int = 1) -> tuple[FaultyLink[None], FaultCounters]:
    counters = FaultCounters()
    return FaultyLink(faults, Random(seed), counters), counters


def numbered(count: int) -> list[Carried[None]]:
    return [Carried(number.to_bytes(4, "big"), None) for number in range(count)]


def numbers(carried: list[Carried[None]]) -> list[int]:
    return [int.from_bytes(datagram.data, "big") for datagram in carried]


def five_sigma(share: float, count: int = COUNT) -> float:
    return 5 * math.sqrt(count * share * (1 - share))


def test_a_perfect_link_changes_nothing() -> None:
    perfect, counters = link(LinkFaults())
    assert numbers(perfect.carry(numbered(50), 0)) == list(range(50))
    assert counters == FaultCounters()


def test_drop_loses_its_share_and_counts_it() -> None:
    lossy, counters = link(LinkFaults(drop=0.05))
    arrived = lossy.carry(numbered(COUNT), 0)
    assert counters.dropped == COUNT - len(arrived)
    assert counters.dropped == pytest.approx(0.05 * COUNT, abs=five_sigma(0.05))


def test_bursts_lose_as_many_in_a_row_and_the_same_share() -> None:
    lossy, counters = link(LinkFaults(drop=0.05, burst=20))
    arrived = set(numbers(lossy.carry(numbered(COUNT), 0)))
    runs = [len(list(run)) for gone, run in groupby(range(COUNT), lambda number: number not in arrived) if gone]
    assert all(run % 20 == 0 for run in runs[:-1])
    # Gaps number about 50 with a geometric distance: the share varies sqrt(20) times as much as without bursts.
    assert counters.dropped == pytest.approx(0.05 * COUNT, abs=five_sigma(0.05) * math.sqrt(20))


def test_a_drop_of_one_loses_all() -> None:
    lossy, _ = link(LinkFaults(drop=1.0, burst=3))
    assert lossy.carry(numbered(100), 0) == []


def test_equal_seeds_meet_equal_faults() -> None:
    faults = LinkFaults(drop=0.1, duplicate=0.1, reorder=0.1, corrupt=0.1, truncate=0.1)
    first, again, other = (link(faults, seed)[0].carry(numbered(200), 0) for seed in (3, 3, 4))
    assert first == again != other


def test_duplicates_arrive_twice_in_a_row() -> None:
    doubling, counters = link(LinkFaults(duplicate=1.0))
    assert numbers(doubling.carry(numbered(3), 0)) == [0, 0, 1, 1, 2, 2]
    assert counters.duplicated == 3


def test_a_reordered_datagram_arrives_after_the_one_that_follows() -> None:
    swapping, counters = link(LinkFaults(reorder=1.0))
    assert numbers(swapping.carry(numbered(6), 0)) == [1, 0, 3, 2, 5, 4]
    assert counters.reordered == 3


def test_the_last_datagram_is_not_held_for_ever() -> None:
    swapping, _ = link(LinkFaults(reorder=1.0))
    assert swapping.carry(numbered(1), 7) == []
    assert swapping.next_wakeup() == 7 + OVERTAKEN_NS
    assert swapping.advance(6 + OVERTAKEN_NS) == []
    assert numbers(swapping.advance(7 + OVERTAKEN_NS)) == [0]
    assert swapping.next_wakeup() is None


def test_corruption_flips_one_bit() -> None:
    damaging, counters = link(LinkFaults(corrupt=1.0))
    (arrived,) = damaging.carry([Carried(bytes(100), None)], 0)
    assert sum(byte.bit_count() for byte in bytes(arrived.data)) == 1
    assert len(arrived.data) == 100
    assert counters.corrupted == 1


def test_truncation_leaves_the_beginning() -> None:
    cutting, counters = link(LinkFaults(truncate=1.0))
    whole = bytes(range(100))
    (arrived,) = cutting.carry([Carried(whole, None)], 0)
    assert len(arrived.data) < 100
    assert whole.startswith(arrived.data)
    assert counters.truncated == 1


def test_a_delayed_datagram_arrives_when_its_time_has_come() -> None:
    slow, counters = link(LinkFaults(delay_ms=3))
    assert slow.carry(numbered(2), 10 * MS) == []
    assert slow.next_wakeup() == 13 * MS
    assert slow.advance(13 * MS - 1) == []
    assert numbers(slow.advance(13 * MS)) == [0, 1]
    assert counters.delayed == 2


def test_jitter_stays_within_its_limits() -> None:
    slow, _ = link(LinkFaults(delay_ms=3, jitter_ms=2))
    slow.carry(numbered(100), 0)
    assert slow.advance(3 * MS - 1) == []
    early = slow.advance(4 * MS)
    assert 0 < len(early) < 100
    assert len(early) + len(slow.advance(5 * MS)) == 100


def test_what_is_held_survives_the_senders_memory() -> None:
    slow, _ = link(LinkFaults(delay_ms=1))
    memory = bytearray(b"before")
    slow.carry([Carried(memoryview(memory), None)], 0)
    memory[:] = b"after."
    assert slow.advance(MS)[0].data == b"before"


def test_one_big_step_of_time_delivers_what_many_small_ones_do() -> None:
    faults = LinkFaults(delay_ms=2, jitter_ms=5, reorder=0.3, duplicate=0.2)
    small, big = (link(faults)[0] for _ in range(2))
    for slow in (small, big):
        slow.carry(numbered(50), 0)
    stepwise = [datagram for now in range(0, 20 * MS, MS // 4) for datagram in small.advance(now)]
    assert stepwise == big.advance(20 * MS)


def test_what_is_larger_than_the_mtu_with_its_headers_vanishes() -> None:
    narrow, counters = link(LinkFaults(mtu=1500))
    sizes = [len(arrived.data) for arrived in narrow.carry([Carried(bytes(n), None) for n in (576, 1472, 1473)], 0)]
    assert sizes == [576, 1472]
    assert counters.too_large == 1
