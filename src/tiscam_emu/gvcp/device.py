"""What the control engine serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tiscam_emu.errors import RegisterError, Status
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

    def take_forgiven(self) -> list[RegisterError]:
        """What was wrong with the writes since the last call that succeeded although a strict camera refuses them."""
        ...

    def take_write_duration(self) -> Nanoseconds:
        """How long the writes since the last call take, 0 as a rule: their acknowledge comes that much later."""
        ...

    def execute_action(
        self, device_key: int, group_key: int, group_mask: int, action_time: int | None, now: Nanoseconds
    ) -> Status | None:
        """Perform an action, or put it into the queue if it has a time.

        The engine has checked that somebody has control, or that it does not matter, and that the command is no
        repetition.

        Returns
        -------
        Status or None
            None if key, group or mask are those of other cameras. SUCCESS; ACTION_LATE: performed at once, because its
            time was over; NO_REF_TIME: it has a time, but the camera's clock is not synchronised; OVERFLOW: the queue
            is full; NOT_IMPLEMENTED: the camera knows no actions.
        """
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

    def force_ip(self, address: str, mask: str, gateway: str, now: Nanoseconds) -> bool:
        """Take another IP configuration until the next restart; address 0.0.0.0 goes back to that of the start.

        Nobody has control. False: the camera cannot have this address, and nothing has changed.
        """
        ...

    def reaches(self, host: str) -> bool:
        """Whether a datagram to this address arrives, whatever the network's routers do."""
        ...

    @property
    def discovery_ack_delay_ms(self) -> int:
        """The longest time an answer to DISCOVERY is held back."""
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
    def unconditional_action(self) -> bool:
        """Whether actions are performed while nobody has control (GVCP Configuration)."""
        ...

    @property
    def extended_status_2_0(self) -> bool:
        """Whether the application wants the status codes of version 2.0 (GVCP Configuration)."""
        ...

    @property
    def pending_ack_enabled(self) -> bool:
        """Whether the application wants PENDING_ACK (GVCP Configuration)."""
        ...

    @property
    def mac(self) -> bytes:
        """Six bytes; FORCEIP commands are addressed to it."""
        ...
