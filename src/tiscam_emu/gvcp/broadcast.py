"""How a camera behaves among many that are asked at once: whom it answers, and when.

Source: GigE Vision 2.x, chapters "DISCOVERY_CMD", "FORCEIP_CMD" and "Discovery ACK Delay".
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from tiscam_emu.units import NS_PER_MS, Nanoseconds
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvcp import CommandFlag

EVERYBODY = "255.255.255.255"
MOST_HELD_BACK = 64
"""Answers that may wait for their time at once; a flood beyond goes unanswered."""


def answered_at(command: gvcp.Cmd, peer: Endpoint, reaches: Callable[[str], bool]) -> Endpoint:
    """Where DISCOVERY and FORCEIP are acknowledged: at the sender, or everywhere.

    Everywhere only if the sender allows it and `reaches` says that its address is out of reach.
    """
    if command.flags & CommandFlag.ALLOW_BROADCAST_ACK and not reaches(peer.host):
        return Endpoint(EVERYBODY, peer.port)
    return peer


def random_delay_ns(mac: bytes, number: int, longest_ms: int) -> Nanoseconds:
    """0 to `longest_ms`, another one for each camera and each `number`, and always the same ones."""
    if not longest_ms:
        return 0
    return crc32(mac + number.to_bytes(8, "big")) * longest_ms * NS_PER_MS >> 32
