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
        if joint.kind is Kind.TOLD or gated.access(joint.name) != "RW":
            continue
        plan = _plan(graph, gated, free, joint)
        if plan is not None:
            plans.append(plan)
    return plans


def _plan(graph: Graph, gated: NodeMap, free: NodeMap, joint: Joint) -> LockPlan | None:
    for register in graph.registers(joint.name, ("pIsLocked",)):
        if graph[register].text("AccessMode") != "RO":
            continue
        before = int(free.number(register) or 0)
        for value in (1, 0):
            free.put(register, value)
            locked = gated.access(joint.name) == "RO"
            free.put(register, before)
            if locked and value != before:
                return LockPlan(joint.binding.ours, register, before, value)
    return None
