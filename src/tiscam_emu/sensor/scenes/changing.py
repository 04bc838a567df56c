"""Scenes whose whole picture changes: a function, images one after the other, an animation, a video.

Every change costs a computation of the light on all of the sensor.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.scenes.image_array import checked_array, fitted
from tiscam_emu.sensor.scenes.image_file import Animation, read_image
from tiscam_emu.sensor.scenes.picture import MovingPatch, Picture, Still
from tiscam_emu.units import Nanoseconds

FrameFunction = Callable[[Nanoseconds, int, int], NDArray[Any]]
"""Called with device time, width and height; returns an image as an array scene takes it."""

Report = Callable[[Exception], None]


class Images(Protocol):
    """State: something that has an image for every moment."""

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """The image of a moment, as `checked_array` gives it; the same object as long as it has not changed."""
        ...


@dataclass(frozen=True, slots=True)
class ChangingScene:
    """Images that follow each other.

    Attributes
    ----------
    open
        Called with the sensor's width and height.
    report
        Told the first time that an image cannot be had; the last good one stays in view then. None: it is raised.
    """

    open: Callable[[int, int], Images]
    report: Report | None = None

    def fit(self, width: int, height: int) -> Picture:
        """The images, scaled and cropped to fill the sensor.

        Raises
        ------
        SceneError
            The image of time 0 and frame 0 cannot be had.
        """
        return ChangingPicture(self.open(width, height), width, height, self.report)


class ChangingPicture:
    """State: the image in view, fitted to the sensor."""

    def __init__(self, images: Images, width: int, height: int, report: Report | None) -> None:
        self._images, self._width, self._height, self._report = images, width, height, report
        self._reported = False
        self._image = images.at(0, 0)
        self._still: Still = fitted(self._image, width, height)

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """The image of this moment; or the last good one, if that one cannot be had."""
        try:
            image = self._images.at(time_ns, frame)
            if image is not self._image:
                self._still = fitted(image, self._width, self._height)
                self._image = image
        except Exception as error:
            if self._report is None:
                raise
            if not self._reported:
                self._reported = True
                self._report(error)
        return self._still

    def moving(self, time_ns: Nanoseconds) -> tuple[MovingPatch, ...]:
        """Nothing."""
        del time_ns
        return ()


class FunctionImages:
    """State: a function of time, and what it gave last."""

    def __init__(self, function: FrameFunction, width: int, height: int) -> None:
        self._function, self._width, self._height = function, width, height
        self._last: tuple[Nanoseconds, NDArray[Any]] | None = None

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """What the function gives for `time_ns`; it is asked once for each time.

        Raises
        ------
        SceneError
            It raised an error, or returned what is no image.
        """
        del frame
        if self._last is None or self._last[0] != time_ns:
            self._last = time_ns, self._called(time_ns)
        return self._last[1]

    def _called(self, time_ns: Nanoseconds) -> NDArray[Any]:
        try:
            image = np.asarray(self._function(time_ns, self._width, self._height))
        except Exception as error:
            raise SceneError(f"scene function: {type(error).__name__}: {error}") from error
        checked = checked_array(image)
        return checked.view() if checked is image else checked  # another object, should the function reuse its own


@dataclass(slots=True)
class FileImages:
    """State: pages of image files, one for each frame and from the first one again, and the one read last."""

    pages: Sequence[tuple[Path, int]]
    _last: tuple[int, NDArray[Any]] | None = None

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """The image of a frame.

        Raises
        ------
        SceneError
            Its file cannot be read.
        """
        del time_ns
        number = frame % len(self.pages)
        if self._last is None or self._last[0] != number:
            self._last = number, read_image(*self.pages[number])
        return self._last[1]


@dataclass(frozen=True, slots=True)
class AnimationImages:
    """The frames of an animation, for as long as each of them says, over and over."""

    animation: Animation

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """The image of a time."""
        del frame
        ends_ns = self.animation.ends_ns
        return self.animation.frames[bisect_right(ends_ns, time_ns % ends_ns[-1])]
