"""What the threads of a stream do besides their work: make room for others, and report once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

_STEPS_BACK = 5
"""How much nicer the thread that draws apart is than the others: half as long do register reads take then, while
pictures of 12 megapixels are drawn."""


def let_others_run() -> None:
    """Let a receiver that waits for this processor have it, instead of drawing on until its socket is full."""
    if sys.platform != "win32":
        os.sched_yield()


def stand_back() -> None:
    """Let the threads that send and answer go before this one, where the system tells threads apart."""
    if sys.platform == "linux":
        this = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, this, min(os.getpriority(os.PRIO_PROCESS, this) + _STEPS_BACK, 19))


def first_only(on_error: Callable[[Exception], None]) -> Callable[[Exception], None]:
    """Tell the first error, and no other."""
    told: list[Exception] = []

    def tell(error: Exception) -> None:
        if not told:
            told.append(error)
            on_error(error)

    return tell
