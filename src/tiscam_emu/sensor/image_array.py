"""Arrays as scenes: what they may look like, and how they fill a sensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.picture import FormulaPicture, Picture, TexturePicture

MAX_IMAGE_PIXELS = 80_000_000
"""Larger images are refused: four times the pixels of the largest sensor; Pillow warns from about 89 million."""


@dataclass(frozen=True, slots=True)
class ArrayScene:
    """An image given as an array that `checked_array` let pass."""

    image: NDArray[Any]

    def fit(self, width: int, height: int) -> Picture:
        """The image scaled and cropped to fill the sensor; a copy, so that the array may change afterwards."""
        return fitted(self.image, width, height)


def checked_array(image: NDArray[Any]) -> NDArray[Any]:
    """An image as scenes are made of: uint8, sRGB-encoded, or float32, linear.

    Raises
    ------
    SceneError
        Shape, type, size or values cannot be an image.
    """
    if image.ndim not in {2, 3} or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise SceneError(f"scene array: shape {image.shape} is neither (height, width) nor (height, width, 3)")
    check_size("scene array", image.shape[1], image.shape[0])
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image >> 8).astype(np.uint8)
    if not np.issubdtype(image.dtype, np.floating):
        raise SceneError(f"scene array: type {image.dtype} is none of uint8, uint16 and float")
    if not np.isfinite(image).all() or image.min() < 0:
        raise SceneError("scene array: linear radiance has to be finite and not negative")
    return image.astype(np.float32, copy=False)


def check_size(what: str, width: int, height: int) -> None:
    """Refuse an image that is too large to work with.

    Raises
    ------
    SceneError
        Naming the limit.
    """
    if width * height > MAX_IMAGE_PIXELS:
        raise SceneError(f"{what}: {width} x {height} is above {MAX_IMAGE_PIXELS} pixels; make it smaller")


def fitted(image: NDArray[Any], width: int, height: int) -> FormulaPicture | TexturePicture:
    """A checked array, scaled and cropped to fill a sensor of `width` x `height`; a copy."""
    colour = image if image.ndim == 3 else np.repeat(image[:, :, np.newaxis], 3, axis=2)
    channels = [_cover(np.ascontiguousarray(colour[:, :, index]), width, height) for index in range(3)]
    covering = np.stack(channels, axis=2)
    if covering.dtype == np.uint8:
        return TexturePicture(covering)
    return FormulaPicture(lambda window: covering[window.top : window.bottom, window.left : window.right])


def _cover(channel: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    rows, columns = channel.shape
    if (rows, columns) == (height, width):
        return channel
    scale = max(width / columns, height / rows)
    left, top = (columns - width / scale) / 2, (rows - height / scale) / 2
    box = (left, top, left + width / scale, top + height / scale)
    scaled = np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BICUBIC, box=box))
    return scaled if scaled.dtype == np.uint8 else np.maximum(scaled, 0)  # bicubic swings below black beside edges
