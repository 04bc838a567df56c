"""Where recorded frames come from: the richest stream of a capture, or a folder of raw frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PixelFormat, find
from tiscam_emu.recordings import frames
from tiscam_emu.recordings.blocks import Frame, richest
from tiscam_emu.recordings.capture import Capture, CaptureError
from tiscam_emu.recordings.frame_reader import FrameReader
from tiscam_emu.recordings.frames import LARGEST_IMAGE_PIXELS
from tiscam_emu.units import NS_PER_S, Nanoseconds

INDEX = "index.json"
_LARGEST_INDEX_BYTES = 16 * 1024 * 1024
_FILLED_FROM = 16
"""So many frames back a lost packet is looked for, when frames are not played one after the other."""


class Source(Protocol):
    """Frames one after the other.

    Attributes
    ----------
    times_ns
        When each of them began, from the first.
    notes
        What a user should know, a line each.
    """

    times_ns: list[Nanoseconds]
    notes: list[str]

    def shape(self, number: int) -> tuple[PixelFormat, int, int]:
        """Format, width and height of a frame."""
        ...

    def image(self, number: int) -> NDArray[np.uint8]:
        """Bytes of a frame, without padding.

        Raises
        ------
        SceneError
            They cannot be had any more.
        """
        ...


class CaptureSource:
    """State: the frames of the richest stream of a capture, and the image read last."""

    def __init__(self, path: Path) -> None:
        capture = Capture(path)
        index = frames.index(capture)
        found = richest(iter(index.streams.values()))
        if found is None:
            raise CaptureError(f"{path}: {capture.damage.partition(': ')[2] or _what_instead(index)}")
        stream, self._frames = found
        if len(self._frames) > 1 and self._frames[-1].cut_off:
            self._frames.pop()
        self._reader = FrameReader(path)
        self._last: tuple[int, NDArray[np.uint8]] | None = None
        first_ns = self._frames[0].time_ns
        self.times_ns = [max(0, frame.time_ns - first_ns) for frame in self._frames]
        lost = sum(frame.lost for frame in self._frames)
        self.notes = [note for note in (capture.damage, _left_out(path, index.left_out)) if note]
        if lost:
            damaged = sum(frame.lost > 0 for frame in self._frames)
            self.notes.append(
                f"{path}: {lost} packets of {damaged} of {len(self._frames)} frames from {stream.ends.source} are "
                "lost, and filled from the frame before"
            )

    def shape(self, number: int) -> tuple[PixelFormat, int, int]:
        """See `Source`."""
        description = self._frames[number].description
        assert description.pixel_format is not None
        return description.pixel_format, description.width, description.height

    def image(self, number: int) -> NDArray[np.uint8]:
        """See `Source`."""
        description = self._frames[number].description
        first, image = number, np.zeros(description.image_bytes, np.uint8)
        while first and number - first < _FILLED_FROM and self._frames[first].lost and self._alike(first - 1, number):
            first -= 1
            if self._last is not None and self._last[0] == first:
                np.copyto(image, self._last[1])
                first += 1
                break
        for each in range(first, number + 1):
            self._reader.fill(self._frames[each], image)
        self._last = number, image
        return _without_padding(image, self._frames[number])

    def _alike(self, number: int, other: int) -> bool:
        return self._frames[number].description.image_bytes == self._frames[other].description.image_bytes


def _what_instead(index: frames.FrameIndex) -> str:
    blocks = (block for stream in index.streams.values() for block in stream.blocks)
    codes = {block.described.code for block in blocks if block.described is not None}
    if codes:
        return f"its frames cannot be developed: pixel format {', '.join(f'0x{code:08X}' for code in sorted(codes))}"
    return "no frame of a GigE Vision camera is in it"


def _left_out(path: Path, packets: int) -> str:
    return f"{path}: too long; its last {packets} packets are left out" if packets else ""


def _without_padding(image: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    description = frame.description
    if not description.padding_x:
        return image
    lines = image.reshape(description.height, -1)
    return np.ascontiguousarray(lines[:, : lines.shape[1] - description.padding_x]).reshape(-1)


class FolderSource:
    """Raw frames in files, which ``index.json`` describes.

    ``{"pixel_format": "BayerRG8", "width": 640, "height": 480, "fps": 25, "frames": ["a.raw", "b.raw"]}``
    """

    def __init__(self, folder: Path) -> None:
        path = folder / INDEX
        self.notes: list[str] = []
        described = _read_index(path)
        named = find(str(described.get("pixel_format")))
        if named is None:
            raise CaptureError(f"{path}: pixel_format: {described.get('pixel_format')!r} is none that is known")
        self._format = named
        self._width, self._height = (_whole_number(path, described, key) for key in ("width", "height"))
        if self._width * self._height > LARGEST_IMAGE_PIXELS:
            raise CaptureError(f"{path}: {self._width} x {self._height} is above {LARGEST_IMAGE_PIXELS} pixels")
        names = described.get("frames")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise CaptureError(f"{path}: frames: must be a list of file names")
        rate = described.get("fps", 25)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1e6:
            raise CaptureError(f"{path}: fps: must be a number above 0")
        self._files = [folder / name for name in names]
        self.times_ns = [round(number * NS_PER_S / rate) for number in range(len(names))]
        wanted = self._format.payload_bytes(self._width, self._height)
        for file in self._files:
            if not file.is_file():
                raise CaptureError(f"{file}: no such file, and {path} names it")
            if file.stat().st_size < wanted:
                raise CaptureError(f"{file}: has {file.stat().st_size} bytes; {path} says {wanted}")

    def shape(self, number: int) -> tuple[PixelFormat, int, int]:
        """See `Source`."""
        del number
        return self._format, self._width, self._height

    def image(self, number: int) -> NDArray[np.uint8]:
        """See `Source`."""
        wanted = self._format.payload_bytes(self._width, self._height)
        try:
            image = np.fromfile(self._files[number], np.uint8, wanted)
        except OSError as error:
            raise CaptureError(f"{self._files[number]}: {error.strerror}") from None
        if image.size != wanted:
            raise CaptureError(f"{self._files[number]}: has become shorter")
        return image


def _read_index(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_INDEX_BYTES:
            raise CaptureError(f"{path}: above {_LARGEST_INDEX_BYTES} bytes")
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise CaptureError(f"{path}: no JSON: {error}") from None
    if not isinstance(described, dict):
        raise CaptureError(f"{path}: must be an object with pixel_format, width, height and frames")
    return described


def _whole_number(path: Path, described: dict[str, Any], key: str) -> int:
    value = described.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 20:
        raise CaptureError(f"{path}: {key}: must be a whole number above 0")
    return value
