"""After which datagrams the camera has to be looked at: those that did something to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec

if TYPE_CHECKING:
    from tests.unit.gvcp.conftest import Bench

CCP = 0x0A00
MAC = bytes.fromhex("0207060504ff")
WRITE = gvcp.WriteRegCmd(7, ((0xA008, 5),))
MASK = ("255.255.255.0", "0.0.0.0")


@pytest.fixture
def controlled(bench: Bench) -> Bench:
    """Bench where a has control."""
    bench.write(CCP, 2, bench.a)
    assert bench.engine.take_change()
    assert not bench.engine.take_change()
    return bench


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        (WRITE, True),
        (gvcp.WriteRegCmd(7, ((0xA008, 5),), flags=0), True),
        (gvcp.WriteRegCmd(7, ((0xA008, 5), (0xB000, 5))), True),  # the first pair is written
        (gvcp.WriteRegCmd(7, ((0xB000, 5),)), False),
        (gvcp.WriteRegCmd(7, ((0xA009, 5),)), False),
        (gvcp.WriteMemCmd(7, 0xA008, bytes(8)), True),
        (gvcp.WriteMemCmd(7, 0xB000, bytes(8)), False),
        (gvcp.WriteRegCmd(7, ((CCP, 0),)), True),
        (gvcp.ReadRegCmd(7, (0xA008,)), False),
        (gvcp.ReadMemCmd(7, 0xA008, 8), False),
        (gvcp.ActionCmd(7, 1, 1, 1), True),
        (gvcp.DiscoveryCmd(7), False),
        (gvcp.PacketResendCmd(7, 0, 1, 1, 1), False),
        (gvcp.ForceIpCmd(7, MAC, "192.168.0.9", *MASK), False),  # somebody has control
        (gvcp.EventCmd(7, (gvcp.EventItem(1, 0, 0, 0),)), False),
    ],
)
def test_commands_of_the_owner(controlled: Bench, command: gvcp.Cmd, changed: bool) -> None:
    controlled.engine.receive(gvcp_codec.build_command(command), controlled.a, 0)
    assert controlled.engine.take_change() is changed


@pytest.mark.parametrize("command", [WRITE, gvcp.WriteMemCmd(7, 0xA008, bytes(8)), gvcp.WriteRegCmd(7, ((CCP, 2),))])
def test_writes_of_somebody_else_change_nothing(controlled: Bench, command: gvcp.Cmd) -> None:
    controlled.engine.receive(gvcp_codec.build_command(command), controlled.b, 0)
    assert not controlled.engine.take_change()


@pytest.mark.parametrize("datagram", [b"", b"\x42", bytes(8), b"\x42\1\0\x82\0\4\0\7abcd", b"\x42\1\x12\x34\0\0\0\7"])
def test_what_cannot_be_understood_changes_nothing(controlled: Bench, datagram: bytes) -> None:
    controlled.engine.receive(datagram, controlled.a, 0)
    assert not controlled.engine.take_change()


def test_a_repeated_write_changes_nothing(controlled: Bench) -> None:
    for changed in (True, False):
        controlled.engine.receive(gvcp_codec.build_command(WRITE), controlled.a, 0)
        assert controlled.engine.take_change() is changed


def test_an_action_for_another_camera_changes_nothing(controlled: Bench) -> None:
    controlled.device.action_status = None
    controlled.engine.receive(gvcp_codec.build_command(gvcp.ActionCmd(7, 1, 1, 1)), controlled.a, 0)
    assert not controlled.engine.take_change()


@pytest.mark.parametrize(("address", "changed"), [("192.168.0.9", True), ("0.0.0.0", True), ("10.0.0.1", False)])
def test_forced_addresses_that_are_taken_change_something(bench: Bench, address: str, changed: bool) -> None:
    bench.engine.receive(gvcp_codec.build_command(gvcp.ForceIpCmd(7, MAC, address, *MASK)), bench.a, 0)
    assert bench.engine.take_change() is changed


def test_a_missed_heartbeat_changes_something_whatever_comes_after_it(controlled: Bench) -> None:
    late = controlled.device.heartbeat_timeout_ms * NS_PER_MS
    (answer,) = controlled.engine.receive(gvcp_codec.build_command(WRITE), controlled.b, late)
    assert controlled.engine.take_change()
    assert gvcp_codec.parse_ack(answer.data) == gvcp.WriteRegAck(7, 0, status=Status.ACCESS_DENIED)  # type: ignore[union-attr]
