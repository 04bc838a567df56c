"""What a running camera tells about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A snapshot; the counters count from the start of the camera.

    Attributes
    ----------
    controller
        ``host:port`` of the client in control; empty for nobody.
    time_ns
        Device time of the snapshot.
    frames, payload_bytes
        Frames sent completely, and their image bytes.
    skipped_frames
        Frames dropped whole because rendering or sending could not keep up.
    triggers_missed
        Triggers that came when no exposure could start.
    control
        Counters of the control channel: `gvcp.counters.ControlCounters`.
    messages
        Counters of the message channel: `gvcp.counters.MessageCounters`.
    status_led
        Color of the LED on the rear; empty for a model without one.
    plugged
        Whether the network plug is in.
    faults
        Datagrams of the channels ``stream`` and ``control`` that met each fault: `net.faulty_link.FaultCounters`.
    """

    controller: str = ""
    acquiring: bool = False
    pixel_format: str = ""
    width: int = 0
    height: int = 0
    time_ns: int = 0
    frames: int = 0
    payload_bytes: int = 0
    packets: int = 0
    resent_packets: int = 0
    skipped_frames: int = 0
    triggers_missed: int = 0
    control: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    status_led: str = ""
    plugged: bool = True
    faults: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CameraStatus:
        """From what `to_json` gave."""
        return cls(**data)
