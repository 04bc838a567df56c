"""Faults of the device itself, set on command."""

from __future__ import annotations

import math

import pytest

from tiscam_emu.camera.control.device_faults import HEALTHY, DeviceFaults
from tiscam_emu.camera.control.device_health import DeviceHealth
from tiscam_emu.camera.core import Camera, load
from tiscam_emu.errors import Busy, Status
from tiscam_emu.gvcp.effects import SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint

CCP, SCPD = 0x0A00, 0x0D08
CLIENT = Endpoint("127.0.0.1", 50_000)


def camera(faults: DeviceFaults) -> Camera:
    made = Camera(load("39GX265-Z20"))
    made.state.health.suffer(faults)
    return made


def ask(engine: ControlEngine, command: gvcp.Cmd, now: int = 0) -> gvcp.Ack:
    (effect,) = engine.receive(gvcp_codec.build_command(command), CLIENT, now)
    assert isinstance(effect, SendDatagram)
    return gvcp_codec.parse_ack(effect.data)


def test_a_busy_camera_refuses_reads_and_writes_and_changes_nothing() -> None:
    busy = camera(DeviceFaults(busy=1.0))
    engine = ControlEngine(busy)
    assert ask(engine, gvcp.WriteRegCmd(1, ((CCP, 2),))).status is Status.SUCCESS
    assert ask(engine, gvcp.ReadRegCmd(2, (SCPD,))).status is Status.BUSY
    assert ask(engine, gvcp.ReadMemCmd(3, SCPD, 4)).status is Status.BUSY
    refused = ask(engine, gvcp.WriteRegCmd(4, ((SCPD, 5),)))
    assert (refused.status, getattr(refused, "index", None)) == (Status.BUSY, 0)
    assert ask(engine, gvcp.WriteMemCmd(5, SCPD, bytes(4))).status is Status.BUSY
    assert busy.state["GevSCPD"] == 0
    assert engine.counters.busy_answers == 4
    assert engine.counters.refused_accesses == 0


def test_a_camera_that_is_busy_now_and_then_is_so_as_often_as_said() -> None:
    health = DeviceHealth(seed=5)
    health.suffer(DeviceFaults(busy=0.25))

    def refusals() -> list[int]:
        numbers = []
        for number in range(2000):
            try:
                health.check_busy()
            except Busy:
                numbers.append(number)
        return numbers

    first = refusals()
    assert len(first) == pytest.approx(500, abs=5 * math.sqrt(2000 * 0.25 * 0.75))
    health.suffer(DeviceFaults(busy=0.25))
    assert refusals() == first


def test_a_slow_camera_acknowledges_writes_late_and_reads_at_once() -> None:
    engine = ControlEngine(camera(DeviceFaults(late_ack_ms=300)))
    write = gvcp_codec.build_command(gvcp.WriteRegCmd(1, ((CCP, 2),)))
    assert engine.receive(write, CLIENT, 0) == []
    assert engine.next_wakeup() == 300_000_000
    assert ask(engine, gvcp.ReadRegCmd(2, (CCP,))) == gvcp.ReadRegAck(2, (2,))
    (late,) = engine.advance(300_000_000)
    assert isinstance(late, SendDatagram)
    assert gvcp_codec.parse_ack(late.data) == gvcp.WriteRegAck(1, 1)


def test_a_hot_camera_reads_as_hot_and_a_healed_one_as_before() -> None:
    hot = camera(DeviceFaults(temperature_c=71.5))
    assert hot.state["DeviceTemperature"] == 71.5
    hot.state.health.suffer(HEALTHY)
    assert hot.state["DeviceTemperature"] == 25.0
