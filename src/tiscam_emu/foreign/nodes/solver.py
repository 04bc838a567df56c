"""Finding values of registers at which a description says what it is to say.

Which features there are, which of them are locked, and what their limits are lies in registers, behind conditions and
formulas. It is found by trying one bit or value of the registers behind a gate after the other; numbers are the
`Seeker`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, product

from tiscam_emu.foreign.bindings import SELECTED
from tiscam_emu.foreign.nodes.graph import ADDRESS_OF, GATES, Graph, Node
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.foreign.nodes.seeker import Seeker

_MOST_TRIES = 3000
_MOST_READS = 12_000
"""Register reads that looking for one gate's values may take: what GenApi asks for differs from gate to gate."""
_MOST_READS_IN_ALL = 300_000
"""For all gates of a description together, about three seconds; real cameras need a tenth of it."""
_MOST_CHANGED = 3
_MOST_BITS = 10
_DEEPEST = 3
"""So many gates behind each other are opened."""
_MOST_SELECTED = 12
_SCALES = (1_000_000, 1_000_000_000, 1)
"""What other registers of a formula are while one is sought, if they cannot stay as they are: a timebase."""
_GRABBING = "TLParamsLocked"
_SIZES = ("Width", "Height", "OffsetX", "OffsetY")
"""Their registers are no means of making anything else available."""
_BOUND_TAGS = ("pMin", "pMax", "pInc")


@dataclass(slots=True)
class Solver:
    """State: the two node maps over a memory that is being filled.

    `gated` sees what clients see, `free` can set everything. `pinned` are registers that are what they have to be; one
    that a selector moves is pinned where it lay.
    """

    graph: Graph
    gated: NodeMap
    free: NodeMap
    pinned: set[tuple[str, int]] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    _sizes: frozenset[str] = frozenset()
    seeker: Seeker = field(init=False)

    def __post_init__(self) -> None:
        self.seeker = Seeker(self.graph, self.free)
        names = [name for name in _SIZES if name in self.graph]
        self._sizes = frozenset(register for name in names for register in self.graph.registers(name))

    def open(self, name: str, *, writable: bool = False) -> bool:
        """Let a feature be there, and not be locked; whether that could be done."""
        wanted = {"RW", "WO"} if writable else {"RW", "RO", "WO"}

        def reached() -> bool:
            return any(access in wanted for access in self._accesses(name))

        if reached():
            self.failures.pop(name, None)
            return True
        for inner in reversed(self.graph.reach([name], _BOUND_TAGS)):
            if self.graph[inner].texts(*GATES) and not self.gated.is_open(inner):
                self._open_node(inner)
            self._open_askers([self.graph[inner]])
        gates = self._gates([name])
        if not reached() and any(self.open_entry(name, entry.name) for entry in self.graph[name].entries) and reached():
            self.failures.pop(name, None)
            return True
        if reached() or self._solve(reached, gates):
            self.failures.pop(name, None)
            return True
        if writable and self.open(name):
            return False
        self.failures[name] = self._reason(name, gates)
        return False

    def _open_node(self, name: str) -> bool:
        return self._solve(lambda: self.gated.is_open(name), self._gates_of([self.graph[name]]))

    def _open_askers(self, nodes: Sequence[Node], depth: int = 0) -> None:
        """Let what the gates of nodes ask be there itself, the innermost first."""
        starts = [text for node in nodes for text in node.texts(*GATES) if text in self.graph]
        for name in reversed(self.graph.reach(starts)):
            if self.graph[name].texts(*GATES) and not self.gated.is_open(name) and depth < _DEEPEST:
                self._open_askers([self.graph[name]], depth + 1)
                if not self.gated.is_open(name):
                    self._open_node(name)

    def _pin(self, registers: Iterable[str]) -> None:
        self.pinned.update((register, self._moved_to(register)) for register in registers)

    def _is_pinned(self, register: str) -> bool:
        return (register, self._moved_to(register)) in self.pinned

    def _moved_to(self, register: str) -> int:
        """Where a register lies now if others decide that; 0 for all that stay where they are."""
        if not self.graph[register].texts(*ADDRESS_OF, "IntSwissKnife"):
            return 0
        place = self.free.place(register)
        return place[0] if place else -1

    def select(self, selector: str, value: float) -> None:
        """Let a selector stand at a value, for both node maps: some selectors are no registers but the client's own."""
        self.free.put(selector, value)
        self.gated.put(selector, value)

    def behind(self, name: str) -> Iterator[str]:
        """Once for every entry of the selectors that a feature is behind, the one of power-up last; what they are."""
        selectors = [s for s in self.graph.selectors_of().get(name, ()) if s in self.graph]
        values = [self._selected(selector) for selector in selectors]
        for chosen in islice(product(*values), _MOST_SELECTED):
            for selector, value in zip(selectors, chosen, strict=True):
                self.select(selector, value)
            yield " ".join(f"{selector}={value}" for selector, value in zip(selectors, chosen, strict=True))

    def _selected(self, selector: str) -> list[int]:
        current = int(self.free.number(selector) or 0)
        values = [
            value
            for entry in self.graph[selector].entries
            if self.gated.is_open(f"EnumEntry_{selector}_{entry.name}") and (value := entry.number("Value")) is not None
        ]
        preferred = [
            e.number("Value")
            for wanted in SELECTED.get(selector, ())
            for e in self.graph[selector].entries
            if e.name == wanted
        ]
        last = next((value for value in preferred if value in values), current)
        return [*(value for value in values if value != last), last]

    def _accesses(self, name: str) -> list[str]:
        """What may be done with a feature, before and while a client grabs."""
        found = [self.gated.access(name)]
        if _GRABBING in self.graph and self.graph[name].kind == "Command":
            self.gated.put(_GRABBING, 1)
            found.append(self.gated.access(name))
            self.gated.put(_GRABBING, 0)
        return found

    def open_entry(self, enumeration: str, symbol: str) -> bool:
        """Let an entry of an enumeration be there."""
        entry = next((e for e in self.graph[enumeration].entries if e.name == symbol), None)
        if entry is None:
            return False
        node = f"EnumEntry_{enumeration}_{symbol}"

        def reached() -> bool:
            return self.gated.is_open(node)

        if reached():
            return True
        self._open_askers([entry])
        return reached() or self._solve(reached, self._gates_of([entry]))

    def _gates(self, names: Sequence[str]) -> list[str]:
        chain = self.graph.reach(names, _BOUND_TAGS)
        return self._gates_of([self.graph[name] for name in chain])

    def _gates_of(self, nodes: Sequence[Node]) -> list[str]:
        starts = [text for node in nodes for text in node.texts(*GATES) if text in self.graph]
        found = self.graph.reach(starts)
        # What stands behind a gate may have gates itself.
        inner = [t for name in found for t in self.graph[name].texts(*GATES) if t in self.graph]
        return list(dict.fromkeys([*found, *self.graph.reach(inner)]))

    def _reason(self, name: str, gates: Sequence[str]) -> str:
        access = self.gated.access(name)
        registers = [gate for gate in gates if self.graph[gate].is_register]
        if not registers:
            return f"{access}, and the description says so without asking a register"
        given_up = "; no more was tried, for it took too long" if self.gated.reads > _MOST_READS_IN_ALL else ""
        return f"{access}, whatever of {', '.join(registers[:4])} is set{given_up}"

    def _solve(self, reached: Callable[[], bool], chain: Sequence[str]) -> bool:
        """Change as few registers of `chain` as possible so that `reached` holds."""
        registers = [name for name in chain if self.graph[name].is_register and self._may_change(name)]
        registers.sort(key=lambda name: (self._is_pinned(name), self.graph[name].text("AccessMode") != "RO"))
        before = {name: self.free.number(name) for name in registers}
        literals = self.graph.literals(chain)
        last_read = min(self.gated.reads + _MOST_READS, _MOST_READS_IN_ALL)
        for changes in islice(_changes(registers, [self._tried(name, literals) for name in registers]), _MOST_TRIES):
            if all(self.free.put(name, value) for name, value in changes) and reached():
                # What clients can write is a setting: the feature comes and goes with it.
                self._pin(name for name, _ in changes if self.graph[name].text("AccessMode") == "RO")
                return True
            for name, _ in changes:
                self.free.put(name, before[name] or 0)
            if self.gated.reads > last_read:
                break
        return False

    def _may_change(self, register: str) -> bool:
        """A pinned one may still get further bits, if it is an inquiry word for several features."""
        if register in self._sizes:
            return False
        wide = self.graph[register].kind == "IntReg" and self.graph[register].text("AccessMode") == "RO"
        return wide or not self._is_pinned(register)

    def _tried(self, name: str, literals: Sequence[int]) -> list[int]:
        """Values that a register may need: a bit both values, others what the formulas ask for.

        A word that has bits already keeps them, first of all.
        """
        bits = self.bits(name)
        current = int(self.free.number(name) or 0)
        masks = _masks(literals)
        values = [current | mask for mask in masks] if current and bits > 1 else []
        if not self._is_pinned(name):
            values += [1, 0] if bits == 1 else [1, 0, 2, 3, 4, *literals, *masks, 2**bits - 1]
        return [v for v in dict.fromkeys(values) if v < 2**bits and v != current]

    def bits(self, name: str) -> int:
        """How many bits of its register a node has."""
        node = self.graph[name]
        if node.kind not in {"MaskedIntReg", "StructEntry"}:
            return 8 * min(8, node.number("Length") or 4)
        return 1 if node.text("Bit") else abs((node.number("MSB") or 0) - (node.number("LSB") or 0)) + 1

    def drive(self, name: str, target: float) -> bool:
        """Let a node read `target` by setting the registers behind it; whether it does then."""
        node = self.graph.nodes.get(name)
        if node is None:
            return False
        if self.seeker.reads(name, target):
            if target:
                self._pin(self.graph.registers(name))
            return True
        if node.kind in {"SwissKnife", "IntSwissKnife"}:
            return self._solve_for(name, target)
        following = [text for text in node.texts("pValue") if text in self.graph]
        if following and node.kind not in {"Converter", "IntConverter"}:
            return self.drive(following[0], target) or self.seeker.reads(name, target)
        return self._set(name, following, target)

    def tell(self, name: str, target: float) -> bool:
        """As `drive`, as often as need be, by registers that clients cannot write: settings stay as they are."""
        registers = self.graph.registers(name)
        pinned = self.pinned
        own = {r for r in registers if self.graph[r].text("AccessMode") == "RO"}
        self.pinned = {pin for pin in pinned if pin[0] not in own}
        self._pin(r for r in registers if r not in own)
        try:
            return self.drive(name, target)
        finally:
            self.pinned = pinned

    def _set(self, name: str, following: Sequence[str], target: float) -> bool:
        """Set a register, or a converter and the register behind it."""
        registers = [r for text in following for r in self.graph.registers(text)] or [name]
        if any(self._is_pinned(register) for register in registers):
            return False
        before = {register: self.free.number(register) or 0 for register in registers}
        if self.put(name, target):
            self._pin(registers)
            return True
        for register, value in before.items():
            self.free.put(register, value)
        return False

    def put(self, name: str, target: float) -> bool:
        """Set a node to a value or to the step next to it; whether it reads so then.

        Where GenApi does not set it, for limits of the formula that are not finite, its register is sought.
        """
        return self._put(name, target) or (target != 0 and self._scale(name) and self._put(name, target))

    def _put(self, name: str, target: float) -> bool:
        if self.free.put(name, target) and self.seeker.near(name, target):
            return True
        return any(self.seeker.solve(name, register, target) for register in self._holders(name) if register != name)

    def _holders(self, name: str) -> list[str]:
        """Registers that hold the value of a node, without those that its formulas use besides."""
        node = self.graph[name]
        if node.is_register:
            return [name]
        following = [text for text in node.texts("pValue", "pValueIndexed") if text in self.graph]
        return [register for text in following for register in self._holders(text)]

    def _scale(self, name: str) -> bool:
        """Let what a converter multiplies with or divides by be 1 if it is 0 as yet: a timebase; whether any was."""
        converters = [n for n in self.graph.reach([name]) if self.graph[n].kind in {"Converter", "IntConverter"}]
        variables = [text for n in converters for text in self.graph[n].texts("pVariable") if text in self.graph]
        zero = [variable for variable in variables if self.free.number(variable) == 0]
        return any(self.drive(variable, 1.0) for variable in zero)

    def _solve_for(self, name: str, target: float) -> bool:
        """Set one register behind a formula so that this becomes `target`.

        Others are left as they are, unless the formula has no value then: they may be a timebase to divide by. Narrow
        ones become as large as they can, for they are the steps of a scale.
        """
        registers = [r for r in self.graph.registers(name) if not self._is_pinned(r)]
        registers.sort(key=lambda r: self.graph[r].text("AccessMode") != "RO")
        before = {register: self.free.number(register) or 0 for register in registers}
        scales = (None,) if self.free.number(name) is not None else (None, *_SCALES)
        for scale in scales:
            for register in registers:
                others = [r for r in registers if r != register and scale is not None]
                for other in others:
                    self.free.put(other, scale or 0)
                if self.seeker.solve(name, register, target):
                    self._pin((register, *others))
                    return True
                for other, value in before.items():
                    self.free.put(other, value)
        return self._solve_scaled(name, registers, target)

    def _solve_scaled(self, name: str, registers: Sequence[str], target: float) -> bool:
        """As `_solve_for`, with all narrow registers but one at their largest value."""
        narrow = [r for r in registers if not self.free.number(r) and self.bits(r) < 32]
        before = {register: self.free.number(register) or 0 for register in registers}
        for register in (r for r in registers if r not in narrow and narrow):
            for other in narrow:
                self.free.put(other, 2 ** self.bits(other) - 1)
            if self.seeker.solve(name, register, target):
                self._pin((register, *narrow))
                return True
            for other, value in before.items():
                self.free.put(other, value)
        return False

    def limit(self, name: str, low: float | None, high: float | None, step: float | None) -> None:
        """Give a number limits, through the registers that hold them."""
        node = self.graph[name]
        for tag, value in (("pInc", step), ("pMax", high), ("pMin", low)):
            for text in node.texts(tag) if value is not None else ():
                self.drive(text, float(value or 0))
        for text in node.texts("pValue"):
            if text not in self.graph:
                continue
            if node.kind in {"Converter", "IntConverter"}:
                low, high = self._converted(name, text, low, high)
                step = None
            if self.graph[text].kind in {"Integer", "Float", "Converter", "IntConverter"}:
                self.limit(text, low, high, step)

    def _converted(
        self, converter: str, behind: str, low: float | None, high: float | None
    ) -> tuple[float | None, float | None]:
        """Limits of a converter in the units of what it converts."""
        before = self.free.number(behind)
        ends: list[float | None] = []
        for value in (low, high):
            done = value is not None and self.put(converter, value)
            ends.append(self.free.number(behind) if done else None)
        if before is not None:
            self.free.put(behind, before)
        known = sorted(end for end in ends if end is not None)
        if len(known) == 2:
            return known[0], known[1]
        return ends[0], ends[1]


def _masks(literals: Sequence[int]) -> list[int]:
    """One to three of the bits that formulas mask out, together."""
    bits: dict[int, None] = {}
    for literal in literals:
        word = literal if literal.bit_count() <= 4 else ~literal & 0xFFFF_FFFF
        if word >= 16 and word.bit_count() <= 8:
            bits.update((1 << at, None) for at in range(32) if word >> at & 1)
    few = list(bits)[:_MOST_BITS]
    return [sum(chosen) for count in (1, 2, 3) for chosen in combinations(few, count)]


def _changes(registers: Sequence[str], values: Sequence[Sequence[int]]) -> Iterator[tuple[tuple[str, int], ...]]:
    """All changes of one register, then of two, then of three."""
    pairs = [[(name, value) for value in tried] for name, tried in zip(registers, values, strict=True)]
    for count in range(1, min(_MOST_CHANGED, len(registers)) + 1):
        few = pairs if count == 1 else [tried[:6] for tried in pairs] if count == 2 else [t[:3] for t in pairs]
        for chosen in combinations(few, count):
            yield from product(*chosen)
