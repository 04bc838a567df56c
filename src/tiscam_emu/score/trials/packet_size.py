"""Finding the largest packet that the path carries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tiscam_emu.score.meddler import LosesLarge
from tiscam_emu.score.rules import packets_fit
from tiscam_emu.score.trial import Trial


def _trial(mtu: int, make: Callable[[], LosesLarge]) -> Trial:
    return Trial(
        name=f"mtu-{mtu}",
        title=f"The path carries packets of {mtu} bytes at most",
        expected="Asks for test packets, or for packets that any path carries, and gets its frames.",
        why="Larger packets vanish without a word, and the program shows no picture at all.",
        judge=partial(packets_fit, path=f" on a path of {mtu}"),
        meddler=make,
        flaw="large_packets",
    )


TRIALS = (_trial(1500, partial(LosesLarge, 1500)), _trial(4000, partial(LosesLarge, 4000)))
