"""A limit on how often something is done."""

from __future__ import annotations

from tiscam_emu.units import NS_PER_S, Nanoseconds


class TokenBucket:
    """State: how often it may be done at once; refilled with time.

    Parameters
    ----------
    per_s
        How often in the long run.
    at_once
        How often in a row.
    """

    def __init__(self, per_s: int, at_once: int) -> None:
        self._period_ns = NS_PER_S // per_s
        self._depth_ns = at_once * self._period_ns
        # The bucket is as full as this lies in the past.
        self._empty_ns: Nanoseconds | None = None

    def take(self, now: Nanoseconds) -> bool:
        """Whether it may be done at `now`; if so, it counts as done."""
        full_ns = now - self._depth_ns
        empty_ns = full_ns if self._empty_ns is None else max(self._empty_ns, full_ns)
        if empty_ns + self._period_ns > now:
            return False
        self._empty_ns = empty_ns + self._period_ns
        return True
