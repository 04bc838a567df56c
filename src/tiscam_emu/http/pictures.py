"""The last frame as a picture: developed once for all who look, and not at all for who has it already."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from tiscam_emu.frame import FRAME_NUMBERS, Frame
from tiscam_emu.handle import Camera
from tiscam_emu.http.calls import Answer, Call

WIDEST = 20_000
_KEPT, _KEPT_BYTES = 32, 64 * 1024 * 1024
_JPEG_QUALITY = 85
_Wanted = tuple[int, str, int]


Encode = Callable[[Frame], bytes]


class PictureStore:
    """State: the pictures made last, by camera, kind and width, and the frames they are of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[_Wanted, threading.Lock] = {}
        self._made: OrderedDict[_Wanted, tuple[Camera, Frame, bytes]] = OrderedDict()

    def picture(self, camera: Camera, kind: str, width: int, encode: Encode) -> tuple[Frame, bytes]:
        """The last frame and its picture, `width` pixels wide at most; made only if there is a new frame.

        Raises
        ------
        NoFrame
            There is none yet.
        """
        wanted = (id(camera), kind, width)
        with self._lock:
            turn = self._turns.setdefault(wanted, threading.Lock())
        with turn:
            made = self._made.get(wanted)
            frame = camera.last_frame(made[1].key if made else "", width)
            if frame is not None:
                # The camera, too: ids of what has gone are used again.
                made = camera, replace(frame, data=b""), encode(frame)
                self._keep(wanted, made)
        assert made is not None
        return made[1], made[2]

    def _keep(self, wanted: _Wanted, made: tuple[Camera, Frame, bytes]) -> None:
        with self._lock:
            self._made[wanted] = made
            self._made.move_to_end(wanted)
            kept = sum(len(content) for _, _, content in self._made.values())
            while len(self._made) > 1 and (len(self._made) > _KEPT or kept > _KEPT_BYTES):
                old, (_, _, content) = self._made.popitem(last=False)
                self._turns.pop(old, None)
                kept -= len(content)


def png(frame: Frame) -> bytes:
    """As PNG, without loss."""
    return _saved(frame, "PNG", compress_level=1)


def jpeg(frame: Frame) -> bytes:
    """As JPEG."""
    return _saved(frame, "JPEG", quality=_JPEG_QUALITY)


def _saved(frame: Frame, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(frame.image()).save(out, kind, **options)
    return out.getvalue()


def frame_png(call: Call) -> Answer:
    """The last frame as PNG."""
    return _picture(call, "image/png", png)


def frame_jpeg(call: Call) -> Answer:
    """The last frame as JPEG."""
    return _picture(call, "image/jpeg", jpeg)


def frame_raw(call: Call) -> Answer:
    """The image data of the last frame as transmitted."""
    frame = call.camera.last_frame(call.query.get("known", ""))
    if frame is None:
        return Answer(b"", "application/octet-stream", status=204)
    return Answer(frame.data, "application/octet-stream", _headers(frame))


def _picture(call: Call, media_type: str, encode: Encode) -> Answer:
    width = call.number("width", 0, 8, WIDEST) if "width" in call.query else 0
    frame, content = call.pictures.picture(call.camera, media_type, width, encode)
    if call.headers.get("if-none-match", "").strip('"') == frame.key:
        return Answer(b"", media_type, status=304)
    return Answer(content, media_type, _headers(frame))


def _headers(frame: Frame) -> dict[str, str]:
    numbers = {f"X-{name.replace('_', '-').title()}": str(getattr(frame, name)) for name in FRAME_NUMBERS}
    return {**numbers, "X-Pixel-Format": frame.pixel_format, "X-Frame-Key": frame.key, "ETag": f'"{frame.key}"'}
