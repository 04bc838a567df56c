"""Registers that say that a bound feature is locked: they follow the locks of ours."""

from __future__ import annotations

from dataclasses import dataclass

from tiscam_emu.camera.state import CameraState
from tiscam_emu.foreign.bindings import Kind
from tiscam_emu.foreign.graph import Graph
from tiscam_emu.foreign.joints import Joint
from tiscam_emu.foreign.nodemap import NodeMap


@dataclass(slots=True)
class LockPlan:
    """State: one register behind pIsLocked of a feature, and what it holds in either case."""

    ours: str
    register: str
    free_value: int
    locked_value: int
    locked: bool | None = None

    def follow(self, state: CameraState, free: NodeMap) -> None:
        """Lock or unlock the description's feature as ours is."""
        locked = bool(state.locks(self.ours))
        if locked != self.locked:
            self.locked = locked
            free.put(self.register, self.locked_value if locked else self.free_value)


def lock_plans(graph: Graph, gated: NodeMap, free: NodeMap, joints: list[Joint]) -> list[LockPlan]:
    """For every bound feature that a register can lock: which one, and how."""
    plans: list[LockPlan] = []
    for joint in joints:
        if joint.kind is Kind.TOLD:
            continue
        plan = _plan(graph, gated, free, joint)
        if plan is not None:
            plans.append(plan)
    return plans


def _plan(graph: Graph, gated: NodeMap, free: NodeMap, joint: Joint) -> LockPlan | None:
    """The register whose change of one value locks the feature, or unlocks it."""
    now = gated.access(joint.name)
    other = {"RW": "RO", "RO": "RW"}.get(now)
    for register in graph.registers(joint.name, ("pIsLocked",)):
        if other is None or graph[register].text("AccessMode") != "RO":
            continue
        before = int(free.number(register) or 0)
        for value in (v for v in (1, 0) if v != before):
            free.put(register, value)
            changed = gated.access(joint.name) == other
            free.put(register, before)
            if changed:
                unlocked, locked = (before, value) if now == "RW" else (value, before)
                return LockPlan(joint.binding.ours, register, unlocked, locked)
    return None
