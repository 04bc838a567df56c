from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.endpoint import Endpoint

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench

CCP = 0x0A00
KEY = 0x1234 << 16


def test_without_a_controller_anyone_reads_and_nobody_writes(bench: Bench) -> None:
    for peer in (bench.a, bench.b):
        assert bench.read(0xA004, peer) == 0
        assert bench.write(0xA004, 1, peer) is Status.ACCESS_DENIED
        ack = bench.send(gvcp.WriteMemCmd(9, 0xA004, bytes(4)), peer)
        assert ack == gvcp.WriteMemAck(9, 0, status=Status.ACCESS_DENIED)
    assert bench.device.log == []


@pytest.mark.parametrize(
    ("ccp", "others_read"),
    [(2, 0), (6, 0), (1, Status.ACCESS_DENIED), (3, Status.ACCESS_DENIED), (5, Status.ACCESS_DENIED)],
)
def test_owner_does_everything_and_others_what_the_mode_lets_them(
    bench: Bench, ccp: int, others_read: int | Status
) -> None:
    assert bench.write(CCP, ccp, bench.a) is Status.SUCCESS
    assert (bench.engine.ccp, bench.engine.controller) == (ccp, bench.a)
    assert bench.device.log == [("control_changed", ccp, bench.a, 0)]
    assert bench.read(CCP, bench.a) == ccp
    assert bench.write(0xA008, 5, bench.a) is Status.SUCCESS
    assert bench.read(0xA004, bench.b) == others_read
    assert bench.write(0xA004, 1, bench.b) is Status.ACCESS_DENIED
    assert bench.write(CCP, 0, bench.b) is Status.ACCESS_DENIED
    assert bench.write(CCP, 2, bench.b) is Status.ACCESS_DENIED
    assert bench.engine.controller == bench.a


def test_same_host_on_another_port_and_same_port_on_another_host_are_not_the_owner(bench: Bench) -> None:
    bench.write(CCP, 2, bench.a)
    for stranger in (Endpoint(bench.a.host, bench.a.port + 1), Endpoint("192.168.0.6", bench.a.port)):
        assert bench.write(0xA004, 1, stranger) is Status.ACCESS_DENIED


def test_control_is_taken_by_writemem_as_well(bench: Bench) -> None:
    assert bench.send(gvcp.WriteMemCmd(1, CCP, b"\0\0\0\2")) == gvcp.WriteMemAck(1, 4)
    assert bench.engine.controller == bench.a


def test_owner_may_write_the_same_or_another_privilege(bench: Bench) -> None:
    for ccp in (2, 2, 1, 6, 2):
        assert bench.write(CCP, ccp) is Status.SUCCESS
    assert [entry[1] for entry in bench.device.log] == [2, 1, 6, 2]


def test_writing_0_gives_control_back(bench: Bench) -> None:
    bench.write(CCP, 2, bench.a)
    bench.device.log.clear()
    assert bench.write(CCP, 0, bench.a) is Status.SUCCESS
    assert bench.device.log == [("release", 0), ("control_changed", 0, None, 0)]
    assert (bench.engine.ccp, bench.engine.controller, bench.engine.next_wakeup()) == (0, None, None)
    assert bench.write(0xA004, 1, bench.a) is Status.ACCESS_DENIED
    assert bench.write(CCP, 2, bench.b) is Status.SUCCESS


def test_writing_0_without_a_controller_changes_nothing(bench: Bench) -> None:
    assert bench.write(CCP, 0) is Status.SUCCESS
    assert bench.device.log == []


def test_reserved_bits_and_the_key_are_not_stored(bench: Bench) -> None:
    assert bench.write(CCP, 0xABCD_FF02) is Status.SUCCESS
    assert bench.engine.ccp == 2


def test_switchover_without_control_is_an_invalid_parameter(bench: Bench) -> None:
    assert bench.write(CCP, 4) is Status.INVALID_PARAMETER
    assert bench.engine.controller is None


def test_one_writereg_takes_control_and_uses_it(bench: Bench) -> None:
    ack = bench.send(gvcp.WriteRegCmd(1, ((CCP, 2), (0xA004, 1), (0xA008, 2))))
    assert ack == gvcp.WriteRegAck(1, 3)
    assert bench.device.log[1] == ("write_pairs", ((0xA004, 1), (0xA008, 2)))


def test_pairs_after_giving_control_back_in_one_writereg_are_refused(bench: Bench) -> None:
    bench.write(CCP, 2)
    ack = bench.send(gvcp.WriteRegCmd(1, ((0xA004, 1), (CCP, 0), (0xA008, 2))))
    assert ack == gvcp.WriteRegAck(1, 2, status=Status.ACCESS_DENIED)
    assert (bench.device.words[0xA004], bench.device.words[0xA008]) == (1, 0)


def test_switchover_with_the_key_hands_the_running_camera_over(bench: Bench) -> None:
    bench.write(CCP, 6, bench.a)
    bench.device.log.clear()
    assert bench.write(CCP, KEY | 2, bench.b) is Status.SUCCESS
    assert bench.device.log == [("control_changed", 2, bench.b, 0)]
    assert bench.write(0xA004, 1, bench.a) is Status.ACCESS_DENIED
    assert bench.write(0xA004, 1, bench.b) is Status.SUCCESS


@pytest.mark.parametrize("value", [2, (0x4321 << 16) | 2, KEY, KEY | 4])
def test_switchover_without_the_key_or_without_a_claim_is_refused(bench: Bench, value: int) -> None:
    bench.write(CCP, 6, bench.a)
    assert bench.write(CCP, value, bench.b) is Status.ACCESS_DENIED
    assert bench.engine.controller == bench.a


@pytest.mark.parametrize("ccp", [1, 2, 5])
def test_the_key_alone_does_not_help_while_switchover_is_off(bench: Bench, ccp: int) -> None:
    bench.write(CCP, ccp, bench.a)
    assert bench.write(CCP, KEY | 2, bench.b) is Status.ACCESS_DENIED


def test_silent_owner_loses_control_at_the_deadline(bench: Bench) -> None:
    bench.write(CCP, 2)
    assert bench.engine.next_wakeup() == 3000 * NS_PER_MS
    bench.wait_ms(2999)
    assert bench.engine.controller == bench.a
    bench.device.log.clear()
    bench.wait_ms(1)
    expired = 3000 * NS_PER_MS
    assert bench.device.log == [("release", expired), ("control_changed", 0, None, expired)]
    assert bench.engine.controller is None
    assert bench.engine.next_wakeup() is None
    assert bench.engine.counters.heartbeat_expiries == 1


def test_late_advance_dates_the_loss_at_the_deadline(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.device.log.clear()
    bench.wait_ms(10_000)
    assert bench.device.log[0] == ("release", 3000 * NS_PER_MS)


def test_command_that_arrives_after_the_deadline_comes_too_late(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.now = 3000 * NS_PER_MS
    assert bench.write(0xA004, 1) is Status.ACCESS_DENIED
    assert bench.read(CCP) == 0


@pytest.mark.parametrize(
    "hex_bytes",
    [
        "42010080 0004 0001 0000a004",
        "42000080 0004 0001 0000a004",
        "42010080 0004 0001 0000b000",
        "42010084 0008 0001 0000a004 0000 0004",
        "42010082 0008 0001 0000a004 00000001",
        "42010086 0008 0001 0000a004 00000001",
        "42010002 0000 ffff",
    ],
)
def test_every_valid_command_of_the_owner_restarts_the_heartbeat(bench: Bench, hex_bytes: str) -> None:
    bench.write(CCP, 2)
    bench.wait_ms(2000)
    bench.raw(hex_bytes)
    assert bench.engine.next_wakeup() == 5000 * NS_PER_MS


def test_repeated_command_restarts_the_heartbeat(bench: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((CCP, 2),))
    bench.send(command)
    bench.wait_ms(2000)
    assert bench.send(command) == gvcp.WriteRegAck(1, 1)
    assert bench.engine.next_wakeup() == 5000 * NS_PER_MS


@pytest.mark.parametrize("hex_bytes", ["", "42010080 0008 0001 0000a004", "42010200 0000 0001"])
def test_what_is_no_command_does_not_restart_the_heartbeat(bench: Bench, hex_bytes: str) -> None:
    bench.write(CCP, 2)
    bench.wait_ms(2000)
    bench.raw(hex_bytes)
    assert bench.engine.next_wakeup() == 3000 * NS_PER_MS


def test_commands_of_others_do_not_restart_the_heartbeat(bench: Bench) -> None:
    bench.write(CCP, 2, bench.a)
    bench.wait_ms(2000)
    bench.read(0xA004, bench.b)
    assert bench.engine.next_wakeup() == 3000 * NS_PER_MS


def test_shorter_heartbeat_counts_at_once(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.device.heartbeat_timeout_ms = 500
    assert bench.engine.next_wakeup() == 500 * NS_PER_MS


def test_heartbeat_shortened_into_the_past_does_not_turn_the_clock_of_the_device_back(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.wait_ms(2000)
    bench.device.log.clear()
    bench.device.heartbeat_timeout_ms = 500
    bench.wait_ms(1)
    assert bench.device.log[0] == ("release", 2000 * NS_PER_MS)


def test_reset_takes_control_away_and_forgets_commands(bench: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((CCP, 2),))
    bench.send(command)
    bench.device.log.clear()
    bench.engine.reset(7)
    assert bench.device.log == [("release", 7), ("control_changed", 0, None, 7)]
    assert bench.engine.controller is None
    assert bench.send(command) == gvcp.WriteRegAck(1, 1)
    assert bench.engine.controller == bench.a


def test_disabled_heartbeat_never_expires(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.device.heartbeat_disabled = True
    assert bench.engine.next_wakeup() is None
    bench.wait_ms(1_000_000)
    assert bench.engine.controller == bench.a


def test_client_that_lost_control_takes_it_again_with_the_very_same_bytes(bench: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((CCP, 2),))
    bench.send(command)
    bench.wait_ms(3000)
    assert bench.send(command) == gvcp.WriteRegAck(1, 1)
    assert bench.engine.controller == bench.a


def test_write_refused_for_lack_of_control_is_executed_when_sent_again_with_control(bench: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((0xA004, 1),))
    assert bench.send(command) == gvcp.WriteRegAck(1, 0, status=Status.ACCESS_DENIED)
    bench.write(CCP, 2)
    assert bench.send(command) == gvcp.WriteRegAck(1, 1)


def test_reads_shut_out_by_exclusive_access_are_counted(bench: Bench) -> None:
    bench.write(CCP, 1, bench.a)
    assert bench.send(gvcp.ReadMemCmd(1, 0xA004, 4), bench.b) == gvcp.ErrorAck(1, 0x85, status=Status.ACCESS_DENIED)
    assert bench.engine.counters.reads_refused_by_privilege == 1
    assert bench.engine.counters.refused_accesses == 0
