"""Segmentation offload: many packets are handed to the system as one, which cuts them apart for the receiver.

On loopback packet sockets see them uncut: tcpdump, tshark, and clients that receive by such a socket, as Aravis does
for root. So it is used where nobody looks on in this way.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from enum import StrEnum
from pathlib import Path

PACKET_SOCKETS = Path("/proc/net/packet")
"""The packet sockets of this network namespace (packet(7))."""

_INTERFACE_COLUMN = 4
_EVERY_INTERFACE = 0
_LOOPBACK = "lo"
_LINUX_UDP_SEGMENT = 103  # <linux/udp.h>


class Gso(StrEnum):
    """Whether segmentation offload is used: always, never, or where nobody can tell."""

    ON = "on"
    OFF = "off"
    AUTO = "auto"


def is_unseen() -> bool:
    """Whether this system has segmentation offload, and no packet socket would see frames on loopback."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        _ask_for_offload()
        return not seen_on(socket.if_nametoindex(_LOOPBACK), PACKET_SOCKETS.read_text())
    except (OSError, ValueError):
        return False


def seen_on(interface: int, table: str) -> bool:
    """Whether one of the packet sockets in the text of `PACKET_SOCKETS` hears the interface with this index.

    Raises
    ------
    ValueError
        It is no such text.
    """
    heading, *lines = (line.split() for line in table.splitlines())
    whole = all(len(line) == len(heading) for line in lines)
    if not whole or heading[_INTERFACE_COLUMN : _INTERFACE_COLUMN + 1] != ["Iface"]:
        raise ValueError(f"not a table of packet sockets: {table!r}")
    return any(int(line[_INTERFACE_COLUMN]) in {_EVERY_INTERFACE, interface} for line in lines)


def _ask_for_offload() -> None:
    """OSError if this system does not have it."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.getsockopt(socket.IPPROTO_UDP, _LINUX_UDP_SEGMENT)
