"""Cameras on the manual clock, driven with the tools of the camera's unit tests."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.camera import core
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.scenes.scene import Scene

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk, Studio

_TOOLS = Path(__file__).parents[1] / "unit" / "camera" / "conftest.py"


@dataclass
class Bench:
    """State: one camera, made when it is first asked for; alone on its desk or looking at a scene."""

    model: str
    tools: ModuleType
    strict: bool

    @cached_property
    def desk(self) -> Desk:
        made: Desk = self.tools.Desk(self.model, strict=self.strict)
        return made

    def studio(self, scene: Any, **options: int) -> Studio:
        """Another camera of the model; its frames are measured, so that its automatics work."""
        made: Studio = self.tools.Studio(self.model, scene, **options)
        made.desk.camera.state.strict = self.strict
        return made

    def picture(self, scene: Scene) -> NDArray[np.uint8]:
        """Payload of frame 0 that the camera on the desk takes of `scene` with the settings in use."""
        desk = self.desk
        request = core.frame_request(desk.camera.state, 0, desk.now)
        image = np.empty(request.payload_bytes(), np.uint8)
        Renderer(desk.camera.model.sensor, scene, seed=11, noise="exact").render(request, image)
        return image


@pytest.fixture(scope="session")
def _tools() -> ModuleType:
    name = "camera_desk_and_studio"
    spec = spec_from_file_location(name, _TOOLS)
    assert spec
    assert spec.loader
    sys.modules[name] = tools = module_from_spec(spec)
    spec.loader.exec_module(tools)
    return tools


@pytest.fixture
def bench_of(_tools: ModuleType) -> Any:
    """A bench for a model."""
    return lambda model, *, strict: Bench(model, _tools, strict)
