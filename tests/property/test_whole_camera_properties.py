"""Whatever happens to a camera, by registers, lines, commands, frames and time, it stays consistent."""

from __future__ import annotations

import contextlib
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_camera_properties import assert_consistent, writes
from tests.property.writing import write_feature

from tiscam_emu.camera import core
from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.errors import RegisterError
from tiscam_emu.sensor.statistics import FrameStatistics
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import NS_PER_S

COMMANDS = (
    "AcquisitionStart",
    "AcquisitionStop",
    "TriggerSoftware",
    "UserSetSave",
    "UserSetLoad",
    "DeviceReset",
    "DeviceFactoryReset",
    "FocusAuto",
    "BalanceWhiteAuto",
    "ActionSchedulerCommit",
    "TestEventGenerate",
    "TimestampReset",
)
WEIGHTS = {"write": 8, "run": 5, "wait": 6, "pulse": 2, "measure": 3, "look": 3, "release": 1}
OFTEN = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
DN8 = st.floats(0, 255)
_model = cache(core.load)


class Life:
    """State: a camera, the present, and the frames it has taken."""

    def __init__(self, model: CameraModel) -> None:
        self.camera, self.now = Camera(model), 0
        self.taken: list[Exposure] = []

    def write(self, address: int, data: bytes) -> None:
        with contextlib.suppress(RegisterError):
            self.camera.write(address, data, self.now)

    def run(self, command: str) -> None:
        feature = self.camera.model.features.get(command)
        if feature is not None:
            with contextlib.suppress(RegisterError):
                write_feature(self.camera, feature, 1, self.now)

    def wait(self, nanoseconds: int) -> None:
        self.now += nanoseconds
        self.taken += self.camera.advance(self.now)
        wakeup = self.camera.next_wakeup()
        assert wakeup is None or wakeup >= self.now
        self.camera.take_reset_request()
        self.camera.take_messages()

    def pulse(self, width_ns: int) -> None:
        self.camera.line1.pulses([(self.now, True), (self.now + width_ns, False)])

    def measure(self, statistics: FrameStatistics) -> None:
        region = self.camera.measured_region()
        if self.taken and region is not None:
            self.camera.frame_measured(self.taken[-1].request, statistics, region, self.now)

    def look(self, sharpness: float) -> None:
        if (look := self.camera.take_focus_look()) is not None:
            self.camera.focus_looked(look.number, sharpness, self.now)


STATISTICS = st.builds(FrameStatistics, DN8, DN8, DN8, DN8, st.floats(0, 1), DN8)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_any_life_leaves_the_camera_consistent(data: st.DataObject) -> None:
    """Limits hold, every read is true, exposures follow each other, and nothing raises but a refused access."""
    life = Life(_model(data.draw(st.sampled_from(model_keys()))))
    steps = {
        "write": lambda: life.write(*data.draw(writes(life.camera.model))),
        "run": lambda: life.run(data.draw(st.sampled_from(COMMANDS))),
        "wait": lambda: life.wait(data.draw(st.integers(0, NS_PER_S // 2))),
        "pulse": lambda: life.pulse(data.draw(st.integers(1, 10_000_000))),
        "measure": lambda: life.measure(data.draw(STATISTICS)),
        "look": lambda: life.look(data.draw(st.floats(0, 1000))),
        "release": lambda: life.camera.release(life.now),
    }
    for name in data.draw(st.lists(st.sampled_from(OFTEN), min_size=5, max_size=40)):
        steps[name]()
    life.wait(0)
    assert_consistent(life.camera.state, life.camera.registers)
    for before, after in pairwise(life.taken):
        assert after.start_ns >= before.exposed_ns
        assert after.request.frame_id == before.request.frame_id + 1
    for exposure in life.taken:
        assert exposure.start_ns <= exposure.exposed_ns <= exposure.ready_ns <= exposure.end_ns
        region = exposure.request.region
        columns = (region.offset_x + region.width) * region.skip_x * region.bin_x
        assert columns <= life.camera.model.sensor.width
        assert (region.offset_y + region.height) * region.skip_y * region.bin_y <= life.camera.model.sensor.height
