"""User sets of a foreign camera: what its registers held when a set was saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiscam_emu.errors import AccessDenied
from tiscam_emu.foreign.bindings import FACTORY_SETS
from tiscam_emu.foreign.live.banks import Banks, Kept
from tiscam_emu.foreign.nodes.graph import Graph
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END, Memory
from tiscam_emu.foreign.nodes.nodemap import NodeMap

_MOST_BYTES = 64 << 10
"""Longer registers hold files, which no set keeps."""
SELECTOR, DEFAULT = "UserSetSelector", "UserSetDefault"
_OTHERS = (SELECTOR, DEFAULT, "UserSetDefaultSelector")


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of all registers that are settings, and what lies behind selectors."""

    words: Mapping[int, bytes]
    kept: Kept


@dataclass(slots=True)
class UserSets:
    """State: the sets that were saved, by the value of the selector.

    `words` are the registers that belong to a set: those that clients can write, but selectors and commands.
    """

    memory: Memory
    free: NodeMap
    banks: Banks
    words: tuple[int, ...]
    factory_values: frozenset[int]
    factory: Settings | None = None
    first_default: int = 0
    default_words: frozenset[int] = frozenset()
    saved: dict[int, Settings] = field(default_factory=dict)
    _as_json: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """All sets that were saved, and the one to start with; empty if that is as it came."""
        if self._as_json is None:
            self._as_json = {str(value): _to_json(settings) for value, settings in self.saved.items()}
        default = self.default()
        return {"default": default, "user_sets": self._as_json} if self.saved or default != self.first_default else {}

    def take_json(self, content: Mapping[str, Any]) -> int:
        """Have the sets of an earlier `as_json`; the one to start with.

        Raises
        ------
        ValueError, TypeError, KeyError, AttributeError
            It is something else; nothing has changed.
        """
        default = int(content["default"])
        saved = {int(value): self._from_json(each) for value, each in content["user_sets"].items()}
        self.saved, self._as_json = saved, None
        return default

    def _from_json(self, content: Mapping[str, Any]) -> Settings:
        words, banked = set(self.words), self.banks.words
        return Settings(
            {word: _word(data) for key, data in content["words"].items() if (word := int(key, 16)) in words},
            {
                (int(key, 16), tuple(values)): _word(data)
                for key, values, data in content["behind"]
                if int(key, 16) in banked
            },
        )

    def now(self) -> Settings:
        """The settings as they are."""
        return Settings({word: self.memory.read(word, 4) for word in self.words}, self.banks.kept())

    def save(self) -> None:
        """Keep the settings in the selected set.

        Raises
        ------
        AccessDenied
            The set is the factory's.
        """
        if self.is_read_only():
            raise AccessDenied("the selected user set is read-only")
        self.saved[self._selected(SELECTOR)] = self.now()
        self._as_json = None

    def is_read_only(self) -> bool:
        """Whether the selected set is the factory's."""
        return self._selected(SELECTOR) in self.factory_values

    def load(self) -> None:
        """Put back the settings of the selected set; of one that nothing was saved to, the factory's."""
        self._put_back(self._selected(SELECTOR))

    def __post_init__(self) -> None:
        registers = self.free.graph.registers(DEFAULT) if DEFAULT in self.free.graph else ()
        places = (self.free.words(register, most_bytes=_MOST_BYTES) for register in registers)
        self.default_words = frozenset(word for words in places for word in words)

    def default(self) -> int:
        """The set that the camera is to start with."""
        return self._selected(DEFAULT)

    def load_default(self, value: int) -> None:
        """Put back the settings that the camera is to start with, and that it is to."""
        if value in self.saved:
            self._put_back(value)
        if DEFAULT in self.free.graph:
            self.free.put(DEFAULT, value)

    def _put_back(self, value: int) -> None:
        found = self.saved.get(value, self.factory)
        if found is not None:
            for word, content in found.words.items():
                self.memory.write(word, content)
            self.banks.put_back(found.kept)

    def _selected(self, name: str) -> int:
        return int(self.free.number(name) or 0) if name in self.free.graph else 0


def _to_json(settings: Settings) -> dict[str, Any]:
    return {
        "words": {f"{word:08x}": data.hex() for word, data in settings.words.items()},
        "behind": [[f"{word:08x}", list(values), data.hex()] for (word, values), data in settings.kept.items()],
    }


def _word(data: str) -> bytes:
    word = bytes.fromhex(data)
    if len(word) != 4:
        raise ValueError(f"{data}: not the content of a register")
    return word


def settings_words(graph: Graph, free: NodeMap, command_words: Iterable[int]) -> tuple[int, ...]:
    """Words of all registers that clients can write and that are settings."""
    selectors = {selector for known in graph.selectors_of().values() for selector in known} | set(_OTHERS)
    left_out = set(command_words)
    for selector in selectors & set(graph.nodes):
        for register in graph.registers(selector):
            left_out.update(free.words(register, most_bytes=_MOST_BYTES))
    ports = graph.device_ports()
    words: set[int] = set()
    for name, node in graph.nodes.items():
        if node.is_register and node.text("pPort") in ports and node.text("AccessMode") == "RW":
            words.update(word for word in free.words(name, most_bytes=_MOST_BYTES) if word >= BOOTSTRAP_END)
    return tuple(sorted(words - left_out))


def factory_values(graph: Graph) -> frozenset[int]:
    """Values of the selector that stand for the factory's settings."""
    entries = graph[SELECTOR].entries if SELECTOR in graph else ()
    return frozenset(
        value for entry in entries if entry.name in FACTORY_SETS and (value := entry.number("Value")) is not None
    )
