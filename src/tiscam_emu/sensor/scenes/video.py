"""Video files as scenes, decoded by PyAV (FFmpeg), the extra ``video``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.scenes.image_array import check_size
from tiscam_emu.units import NS_PER_S, Nanoseconds

_NS_PER_AV_TIME = 1000
"""FFmpeg gives lengths of containers in microseconds."""
_SEEK_AHEAD_NS = 2 * NS_PER_S
"""Beyond this, jumping to the next key frame is quicker than decoding up to there."""


class VideoImages:
    """State: an open video and the frame it is at.

    The video runs in device time, over and over: it has begun anew whenever device time is a multiple of its length.

    Raises
    ------
    SceneError
        PyAV is not installed, the file is no video, too large, or has no frame.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._av = _pyav(path)
        self._current: Any = None
        self._image: NDArray[Any] | None = None
        self._starts_ns: Nanoseconds = 0
        self._open()
        if self._next is None:
            raise SceneError(f"scene {path}: the video has no frame that can be decoded")
        self._length_ns = self._told_length_ns() or self._counted_length_ns()
        if self._length_ns <= 0:
            raise SceneError(f"scene {path}: the video does not tell when its frames are shown")
        self._step()

    def _open(self) -> None:
        """Be at the beginning of the file."""
        try:
            self._container = self._av.open(str(self._path))
        except (self._av.FFmpegError, OSError) as error:
            raise SceneError(
                f"scene {self._path}: not an image or video file that can be read ({_reason(error)})"
            ) from None
        if not self._container.streams.video:
            raise SceneError(f"scene {self._path}: there is no video in this file")
        self._stream = self._container.streams.video[0]
        check_size(f"scene {self._path}", self._stream.width, self._stream.height)
        self._stream.thread_type = "SLICE"  # threads by frames would keep some more of them in memory
        self._frames: Iterator[Any] = self._container.decode(self._stream)
        self._next = self._decoded()

    def at(self, time_ns: Nanoseconds, frame: int) -> NDArray[Any]:
        """The image of a time.

        Raises
        ------
        SceneError
            It cannot be decoded.
        """
        del frame
        place_ns = time_ns % self._length_ns
        if not self._starts_ns <= place_ns <= self._starts_ns + _SEEK_AHEAD_NS:
            self._restart(place_ns)
            self._step()
        while self._next is not None and self._time_of(self._next) <= place_ns:
            self._step()
        if self._image is None:
            image: NDArray[Any] = self._current.to_ndarray(format="rgb24")
            self._image = image
        return self._image

    def _restart(self, place_ns: Nanoseconds) -> None:
        """Go to the key frame at a place or before it; to the beginning if the file cannot be searched."""
        first = self._stream.start_time or 0
        with suppress(self._av.FFmpegError):
            self._container.seek(first + int(place_ns / self._ns_per_tick), stream=self._stream)
            self._frames = self._container.decode(self._stream)
            self._next = next(self._frames, None)
            if self._next is not None and self._time_of(self._next) <= place_ns:
                return
        self._container.close()
        self._open()

    def _step(self) -> None:
        """Make the next frame the current one."""
        self._current, self._image = self._next, None
        self._starts_ns = self._time_of(self._current)
        self._next = self._decoded()

    def _decoded(self) -> Any:
        try:
            return next(self._frames, None)
        except self._av.FFmpegError as error:
            raise SceneError(f"scene {self._path}: the video is damaged ({_reason(error)})") from None

    def _time_of(self, frame: Any) -> Nanoseconds:
        """From the beginning of the video."""
        return round(((frame.pts or 0) - (self._stream.start_time or 0)) * self._ns_per_tick)

    @property
    def _ns_per_tick(self) -> float:
        return float(self._stream.time_base * NS_PER_S)

    def _told_length_ns(self) -> Nanoseconds:
        """From the file's header; 0 if it does not say."""
        if self._stream.duration:
            return round(float(self._stream.duration) * self._ns_per_tick)
        return int((self._container.duration or 0) * _NS_PER_AV_TIME)

    def _counted_length_ns(self) -> Nanoseconds:
        """From the times of all packets."""
        first = self._stream.start_time or 0
        ends: list[int] = [
            p.pts + (p.duration or 0) - first for p in self._container.demux(self._stream) if p.pts is not None
        ]
        self._container.close()
        self._open()
        return round(max(ends, default=0) * self._ns_per_tick)


def _pyav(path: Path) -> Any:
    try:
        import av  # noqa: PLC0415 - optional, and slow to load
    except ImportError:
        raise SceneError(
            f"scene {path}: not an image; videos need the extra tiscam-emu[video]: pip install av"
        ) from None
    return av


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
