"""How late a process that only sleeps wakes up: what the computer itself adds to every time that is measured on it."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from figures import percentile

_SLEEP_S = 0.002


class Sleeper:
    """State: a thread that sleeps, over and over, while the body of a `with` statement runs."""

    def __init__(self) -> None:
        self._late_ms: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def late_ms(self, percent: float) -> float:
        """How late that many percent of the sleeps ended at most."""
        return percentile(self._late_ms, percent)

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            time.sleep(_SLEEP_S)
            self._late_ms.append((time.perf_counter() - began - _SLEEP_S) * 1e3)
