"""Who is the PTP master: cameras on a clock that the test moves, and the one seat of their network namespace."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tiscam_emu.net.master_seat import MasterSeat

S = 1_000_000_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")


@pytest.fixture
def name() -> str:
    return f"\0tiscam-emu-test-{os.getpid()}"


@pytest.fixture
def seats(name: str) -> Iterator[list[MasterSeat]]:
    """Of three cameras; the first does not hesitate, the others do for a second."""
    three = [MasterSeat(hesitation, name=name) for hesitation in (0, S, S)]
    yield three
    for seat in three:
        seat.close()


def _roles(seats: list[MasterSeat], now: int, follows_from: int | None = S) -> list[bool | None]:
    return [seat.advance(follows_from, now) for seat in reversed(seats)][::-1]


def test_nobody_is_master_before_its_clock_is_synchronised(seats: list[MasterSeat]) -> None:
    assert _roles(seats, S - 1) == [False, False, False]
    assert [seat.next_wakeup() for seat in seats] == [S, 2 * S, 2 * S]


def test_the_one_that_does_not_hesitate_gets_a_free_seat(seats: list[MasterSeat]) -> None:
    assert _roles(seats, S) == [True, False, False]
    assert _roles(seats, 9 * S) == [True, False, False]


def test_seat_passes_on_within_a_second_when_its_holder_switches_off(seats: list[MasterSeat]) -> None:
    _roles(seats, S)
    _roles(seats, 3 * S)
    assert seats[0].advance(None, 3 * S + 5) is False
    assert seats[0].next_wakeup() is None
    assert [seat.advance(S, 4 * S) for seat in seats[1:]] == [True, False]
    # back again a while later: the seat is taken
    assert seats[0].advance(7 * S, 7 * S) is False
    assert [seat.advance(S, 7 * S) for seat in seats[1:]] == [True, False]


def test_holder_that_synchronises_anew_stands_again_afterwards(seats: list[MasterSeat]) -> None:
    _roles(seats, S)
    assert seats[0].advance(6 * S, 5 * S) is False
    assert seats[0].advance(6 * S, 6 * S) is True


def test_seat_is_free_when_its_holder_is_killed(name: str) -> None:
    code = (
        "import socket; held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
        f"held.bind({name!r}); print(1, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        seat = MasterSeat(name=name)
        assert seat.advance(S, S) is False
        holder.kill()
        holder.wait()
        assert seat.advance(S, 2 * S - 1) is False  # looks once per second
        assert seat.advance(S, 2 * S) is True
        seat.close()


def test_where_there_is_no_seat_nothing_is_decided() -> None:
    seat = MasterSeat(exists=False)
    assert seat.advance(S, 2 * S) is None
    assert seat.next_wakeup() is None


def test_system_that_refuses_the_socket_decides_nothing() -> None:
    seat = MasterSeat(name="/no/such/folder/seat")
    assert seat.advance(S, 2 * S) is None
    assert seat.next_wakeup() is None


def test_given_up_seat_leaves_no_socket_open(name: str) -> None:
    seat = MasterSeat(name=name)
    assert seat.advance(S, S) is True
    seat.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(name)
