"""The last frame as a picture: developed once for all who look, and not at all for who has it already."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable

from PIL import Image

from tiscam_emu.api import Camera
from tiscam_emu.errors import NoFrame
from tiscam_emu.frame import FRAME_NUMBERS, Frame
from tiscam_emu.http.calls import Answer, Call

WIDEST = 20_000
_KEPT = 16
_JPEG_QUALITY = 85


Encode = Callable[[Frame, int], bytes]
"""A frame as a picture of so many pixels' width at most."""


class PictureStore:
    """State: the pictures made last, and the frames they are of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[int, threading.Lock] = {}
        self._frames: OrderedDict[int, tuple[Camera, Frame]] = OrderedDict()
        self._pictures: OrderedDict[tuple[int, str, str, int], bytes] = OrderedDict()

    def frame(self, camera: Camera) -> Frame:
        """The last frame; fetched only if it is not the one that was fetched last.

        Raises
        ------
        NoFrame
            There is none yet.
        """
        with self._turn(camera):
            _, known = self._frames.get(id(camera), (camera, None))
            frame = camera.last_frame(known.key if known else "") or known
            if frame is None:
                raise NoFrame("no frame has been made yet: a client has to stream")
            with self._lock:
                self._frames[id(camera)] = camera, frame  # the camera, too: ids of what has gone are used again
                self._frames.move_to_end(id(camera))
                while len(self._frames) > _KEPT:
                    self._frames.popitem(last=False)
            return frame

    def picture(self, camera: Camera, kind: str, width: int, encode: Encode) -> tuple[Frame, bytes]:
        """The last frame and its picture of that kind, `width` pixels wide at most."""
        frame = self.frame(camera)
        wanted = (id(camera), frame.key, kind, width)
        with self._turn(camera):
            made = self._pictures.get(wanted)
            if made is None:
                made = encode(frame, width)
                with self._lock:
                    self._pictures[wanted] = made
                    while len(self._pictures) > _KEPT:
                        self._pictures.popitem(last=False)
        return frame, made

    def _turn(self, camera: Camera) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(id(camera), threading.Lock())


def image_of(frame: Frame, width: int = WIDEST) -> Image.Image:
    """A frame for the eye, `width` pixels wide at most."""
    step = max(1, frame.width // (2 * width))
    image = Image.fromarray(frame.image(step))
    if image.width > width:
        image = image.resize((width, max(1, round(frame.height * width / frame.width))), Image.Resampling.BOX)
    return image


def png(frame: Frame, width: int = WIDEST) -> bytes:
    """As PNG, without loss if it is not narrowed."""
    return _saved(image_of(frame, width), "PNG", compress_level=1)


def jpeg(frame: Frame, width: int = WIDEST) -> bytes:
    """As JPEG."""
    return _saved(image_of(frame, width), "JPEG", quality=_JPEG_QUALITY)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
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
    width = call.number("width", WIDEST, 8, WIDEST)
    store, camera = call.pictures, call.camera
    if (tag := call.headers.get("if-none-match", "").strip('"')) and store.frame(camera).key == tag:
        return Answer(b"", media_type, status=304)
    frame, content = store.picture(camera, media_type, width, encode)
    return Answer(content, media_type, _headers(frame))


def _headers(frame: Frame) -> dict[str, str]:
    numbers = {f"X-{name.replace('_', '-').title()}": str(getattr(frame, name)) for name in FRAME_NUMBERS}
    return {**numbers, "X-Pixel-Format": frame.pixel_format, "X-Frame-Key": frame.key, "ETag": f'"{frame.key}"'}
