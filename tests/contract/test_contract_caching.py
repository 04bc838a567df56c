"""What clients may keep: after every write a node map with a filled cache reads as one that reads all anew.

The judge is the reference implementation of GenICam. Beside the node map of the description as it is served stands one
of the same description without any caching.
"""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from tests.contract.cameras import KEYS as CAMERAS
from tests.contract.node_map import KEYS, TAKEN, NodeBench, genapi, takeable

from tiscam_emu.errors import RegisterError
from tiscam_emu.features.kinds import Access, Command, Feature, Float, Integer, Value
from tiscam_emu.sensor.statistics import FrameStatistics
from tiscam_emu.units import NS_PER_MS, NS_PER_S

_READABLE = {genapi.EAccessMode.RO, genapi.EAccessMode.RW}
_WRITABLE = {genapi.EAccessMode.WO, genapi.EAccessMode.RW}
_BUSY = ("AcquisitionStart", "AcquisitionStop", "AcquisitionStart", "TriggerSoftware", "FocusAuto")
Reading = tuple[object, ...]


class Pair:
    """State: a camera, a client that keeps what it may and one that keeps nothing."""

    def __init__(self, model: str, seed: int) -> None:
        self.bench = NodeBench(model)
        self._random = random.Random(seed)
        anew = self.bench.camera.xml
        for kept in (b"WriteThrough", b"WriteAround"):
            anew = anew.replace(kept, b"NoCache")
        self._anew = self.bench.connected(anew, self.bench.camera.registers.read)
        features = {name: f.declaration for name, f in self.bench.camera.model.features.items()}
        self.names = [name for name, declaration in features.items() if declaration.port is None]
        self._nodes = {name: (self.bench.nodes.get_node(name), self._anew.get_node(name)) for name in self.names}
        self._kept = [name for name in self.names if features[name].access is not Access.RO and self._keeps(name)]
        self.check("power-up", thoroughly=True)

    def _keeps(self, name: str) -> bool:
        return bool(self._nodes[name][0].node.caching_mode != genapi.ECachingMode.NoCache)

    def check(self, after: object, *, thoroughly: bool = False) -> None:
        """Compare what both clients read; unless thoroughly, only what can be written and one of them may keep."""
        for name in self.names if thoroughly else self._kept:
            kept, anew = self._nodes[name]
            assert _reading(kept, thoroughly) == _reading(anew, thoroughly), (name, after)

    def write(self, name: str, value: Value) -> None:
        """Write a feature through the caching client; past it where its node is locked."""
        bench = self.bench
        if bench.nodes.get_node(name).get_access_mode() in _WRITABLE:
            with contextlib.suppress(RegisterError):
                bench.write(name, value)
        else:
            bench.write_register(name, value)
        if name in {"DeviceReset", "DeviceFactoryReset"}:
            bench.camera.take_reset_request()
        self.check((name, value))

    def values(self, name: str) -> list[Value]:
        """Limits and middle, or every entry, as things are."""
        feature, values = self.bench.camera.model.features[name], takeable(self.bench, name)
        if not isinstance(feature.declaration, Integer | Float) or name in TAKEN:
            return values
        limits = self.bench.camera.state.limits(name)
        middle = limits.fit((limits.low + min(limits.high, 2**31)) // 2)
        if isinstance(feature.declaration, Float):
            middle = feature.from_raw(feature.to_raw(middle))
        return [limits.low, middle, limits.high]

    @property
    def settings(self) -> list[str]:
        """Names of all features that can be written and are no commands."""
        return [name for name in self.names if self._is_setting(self.bench.declaration(name))]

    @property
    def commands(self) -> list[str]:
        """Names of all commands."""
        return [name for name in self.names if isinstance(self.bench.declaration(name), Command)]

    @staticmethod
    def _is_setting(declaration: Feature) -> bool:
        return declaration.access is not Access.RO and not isinstance(declaration, Command)

    def choose(self) -> str:
        """Any feature, now and then something that keeps the camera busy."""
        busy = [name for name in _BUSY if name in self.names]
        return self._random.choice(busy if self._random.random() < 0.2 else [*self.settings, *self.commands])

    def choose_value(self, name: str) -> Value:
        """One of its values."""
        return self._random.choice(self.values(name))

    def live(self) -> None:
        """Let time pass, frames be measured and the lens look."""
        bench, camera = self.bench, self.bench.camera
        bench.now += self._random.randrange(300) * NS_PER_MS
        for exposure in camera.advance(bench.now)[:3]:
            if (region := camera.measured_region()) is not None:
                mean, red, green, blue = (self._random.uniform(0, 255) for _ in range(4))
                seen = FrameStatistics(mean, red, green, blue, 0.0, 128.0)
                camera.frame_measured(exposure.request, seen, region, bench.now)
        while (look := camera.take_focus_look()) is not None:
            camera.focus_looked(look.number, self._random.random(), bench.now)
            bench.now += NS_PER_S
            camera.advance(bench.now)
        camera.line1.pulses([(bench.now, True), (bench.now + NS_PER_MS, False)])
        self.check("time")


def _reading(node: Any, thoroughly: bool) -> Reading:
    mode = node.get_access_mode()
    if mode not in _READABLE or isinstance(node, genapi.ICommand):
        return (mode,)
    value = node.to_string()
    return (mode, value, node.min, node.max) if thoroughly and hasattr(node, "min") else (mode, value)


@pytest.fixture
def pair(model: str) -> Pair:
    return Pair(model, seed=5)


@pytest.mark.parametrize("model", CAMERAS)
def test_cache_is_right_after_every_write_of_every_feature(pair: Pair) -> None:
    """As at power-up, where modes lock features, then with all of them off; then every command, and user sets."""
    for unlocked in (False, True):
        for lock in KEYS if unlocked else ():
            pair.bench.turn(lock, hold=False)
        for name in pair.settings:
            for value in pair.values(name):
                pair.write(name, value)
        pair.check("every setting", thoroughly=True)
    for name in pair.commands:
        pair.write("UserSetSelector", 1)
        pair.write(name, 1)
        pair.check(name, thoroughly=True)
        pair.write("AcquisitionStop", 1)
    for name in pair.settings:
        pair.write(name, pair.values(name)[0])
    pair.write("UserSetSelector", 1)
    for name in ("UserSetLoad", "DeviceReset"):
        pair.write(name, 1)
        pair.check(name, thoroughly=True)


@pytest.mark.parametrize("model", CAMERAS)
def test_cache_is_right_whatever_happens_in_whatever_order(pair: Pair) -> None:
    for number in range(300):
        name = pair.choose()
        pair.write(name, pair.choose_value(name))
        if number % 3 == 0:
            pair.live()
    pair.check("all of it", thoroughly=True)
