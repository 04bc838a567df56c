"""Small sensors and a way to take one frame, shared by the sensor tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Noise, Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import Scene, load_scene

_ROOT = str(Path(__file__).parents[3])
if _ROOT not in sys.path:  # the modules beside the tests are imported as tests.unit.sensor.*
    sys.path.insert(0, _ROOT)

Image = NDArray[Any]
TakeFrame = Callable[..., Image]


@pytest.fixture
def mono_sensor() -> SensorModel:
    return SensorModel(256, 192, 3.45, color=False, full_well_e=10500, read_noise_e=2.3, qe=(0.65,))


@pytest.fixture
def color_sensor() -> SensorModel:
    return SensorModel(256, 192, 3.45, color=True, full_well_e=10500, read_noise_e=2.3, cfa="RG", qe=(0.52, 0.64, 0.50))


@pytest.fixture
def still_sensor() -> SensorModel:
    """Without differences between pixels, so that areas are flat but for temporal noise."""
    return SensorModel(256, 192, 3.45, color=False, full_well_e=10500, read_noise_e=2.3, dsnu_e=0.0, prnu_percent=0.0)


@pytest.fixture
def still_color_sensor() -> SensorModel:
    return SensorModel(
        256, 192, 3.45, color=True, full_well_e=10500, read_noise_e=2.3, cfa="RG", qe=(0.52, 0.64, 0.50),
        dsnu_e=0.0, prnu_percent=0.0,
    )  # fmt: skip


def flat(radiance: float | tuple[float, float, float]) -> Scene:
    """An even card."""
    return load_scene(np.full((192, 256, 3), radiance, np.float32))


@pytest.fixture
def card() -> Callable[..., Scene]:
    return flat


@pytest.fixture
def take_frame() -> TakeFrame:
    """Render one frame: (sensor, scene, format, ...) -> lines of uint8, or of 12-bit values for 16-bit formats."""

    def take(
        sensor: SensorModel,
        scene: Scene,
        pixel_format: str = "Mono16",
        *,
        frame_id: int = 0,
        noise: Noise = "fast",
        seed: int = 7,
        serial: str = "",
        light_k: float = 6500.0,
        region: Region | None = None,
        exposure_us: float = 5000.0,
        gain_db: float = 0.0,
        black_level: float = 240.0,
        time_ns: int = 0,
        **isp: Any,
    ) -> Image:
        shape = region or Region(sensor.width, sensor.height)
        request = FrameRequest(
            frame_id, time_ns, exposure_us, gain_db, black_level, PIXEL_FORMATS[pixel_format], shape, **isp
        )
        out = np.full(request.payload_bytes(), 0xA5, np.uint8)
        Renderer(sensor, scene, seed, noise, serial=serial, light_k=light_k).render(request, out)
        if pixel_format.endswith("16"):
            return (out.view("<u2") >> 4).reshape(shape.height, shape.width)
        return out.reshape(shape.height, -1)

    return take
