"""The nodes of a GenICam description and how they refer to each other (GenICam GenApi standard, chapter 2.8)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from tiscam_emu.errors import SpecError

GATES = ("pIsImplemented", "pIsAvailable", "pIsLocked")
REGISTERS = frozenset({"IntReg", "MaskedIntReg", "FloatReg", "StringReg", "Register", "StructEntry"})
_REFUSED = frozenset({"ImposedAccessMode", "pInvalidator", "PollingTime", "Cachable", "pError", "pSelected", "pAlias"})
_FOR_PEOPLE = frozenset({"ToolTip", "Description", "DisplayName", "DocuURL", "Visibility", "IsDeprecated", "Extension"})
_BOUNDS = frozenset({"Min", "Max", "Inc", "pMin", "pMax", "pInc", "ValidValueSet", "pCastAlias"})
_VALUE_OF = frozenset({"pValue", "pVariable", "pIndex", "pValueIndexed", "pValueDefault"})
_WITH_NODES = frozenset({"EnumEntry", "StructEntry", *_FOR_PEOPLE})
ADDRESS_OF = ("pAddress", "pIndex", "pLength")
PLACE = "PlaceOf_"
"""Before the name of a register of text or a real number: the node in the camera's own copy that tells its address."""
_NUMBER_LENGTH = 8
_MOST_LENGTH = 1 << 20
"""Bytes of a register whose length another register tells."""
_PLACE = frozenset({"Address", "IntSwissKnife", "pAddress", "pIndex", "Length", "pLength", "AccessMode", "pPort"})
_LITERAL = re.compile(r"(?<![A-Za-z_0-9.])(0x[0-9A-Fa-f]+|\d+)(?![\d.])")
_MOST_LITERALS = 24


@dataclass(frozen=True, slots=True)
class Node:
    """One node; an entry of a structure has the properties of the structure as well.

    Attributes
    ----------
    props
        Names and texts of the child elements, in order.
    entries
        The entries of an enumeration.
    """

    name: str
    kind: str
    props: tuple[tuple[str, str], ...]
    entries: tuple[Node, ...] = ()

    def text(self, tag: str) -> str:
        """Text of the first child element `tag`; empty without one."""
        return next((text for name, text in self.props if name == tag), "")

    def texts(self, *tags: str) -> list[str]:
        """Texts of all child elements that are one of `tags`."""
        return [text for name, text in self.props if name in tags]

    @property
    def is_register(self) -> bool:
        """Whether its value lies in register memory."""
        return self.kind in REGISTERS

    def number(self, tag: str) -> int | None:
        """A whole number in the child element `tag`, decimal or hexadecimal."""
        try:
            return int(self.text(tag), 0)
        except ValueError:
            return None


class Graph:
    """All nodes of one description."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.vendor = root.get("VendorName", "")
        self.model = root.get("ModelName", "")
        self.transport = root.get("StandardNameSpace", "")
        self.schema = f"{root.get('SchemaMajorVersion', '?')}.{root.get('SchemaMinorVersion', '?')}"
        self.nodes: dict[str, Node] = {}
        for element in _node_elements(root):
            self._take(element)
        self._registers: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def _take(self, element: etree._Element) -> None:
        name = element.get("Name", "")
        props = _props(element)
        if _local(element) == "StructReg":
            for entry in element.iterchildren("{*}StructEntry"):
                if own := entry.get("Name"):
                    self.nodes[own] = Node(own, "StructEntry", (*_props(entry), *props))
            return
        entries = tuple(Node(e.get("Name", ""), "EnumEntry", _props(e)) for e in element.iterchildren("{*}EnumEntry"))
        self.nodes[name] = Node(name, _local(element), props, entries)

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def reach(self, names: Iterable[str], tags: Iterable[str] = ()) -> list[str]:
        """Names of all nodes that `names` lead to by their values, themselves included; nearest first.

        A register is an end: where it lies is no value. `tags` are further references to follow, from registers too.
        """
        first = set(tags)
        found: dict[str, None] = {}
        front = [name for name in names if name in self.nodes]
        for start in front:
            found[start] = None
        while front:
            following: list[str] = []
            for name in front:
                value = () if self.nodes[name].is_register else _VALUE_OF
                for tag, text in self.nodes[name].props:
                    wanted = tag in value or tag in first
                    if wanted and text in self.nodes and text not in found:
                        found[text] = None
                        following.append(text)
            front = following
        return list(found)

    def registers(self, name: str, tags: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Registers that the value of a node depends on, and, through `tags`, its limits or its gates."""
        key = name, tags
        if key not in self._registers:
            starts = [name] if not tags else [t for t in self.nodes[name].texts(*tags) if t in self.nodes]
            self._registers[key] = tuple(n for n in self.reach(starts) if self.nodes[n].is_register)
        return self._registers[key]

    def literals(self, names: Iterable[str]) -> list[int]:
        """Whole numbers in the formulas of nodes: what their conditions may ask for."""
        found: dict[int, None] = {}
        for name in names:
            for text in self.nodes[name].texts("Formula", "FormulaTo", "FormulaFrom", "Constant", "OnValue"):
                for literal in _LITERAL.findall(text):
                    found[int(literal, 0) if literal.lower().startswith("0x") else int(literal)] = None
        return list(found)[:_MOST_LITERALS]

    def features(self) -> list[str]:
        """Names of all nodes that clients are shown, in the order of the categories."""
        found: dict[str, None] = {}
        front = ["Root"]
        seen: set[str] = set()
        while front:
            name = front.pop(0)
            if name in seen or name not in self.nodes:
                continue
            seen.add(name)
            if self.nodes[name].kind == "Category":
                front[:0] = self.nodes[name].texts("pFeature")
            else:
                found[name] = None
        return list(found)

    @cached_property
    def _selectors(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for node in self.nodes.values():
            for selected in node.texts("pSelected"):
                found.setdefault(selected, []).append(node.name)
        return {name: tuple(selectors) for name, selectors in found.items()}

    def selectors_of(self) -> Mapping[str, tuple[str, ...]]:
        """For every node that is behind selectors: their names."""
        return self._selectors

    def clients_selectors(self) -> list[str]:
        """Selectors that are no registers of the camera: what they stand at is known to the client alone."""
        selectors = {selector for known in self._selectors.values() for selector in known}
        return sorted(name for name in selectors if name in self.nodes and not self.registers(name))

    def device_ports(self) -> set[str]:
        """Names of the ports that stand for the camera's registers, not for chunk or event data."""
        return {
            node.name
            for node in self.nodes.values()
            if node.kind == "Port" and not node.texts("ChunkID", "pChunkID", "EventID")
        }

    def copy_xml(self, *, gates: bool) -> bytes:
        """The description for the camera's own use: nothing is cached and every register can be written.

        Without `gates` nothing is ever locked, unavailable or limited.
        """
        root = copy.deepcopy(self.root)
        dropped = _FOR_PEOPLE | (_REFUSED if gates else _REFUSED | _BOUNDS | set(GATES))
        if not gates:
            _add_places(root)
        _bound_lengths(root)
        for element in list(_each(root, dropped)):
            if not element.get("Name"):
                _remove(element)
        for element in _each(root, {"AccessMode"}):
            element.text = "RW"
        for element in list(_each(root, {"pPort"})):
            uncached = etree.Element(element.tag.replace("pPort", "Cachable"))
            uncached.text = "NoCache"
            element.addnext(uncached)
        return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def parse(xml: bytes, shown: str) -> Graph:
    """The graph of a description; nothing but `xml` itself is read.

    Raises
    ------
    SpecError
        It is not XML, or no description.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise SpecError(f"{shown}: not valid XML: {error.msg}") from None
    if _local(root) != "RegisterDescription":
        raise SpecError(f"{shown}: not a GenICam description: its first element is {_local(root)}")
    return Graph(root)


def _node_elements(root: etree._Element) -> Iterator[etree._Element]:
    for element in root:
        if not isinstance(element.tag, str):
            continue
        if _local(element) == "Group":
            yield from _node_elements(element)
        elif element.get("Name") or _local(element) == "StructReg":
            yield element


def _props(element: etree._Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (tag, (child.text or "").strip())
        for child in element.iterchildren("*")
        if (tag := _local(child)) not in _WITH_NODES
    )


def _add_places(root: etree._Element) -> None:
    """Beside each text or real number a raw register at its place: GenApi tells addresses of these only."""
    for element in list(_each(root, {"FloatReg", "StringReg"})):
        place = copy.deepcopy(element)
        place.tag = element.tag.replace("FloatReg", "Register").replace("StringReg", "Register")
        place.set("Name", PLACE + element.get("Name", ""))
        for child in list(place):
            if isinstance(child.tag, str) and _local(child) not in _PLACE:
                place.remove(child)
        element.addnext(place)


def _bound_lengths(root: etree._Element) -> None:
    """Registers whose length another register tells end somewhere: numbers after 8 bytes, texts and files later.

    GenApi puts a number into 8 bytes, however many there are, and what clients write can decide the length.
    """
    bounded: set[str] = set()
    for element in list(_each(root, {"pLength"})):
        parent = element.getparent()
        most = _MOST_LENGTH if parent is None or _local(parent) in {"Register", "StringReg"} else _NUMBER_LENGTH
        of = (element.text or "").strip()
        name = f"LengthOf_{of}_{most}"
        if name not in bounded:
            bounded.add(name)
            knife = etree.SubElement(root, element.tag.replace("pLength", "IntSwissKnife"), Name=name)
            etree.SubElement(knife, element.tag.replace("pLength", "pVariable"), Name="L").text = of
            formula = f"(L > {most}) ? {most} : ((L < 0) ? 0 : L)"
            etree.SubElement(knife, element.tag.replace("pLength", "Formula")).text = formula
        element.text = name
    for number in _each(root, {"IntReg", "MaskedIntReg", "FloatReg", "StructReg"}):
        for element in number.iterchildren("{*}Length"):
            length = (element.text or "").strip()
            if (
                re.fullmatch(r"\d+|0[xX][0-9A-Fa-f]+", length)
                and int(length, 0 if "x" in length.lower() else 10) > _NUMBER_LENGTH
            ):
                element.text = str(_NUMBER_LENGTH)


def _each(root: etree._Element, names: Iterable[str]) -> Iterator[etree._Element]:
    """All elements of some names, in whatever namespace."""
    return root.iter(*(f"{{*}}{name}" for name in names))


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _local(element: etree._Element) -> str:
    tag: str = element.tag
    return tag[tag.rfind("}") + 1 :]
