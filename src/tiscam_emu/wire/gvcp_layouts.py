"""The byte layout of every GVCP message, payloads as construct definitions.

Field names are the attribute names of the dataclasses in :mod:`tiscam_emu.wire.gvcp`, so one mapping serves all. The
codec has a faster way for the most frequent messages, which tests hold equal to this one.

Source: GigE Vision 2.x, chapters "GVCP header", "Control Channel Dictionary" and "Bootstrap registers".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from construct import (
    Bytes,
    Computed,
    Construct,
    ConstructError,
    ExprAdapter,
    GreedyBytes,
    GreedyRange,
    Int16ub,
    Int32ub,
    Int64ub,
    Padding,
    Sequence,
    Struct,
)

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.bootstrap import text_from_register, text_to_register
from tiscam_emu.wire.endpoint import ipv4_from_int, ipv4_to_int
from tiscam_emu.wire.gvcp import Command, CommandFlag


def _tuple_of(item: Construct) -> Construct:
    return ExprAdapter(GreedyRange(item), lambda items, _: tuple(items), lambda items, _: list(items))


def _text(length: int) -> Construct:
    return ExprAdapter(
        Bytes(length), lambda data, _: text_from_register(data), lambda text, _: text_to_register(text, length)
    )


def _last_packet_id(end_of_block: int) -> Construct:
    return ExprAdapter(
        Int32ub,
        lambda value, _: None if value & end_of_block == end_of_block else value & end_of_block,
        lambda value, _: end_of_block if value is None else value,
    )


_IPV4 = ExprAdapter(Int32ub, lambda value, _: ipv4_from_int(value), lambda host, _: ipv4_to_int(host))
_PAIR = ExprAdapter(Sequence(Int32ub, Int32ub), lambda pair, _: tuple(pair), lambda pair, _: list(pair))
_PACKET_ID_24 = ExprAdapter(Int32ub, lambda value, _: value & 0xFFFFFF, lambda value, _: value)

# Every datagram has one, also the malformed ones of a flood: construct would take most of the time they take.
COMMAND_HEADER = struct.Struct(">BBHHH")
"""Key, flags, command, length, request id."""
ACK_HEADER = struct.Struct(">HHHH")
"""Status, acknowledge, length, acknowledge id."""

EVENT_ITEM = Struct(
    "size" / Int16ub, "event_id" / Int16ub, "stream_channel" / Int16ub, "block_id" / Int16ub, "timestamp" / Int64ub
)
EVENT_ITEM_EXTENDED = Struct(
    "size" / Int16ub,
    "event_id" / Int16ub,
    "stream_channel" / Int16ub,
    Padding(2),
    "block_id" / Int64ub,
    "timestamp" / Int64ub,
)


def _event(item: Construct) -> Construct:
    return ExprAdapter(item, lambda fields_, _: _dataclass(gvcp.EventItem, fields_), lambda event, _: _mapping(event))


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One message: its code, its dataclass, its payload, and which payload lengths can be it."""

    code: Command
    message: type[Any]
    payload: Construct
    accepts_length: Callable[[int], bool]


def _exactly(length: int) -> Callable[[int], bool]:
    return lambda actual: actual == length


def _at_least(length: int) -> Callable[[int], bool]:
    return lambda actual: actual >= length


def _multiple(unit: int, most: int = gvcp.MAX_PAYLOAD_BYTES) -> Callable[[int], bool]:
    return lambda actual: 0 < actual <= most and actual % unit == 0


_RESEND = Struct(
    "stream_channel" / Int16ub,
    "block_id" / Int16ub,
    "first_packet_id" / _PACKET_ID_24,
    "last_packet_id" / _last_packet_id(0xFFFFFF),
)
_RESEND_EXTENDED = Struct(
    "stream_channel" / Int16ub,
    Padding(2),
    "first_packet_id" / Int32ub,
    "last_packet_id" / _last_packet_id(0xFFFFFFFF),
    "block_id" / Int64ub,
)
_FORCE_IP = Struct(
    Padding(2),
    "mac" / Bytes(6),
    Padding(12),
    "static_ip" / _IPV4,
    Padding(12),
    "subnet_mask" / _IPV4,
    Padding(12),
    "default_gateway" / _IPV4,
)
_ACTION = Struct(
    "device_key" / Int32ub, "group_key" / Int32ub, "group_mask" / Int32ub, "action_time" / Computed(lambda _: None)
)
_ACTION_SCHEDULED = Struct(
    "device_key" / Int32ub, "group_key" / Int32ub, "group_mask" / Int32ub, "action_time" / Int64ub
)
_READ_MEM = Struct("address" / Int32ub, Padding(2), "count" / Int16ub)
_BLOCK = Struct("address" / Int32ub, "data" / GreedyBytes)
_INDEX = Struct(Padding(2), "index" / Int16ub)
_NOTHING = Struct()

_EXTENDED = int(CommandFlag.EXTENDED_ID)
_SCHEDULED = int(CommandFlag.SCHEDULED)
_VARIANT_FLAGS: dict[int, int] = {
    Command.PACKETRESEND_CMD: _EXTENDED,
    Command.EVENT_CMD: _EXTENDED,
    Command.EVENTDATA_CMD: _EXTENDED,
    Command.ACTION_CMD: _SCHEDULED,
}
"""Which flag of a command selects another payload layout."""


def _event_data(item: Construct) -> Construct:
    return Struct("event" / _event(item), "data" / GreedyBytes)


def _events(item: Construct) -> Construct:
    return Struct("events" / _tuple_of(_event(item)))


_COMMANDS: dict[tuple[int, int], MessageLayout] = {
    (layout.code, flag): layout
    for flag, layout in (
        (0, MessageLayout(Command.DISCOVERY_CMD, gvcp.DiscoveryCmd, _NOTHING, _exactly(0))),
        (0, MessageLayout(Command.FORCEIP_CMD, gvcp.ForceIpCmd, _FORCE_IP, _exactly(56))),
        (0, MessageLayout(Command.PACKETRESEND_CMD, gvcp.PacketResendCmd, _RESEND, _exactly(12))),
        (_EXTENDED, MessageLayout(Command.PACKETRESEND_CMD, gvcp.PacketResendCmd, _RESEND_EXTENDED, _exactly(20))),
        (
            0,
            MessageLayout(Command.READREG_CMD, gvcp.ReadRegCmd, Struct("addresses" / _tuple_of(Int32ub)), _multiple(4)),
        ),
        (0, MessageLayout(Command.WRITEREG_CMD, gvcp.WriteRegCmd, Struct("pairs" / _tuple_of(_PAIR)), _multiple(8))),
        (0, MessageLayout(Command.READMEM_CMD, gvcp.ReadMemCmd, _READ_MEM, _exactly(8))),
        (0, MessageLayout(Command.WRITEMEM_CMD, gvcp.WriteMemCmd, _BLOCK, _at_least(4))),
        (0, MessageLayout(Command.EVENT_CMD, gvcp.EventCmd, _events(EVENT_ITEM), _multiple(16))),
        (_EXTENDED, MessageLayout(Command.EVENT_CMD, gvcp.EventCmd, _events(EVENT_ITEM_EXTENDED), _multiple(24))),
        (0, MessageLayout(Command.EVENTDATA_CMD, gvcp.EventDataCmd, _event_data(EVENT_ITEM), _at_least(16))),
        (
            _EXTENDED,
            MessageLayout(Command.EVENTDATA_CMD, gvcp.EventDataCmd, _event_data(EVENT_ITEM_EXTENDED), _at_least(24)),
        ),
        (0, MessageLayout(Command.ACTION_CMD, gvcp.ActionCmd, _ACTION, _exactly(12))),
        (_SCHEDULED, MessageLayout(Command.ACTION_CMD, gvcp.ActionCmd, _ACTION_SCHEDULED, _exactly(20))),
    )
}

_ACKS: dict[int, MessageLayout] = {
    layout.code: layout
    for layout in (
        MessageLayout(
            Command.DISCOVERY_ACK,
            gvcp.DiscoveryAck,
            Struct("registers" / Bytes(gvcp.DISCOVERY_BYTES)),
            _exactly(gvcp.DISCOVERY_BYTES),
        ),
        MessageLayout(Command.FORCEIP_ACK, gvcp.ForceIpAck, _NOTHING, _exactly(0)),
        MessageLayout(Command.READREG_ACK, gvcp.ReadRegAck, Struct("values" / _tuple_of(Int32ub)), _multiple(4)),
        MessageLayout(Command.WRITEREG_ACK, gvcp.WriteRegAck, _INDEX, _exactly(4)),
        MessageLayout(Command.READMEM_ACK, gvcp.ReadMemAck, _BLOCK, _at_least(4)),
        MessageLayout(Command.WRITEMEM_ACK, gvcp.WriteMemAck, _INDEX, _exactly(4)),
        MessageLayout(
            Command.PENDING_ACK, gvcp.PendingAck, Struct(Padding(2), "time_to_completion_ms" / Int16ub), _exactly(4)
        ),
        MessageLayout(Command.EVENT_ACK, gvcp.EventAck, _NOTHING, _exactly(0)),
        MessageLayout(Command.EVENTDATA_ACK, gvcp.EventDataAck, _NOTHING, _exactly(0)),
        MessageLayout(Command.ACTION_ACK, gvcp.ActionAck, _NOTHING, _exactly(0)),
    )
}

_CODE_OF: dict[type[Any], Command] = {layout.message: layout.code for layout in (*_COMMANDS.values(), *_ACKS.values())}


def _dataclass(cls: type[Any], container: Any, **header: Any) -> Any:
    return cls(**header, **{name: value for name, value in container.items() if not name.startswith("_")})


def _mapping(message: Any) -> dict[str, Any]:
    return {f.name: getattr(message, f.name) for f in fields(message)}


def parse_header(datagram: bytes) -> gvcp.CommandHeader:
    """The header of a command.

    Raises
    ------
    GvcpParseError
        Without header: not a GVCP command. With header: the length field or the request id is wrong.
    """
    if len(datagram) < gvcp.HEADER_BYTES or datagram[0] != gvcp.COMMAND_KEY:
        raise gvcp.GvcpParseError("not a GVCP command", Status.INVALID_HEADER)
    header = gvcp.CommandHeader(*COMMAND_HEADER.unpack_from(datagram)[1:])
    actual = len(datagram) - gvcp.HEADER_BYTES
    if header.length != actual:
        raise gvcp.GvcpParseError(f"length is {header.length}, payload has {actual}", Status.INVALID_HEADER, header)
    if header.req_id == 0:
        raise gvcp.GvcpParseError("req_id is 0", Status.INVALID_HEADER, header)
    return header


def parse_command(datagram: bytes) -> gvcp.Cmd:
    """Any command, by its layout.

    Raises
    ------
    GvcpParseError
        The bytes are no command of this protocol; nothing else is ever raised.
    """
    header = parse_header(datagram)
    flag = header.flags & _VARIANT_FLAGS.get(header.command, 0)
    layout = _COMMANDS.get((header.command, flag))
    if layout is None:
        raise gvcp.GvcpParseError(f"unknown command 0x{header.command:04x}", Status.NOT_IMPLEMENTED, header)
    payload = datagram[gvcp.HEADER_BYTES :]
    if not layout.accepts_length(len(payload)):
        raise gvcp.GvcpParseError(
            f"{layout.code.name} with {len(payload)} bytes of payload", Status.INVALID_PARAMETER, header
        )
    try:
        container = layout.payload.parse(payload)
    except ConstructError as error:
        raise gvcp.GvcpParseError(f"{layout.code.name}: {error}", Status.INVALID_PARAMETER, header) from error
    command: gvcp.Cmd = _dataclass(layout.message, container, req_id=header.req_id, flags=header.flags)
    return command


def parse_ack(datagram: bytes) -> gvcp.Ack:
    """Any acknowledge, by its layout; a failure without payload is an `ErrorAck`.

    Raises
    ------
    GvcpParseError
        The bytes are no acknowledge of this protocol; nothing else is ever raised.
    """
    if len(datagram) < gvcp.HEADER_BYTES:
        raise gvcp.GvcpParseError("not a GVCP acknowledge", Status.INVALID_HEADER)
    header = gvcp.AckHeader(*ACK_HEADER.unpack_from(datagram))
    payload = datagram[gvcp.HEADER_BYTES :]
    if header.length != len(payload):
        raise gvcp.GvcpParseError(f"length is {header.length}, payload has {len(payload)}", Status.INVALID_HEADER)
    try:
        status = Status(header.status)
    except ValueError as error:
        raise gvcp.GvcpParseError(f"unknown status 0x{header.status:04x}", Status.INVALID_HEADER) from error
    if status is not Status.SUCCESS and not payload:
        return gvcp.ErrorAck(header.ack_id, header.ack, status=status)
    layout = _ACKS.get(header.ack)
    if layout is None or not layout.accepts_length(len(payload)):
        raise gvcp.GvcpParseError(f"acknowledge 0x{header.ack:04x} of {len(payload)} bytes", Status.INVALID_HEADER)
    ack: gvcp.Ack = _dataclass(layout.message, layout.payload.parse(payload), ack_id=header.ack_id, status=status)
    return ack


def command_code(command: gvcp.Cmd) -> Command:
    """The code a command travels under."""
    return _CODE_OF[type(command)]


def build(message: gvcp.Cmd | gvcp.Ack) -> bytes:
    """The datagram of any message."""
    if isinstance(message, gvcp.Cmd):
        code = _CODE_OF[type(message)]
        layout = _COMMANDS[code, message.flags & _VARIANT_FLAGS.get(code, 0)]
        payload: bytes = layout.payload.build(_mapping(message))
        header = COMMAND_HEADER.pack(gvcp.COMMAND_KEY, message.flags, code, len(payload), message.req_id)
        return header + payload
    if isinstance(message, gvcp.ErrorAck):
        ack, payload = message.ack, b""
    else:
        ack = _CODE_OF[type(message)]
        payload = _ACKS[ack].payload.build(_mapping(message))
    return ACK_HEADER.pack(message.status, ack, len(payload), message.ack_id) + payload


_DISCOVERY_REGISTERS = Struct(
    "spec_version_major" / Int16ub,
    "spec_version_minor" / Int16ub,
    "device_mode" / Int32ub,
    Padding(2),
    "mac" / Bytes(6),
    "supported_ip_configuration" / Int32ub,
    "current_ip_configuration" / Int32ub,
    Padding(12),
    "current_ip" / _IPV4,
    Padding(12),
    "subnet_mask" / _IPV4,
    Padding(12),
    "default_gateway" / _IPV4,
    "manufacturer_name" / _text(32),
    "model_name" / _text(32),
    "device_version" / _text(32),
    "manufacturer_info" / _text(48),
    "serial_number" / _text(16),
    "user_defined_name" / _text(16),
)


@dataclass(frozen=True, slots=True)
class DiscoveryRegisters:
    """The fields of DISCOVERY_ACK, which are the registers 0x0000 to 0x00F7."""

    spec_version_major: int
    spec_version_minor: int
    device_mode: int
    mac: bytes
    supported_ip_configuration: int
    current_ip_configuration: int
    current_ip: str
    subnet_mask: str
    default_gateway: str
    manufacturer_name: str
    model_name: str
    device_version: str
    manufacturer_info: str
    serial_number: str
    user_defined_name: str

    def build(self) -> bytes:
        """The 248 bytes."""
        data: bytes = _DISCOVERY_REGISTERS.build(_mapping(self))
        return data


def parse_discovery_registers(registers: bytes) -> DiscoveryRegisters:
    """Fields of the 248 bytes.

    Raises
    ------
    GvcpParseError
        There are not 248 bytes.
    """
    if len(registers) != gvcp.DISCOVERY_BYTES:
        raise gvcp.GvcpParseError(f"{len(registers)} bytes of discovery registers", Status.INVALID_PARAMETER)
    parsed: DiscoveryRegisters = _dataclass(DiscoveryRegisters, _DISCOVERY_REGISTERS.parse(registers))
    return parsed
