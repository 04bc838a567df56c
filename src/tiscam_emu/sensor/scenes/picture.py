"""A scene fitted to a sensor, and pictures kept as 8-bit textures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.projection import decoded
from tiscam_emu.units import Nanoseconds

Floats = NDArray[np.float32]


class Still(Protocol):
    """The part of a picture that does not move; the same object as long as nothing in it changes."""

    def radiance(self, window: Window, /) -> Floats:
        """Linear RGB (rows, columns, 3) of a window of the sensor, 1.0 being white paper; read-only to the caller."""
        ...


@dataclass(frozen=True, slots=True)
class MovingPatch:
    """A small rectangle in front of the still part.

    Attributes
    ----------
    window
        Where it is on the sensor.
    radiance
        Gives its linear RGB, (rows, columns, 3).
    look
        It looks the same whenever `window` and `look` are the same.
    """

    window: Window
    radiance: Callable[[], Floats]
    look: int = 0


class Picture(Protocol):
    """A scene as one sensor sees it."""

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """What stands still at `time_ns`, in the frame of this number since the scene was put before the camera."""
        ...

    def moving(self, time_ns: Nanoseconds) -> Sequence[MovingPatch]:
        """What moves, where it is at `time_ns`; patches do not cover each other."""
        ...


def srgb_to_linear(encoded: NDArray[np.floating]) -> Floats:
    """Decode sRGB values of 0 to 1 (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear_to_srgb(linear: NDArray[np.floating]) -> Floats:
    """Encode linear values of 0 to 1 as sRGB (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


SRGB_DECODING = srgb_to_linear(np.arange(256) / 255)
"""Linear value of each 8-bit sRGB code."""


class TexturePicture:
    """An sRGB-encoded (height, width, 3) uint8 image that does not move."""

    def __init__(self, texture: NDArray[np.uint8]) -> None:
        self._texture = np.ascontiguousarray(texture)

    def radiance(self, window: Window, /) -> Floats:
        """Linear RGB of a window."""
        ones = [np.ones(size, np.float32) for size in window.shape]
        return decoded(self._texture, SRGB_DECODING, (window.top, window.left), ones[0], ones[1])

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """The picture itself."""
        del time_ns, frame
        return self

    def moving(self, time_ns: Nanoseconds) -> tuple[MovingPatch, ...]:
        """Nothing."""
        del time_ns
        return ()


class FormulaPicture:
    """Radiance given by a formula; it is its own still part."""

    def __init__(self, formula: Callable[[Window], Floats]) -> None:
        self.radiance = formula

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """The picture itself."""
        del time_ns, frame
        return self

    def moving(self, time_ns: Nanoseconds) -> tuple[MovingPatch, ...]:
        """Nothing."""
        del time_ns
        return ()
