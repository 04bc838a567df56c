"""Recordings as scenes: the frames of a capture, or of a folder of raw frames, developed or passed through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.errors import InvalidOption, SceneError
from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.recordings.capture import CaptureError, is_capture
from tiscam_emu.recordings.develop import developed
from tiscam_emu.recordings.sources import INDEX, CaptureSource, FolderSource, Source
from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.scenes.changing import ChangingScene, Report
from tiscam_emu.sensor.scenes.scene import Scene, SceneSpec, load_scene
from tiscam_emu.units import NS_PER_S, Nanoseconds

_PART_BYTES = 1 << 19
_UNTOLD_PERIOD_NS = NS_PER_S // 25


@dataclass(frozen=True, slots=True)
class Play:
    """How a recording is played.

    Attributes
    ----------
    raw
        Bit for bit, where the camera's size and format are those of the recording.
    timed
        Each frame as long as it was in view when it was recorded; else one for each frame of the camera.
    once
        The last one stays then; else from the first one again.
    """

    raw: bool = False
    timed: bool = False
    once: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """From words with commas between them, such as ``raw,once``.

        Raises
        ------
        InvalidOption
            Naming what they may be.
        """
        known = ("raw", "timed", "once")
        words = [word.strip() for word in text.split(",")] if text else []
        for word in words:
            if word not in known:
                raise InvalidOption(
                    f"play {word!r}: must be {', '.join(known[:-1])} or {known[-1]}, or several of them"
                )
        return cls(**dict.fromkeys(words, True))


class Playback:
    """State: which frame of a recording is in view, and the picture developed last.

    Parameters
    ----------
    source
        Whose frames are played.
    """

    def __init__(self, source: Source, play: Play) -> None:
        self.source = source
        self.play = play
        self._began_ns: Nanoseconds = 0
        self._picture: tuple[int, NDArray[Any]] | None = None
        times_ns = source.times_ns
        gaps = [later - earlier for earlier, later in pairwise(times_ns)]
        self._length_ns = times_ns[-1] + max(1, round(median(gaps)) if gaps else _UNTOLD_PERIOD_NS)

    def number(self, time_ns: Nanoseconds, frame: int) -> int:
        """The recorded frame that the camera's frame of this number sees at this time."""
        count = len(self.source.times_ns)
        if not self.play.timed:
            return min(frame, count - 1) if self.play.once else frame % count
        if frame == 0:
            self._began_ns = time_ns
        passed_ns = max(0, time_ns - self._began_ns)
        if not self.play.once:
            passed_ns %= self._length_ns
        return max(0, bisect_right(self.source.times_ns, passed_ns) - 1)

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """See `sensor.scenes.changing.Images`."""
        number = self.number(time_ns, max(0, frame))
        if self._picture is None or self._picture[0] != number:
            self._picture = number, developed(*self._parts(number))
        return self._picture[1]

    def _parts(self, number: int) -> tuple[PixelFormat, NDArray[np.uint8], int, int]:
        pixel_format, width, height = self.source.shape(number)
        return pixel_format, self.source.image(number), width, height


class RawRenderer(Renderer):
    """A renderer that passes recorded frames through where size and format are the camera's, and renders the others."""

    def __init__(self, playback: Playback, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._playback = playback

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        """See `Renderer.prepare`."""
        return super().prepare(request) if self._recorded(request) is None else iter(())

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        """See `Renderer.draw`."""
        number = self._recorded(request)
        if number is None:
            yield from super().draw(request, canvas)
            return
        image = self._playback.source.image(number)
        for first in range(0, image.size, _PART_BYTES):
            canvas.write(first, image[first : first + _PART_BYTES])
            yield

    def _recorded(self, request: FrameRequest) -> int | None:
        """The recorded frame that a request gets as it is."""
        frame = max(0, request.frame_id - self.first_frame_id)
        number = self._playback.number(request.exposure_start_ns, frame)
        pixel_format, width, height = self._playback.source.shape(number)
        asked = (request.pixel_format.code, request.region.width, request.region.height)
        return number if asked == (pixel_format.code, width, height) else None


def is_recording(scene: Any) -> bool:
    """Whether a scene is the path of a capture, or of a folder of raw frames."""
    if not isinstance(scene, str | Path):
        return False
    path = Path(scene)
    return (path / INDEX).is_file() if path.is_dir() else path.is_file() and is_capture(path)


def load_any(spec: SceneSpec, play: Play | None = None, report: Report | None = None) -> tuple[Scene, Playback | None]:
    """A scene of any kind, see `load_scene`; of a recording what plays it too.

    Raises
    ------
    SceneError
        It cannot be used or played.
    """
    if not is_recording(spec):
        return load_scene(spec, report), None
    path = Path(str(spec))
    try:
        playback = Playback(FolderSource(path) if path.is_dir() else CaptureSource(path), play or Play())
    except CaptureError as error:
        raise SceneError(f"scene {error}") from None
    return ChangingScene(lambda _width, _height: playback, report), playback
