"""The camera's state: the feature store and the few things that are not features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiscam_emu.camera.control.clock import CameraClock
from tiscam_emu.camera.control.device_health import DeviceHealth
from tiscam_emu.camera.lens.motion import Motor
from tiscam_emu.camera.notices import NoticeBoard
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.trigger_io.action_queue import ActionQueue
from tiscam_emu.features.kinds import Lock, Value
from tiscam_emu.features.store import Store
from tiscam_emu.spec.model import CameraModel, ReadoutMode
from tiscam_emu.units import Nanoseconds

OUI = bytes.fromhex("000748")
"""First half of the MAC address of every camera of this maker."""

UserSet = Mapping[str, tuple[Value, ...]]
"""Settings by name: for each feature the values behind all entries of its selector, one where it has none."""

_MAC_SPREAD = 7_919_117  # odd: serial numbers that differ in their last 24 bits have different addresses


@dataclass(slots=True)
class LinePulse:
    """State: a pulse on TRIGGER_IN; `ended_ns` is None while it lasts."""

    began_ns: Nanoseconds
    ended_ns: Nanoseconds | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that a source delivered.

    Attributes
    ----------
    at_ns
        When it counts as received.
    delay_ns
        TriggerDelay as it applies to this source.
    pulse
        The pulse it came with, if it came from the line.
    sets_exposure
        The length of the pulse is the exposure time.
    """

    at_ns: Nanoseconds
    delay_ns: Nanoseconds = 0
    pulse: LinePulse | None = None
    sets_exposure: bool = False


@dataclass(slots=True)
class Triggers:
    """State: triggers received and not yet looked at, and what became of the others.

    Attributes
    ----------
    missed
        Dropped because no exposure could start.
    line_accepted_ns
        When a trigger from the line was last accepted.
    """

    received: list[Trigger] = field(default_factory=list)
    accepted: int = 0
    missed: int = 0
    line_accepted_ns: Nanoseconds | None = None


@dataclass(slots=True)
class Lines:
    """State: the levels of TRIGGER_IN and STROBE_OUT, and how many strobe pulses last."""

    input_high: bool = False
    output_high: bool = False
    strobe_pulses: int = 0


class CameraState(Store):
    """Values of all features, and what runs.

    Attributes
    ----------
    now
        Device time of the access being served, nanoseconds.
    acquiring
        Whether AcquisitionStart is in effect.
    reset_requested
        DeviceReset was executed and has not been carried out yet.
    factory_reset_requested
        It is to forget what outlives a power cycle, too.
    notices
        What rooms tell each other.
    motors
        Of the lens, by the feature that moves them.
    user_sets
        What was saved to a user set, by the set's name.
    powered_up_ns, started_ns
        Device time at which the camera was switched on, and at which it started last.
    clock
        What the camera's timestamps come from.
    elected_master
        Whether the camera is the PTP master of its network; None while nobody has told it.
    actions
        Actions that wait for their time.
    write_duration_ns
        How long the writes take that nobody has asked about yet.
    health
        Faults on command.
    other_chunks
        What is sent behind images where that is not for features of ours to say; see `camera.chunks`.
    """

    def __init__(self, model: CameraModel, options: CameraOptions) -> None:
        self.model = model
        self.options = options
        self.now: Nanoseconds = 0
        self.acquiring = False
        self.acquisition_starts = 0
        self.test_packet_requested = False
        self.reset_requested = False
        self.factory_reset_requested = False
        self.channel_openings = 0
        self.powered_up_ns: Nanoseconds = 0
        self.started_ns: Nanoseconds = 0
        self.clock = CameraClock(options.clock_offset_ns, options.clock_drift_ppb)
        self.elected_master: bool | None = None
        self.actions = ActionQueue()
        self.write_duration_ns: Nanoseconds = 0
        self.health = DeviceHealth(options.seed)
        self.triggers = Triggers()
        self.lines = Lines()
        self.notices = NoticeBoard()
        self.motors: dict[str, Motor] = {}
        self.user_sets: dict[str, UserSet] = {}
        self.other_chunks: Sequence[Any] | None = None
        super().__init__(model.features, strict=options.strict)

    def send_chunks(self, chunks: Sequence[Any] | None) -> None:
        """Send these `camera.chunks.Chunk` behind every image from now on; None: none."""
        if chunks != self.other_chunks:
            self.other_chunks = chunks
            self._changed()

    @property
    def serial(self) -> str:
        """The serial number in use."""
        return self.options.serial or self.model.identity.serial

    @property
    def mac(self) -> bytes:
        """The MAC address: that of the options, or the maker's prefix and three bytes from the serial number."""
        return self.options.mac or OUI + (int(self.serial) * _MAC_SPREAD % 2**24).to_bytes(3, "big")

    def timestamp(self, now: Nanoseconds) -> int:
        """The timestamp counter at device time `now`, in ticks of one nanosecond."""
        return self.clock.read(now)

    @property
    def readout_mode(self) -> ReadoutMode:
        """Skipping and binning as they are set."""
        return ReadoutMode(
            self.get("DecimationHorizontal", 1),
            self.get("DecimationVertical", 1),
            self.get("BinningHorizontal", 1),
            self.get("BinningVertical", 1),
        )


ACQUIRING = Lock("Acquiring", lambda state: state.acquiring, "the acquisition is running", refuses=True)
"""Formats, sizes, readout modes and the packet size cannot change while frames are on their way."""
