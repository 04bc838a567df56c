"""Time is integer nanoseconds everywhere; these are the conversions."""

from __future__ import annotations

Nanoseconds = int

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


def ns_from_us(us: float) -> Nanoseconds:
    """Microseconds as nanoseconds, rounded to the nearest."""
    return round(us * NS_PER_US)


def ns_from_s(s: float) -> Nanoseconds:
    """Seconds as nanoseconds, rounded to the nearest."""
    return round(s * NS_PER_S)
