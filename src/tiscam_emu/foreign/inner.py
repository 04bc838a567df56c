"""The camera that acts behind a foreign description: a model of ours with that camera's sizes, formats and limits."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiscam_emu import pixel_formats
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.bindings import BINDINGS, PER_UNIT, Binding
from tiscam_emu.foreign.nodes.graph import Graph
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.spec.catalog import models_folder
from tiscam_emu.spec.files import Merged, merge, read_merged
from tiscam_emu.spec.load import load_content
from tiscam_emu.spec.model import CameraModel

_LARGEST_SAID = 65535
_SMALLEST_SAID = 8
_FAMILIES = ("common", "gige", "sony")
_MOST_FACTOR = 8
_LONGEST_EXPOSURE_US = 4e9
_USUAL_EXPOSURE_US = (10.0, 10e6)
_USUAL_GAIN_DB = 36.0
_LARGEST_GAIN_DB = 96.0
_FASTEST_HZ = 100_000
_USUAL_SPEED_MBPS = 1000
_USUAL_PACKET = 1500
_HEADERS, _AROUND = 36, 38
"""Bytes of a packet that are headers, and bytes on the cable around it."""
_LINK_SHARE = 0.94
"""A camera whose fastest stream takes as much of the link is held up by that, not by its sensor."""
_READOUT_SHARE = 0.75
"""Of the time between two frames: what the sensor takes then."""
_BLANK_LINES = 35
"""So much longer than its lines a frame's readout takes; usual for sensors."""
_LOW_LATENCY = "IMXLowLatencyTriggerMode"
_COLOR_FEATURES = {
    "BalanceWhiteAuto": {"default": "Off", "assumption": "until the description's own feature says otherwise"}
}
_FACTORS = ("DecimationHorizontal", "DecimationVertical", "BinningHorizontal", "BinningVertical")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a description and its registers say about the camera that has to act.

    Attributes
    ----------
    size
        Columns and rows of the sensor, after binning and skipping of 1.
    size_from
        Who says so, for people.
    formats
        Entries of PixelFormat that can be made, and our name of each.
    highest_hz, speed_mbps, packet_size
        Largest frame rate with the settings of now, speed of the link, and bytes of a packet, where registers tell
        them.
    ptp
        Whether registers say that the clock follows that of the network.
    """

    size: tuple[int, int]
    size_from: str
    formats: Mapping[str, str]
    highest_hz: float | None = None
    speed_mbps: int | None = None
    packet_size: int | None = None
    ptp: bool = False


def highest_hz(graph: Graph, gated: NodeMap) -> float | None:
    """The largest frame rate that a description's registers allow now."""
    found = _bound(graph, gated, "AcquisitionFrameRate")
    limits = gated.limits(found[0]) if found else None
    return limits[1] if limits and 0 < limits[1] < _FASTEST_HZ else None


def makeable(graph: Graph) -> dict[str, str]:
    """Entries of PixelFormat that can be made, and our names of them."""
    if "PixelFormat" not in graph:
        return {}
    known = {
        entry.name: pixel_formats.BY_CODE.get(entry.number("Value") or 0) or pixel_formats.find(entry.name)
        for entry in graph["PixelFormat"].entries
    }
    return {name: row.name for name, row in known.items() if row is not None}


def sensor_size(graph: Graph, free: NodeMap, told: Mapping[str, Any]) -> tuple[tuple[int, int], str]:
    """The sensor's size, by model.yaml or the user, else by the description, else an assumption; and who says so."""
    by_user = [_told_number(told, side) for side in ("width", "height")]
    if all(by_user):
        return (int(by_user[0] or 0), int(by_user[1] or 0)), "given"
    found: list[int] = []
    for side, axis in (("Width", "X"), ("Height", "Y")):
        candidates = (f"Sensor{side}", f"{side}Max")
        sizes = [free.number(name) for name in candidates if name in graph]
        sizes += [_largest(graph, free, side), _reach(graph, free, side, axis)]
        usable = [int(size) for size in sizes if size and _SMALLEST_SAID <= size <= _LARGEST_SAID]
        if usable:
            found.append(usable[0])
    if len(found) == 2:
        return (found[0], found[1]), "from the description"
    default = read_merged(models_folder() / "families" / "foreign.yaml").content["sensor"]
    return (
        (int(default["width"]["value"]), int(default["height"]["value"])),
        "assumed: the description does not say it; give --sensor WIDTHxHEIGHT or a model.yaml",
    )


def _told_number(told: Mapping[str, Any], key: str) -> float | None:
    sensor = told.get("sensor")
    value = sensor.get(key) if isinstance(sensor, dict) else None
    value = value.get("value") if isinstance(value, dict) else value
    return value if isinstance(value, int | float) else None


def _largest(graph: Graph, free: NodeMap, name: str) -> float | None:
    """The maximum that the description itself gives a number."""
    if name not in graph:
        return None
    node = graph[name]
    if node.number("Max"):
        return node.number("Max")
    texts = [text for text in node.texts("pMax") if text in graph]
    return free.number(texts[0]) if texts else None


def _reach(graph: Graph, free: NodeMap, name: str, axis: str) -> float | None:
    """Size and offset as they are set, together: the sensor is at least as large."""
    size, offset = (
        free.number(name) if name in graph else None,
        free.number(f"Offset{axis}") if f"Offset{axis}" in graph else 0,
    )
    return size + (offset or 0) if size else None


def inner_model(
    graph: Graph, gated: NodeMap, facts: Facts, told: Mapping[str, Any], *, identity: Mapping[str, str], shown: str
) -> CameraModel:
    """The acting camera.

    Raises
    ------
    SpecError
        `told`, the content of a model.yaml, has keys or values that cannot be.
    """
    folder = models_folder() / "families"
    spec: dict[str, Any] = {}
    color = _color(facts, told)
    for family in (*_FAMILIES, "color" if color else "mono", "foreign"):
        spec = merge(spec, read_merged(folder / f"{family}.yaml").content)
    width, height = facts.size
    spec = merge(
        merge(spec, _timing(graph, gated, facts)),
        {
            "identity": dict(identity),
            "sensor": {"width": _given(width), "height": _given(height)},
            "readout": {"modes": _modes(graph, gated), "assumption": "all that the description's limits allow"},
            "features": _features(graph, gated, facts) | (_COLOR_FEATURES if color else {}),
        },
    )
    if _LOW_LATENCY not in graph:
        del spec["features"][_LOW_LATENCY]  # and triggers start an exposure at once
    if not color:
        for key in ("qe", "qe_nir"):
            quantity = spec["sensor"][key]
            spec["sensor"][key] = quantity | {"value": quantity["value"][1:2]}
    return load_content(Merged(Path(shown), merge(spec, told), {}), ROOMS, Path(shown).name)


def _color(facts: Facts, told: Mapping[str, Any]) -> bool:
    sensor = told.get("sensor")
    if isinstance(sensor, dict) and isinstance(sensor.get("color"), bool):
        return bool(sensor["color"])
    rows = [pixel_formats.PIXEL_FORMATS[name] for name in facts.formats.values()]
    return any(row.bayer or row.components != "raw" for row in rows)


def _given(value: float) -> dict[str, Any]:
    return {"value": value, "source": "the description"}


def _timing(graph: Graph, free: NodeMap, facts: Facts) -> dict[str, Any]:
    """Link and readout at which the largest frame rate is what the registers say it is now.

    One number tells either what the link takes or what the sensor takes: that it is the link is seen by its being
    filled, and the sensor is then assumed to take `_READOUT_SHARE` of it.
    """
    speed_mbps, packet_size = facts.speed_mbps or _USUAL_SPEED_MBPS, facts.packet_size or _USUAL_PACKET
    bytes_per_s = speed_mbps * 125_000 * (packet_size - _HEADERS) / (packet_size + _AROUND)
    timing: dict[str, Any] = {}
    if facts.highest_hz:
        width, height = (free.number(side) or size for side, size in zip(("Width", "Height"), facts.size, strict=True))
        payload = free.number("PayloadSize") if "PayloadSize" in graph else None
        needed = facts.highest_hz * (payload or width * height)
        line_us = 1e6 / facts.highest_hz / (height + _BLANK_LINES)
        if needed > _LINK_SHARE * bytes_per_s:
            bytes_per_s, line_us = needed, line_us * _READOUT_SHARE
        timing = {"timing": {"default": {"line_us": line_us, "frame_us": line_us * _BLANK_LINES}}}
    return timing | {"link": {"speed_mbps": speed_mbps, "bytes_per_s": bytes_per_s, "default_packet_size": packet_size}}


def _modes(graph: Graph, gated: NodeMap) -> list[dict[str, Any]]:
    largest = [1, 1, 1, 1]
    for index, name in enumerate(_FACTORS):
        if name in graph and gated.access(name) == "RW":
            limits = gated.limits(name)
            values = [e.number("Value") or 1 for e in graph[name].entries] or ([int(limits[1])] if limits else [1])
            largest[index] = int(min(_MOST_FACTOR, max(1, *values)))
    skipping = [{"decimation": factors, "binning": [1, 1]} for factors in _pairs(*largest[:2])]
    return skipping + [{"decimation": [1, 1], "binning": factors} for factors in _pairs(*largest[2:])]


def _pairs(first: int, second: int) -> list[list[int]]:
    return [[x, y] for x in range(1, first + 1) for y in range(1, second + 1)]


def _features(graph: Graph, gated: NodeMap, facts: Facts) -> dict[str, Any]:
    width, height = facts.size
    formats = list(dict.fromkeys(facts.formats.values()))
    rows: dict[str, Any] = {
        "PixelFormat": {"entries": formats, "default": formats[0]},
        "PtpEnable": {"default": facts.ptp},
    }
    for side, axis, size in (("Width", "X", width), ("Height", "Y", height)):
        low, step = _steps(graph, gated, side, size)
        rows[side] = {"min": low, "max": size, "inc": step, "default": low + (size - low) // step * step}
        _, step = _steps(graph, gated, f"Offset{axis}", size)
        rows[f"Offset{axis}"] = {"min": 0, "max": max(0, size - low), "inc": step, "default": 0}
    low_us, high_us = exposure_limits(graph, gated)
    for name in ("ExposureTime", "ExposureAutoLowerLimit", "ExposureAutoUpperLimit"):
        rows[name] = {"min": low_us, "max": high_us}
    rows["ExposureTime"]["default"] = min(max(5000.0, low_us), high_us)
    low_db, high_db = gain_limits(graph, gated)
    for name in ("Gain", "GainAutoLowerLimit", "GainAutoUpperLimit"):
        rows[name] = {"min": low_db, "max": high_db}
    return {name: row | {"source": "the description"} for name, row in rows.items()}


def _steps(graph: Graph, gated: NodeMap, name: str, size: int) -> tuple[int, int]:
    """Smallest value and increment of a size or an offset."""
    limits = gated.limits(name) if name in graph and gated.is_open(name) else None
    if limits is None:
        return 1, 1
    low, _high, step = limits
    whole = int(step or 1)
    usable = whole if 1 <= whole <= size else 1
    return int(min(max(low, usable), size)), usable


def _bound(graph: Graph, gated: NodeMap, ours: str) -> tuple[str, Binding] | None:
    binding = next(b for b in BINDINGS if b.ours == ours)
    name = next((n for n in binding.names if n in graph and gated.is_open(n)), None)
    return (name, binding) if name else None


def exposure_limits(graph: Graph, gated: NodeMap) -> tuple[float, float]:
    """Shortest and longest exposure in microseconds."""
    found = _bound(graph, gated, "ExposureTime")
    limits = gated.limits(found[0]) if found else None
    if found is None or limits is None:
        return _USUAL_EXPOSURE_US
    unit = per_unit(graph, *found)
    low, high = limits[0] * unit, limits[1] * unit
    low = math.ceil(low) if low >= 1 else 1.0
    if not low < high:
        return _USUAL_EXPOSURE_US
    return float(low), float(min(high, _LONGEST_EXPOSURE_US))


def per_unit(graph: Graph, name: str, binding: Binding) -> float:
    """How much of ours one of the description's is."""
    units = PER_UNIT.get(binding.unit, {})
    return units.get(graph[name].text("Unit"), 1.0)


def gain_limits(graph: Graph, gated: NodeMap) -> tuple[float, float]:
    """Least and largest gain in decibels."""
    found = _bound(graph, gated, "Gain")
    limits = gated.limits(found[0]) if found else None
    if found is None or limits is None or not limits[0] < limits[1]:
        return 0.0, _USUAL_GAIN_DB
    if decibels(found[0], limits):
        return max(limits[0], -_LARGEST_GAIN_DB), min(limits[1], _LARGEST_GAIN_DB)
    return 0.0, _USUAL_GAIN_DB


def decibels(name: str, limits: tuple[float, float, float | None]) -> bool:
    """Whether a gain is in decibels; raw gains with many steps are not."""
    return name == "Gain" or (not name.endswith("Raw") and limits[1] - limits[0] <= _LARGEST_GAIN_DB)


def identity_of(graph: Graph, registers: Mapping[str, str], seed: str) -> dict[str, str]:
    """Who the camera is: by its bootstrap registers where they were saved, else by its description.

    A serial number that is not 8 digits becomes one that is, always the same; without any it follows from `seed`.
    """
    known = {
        "name": registers.get("model") or graph.model or "camera",
        "vendor": registers.get("vendor") or graph.vendor.replace("_", " ") or "unknown",
        "device_version": registers.get("version") or "1.0",
        "firmware_version": registers.get("version") or "1.0",
        "manufacturer_info": (registers.get("info") or "")[:47],
    }
    serial = registers.get("serial", "")
    if not re.fullmatch(r"[0-9]{8}", serial):
        serial = f"{zlib.crc32((serial or seed).encode()) % 10**8:08d}"
    return known | {"serial": serial}


def refuse_without_size(graph: Graph, shown: str) -> None:
    """Raise if a description has nothing that a frame could be sent by.

    Raises
    ------
    SpecError
        Naming what is missing.
    """
    for name in ("Width", "Height", "PixelFormat"):
        if name not in graph or graph[name].kind == "EnumEntry":
            raise SpecError(f"{shown}: the description has no feature {name}, so there is no picture to send")
    if not makeable(graph):
        names = ", ".join(entry.name for entry in graph["PixelFormat"].entries)
        raise SpecError(f"{shown}: none of its pixel formats can be made: {names}")
