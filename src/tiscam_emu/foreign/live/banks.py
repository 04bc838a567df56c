"""Registers behind a selector at one address: each of the selector's values has contents of its own there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tiscam_emu.foreign.nodes.graph import ADDRESS_OF, GATES, Graph
from tiscam_emu.foreign.nodes.memory import Memory
from tiscam_emu.foreign.nodes.nodemap import NodeMap

_MOST_BYTES = 4096
"""Longer registers hold files and tables, which no selector exchanges."""
_ALL = (*GATES, "pMin", "pMax", "pInc")


Kept = Mapping[tuple[int, tuple[float | None, ...]], bytes]
"""Contents by word and values of its selectors."""


@dataclass(slots=True)
class Banks:
    """State: contents by selector values, for the words that share an address.

    `words` names for each word the selectors that choose its content.
    """

    memory: Memory
    free: NodeMap
    words: Mapping[int, tuple[str, ...]]
    _selectors: tuple[str, ...] = ()
    _current: dict[str, float | None] = field(default_factory=dict)
    _kept: dict[tuple[int, tuple[float | None, ...]], bytes] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the contents of now for those of every value."""
        self._selectors = tuple(dict.fromkeys(s for selectors in self.words.values() for s in selectors))
        self._current = {selector: self.free.number(selector) for selector in self._selectors}
        self._kept.clear()

    def kept(self) -> Kept:
        """The contents behind all values that were selected so far."""
        now = {selector: self._current.get(selector) for selector in self._selectors}
        shown = {
            (word, tuple(now[selector] for selector in selectors)): self.memory.read(word, 4)
            for word, selectors in self.words.items()
        }
        return {**self._kept, **shown}

    def put_back(self, kept: Kept) -> None:
        """Have the contents of an earlier `kept`."""
        self._kept = dict(kept)
        for word, selectors in self.words.items():
            content = kept.get((word, tuple(self._current.get(selector) for selector in selectors)))
            if content is not None:
                self.memory.write(word, content)

    def follow(self) -> None:
        """After a write: where a selector has changed, exchange the contents behind it."""
        if not self._selectors:
            return
        now = {selector: self.free.number(selector) for selector in self._selectors}
        changed = {selector for selector in self._selectors if now[selector] != self._current[selector]}
        if not changed:
            return
        for word, selectors in self.words.items():
            if changed.isdisjoint(selectors):
                continue
            before = tuple(self._current[selector] for selector in selectors)
            self._kept[word, before] = self.memory.read(word, 4)
            content = self._kept.get((word, tuple(now[selector] for selector in selectors)))
            if content is not None:
                self.memory.write(word, content)
        self._current = now


def banked_words(graph: Graph, free: NodeMap) -> dict[int, tuple[str, ...]]:
    """Words that hold another value for each value of their selectors, and those selectors."""
    behind = graph.selectors_of()
    words: dict[int, set[str]] = {}
    shared: set[int] = set()
    for name in dict.fromkeys((*behind, *graph.features())):
        if name not in graph:
            continue
        selectors = _device_selectors(graph, behind.get(name, ()))
        for register in (r for r in graph.reach([name], _ALL) if graph[r].is_register):
            found = free.words(register, most_bytes=_MOST_BYTES)
            if selectors and not _indexed(graph, register, selectors):
                for word in found:
                    words.setdefault(word, set()).update(selectors)
            else:
                shared.update(found)
    return {word: tuple(sorted(selectors)) for word, selectors in words.items() if word not in shared}


def _device_selectors(graph: Graph, selectors: tuple[str, ...]) -> tuple[str, ...]:
    """Those whose value lies in a register of the camera."""
    return tuple(s for s in selectors if s in graph and graph.registers(s))


def _indexed(graph: Graph, register: str, selectors: tuple[str, ...]) -> bool:
    """Whether the selectors decide where the register lies."""
    deciding = set(graph.reach([register], ADDRESS_OF)) - {register}
    own = {r for selector in selectors for r in graph.registers(selector)}
    return bool(deciding & (own | set(selectors)))
