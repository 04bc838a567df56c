"""The OpenAPI document, made of the table of routes and of the types that the answers are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from tiscam_emu.camera.by_name import FeatureInfo
from tiscam_emu.http.calls import Row
from tiscam_emu.http.problems import PROBLEM_TYPE
from tiscam_emu.http.start_options import START_OPTIONS
from tiscam_emu.net.status import CameraStatus

_REF = "#/components/schemas/"
_TEXT, _SWITCH, _WHOLE, _NUMBER = ({"type": kind} for kind in ("string", "boolean", "integer", "number"))
_VALUE = {"type": ["number", "string", "boolean"], "description": "What is not JSON is taken as a text."}
_BYTES = {"type": "string", "format": "binary"}
_KIND_OF_OPTION = {
    "a text": _TEXT,
    "true or false": _SWITCH,
    "a whole number": _WHOLE,
    "a number": _NUMBER,
    "a text or a list of texts": {"type": ["string", "array"], "items": _TEXT},
}
_PLACES = {
    "name": "Name of a camera on the bench.",
    "feature": "Name of a feature; NAME[ENTRY] is the value behind one entry of its selector.",
}


def _object(optional: Sequence[str] = (), /, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list_of(what: Any) -> dict[str, Any]:
    return {"type": "array", "items": what}


def _named(name: str) -> dict[str, str]:
    return {"$ref": _REF + name}


_IN_SHORT = {"name": _TEXT, "model": _TEXT, "serial": _TEXT, "address": _TEXT}
_LEVEL = {"enum": [True, False, 0, 1, "high", "low"]}
_SECONDS = {"type": "number", "minimum": 0}

_SCHEMAS: dict[str, Any] = {
    "CameraInShort": _object(**_IN_SHORT),
    "Cameras": _list_of(_named("CameraInShort")),
    "Camera": _object(
        **_IN_SHORT, scene=_TEXT, stamp=_SWITCH, line1=_SWITCH, faults=_named("Faults"), status=_named("CameraStatus")
    ),
    "StartOptions": _object(
        [name for name in START_OPTIONS if name != "model"],
        **{name: _KIND_OF_OPTION[kind] for name, (kind, _) in START_OPTIONS.items()},
    ),
    "Feature": _named("FeatureInfo"),
    "Features": _list_of(_named("FeatureInfo")),
    "Value": _VALUE,
    "Scene": _object(scene=_TEXT, names=_list_of(_TEXT)),
    "SceneOrImage": {"type": "string", "description": "A scene's name, or the bytes of a PNG, JPEG or NumPy file."},
    "Faults": _list_of(_TEXT),
    "WantedFaults": {"type": ["string", "array", "object"], "description": "drop=0.01, a list, or {'drop': 0.01}."},
    "Switch": _SWITCH,
    "Level": _LEVEL,
    "Pulses": {
        "anyOf": [
            {"type": "array", "description": "Pairs of seconds from now and level.", "items": {"type": "array"}},
            _object(
                ("count", "period_s", "width_s", "delay_s"),
                count=_WHOLE,
                period_s=_SECONDS,
                width_s=_SECONDS,
                delay_s=_SECONDS,
            ),
        ]
    },
    "Planned": _object(edges=_WHOLE),
    "Edges": _list_of(_object(at_ns=_WHOLE, high=_SWITCH)),
    "Timeline": _object(
        ("origins", "done", "planned", "waiting"),
        origins={"type": "object", "description": "Device times of the start, named by nothing, and of first frames."},
        done=_list_of(_object(number=_WHOLE, text=_TEXT, planned_ns=_WHOLE, at_ns=_WHOLE, error=_TEXT)),
        planned=_list_of(_object(number=_WHOLE, text=_TEXT, planned_ns=_WHOLE)),
        waiting=_list_of(_object(number=_WHOLE, text=_TEXT, after=_TEXT)),
    ),
    "OpenApi": {"type": "object"},
    "Problem": _object(type=_TEXT, title=_TEXT, status=_WHOLE, detail=_TEXT),
}


@cache
def schemas() -> dict[str, Any]:
    """Everything that is sent as JSON, by name."""
    found = dict(_SCHEMAS)
    for kind in (FeatureInfo, CameraStatus):
        schema = TypeAdapter(kind).json_schema(ref_template=_REF + "{model}", mode="serialization")
        found.update(schema.pop("$defs", {}))
        found[kind.__name__] = schema
    return found


def document(rows: Sequence[Row], version: str) -> dict[str, Any]:
    """The document of these routes."""
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {"title": "tiscam-emu", "version": version, "description": "A bench of software cameras."},
        "paths": paths,
        "components": {"schemas": schemas()},
    }


def _operation(row: Row) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": row.says,
        "operationId": row.does.__name__.strip("_"),
        "parameters": list(_parameters(row)),
        "responses": {
            str(row.status): {"description": "Done.", **_content(row.gives)},
            "default": {"description": "Why it cannot be.", "content": {PROBLEM_TYPE: {"schema": _named("Problem")}}},
        },
    }
    if row.takes:
        operation["requestBody"] = {"required": row.takes != "WantedFaults", **_body(row.takes)}
    return operation


def _parameters(row: Row) -> Iterator[dict[str, Any]]:
    for place in re.findall(r"{(\w+)}", row.path):
        yield {"name": place, "in": "path", "required": True, "schema": _TEXT, "description": _PLACES[place]}
    for name, says in row.query:
        yield {"name": name, "in": "query", "schema": _TEXT, "description": says}


def _content(gives: str) -> dict[str, Any]:
    if not gives:
        return {}
    kind, schema = (gives, _BYTES) if "/" in gives else ("application/json", _named(gives))
    return {"content": {kind: {"schema": schema}}}


def _body(takes: str) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _named(takes)}}
    if takes == "SceneOrImage":
        content |= {kind: {"schema": _BYTES} for kind in ("image/png", "image/jpeg", "application/octet-stream")}
    return {"content": content}
