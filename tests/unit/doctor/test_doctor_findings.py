from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from tiscam_emu.doctor.command import text
from tiscam_emu.doctor.facts import Facts, Held, Link, Program, Route
from tiscam_emu.doctor.findings import FINDINGS, findings

LOOPBACK = Link("lo", 1, up=True, mtu=65536, address="127.0.0.1/8")
NETWORK = Link("eth0", 2, up=True, mtu=1500, address="10.0.0.2/24")
WELL = Facts(LOOPBACK, "33GP1300", frame_bytes=1_310_720, packet_bytes=16_364)
DAEMON, CAMERA = Program(70, "gigevd"), Program(71, "python3", is_camera=True)
HERE, THERE = Route(IPv4Network("10.0.0.0/24"), "eth0"), Route(IPv4Network("10.0.0.0/24"), "eth1")

CASES: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("link-down", {"link": replace(LOOPBACK, up=False)}, "lo is down", "ip link set lo up"),
    ("no-address", {"link": replace(LOOPBACK, address="")}, "no IPv4 address", "ip addr add 127.0.0.1/8 dev lo"),
    ("port-in-use", {"held": (Held("0.0.0.0", DAEMON),)}, "gigevd (pid 70) has UDP port 3956 at all addr", "kill 70"),
    ("port-in-use", {"held": (Held("127.0.0.1", Program()),)}, "of another user has UDP port 3956", "ss -lunp"),
    ("port-forbidden", {"lowest_port": 5000}, "from 5000 on", "ip_unprivileged_port_start=1024"),
    ("no-broadcast-route", {"broadcast_reaches": False}, "255.255.255.255", "ip route add 255.255.255.255 dev lo"),
    ("datagrams-lost", {"datagrams_arrive": False, "broadcasts_arrive": False}, "firewall", "nft list ruleset"),
    ("broadcasts-lost", {"broadcasts_arrive": False}, "by their address alone", "UDP port 3956 on lo"),
    ("small-receive-buffers", {"receive_most": 212_992}, "1310720", "sysctl -w net.core.rmem_max=2097152"),
    ("small-default-buffers", {"receive_default": 4096}, "4096 bytes", "net.core.rmem_default=212992"),
    ("small-mtu", {"link": replace(LOOPBACK, mtu=1500)}, "1500 bytes at most", "ip link set lo mtu 65536"),
    ("small-mtu", {"link": NETWORK, "packet_bytes": 9000}, "choose 9000", "ip link set eth0 mtu 9000"),
    ("other-namespace", {"elsewhere": (CAMERA,)}, "tiscam-emu (pid 71)", "nsenter --net --target 71 CLIENT"),
    (
        "strict-rp-filter",
        {"link": NETWORK, "packet_bytes": 1500, "strict_source": True, "routes": (THERE, HERE)},
        "10.0.0.0/24 leads to eth1",
        "net.ipv4.conf.eth0.rp_filter=2",
    ),
    (
        "packet-socket",
        {"listeners": (Program(9, "tcpdump"),)},
        "tcpdump (pid 9) listens to all packets of lo",
        "kill 9",
    ),
)


def test_every_finding_has_a_case_here() -> None:
    assert {name for name, *_ in CASES} == {row.name for row in FINDINGS}


@pytest.mark.parametrize(("name", "facts", "says", "mend"), CASES, ids=[name for name, *_ in CASES])
def test_facts_make_a_finding_in_words_with_a_command(name: str, facts: dict[str, Any], says: str, mend: str) -> None:
    (finding,) = findings(replace(WELL, **facts))
    assert finding.name == name
    assert says in finding.says
    assert mend in finding.mend


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"held": (Held("127.0.0.1", CAMERA),)},
        {"lowest_port": 5000, "may_use_any_port": True},
        {"lowest_port": 3956},
        {"receive_most": 1_310_720},
        {"datagrams_arrive": None, "broadcasts_arrive": None},
        {"link": replace(LOOPBACK, mtu=16_364)},
        {"link": NETWORK, "packet_bytes": 1500, "strict_source": True, "routes": (HERE, THERE)},
        {"link": NETWORK, "packet_bytes": 1500, "strict_source": False, "routes": (THERE, HERE)},
    ],
)
def test_what_is_well_makes_none(facts: dict[str, Any]) -> None:
    assert findings(replace(WELL, **facts)) == []


def test_one_fault_does_not_hide_another_but_for_what_follows_from_it() -> None:
    down = replace(WELL, link=replace(LOOPBACK, up=False, address=""), broadcast_reaches=False, receive_most=1)
    assert [finding.name for finding in findings(down)] == ["link-down", "small-receive-buffers"]


def test_findings_are_told_on_two_lines_each() -> None:
    assert text([]) == "nothing found"
    assert text(findings(replace(WELL, link=replace(LOOPBACK, up=False)))).splitlines() == [
        "lo is down: nobody can reach a camera on it",
        "    ip link set lo up",
    ]
