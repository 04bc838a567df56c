"""The heartbeat: control is lost when its owner falls silent.

Source: GigE Vision 2.x, chapter "Heartbeat"; any valid command of the owner restarts it.
"""

from __future__ import annotations

from tiscam_emu.units import NS_PER_MS, Nanoseconds


class HeartbeatState:
    """State: when the owner was last heard."""

    def __init__(self) -> None:
        self._heard_ns: Nanoseconds = 0

    def restart(self, now: Nanoseconds) -> None:
        """The owner was heard."""
        self._heard_ns = now

    def deadline(self, timeout_ms: int) -> Nanoseconds:
        """When control is lost if nothing is heard until then; from that instant on it is."""
        return self._heard_ns + timeout_ms * NS_PER_MS
