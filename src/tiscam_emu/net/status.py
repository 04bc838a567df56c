"""What a running camera tells about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ClientMistake:
    """What one client did wrong, as often as `count` says.

    Attributes
    ----------
    kind
        One of `gvcp.mistakes.Kind`, such as ``write without control``.
    peer
        ``host:port`` of the client.
    first
        What was wrong the first time.
    """

    kind: str
    peer: str
    count: int
    first: str


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
    mistakes
        What clients did wrong; the latest last, the last 256 clients and kinds.
    refused_resends
        Requests for lost packets not answered, because more was asked for than can have been lost.
    lost_datagrams
        Control datagrams that were not looked at, because their sender had sent too many.
    plugged
        Whether the network plug is in.
    engine
        What draws and sends frames: ``native`` or ``numpy``, see `tiscam_emu.native`.
    faults
        Datagrams of the channels ``stream`` and ``control`` that met each fault: `net.faulty_link.FaultCounters`.
    recording
        Datagrams recorded and not kept: `net.recorder.RecordingCounters`; empty without a recording.
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
    mistakes: tuple[ClientMistake, ...] = ()
    refused_resends: int = 0
    lost_datagrams: int = 0
    plugged: bool = True
    engine: str = ""
    faults: dict[str, dict[str, int]] = field(default_factory=dict)
    recording: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CameraStatus:
        """From what `to_json` gave."""
        mistakes = tuple(ClientMistake(**mistake) for mistake in data["mistakes"])
        return cls(**{**data, "mistakes": mistakes})
