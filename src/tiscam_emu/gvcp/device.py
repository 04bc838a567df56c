"""What the control engine serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tiscam_emu.errors import Status
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.endpoint import Endpoint


class ControlledDevice(Protocol):
    """Registers and control state of a camera, as the engine needs them.

    The engine checks privilege, alignment and sizes before it calls; the device checks everything else. The Control
    Channel Privilege register is written by the engine alone and read from the device, which learns its value from
    `control_changed`.
    """

    def read(self, address: int, length: int, now: Nanoseconds) -> bytes:
        """`length` bytes at `address`, both multiples of 4; raises `RegisterError`."""
        ...

    def write(self, address: int, data: bytes, now: Nanoseconds) -> None:
        """Write a block whole or not at all; raises `RegisterError`."""
        ...

    def write_pairs(self, pairs: Sequence[tuple[int, int]], now: Nanoseconds) -> tuple[int, Status]:
        """Write 32-bit registers in order: the number written, and SUCCESS or why the next one was refused."""
        ...

    def discovery(self) -> bytes:
        """The 248 bytes at 0x0000 for DISCOVERY_ACK."""
        ...

    def control_changed(self, ccp: int, owner: Endpoint | None, now: Nanoseconds) -> None:
        """Take note of the new CCP value and primary application."""
        ...

    def release(self, now: Nanoseconds) -> None:
        """Control is lost or given back: stop the acquisition, close the channels."""
        ...

    @property
    def heartbeat_timeout_ms(self) -> int:
        """Time without a command after which control is lost."""
        ...

    @property
    def heartbeat_disabled(self) -> bool:
        """Whether the application has switched the heartbeat off."""
        ...

    @property
    def switchover_key(self) -> int:
        """16-bit key another application needs to take control over."""
        ...

    @property
    def mac(self) -> bytes:
        """Six bytes; FORCEIP commands are addressed to it."""
        ...
