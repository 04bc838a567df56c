"""What the camera looks at: scenes by name, and what a user may hand over instead.

A `Scene` knows no sensor; fitted to one it is a `Picture`, whose `Still` parts are asked for window by window, so that
no float image of a large sensor ever exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.model import HALF_FULL_RADIANCE
from tiscam_emu.sensor.scenes.changing import (
    AnimationImages,
    ChangingScene,
    FileImages,
    FrameFunction,
    FunctionImages,
    Report,
)
from tiscam_emu.sensor.scenes.chart import Chart
from tiscam_emu.sensor.scenes.colorchecker import ColorChecker
from tiscam_emu.sensor.scenes.conveyor import Conveyor
from tiscam_emu.sensor.scenes.image_array import ArrayScene, checked_array
from tiscam_emu.sensor.scenes.image_file import (
    ANIMATED,
    STACKED,
    NotAnImage,
    count_pages,
    image_files,
    read_animation,
    read_image,
)
from tiscam_emu.sensor.scenes.picture import FormulaPicture, MovingPatch, Picture, Still
from tiscam_emu.sensor.scenes.star import SiemensStar
from tiscam_emu.sensor.scenes.video import VideoImages

__all__ = ["FrameFunction", "MovingPatch", "Picture", "Scene", "SceneSpec", "Still", "load_scene"]


class Scene(Protocol):
    """Something to look at, whatever the sensor's size."""

    def fit(self, width: int, height: int) -> Picture:
        """The scene as seen by a sensor of `width` x `height`."""
        ...


SceneSpec = str | Path | NDArray[Any] | FrameFunction


def load_scene(spec: SceneSpec, report: Report | None = None) -> Scene:
    """Make a scene.

    Parameters
    ----------
    spec
        A name, the path of an image or video file or of a folder of images, an array, or a function.
        Arrays are (height, width) or (height, width, 3): unsigned integers are sRGB-encoded, floats linear radiance,
        1.0 being white paper. They fill the sensor, centred and cropped. A function ``(time_ns, width, height)``
        returns such an array for every frame, at the price of a full computation per frame.
    report
        Told the first time that a function or file fails later on; the last good image stays in view then. Without it
        the error is raised.

    Raises
    ------
    SceneError
        The name is unknown, or the image cannot be used.
    """
    if callable(spec):
        function = spec
        return ChangingScene(lambda width, height: FunctionImages(function, width, height), report)
    if isinstance(spec, np.ndarray):
        return ArrayScene(checked_array(spec))
    if not isinstance(spec, str | Path):
        raise SceneError(f"scene {spec!r}: must be a name, a path, an array or a function, not {type(spec).__name__}")
    if isinstance(spec, str) and spec in SCENES:
        return SCENES[spec]
    path = Path(spec)
    if isinstance(spec, Path) or path.suffix or len(path.parts) > 1 or path.exists():
        return _scene_at(path, report)
    raise SceneError(
        f"unknown scene {spec!r}; known scenes: {', '.join(SCENES)}, or the path of an image, a folder or a video"
    )


def _scene_at(path: Path, report: Report | None) -> Scene:
    """A folder's images or a stack's pages one a frame, an animation or a video in time, or one image."""
    if path.is_dir():
        files = [(file, 0) for file in image_files(path)]
        return ChangingScene(lambda _width, _height: FileImages(files), report)
    try:
        kind, count = count_pages(path)
    except NotAnImage:
        if path.suffix.lower() in Image.registered_extensions():
            raise
        return ChangingScene(lambda _width, _height: VideoImages(path), report)
    if count > 1 and kind in ANIMATED:
        animation = read_animation(path)
        return ChangingScene(lambda _width, _height: AnimationImages(animation), report)
    if count > 1 and kind in STACKED:
        pages = [(path, page) for page in range(count)]
        return ChangingScene(lambda _width, _height: FileImages(pages), report)
    return ArrayScene(read_image(path))


@dataclass(frozen=True, slots=True)
class FlatScene:
    """A sensor lit evenly, without a lens that loses light towards the corners, for photon-transfer measurements.

    By default green or monochrome pixels are half full after 20 ms, at the default iris and zoom.
    """

    radiance: float = HALF_FULL_RADIANCE

    def fit(self, width: int, height: int) -> Picture:
        """The card, filling the sensor."""
        del width, height
        level = np.float32(self.radiance)
        return FormulaPicture(lambda window: np.full((*window.shape, 3), level, np.float32))


@dataclass(frozen=True, slots=True)
class GradientScene:
    """A grey ramp from black at the left to white at the right."""

    def fit(self, width: int, height: int) -> Picture:
        """The ramp, filling the sensor."""
        del height
        ramp = np.linspace(0, 1, width, dtype=np.float32)[:, np.newaxis]
        return FormulaPicture(lambda window: np.broadcast_to(ramp[window.left : window.right], (*window.shape, 3)))


SCENES: dict[str, Scene] = {
    "chart": Chart(),
    "star": SiemensStar(),
    "colorchecker": ColorChecker(),
    "flat": FlatScene(),
    "gradient": GradientScene(),
    "conveyor": Conveyor(),
}
"""Scenes by name."""
