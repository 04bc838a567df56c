"""The renderer: one request in, one frame's bytes out, in steps."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.bayer import Phase
from tiscam_emu.sensor.canvas import ArrayCanvas, Canvas
from tiscam_emu.sensor.exact import draw_exact
from tiscam_emu.sensor.fast.plan import FastPlan
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K
from tiscam_emu.sensor.optics.lens import Lens
from tiscam_emu.sensor.optics.light import Light
from tiscam_emu.sensor.pixel.fixed_pattern import FixedPattern
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.changing import ChangingPicture
from tiscam_emu.sensor.scenes.scene import FlatScene, Scene, Still
from tiscam_emu.sensor.settings import FrameSettings

Noise = Literal["fast", "exact"]

_MOST_PLANS = 4  # as many exposure times and gains take turns in multi-frame output mode
_PLANS_BYTES = 64 * 1024 * 1024


_common_part: Callable[[FrameRequest], tuple[Any, ...]] = attrgetter(
    *(part.name for part in fields(FrameRequest) if part.name not in {"frame_id", "exposure_start_ns"})
)
"""What a request has in common with the frames before it until a setting changes."""


class Renderer:
    """Renders frames of one sensor looking at one scene; used from one thread.

    Frame k is the same bytes in any process, alone or in sequence. What does not change from frame to frame is cached:
    the light on the sensor, per scene, lens setting and region, which another region takes over where it can; and for
    fast noise the moments of every component, per frame settings.

    Parameters
    ----------
    seed
        Not negative. With the frame's number, of each frame's noise.
    noise
        ``"exact"`` draws every photon; ``"fast"`` adds pre-drawn normals of the same variance.
    serial
        Of the sensor's fixed differences between pixels and its defects.
    light_k
        Colour temperature of the light on the scene, in kelvin.

    Attributes
    ----------
    first_frame_id
        The first frame that sees the scene: images that follow each other frame by frame begin there.
    """

    def __init__(
        self,
        sensor: SensorModel,
        scene: Scene,
        seed: int = 0,
        noise: Noise = "fast",
        *,
        serial: str = "",
        light_k: float = NEUTRAL_K,
    ) -> None:
        self._sensor, self._seed, self._noise, self._light_k = sensor, seed, noise, light_k
        self.first_frame_id = 0
        self._picture = scene.fit(sensor.width, sensor.height)
        self._pattern = FixedPattern(sensor, serial)
        self._even = isinstance(scene, FlatScene)
        self._light: tuple[Still, Region, Lens, Phase | None, Light] | None = None
        self._plain: tuple[Still, Lens, Phase | None, Light] | None = None
        self._plans: deque[FastPlan] = deque()
        self._settings: tuple[tuple[Any, ...], FrameSettings] | None = None
        self._lit: FrameSettings | None = None

    @property
    def quick(self) -> bool:
        """Whether the first step is as short as the others: not so if a file or a function is asked for its image."""
        return not isinstance(self._picture, ChangingPicture)

    def aside(self) -> Renderer:
        """Another renderer of the same sensor and scene, which caches by itself."""
        other = copy.copy(self)
        other._light, other._plans = None, deque()
        return other

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        """Compute ahead what `request` has in common with the frames that follow it, step by step."""
        settings = self._settings_for(request)
        light = self._light_for(request, settings)
        if self._noise == "exact":
            yield from light.collect()
        else:
            yield from self._plan_for(light, settings).prepare()

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        """Render a frame in steps of a few milliseconds at most, between which other work can be done.

        Only one frame may be under way; one that is given up has to be closed.

        Parameters
        ----------
        canvas
            Takes the frame's ``request.payload_bytes()`` bytes.

        Raises
        ------
        ValueError
            The region does not fit the sensor.
        """
        settings = self._settings_for(request)
        light = self._light_for(request, settings)
        moving = self._picture.moving(request.exposure_start_ns)
        if self._noise == "exact":
            yield from light.collect()
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self._seed, request.frame_id])))
            patches = [(patch.window, patch.radiance()) for patch in moving]
            yield from draw_exact(light, settings, patches, rng, canvas)
        else:
            key = b"%d %d" % (self._seed, request.frame_id)
            yield from self._plan_for(light, settings).draw(moving, key, canvas)

    def render(self, request: FrameRequest, out: NDArray[np.uint8]) -> None:
        """Render a frame into `out`, a contiguous array of exactly ``request.payload_bytes()`` bytes.

        Raises
        ------
        ValueError
            `out` has another size, or the region does not fit the sensor.
        """
        if out.size != request.payload_bytes() or not out.flags.c_contiguous:
            raise ValueError(f"out: {out.size} bytes, needed are {request.payload_bytes()} contiguous ones")
        for _ in self.draw(request, ArrayCanvas(out)):
            pass

    def _light_for(self, request: FrameRequest, settings: FrameSettings) -> Light:
        still = self._picture.still(request.exposure_start_ns, request.frame_id - self.first_frame_id)
        if self._light is not None and self._light[0] is still and self._lit is settings:
            return self._light[4]
        phase = self._sensor.phase_for(request.pixel_format.bayer)
        lens = Lens.focused(request.defocus_px, request.zoom, request.infrared)
        if self._light is None or self._light[0] is not still or self._light[1:4] != (request.region, lens, phase):
            known = self._known_for(still, lens, phase)
            self._light = None  # free the old arrays before making new ones
            self._plans.clear()
            light = known if known is not None and known.region == request.region else None
            light = light or Light(
                self._sensor,
                self._pattern,
                request.region,
                lens,
                still.radiance,
                even=self._even,
                light_k=self._light_k,
                phase=phase,
                known=known,
            )
            self._light = (still, request.region, lens, phase, light)
        self._lit = settings
        return self._light[4]

    def _known_for(self, still: Still, lens: Lens, phase: Phase | None) -> Light | None:
        """The largest light on sensor pixels one by one that has been computed of the same scene through this lens.

        Kept beside the light in use, for a client that bins or skips goes back to full size as well.
        """
        if self._plain is not None and (self._plain[0] is not still or self._plain[1:3] != (lens, phase)):
            self._plain = None
        if self._light is not None and self._light[0] is still and self._light[2:4] == (lens, phase):
            light = self._light[4]
            if light.is_plain and (self._plain is None or light.covers(self._plain[3].geometry)):
                self._plain = still, lens, phase, light
        return self._plain[3] if self._plain is not None else None

    def _settings_for(self, request: FrameRequest) -> FrameSettings:
        common = _common_part(request)
        if self._settings is None or self._settings[0] != common:
            self._settings = common, FrameSettings.of(self._sensor, request)
        return self._settings[1]

    def _plan_for(self, light: Light, settings: FrameSettings) -> FastPlan:
        """A plan in use, or a new one in place of the one that was used longest ago; for settings may take turns."""
        plan = next((plan for plan in reversed(self._plans) if plan.settings == settings), None)
        if plan is not None:
            self._plans.remove(plan)
        else:
            oldest = self._plans.popleft() if self._has_no_room() else None
            plan = FastPlan(light, settings, memory=oldest.memory if oldest else None)
        self._plans.append(plan)
        return plan

    def _has_no_room(self) -> bool:
        if not self._plans:
            return False
        size_bytes = sum(array.nbytes for array in self._plans[0].memory)
        return len(self._plans) >= min(_MOST_PLANS, max(1, _PLANS_BYTES // size_bytes))
