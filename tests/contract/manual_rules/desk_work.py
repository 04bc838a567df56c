"""What the checks of the rules do with a camera on its desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.camera.notices import ActionExecuted
from tiscam_emu.errors import Status
from tiscam_emu.features.kinds import Value
from tiscam_emu.sensor.scenes.scene import Scene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench
    from tests.unit.camera.conftest import Desk

S, MS, US = 1_000_000_000, 1_000_000, 1_000
SENSOR_PX = {
    "33GP1300": (1280, 1024),
    "38GX541-a": (4504, 4504),
    "38UX253": (4096, 3000),
    "38UX267": (4096, 2160),
    "39GX265-Z20": (2048, 1536),
}
SIGNAL_TIMES = "TriggerDelay", "TriggerDebouncer", "TriggerMask", "TriggerDenoise"
Train = list[tuple[int, bool]]


def small(desk: Desk) -> Desk:
    desk.prepare_small_frames()
    return desk


def locked(desk: Desk, name: str, value: Value = 1) -> bool:
    """Whether a write is refused by a strict camera, and acknowledged without effect by another."""
    before = desk.camera.state[name], dict(desk.camera.state.user_sets), len(desk.camera.state.actions)
    status = desk.attempt(name, value)
    after = desk.camera.state[name], desk.camera.state.user_sets, len(desk.camera.state.actions)
    return before == after and status is (Status.ACCESS_DENIED if desk.camera.state.strict else Status.SUCCESS)


def waiting(desk: Desk, source: str = "Any") -> Desk:
    """Acquiring small frames on triggers, without the random delay of the sensors that have one."""
    small(desk).set(TriggerMode="On", TriggerSource=source)
    if "IMXLowLatencyTriggerMode" in desk.camera.model.features:
        desk.set(IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    return desk


def pulses(*spans: tuple[int, int]) -> Train:
    """High from the first time to the second of each span."""
    return [edge for begin, end in spans for edge in ((begin, True), (end, False))]


def fire(desk: Desk, *times: int) -> list[int]:
    """When exposures opened after software triggers at `times`."""
    starts = []
    for time in times:
        starts += desk.starts(time)
        desk.run("TriggerSoftware")
    return starts + desk.starts(times[-1] + S)


def format_with(desk: Desk, part: str) -> str:
    """Name of the first pixel format that contains `part`."""
    return next(entry.name for entry in desk.camera.model.features["PixelFormat"].entries if part in entry.name)


def place(desk: Desk) -> tuple[object, object]:
    return desk.get("OffsetX"), desk.get("OffsetY")


def actions(desk: Desk) -> list[int]:
    """When actions are performed from now on."""
    times: list[int] = []
    desk.camera.state.notices.subscribe(ActionExecuted, lambda notice: times.append(notice.at_ns))
    return times


def plan(desk: Desk, time_ns: int, interval_us: int = 0) -> None:
    desk.set(ActionSchedulerTime=time_ns, ActionSchedulerInterval=interval_us)


def commit(desk: Desk, time_ns: int, interval_us: int = 0) -> Status:
    plan(desk, time_ns, interval_us)
    return desk.attempt("ActionSchedulerCommit")


def listen(desk: Desk, *events: str) -> Desk:
    desk.set(GevMCDA=0x7F00_0001, GevMCPHostPort=30_000)
    for event in events:
        desk.set(EventSelector=event, EventNotification="On")
    return desk


def told(desk: Desk, to: int) -> list[int]:
    """Times of the events that the camera sends until `to`."""
    desk.advance(to)
    return [message.timestamp for message in desk.camera.take_messages()]


def write_table(desk: Desk, entries: list[int]) -> None:
    block = b"".join(entry.to_bytes(4, "big") for entry in entries)
    assert desk.write_block(desk.camera.model.features["LUTValueAll"].slot.address, block) is Status.SUCCESS


def words_of(bench: Bench, scene: Scene) -> NDArray[np.uint16]:
    """A frame of 16-bit pixels in rows."""
    return bench.picture(scene).view("<u2").reshape(480, 640)
