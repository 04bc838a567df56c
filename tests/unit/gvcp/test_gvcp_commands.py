from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.gvcp.broadcast import random_delay_ns
from tiscam_emu.gvcp.effects import ResendRequested, SendDatagram
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench


@pytest.mark.parametrize(
    "hex_bytes", ["", "42", "42010002000000", "4301008000040001 0000a004", "0000008100040001 00000000"]
)
def test_what_is_not_gvcp_is_ignored(bench: Bench, hex_bytes: str) -> None:
    assert bench.raw(hex_bytes) is None
    assert bench.engine.counters.ignored_datagrams == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("42010080 0008 0001 0000a004", "800e008100000001"),
        ("42010080 0000 0001 0000a004", "800e008100000001"),
        ("42000080 0008 0001 0000a004", "800e008100000001"),  # READREG is answered without the flag too
        ("42010082 0000 0001 0000a004", "800e00830004000100000000"),
        ("42000082 0000 0001 0000a004", None),
        ("42010002 0004 ffff", "800e00030000ffff"),
        ("42010080 0004 0000 0000a004", "800e008100000000"),  # request id 0
    ],
)
def test_wrong_header_is_answered_with_invalid_header(bench: Bench, command: str, answer: str | None) -> None:
    assert bench.raw(command) == answer
    assert bench.engine.counters.malformed_commands == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("42010080 0000 0001", "8002008100000001"),
        ("42010080 0006 0001 0000a0040000", "8002008100000001"),
        ("42010080 0220 0001" + "0000a004" * 136, "8002008100000001"),
        ("42010082 0004 0001 0000a004", "800200830004000100000000"),
        ("42010084 0004 0001 0000a004", "8002008500000001"),
        ("42010086 0002 0001 0000", "800200870004000100000000"),
        ("42010002 0004 0001 00000000", "8002000300000001"),
        ("42010004 0008 0001 0000000000000000", "8002000500000001"),
        ("42010100 0000 0009", "8002010100000009"),
        ("42000100 0000 0009", None),
        ("42810100 000c 0009 00000011 00000022 00000001", "8002010100000009"),  # scheduled, but without a time
        ("42010040 0004 0001 00000000", None),  # a resend request never gets an acknowledge
    ],
)
def test_impossible_payload_size_is_an_invalid_parameter(bench: Bench, command: str, answer: str | None) -> None:
    assert bench.raw(command) == answer
    assert bench.engine.counters.malformed_commands == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("42010200 0000 0007", "8001020100000007"),
        ("42000200 0000 0007", None),
        ("42010081 0004 0007 00000000", "8001008100000007"),
        ("420100c0 0010 0005 0000 9003 0000 0007 00000000075bcd15", "800100c100000005"),
    ],
)
def test_command_that_is_not_implemented_says_so_if_asked(bench: Bench, command: str, answer: str | None) -> None:
    assert bench.raw(command) == answer
    assert bench.engine.counters.unknown_commands == 1


def test_discovery_is_answered_to_anyone_while_somebody_has_exclusive_access(bench: Bench) -> None:
    assert bench.write(0x0A00, 1, bench.a) is Status.SUCCESS
    assert bench.raw("42110002 0000 ffff", bench.b) == "0000000300f8ffff" + bytes(range(248)).hex()
    assert bench.engine.counters.discoveries == 1


def test_discovery_without_acknowledge_flag_stays_silent(bench: Bench) -> None:
    assert bench.raw("42000002 0000 ffff") is None


def test_each_of_two_identical_discoveries_is_answered(bench: Bench) -> None:
    assert bench.raw("42010002 0000 ffff") == bench.raw("42010002 0000 ffff") is not None


def test_resend_request_from_the_stream_port_becomes_an_effect(bench: Bench) -> None:
    assert bench.write(0x0A00, 1, bench.a) is Status.SUCCESS
    datagram = bytes.fromhex("42000040 000c ff15 0000 0001 00000003 00000004")
    assert bench.engine.receive(datagram, bench.b, 0) == [ResendRequested(0, 1, 3, 4, bench.b)]
    assert bench.engine.counters.resend_requests == 1


def test_extended_resend_request_to_the_end_of_the_block_has_no_last_packet(bench: Bench) -> None:
    datagram = bytes.fromhex("42100040 0014 ff15 0002 0000 00000003 ffffffff 0000000100000001")
    assert bench.engine.receive(datagram, bench.b, 0) == [ResendRequested(2, 0x100000001, 3, None, bench.b)]


def test_resend_request_gets_no_acknowledge_even_if_it_asks_for_one(bench: Bench) -> None:
    datagram = bytes.fromhex("42010040 000c ff15 0000 0001 00000003 00ffffff")
    assert bench.engine.receive(datagram, bench.b, 0) == [ResendRequested(0, 1, 3, None, bench.b)]


def _force_ip(mac: str) -> gvcp.ForceIpCmd:
    return gvcp.ForceIpCmd(8, bytes.fromhex(mac), "10.0.0.2", "255.0.0.0", "0.0.0.0")


def test_force_ip_for_another_mac_is_ignored(bench: Bench) -> None:
    assert bench.send(_force_ip("020706050400")) is None


def test_force_ip_to_another_address_is_refused(bench: Bench) -> None:
    ack = bench.send(_force_ip("0207060504ff"))
    assert ack == gvcp.ErrorAck(8, 0x0005, status=Status.ACCESS_DENIED)
    assert bench.engine.counters.force_ip_requests == 1


_OWN_ADDRESS = "42010004 0038 1234 0000 0207060504ff" + "00" * 12 + "c0a80009" + "00" * 12 + "ffffff00"
_OWN_ADDRESS += "00" * 12 + "c0a80001"
_RESTART = "42010004 0038 1234 0000 0207060504ff" + "00" * 48


def test_force_ip_to_the_address_it_has_is_acknowledged(bench: Bench) -> None:
    bench.now = 5
    assert bench.raw(_OWN_ADDRESS) == "0000000500001234"
    assert bench.device.log == [("force_ip", "192.168.0.9", "255.255.255.0", "192.168.0.1", 5)]


def test_force_ip_to_no_address_restarts_the_configuration_and_is_not_acknowledged(bench: Bench) -> None:
    assert bench.raw(_RESTART) is None
    assert bench.device.log == [("force_ip", "0.0.0.0", "0.0.0.0", "0.0.0.0", 0)]


@pytest.mark.parametrize("command", [_OWN_ADDRESS, _RESTART])
def test_force_ip_is_refused_while_somebody_has_control(bench: Bench, command: str) -> None:
    assert bench.write(0x0A00, 2, bench.a) is Status.SUCCESS
    bench.device.log.clear()
    for peer in (bench.a, bench.b):
        assert bench.raw(command, peer) == "8006000500001234"
    assert bench.device.log == []


def test_force_ip_that_asks_for_no_acknowledge_gets_none(bench: Bench) -> None:
    assert bench.raw(_OWN_ADDRESS.replace("4201", "4200", 1)) is None
    assert len(bench.device.log) == 1


FAR = Endpoint("10.1.2.3", 50_000)


@pytest.mark.parametrize(
    ("flags", "peer", "host"),
    [
        ("11", FAR, "255.255.255.255"),
        ("01", FAR, "10.1.2.3"),
        ("11", Endpoint("192.168.0.5", 50_000), "192.168.0.5"),
    ],
)
@pytest.mark.parametrize("command", ["0002 0000 ffff", _OWN_ADDRESS[4:]])
def test_broadcast_acknowledge_needs_the_flag_and_a_peer_out_of_reach(
    bench: Bench, flags: str, peer: Endpoint, host: str, command: str
) -> None:
    (effect,) = bench.engine.receive(bytes.fromhex(f"42{flags}" + command), peer, 0)
    assert isinstance(effect, SendDatagram)
    assert effect.peer == Endpoint(host, 50_000)


def test_discovery_is_answered_within_the_delay_and_not_at_once(bench: Bench) -> None:
    bench.device.discovery_ack_delay_ms = 500
    delays = []
    for number in range(40):
        begin = number * 1000 * NS_PER_MS
        assert bench.engine.receive(bytes.fromhex("42010002 0000 ffff"), bench.b, begin) == []
        due = bench.engine.next_wakeup()
        assert due is not None
        (effect,) = bench.engine.advance(due)
        assert isinstance(effect, SendDatagram)
        assert effect.data[:8] == bytes.fromhex("0000000300f8ffff")
        delays.append((due - begin) / NS_PER_MS)
    assert all(0 < delay <= 500 for delay in delays)
    assert len(set(delays)) > 30
    # Mean of 40 uniform numbers: 250 ms, standard deviation 500 / sqrt(12 * 40) = 22.8 ms; 5 sigma.
    assert abs(sum(delays) / 40 - 250) < 115


def test_cameras_draw_different_delays() -> None:
    drawn = {random_delay_ns(bytes([0, 7, 0x48, 0, 0, last]), 1, 1000) for last in range(50)}
    assert len(drawn) == 50


def test_flood_of_discoveries_is_not_kept(bench: Bench) -> None:
    bench.device.discovery_ack_delay_ms = 500
    for _ in range(1000):
        assert bench.engine.receive(bytes.fromhex("42010002 0000 ffff"), bench.b, 0) == []
    assert len(bench.engine.advance(500 * NS_PER_MS)) == 64


def test_answers_go_to_the_sender(bench: Bench) -> None:
    datagram = gvcp_codec.build_command(gvcp.ReadRegCmd(1, (0xA004,)))
    for peer in (bench.a, bench.b):
        (effect,) = bench.engine.receive(datagram, peer, 0)
        assert isinstance(effect, SendDatagram)
        assert effect.peer == peer
