"""The features of a foreign camera by name: a node map of its own description, over the registers that clients use."""

from __future__ import annotations

from typing import Any

from genicam import genapi

from tiscam_emu.camera.by_name import FeatureInfo, Plain
from tiscam_emu.errors import AccessDenied, InvalidParameter, ReadOnly, RegisterError, UnknownFeature
from tiscam_emu.foreign.live.face import Face
from tiscam_emu.foreign.nodes.nodemap import GenApiError, NodeMap, one_line

_KINDS: tuple[tuple[Any, str], ...] = (
    (genapi.IEnumeration, "Enumeration"),
    (genapi.IBoolean, "Boolean"),
    (genapi.ICommand, "Command"),
    (genapi.IFloat, "Float"),
    (genapi.IInteger, "Integer"),
    (genapi.IString, "String"),
    (genapi.IRegister, "Register"),
)
_NUMBERS = {"Integer", "Float"}
_READABLE, _WRITABLE = {"RO", "RW"}, {"WO", "RW"}


class NodeFeatures:
    """Features of a twin: what a client sees that reads every register anew."""

    def __init__(self, face: Face) -> None:
        self._refused: RegisterError | None = None
        self._face = face
        self._nodes = NodeMap(face.solver.graph, "the description", face.read, self._write, gates=True)

    def _write(self, address: int, data: bytes) -> None:
        try:
            self._face.write(address, data)
        except RegisterError as error:
            self._refused = error
            raise

    def names(self) -> list[str]:
        """Those that clients are shown and that are there now, by category."""
        return [name for name in self._face.solver.graph.features() if self._kind(name) and self._nodes.is_open(name)]

    def info(self, name: str) -> FeatureInfo:
        """One as it is now.

        Raises
        ------
        UnknownFeature
            The description has none of this name.
        """
        kind, access = self._found(name), self._access(name)
        node, described = self._nodes.node(name), self._face.solver.graph[name]
        limits = (self._nodes.limits(name) if kind in {"Integer", "Float"} else None) or (None, None, None)
        return FeatureInfo(
            name=name,
            kind=kind,
            access=access,
            value=self._value(name, kind) if access in _READABLE and kind != "Command" else None,
            low=limits[0],
            high=limits[1],
            step=limits[2],
            unit=described.text("Unit"),
            entries=tuple(entry.symbolic for entry in node.entries) if kind == "Enumeration" else (),
            locked="" if access in _WRITABLE else f"it is {access} now",
            selector=next(iter(self._face.solver.graph.selectors_of().get(name, ())), ""),
            visibility=described.text("Visibility") or "Beginner",
            doc=described.text("Description") or described.text("ToolTip"),
            cached=True,
        )

    def value(self, name: str) -> Plain:
        """What a client reads.

        Raises
        ------
        UnknownFeature, AccessDenied
            There is none of this name; nothing can be read of it now.
        """
        value = self._value(name, self._found(name))
        if value is None:
            raise AccessDenied(f"{name}: nothing can be read of it now")
        return value

    def _value(self, name: str, kind: str) -> Plain | None:
        """None for what has none now: an enumeration whose register holds no entry, what only seems to be readable."""
        try:
            value = self._nodes.node(name).value if kind == "Enumeration" else self._nodes.value(name)
        except (*GenApiError, AttributeError, RegisterError):
            return None
        return value.hex() if isinstance(value, bytes) else value

    def write(self, name: str, value: Plain) -> None:
        """Set a feature as a client would, limits and locks included.

        Raises
        ------
        UnknownFeature, RegisterError
            There is none of this name; why it cannot be.
        """
        kind = self._found(name)
        node = self._nodes.node(name)
        access = self._access(name)
        if access not in _WRITABLE:
            raise ReadOnly(name) if access == "RO" else AccessDenied(f"{name} is {access} now")
        if kind in _NUMBERS and type(value) not in {int, float}:
            raise InvalidParameter(f"{name}: {value!r} is not a number")
        self._refused = None
        try:
            if kind == "Command":
                node.execute()
            elif kind == "Register":
                node.set(bytes.fromhex(str(value)))
            else:
                node.value = value
        except (*GenApiError, TypeError, ValueError, OverflowError) as error:
            raise self._refused or InvalidParameter(f"{name}: {self._because(node, kind, value, error)}") from None

    def _access(self, name: str) -> str:
        """What clients may do; the camera itself can set registers that are read-only to them."""
        graph = self._face.solver.graph
        access = self._nodes.access(name)
        fixed = any(graph[register].text("AccessMode") == "RO" for register in graph.registers(name))
        return "RO" if access == "RW" and fixed else access

    def _because(self, node: Any, kind: str, value: Plain, error: Exception) -> str:
        if kind == "Enumeration":
            return f"{value!r} is not one of {', '.join(entry.symbolic for entry in node.entries)}"
        return f"{value!r}: {one_line(error)}"

    def _kind(self, name: str) -> str:
        if name not in self._face.solver.graph:
            return ""
        node = self._nodes.node(name)
        return next((kind for cls, kind in _KINDS if isinstance(node, cls)), "")

    def _found(self, name: str) -> str:
        kind = self._kind(name)
        if not kind:
            raise UnknownFeature(name, self._face.solver.graph.features())
        return kind
