"""Arrays as scenes: what they may look like, and how they fill a sensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.scenes.picture import FormulaPicture, Picture, TexturePicture

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
    covering = _cover(image, width, height)
    if covering.ndim == 2:
        covering = np.repeat(covering[:, :, np.newaxis], 3, axis=2)
    if covering.dtype == np.uint8:
        return TexturePicture(covering)
    return FormulaPicture(lambda window: covering[window.top : window.bottom, window.left : window.right])


def _cover(image: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    rows, columns = image.shape[:2]
    if (rows, columns) == (height, width):
        return image.copy()
    scale = max(width / columns, height / rows)
    left, top = (columns - width / scale) / 2, (rows - height / scale) / 2
    box = (left, top, left + width / scale, top + height / scale)

    def scaled(part: NDArray[Any]) -> NDArray[Any]:
        resized = Image.fromarray(part).resize((width, height), Image.Resampling.BICUBIC, box=box)
        return np.asarray(resized)

    if image.dtype == np.uint8:
        return scaled(np.ascontiguousarray(image))
    planes = np.moveaxis(np.atleast_3d(image), 2, 0)
    covering = np.stack([scaled(np.ascontiguousarray(plane)) for plane in planes], axis=2)
    covering = covering.reshape(height, width, *image.shape[2:])
    return np.asarray(np.maximum(covering, 0))  # bicubic swings below black beside edges
