"""The network interfaces of this computer: what a camera that is shown on one says of its network.

Linux alone tells it without further libraries; nothing is changed.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from tiscam_emu.errors import InvalidOption

# Linux <linux/sockios.h> and <linux/if.h>
_SIOCGIFCONF = 0x8912
_SIOCGIFBRDADDR = 0x8919
_SIOCGIFNETMASK = 0x891B
_SIOCGIFHWADDR = 0x8927
_IFREQ = struct.Struct("=16s24s" if struct.calcsize("P") == 8 else "=16s16s")
_SOCKADDR = struct.Struct("=HH4s8x")
_MOST_ADDRESSES = 1024
_GATEWAY_FLAG = 0x2
_NO_GATEWAY = "0.0.0.0"  # noqa: S104 - shown, never bound


@dataclass(frozen=True, slots=True)
class Interface:
    """One address of a network interface, dotted like the others.

    Attributes
    ----------
    broadcast
        Empty where the interface has none.
    mac
        Six bytes; empty for a further address of the interface, whose camera needs a MAC address of its own.
    """

    name: str
    address: str
    netmask: str
    broadcast: str
    gateway: str
    mac: bytes


def interface_addresses(name: str) -> list[str]:
    """The IPv4 addresses of an interface, the first one first.

    Raises
    ------
    InvalidOption
        There is no such interface, it has no address, or this system does not tell.
    """
    if not sys.platform.startswith("linux"):
        raise InvalidOption(f"interface {name}: interfaces are known on Linux alone")
    names = [known for _, known in socket.if_nameindex()]
    if name not in names:
        raise InvalidOption(f"interface {name!r}: must be one of {', '.join(sorted(names))}")
    found = [address for label, address in _labelled_addresses() if label.split(":")[0] == name]
    if not found:
        raise InvalidOption(f"interface {name}: has no IPv4 address")
    return found


def find_interface(name: str, address: str) -> Interface:
    """What the system knows of one address of an interface.

    Raises
    ------
    InvalidOption
        See `interface_addresses`; or the address is not one of the interface's.
    """
    addresses = interface_addresses(name)
    if address not in addresses:
        raise InvalidOption(f"address {address}: {name} has {', '.join(addresses)}")
    label = next(label for label, known in _labelled_addresses() if known == address)
    hardware = _ask(_SIOCGIFHWADDR, name, address)[2:8]
    broadcast = _dotted(_ask(_SIOCGIFBRDADDR, label, address))
    return Interface(
        name,
        address,
        netmask=_dotted(_ask(_SIOCGIFNETMASK, label, address)),
        broadcast="" if broadcast == _NO_GATEWAY else broadcast,
        gateway=_gateway(name),
        mac=hardware if any(hardware) and address == addresses[0] else b"",
    )


def _labelled_addresses() -> list[tuple[str, str]]:
    from array import array  # noqa: PLC0415 - only here
    from fcntl import ioctl  # noqa: PLC0415 - not on every system

    requests = array("B", bytes(_MOST_ADDRESSES * _IFREQ.size))
    where, length = requests.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        answer = ioctl(sock, _SIOCGIFCONF, struct.pack("@iP", length, where))
    (used, _) = struct.unpack("@iP", answer)
    return [
        (label.split(b"\0")[0].decode(), _dotted(address))
        for label, address in _IFREQ.iter_unpack(requests.tobytes()[:used])
    ]


def _ask(what: int, label: str, address: str) -> bytes:
    """The socket address that an ioctl gives for one address of an interface."""
    from fcntl import ioctl  # noqa: PLC0415 - not on every system

    asked = _SOCKADDR.pack(socket.AF_INET, 0, socket.inet_aton(address))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return ioctl(sock, what, _IFREQ.pack(label.encode(), asked))[16:]


def _dotted(sockaddr: bytes) -> str:
    return socket.inet_ntoa(sockaddr[4:8])


def _gateway(name: str) -> str:
    """Where the default route of the interface leads; 0.0.0.0 if nowhere."""
    for line in Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]:
        interface, destination, gateway, flags, *_ = line.split()
        if interface == name and int(destination, 16) == 0 and int(flags, 16) & _GATEWAY_FLAG:
            return socket.inet_ntoa(struct.pack("=I", int(gateway, 16)))
    return _NO_GATEWAY
