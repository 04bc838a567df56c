"""How much a receiver on this computer can hold: its socket's buffer, as Linux tells by sock_diag(7).

Where that is not told, the system's usual default is assumed.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys

from tiscam_emu.gvsp.pacing import DEFAULT_RECEIVE_BUFFER_BYTES

# Linux <linux/sock_diag.h>, <linux/inet_diag.h> and <linux/netlink.h>
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_INET_DIAG_SKMEMINFO = 7
_SK_MEMINFO_RCVBUF = 1
_ALL_STATES = 0xFFFF_FFFF
_ANY_COOKIE = b"\xff" * 8

_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI2s2s16s16sI8s")
_ANSWER_BYTES = 72
_ATTRIBUTE = struct.Struct("=HH")
_RECEIVED_BYTES = 4096


def receive_buffer_bytes(host: str, port: int) -> int:
    """The buffer of the UDP socket that gets what is sent to a loopback address; the default if that is not known."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as asking:
                asking.send(request(host, port))
                found = buffer_in(asking.recv(_RECEIVED_BYTES, socket.MSG_DONTWAIT))
            return found or DEFAULT_RECEIVE_BUFFER_BYTES
    return DEFAULT_RECEIVE_BUFFER_BYTES


def request(host: str, port: int) -> bytes:
    """The question for the one UDP socket that datagrams to `host` and `port` reach."""
    address, anywhere = socket.inet_aton(host).ljust(16, b"\0"), bytes(16)
    memory = 1 << (_INET_DIAG_SKMEMINFO - 1)
    asked = _REQUEST.pack(
        socket.AF_INET,
        socket.IPPROTO_UDP,
        memory,
        _ALL_STATES,
        bytes(2),  # source and destination are those of a datagram on its way to the socket
        port.to_bytes(2, "big"),
        anywhere,
        address,
        0,
        _ANY_COOKIE,
    )
    return _HEADER.pack(_HEADER.size + len(asked), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0) + asked


def buffer_in(answer: bytes) -> int | None:
    """The buffer's size that an answer tells; None if it does not, as there is no such socket."""
    if len(answer) < _HEADER.size:
        return None
    size, kind, *_ = _HEADER.unpack_from(answer)
    at, end = _HEADER.size + _ANSWER_BYTES, min(size, len(answer))
    while kind == _SOCK_DIAG_BY_FAMILY and at + _ATTRIBUTE.size <= end:
        length, name = _ATTRIBUTE.unpack_from(answer, at)
        values = answer[at + _ATTRIBUTE.size : min(at + length, end)]
        if name == _INET_DIAG_SKMEMINFO and len(values) >= 4 * (_SK_MEMINFO_RCVBUF + 1):
            return int.from_bytes(values[4 * _SK_MEMINFO_RCVBUF : 4 * (_SK_MEMINFO_RCVBUF + 1)], sys.byteorder)
        at += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return None
