"""The renderer: one request in, one frame's bytes out."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.exact import render_exact
from tiscam_emu.sensor.fast import FastPlan
from tiscam_emu.sensor.light import Light
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.optics import Lens
from tiscam_emu.sensor.pixel import FixedPattern
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scene import Scene, Still
from tiscam_emu.sensor.settings import FrameSettings

Noise = Literal["fast", "exact"]


class Renderer:
    """Renders frames of one sensor looking at one scene; used from one thread.

    Frame k is the same bytes in any process, alone or in sequence. What does not change from frame to frame is cached:
    the light on the sensor, per scene, lens setting and region; and for fast noise the moments of every component, per
    frame settings.

    Parameters
    ----------
    seed
        Not negative. Of the sensor's fixed pattern and, with the frame's number, of each frame's noise.
    noise
        ``"exact"`` draws every photon; ``"fast"`` adds pre-drawn normals of the same variance.

    Attributes
    ----------
    first_frame_id
        The first frame that sees the scene: images that follow each other frame by frame begin there.
    """

    def __init__(self, sensor: SensorModel, scene: Scene, seed: int = 0, noise: Noise = "fast") -> None:
        self._sensor, self._seed, self._noise = sensor, seed, noise
        self.first_frame_id = 0
        self._picture = scene.fit(sensor.width, sensor.height)
        self._pattern = FixedPattern(sensor, seed)
        self._light: tuple[Still, Region, Lens, Light] | None = None
        self._plan: tuple[Light, FrameSettings, FastPlan] | None = None

    def prepare(self, request: FrameRequest) -> None:
        """Compute ahead what `request` has in common with the frames that follow it."""
        light = self._light_for(request)
        if self._noise == "fast":
            self._plan_for(light, FrameSettings.of(self._sensor, request))

    def render(self, request: FrameRequest, out: NDArray[np.uint8]) -> None:
        """Render a frame into `out`, a contiguous array of exactly ``request.payload_bytes()`` bytes.

        Raises
        ------
        ValueError
            `out` has another size, or the region does not fit the sensor.
        """
        if out.size != request.payload_bytes() or not out.flags.c_contiguous:
            raise ValueError(f"out: {out.size} bytes, needed are {request.payload_bytes()} contiguous ones")
        light = self._light_for(request)
        settings = FrameSettings.of(self._sensor, request)
        moving = self._picture.moving(request.exposure_start_ns)
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self._seed, request.frame_id])))
        if self._noise == "exact":
            patches = [(patch.window, patch.radiance()) for patch in moving]
            render_exact(light, settings, patches, rng, out.reshape(-1))
        else:
            self._plan_for(light, settings).render(moving, rng, out.reshape(-1))

    def _light_for(self, request: FrameRequest) -> Light:
        still = self._picture.still(request.exposure_start_ns, request.frame_id - self.first_frame_id)
        lens = Lens.focused(request.defocus_px, request.zoom, request.infrared)
        if self._light is None or self._light[0] is not still or self._light[1:3] != (request.region, lens):
            self._light = self._plan = None  # free the old arrays before making new ones
            light = Light(self._sensor, self._pattern, request.region, lens, still.radiance)
            self._light = (still, request.region, lens, light)
        return self._light[3]

    def _plan_for(self, light: Light, settings: FrameSettings) -> FastPlan:
        if self._plan is None or self._plan[0] is not light or self._plan[1] != settings:
            self._plan = None
            self._plan = (light, settings, FastPlan(light, settings))
        return self._plan[2]
