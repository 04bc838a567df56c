"""The levels at the I/O connector (manual 5.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.notices import LineChanged, OutputChanged
from tiscam_emu.errors import InvalidOption, OutOfRange, ReadOnly, Status

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk


def test_input_reads_1_while_the_line_is_low(desk: Desk) -> None:
    assert desk.get("GPIn") == 1
    desk.camera.line1.drive(True, 100)
    desk.now = 99
    assert desk.get("GPIn") == 1
    desk.now = 100
    assert desk.get("GPIn") == 0
    desk.camera.line1.drive(False, 200)
    desk.now = 200
    assert desk.get("GPIn") == 1


def test_input_cannot_be_written_by_its_bit_of_the_register_it_shares_with_the_output(desk: Desk) -> None:
    desk.set(GPOut=1)
    assert desk.write_word(0xFF00_0100, 0b01) is Status.SUCCESS
    assert desk.word(0xFF00_0100) == 0b11  # input low, output high
    with pytest.raises(ReadOnly):
        desk.camera.state.write("GPIn", 0)


def test_every_edge_is_told_at_its_time_although_nobody_looked(desk: Desk) -> None:
    seen: list[LineChanged] = []
    desk.camera.state.notices.subscribe(LineChanged, seen.append)
    desk.camera.line1.pulses([(30, True), (10, True), (20, False), (40, True), (50, False)])
    assert desk.camera.next_wakeup() == 10
    desk.advance(45)
    assert seen == [LineChanged(True, 10), LineChanged(False, 20), LineChanged(True, 30)]
    desk.advance(60)
    assert seen[3:] == [LineChanged(False, 50)]
    assert desk.camera.next_wakeup() is None


def test_later_plan_for_a_time_replaces_the_earlier(desk: Desk) -> None:
    desk.camera.line1.pulses([(10, True), (20, False)])
    desk.camera.line1.drive(False, 10)
    desk.advance(15)
    assert not desk.camera.line1.high


def test_plan_for_the_past_is_refused_as_a_whole(desk: Desk) -> None:
    desk.advance(100)
    with pytest.raises(InvalidOption, match="line1: 99 ns is past, the camera's time is 100 ns"):
        desk.camera.line1.pulses([(150, True), (99, False)])
    assert desk.camera.next_wakeup() is None
    desk.camera.line1.drive(True, 100)
    assert desk.get("GPIn") == 0


def test_reset_leaves_the_input_as_it_is_driven(desk: Desk) -> None:
    desk.camera.line1.drive(True, 5)
    desk.now = 10
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    assert desk.get("GPIn") == 0


def test_output_follows_its_register_while_the_strobe_is_off(desk: Desk) -> None:
    seen: list[OutputChanged] = []
    desk.camera.state.notices.subscribe(OutputChanged, seen.append)
    for desk.now, level in ((10, 1), (20, 1), (30, 0)):
        desk.set(GPOut=level)
    assert desk.camera.output_edges == ((10, True), (30, False))
    assert seen == [OutputChanged(True, 10), OutputChanged(False, 30)]


def test_output_takes_0_and_1_alone(desk: Desk) -> None:
    with pytest.raises(OutOfRange):
        desk.camera.state.write("GPOut", 2)
    assert desk.camera.output_edges == ()


def test_reset_lets_the_output_go_low(desk: Desk) -> None:
    desk.set(GPOut=1)
    desk.now = 50
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    assert desk.camera.output_edges == ((0, True), (50, False))


def test_only_the_last_4096_edges_are_kept(desk: Desk) -> None:
    for desk.now in range(5000):
        desk.set(GPOut=1 - desk.now % 2)
    edges = desk.camera.output_edges
    assert (len(edges), edges[0], edges[-1]) == (4096, (904, True), (4999, False))
