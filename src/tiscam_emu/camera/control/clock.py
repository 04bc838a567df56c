"""The camera's clock: an oscillator of its own, and the common time of the Precision Time Protocol.

Common time is the device time all calls bring along, which on one host is its monotonic clock: cameras that follow it
agree to the nanosecond, in one process or in many, without exchanging a message. Its epoch is arbitrary, as that of a
PTP domain with the time scale ARB (IEEE 1588-2008, 7.2.1).
"""

from __future__ import annotations

from tiscam_emu.units import NS_PER_MS, NS_PER_S, Nanoseconds

FOLLOWING_NS = NS_PER_S
"""How long a clock that has been told to follow is still on its own: it listens, then calibrates; an assumption."""
CALIBRATION_NS = NS_PER_MS
"""The last part of it. ROS drivers switch PTP off and on when they meet a clock that calibrates: they hardly do."""


class CameraClock:
    """State: what the clock showed last by itself, and from when on it follows common time.

    Between two changes its reading is a pure function of device time.

    Parameters
    ----------
    offset_ns
        What the oscillator shows at device time 0; negative readings are shown as 0.
    drift_ppb
        How much faster than common time it runs, in parts per thousand million.
    """

    def __init__(self, offset_ns: Nanoseconds = 0, drift_ppb: int = 0) -> None:
        self._rate = NS_PER_S + drift_ppb
        self._since_ns: Nanoseconds = 0
        self._shown_ns: Nanoseconds = offset_ns
        self._follows_from_ns: Nanoseconds | None = None

    @property
    def enabled(self) -> bool:
        """Whether it follows common time, or is about to."""
        return self._follows_from_ns is not None

    @property
    def follows_from_ns(self) -> Nanoseconds | None:
        """Device time from which it follows common time; None if it is not to."""
        return self._follows_from_ns

    def synchronised(self, now: Nanoseconds) -> bool:
        """Whether it shows common time."""
        return self._follows_from_ns is not None and now >= self._follows_from_ns

    def calibrates(self, now: Nanoseconds) -> bool:
        """Whether it is about to show common time."""
        return self._follows_from_ns is not None and 0 < self._follows_from_ns - now <= CALIBRATION_NS

    def read(self, now: Nanoseconds) -> int:
        """What it shows at device time `now`, in nanoseconds."""
        if self.synchronised(now):
            return now
        return max(0, self._shown_ns + (now - self._since_ns) * self._rate // NS_PER_S)

    def when(self, reading: int, since: Nanoseconds) -> Nanoseconds:
        """The first device time, not before `since`, at which it shows `reading` or more."""
        if self.synchronised(since):
            return max(since, reading)
        if reading <= 0:
            return since
        alone = max(since, self._since_ns - (self._shown_ns - reading) * NS_PER_S // self._rate)
        if self._follows_from_ns is None or alone < self._follows_from_ns:
            return alone
        return max(self._follows_from_ns, reading)

    def set(self, reading: int, now: Nanoseconds) -> None:
        """Let the oscillator show `reading` now; common time cannot be set."""
        self._shown_ns, self._since_ns = reading, now

    def follow(self, now: Nanoseconds) -> None:
        """Begin to follow common time; nothing changes if it does already."""
        if self._follows_from_ns is None:
            self._follows_from_ns = now + FOLLOWING_NS

    def run_alone(self, now: Nanoseconds) -> None:
        """Go on by itself from what it shows now."""
        self.set(self.read(now), now)
        self._follows_from_ns = None
