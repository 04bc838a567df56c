from __future__ import annotations

from tiscam_emu.net.fair_queue import FairQueue


def taken(queue: FairQueue[str, int]) -> list[tuple[str, int]]:
    result = []
    while queue:
        result.append(queue.take())
    return result


def test_one_sender_is_served_in_order() -> None:
    queue: FairQueue[str, int] = FairQueue()
    for number in range(3):
        queue.put("a", number)
    assert taken(queue) == [("a", 0), ("a", 1), ("a", 2)]


def test_a_flood_delays_another_sender_by_one_datagram() -> None:
    queue: FairQueue[str, int] = FairQueue()
    for number in range(100):
        queue.put("flood", number)
    queue.put("client", 0)
    assert queue.take() == ("flood", 0)
    assert queue.take() == ("client", 0)


def test_senders_take_turns() -> None:
    queue: FairQueue[str, int] = FairQueue()
    for sender, number in (("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)):
        queue.put(sender, number)
    assert taken(queue) == [("a", 1), ("b", 1), ("c", 1), ("a", 2), ("b", 2)]


def test_a_full_queue_drops_what_its_own_sender_sends() -> None:
    queue: FairQueue[str, int] = FairQueue(queue_length=2)
    for number in range(5):
        queue.put("flood", number)
    queue.put("client", 0)
    assert queue.dropped == 3
    assert taken(queue) == [("flood", 0), ("client", 0), ("flood", 1)]


def test_more_senders_than_there_is_room_for_are_dropped_and_room_comes_back() -> None:
    queue: FairQueue[str, int] = FairQueue(senders=2)
    for sender in ("a", "b", "c"):
        queue.put(sender, 0)
    assert queue.dropped == 1
    assert len(taken(queue)) == 2
    queue.put("c", 0)
    assert taken(queue) == [("c", 0)]
