"""All that can be asked of the bench, one row each: the server's routes and the OpenAPI document come from here."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from tiscam_emu.http import actions, pictures
from tiscam_emu.http.calls import Call, Row
from tiscam_emu.http.openapi import document

_CAMERA = "/cameras/{name}"
_WIDTH = (("width", "Pixels the picture may be wide at most."),)
_FEATURE = f"{_CAMERA}/features/{{feature}}"


def openapi(_call: Call) -> dict[str, Any]:
    """What can be asked, as OpenAPI."""
    return document(ROUTES, version("tiscam-emu"))


ROUTES: tuple[Row, ...] = (
    Row("GET", "/cameras", "All cameras of the bench, in short.", actions.cameras, gives="Cameras"),
    Row("POST", "/cameras", "Start a camera.", actions.start, gives="CameraInShort", takes="StartOptions", status=201),
    Row("GET", _CAMERA, "A camera, with its status.", actions.camera, gives="Camera"),
    Row("DELETE", _CAMERA, "Stop a camera and forget it.", actions.stop, status=204),
    Row(
        "POST",
        f"{_CAMERA}/power-cycle",
        "Switch a camera off and on; scene, faults and plug stay as they are.",
        actions.power_cycle,
        gives="CameraInShort",
    ),
    Row("GET", f"{_CAMERA}/features", "All features as they are now.", actions.features, gives="Features"),
    Row("GET", _FEATURE, "A feature as it is now; NAME[ENTRY] is behind a selector.", actions.feature, gives="Feature"),
    Row(
        "PUT",
        _FEATURE,
        "Set a feature, past the client's privilege but not past limits and locks.",
        actions.set_feature,
        gives="Feature",
        takes="Value",
    ),
    Row("GET", f"{_FEATURE}/value", "The value of a feature alone.", actions.value, gives="Value"),
    Row("POST", _FEATURE, "Execute a command feature, such as TriggerSoftware.", actions.execute, gives="Feature"),
    Row("GET", f"{_CAMERA}/scene", "What the camera looks at, and the scenes by name.", actions.scene, gives="Scene"),
    Row(
        "PUT",
        f"{_CAMERA}/scene",
        "Look at a scene by name, or at the bytes of a PNG, JPEG or NumPy file.",
        actions.set_scene,
        gives="Scene",
        takes="SceneOrImage",
    ),
    Row("GET", f"{_CAMERA}/faults", "The faults that the camera has now.", actions.faults, gives="Faults"),
    Row(
        "PUT",
        f"{_CAMERA}/faults",
        "Let these faults take the place of all former ones; none heal it.",
        actions.set_faults,
        gives="Faults",
        takes="WantedFaults",
    ),
    Row("POST", f"{_CAMERA}/plug", "Put the network plug in again.", actions.plug, status=204),
    Row("POST", f"{_CAMERA}/unplug", "Pull the network plug.", actions.unplug, status=204),
    Row("GET", f"{_CAMERA}/line1", "Whether TRIGGER_IN is high.", actions.line1, gives="Switch"),
    Row("PUT", f"{_CAMERA}/line1", "Drive TRIGGER_IN.", actions.set_line1, gives="Switch", takes="Level"),
    Row(
        "POST",
        f"{_CAMERA}/line1/pulses",
        "Feed a pulse train to TRIGGER_IN.",
        actions.pulse_line1,
        gives="Planned",
        takes="Pulses",
        status=202,
    ),
    Row(
        "GET",
        f"{_CAMERA}/timeline",
        "What the timeline of its bench file has done and what comes next; empty for a camera without one.",
        actions.timeline,
        gives="Timeline",
    ),
    Row("GET", f"{_CAMERA}/strobe", "The last edges on STROBE_OUT.", actions.strobe, gives="Edges"),
    Row("GET", f"{_CAMERA}/frame.png", "The last frame, for the eye.", pictures.frame_png, "image/png", query=_WIDTH),
    Row("GET", f"{_CAMERA}/frame.jpg", "The last frame, for the eye.", pictures.frame_jpeg, "image/jpeg", query=_WIDTH),
    Row(
        "GET",
        f"{_CAMERA}/frame.raw",
        "The image data of the last frame as transmitted; headers tell what they are.",
        pictures.frame_raw,
        "application/octet-stream",
        query=(("known", "X-Frame-Key of the frame you have: status 204 if it is still the last one."),),
    ),
    Row("GET", f"{_CAMERA}/stamp", "Whether frames carry a stamp.", actions.stamp, gives="Switch"),
    Row(
        "GET",
        "/events",
        "What happens, as server-sent events; Last-Event-ID is understood.",
        actions.events,
        gives="text/event-stream",
        query=(("camera", "The only camera to listen to."),),
    ),
    Row("PUT", f"{_CAMERA}/stamp", "Switch stamps on or off.", actions.set_stamp, gives="Switch", takes="Switch"),
    Row("GET", "/openapi.json", "This document.", openapi, gives="OpenApi"),
)
