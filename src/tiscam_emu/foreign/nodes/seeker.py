"""Finding the value of one register at which a formula has a wanted one: along lines and hyperbolas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tiscam_emu.foreign.nodes.graph import Graph
from tiscam_emu.foreign.nodes.nodemap import NodeMap

_RELATIVE = 1e-6
_COARSE = 1e-3
_NEAR = 0.5
_MOST_GUESSES = 16
_FIRST_GUESSES = (1.0,)


@dataclass(frozen=True, slots=True)
class Seeker:
    """Sets registers through a node map that can set everything."""

    graph: Graph
    free: NodeMap

    def solve(self, name: str, register: str, target: float) -> bool:
        """Find the value of one register at which a formula gives `target`, or the step next to it, if there is one.

        If there is none, the register stays as it is.
        """
        before = self.free.number(register)
        if self._seek(name, register, target):
            return True
        if before is not None:
            self.free.put(register, before)
        return False

    def _seek(self, name: str, register: str, target: float) -> bool:
        points: list[tuple[float, float]] = []
        guess = float(target)
        for _ in range(_MOST_GUESSES):
            at = self._put_within(register, guess)
            value = self.free.number(name)
            if value is None or at is None:
                if points or guess in _FIRST_GUESSES:
                    return False
                guess = _FIRST_GUESSES[0]
                continue
            if self.reads(name, target):
                return True
            if points and points[-1][0] == at:
                break
            points.append((at, value))
            guess = _next_guess(points, target)
            if not math.isfinite(guess):
                return False
        return self._brackets(name, register, target)

    def _put_within(self, register: str, value: float) -> float | None:
        limits = self.free.limits(register)
        if limits:
            value = min(max(value, limits[0]), limits[1])
        return self.free.number(register) if self.free.put(register, value) else None

    def _brackets(self, name: str, register: str, target: float) -> bool:
        """Whether `target` lies between the formula's values at a register's value of now and the next one.

        Or a little beyond all values that the register can have.
        """
        at, value = self.free.number(register), self.free.number(name)
        if at is None or value is None:
            return False
        if self.graph[register].kind == "FloatReg":
            return math.isclose(value, target, rel_tol=_COARSE)
        for step in (1, -1):
            beyond = self._put_within(register, at + step)
            other = self.free.number(name)
            if beyond != at and other is not None and (value - target) * (other - target) <= 0:
                if abs(value - target) <= abs(other - target):
                    self.free.put(register, at)
                return True
        self.free.put(register, at)
        limits = self.free.limits(register)
        return limits is not None and at in limits[:2] and self.near(name, target)

    def near(self, name: str, target: float) -> bool:
        """Whether a node reads a value, or the step next to it."""
        value = self.free.number(name)
        return value is not None and abs(value - target) <= max(_NEAR * abs(target), 1e-9)

    def reads(self, name: str, target: float) -> bool:
        """Whether a node reads a value."""
        value = self.free.number(name)
        return value is not None and math.isclose(value, target, rel_tol=_RELATIVE, abs_tol=1e-9)


def _next_guess(points: Sequence[tuple[float, float]], target: float) -> float:
    """Where a formula may have the value `target`: on a line through the last two points, or on a hyperbola.

    A line through zero is told apart: the difference of two large numbers would be coarse.
    """
    (x1, y1) = points[-1]
    if len(points) == 1:
        return x1 / 2 + 1
    (x0, y0) = points[-2]
    if y1 == y0 or x1 == x0:
        return math.nan
    if x0 and x1 and y1 and math.isclose(y0 / x0, y1 / x1, rel_tol=_RELATIVE):
        return x1 / y1 * target
    if target and math.isclose(x0 * y0, x1 * y1, rel_tol=1e-3):
        return x1 * y1 / target
    return x1 + (target - y1) * (x1 - x0) / (y1 - y0)
