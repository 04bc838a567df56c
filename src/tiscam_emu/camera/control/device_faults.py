"""What goes wrong inside a camera on command: it is busy, it is slow, it is hot."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.units import NS_PER_MS, Nanoseconds


@dataclass(frozen=True, slots=True)
class DeviceFaults:
    """Faults of the device; the defaults are a healthy camera.

    Attributes
    ----------
    busy
        Share of register accesses that are refused with BUSY, 0 to 1. The control channel privilege is not affected.
    late_ack_ms
        Acknowledges of writes come this much later, announced by PENDING_ACK where the client has enabled it.
    temperature_c
        What DeviceTemperature reads; None for the modelled one.
    """

    busy: float = 0.0
    late_ack_ms: float = 0.0
    temperature_c: float | None = None

    @property
    def late_ack_ns(self) -> Nanoseconds:
        """The delay of acknowledges."""
        return round(self.late_ack_ms * NS_PER_MS)


HEALTHY = DeviceFaults()
