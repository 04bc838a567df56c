"""A feature of the description and the one of ours that does what it says: values in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.kinds import Float, Integer
from tiscam_emu.foreign.bindings import BINDINGS, SELECTED, Binding, Kind
from tiscam_emu.foreign.inner import decibels, gain_limits, per_unit
from tiscam_emu.foreign.nodes.graph import Graph
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.foreign.nodes.solver import Solver
from tiscam_emu.pixel_formats import PIXEL_FORMATS

_BLACK_LEVEL_SCALE = 4095.0
_ROUNDING = 1e-6
"""Of a number in a register of 32 bits."""


@dataclass(slots=True)
class Joint:
    """State: one bound feature and the values of both sides when they were equal last.

    Attributes
    ----------
    per_unit, offset
        Ours is ``offset + per_unit`` times the description's.
    entries
        Of an enumeration: the description's values and our entries.
    under
        Selectors of the description and the values they must have for this feature to be the bound one.
    at
        Selectors that are no registers but in the client alone, and the values behind which the feature is meant.
    """

    name: str
    binding: Binding
    per_unit: float = 1.0
    offset: float = 0.0
    entries: Mapping[int, str] = field(default_factory=dict)
    under: tuple[tuple[str, int], ...] = ()
    at: tuple[tuple[str, int], ...] = ()
    theirs: float | None = None
    ours: Any = None

    @property
    def kind(self) -> Kind:
        """How both sides belong together."""
        return self.binding.kind

    def selected(self, free: NodeMap) -> bool:
        """Whether the description's selectors stand where this feature is meant."""
        return all(free.number(selector) == value for selector, value in self.under)

    def read(self, free: NodeMap) -> float | None:
        """The description's value."""
        for selector, value in self.at:
            free.put(selector, value)
        return free.number(self.name)

    def put(self, solver: Solver, value: float) -> None:
        """Set the description's value."""
        for selector, chosen in self.at:
            solver.free.put(selector, chosen)
        solver.put(self.name, value)

    def hand_over(self, state: CameraState, value: float, *, past_gate: bool = False) -> None:
        """Give our feature the description's value; `past_gate` as if no other setting forbade or limited it.

        Raises
        ------
        RegisterError
            It cannot be taken now.
        """
        if past_gate and self.kind is Kind.FORMAT and int(value) not in self.entries:
            return  # a camera may stand at a format that cannot be made
        ours = self._ours(state, value)
        if ours is None or state[self.binding.ours] == ours:
            return
        if past_gate:
            limits = state.features[self.binding.ours].limits
            state.put(self.binding.ours, ours if limits is None else limits.fit(ours))
        else:
            state.write(self.binding.ours, ours)

    def _ours(self, state: CameraState, value: float) -> Any:
        """Our feature's value for one of the description's; None if that changes nothing of ours."""
        if self.kind is Kind.FORMAT:
            name = self.entries.get(int(value))
            if name is None:
                raise InvalidParameter(f"{self.name}: frames of this pixel format cannot be made")
            return PIXEL_FORMATS[name].code
        if self.kind is Kind.CHOICE:
            name = self.entries.get(int(value))
            entries = state.features[self.binding.ours].entries
            return next((entry.value for entry in entries if entry.name == name), None)
        if self.kind is Kind.SWITCH:
            return int(bool(value))
        if self.kind is Kind.NUMBER:
            number = self.offset + value * self.per_unit
            whole = isinstance(state.features[self.binding.ours].declaration, Integer)
            return round(number) if whole else float(number)
        return None

    def told(self, state: CameraState) -> float | None:
        """What the description's feature should read by our camera; None if ours stands for several of its values."""
        value = state[self.binding.ours]
        if self.kind is Kind.FORMAT:
            return self._entry_of(next(n for n, row in PIXEL_FORMATS.items() if row.code == value))
        if self.kind is Kind.CHOICE or self.entries:
            return self._entry_of(state.entry(self.binding.ours))
        return (float(value) - self.offset) / self.per_unit

    def _entry_of(self, name: str) -> float | None:
        if self.theirs is not None and self.entries.get(int(self.theirs)) == name:
            return self.theirs
        return next((value for value, ours in self.entries.items() if ours == name), None)

    def tolerance(self, state: CameraState) -> float:
        """Differences up to this, in the description's units, are our registers' coarseness."""
        declaration = state.features[self.binding.ours].declaration
        if isinstance(declaration, Float):
            step = state.widest_limits(self.binding.ours).step or 0
            return max(1 / declaration.per_unit, step) / abs(self.per_unit)
        return 0.0

    def limits(self, state: CameraState) -> tuple[float, float, float | None]:
        """Our live limits in the description's units."""
        limits = state.limits(self.binding.ours)
        low, high = ((end - self.offset) / self.per_unit for end in (limits.low, limits.high))
        return low, high, limits.step / self.per_unit if limits.step else None


def joints_of(
    graph: Graph, gated: NodeMap, free: NodeMap, state: CameraState, formats: Mapping[str, str]
) -> list[Joint]:
    """All bound features of a description but the commands, in the order of `BINDINGS`."""
    selectors = graph.selectors_of()
    declared = (feature.declaration.at for feature in state.features.values())
    standards = {at.address for at in declared if at and at.address < BOOTSTRAP_END}
    found: list[Joint] = []
    for binding in BINDINGS:
        if binding.kind is Kind.COMMAND or binding.ours not in state:
            continue
        taken: set[str] = set()
        for name in binding.names:
            if name not in graph or graph[name].kind in {"EnumEntry", "Category", "Command"} or not gated.is_open(name):
                continue
            registers = set(graph.registers(name))
            if (registers and registers <= taken) or _is_standards(free, registers, standards):
                continue
            taken |= registers
            for under, at in _places_behind(graph, free, selectors.get(name, ())):
                joint = Joint(name, binding, under=under, at=at)
                _scale(joint, graph, gated)
                _choices(joint, graph, state, formats)
                found.append(joint)
    return found


def _is_standards(free: NodeMap, registers: Iterable[str], ours: Collection[int]) -> bool:
    """Whether a value lies in registers of the GigE Vision standard that our camera has: these act by themselves."""
    places = [place for register in registers if (place := free.place(register))]
    return bool(places) and all(place[0] in ours for place in places)


_Values = tuple[tuple[str, int], ...]


def _places_behind(graph: Graph, free: NodeMap, selectors: tuple[str, ...]) -> list[tuple[_Values, _Values]]:
    """Values of selectors in the camera, and in the client alone, behind which a feature is the one that acts.

    What a client's own selector stands at is not known: what it has at first counts, and what it should have.
    """
    under: list[tuple[str, int]] = []
    ats: list[list[tuple[str, int]]] = []
    for selector in (s for s in selectors if s in graph):
        current = int(free.number(selector) or 0)
        wanted = preferred_value(graph, selector)
        if graph.registers(selector):
            under.append((selector, current if wanted is None else wanted))
        else:
            ats.append([(selector, value) for value in dict.fromkeys((current, wanted)) if value is not None])
    return [(tuple(under), at) for at in product(*ats)]


def preferred_value(graph: Graph, selector: str) -> int | None:
    """The value of a selector behind which our feature lies."""
    values = {entry.name: entry.number("Value") for entry in graph[selector].entries}
    return next((values[name] for name in SELECTED.get(selector, ()) if values.get(name) is not None), None)


def _scale(joint: Joint, graph: Graph, gated: NodeMap) -> None:
    joint.per_unit = per_unit(graph, joint.name, joint.binding)
    limits = gated.limits(joint.name)
    if limits is None or not limits[0] < limits[1]:
        return
    if joint.binding.ours == "Gain" and not decibels(joint.name, limits):
        low_db, high_db = gain_limits(graph, gated)
        joint.per_unit = (high_db - low_db) / (limits[1] - limits[0])
        joint.offset = low_db - limits[0] * joint.per_unit
    elif joint.binding.ours == "BlackLevel" and limits[1] > 0:
        percent = limits[1] <= 100 and not joint.name.endswith("Raw")
        joint.per_unit = _BLACK_LEVEL_SCALE / 100 if percent else min(1.0, _BLACK_LEVEL_SCALE / limits[1])


def _choices(joint: Joint, graph: Graph, state: CameraState, formats: Mapping[str, str]) -> None:
    values = {entry.name: entry.number("Value") for entry in graph[joint.name].entries}
    if joint.kind is Kind.FORMAT:
        joint.entries = {
            value: formats[name] for name, value in values.items() if name in formats and value is not None
        }
    elif joint.kind in {Kind.CHOICE, Kind.TOLD}:
        ours = {entry.name for entry in state.features[joint.binding.ours].entries}
        choices = joint.binding.choices or {name: name for name in ours}
        joint.entries = {
            value: choice
            for name, value in values.items()
            if value is not None and (choice := _choice(choices, name)) in ours
        }


def _choice(choices: Mapping[str, str], name: str) -> str:
    return next((ours for pattern, ours in choices.items() if fnmatchcase(name, pattern)), "")
