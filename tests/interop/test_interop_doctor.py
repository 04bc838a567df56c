"""`tiscam-emu doctor` in network namespaces made to have each finding, and mended by the command that it names."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass

import pytest
from tests.interop.emulator import COMMAND, PATIENCE_S

from tiscam_emu.doctor.findings import FINDINGS

_NAMESPACE = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-euc")
_WHOLE = "ip link set lo up; ip route add 255.255.255.255 dev lo"
_FIREWALL = "nft add table ip f; nft add chain ip f in '{ type filter hook input priority 0; }'; nft add rule ip f in"
_VETH = (
    "ip link add b0 type veth peer name b1; ip link add a0 type veth peer name a1; "
    "ip addr add 10.77.0.2/24 dev b0; ip link set b0 up; ip link set b1 up; "
    "ip addr add 10.77.0.1/24 dev a0; ip link set a0 up; ip link set a1 up"
)


def _holds(socket: str) -> str:
    """A command that opens a socket and sleeps, in the background; the shell goes on when it has it."""
    script = f"import socket, sys, time; s = {socket}; print(); sys.stdout.flush(); time.sleep(600)"
    return f"mkfifo $T/ready; {sys.executable} -c {shlex.quote(script)} >$T/ready & read _ <$T/ready"


_HELD_PORT = _holds("socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 3956))")
_PACKET_SOCKET = _holds("socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300); s.bind(('lo', 0x0003))")

_ELSEWHERE = f"ip link set lo up; mkdir $T/o; is=$T/is; T=$T/o; {_HELD_PORT}; echo >$is; wait"


def _file_in_place(name: str, value: int) -> str:
    """The setting has no other value in a namespace: a file laid over it stands for one."""
    return f"echo {value} >$T/{name}; mount --bind $T/{name} /proc/sys/net/core/{name}"


@dataclass(frozen=True, slots=True)
class Case:
    """How a namespace comes to have a finding, and `mend` where that is not the finding's own command."""

    name: str
    made: str
    options: str = ""
    says: str = ""
    mend: str = ""
    within: str = ""
    whole: str = _WHOLE


CASES = (
    Case("link-down", "ip link set lo down", mend="ip link set lo up; ip route add 255.255.255.255 dev lo"),
    Case(
        "no-address",
        "ip route add 255.255.255.255 dev lo src 127.0.0.1 metric 9; ip addr del 127.0.0.1/8 dev lo; "
        "ip route replace 255.255.255.255 dev lo",
    ),
    Case("port-in-use", _HELD_PORT, says=") has UDP port 3956 at 127.0.0.1"),
    Case(
        "port-forbidden",
        "sysctl -qw net.ipv4.ip_unprivileged_port_start=4000",
        says="from 4000 on",
        within="setpriv --bounding-set -net_bind_service",
    ),
    Case("no-broadcast-route", "ip route del 255.255.255.255 dev lo"),
    Case("datagrams-lost", f"{_FIREWALL} ip protocol udp drop", mend="nft flush ruleset"),
    Case("broadcasts-lost", f"{_FIREWALL} ip daddr 255.255.255.255 drop", mend="nft flush ruleset"),
    Case("small-receive-buffers", _file_in_place("rmem_max", 212992), says="212992 bytes of receive buffer"),
    Case("small-receive-buffers", _file_in_place("rmem_max", 5000000), "-m 38GX541-a", "20286016"),
    Case("small-default-buffers", _file_in_place("rmem_default", 8192)),
    Case("small-mtu", "ip link set lo mtu 1500", says="packets of 1500 bytes at most, and clients may choose 16364"),
    Case("small-mtu", f"{_VETH}; ip link set a0 mtu 1400", "--interface a0", "a0 carries packets of 1400"),
    Case(
        "other-namespace",
        f"mkfifo $T/is; unshare --net sh -c {shlex.quote(_ELSEWHERE)} & read _ <$T/is",
        mend="kill -9 -1",
    ),
    Case(
        "strict-rp-filter",
        f"{_VETH}; sysctl -qw net.ipv4.conf.a0.rp_filter=1",
        "--interface a0",
        "the route to 10.77.0.0/24 leads to b0",
    ),
    Case("packet-socket", _PACKET_SOCKET, says=") listens to all packets of lo"),
)


def _doctor(case: Case) -> str:
    return f"{case.within} {COMMAND} doctor --json {case.options}"


def _in_namespace(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = f"T=$(mktemp -d); trap 'rm -rf $T' EXIT; export T; {script}"
    return subprocess.run(
        [*_NAMESPACE, script, "sh", *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_every_finding_is_made_to_happen() -> None:
    assert {case.name for case in CASES} == {row.name for row in FINDINGS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_made_up_fault_is_named_and_its_command_mends_it(case: Case) -> None:
    name_and_mend = "import json, sys; (f,) = json.load(open(sys.argv[1])); print(f['mend'])"
    done = _in_namespace(
        f"{case.whole}; {case.made}; "
        f"{_doctor(case)} >$T/first && exit 9; cat $T/first; echo ---; "
        f"mend=$({sys.executable} -c {shlex.quote(name_and_mend)} $T/first); "
        f"{case.mend or 'eval $mend >/dev/null'}; {_doctor(case)}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = done.stdout.split("---")
    (finding,) = json.loads(first)
    assert finding["name"] == case.name
    assert case.says in finding["says"]
    assert json.loads(second) == []


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    done = _in_namespace(f"{_WHOLE}; {COMMAND} doctor")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", "")


def test_a_camera_of_ours_is_no_finding() -> None:
    done = _in_namespace(
        f"{_WHOLE}; {COMMAND} -m 33GP1300 >$T/ready & while ! grep -q ready $T/ready; do sleep 0.1; done; "
        f"{COMMAND} doctor; kill %1"
    )
    assert done.stdout == "nothing found\n", done.stderr


def test_clients_are_told_into_the_namespace_of_a_camera() -> None:
    other = next(case for case in CASES if case.name == "other-namespace")
    read = "import json, sys; print(json.load(open(sys.argv[1]))[0]['mend'])"
    done = _in_namespace(
        f"{_WHOLE}; {other.made}; {_doctor(other)} >$T/first || "
        f"$({sys.executable} -c {shlex.quote(read)} $T/first | sed s/CLIENT//) ss -lun"
    )
    assert "127.0.0.1:3956" in done.stdout, done.stderr


def test_an_interface_that_is_not_there_is_one_line() -> None:
    done = _in_namespace(f"{COMMAND} doctor --interface eth7")
    assert done.returncode == 2
    assert done.stderr == "tiscam-emu: interface 'eth7': must be one of lo\n"
