from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.gvcp.effects import SendDatagram
from tiscam_emu.units import NS_PER_MS

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench

CCP = 0x0A00
WRITE = "42010082 0008 0050 0000a004 00000001"
WRITE_BLOCK = "42010086 0008 0050 0000a004 00000001"
PENDING_1200_MS = "00000089000400500000" + "04b0"
DONE = "00000083000400500000" + "0001"


@pytest.fixture
def slow(bench: Bench) -> Bench:
    """Client `a` has control and wants PENDING_ACK; the next write takes 1200 ms."""
    assert bench.write(CCP, 2, bench.a) is Status.SUCCESS
    bench.device.pending_ack_enabled = True
    bench.device.write_duration_ns = 1200 * NS_PER_MS
    return bench


def _advance(bench: Bench, to_ms: int) -> list[str]:
    bench.now = to_ms * NS_PER_MS
    effects = bench.engine.advance(bench.now)
    assert all(isinstance(effect, SendDatagram) and effect.peer == bench.a for effect in effects)
    return [effect.data.hex() for effect in effects if isinstance(effect, SendDatagram)]


def test_write_that_takes_time_is_announced_and_acknowledged_when_it_is_over(slow: Bench) -> None:
    assert slow.raw(WRITE) == PENDING_1200_MS
    assert slow.device.words[0xA004] == 1
    assert slow.engine.next_wakeup() == 1200 * NS_PER_MS
    assert _advance(slow, 1199) == []
    assert _advance(slow, 1200) == [DONE]
    assert slow.engine.next_wakeup() == 3000 * NS_PER_MS
    assert slow.engine.counters.pending_acks == 1


def test_block_write_that_takes_time_is_announced_too(slow: Bench) -> None:
    assert slow.raw(WRITE_BLOCK) == PENDING_1200_MS
    assert _advance(slow, 1200) == ["000000870004005000000004"]


def test_announced_time_is_rounded_up_to_milliseconds(slow: Bench) -> None:
    slow.device.write_duration_ns = 1
    assert slow.raw(WRITE) == "000000890004005000000001"


def test_announced_time_ends_where_its_field_ends(slow: Bench) -> None:
    slow.device.write_duration_ns = 100_000 * NS_PER_MS
    assert slow.raw(WRITE) == "00000089000400500000ffff"


def test_client_that_did_not_enable_pending_ack_only_gets_the_late_acknowledge(slow: Bench) -> None:
    slow.device.pending_ack_enabled = False
    assert slow.raw(WRITE) is None
    assert slow.raw(WRITE) is None
    assert _advance(slow, 1200) == [DONE]
    assert slow.engine.counters.pending_acks == 0


def test_retransmission_is_told_the_time_that_is_left_and_not_executed(slow: Bench) -> None:
    slow.raw(WRITE)
    slow.wait_ms(500)
    writes = len(slow.device.log)
    assert slow.raw(WRITE) == "0000008900040050000002bc"
    assert len(slow.device.log) == writes
    assert _advance(slow, 1200) == [DONE]
    assert slow.engine.counters.repeated_requests == 1


def test_retransmission_after_the_end_gets_the_acknowledge_again(slow: Bench) -> None:
    slow.raw(WRITE)
    assert _advance(slow, 1200) == [DONE]
    assert slow.raw(WRITE) == DONE


def test_other_commands_are_served_meanwhile(slow: Bench) -> None:
    slow.raw(WRITE)
    assert slow.write(0xA008, 7) is Status.SUCCESS
    assert slow.read(0xA008) == 7
    assert slow.raw(WRITE) == PENDING_1200_MS
    assert _advance(slow, 1200) == [DONE]


def test_command_that_arrives_after_the_end_finds_the_acknowledge_sent(slow: Bench) -> None:
    slow.raw(WRITE)
    slow.now = 1300 * NS_PER_MS
    effects = slow.engine.receive(bytes.fromhex("42010080 0004 0051 0000a004"), slow.a, slow.now)
    assert effects == [
        SendDatagram(bytes.fromhex(DONE), slow.a),
        SendDatagram(bytes.fromhex("0000 0081 0004 0051 00000001"), slow.a),
    ]


def test_acknowledges_leave_in_the_order_in_which_the_writes_end(slow: Bench) -> None:
    slow.raw(WRITE)
    slow.device.write_duration_ns = 200 * NS_PER_MS
    slow.raw(WRITE.replace("0050", "0051"))
    assert _advance(slow, 2000) == [DONE.replace("0050", "0051"), DONE]


def test_write_without_acknowledge_flag_stays_silent(slow: Bench) -> None:
    assert slow.raw(WRITE.replace("4201", "4200")) is None
    assert _advance(slow, 2000) == []


def test_partly_refused_write_says_so_when_it_is_over(slow: Bench) -> None:
    assert slow.raw("42010082 0010 0050 0000a004 00000001 0000a000 00000001") == PENDING_1200_MS
    assert _advance(slow, 1200) == ["800400830004005000000001"]


def test_loss_of_control_does_not_keep_the_acknowledge_back(slow: Bench) -> None:
    slow.device.write_duration_ns = 4000 * NS_PER_MS
    slow.raw(WRITE)
    assert _advance(slow, 5000) == ["000000830004005000000001"]
    assert slow.engine.controller is None


def test_switching_the_device_off_does(slow: Bench) -> None:
    slow.raw(WRITE)
    slow.engine.reset(1)
    assert _advance(slow, 2000) == []
