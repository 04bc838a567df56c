"""What the control engine asks its caller to do."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.wire.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class SendDatagram:
    """Send these bytes from the control port."""

    data: bytes
    peer: Endpoint


@dataclass(frozen=True, slots=True)
class ResendRequested:
    """Send packets `first` to `last` of a block again; `last` None means to the end of the block."""

    channel: int
    block_id: int
    first: int
    last: int | None
    peer: Endpoint


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send these bytes from the message channel's port (MCSP), where its acknowledges arrive."""

    data: bytes
    peer: Endpoint


Effect = SendDatagram | ResendRequested
"""What the control engine asks for; the message channel asks for `SendMessage` alone."""
