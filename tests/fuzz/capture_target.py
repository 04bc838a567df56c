"""What is fuzzed of recordings: a file of any bytes, read, indexed, reported, graded and played.

Whatever it holds, only a `CaptureError` of one line comes out, little memory is taken, and what is played has the size
that was said.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tiscam_emu.recordings import frames
from tiscam_emu.recordings.capture import Capture, CaptureError
from tiscam_emu.recordings.develop import developed
from tiscam_emu.recordings.sources import CaptureSource
from tiscam_emu.score.inspection import as_json, as_text, inspect

_PLAYED_PIXELS = 1_000_000
"""Larger images are not developed here: it takes long, and finds nothing more."""


def run(data: bytes) -> None:
    """Read one file; raises if a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fuzzed")
        path.write_bytes(data)
        refused = ""
        try:
            seen = inspect(path)
            told = as_text(seen)
            json.loads(as_json(seen))
            assert len(told) < 100_000
            _check_index(path, len(data))
            _play(path)
        except CaptureError as error:
            refused = str(error)
        assert "\n" not in refused


def _check_index(path: Path, size: int) -> None:
    capture = Capture(path)
    index = frames.index(capture)
    assert index.packets * 16 <= size
    assert "\n" not in capture.damage
    for stream in index.streams.values():
        for frame in stream.frames():
            assert 0 <= frame.lost <= frame.packets + frame.lost
            assert all(0 <= place <= size for place in frame.block.places)


def _play(path: Path) -> None:
    source = CaptureSource(path)
    for number in range(min(3, len(source.times_ns))):
        pixel_format, width, height = source.shape(number)
        if width * height > _PLAYED_PIXELS:
            continue
        image = source.image(number)
        assert image.size == pixel_format.payload_bytes(width, height)
        assert developed(pixel_format, image, width, height).shape[:2] == (height, width)
