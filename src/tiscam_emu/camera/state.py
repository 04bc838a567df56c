"""The camera's state: the feature store and the few things that are not features."""

from __future__ import annotations

from dataclasses import dataclass, field

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.features.kinds import Lock
from tiscam_emu.features.store import Store
from tiscam_emu.spec.model import CameraModel, ReadoutMode
from tiscam_emu.units import Nanoseconds

OUI = bytes.fromhex("000748")
"""First half of the MAC address of every camera of this maker."""
_MAC_SPREAD = 7_919_117  # odd: serial numbers that differ in their last 24 bits have different addresses


@dataclass(slots=True)
class Triggers:
    """Triggers that came, and those dropped because no exposure could start."""

    pending_ns: list[Nanoseconds] = field(default_factory=list)
    accepted: int = 0
    missed: int = 0


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
    timestamp_origin_ns
        Device time at which the timestamp counter read 0.
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
        self.timestamp_origin_ns: Nanoseconds = 0
        self.triggers = Triggers()
        super().__init__(model.features)

    @property
    def serial(self) -> str:
        """The serial number in use."""
        return self.options.serial or self.model.identity.serial

    @property
    def mac(self) -> bytes:
        """The MAC address: the maker's prefix, and three bytes that follow from the serial number."""
        return OUI + (int(self.serial) * _MAC_SPREAD % 2**24).to_bytes(3, "big")

    def timestamp(self, now: Nanoseconds) -> int:
        """The timestamp counter at device time `now`, in ticks of one nanosecond."""
        return now - self.timestamp_origin_ns

    @property
    def readout_mode(self) -> ReadoutMode:
        """Skipping and binning as they are set."""
        return ReadoutMode(
            self.get("DecimationHorizontal", 1),
            self.get("DecimationVertical", 1),
            self.get("BinningHorizontal", 1),
            self.get("BinningVertical", 1),
        )


ACQUIRING = Lock("Acquiring", lambda state: state.acquiring, "the acquisition is running")
"""Formats, sizes, readout modes and the packet size cannot change while frames are on their way."""
