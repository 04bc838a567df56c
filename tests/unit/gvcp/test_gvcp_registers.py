from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvcp

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench


@pytest.fixture
def controlled(bench: Bench) -> Bench:
    """Client a has control."""
    assert bench.write(0x0A00, 2, bench.a) is Status.SUCCESS
    bench.device.log.clear()
    return bench


def test_several_registers_are_read_in_the_order_asked_for(bench: Bench) -> None:
    bench.device.words[0xA004], bench.device.words[0xA008] = 7, 8
    assert bench.send(gvcp.ReadRegCmd(1, (0xA008, 0xA004, 0xA008))) == gvcp.ReadRegAck(1, (8, 7, 8))


def test_135_registers_are_read_at_once(bench: Bench) -> None:
    ack = bench.send(gvcp.ReadRegCmd(1, tuple(range(0xA000, 0xA000 + 4 * 135, 4))))
    assert ack == gvcp.ReadRegAck(1, (0,) * 135)


@pytest.mark.parametrize("flags", [0, 1])
def test_reads_are_answered_whatever_the_acknowledge_flag_says(bench: Bench, flags: int) -> None:
    assert bench.send(gvcp.ReadRegCmd(1, (0xA004,), flags=flags)) == gvcp.ReadRegAck(1, (0,))
    assert bench.send(gvcp.ReadMemCmd(2, 0xA004, 8, flags=flags)) == gvcp.ReadMemAck(2, 0xA004, bytes(8))


@pytest.mark.parametrize(
    ("addresses", "status"),
    [
        ((0xA002,), Status.BAD_ALIGNMENT),
        ((0xB000,), Status.INVALID_ADDRESS),
        ((0xB000, 0xA004), Status.INVALID_ADDRESS),
    ],
)
def test_refused_readreg_has_no_payload(bench: Bench, addresses: tuple[int, ...], status: Status) -> None:
    assert bench.send(gvcp.ReadRegCmd(1, addresses)) == gvcp.ErrorAck(1, 0x0081, status=status)


@pytest.mark.parametrize(("bad", "status"), [("0000b000", "8003"), ("0000a006", "8005")])
def test_readreg_answers_what_it_read_before_the_address_at_fault(bench: Bench, bad: str, status: str) -> None:
    # GigE Vision 2.x, READREG_ACK: the length tells how many registers were read.
    bench.device.words[0xA008] = 0x11223344
    assert bench.raw(f"42010080 0010 0005 0000a004 0000a008 {bad} 0000a00c") == (
        f"{status} 0081 0008 0005 00000000 11223344".replace(" ", "")
    )


@pytest.mark.parametrize(
    ("address", "count", "status"),
    [
        (0xA000, 0, Status.INVALID_PARAMETER),
        (0xA000, 540, Status.INVALID_PARAMETER),
        (0xA000, 6, Status.BAD_ALIGNMENT),
        (0xA002, 4, Status.BAD_ALIGNMENT),
        (0xB000, 4, Status.INVALID_ADDRESS),
        (0xA3FC, 8, Status.INVALID_ADDRESS),
    ],
)
def test_refused_readmem_has_no_payload(bench: Bench, address: int, count: int, status: Status) -> None:
    assert bench.send(gvcp.ReadMemCmd(1, address, count)) == gvcp.ErrorAck(1, 0x0085, status=status)


def test_readmem_serves_536_bytes(bench: Bench) -> None:
    assert bench.send(gvcp.ReadMemCmd(1, 0xA000, 536)) == gvcp.ReadMemAck(1, 0xA000, bytes(536))


def test_writereg_run_reaches_the_device_in_one_call(controlled: Bench) -> None:
    pairs = ((0xA004, 1), (0xA008, 2))
    assert controlled.send(gvcp.WriteRegCmd(1, pairs)) == gvcp.WriteRegAck(1, 2)
    assert controlled.device.log == [("write_pairs", pairs)]


@pytest.mark.parametrize(
    ("bad", "status"),
    [(0xA000, Status.WRITE_PROTECT), (0xB000, Status.INVALID_ADDRESS), (0xA00A, Status.BAD_ALIGNMENT)],
)
def test_failing_pair_is_named_and_the_earlier_ones_stay(controlled: Bench, bad: int, status: Status) -> None:
    ack = controlled.send(gvcp.WriteRegCmd(1, ((0xA004, 1), (0xA008, 2), (bad, 3), (0xA00C, 4))))
    assert ack == gvcp.WriteRegAck(1, 2, status=status)
    assert [controlled.device.words[address] for address in (0xA004, 0xA008, 0xA00C)] == [1, 2, 0]


def test_writemem_answers_the_number_of_bytes(controlled: Bench) -> None:
    assert controlled.send(gvcp.WriteMemCmd(1, 0xA004, bytes(range(8)))) == gvcp.WriteMemAck(1, 8)
    assert controlled.device.log == [("write", 0xA004, bytes(range(8)))]


@pytest.mark.parametrize(
    ("address", "count", "status"),
    [
        (0xA004, 0, Status.INVALID_PARAMETER),
        (0xA004, 540, Status.INVALID_PARAMETER),
        (0xA004, 3, Status.BAD_ALIGNMENT),
        (0xA005, 4, Status.BAD_ALIGNMENT),
        (0xA000, 8, Status.WRITE_PROTECT),
        (0xB000, 4, Status.INVALID_ADDRESS),
        (0x09FC, 8, Status.INVALID_ADDRESS),
        (0x0A00, 8, Status.INVALID_ADDRESS),
    ],
)
def test_refused_writemem_names_byte_0_and_changes_nothing(
    controlled: Bench, address: int, count: int, status: Status
) -> None:
    before = dict(controlled.device.words)
    ack = controlled.send(gvcp.WriteMemCmd(1, address, b"\xff" * count))
    assert ack == gvcp.WriteMemAck(1, 0, status=status)
    assert controlled.device.words == before


def test_writes_without_acknowledge_flag_are_executed_in_silence(controlled: Bench) -> None:
    assert controlled.send(gvcp.WriteRegCmd(1, ((0xA004, 1),), flags=0)) is None
    assert controlled.send(gvcp.WriteMemCmd(2, 0xA008, b"\0\0\0\2", flags=0)) is None
    assert (controlled.device.words[0xA004], controlled.device.words[0xA008]) == (1, 2)


def test_repeated_write_is_answered_again_but_executed_once(controlled: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((0xA004, 1),))
    assert controlled.send(command) == controlled.send(command) == gvcp.WriteRegAck(1, 1)
    assert controlled.device.log == [("write_pairs", ((0xA004, 1),))]
    assert controlled.engine.counters.repeated_requests == 1


def test_repeated_partly_failed_write_gives_the_same_failure_and_is_not_executed_again(controlled: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((0xA004, 1), (0xB000, 1)))
    expected = gvcp.WriteRegAck(1, 1, status=Status.INVALID_ADDRESS)
    assert controlled.send(command) == controlled.send(command) == expected
    assert len(controlled.device.log) == 1


def test_repeated_silent_write_stays_silent_and_is_executed_once(controlled: Bench) -> None:
    command = gvcp.WriteMemCmd(1, 0xA004, bytes(4), flags=0)
    assert controlled.send(command) is None
    assert controlled.send(command) is None
    assert len(controlled.device.log) == 1


def test_repeat_is_recognised_after_a_read_in_between(controlled: Bench) -> None:
    command = gvcp.WriteRegCmd(1, ((0xA004, 1),))
    controlled.send(command)
    assert controlled.read(0xA004) == 1
    controlled.send(command)
    assert len(controlled.device.log) == 1


@pytest.mark.parametrize("pairs", [((0xA004, 2),), ((0xA008, 1),)])
def test_same_request_id_with_other_content_is_a_new_command(
    controlled: Bench, pairs: tuple[tuple[int, int], ...]
) -> None:
    controlled.send(gvcp.WriteRegCmd(1, ((0xA004, 1),)))
    controlled.send(gvcp.WriteRegCmd(1, pairs))
    assert len(controlled.device.log) == 2


def test_client_mistakes_are_counted(controlled: Bench) -> None:
    controlled.read(0xA001)
    controlled.read(0xB000)
    controlled.write(0xA000, 1)
    controlled.write(0xA002, 1)
    controlled.write(0xA004, 1, controlled.b)
    counters = controlled.engine.counters
    assert (counters.unaligned_accesses, counters.refused_accesses, counters.writes_without_control) == (2, 2, 1)
