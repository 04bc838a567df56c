"""Image files, and what is in them: one picture, the pages of a stack, or an animation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.scenes import image_array
from tiscam_emu.sensor.scenes.image_array import check_size, checked_array
from tiscam_emu.units import NS_PER_MS, Nanoseconds

ANIMATED = frozenset({"AVIF", "GIF", "PNG", "WEBP"})
STACKED = frozenset({"TIFF"})
_UNTOLD_DURATION_MS = 100
"""For frames of an animation that say 0: what browsers take."""


class NotAnImage(SceneError):
    """The file is none of the image formats known."""


@dataclass(frozen=True, slots=True)
class Animation:
    """The frames of an animated image.

    Attributes
    ----------
    frames
        (height, width, 3) uint8, sRGB.
    ends_ns
        When each of them is over, from the beginning of the first.
    """

    frames: tuple[NDArray[np.uint8], ...]
    ends_ns: tuple[Nanoseconds, ...]


def count_pages(path: Path) -> tuple[str, int]:
    """Format and number of pages or frames of an image file, whose size and header have been checked.

    Raises
    ------
    SceneError
        The file cannot be read, is no image (`NotAnImage`) or too large.
    """
    with _opened(path) as image:
        return str(image.format), int(getattr(image, "n_frames", 1))


def read_image(path: Path, page: int = 0) -> NDArray[Any]:
    """One page of an image file, as `checked_array` gives it.

    Files of 16 bits are taken as sRGB-encoded like those of 8, files of floats as linear light.

    Raises
    ------
    SceneError
        The file cannot be read, is no image (`NotAnImage`) or too large.
    """
    with _opened(path) as image:
        image.seek(page)
        check_size(f"scene {path}", image.width, image.height)
        upright = ImageOps.exif_transpose(image)
        if upright.mode == "F":
            return checked_array(np.asarray(upright, np.float32))
        if upright.mode == "I" or upright.mode.startswith("I;16"):
            return checked_array(np.clip(np.asarray(upright), 0, 0xFFFF).astype(np.uint16))
        return np.asarray(upright.convert("RGB"))


def read_animation(path: Path) -> Animation:
    """All frames of an animation, decoded.

    Raises
    ------
    SceneError
        The file cannot be read, or all its frames together are too large.
    """
    with _opened(path) as image:
        count = int(getattr(image, "n_frames", 1))
        limit = image_array.MAX_IMAGE_PIXELS
        if count * image.width * image.height > limit:
            raise SceneError(
                f"scene {path}: {count} frames of {image.width} x {image.height} are above {limit} pixels; "
                "make it a video"
            )
        frames, ends_ns, end_ns = [], [], 0
        for number in range(count):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
            end_ns += round((image.info.get("duration") or _UNTOLD_DURATION_MS) * NS_PER_MS)
            ends_ns.append(end_ns)
        return Animation(tuple(frames), tuple(ends_ns))


def image_files(folder: Path) -> tuple[Path, ...]:
    """The image files of a folder by their suffix, in the order of their names; each can be opened.

    Raises
    ------
    SceneError
        There is none, the folder cannot be read, or one of them is no image; it is named.
    """
    suffixes = Image.registered_extensions()
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes and path.is_file())
    except OSError as error:
        raise SceneError(f"scene {folder}: {error.strerror}") from None
    if not files:
        raise SceneError(f"scene {folder}: there is no image file in this folder")
    for path in files:
        count_pages(path)
    return tuple(files)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            check_size(f"scene {path}", image.width, image.height)
            yield image
    except UnidentifiedImageError:
        raise NotAnImage(f"scene {path}: not an image file that can be read") from None
    except Image.DecompressionBombError:
        raise SceneError(f"scene {path}: above {image_array.MAX_IMAGE_PIXELS} pixels; make it smaller") from None
    except SceneError:
        raise
    except Exception as error:  # decoders raise whatever a broken file leads them to
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SceneError(f"scene {path}: {reason}") from None
