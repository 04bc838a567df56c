"""Which frames are skipped, because the computer does not keep up.

A frame whose drawing takes long, as the first one of a setting may, holds up those behind it. They are late then, but
cost no memory until they are drawn, and the link is three percent faster than its frames: what can be caught up is not
skipped. What is late for good, because every frame takes too long, is skipped one by one, so that the others are late
by a bounded time.
"""

from __future__ import annotations

from tiscam_emu.units import NS_PER_MS, Nanoseconds

MAX_OUTSTANDING = 6
"""So many frames between exposure and last packet are taken in any case. Three at full rate: exposed, read out, on the
link; the others ride out stalls of the computer."""

LATEST_NS = 100 * NS_PER_MS
"""More are taken as long as the oldest one that is not drawn is overdue by no more than this: about what three percent
catch up in three seconds."""

MAX_AWAITED = 1024
"""As many awaited frames may wait: a camera that has just been started must first see its scene."""


def is_taken(outstanding: int, overdue_ns: Nanoseconds, *, awaited: bool, always_taken: int = MAX_OUTSTANDING) -> bool:
    """Whether one more frame is to be drawn and sent; else it is skipped whole.

    Parameters
    ----------
    outstanding
        Frames on their way before it.
    overdue_ns
        For how long the oldest one that has not been drawn could have been sent; negative if it is not due.
    awaited
        Whether somebody counts on this very frame.
    """
    if outstanding < always_taken:
        return True
    late = overdue_ns > LATEST_NS
    return outstanding < MAX_AWAITED and (awaited or not late)
