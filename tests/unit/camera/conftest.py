"""A camera without network on a clock that the test moves, spoken to through its registers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tiscam_emu.camera import core
from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.codec import decode, encode
from tiscam_emu.features.kinds import Access, Command, Enumeration, Value
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.scenes.scene import Scene, SceneSpec, load_scene
from tiscam_emu.sensor.sharpness import sharpness
from tiscam_emu.sensor.statistics import FrameStatistics, Roi, measure

_model = cache(core.load)


class Desk:
    """State: the camera and the present; entries of enumerations are given by name.

    The camera is strict unless told otherwise, so that no test writes what is only half taken and does not notice.
    """

    def __init__(self, model: str, options: CameraOptions | None = None, *, strict: bool = True) -> None:
        self.camera = Camera(_model(model), replace(options or CameraOptions(), strict=strict))
        self.now = 0

    def get(self, name: str) -> Value:
        feature = self.camera.model.features[name]
        value = decode(feature, self._read(name))
        at = feature.declaration.at
        if at and isinstance(value, int) and feature.declaration.length == 4:
            value = value >> at.lsb & (1 << (at.msb - at.lsb + 1)) - 1
        if isinstance(feature.declaration, Enumeration):
            return next(entry.name for entry in feature.entries if entry.value == value)
        return value

    def limits(self, name: str) -> tuple[Value, Value]:
        """Live minimum and maximum, read from their registers."""
        feature = self.camera.model.features[name]
        slot, length = feature.slot, feature.declaration.length
        low = self.camera.read(slot.low_address, length, self.now)
        high = self.camera.read(slot.high_address, length, self.now)
        return decode(feature, low), decode(feature, high)

    def attempt(self, name: str, value: Value = 1) -> Status:
        """Write the register of a feature; what the camera answers."""
        feature = self.camera.model.features[name]
        if isinstance(feature.declaration, Enumeration):
            value = next(entry.value for entry in feature.entries if entry.name == value)
        data = encode(feature, value)
        at = feature.declaration.at
        if isinstance(feature.declaration, Command):
            data = encode(feature, int(value) * feature.declaration.code << (at.lsb if at else 0))
        elif at and not at.whole and isinstance(value, int):
            others = 0 if feature.declaration.access is Access.WO else self.word(at.address)
            mask = (1 << at.msb - at.lsb + 1) - 1
            data = (others & ~(mask << at.lsb) | value << at.lsb).to_bytes(4, "big")
        return self.write_block(self.address(name), data)

    def set(self, **values: Value) -> None:
        """Write one feature after the other; all have to succeed."""
        for name, value in values.items():
            assert self.attempt(name, value) is Status.SUCCESS, name

    def run(self, name: str) -> None:
        """Execute a command."""
        assert isinstance(self.camera.model.features[name].declaration, Command)
        assert self.attempt(name) is Status.SUCCESS

    def word(self, address: int) -> int:
        return int.from_bytes(self.camera.read(address, 4, self.now), "big")

    def read_status(self, address: int, length: int = 4) -> Status:
        try:
            self.camera.read(address, length, self.now)
        except RegisterError as error:
            return error.status
        return Status.SUCCESS

    def write_word(self, address: int, value: int) -> Status:
        """As WRITEREG does."""
        return self.camera.write_pairs([(address, value)], self.now)[1]

    def write_block(self, address: int, data: bytes) -> Status:
        """As WRITEMEM does."""
        try:
            self.camera.write(address, data, self.now)
        except RegisterError as error:
            return error.status
        return Status.SUCCESS

    def advance(self, to: int) -> list[Exposure]:
        """Let time pass until `to`; the exposures that opened."""
        self.now = to
        return self.camera.advance(to)

    def starts(self, to: int) -> list[int]:
        """When the exposures opened until `to`."""
        return [exposure.start_ns for exposure in self.advance(to)]

    def prepare_small_frames(self) -> None:
        """640 x 480 at 10 Hz with 5 ms of exposure, set by hand.

        On the DFK 39GX265-Z20 the readout takes 440 us + 480 * 4 us = 2.36 ms, so a frame is over after 7.36 ms.
        """
        self.set(ExposureAuto="Off", GainAuto="Off", Width=640, Height=480)
        self.set(ExposureTime=5000.0, AcquisitionFrameRate=10.0)

    def address(self, name: str) -> int:
        """Of the register that holds the value, the selected one if there are several."""
        feature = self.camera.model.features[name]
        selector = feature.declaration.selected_by
        index = self.word(self.address(selector)) if selector else 0
        return feature.slot.address + index * feature.slot.stride

    def _read(self, name: str) -> bytes:
        length = self.camera.model.features[name].declaration.length
        return self.camera.read(self.address(name), (length + 3) // 4 * 4, self.now)


class Studio:
    """State: a camera that looks at a scene, and all frames it has taken; what a frame looks like is known late.

    The picture is 640 columns wide; frames are rendered when their exposure opens.
    """

    def __init__(self, model: str, scene: Scene | SceneSpec, *, frames_late: int = 0, height: int = 64) -> None:
        self.desk = Desk(model)
        self.desk.set(Width=640, Height=height, AcquisitionFrameRate=30.0)
        picture = load_scene(scene) if isinstance(scene, str | Path | np.ndarray) else scene
        assert not callable(picture)
        self._renderer = Renderer(self.desk.camera.model.sensor, picture, seed=11)
        self._on_their_way: list[tuple[FrameRequest, FrameStatistics, Roi]] = []
        self._frames_late = frames_late
        self.requests: list[FrameRequest] = []
        self.seen: list[FrameStatistics] = []

    def film(self, frames: int) -> None:
        """Take more frames; all of them are measured."""
        camera, desk = self.desk.camera, self.desk
        if not camera.state.acquiring:
            desk.run("AcquisitionStart")
        until = len(self.seen) + frames
        while len(self.seen) < until:
            wakeup = camera.next_wakeup()
            assert wakeup is not None
            for exposure in desk.advance(max(wakeup, desk.now)):
                self._look(exposure.request)
            while len(self._on_their_way) > self._frames_late:
                camera.frame_measured(*self._on_their_way.pop(0), desk.now)

    def focus(self, *, until: int | None = None, late_ns: int = 0) -> int:
        """Let autofocus have its looks, `late_ns` after it asks, until the lens rests or `until`; their number."""
        camera, desk, looks = self.desk.camera, self.desk, 0
        while (wakeup := camera.next_wakeup()) is not None and (until is None or wakeup <= until):
            desk.advance(max(wakeup, desk.now))
            if (look := camera.take_focus_look()) is not None:
                looks += 1
                desk.advance(desk.now + late_ns)
                camera.focus_looked(look.number, sharpness(self._renderer, look.requests), desk.now)
        return looks

    def _look(self, request: FrameRequest) -> None:
        image = np.empty(request.payload_bytes(), np.uint8)
        self._renderer.render(request, image)
        wanted = self.desk.camera.measured_region()
        roi = wanted or (0, 0, request.region.width, request.region.height)
        self.requests.append(request)
        self.seen.append(measure(image.take, request, roi))
        if wanted is not None:
            self._on_their_way.append((request, self.seen[-1], roi))

    @property
    def means(self) -> list[float]:
        """Of all frames, on the 8-bit scale."""
        return [statistics.mean_dn8 for statistics in self.seen]

    @property
    def settings(self) -> list[tuple[float, float, float, tuple[float, float, float]]]:
        """Exposure time, illumination, gain and white balance of all frames."""
        return [(r.exposure_us, r.illumination, r.gain_db, r.white_balance) for r in self.requests]


@pytest.fixture
def studio_of() -> Callable[..., Studio]:
    return Studio


@pytest.fixture
def desk() -> Desk:
    return Desk("39GX265-Z20")


@pytest.fixture
def desk_of() -> Callable[[str], Desk]:
    return Desk
