"""GVCP messages: what the control channel says, as frozen dataclasses named as in the standard.

Every command has `req_id` and the raw `flags` byte, every acknowledge has `ack_id` and `status`; the remaining fields
are the payload. Bytes are made and read by :mod:`tiscam_emu.wire.gvcp_codec`, layouts are in
:mod:`tiscam_emu.wire.gvcp_layouts`.

Source: GigE Vision 2.x, chapters "GVCP header" and "Control Channel Dictionary".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from tiscam_emu.errors import Status, TiscamEmuError

GVCP_PORT = 3956
COMMAND_KEY = 0x42
HEADER_BYTES = 8

MAX_PAYLOAD_BYTES = 540
"""A GVCP datagram is at most 576 bytes: 20 IP, 8 UDP and 8 GVCP header bytes leave these for the payload."""
MAX_READREG_ADDRESSES = 135
MAX_WRITEREG_PAIRS = 67
MAX_MEM_BYTES = 536
"""Largest READMEM count and WRITEMEM data: the payload less the 4-byte address."""
MAX_LONG_READ_BYTES = 1456
"""READMEM count that an acknowledge of 1500 bytes, IP and UDP headers included, has room for in whole words: beyond the
standard's 576 bytes, but asked for by clients of cameras that allow it."""
DISCOVERY_BYTES = 248
"""DISCOVERY_ACK carries registers 0x0000 to 0x00F7."""


class Command(IntEnum):
    """Command and acknowledge codes."""

    DISCOVERY_CMD = 0x0002
    DISCOVERY_ACK = 0x0003
    FORCEIP_CMD = 0x0004
    FORCEIP_ACK = 0x0005
    PACKETRESEND_CMD = 0x0040
    READREG_CMD = 0x0080
    READREG_ACK = 0x0081
    WRITEREG_CMD = 0x0082
    WRITEREG_ACK = 0x0083
    READMEM_CMD = 0x0084
    READMEM_ACK = 0x0085
    WRITEMEM_CMD = 0x0086
    WRITEMEM_ACK = 0x0087
    PENDING_ACK = 0x0089
    EVENT_CMD = 0x00C0
    EVENT_ACK = 0x00C1
    EVENTDATA_CMD = 0x00C2
    EVENTDATA_ACK = 0x00C3
    ACTION_CMD = 0x0100
    ACTION_ACK = 0x0101


class CommandFlag(IntFlag):
    """Bits of a command's flags byte; 0x10 and 0x80 mean different things in different commands."""

    ACK_REQUIRED = 0x01
    ALLOW_BROADCAST_ACK = 0x10  # DISCOVERY, FORCEIP
    EXTENDED_ID = 0x10  # PACKETRESEND, EVENT, EVENTDATA
    SCHEDULED = 0x80  # ACTION: action_time follows


# Plain integers: arithmetic on IntFlag members costs a microsecond on every message.
_ACK_REQUIRED = int(CommandFlag.ACK_REQUIRED)
_EXTENDED_ID = int(CommandFlag.EXTENDED_ID)
_SCHEDULED = int(CommandFlag.SCHEDULED)


@dataclass(frozen=True, slots=True)
class CommandHeader:
    """The eight bytes before a command's payload, without the key."""

    flags: int
    command: int
    length: int
    req_id: int

    @property
    def ack_required(self) -> bool:
        """Whether the sender set the acknowledge flag."""
        return bool(self.flags & _ACK_REQUIRED)


@dataclass(frozen=True, slots=True)
class AckHeader:
    """The eight bytes before an acknowledge's payload."""

    status: int
    ack: int
    length: int
    ack_id: int


class GvcpParseError(TiscamEmuError):
    """Received bytes are not a message of this protocol.

    Attributes
    ----------
    status
        What to answer with.
    header
        The command's header; None if the bytes are no GVCP command at all and deserve no answer.
    """

    def __init__(self, message: str, status: Status, header: CommandHeader | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.header = header


@dataclass(frozen=True, slots=True)
class Cmd:
    """What every command has."""

    req_id: int
    flags: int = field(default=_ACK_REQUIRED, kw_only=True)

    @property
    def ack_required(self) -> bool:
        """Whether the sender set the acknowledge flag."""
        return bool(self.flags & _ACK_REQUIRED)


@dataclass(frozen=True, slots=True)
class Ack:
    """What every acknowledge has."""

    ack_id: int
    status: Status = field(default=Status.SUCCESS, kw_only=True)


@dataclass(frozen=True, slots=True)
class DiscoveryCmd(Cmd):
    """Asks every device to present itself."""


@dataclass(frozen=True, slots=True)
class DiscoveryAck(Ack):
    """The first 248 bytes of the register space; see ``gvcp_layouts.DiscoveryRegisters`` for the fields."""

    registers: bytes


@dataclass(frozen=True, slots=True)
class ForceIpCmd(Cmd):
    """Set the IP configuration of the device with this MAC address; 0.0.0.0 restarts its IP configuration."""

    mac: bytes
    static_ip: str
    subnet_mask: str
    default_gateway: str


@dataclass(frozen=True, slots=True)
class ForceIpAck(Ack):
    """No payload."""


@dataclass(frozen=True, slots=True)
class PacketResendCmd(Cmd):
    """Send these packets of a block again; `last_packet_id` None means to the end of the block."""

    stream_channel: int
    block_id: int
    first_packet_id: int
    last_packet_id: int | None
    flags: int = field(default=0, kw_only=True)

    @property
    def extended_id(self) -> bool:
        """Whether ids are 64-bit (block) and 32-bit (packet)."""
        return bool(self.flags & _EXTENDED_ID)


@dataclass(frozen=True, slots=True)
class ReadRegCmd(Cmd):
    """Read 32-bit registers."""

    addresses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadRegAck(Ack):
    """Register values in the order asked for."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WriteRegCmd(Cmd):
    """Write 32-bit registers: (address, value) pairs, in this order."""

    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WriteRegAck(Ack):
    """`index` is the number of pairs executed; on an error it names the failing pair."""

    index: int


@dataclass(frozen=True, slots=True)
class ReadMemCmd(Cmd):
    """Read `count` bytes."""

    address: int
    count: int


@dataclass(frozen=True, slots=True)
class ReadMemAck(Ack):
    """The bytes at `address`."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WriteMemCmd(Cmd):
    """Write a block of bytes."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WriteMemAck(Ack):
    """`index` is the number of bytes written."""

    index: int


@dataclass(frozen=True, slots=True)
class PendingAck(Ack):
    """The answer comes later, within this time."""

    time_to_completion_ms: int


@dataclass(frozen=True, slots=True)
class EventItem:
    """One event; `size` is 0 or, since 2.1, the bytes of the item with its data."""

    event_id: int
    stream_channel: int
    block_id: int
    timestamp: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class EventCmd(Cmd):
    """Events without data, sent by the device to the message channel's host."""

    events: tuple[EventItem, ...]


@dataclass(frozen=True, slots=True)
class EventAck(Ack):
    """No payload."""


@dataclass(frozen=True, slots=True)
class EventDataCmd(Cmd):
    """One event with data."""

    event: EventItem
    data: bytes


@dataclass(frozen=True, slots=True)
class EventDataAck(Ack):
    """No payload."""


@dataclass(frozen=True, slots=True)
class ActionCmd(Cmd):
    """Trigger an action; `action_time` is there exactly when the SCHEDULED flag is set."""

    device_key: int
    group_key: int
    group_mask: int
    action_time: int | None = None

    @property
    def scheduled(self) -> bool:
        """Whether the action waits for `action_time`."""
        return bool(self.flags & _SCHEDULED)


@dataclass(frozen=True, slots=True)
class ActionAck(Ack):
    """No payload."""


@dataclass(frozen=True, slots=True)
class ErrorAck(Ack):
    """A refusal without payload; `ack` is the acknowledge code of the refused command."""

    ack: int
