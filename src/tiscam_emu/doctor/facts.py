"""What is known of this computer's network, and how the texts of Linux that tell it are read."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from itertools import pairwise

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - read, never bound
CAP_NET_BIND_SERVICE = 10


@dataclass(frozen=True, slots=True)
class Program:
    """A process of this computer; pid 0 if the system does not tell whose something is.

    Attributes
    ----------
    is_camera
        Whether it is one of this package's cameras.
    """

    pid: int = 0
    name: str = ""
    is_camera: bool = False

    def __str__(self) -> str:
        return (
            f"{'tiscam-emu' if self.is_camera else self.name} (pid {self.pid})"
            if self.pid
            else "a program of another user"
        )


@dataclass(frozen=True, slots=True)
class Held:
    """An address at which a program has the port that clients look for cameras at."""

    address: str
    by: Program


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface and its first address, with prefix length, as in ``127.0.0.1/8``; empty if it has none."""

    name: str
    index: int
    up: bool
    mtu: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the routing table."""

    network: IPv4Network
    interface: str
    metric: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A snapshot of what findings are made of.

    Attributes
    ----------
    link
        The interface the cameras are to be on.
    model, frame_bytes, packet_bytes
        The camera in question, one frame of it, and the largest packets that clients will choose.
    held
        Programs with a UDP socket at the port of GigE Vision.
    listeners
        Programs with a packet socket that sees the interface.
    elsewhere
        Programs in other network namespaces with a UDP socket at the port of GigE Vision: cameras, most likely.
    receive_most, receive_default
        Bytes of a socket's receive buffer: the most a program may ask for, and what one gets that does not ask.
    lowest_port, may_use_any_port
        The lowest port programs of users may bind, and whether this one may bind lower ones.
    broadcast_reaches
        Whether there is a route for 255.255.255.255 to a program that names no interface.
    datagrams_arrive, broadcasts_arrive
        Whether a datagram from the interface's address to itself came; None if it could not be tried.
    strict_source
        Whether datagrams from addresses are dropped whose route does not lead to the interface (rp_filter).
    """

    link: Link
    model: str = ""
    frame_bytes: int = 0
    packet_bytes: int = 0
    held: tuple[Held, ...] = ()
    listeners: tuple[Program, ...] = ()
    elsewhere: tuple[Program, ...] = ()
    receive_most: int = 1 << 30
    receive_default: int = 1 << 30
    lowest_port: int = 1024
    may_use_any_port: bool = False
    broadcast_reaches: bool = True
    datagrams_arrive: bool | None = True
    broadcasts_arrive: bool | None = True
    strict_source: bool = False
    routes: tuple[Route, ...] = field(default=())

    @property
    def on_loopback(self) -> bool:
        """Whether the cameras are to be seen on this computer alone."""
        return self.link.name == "lo"


def udp_sockets(text: str, port: int) -> Iterator[tuple[str, str]]:
    """Address and inode of the sockets at a port, from ``/proc/net/udp``."""
    for line in text.splitlines()[1:]:
        words = line.split()
        address, _, its_port = words[1].partition(":")
        if int(its_port, 16) == port:
            yield _dotted(address), words[9]


def packet_sockets(text: str, interface: int) -> Iterator[str]:
    """Inodes of the packet sockets that see the interface of this index, from ``/proc/net/packet``; 0 sees all."""
    for line in text.splitlines()[1:]:
        words = line.split()
        if int(words[4]) in {0, interface}:
            yield words[8]


def routes(text: str) -> tuple[Route, ...]:
    """The IPv4 routing table, from ``/proc/net/route``; the narrowest network first."""
    rows = []
    for line in text.splitlines()[1:]:
        interface, destination, _, _, _, _, metric, mask, *_ = line.split()
        prefix = int(mask, 16).bit_count()
        rows.append(Route(IPv4Network((_dotted(destination), prefix)), interface, int(metric)))
    return tuple(sorted(rows, key=lambda row: (-row.network.prefixlen, row.metric)))


def may_bind_any_port(status: str) -> bool:
    """Whether a process has the right to bind ports of the system, from its ``/proc/PID/status``."""
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_NET_BIND_SERVICE & 1)
    return False


def is_camera(command: bytes) -> bool:
    """Whether a process is one of this package's cameras, from its ``/proc/PID/cmdline``: a module that Python runs."""
    words = command.split(b"\0")
    return any(word.startswith(b"tiscam_emu.") and before == b"-m" for before, word in pairwise(words[:8]))


def _dotted(word: str) -> str:
    """An address as the tables in /proc have it: a number in the byte order of this computer."""
    return socket.inet_ntoa(struct.pack("=I", int(word, 16)))
