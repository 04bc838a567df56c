"""UDP endpoints and the one conversion between dotted and 32-bit IPv4 addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An IPv4 address (dotted) and a UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def ipv4_to_int(host: str) -> int:
    """Dotted address as the register value: first octet in the most significant byte.

    Raises
    ------
    ValueError
        `host` is not a dotted IPv4 address.
    """
    return int(IPv4Address(host))


def ipv4_from_int(value: int) -> str:
    """Register value as a dotted address."""
    return str(IPv4Address(value))
