"""What is sent to the bench: values, and scenes as the bytes of an image or of a NumPy file. All of it is bounded."""

from __future__ import annotations

import ast
import io
import json
import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tiscam_emu.errors import SceneError
from tiscam_emu.http.problems import BadRequest
from tiscam_emu.http.start_options import check_scene_name
from tiscam_emu.sensor.scenes.image_array import check_size, checked_array

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of an upload; anything else is far smaller."""
MAX_VALUE_LENGTH = 10_000
MAX_PIXELS = 32_000_000
"""Of an uploaded image: more than the largest sensor has, and little enough that decoding it does no harm."""

_PNG, _JPEG, _NPY = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x93NUMPY"
_NPY_TYPES = frozenset({"|u1", "<u2", ">u2", "<f2", "<f4", "<f8", ">f4", ">f8"})


def json_of(body: bytes) -> Any:
    """A JSON document.

    Raises
    ------
    BadRequest
        It is none; numbers that JSON does not have are refused as well.
    """
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def value_of(body: bytes) -> int | float | str | bool:
    """A value as JSON; what is no JSON is a text, so that nobody has to quote for a shell and for JSON.

    Raises
    ------
    BadRequest
        It is empty, no UTF-8, or JSON but not one value.
    """
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        raise BadRequest("the value is not UTF-8") from None
    if not text:
        raise BadRequest("the value is missing: send it as the body")
    if len(text) > MAX_VALUE_LENGTH:
        raise BadRequest(f"the value is longer than {MAX_VALUE_LENGTH}")
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, int | float | str):
        return value
    raise BadRequest("the value must be one number, one text, true or false")


def scene_of(body: bytes) -> str | NDArray[Any]:
    """A scene by its name, or as the bytes of a PNG, JPEG or NumPy file.

    Raises
    ------
    SceneError, BadRequest
        There is no such scene, or the bytes are no image that can be used. A path of this computer is none.
    """
    if body.startswith((_PNG, _JPEG)):
        return _image(body)
    if body.startswith(_NPY):
        return _array(body)
    name = value_of(body) if len(body) < 1024 else ""
    if not isinstance(name, str) or not name:
        raise SceneError("the scene is neither a name nor the bytes of a PNG, JPEG or NumPy file")
    check_scene_name(name)
    return name


def _image(body: bytes) -> NDArray[Any]:
    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as image:
            _check_pixels(image.width, image.height)
            upright = ImageOps.exif_transpose(image)
            if upright.mode == "I" or upright.mode.startswith("I;16"):
                return checked_array(np.clip(np.asarray(upright), 0, 0xFFFF).astype(np.uint16))
            return np.asarray(upright.convert("RGB"))
    except SceneError:
        raise
    except Exception as error:  # decoders raise whatever a broken file leads them to
        raise SceneError(f"the image cannot be read: {error or type(error).__name__}") from None


def _array(body: bytes) -> NDArray[Any]:
    """The array of a NumPy file, whose header is believed only as far as the bytes go."""
    try:
        wide = body[6] > 1
        (length,) = struct.unpack_from("<I" if wide else "<H", body, 8)
        start = (12 if wide else 10) + length
        header = ast.literal_eval(body[start - length : start].decode("latin-1"))
        kind, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
        if kind not in _NPY_TYPES:
            raise SceneError(f"scene array: type {kind} is none of uint8, uint16 and float")
        if len(shape) not in {2, 3} or not all(type(size) is int and size > 0 for size in shape):
            raise SceneError(f"scene array: shape {shape} is neither (height, width) nor (height, width, 3)")
        _check_pixels(shape[1], shape[0])
        count = math.prod(shape)
        if len(body) - start != count * np.dtype(kind).itemsize:
            raise SceneError("the NumPy file is cut short, or holds more than its array")
        array = np.frombuffer(body, kind, count, start).reshape(shape, order="F" if fortran else "C")
    except SceneError:
        raise
    except Exception:  # the header may be anything
        raise SceneError("the NumPy file cannot be read") from None
    return checked_array(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))))


def _check_pixels(width: int, height: int) -> None:
    check_size("scene", width, height)
    if width * height > MAX_PIXELS:
        raise SceneError(f"scene: {width} x {height} is above {MAX_PIXELS} pixels; make it smaller")
