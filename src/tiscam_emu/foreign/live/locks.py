"""Registers that say that a feature is locked: of what acts they follow the locks of ours, of memory they are open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tiscam_emu.camera.state import CameraState
from tiscam_emu.foreign.bindings import BINDINGS, USER_SETS, Kind
from tiscam_emu.foreign.live.joints import Joint
from tiscam_emu.foreign.live.settings import UserSets
from tiscam_emu.foreign.nodes.graph import Graph
from tiscam_emu.foreign.nodes.nodemap import NodeMap

Condition = Callable[[CameraState], bool]


@dataclass(slots=True)
class LockPlan:
    """State: one register behind pIsLocked of a feature, when that is locked, and what it holds in either case."""

    name: str
    is_locked: Condition
    register: str
    free_value: int
    locked_value: int
    locked: bool | None = None

    def follow(self, state: CameraState, free: NodeMap) -> None:
        """Lock or unlock the description's feature as ours is."""
        locked = self.is_locked(state)
        if locked != self.locked:
            self.locked = locked
            free.put(self.register, self.locked_value if locked else self.free_value)


def lock_plans(gated: NodeMap, free: NodeMap, conditions: Mapping[str, Condition]) -> list[LockPlan]:
    """For every feature that acts, and that a register can lock: which one, and how."""
    plans: list[LockPlan] = []
    for name, is_locked in conditions.items():
        found = _switch(gated, free, name)
        if found is not None:
            plans.append(LockPlan(name, is_locked, *found))
    return plans


def open_memory(gated: NodeMap, free: NodeMap, plans: list[LockPlan]) -> None:
    """Let what is memory be written: a lock that nothing moves would stay as it was when the camera was saved."""
    acting = {plan.register for plan in plans}
    for name in free.graph.features():
        if gated.access(name) != "RO":
            continue
        found = _switch(gated, free, name)
        if found is not None and found[0] not in acting:
            free.put(found[0], found[1])


def conditions(graph: Graph, joints: list[Joint], user_sets: UserSets, state: CameraState) -> dict[str, Condition]:
    """When each of the features that act is locked."""
    found = {joint.name: _as_ours(joint.binding.ours) for joint in joints if joint.kind is not Kind.TOLD}
    for binding in BINDINGS:
        if binding.kind is Kind.COMMAND and binding.ours in state:
            found |= {name: _as_ours(binding.ours) for name in binding.names}
    found[USER_SETS["load"]] = lambda state: state.acquiring
    found[USER_SETS["save"]] = lambda _state: user_sets.is_read_only()
    return {name: is_locked for name, is_locked in found.items() if name in graph}


def _as_ours(name: str) -> Condition:
    return lambda state: bool(state.locks(name))


def _switch(gated: NodeMap, free: NodeMap, name: str) -> tuple[str, int, int] | None:
    """The register whose change of one value locks the feature, or unlocks it; its values unlocked and locked."""
    graph, now = free.graph, gated.access(name)
    other = {"RW": "RO", "RO": "RW"}.get(now)
    for register in graph.registers(name, ("pIsLocked",)):
        if other is None or graph[register].text("AccessMode") != "RO":
            continue
        before = int(free.number(register) or 0)
        for value in (v for v in (1, 0) if v != before):
            free.put(register, value)
            changed = gated.access(name) == other
            free.put(register, before)
            if changed:
                return (register, before, value) if now == "RW" else (register, value, before)
    return None
