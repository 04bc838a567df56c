from __future__ import annotations

from ipaddress import IPv4Network

from tiscam_emu.doctor import facts

UDP = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  351: 0100007F:0F74 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 15437 2 0000000 0
  351: FFFFFFFF:0F74 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 15438 2 0000000 0
  770: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 15439 2 0000000 0
"""
PACKET = """\
sk               RefCnt Type Proto  Iface R Rmem   User   Inode
000000000eb19d2d 3      3    0003   1     1 0      0      39001
000000000eb19d2e 3      3    0003   0     1 0      0      39002
000000000eb19d2f 3      2    0003   2     1 0      0      39003
"""
ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t000200C0\t00000000\t0001\t0\t0\t101\t00FFFFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""


def test_sockets_at_a_port_are_found_with_their_address() -> None:
    assert list(facts.udp_sockets(UDP, 3956)) == [("127.0.0.1", "15437"), ("255.255.255.255", "15438")]
    assert list(facts.udp_sockets(UDP, 80)) == []


def test_packet_sockets_of_an_interface_and_of_all_are_found() -> None:
    assert list(facts.packet_sockets(PACKET, 1)) == ["39001", "39002"]


def test_the_narrowest_route_comes_first_and_then_the_smallest_metric() -> None:
    table = facts.routes(ROUTES)
    assert [row.interface for row in table] == ["eth0", "eth1", "eth0"]
    assert table[0].network == IPv4Network("192.0.2.0/24")
    assert table[-1].network == IPv4Network("0.0.0.0/0")


def test_the_right_to_bind_any_port_is_one_bit() -> None:
    assert facts.may_bind_any_port("Name:\tsh\nCapEff:\t0000000000000400\n")
    assert not facts.may_bind_any_port("Name:\tsh\nCapEff:\tfffffffffffffbff\n")
    assert not facts.may_bind_any_port("")


def test_a_camera_is_told_by_the_module_that_python_runs() -> None:
    assert facts.is_camera(b"/venv/bin/python\0-m\0tiscam_emu.net.worker\0")
    assert not facts.is_camera(b"/venv/bin/python\0-m\0pytest\0src/tiscam_emu\0")
    assert not facts.is_camera(b"vim\0tiscam_emu.py\0")


def test_a_program_is_named_as_a_user_knows_it() -> None:
    assert str(facts.Program(7, "python3", is_camera=True)) == "tiscam-emu (pid 7)"
    assert str(facts.Program(8, "eBUSd")) == "eBUSd (pid 8)"
    assert str(facts.Program()) == "a program of another user"
