from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.gvsp.packets import PacketTable
from tiscam_emu.gvsp.window import ResendWindow, SentFrame
from tiscam_emu.wire.bootstrap import StreamChannelCapability

MS = 1_000_000


NO_OPTIONS = StreamChannelCapability(0)


@dataclass(frozen=True, slots=True)
class Somewhere:
    host: str = "127.0.0.1"
    port: int = 50_000
    packet_size: int = 1400
    do_not_fragment: bool = True
    packet_delay_ns: int = 0
    link_bytes_per_s: float = 125e6
    limit_bytes_per_s: float | None = None
    opened: int = 1
    extended_ids: bool = False
    configuration: StreamChannelCapability = NO_OPTIONS


def sent(block_id: int, at_ns: int, size_bytes: int | None = None) -> SentFrame:
    table = PacketTable(100, 1400)
    table.block_id = block_id
    if size_bytes is not None:
        table.size_bytes = size_bytes
    return SentFrame(table, Somewhere(), at_ns)


def held(window: ResendWindow) -> list[int]:
    return [block_id for block_id in range(1, 100) if window.find(block_id) is not None]


def test_slow_streams_keep_four_frames_however_old() -> None:
    window = ResendWindow()
    for block_id in range(1, 8):
        window.add(sent(block_id, block_id * 1000 * MS))
    assert held(window) == [4, 5, 6, 7]


def test_fast_streams_keep_a_quarter_of_a_second() -> None:
    window = ResendWindow()
    for block_id in range(1, 61):
        window.add(sent(block_id, block_id * 10 * MS))
    assert held(window) == list(range(35, 61))


def test_large_frames_keep_within_the_memory_budget() -> None:
    window = ResendWindow()
    for block_id in range(1, 11):
        window.add(sent(block_id, block_id * MS, size_bytes=25 * 1024 * 1024))
    assert held(window) == [8, 9, 10]


def test_two_frames_are_kept_whatever_they_weigh() -> None:
    window = ResendWindow()
    for block_id in range(1, 5):
        window.add(sent(block_id, block_id * MS, size_bytes=200 * 1024 * 1024))
    assert held(window) == [3, 4]


def test_a_table_that_leaves_is_given_back_and_no_longer_found() -> None:
    window = ResendWindow()
    frames = [sent(block_id, block_id * 1000 * MS) for block_id in range(1, 6)]
    freed = [window.add(frame) for frame in frames]
    assert freed == [[], [], [], [], [frames[0].table]]
    assert window.find(1) is None


def test_a_block_id_used_again_replaces_the_old_frame() -> None:
    window = ResendWindow()
    old, new = sent(7, 0), sent(7, MS)
    window.add(old)
    assert window.add(new) == [old.table]
    assert window.find(7) is new
    assert len(window) == 1


def test_clearing_gives_every_table_back() -> None:
    window = ResendWindow()
    frames = [sent(block_id, 0) for block_id in (1, 2, 3)]
    for frame in frames:
        window.add(frame)
    assert window.clear() == [frame.table for frame in frames]
    assert held(window) == []
