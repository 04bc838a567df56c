"""The commands of a description: what they do here, and that they are done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tiscam_emu.foreign.nodes.graph import Graph, Node
from tiscam_emu.foreign.nodes.nodemap import NodeMap

Action = Callable[[], None]
_WORD = 0xFFFF_FFFF
"""Registers may be signed, and codes are not."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the node that holds its value, the values that execute it, and the registers behind.

    Where a selector that is in the client alone decides the value, `codes` tells what that stands at; `told` is the
    node that tells the value where registers of the camera decide it.
    """

    name: str
    node: str
    codes: Mapping[int, tuple[str, int] | None]
    told: str
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
            for word in (word for register in command.registers for word in self.free.words(register)):
                self._words.setdefault(word, []).append(command)

    @property
    def words(self) -> Collection[int]:
        """Addresses of the words that commands lie in."""
        return self._words.keys()

    def _told(self, command: Command) -> int | None:
        value = self.free.number(command.told) if command.told else None
        return None if value is None else int(value) & _WORD

    def obey(self, address: int, length: int) -> None:
        """Do what was just written to a command's register.

        A command's register reads as done at once, so that its node does.
        """
        near = {c.name: c for word in range(address, address + length, 4) for c in self._words.get(word, ())}
        values = {command.name: self.free.number(command.node) for command in near.values()}
        for command in near.values():
            value = values[command.name]
            code = None if value is None else int(value) & _WORD
            if code is None or (code not in command.codes and code != self._told(command)):
                continue
            if code:
                self.free.put(command.node, 0)
            if selected := command.codes.get(code):
                self.free.put(*selected)
            if (action := self.actions.get(command.name)) is not None:
                action()


def commands_of(graph: Graph, free: NodeMap) -> list[Command]:
    """All commands of a description."""
    found = []
    for node in graph.nodes.values():
        target, told = node.text("pValue"), node.text("pCommandValue")
        if node.kind != "Command" or target not in graph:
            continue
        found.append(
            Command(
                node.name, target, _codes(graph, free, node), told if told in graph else "", graph.registers(target)
            )
        )
    return found


def _codes(graph: Graph, free: NodeMap, node: Node) -> dict[int, tuple[str, int] | None]:
    told = node.text("pCommandValue")
    if told not in graph:
        constant = node.number("CommandValue")
        return {1 if constant is None else constant & _WORD: None}
    codes: dict[int, tuple[str, int] | None] = {}
    for selector in graph.clients_selectors():
        if not set(graph.reach([selector])) & set(graph.reach([told])):
            continue
        before = free.number(selector)
        for value in (v for entry in graph[selector].entries if (v := entry.number("Value")) is not None):
            free.put(selector, value)
            code = free.number(told)
            if code is not None:
                codes.setdefault(int(code) & _WORD, (selector, value))
        free.put(selector, before or 0)
    code = free.number(told)
    return codes or {1 if code is None else int(code) & _WORD: None}
