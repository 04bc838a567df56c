"""Which words of the register memory matter to what acts: a write elsewhere is memory and costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tiscam_emu.foreign.nodes.graph import ADDRESS_OF, Graph
from tiscam_emu.foreign.nodes.nodemap import NodeMap


def watched_words(graph: Graph, free: NodeMap, names: Iterable[str]) -> frozenset[int] | None:
    """Words behind the values of nodes; None if registers of the camera decide where some of them lie."""
    registers = {register for name in names if name in graph for register in graph.registers(name)}
    moving = {register for register in registers if graph[register].texts(*ADDRESS_OF, "IntSwissKnife")}
    deciding = {name for register in moving for name in graph.reach([register], (*ADDRESS_OF, "pVariable"))} - moving
    if any(graph[name].is_register for name in deciding):
        return None
    words = {word for register in registers for word in free.words(register)}
    for _ in _standing(graph, free, deciding):
        words.update(word for register in moving for word in free.words(register))
    return frozenset(words)


def _standing(graph: Graph, free: NodeMap, deciding: Iterable[str]) -> Iterator[None]:
    """Once for every value of each selector that is in the client alone and decides about an address."""
    wanted = set(deciding)
    for selector in graph.clients_selectors():
        if wanted.isdisjoint(graph.reach([selector])):
            continue
        before = free.number(selector)
        for value in (v for entry in graph[selector].entries if (v := entry.number("Value")) is not None):
            free.put(selector, value)
            yield
        free.put(selector, before or 0)
