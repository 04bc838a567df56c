"""Which registers a description names, and what it says of each, from the XML alone: GenApi is slow to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

KINDS = frozenset({"IntReg", "MaskedIntReg", "FloatReg", "StringReg", "Register", "StructReg"})
_DYNAMIC = frozenset({"pAddress", "pIndex", "pLength", "IntSwissKnife"})
_CONDITIONS = frozenset({"pIsImplemented", "pIsAvailable"})
_OF_THE_STREAM = frozenset({"ChunkID", "pChunkID", "EventID"})
_TEXTS = frozenset({"pPort", "AccessMode", "Address", "Length"})


@dataclass(frozen=True, slots=True)
class RegisterNode:
    """A register as a description declares it.

    Attributes
    ----------
    access
        RO, WO or RW.
    place
        Address and length in bytes; None where they depend on other registers.
    conditional
        Whether it is there depends on other registers.
    """

    name: str
    port: str
    access: str
    place: tuple[int, int] | None
    conditional: bool


@dataclass(slots=True)
class Declared:
    """The registers of a description in its order, and the ports that lead to the camera: not to chunks and events."""

    registers: list[RegisterNode] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)


class _Parser:
    """State: the register or port that is being read."""

    def __init__(self) -> None:
        self.found = Declared()
        self._kind = ""
        self._names: list[str] = []
        self._tags: set[str] = set()
        self._texts: dict[str, list[str]] = {}
        self._reading = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if not self._kind:
            if tag in KINDS or tag == "Port":
                self._kind, self._names, self._tags, self._texts = tag, [attributes.get("Name", "")], set(), {}
            return
        self._tags.add(tag)
        if tag == "StructEntry":
            self._names.append(attributes.get("Name", ""))
        elif tag in _TEXTS:
            self._reading = tag
            self._texts.setdefault(tag, []).append("")

    def _text(self, text: str) -> None:
        if self._reading:
            self._texts[self._reading][-1] += text

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if self._reading == tag:
            self._reading = ""
        if tag != self._kind:
            return
        self._kind = ""
        if tag != "Port":
            self._add_register(self._names[1:] if tag == "StructReg" else self._names)
        elif not _OF_THE_STREAM & self._tags:
            self.found.ports.append(self._names[0])

    def _add_register(self, names: list[str]) -> None:
        port = self._texts.get("pPort", [""])[0].strip()
        access = self._texts.get("AccessMode", ["RO"])[0].strip()
        place, conditional = self._place(), bool(_CONDITIONS & self._tags)
        self.found.registers += [RegisterNode(name, port, access, place, conditional) for name in names]

    def _place(self) -> tuple[int, int] | None:
        if _DYNAMIC & self._tags:
            return None
        try:
            addresses = [_number(text) for text in self._texts["Address"]]
            return sum(addresses), _number(self._texts["Length"][0])
        except (KeyError, ValueError):
            return None


def _number(text: str) -> int:
    return int(text.strip(), 16 if text.strip().lower().startswith("0x") else 10)


def declared(text: str) -> Declared:
    """The registers that a description names; `text` is well-formed (see `tiscam_emu.foreign.files.source`)."""
    reading = _Parser()
    reading.parser.Parse(text, True)  # noqa: FBT003 - takes no keyword
    return reading.found
