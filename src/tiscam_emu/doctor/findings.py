"""What would keep clients from cameras: a row of words and a function of the facts for each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Interface
from typing import Any

from tiscam_emu.doctor.facts import EVERY_ADDRESS, Facts
from tiscam_emu.net.sockets import GVCP_PORT, LIMITED_BROADCAST

LEAST_DEFAULT_BYTES = 212_992
"""What Linux gives a socket that does not ask; less has been set by somebody."""

MIB = 1 << 20
Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that would keep clients from a camera.

    Attributes
    ----------
    name
        Of its row in `FINDINGS`.
    says
        What is wrong, and what comes of it.
    mend
        The command that mends it, to be run as root where it changes the system.
    """

    name: str
    says: str
    mend: str

    def to_json(self) -> dict[str, str]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of finding: `find` gives the words for `says` and `mend`, once for each time it is found."""

    name: str
    says: str
    mend: str
    find: Callable[[Facts], Iterator[Words]]


def _link_down(facts: Facts) -> Iterator[Words]:
    if not facts.link.up:
        yield {"link": facts.link.name}


def _no_address(facts: Facts) -> Iterator[Words]:
    if facts.link.up and not facts.link.address:
        yield {"link": facts.link.name, "address": "127.0.0.1/8" if facts.on_loopback else "ADDRESS/24"}


def _port_held(facts: Facts) -> Iterator[Words]:
    for held in facts.held:
        if held.by.is_camera:
            continue
        where = "all addresses" if held.address == EVERY_ADDRESS else held.address
        mend = f"kill {held.by.pid}" if held.by.pid else f"ss -lunp 'sport = :{GVCP_PORT}'   # as root"
        yield {"who": held.by, "where": where, "mend": mend}


def _port_forbidden(facts: Facts) -> Iterator[Words]:
    if facts.lowest_port > GVCP_PORT and not facts.may_use_any_port:
        yield {"lowest": facts.lowest_port}


def _no_broadcast_route(facts: Facts) -> Iterator[Words]:
    if facts.link.up and not facts.broadcast_reaches:
        yield {"link": facts.link.name}


def _datagrams_lost(facts: Facts) -> Iterator[Words]:
    if facts.datagrams_arrive is False:
        yield {"link": facts.link.name}


def _broadcasts_lost(facts: Facts) -> Iterator[Words]:
    if facts.datagrams_arrive and facts.broadcasts_arrive is False:
        yield {"link": facts.link.name}


def _small_buffers(facts: Facts) -> Iterator[Words]:
    if facts.receive_most < facts.frame_bytes:
        wanted = -(-facts.frame_bytes // MIB) * MIB
        yield {"most": facts.receive_most, "model": facts.model, "frame": facts.frame_bytes, "wanted": wanted}


def _small_default(facts: Facts) -> Iterator[Words]:
    if facts.receive_default < LEAST_DEFAULT_BYTES:
        yield {"default": facts.receive_default, "wanted": LEAST_DEFAULT_BYTES}


def _small_mtu(facts: Facts) -> Iterator[Words]:
    if facts.link.mtu < facts.packet_bytes:
        mtu = 65536 if facts.on_loopback else facts.packet_bytes
        yield {"link": facts.link.name, "mtu": facts.link.mtu, "packet": facts.packet_bytes, "wanted": mtu}


def _elsewhere(facts: Facts) -> Iterator[Words]:
    for program in facts.elsewhere:
        yield {"who": program, "pid": program.pid}


def _strict_source(facts: Facts) -> Iterator[Words]:
    """Another interface that the route to the network of ours takes."""
    if not (facts.strict_source and facts.link.address):
        return
    network = IPv4Interface(facts.link.address).network
    first = next((row.interface for row in facts.routes if network.subnet_of(row.network)), facts.link.name)
    if first != facts.link.name:
        yield {"link": facts.link.name, "other": first, "network": network}


def _listeners(facts: Facts) -> Iterator[Words]:
    for program in facts.listeners:
        yield {
            "who": program,
            "link": facts.link.name,
            "mend": f"kill {program.pid}" if program.pid else "ss -0lp   # as root",
        }


FINDINGS = (
    Row(
        "link-down",
        "{link} is down: nobody can reach a camera on it",
        "ip link set {link} up",
        _link_down,
    ),
    Row(
        "no-address",
        "{link} has no IPv4 address: a camera cannot be there",
        "ip addr add {address} dev {link}",
        _no_address,
    ),
    Row(
        "port-in-use",
        "{who} has UDP port 3956 at {where}: a camera cannot start there, or does not hear clients",
        "{mend}",
        _port_held,
    ),
    Row(
        "port-forbidden",
        "users may bind ports from {lowest} on alone, and cameras are at 3956: no camera can start",
        "sysctl -w net.ipv4.ip_unprivileged_port_start=1024",
        _port_forbidden,
    ),
    Row(
        "no-broadcast-route",
        f"there is no route for broadcasts to {LIMITED_BROADCAST}: clients that do not name an interface find no "
        "camera (Network is unreachable)",
        f"ip route add {LIMITED_BROADCAST} dev {{link}}",
        _no_broadcast_route,
    ),
    Row(
        "datagrams-lost",
        "a datagram sent to {link} by way of {link} did not arrive: a firewall or traffic control drops it, and "
        "clients see and receive nothing",
        "nft list ruleset; iptables -S; tc qdisc show dev {link}   # find the rule, and let UDP on {link} pass",
        _datagrams_lost,
    ),
    Row(
        "broadcasts-lost",
        "a broadcast sent on {link} did not arrive: a firewall drops it, and clients find cameras by their address "
        "alone",
        "nft list ruleset; iptables -S   # find the rule, and let UDP port 3956 on {link} pass",
        _broadcasts_lost,
    ),
    Row(
        "small-receive-buffers",
        "a program may have {most} bytes of receive buffer at most (net.core.rmem_max), less than a frame of the "
        "{model}, {frame} bytes: one that is not scheduled for the time of a frame loses packets",
        "sysctl -w net.core.rmem_max={wanted}",
        _small_buffers,
    ),
    Row(
        "small-default-buffers",
        "a program that does not ask for a receive buffer gets {default} bytes (net.core.rmem_default), less than "
        "Linux itself would give: it loses packets soon",
        "sysctl -w net.core.rmem_default={wanted}",
        _small_default,
    ),
    Row(
        "small-mtu",
        "{link} carries packets of {mtu} bytes at most, and clients may choose {packet}: those that do not try out "
        "which ones arrive receive nothing",
        "ip link set {link} mtu {wanted}",
        _small_mtu,
    ),
    Row(
        "other-namespace",
        "{who} serves a camera in another network namespace: clients started here cannot see it",
        "nsenter --net --target {pid} CLIENT",
        _elsewhere,
    ),
    Row(
        "strict-rp-filter",
        "{link} drops datagrams whose sender is reached by another interface (rp_filter), and the route to {network} "
        "leads to {other}: answers are lost",
        "sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.{link}.rp_filter=2",
        _strict_source,
    ),
    Row(
        "packet-socket",
        "{who} listens to all packets of {link}: every packet is copied for it, and cameras do without segmentation "
        "offload meanwhile, so that full rates take more work",
        "{mend}",
        _listeners,
    ),
)
"""All that is looked for, what matters most first."""


def findings(facts: Facts) -> list[Finding]:
    """What would keep clients from cameras, by a snapshot of the computer."""
    return [
        Finding(row.name, row.says.format(**words), row.mend.format(**words))
        for row in FINDINGS
        for words in row.find(facts)
    ]
