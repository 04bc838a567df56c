"""The message channel's vocabulary: what a camera has to say, and how its host wants to hear it.

Source: GigE Vision 2.x, chapters "Message channel", "EVENT" and "EVENTDATA".
"""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.units import NS_PER_MS, Nanoseconds
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.endpoint import Endpoint

EVENT_ITEM_BYTES = 16
MAX_EVENT_DATA_BYTES = gvcp.MAX_PAYLOAD_BYTES - EVENT_ITEM_BYTES
"""Behind an item with a 64-bit block id eight bytes less."""

_LONGER_BLOCK_ID_BYTES = 8
_ANYWHERE = "0.0.0.0"  # noqa: S104 - compared with, never bound


@dataclass(frozen=True, slots=True)
class EventMessage:
    """One event, before it has a request id; with data it travels as EVENTDATA, without as EVENT.

    Attributes
    ----------
    timestamp
        Device timestamp in ticks, 64 bit.
    stream_channel, block_id
        The block the event belongs to; block id 0 if there is none.
    extended
        Whether the block id has 64 bits instead of 16.

    Raises
    ------
    ValueError
        A number does not fit its field, or the data the datagram.
    """

    event_id: int
    timestamp: int
    data: bytes = b""
    stream_channel: int = 0
    block_id: int = 0
    extended: bool = False

    def __post_init__(self) -> None:
        block_id_bits = 64 if self.extended else 16
        for name, bits in (("event_id", 16), ("timestamp", 64), ("stream_channel", 16), ("block_id", block_id_bits)):
            value = getattr(self, name)
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{name} {value} of an event is not a {bits}-bit number")
        most = MAX_EVENT_DATA_BYTES - (_LONGER_BLOCK_ID_BYTES if self.extended else 0)
        if len(self.data) > most:
            raise ValueError(f"event data of {len(self.data)} bytes exceeds {most}")


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """The message channel as it is set.

    Attributes
    ----------
    host, port
        Where messages go (MCDA, MCP); port 0 means that the channel is closed.
    timeout_ms
        Time to wait for an acknowledge (MCTT); 0: none is asked for.
    retries
        How often a message is sent again that nobody acknowledges (MCRC).
    """

    host: str = _ANYWHERE
    port: int = 0
    timeout_ms: int = 0
    retries: int = 0

    @property
    def destination(self) -> Endpoint | None:
        """Where messages go; None while the channel is closed."""
        return Endpoint(self.host, self.port) if self.port and self.host != _ANYWHERE else None

    @property
    def timeout_ns(self) -> Nanoseconds:
        """`timeout_ms` in nanoseconds."""
        return self.timeout_ms * NS_PER_MS
