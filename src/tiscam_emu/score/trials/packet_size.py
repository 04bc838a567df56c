"""Finding the largest packet that the path carries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tiscam_emu.score.meddler import LosesLarge
from tiscam_emu.score.record import Record
from tiscam_emu.score.trial import Trial, Verdict, either, not_seen


def _judge(mtu: int, record: Record) -> Verdict:
    finished = record.finished()
    if not finished:
        return not_seen("no frame was asked for")
    whole = record.whole()
    tried = f"tried {len(record.test_packets)} test packets, then " if record.test_packets else ""
    largest = max(record.largest_arrived, record.largest_lost)
    seen = f"{tried}packets of {largest} bytes on a path of {mtu}: {len(whole)} of {len(finished)} frames arrived"
    return either(2 * len(whole) >= len(finished), seen)


def _trial(mtu: int, make: Callable[[], LosesLarge]) -> Trial:
    return Trial(
        name=f"mtu-{mtu}",
        title=f"The path carries packets of {mtu} bytes at most",
        expected="Asks for test packets, or for packets that any path carries, and gets its frames.",
        why="Larger packets vanish without a word, and the program shows no picture at all.",
        judge=partial(_judge, mtu),
        meddler=make,
        flaw="large_packets",
    )


TRIALS = (_trial(1500, partial(LosesLarge, 1500)), _trial(4000, partial(LosesLarge, 4000)))
