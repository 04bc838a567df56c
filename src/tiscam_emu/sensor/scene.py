"""What the camera looks at: linear light for every sensor pixel, and something small that moves.

A `Scene` knows no sensor; fitted to one it is a `Picture`, whose `Still` parts are asked for window by window, so that
no float image of a large sensor ever exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.chart import Chart
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import HALF_FULL_RADIANCE
from tiscam_emu.sensor.picture import MovingPatch, Picture, Still, TexturePicture
from tiscam_emu.units import Nanoseconds

__all__ = ["MovingPatch", "Picture", "Scene", "SceneSpec", "Still", "load_scene"]

Floats = NDArray[np.float32]
FrameFunction = Callable[[Nanoseconds, int, int], NDArray[Any]]
"""Called with device time, width and height; returns an image as an array scene takes it."""

MAX_IMAGE_PIXELS = 100_000_000
"""Larger image files are refused."""


class Scene(Protocol):
    """Something to look at, whatever the sensor's size."""

    def fit(self, width: int, height: int) -> Picture:
        """The scene as seen by a sensor of `width` x `height`."""
        ...


SceneSpec = str | Path | NDArray[Any] | FrameFunction


def load_scene(spec: SceneSpec) -> Scene:
    """Make a scene.

    Parameters
    ----------
    spec
        A name (``chart``, ``flat``, ``gradient``), the path of an image file, an array, or a function.
        Arrays are (height, width) or (height, width, 3): unsigned integers are sRGB-encoded, floats linear radiance,
        1.0 being white paper. They fill the sensor, centred and cropped. A function ``(time_ns, width, height)``
        returns such an array for every frame, at the price of a full computation per frame.

    Raises
    ------
    SceneError
        The name is unknown, or the image cannot be used.
    """
    if callable(spec):
        return FunctionScene(spec)
    if isinstance(spec, np.ndarray):
        return ArrayScene(_checked_array(spec))
    if isinstance(spec, str) and spec in SCENES:
        return SCENES[spec]
    if isinstance(spec, Path) or Path(spec).suffix or Path(spec).exists():
        return ArrayScene(_read_image(Path(spec)))
    raise SceneError(f"unknown scene {spec!r}; known scenes: {', '.join(SCENES)}, or the path of an image file")


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
        return _FormulaPicture(lambda window: np.full((*window.shape, 3), level, np.float32))


@dataclass(frozen=True, slots=True)
class GradientScene:
    """A grey ramp from black at the left to white at the right."""

    def fit(self, width: int, height: int) -> Picture:
        """The ramp, filling the sensor."""
        del height
        ramp = np.linspace(0, 1, width, dtype=np.float32)[:, np.newaxis]
        return _FormulaPicture(lambda window: np.broadcast_to(ramp[window.left : window.right], (*window.shape, 3)))


@dataclass(frozen=True, slots=True)
class ArrayScene:
    """An image given as an array, see `load_scene`."""

    image: NDArray[Any]

    def fit(self, width: int, height: int) -> Picture:
        """The image scaled and cropped to fill the sensor."""
        return _picture_of_array(self.image, width, height)


@dataclass(frozen=True, slots=True)
class FunctionScene:
    """An image computed for every frame, see `load_scene`."""

    function: FrameFunction

    def fit(self, width: int, height: int) -> Picture:
        """The function's images, scaled and cropped to fill the sensor."""
        return _FunctionPicture(self.function, width, height)


SCENES: dict[str, Scene] = {"chart": Chart(), "flat": FlatScene(), "gradient": GradientScene()}
"""Scenes by name."""


class _FormulaPicture:
    """Radiance given by a formula; it is its own still part."""

    def __init__(self, formula: Callable[[Window], Floats]) -> None:
        self.radiance = formula

    def still(self, time_ns: Nanoseconds) -> Still:
        del time_ns
        return self

    def moving(self, time_ns: Nanoseconds) -> MovingPatch | None:
        del time_ns
        return None


class _FunctionPicture:
    """A function of time: every time has its own still part."""

    def __init__(self, function: FrameFunction, width: int, height: int) -> None:
        self._function, self._width, self._height = function, width, height
        self._last: tuple[Nanoseconds, Still] | None = None

    def still(self, time_ns: Nanoseconds) -> Still:
        if self._last is None or self._last[0] != time_ns:
            image = _checked_array(np.asarray(self._function(time_ns, self._width, self._height)))
            self._last = time_ns, _picture_of_array(image, self._width, self._height).still(time_ns)
        return self._last[1]

    def moving(self, time_ns: Nanoseconds) -> MovingPatch | None:
        del time_ns
        return None


def _checked_array(image: NDArray[Any]) -> NDArray[Any]:
    if image.ndim not in {2, 3} or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise SceneError(f"scene array: shape {image.shape} is neither (height, width) nor (height, width, 3)")
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image >> 8).astype(np.uint8)
    if not np.issubdtype(image.dtype, np.floating):
        raise SceneError(f"scene array: type {image.dtype} is none of uint8, uint16 and float")
    if not np.isfinite(image).all() or image.min() < 0:
        raise SceneError("scene array: linear radiance has to be finite and not negative")
    return image.astype(np.float32, copy=False)


def _picture_of_array(image: NDArray[Any], width: int, height: int) -> Picture:
    colour = image if image.ndim == 3 else np.repeat(image[:, :, np.newaxis], 3, axis=2)
    channels = [_cover(np.ascontiguousarray(colour[:, :, index]), width, height) for index in range(3)]
    fitted = np.stack(channels, axis=2)
    if fitted.dtype == np.uint8:
        return TexturePicture(fitted)
    return _FormulaPicture(lambda window: fitted[window.top : window.bottom, window.left : window.right])


def _cover(channel: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    rows, columns = channel.shape
    if (rows, columns) == (height, width):
        return channel
    scale = max(width / columns, height / rows)
    left, top = (columns - width / scale) / 2, (rows - height / scale) / 2
    box = (left, top, left + width / scale, top + height / scale)
    return np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BICUBIC, box=box))


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                raise SceneError(f"scene {path}: {image.width} x {image.height} is above {MAX_IMAGE_PIXELS} pixels")
            return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError:
        raise SceneError(f"scene {path}: not an image file that can be read") from None
    except Image.DecompressionBombError:
        raise SceneError(f"scene {path}: above {MAX_IMAGE_PIXELS} pixels") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise SceneError(f"scene {path}: {getattr(error, 'strerror', None) or error}") from None
