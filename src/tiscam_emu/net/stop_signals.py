"""The end that a terminal, a service manager or a test asks of a command."""

from __future__ import annotations

import _thread
import signal
import threading


def stop_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on; to be called from the main thread."""
    stop = threading.Event()

    def set_soon(_number: int, _frame: object) -> None:
        # Not here: the main thread that this interrupts may hold the event's lock, and would wait for itself for ever.
        _thread.start_new_thread(stop.set, ())

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, set_soon)
    return stop
