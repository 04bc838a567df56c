"""Take a picture of every scene, docs/images/scene-*.jpg of docs/scenes.md: ``python tools/scenes.py``.

A camera without network on a clock that is moved by hand: 5 ms, 0 dB, black level 0, gamma 2.2, the white balance that
the camera finds on grey. The bytes are those a client receives, shown at half the size.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Enumeration, Value
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.scenes.conveyor import PERIOD_NS, Conveyor
from tiscam_emu.sensor.scenes.conveyor_parts import Part, part
from tiscam_emu.sensor.scenes.scene import SCENES, Scene
from tiscam_emu.sensor.statistics import measure
from tiscam_emu.units import NS_PER_MS

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_MODEL = "39GX265-Z20"
_SETTINGS: dict[str, Value] = {
    "PixelFormat": "BGR8",
    "AcquisitionFrameRate": 10.0,
    "ExposureAuto": "Off",
    "ExposureTime": 5000.0,
    "GainAuto": "Off",
    "BlackLevel": 0.0,
    "Gamma": 2.2,
}
_SETTLING_FRAMES = 24
_CONVEYOR_MS = 6 * 500 + 190
_SORTS = (("gear", ""), ("washer", "scratch"), ("gear", "chip"), ("nut", "stain"), ("washer", "no hole"))


class _Camera:
    """State: a camera and the present."""

    def __init__(self) -> None:
        self.camera = Camera(load(_MODEL))
        self.now = 0
        self.set(**_SETTINGS)

    def set(self, **values: Value) -> None:
        """Write the registers of features; entries of enumerations are given by name."""
        for name, value in values.items():
            feature = self.camera.model.features[name]
            if isinstance(feature.declaration, Enumeration):
                value = next(entry.value for entry in feature.entries if entry.name == value)  # noqa: PLW2901
            self.camera.write(feature.slot.address, encode(feature.declaration, value), self.now)

    def settle(self, scene: Scene) -> FrameRequest:
        """Film until the white balance has found its values; how the last frame was taken."""
        renderer = Renderer(self.camera.model.sensor, scene, seed=11)
        self.set(AcquisitionStart=1)
        taken = []
        while len(taken) < _SETTLING_FRAMES:
            self.now = max(self.camera.next_wakeup() or 0, self.now)
            for exposure in self.camera.advance(self.now):
                taken.append(exposure.request)
                image = _rendered(renderer, exposure.request)
                if (roi := self.camera.measured_region()) is not None:
                    self.camera.frame_measured(
                        exposure.request, measure(image.take, exposure.request, roi), roi, exposure.end_ns
                    )
                    self.now = exposure.end_ns
        return taken[-1]


def _rendered(renderer: Renderer, request: FrameRequest) -> np.ndarray:
    image = np.empty(request.payload_bytes(), np.uint8)
    renderer.render(request, image)
    return image


def _save(name: str, image: Image.Image) -> None:
    path = IMAGES / f"{name}.jpg"
    image.save(path, quality=90, subsampling=0)
    print(f"{path}: {path.stat().st_size // 1000} kB")


def _photograph(request: FrameRequest, image: np.ndarray) -> Image.Image:
    width, height = request.region.width, request.region.height
    colours = np.ascontiguousarray(image.reshape(height, width, 3)[..., ::-1])
    return Image.fromarray(colours).reduce(2)


def _examples() -> list[Part]:
    """A part without defect, and one with each sort of defect."""
    parts = [part(number) for number in range(1, 1000)]
    return [
        next(each for each in parts if (each.kind, each.defect) == sort and each.finish != "black") for sort in _SORTS
    ]


def _take_parts(sensor: SensorModel, request: FrameRequest) -> Image.Image:
    """Photographs of parts side by side, each cut out of a frame in which it is in the middle."""
    renderer, tiles = Renderer(sensor, Conveyor(), seed=11), []
    for example in _examples():
        at = replace(request, exposure_start_ns=example.number * PERIOD_NS)
        image = _rendered(renderer, at).reshape(at.region.height, at.region.width, 3)
        top, left = at.region.height // 2 - 190, at.region.width // 2 - 190
        tiles.append(image[top : top + 380, left : left + 380, ::-1])
    return Image.fromarray(np.ascontiguousarray(np.concatenate(tiles, axis=1))).reduce(2)


def main() -> None:
    """Write all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    camera = _Camera()
    request = replace(camera.settle(SCENES["flat"]), exposure_start_ns=_CONVEYOR_MS * NS_PER_MS)
    sensor = camera.camera.model.sensor
    for name, scene in SCENES.items():
        _save(f"scene-{name}", _photograph(request, _rendered(Renderer(sensor, scene, seed=11), request)))
    _save("conveyor-parts", _take_parts(sensor, request))


if __name__ == "__main__":
    main()
