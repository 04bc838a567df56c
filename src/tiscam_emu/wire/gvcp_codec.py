"""GVCP datagrams to messages and back: the way in for everyone else.

READREG, WRITEREG, READMEM, WRITEMEM with their acknowledges, and PACKETRESEND are nearly all of the traffic. They take
a short path through `struct`; anything else, and every malformed datagram, goes through the layouts. Both give the same
results.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from tiscam_emu.wire import gvcp, gvcp_layouts
from tiscam_emu.wire.gvcp import Command
from tiscam_emu.wire.gvcp_layouts import ACK_HEADER, COMMAND_HEADER

_RESEND = struct.Struct(">HHII")
_RESEND_EXTENDED = struct.Struct(">HxxIIQ")
_READ_MEM = struct.Struct(">I2xH")
_ADDRESS = struct.Struct(">I")
_INDEX_ACK = struct.Struct(">HHHHHH")


def _parse_read_reg(datagram: bytes, flags: int, req_id: int, length: int) -> gvcp.Cmd | None:
    if length % 4 or not 0 < length <= gvcp.MAX_PAYLOAD_BYTES:
        return None
    return gvcp.ReadRegCmd(req_id, struct.unpack_from(f">{length // 4}I", datagram, 8), flags=flags)


def _parse_write_reg(datagram: bytes, flags: int, req_id: int, length: int) -> gvcp.Cmd | None:
    if length % 8 or not 0 < length <= gvcp.MAX_PAYLOAD_BYTES:
        return None
    words = struct.unpack_from(f">{length // 4}I", datagram, 8)
    return gvcp.WriteRegCmd(req_id, tuple(zip(words[::2], words[1::2], strict=True)), flags=flags)


def _parse_read_mem(datagram: bytes, flags: int, req_id: int, length: int) -> gvcp.Cmd | None:
    if length != 8:
        return None
    return gvcp.ReadMemCmd(req_id, *_READ_MEM.unpack_from(datagram, 8), flags=flags)


def _parse_write_mem(datagram: bytes, flags: int, req_id: int, length: int) -> gvcp.Cmd | None:
    if length < 4:
        return None
    return gvcp.WriteMemCmd(req_id, _ADDRESS.unpack_from(datagram, 8)[0], datagram[12:], flags=flags)


def _parse_resend(datagram: bytes, flags: int, req_id: int, length: int) -> gvcp.Cmd | None:
    if flags & gvcp.CommandFlag.EXTENDED_ID:
        if length != _RESEND_EXTENDED.size:
            return None
        end = 0xFFFFFFFF
        channel, first, last, block_id = _RESEND_EXTENDED.unpack_from(datagram, 8)
    elif length == _RESEND.size:
        end = 0xFFFFFF
        channel, block_id, first, last = _RESEND.unpack_from(datagram, 8)
    else:
        return None
    last &= end
    return gvcp.PacketResendCmd(req_id, channel, block_id, first & end, None if last == end else last, flags=flags)


_PARSERS: dict[int, Callable[[bytes, int, int, int], gvcp.Cmd | None]] = {
    int(Command.READREG_CMD): _parse_read_reg,
    int(Command.WRITEREG_CMD): _parse_write_reg,
    int(Command.READMEM_CMD): _parse_read_mem,
    int(Command.WRITEMEM_CMD): _parse_write_mem,
    int(Command.PACKETRESEND_CMD): _parse_resend,
}


def parse_command(datagram: bytes) -> gvcp.Cmd:
    """Any command.

    Raises
    ------
    GvcpParseError
        The bytes are no command of this protocol; nothing else is ever raised.
    """
    if len(datagram) >= gvcp.HEADER_BYTES:
        key, flags, command, length, req_id = COMMAND_HEADER.unpack_from(datagram)
        parser = _PARSERS.get(command)
        if parser and key == gvcp.COMMAND_KEY and req_id and length == len(datagram) - gvcp.HEADER_BYTES:
            message = parser(datagram, flags, req_id, length)
            if message is not None:
                return message
    return gvcp_layouts.parse_command(datagram)


def _build_read_reg_ack(ack: gvcp.ReadRegAck) -> bytes:
    count = len(ack.values)
    return struct.pack(f">HHHH{count}I", ack.status, Command.READREG_ACK, 4 * count, ack.ack_id, *ack.values)


def _build_read_mem_ack(ack: gvcp.ReadMemAck) -> bytes:
    header = struct.pack(">HHHHI", ack.status, Command.READMEM_ACK, 4 + len(ack.data), ack.ack_id, ack.address)
    return header + ack.data


def _build_write_reg_ack(ack: gvcp.WriteRegAck) -> bytes:
    return _INDEX_ACK.pack(ack.status, Command.WRITEREG_ACK, 4, ack.ack_id, 0, ack.index)


def _build_write_mem_ack(ack: gvcp.WriteMemAck) -> bytes:
    return _INDEX_ACK.pack(ack.status, Command.WRITEMEM_ACK, 4, ack.ack_id, 0, ack.index)


def _build_error_ack(ack: gvcp.ErrorAck) -> bytes:
    return ACK_HEADER.pack(ack.status, ack.ack, 0, ack.ack_id)


_BUILDERS: dict[type[gvcp.Ack], Callable[[Any], bytes]] = {
    gvcp.ReadRegAck: _build_read_reg_ack,
    gvcp.ReadMemAck: _build_read_mem_ack,
    gvcp.WriteRegAck: _build_write_reg_ack,
    gvcp.WriteMemAck: _build_write_mem_ack,
    gvcp.ErrorAck: _build_error_ack,
}


def parse_ack_header(datagram: bytes) -> gvcp.AckHeader | None:
    """The header of an acknowledge; None if the bytes cannot be one."""
    if len(datagram) < gvcp.HEADER_BYTES:
        return None
    header = gvcp.AckHeader(*ACK_HEADER.unpack_from(datagram))
    return header if header.length == len(datagram) - gvcp.HEADER_BYTES else None


def build_ack(ack: gvcp.Ack) -> bytes:
    """The datagram of an acknowledge."""
    builder = _BUILDERS.get(type(ack))
    return gvcp_layouts.build(ack) if builder is None else builder(ack)


def build_command(command: gvcp.Cmd) -> bytes:
    """The datagram of a command (events, and the clients of the tests)."""
    return gvcp_layouts.build(command)


def parse_ack(datagram: bytes) -> gvcp.Ack:
    """Any acknowledge; a failure without payload is an `ErrorAck`.

    Raises
    ------
    GvcpParseError
        The bytes are no acknowledge of this protocol; nothing else is ever raised.
    """
    return gvcp_layouts.parse_ack(datagram)
