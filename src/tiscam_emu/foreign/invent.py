"""Registers for a description that came without any: as few as the bound features need to work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tiscam_emu.foreign.bindings import BINDINGS, CHUNKS, SELECTED, UNLOCKED, WANTED, Kind
from tiscam_emu.foreign.nodes.graph import Node
from tiscam_emu.foreign.nodes.nodemap import GenApiError, NodeMap
from tiscam_emu.foreign.nodes.solver import Solver


def that_stay(solver: Solver, formats: Mapping[str, str]) -> dict[str, str]:
    """Of all pixel formats those that the description's own formulas give back when they are set."""
    free = solver.free
    before = free.number("PixelFormat")
    values = {entry.name: entry.number("Value") for entry in solver.graph["PixelFormat"].entries}
    kept = {}
    for name, ours in formats.items():
        value = values.get(name)
        if value is not None and free.put("PixelFormat", value) and free.number("PixelFormat") == value:
            kept[name] = ours
    if before is not None:
        free.put("PixelFormat", before)
    return kept or dict(formats)


def open_features(solver: Solver, formats: Sequence[str]) -> None:
    """Let all bound features be there that the description has, and the entries of enumerations that they need."""
    graph = solver.graph
    _open_first_entries(solver)
    ordered = sorted(WANTED.items(), key=lambda item: item[0] not in SELECTED)
    for name, symbols in (("PixelFormat", tuple(formats)), *ordered):
        for _ in solver.behind(name) if name in graph else ():
            for symbol in symbols:
                solver.open_entry(name, symbol)
    for name in (n for n in UNLOCKED if n in graph):
        for _ in solver.behind(name):
            solver.open(name, writable=True)
    for name in (f"Chunk{each}" for each in CHUNKS if f"Chunk{each}" in graph):
        solver.open(name)
    for binding in BINDINGS:
        for name in (n for n in binding.names if n in graph):
            for _ in solver.behind(name):
                solver.open(name, writable=binding.kind is not Kind.TOLD)


def _open_first_entries(solver: Solver) -> None:
    """Selectors that are in the client alone stand at their first value there: let it be an entry that there is."""
    graph = solver.graph
    for name in graph.clients_selectors():
        first = solver.free.number(name)
        for entry in graph[name].entries:
            if entry.number("Value") == first:
                solver.open_entry(name, entry.name)


def settle_enumerations(solver: Solver) -> None:
    """Let every enumeration that can be read stand at an entry that there is, behind every value of its selectors."""
    for node in solver.graph.nodes.values():
        if node.kind == "Enumeration":
            for _ in solver.behind(node.name) if node.name in WANTED else (0,):
                _settle_enumeration(solver, node)


def _settle_enumeration(solver: Solver, node: Node) -> None:
    gated, free = solver.gated, solver.free
    if not gated.is_open(node.name):
        return
    offered = [e for e in node.entries if gated.is_open(f"EnumEntry_{node.name}_{e.name}")]
    preferred = WANTED.get(node.name, ())
    offered.sort(key=lambda entry: preferred.index(entry.name) if entry.name in preferred else len(preferred))
    wished = bool(offered and offered[0].name in preferred and solver.graph.registers(node.name))
    if not wished and free.number(node.name) in {entry.number("Value") for entry in offered}:
        return
    values = [value for entry in offered if (value := entry.number("Value")) is not None]
    if not any(solver.drive(node.name, value) for value in values) and values:
        free.put(node.name, values[0])


def settle_numbers(solver: Solver) -> None:
    """Bring numbers that can be read, and are outside their limits, inside."""
    for name in solver.graph.features():
        node = solver.graph[name]
        if node.kind not in {"Integer", "Float"} or not solver.gated.is_open(name):
            continue
        limits, value = solver.gated.limits(name), solver.free.number(name)
        if limits is None or value is None or not node.texts("pValue"):
            continue
        low, high, _step = limits
        if low <= value <= high:
            continue
        if low > high:
            continue
        solver.drive(name, low if value < low else high)


_USUAL = {
    "Width": (16, None, 4),
    "Height": (16, None, 2),
    "OffsetX": (0, None, 2),
    "OffsetY": (0, None, 2),
    "ExposureTime": (20, 10_000_000, 1),
    "ExposureTimeAbs": (20, 10_000_000, 1),
    "ExposureTimeRaw": (20, 10_000_000, 1),
    "Gain": (0, 24, 1),
    "GainAbs": (0, 24, 1),
    "GainRaw": (0, 240, 1),
    "BlackLevel": (0, 100, 1),
    "BlackLevelAbs": (0, 100, 1),
    "BlackLevelRaw": (0, 255, 1),
    "Gamma": (0.25, 4, None),
    "BinningHorizontal": (1, 4, 1),
    "BinningVertical": (1, 4, 1),
    "DecimationHorizontal": (1, 4, 1),
    "DecimationVertical": (1, 4, 1),
    "AcquisitionFrameCount": (1, 65535, 1),
    "AcquisitionBurstFrameCount": (1, 1000, 1),
    "AcquisitionFrameRate": (1, 200, None),
    "AcquisitionFrameRateAbs": (1, 200, None),
    "TriggerDelay": (0, 1_000_000, 1),
    "TriggerDelayAbs": (0, 1_000_000, 1),
    "GevSCPSPacketSize": (576, 9000, 4),
}
"""Limits of bound features where a description leaves them to registers; in the description's usual units."""
_FEW_BITS = 16
_RATES = ("AcquisitionFrameRate", "AcquisitionFrameRateAbs")
_LEAST = ("Width", "Height", "ExposureTime", "ExposureTimeAbs", "Gamma")
"""Numbers whose usual minimum counts where a description's is lower."""
_USUAL_VALUES = {
    "ExposureTime": 5000,
    "ExposureTimeAbs": 5000,
    "ExposureTimeRaw": 5000,
    "Gamma": 1,
    "AcquisitionFrameRate": math.inf,
    "AcquisitionFrameRateAbs": math.inf,
    "BinningHorizontal": 1,
    "BinningVertical": 1,
    "DecimationHorizontal": 1,
    "DecimationVertical": 1,
    "AcquisitionFrameCount": 1,
    "AcquisitionBurstFrameCount": 1,
}


def fill_sizes(solver: Solver, size: tuple[int, int]) -> None:
    """Let the description's own features tell the sensor's size, and let the whole of it be read out."""
    for side, axis, pixels in (("Width", "X", size[0]), ("Height", "Y", size[1])):
        for name in (f"Sensor{side}", f"{side}Max"):
            solver.drive(name, pixels)
        for name in (side, f"Offset{axis}"):
            _fill_limits(solver, name, pixels)
        solver.drive(f"Offset{axis}", 0)
        limits = solver.gated.limits(side) if side in solver.graph else None
        low, high, step = limits or (1, pixels, 1)
        largest = min(pixels, high) if high > 0 else pixels
        solver.drive(side, largest if not step else low + (largest - low) // step * step)


def fill_numbers(solver: Solver) -> None:
    """Give the other bound numbers limits and values."""
    for name in (n for n in _USUAL if n in solver.graph and n not in {"Width", "Height", "OffsetX", "OffsetY"}):
        for _ in solver.behind(name):
            _fill_limits(solver, name, None)
            limits = solver.gated.limits(name)
            if limits is None or name == "GevSCPSPacketSize":
                continue
            value = solver.free.number(name)
            wanted = _USUAL_VALUES.get(name)
            if value is None or not limits[0] <= value <= limits[1] or wanted is not None:
                solver.drive(name, min(max(wanted if wanted is not None else limits[0], limits[0]), limits[1]))


def _fill_limits(solver: Solver, name: str, high: float | None) -> None:
    """Limits for a number that has none that make sense."""
    if name not in solver.graph:
        return
    usual = _USUAL[name]
    limits = solver.gated.limits(name) or (0, 0, 0)
    low = usual[0] if limits[0] < usual[0] and name in _LEAST else None
    step = usual[2] if limits[2] is not None and limits[2] <= 0 else None
    top = high if high is not None else _largest(solver, name)
    useless = not limits[0] < limits[1] or (name in _RATES and not (limits[0] <= 60 and 1 <= limits[1] < 1e5))
    if useless:
        low = usual[0]
    elif not (high is not None and limits[1] > high):
        top = None
    solver.limit(name, low, top, step)


def _largest(solver: Solver, name: str) -> float | None:
    """The usual maximum; of an exposure in few steps less, so that these are not longer than the shortest one."""
    least, most, _ = _USUAL[name]
    bits = [solver.bits(r) for r in solver.graph.registers(name) if solver.graph[r].text("AccessMode") == "RW"]
    if most is None or not name.startswith("ExposureTime") or min(bits, default=32) > _FEW_BITS:
        return most
    return min(most, least * ((1 << min(bits)) - 1))


def mend_unreadable(solver: Solver) -> dict[str, str]:
    """Let features that are there be read: a formula may divide by a register. What stays unreadable, and why."""
    left: dict[str, str] = {}
    for name in solver.graph.features():
        reason = readable(solver.gated, name)
        if not reason:
            continue
        registers = [r for r in solver.graph.registers(name) if not solver.free.number(r)]
        registers.sort(key=lambda r: solver.graph[r].text("AccessMode") != "RO")
        for register in registers:
            solver.free.put(register, 1)
            if not (reason := readable(solver.gated, name)):
                break
        if reason:
            left[name] = reason
    return left


def readable(gated: NodeMap, name: str) -> str:
    """Why a feature that is there cannot be read; empty if it can."""
    if gated.access(name) not in {"RO", "RW"}:
        return ""
    try:
        gated.value(name)
    except GenApiError as error:
        return str(error)
    except AttributeError:
        return ""
    return ""
