"""Looks at this computer: files under /proc, what sockets say, two datagrams to itself. Changes nothing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from tiscam_emu.doctor import facts
from tiscam_emu.doctor.facts import Facts, Held, Link, Program
from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.sockets import GVCP_PORT, LIMITED_BROADCAST

_PROC = Path("/proc")
_SIOCGIFFLAGS, _SIOCGIFADDR, _SIOCGIFMTU, _SIOCGIFNETMASK = 0x8913, 0x8915, 0x8921, 0x891B
_IFF_UP = 0x1
_PATIENCE_S = 1.0


def look(interface: str, model: str, frame_bytes: int, packet_bytes: int) -> Facts:
    """A snapshot; see `Facts`.

    Raises
    ------
    InvalidOption
        There is no such interface.
    """
    link = _link(interface)
    gvcp = _gvcp_sockets()
    inodes = {*(inode for _, inode in gvcp), *_listening(link)}
    owners, elsewhere = _programs(inodes)
    address = link.address.split("/")[0]
    strict = max(_number(f"sys/net/ipv4/conf/{name}/rp_filter", 0) for name in ("all", interface)) == 1
    return Facts(
        link,
        model,
        frame_bytes,
        packet_bytes,
        held=tuple(Held(at, owners.get(inode, Program())) for at, inode in gvcp),
        listeners=tuple(owners.get(inode, Program()) for inode in _listening(link)),
        elsewhere=elsewhere,
        receive_most=_number("sys/net/core/rmem_max", 1 << 30),
        receive_default=_number("sys/net/core/rmem_default", 1 << 30),
        lowest_port=_number("sys/net/ipv4/ip_unprivileged_port_start", 1024),
        may_use_any_port=facts.may_bind_any_port(_text("self/status")),
        broadcast_reaches=_is_routed(LIMITED_BROADCAST),
        datagrams_arrive=_arrives(address, address) if link.up else None,
        broadcasts_arrive=_arrives(address, LIMITED_BROADCAST) if link.up and interface == "lo" else None,
        strict_source=strict,
        routes=facts.routes(_text("self/net/route")),
    )


def _text(name: str) -> str:
    """A file of /proc; empty if this system does not show it."""
    try:
        return (_PROC / name).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _number(name: str, unknown: int) -> int:
    text = _text(name).strip()
    return int(text) if text.isdigit() else unknown


def _gvcp_sockets(pid: str = "self") -> list[tuple[str, str]]:
    """Address and inode of all sockets at the port of GigE Vision, in the network namespace of a process."""
    return list(facts.udp_sockets(_text(f"{pid}/net/udp"), GVCP_PORT))


def _listening(link: Link) -> list[str]:
    return list(facts.packet_sockets(_text("self/net/packet"), link.index))


def _link(name: str) -> Link:
    known = {known: index for index, known in socket.if_nameindex()}
    if name not in known:
        raise InvalidOption(f"interface {name!r}: must be one of {', '.join(sorted(known))}")
    (flags,) = struct.unpack("=H", _asked(_SIOCGIFFLAGS, name)[:2])
    (mtu,) = struct.unpack("=i", _asked(_SIOCGIFMTU, name)[:4])
    address = ""
    with contextlib.suppress(OSError):  # it has none
        host, mask = (socket.inet_ntoa(_asked(what, name)[4:8]) for what in (_SIOCGIFADDR, _SIOCGIFNETMASK))
        address = f"{host}/{IPv4Network(f'0.0.0.0/{mask}').prefixlen}"
    return Link(name, known[name], bool(flags & _IFF_UP), mtu, address)


def _asked(what: int, name: str) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return fcntl.ioctl(sock, what, struct.pack("16s24x", name.encode()[:15]))[16:]


def _programs(inodes: set[str]) -> tuple[dict[str, Program], tuple[Program, ...]]:
    """Whose sockets these are, and who has the port of GigE Vision in other network namespaces, one of each."""
    owners: dict[str, Program] = {}
    elsewhere: dict[Path, Program] = {}
    here = (_PROC / "self/ns/net").readlink()
    wanted = {here: inodes}
    for pid in _pids():
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            space = (_PROC / pid / "ns/net").readlink()
            if space not in wanted:
                wanted[space] = {inode for _, inode in _gvcp_sockets(pid)}
            if found := wanted[space] and wanted[space] & _socket_inodes(pid):
                program = _program(pid)
                owners |= dict.fromkeys(found, program)
                elsewhere.setdefault(space, program)
    elsewhere.pop(here, None)
    return owners, tuple(elsewhere.values())


def _pids() -> Iterator[str]:
    return (path.name for path in sorted(_PROC.iterdir()) if path.name.isdigit() and path.name != str(os.getpid()))


def _program(pid: str) -> Program:
    command = (_PROC / pid / "cmdline").read_bytes()
    return Program(int(pid), (_PROC / pid / "comm").read_text(errors="replace").strip(), facts.is_camera(command))


def _socket_inodes(pid: str) -> set[str]:
    links = {str(path.readlink()) for path in (_PROC / pid / "fd").iterdir()}
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _is_routed(destination: str) -> bool:
    """Whether a program that names no interface could send there; nothing is sent."""
    with _broadcasting() as sock:
        try:
            sock.connect((destination, GVCP_PORT))
        except OSError:
            return False
    return True


def _arrives(address: str, destination: str) -> bool | None:
    """Whether a datagram that leaves from an address of this computer comes back to it."""
    with contextlib.suppress(OSError), _broadcasting() as ear, _broadcasting() as mouth:
        ear.bind((destination, 0))
        ear.settimeout(_PATIENCE_S)
        mouth.bind((address, 0))
        try:
            mouth.sendto(b"?", (destination, ear.getsockname()[1]))
        except PermissionError:  # what a firewall on the way out says
            return False
        try:
            ear.recv(1)
        except TimeoutError:
            return False
        return True
    return None


def _broadcasting() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return sock
