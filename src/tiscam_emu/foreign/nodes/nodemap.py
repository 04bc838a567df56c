"""Values of a description's nodes over a register memory, evaluated by EMVA's GenApi (package ``genicam``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from genicam import genapi

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.nodes.graph import PLACE, Graph
from tiscam_emu.foreign.nodes.memory import END, MOST_BYTES, Memory

ENUMERATION = "Enumeration"
Reader = Callable[[int, int], bytes]
Writer = Callable[[int, bytes], None]

_CLOSED = (genapi.EAccessMode.NI, genapi.EAccessMode.NA, None)
_MODES = {
    genapi.EAccessMode.NI: "not implemented",
    genapi.EAccessMode.NA: "not available",
    genapi.EAccessMode.RO: "RO",
    genapi.EAccessMode.WO: "WO",
    genapi.EAccessMode.RW: "RW",
}
GenApiError = (genapi.GenericException, RuntimeError)
"""What GenApi raises, and what comes of an error in a port."""


class _Port(genapi.AbstractPort):  # type: ignore[misc]
    def __init__(self, read: Reader, write: Writer) -> None:
        super().__init__()
        self._read = read
        self._write = write
        self.reads = 0

    def read(self, address: int, length: int) -> bytes:
        self.reads += 1
        if length > MOST_BYTES:
            raise ValueError(f"a register of {length} bytes")
        return self._read(address % END, length)

    def write(self, address: int, value: bytes) -> None:
        self._write(address % END, bytes(value))

    def get_access_mode(self) -> Any:
        return genapi.EAccessMode.RW


class NodeMap:
    """A node map whose device is a register memory; nothing is cached.

    Raises
    ------
    SpecError
        GenApi does not take the description.
    """

    def __init__(self, graph: Graph, shown: str, read: Reader, write: Writer, *, gates: bool) -> None:
        self.graph = graph
        self._map = genapi.NodeMap()
        try:
            self._map.load_xml_from_string(graph.copy_xml(gates=gates).decode("utf-8"))
        except GenApiError as error:
            raise SpecError(f"{shown}: GenApi refuses the description: {one_line(error)}") from None
        self._port = _Port(read, write)
        for name in graph.device_ports():
            self._map.connect(self._port, name)
        # What comes with events or chunks has no registers; here it is memory of its own.
        self._aside = Memory()
        self._other_port = _Port(self._aside.read, self._aside.write)
        for node in graph.nodes.values():
            if node.kind == "Port" and node.name not in graph.device_ports():
                self._map.connect(self._other_port, node.name)
        self._nodes: dict[str, Any] = {}
        self._broken: set[str] = set()

    @property
    def reads(self) -> int:
        """How many registers were read until now: what asking costs."""
        return self._port.reads

    def node(self, name: str) -> Any:
        """GenApi's own node; cached, for a look-up takes longer than a value."""
        known = self._nodes.get(name)
        if known is None:
            known = self._nodes[name] = self._map.get_node(name)
        return known

    def access(self, name: str) -> str:
        """RW, RO, WO, ``not available`` or ``not implemented``; ``undefined`` if GenApi cannot tell."""
        return _MODES.get(self._mode(name), "undefined")

    def is_open(self, name: str) -> bool:
        """Whether the node is implemented and available."""
        return self._mode(name) not in _CLOSED

    def _mode(self, name: str) -> Any:
        if name not in self._broken:
            try:
                return self.node(name).node.get_access_mode()
            except GenApiError:  # only the first time: it says that all is well when it is asked again
                self._broken.add(name)
        return None

    def value(self, name: str) -> Any:
        """Value of a node: of an enumeration the whole number.

        Raises
        ------
        GenApiError
            It has none now.
        """
        node = self.node(name)
        if isinstance(node, genapi.IEnumeration):
            return node.get_int_value()
        return node.get(node.length) if isinstance(node, genapi.IRegister) else node.value

    def number(self, name: str) -> float | None:
        """Value of a number, enumeration or boolean; None if it has none now."""
        try:
            value = self.value(name)
        except (*GenApiError, AttributeError):  # a category or a command has no value
            return None
        return value if isinstance(value, int | float) and math.isfinite(value) else None

    def put(self, name: str, value: float) -> bool:
        """Set a node to a value, or to what of it the registers can hold; whether that was possible.

        A node that the description does not have cannot be set.
        """
        try:
            node = self.node(name)
            if isinstance(node, genapi.IEnumeration):
                node.set_int_value(int(value))
            elif isinstance(node, genapi.IBoolean):
                node.value = bool(value)
            elif isinstance(node, genapi.IFloat):
                node.value = float(value)
            elif isinstance(node, genapi.IInteger):
                node.value = round(value)
            else:
                return False
        except (*GenApiError, OverflowError, ValueError):
            return False
        return True

    def limits(self, name: str) -> tuple[float, float, float | None] | None:
        """Minimum, maximum and increment of a number; None if it has none now."""
        try:
            node = self.node(name)
            step = node.inc if isinstance(node, genapi.IInteger) or node.has_inc() else None
            return node.min, node.max, step
        except (*GenApiError, AttributeError):
            return None

    def words(self, name: str, *, most_bytes: int | None = None) -> range:
        """Addresses of the words that a register covers now; none if it is nowhere, or longer than `most_bytes`."""
        place = self.place(name)
        if place is None or (most_bytes is not None and place[1] > most_bytes):
            return range(0)
        return range(place[0] // 4 * 4, place[0] + place[1], 4)

    def place(self, name: str) -> tuple[int, int] | None:
        """Address and length of a register node as they are now; the address as far as GigE Vision carries it."""
        found = self._place(name)
        return (found[0] % END, found[1]) if found else None

    def is_far(self, name: str) -> bool:
        """Whether a register lies beyond the 32 bits that GigE Vision reaches."""
        found = self._place(name)
        return found is not None and not 0 <= found[0] <= END - found[1]

    def _place(self, name: str) -> tuple[int, int] | None:
        try:
            node = self.node(name)
            if not isinstance(node, genapi.IInteger | genapi.IRegister):
                node = self.node(PLACE + name)
            return int(node.address), int(node.length)
        except (*GenApiError, AttributeError):
            return None


def one_line(error: Exception) -> str:
    """What GenApi says, without its own source files."""
    text = " ".join(str(error).split())
    return text.split(" : ")[0][:200]
