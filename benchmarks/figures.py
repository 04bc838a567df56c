"""Percentiles and jitter, the same for all that is measured; runs under any Python 3.9, as `aravis_client.py` does."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile; not a number of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan


def intervals_ns(stamps_ns: Sequence[int]) -> list[int]:
    return [after - before for before, after in zip(stamps_ns, stamps_ns[1:])]  # noqa: B905, RUF007 - any Python 3.9


def jitter(stamps_ns: Sequence[int], name: str = "jitter") -> dict[str, float]:
    """How far intervals are from their median, as the figures `name`_p50_ms and `name`_p99_ms."""
    intervals = intervals_ns(stamps_ns)
    middle = percentile(intervals, 50)
    off_ms = [abs(interval - middle) / 1e6 for interval in intervals]
    return {f"{name}_p50_ms": percentile(off_ms, 50), f"{name}_p99_ms": percentile(off_ms, 99)}
