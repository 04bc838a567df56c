"""The commands of a description: what they do here, and that they are done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tiscam_emu.foreign.graph import Graph
from tiscam_emu.foreign.nodemap import NodeMap

Action = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the node that holds its value, the value that executes it, and the registers behind."""

    name: str
    node: str
    code: int
    registers: tuple[str, ...]


@dataclass(slots=True)
class Commands:
    """State: which command lies where.

    `actions` are what commands do besides telling that they are done, by their names.
    """

    free: NodeMap
    commands: list[Command]
    actions: Mapping[str, Action] = field(default_factory=dict)
    _words: dict[int, list[Command]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for command in self.commands:
            for word in self._places(command):
                self._words.setdefault(word, []).append(command)

    def _places(self, command: Command) -> Iterable[int]:
        for register in command.registers:
            if place := self.free.place(register):
                yield from range(place[0] // 4 * 4, place[0] + place[1], 4)

    @property
    def words(self) -> Collection[int]:
        """Addresses of the words that commands lie in."""
        return self._words.keys()

    def obey(self, address: int, length: int) -> None:
        """Do what was just written to a command's register.

        A command's register reads as done at once, so that its node does.
        """
        near = {c.name: c for word in range(address, address + length, 4) for c in self._words.get(word, ())}
        given = [command for command in near.values() if self.free.number(command.node) == command.code]
        for command in given:
            if command.code:
                self.free.put(command.node, 0)
            if (action := self.actions.get(command.name)) is not None:
                action()


def commands_of(graph: Graph, free: NodeMap) -> list[Command]:
    """All commands of a description."""
    found = []
    for node in graph.nodes.values():
        target = node.text("pValue")
        if node.kind != "Command" or target not in graph:
            continue
        code = node.number("CommandValue")
        if code is None:
            told = free.number(node.text("pCommandValue")) if node.text("pCommandValue") in graph else None
            code = int(told) if told is not None else 1
        found.append(Command(node.name, target, code, graph.registers(target)))
    return found
