"""Walk through a camera of which only its description is known: read, set the size, every format, the exposure.

Job: camera, frames (for each pixel format).
"""

from __future__ import annotations

from typing import Any

from aravis_session import PATIENCE_US, Aravis, open_camera, run  # type: ignore[import-not-found]
from gi.repository import GLib

_OF_THE_CLIENT = ("arv-chunk-parser-error", "Events not implemented")
"""Chunks can be read of a frame only, and Aravis has no events."""
_OF_THE_STANDARD = ("bad-alignment",)
"""A description may have a register at 0xffffffff behind a gate that says that there is none: Aravis reads it."""
_ATTEMPTS = 3
_SHORT_US, _LONG_US = 2000.0, 8000.0
_STEP = 97


def _features(genicam: Any, name: str = "Root") -> dict[str, Any]:
    found: dict[str, Any] = {}
    category = genicam.get_node(name)
    for feature in category.get_features() if category else ():
        node = genicam.get_node(feature)
        if isinstance(node, Aravis.GcCategory):
            found |= _features(genicam, feature)
        elif node is not None:
            found[feature] = node
    return found


def _read(node: Any) -> None:
    if isinstance(node, Aravis.GcCommand) or not (node.is_implemented() and node.is_available()):
        return
    if node.get_actual_access_mode() == Aravis.GcAccessMode.WO:
        return
    if isinstance(node, Aravis.GcEnumeration):
        node.get_string_value()
    elif hasattr(node, "get_value"):
        node.get_value()


def _unread(camera: Any) -> dict[str, str]:
    """Features that are there and cannot be read, and why."""
    unread = {}
    for name, node in _features(camera.get_device().get_genicam()).items():
        try:
            _read(node)
        except GLib.Error as error:
            if not any(reason in f"{error.domain} {error.message}" for reason in _OF_THE_CLIENT + _OF_THE_STANDARD):
                unread[name] = error.message
    return unread


def _frames(camera: Any, count: int) -> dict[str, Any]:
    """So many whole frames in a row, what they are like, and how many there were; a busy computer may try again."""
    told: dict[str, Any] = {}
    for _ in range(_ATTEMPTS):
        stream = camera.create_stream(None, None)
        payload = camera.get_payload()
        for _ in range(count + 2):
            stream.push_buffer(Aravis.Buffer.new_allocate(payload))
        camera.start_acquisition()
        told = {"whole": 0, "payload": payload}
        while told["whole"] < count:
            buffer = stream.timeout_pop_buffer(PATIENCE_US)
            if buffer is None or buffer.get_status() != Aravis.BufferStatus.SUCCESS:
                break
            told["whole"] += 1
            data = buffer.get_data()
            some = data[::_STEP]
            region = [buffer.get_image_width(), buffer.get_image_height()]
            told |= {"bytes": len(data), "region": region, "mean": sum(some) / len(some)}
        camera.stop_acquisition()
        if told["whole"] == count:
            break
    return told


def work(job: dict[str, Any]) -> dict[str, Any]:
    """What came of all."""
    camera = open_camera(job["camera"])
    device = camera.get_device()
    answer: dict[str, Any] = {"unread": _unread(camera)}
    answer["has"] = [name for name in ("PayloadSize", "ExposureTime") if device.get_feature(name) is not None]
    answer["fixed"] = device.get_feature("Width").get_actual_access_mode() == Aravis.GcAccessMode.RO
    answer["exposes"] = camera.is_exposure_time_available()
    if "PayloadSize" not in answer["has"]:
        return answer
    answer["formats"] = {}
    for name in camera.dup_available_pixel_formats_as_strings():
        if device.get_feature("PixelFormat").get_actual_access_mode() == Aravis.GcAccessMode.RW:
            camera.set_pixel_format_from_string(name)
        answer["formats"][name] = _frames(camera, job["frames"])
    if not answer["fixed"]:
        width, height = (device.get_integer_feature_value(side) for side in ("Width", "Height"))
        bounds = (device.get_integer_feature_bounds(side)[0] for side in ("Width", "Height"))
        wanted = [max(low, size // 2 // 16 * 16) for low, size in zip(bounds, (width, height), strict=True)]
        camera.set_region(0, 0, *wanted)
        answer["wanted"] = wanted
        answer["smaller"] = _frames(camera, 1)
    if answer["exposes"]:
        low, high = camera.get_exposure_time_bounds()
        answer["means"] = []
        for microseconds in (_SHORT_US, _LONG_US):
            camera.set_exposure_time(min(max(microseconds, low), high))
            answer["means"].append(_frames(camera, 1)["mean"])
    return answer


run(work)
