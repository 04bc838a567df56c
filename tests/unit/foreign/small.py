"""Nodes of small descriptions, by what is special about each."""

from __future__ import annotations

import re

from tests.unit.foreign.conftest import describe

from tiscam_emu.foreign.nodes.graph import Graph, parse


def element(kind: str, name: str, **children: object) -> str:
    """One node; a child given as a list comes once for each of its values, ``pVariable`` as NAME=NODE."""
    parts = []
    for tag, values in children.items():
        for value in values if isinstance(values, list) else [values]:
            tagged = re.fullmatch(r"(\w+)=(\w+)", str(value)) if tag in {"pVariable", "pValueIndexed"} else None
            label = "Name" if tag == "pVariable" else "Index"
            attribute, text = (f' {label}="{tagged[1]}"', tagged[2]) if tagged else ("", value)
            parts.append(f"<{tag}{attribute}>{text}</{tag}>" if str(text)[:1] != "<" else str(text))
    return f'<{kind} Name="{name}">{"".join(parts)}</{kind}>'


def register(
    name: str,
    address: int,
    access: str = "RW",
    *,
    kind: str = "IntReg",
    length: int = 4,
    order: str = "BigEndian",
    **more: object,
) -> str:
    """A register on the camera's port; `more` come before its byte order, as the schema wants."""
    first = {tag: more.pop(tag) for tag in ("pIsImplemented", "pIsAvailable", "pIsLocked") if tag in more}
    where = {"Address": hex(address)} | {tag: more.pop(tag) for tag in ("pAddress", "pIndex") if tag in more}
    rest = {} if kind in {"Register", "StringReg"} else {"Endianess": order}
    signed = {"Sign": "Unsigned"} if kind in {"IntReg", "MaskedIntReg"} else {}
    place = {"Length": length, "AccessMode": access, "pPort": "Device"}
    return element(kind, name, **first, **where, **place, **more, **signed, **rest)


def bit(name: str, address: int, at: int, access: str = "RO", **more: object) -> str:
    """One bit of a register."""
    more["Bit"] = at
    return register(name, address, access, kind="MaskedIntReg", length=4, order="BigEndian", **more)


def entry(name: str, value: int, **gates: str) -> str:
    """An entry of an enumeration."""
    return element("EnumEntry", name, **gates, Value=value)


def category(*features: str) -> str:
    """The category that clients begin at."""
    return element("Category", "Root", pFeature=list(features))


def graph_of(*nodes: str) -> Graph:
    """The graph of a description with these nodes."""
    return parse(describe("".join(nodes)), "tiny.xml")
