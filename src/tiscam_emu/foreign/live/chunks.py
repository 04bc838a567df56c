"""Chunks as a description lays them out: ids and places by its chunk ports, contents by the names of its features.

How a value becomes bytes is found once, at the start: every formula between a chunk's register and its feature is taken
for a straight line.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.stream.chunks import Chunk
from tiscam_emu.foreign.nodes.graph import Graph, Node
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.pixel_formats import PixelFormat
from tiscam_emu.sensor.request import FrameRequest

ACTIVE, SELECTOR, ENABLE = "ChunkModeActive", "ChunkSelector", "ChunkEnable"
_PREFIX = "Chunk"
_MOST_BYTES = 64 << 10
_PROBES = (0, 1000)

_KNOWN: dict[str, Callable[[FrameRequest], float]] = {
    "Width": lambda request: request.region.width,
    "Height": lambda request: request.region.height,
    "OffsetX": lambda request: request.region.offset_x,
    "OffsetY": lambda request: request.region.offset_y,
    "PixelFormat": lambda request: request.pixel_format.code,
    "ExposureTime": lambda request: request.exposure_us,
    "ExposureTimeAbs": lambda request: request.exposure_us,
    "ExposureTimeRaw": lambda request: request.exposure_us,
    "Gain": lambda request: request.gain_db,
    "GainAbs": lambda request: request.gain_db,
    "BlackLevel": lambda request: request.black_level,
    "Timestamp": lambda request: request.exposure_start_ns,
    "FrameID": lambda request: request.frame_id,
    "BlockID": lambda request: request.frame_id,
    "Framecounter": lambda request: request.frame_id,
    "FrameCounter": lambda request: request.frame_id,
    "Stride": lambda request: _line_bytes(request.pixel_format, request.region.width),
    "LinePitch": lambda request: _line_bytes(request.pixel_format, request.region.width),
    "DynamicRangeMax": lambda request: 2**request.pixel_format.significant_bits - 1,
    "PixelDynamicRangeMax": lambda request: 2**request.pixel_format.significant_bits - 1,
}
"""What the chunks with these names tell of a frame; others are zeros."""


def _line_bytes(pixel_format: PixelFormat, width: int) -> int:
    return pixel_format.payload_bytes(width, 1)


@dataclass(frozen=True, slots=True)
class Field:
    """One value in a chunk: where it lies, and the straight line from the register to the feature."""

    tells: Callable[[FrameRequest], float]
    offset: int
    length: int
    real: bool
    byte_order: str
    lsb: int
    bits: int
    slope: float
    start: float

    def write(self, data: bytearray, request: FrameRequest) -> None:
        """Put what a frame has into the chunk's bytes."""
        value = (self.tells(request) - self.start) / self.slope
        if self.real:
            code = {4: "f", 8: "d"}[self.length]
            struct.pack_into(self.byte_order + code, data, self.offset, value)
            return
        order: Literal["big", "little"] = "big" if self.byte_order == ">" else "little"
        end = self.offset + self.length
        word = int.from_bytes(data[self.offset : end], order)
        mask = (1 << self.bits) - 1
        number = min(max(round(value), 0), mask) if math.isfinite(value) else 0
        word = word & ~(mask << self.lsb) | (number << self.lsb)
        data[self.offset : end] = word.to_bytes(self.length, order)


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of chunk of the description."""

    id: int
    length: int
    fields: tuple[Field, ...]

    def data(self, request: FrameRequest) -> bytes:
        """The chunk's bytes for a frame."""
        data = bytearray(self.length)
        for each in self.fields:
            each.write(data, request)
        return bytes(data)


def chunk_ports(graph: Graph) -> dict[str, int]:
    """Names of the ports that chunk data come by, and their ids."""
    found = {}
    for node in graph.nodes.values():
        text = node.text("ChunkID")
        if node.kind == "Port" and text:
            try:
                found[node.name] = int(text, 16)
            except ValueError:
                continue
    return found


def layouts(graph: Graph, free: NodeMap) -> dict[int, Layout]:
    """For every entry of ChunkSelector whose data can be laid out: its value, and how."""
    if SELECTOR not in graph or ENABLE not in graph or ACTIVE not in graph:
        return {}
    ports = chunk_ports(graph)
    registers: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        if node.is_register and node.text("pPort") in ports:
            registers.setdefault(node.text("pPort"), []).append(node)
    found: dict[int, Layout] = {}
    for entry in graph[SELECTOR].entries:
        value = entry.number("Value")
        port = _port_of(graph, entry.name, ports)
        if value is None or port is None or port not in registers:
            continue
        lengths = [(free.place(node.name) or (0, 0)) for node in registers[port]]
        length = (max(sum(place) for place in lengths) + 3) // 4 * 4
        if 0 < length <= _MOST_BYTES:
            found[value] = Layout(ports[port], length, tuple(_fields(graph, free, port)))
    return found


def _port_of(graph: Graph, entry: str, ports: Mapping[str, int]) -> str | None:
    """The chunk port that the entry of ChunkSelector stands for: that of the feature of its name."""
    for name in (f"{_PREFIX}{entry}", f"{_PREFIX}{entry}Abs", f"{_PREFIX}{entry}Raw", f"{_PREFIX}{entry}All"):
        if name in graph:
            for register in graph.registers(name):
                if graph[register].text("pPort") in ports:
                    return graph[register].text("pPort")
    return next((port for port in ports if port.lower() in {f"{entry}port".lower(), f"chunk{entry}port".lower()}), None)


def _fields(graph: Graph, free: NodeMap, port: str) -> Iterator[Field]:
    done: set[str] = set()
    for name in graph.nodes:
        tells = _KNOWN.get(name.removeprefix(_PREFIX).removesuffix("All")) if name.startswith(_PREFIX) else None
        if tells is None:
            continue
        on_port = [r for r in graph.registers(name) if graph[r].text("pPort") == port]
        if len(on_port) == 1 and on_port[0] not in done:
            done.add(on_port[0])
            found = _field(graph, free, name, graph[on_port[0]], tells)
            if found is not None:
                yield found


def _field(
    graph: Graph, free: NodeMap, name: str, register: Node, tells: Callable[[FrameRequest], float]
) -> Field | None:
    place = free.place(register.name)
    if place is None:
        return None
    slope, start = (1.0, 0.0) if graph[name].kind == "Enumeration" else _line(free, name, register.name)
    if not slope:
        return None
    order = "<" if register.text("Endianess") == "LittleEndian" else ">"
    lsb, bits = _bits(register, place[1], order)
    return Field(tells, place[0], place[1], register.kind == "FloatReg", order, lsb, bits, slope, start)


def _line(free: NodeMap, name: str, register: str) -> tuple[float, float]:
    """Slope and start of the line from a register to a feature; 0 and 0 if there is none."""
    values: list[float] = []
    for probe in _PROBES:
        free.put(register, probe)
        value = free.number(name)
        values.append(math.nan if value is None else value)
    free.put(register, 0)
    if not all(map(math.isfinite, values)):
        return 0.0, 0.0
    return (values[1] - values[0]) / (_PROBES[1] - _PROBES[0]), values[0]


def _bits(register: Node, length: int, order: str) -> tuple[int, int]:
    """Least bit and number of bits; descriptions count from the most significant one where that comes first."""
    if register.kind not in {"MaskedIntReg", "StructEntry"}:
        return 0, 8 * length
    bit = register.number("Bit")
    ends = (bit, bit) if bit is not None else (register.number("LSB") or 0, register.number("MSB") or 0)
    low, high = sorted(ends)
    return (8 * length - 1 - high if order == ">" else low), high - low + 1


@dataclass(slots=True)
class ChunkPlan:
    """State: which chunks of a description are switched on.

    `chunks` are those that can be sent, by the value of ChunkSelector, and `filled` those that tell more than zeros;
    `banked` says that ChunkEnable is one register, whose content goes with the selector.
    """

    free: NodeMap
    chunks: Mapping[int, Chunk]
    filled: frozenset[int]
    banked: bool
    enabled: dict[int, bool] = field(default_factory=dict)
    _words: frozenset[int] = frozenset()

    def begin(self, state: CameraState) -> None:
        """Take what the registers say of all chunks."""
        if not self.chunks:
            return
        words = set(self._places(ACTIVE)) | set(self._places(SELECTOR))
        for value in self._selecting():
            words |= set(self._places(ENABLE))
            self.enabled[value] = bool(self.free.number(ENABLE))
        self._words = frozenset(words)
        self._tell(state)

    def follow(self, state: CameraState, address: int, length: int) -> None:
        """After a write."""
        if self._words.isdisjoint(range(address, address + length, 4)):
            return
        if self.banked:
            self.enabled[int(self.free.number(SELECTOR) or 0)] = bool(self.free.number(ENABLE))
        else:
            for value in self._selecting():
                self.enabled[value] = bool(self.free.number(ENABLE))
        self._tell(state)

    def _selecting(self) -> Iterator[int]:
        before = self.free.number(SELECTOR) or 0
        for value in self.chunks:
            self.free.put(SELECTOR, value)
            yield value
        self.free.put(SELECTOR, before)

    def _tell(self, state: CameraState) -> None:
        active = bool(self.free.number(ACTIVE))
        wanted = {chunk.id: chunk for value, chunk in self.chunks.items() if self.enabled.get(value)}
        state.send_chunks(list(wanted.values()) if active else None)

    def _places(self, name: str) -> Iterator[int]:
        for register in self.free.graph.registers(name):
            yield from self.free.words(register)


def chunk_plan(graph: Graph, free: NodeMap, banked: Collection[int]) -> ChunkPlan:
    """The chunks of a description; `banked` are the words whose content goes with a selector."""
    known = layouts(graph, free)
    chunks = {value: Chunk("", value, found.id, found.data, found.length) for value, found in known.items()}
    places = [free.place(register) for register in graph.registers(ENABLE)] if ENABLE in graph else []
    filled = frozenset(value for value, each in known.items() if each.fields)
    return ChunkPlan(free, chunks, filled, any(place[0] // 4 * 4 in banked for place in places if place))
