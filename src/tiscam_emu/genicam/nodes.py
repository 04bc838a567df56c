"""Nodes of one feature: the feature itself and the registers under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import registers_bytes
from tiscam_emu.features.kinds import (
    Access,
    Boolean,
    Command,
    Enumeration,
    Feature,
    Float,
    Integer,
    Lock,
    Number,
    Register,
    String,
)
from tiscam_emu.genicam.schema_order import ORDER

Element = etree._Element
Child = tuple[str, str | Element] | None
DEVICE_PORT = "Device"
HOST_PORT = "host"


def node(kind: str, name: str, children: Iterable[Child], *, standard: bool = False) -> Element:
    """A node with its children in the schema's order; a child of None is left out."""
    order = ORDER[kind]
    element = etree.Element(kind, Name=name, NameSpace="Standard" if standard else "Custom")
    for tag, content in sorted((c for c in children if c is not None), key=lambda child: order[child[0]]):
        if isinstance(content, str):
            etree.SubElement(element, tag).text = content
        else:
            element.append(content)
    return element


def register_name(feature: Feature) -> str:
    """Name of the node that reads and writes the feature's value."""
    return f"{feature.alias_of or feature.name}Reg"


def lock_name(locks: Sequence[Lock]) -> str:
    """Name of the node that says whether any of the locks holds."""
    return "Locked" + "Or".join(lock.name for lock in locks)


def feature_nodes(feature: BoundFeature, selected: Sequence[str], selector_register: str) -> list[Element]:
    """The feature's node, its value register and the registers of its live limits.

    Parameters
    ----------
    selected
        Names of the features behind this one, if it is a selector.
    selector_register
        Node that holds the value of the selector this feature is behind; empty for none.
    """
    declaration = feature.declaration
    nodes = [_feature_node(feature, selected, selector_register)]
    if declaration.alias_of:
        return nodes
    if declaration.port is not None:
        return nodes if declaration.port.kind == HOST_PORT else [*nodes, *_port_nodes(declaration)]
    if not isinstance(declaration, Register | String):
        nodes.append(_value_register(feature, selector_register))
    if feature.live_limits:
        nodes.extend(_limit_registers(feature))
    return nodes


def _feature_node(feature: BoundFeature, selected: Sequence[str], selector_register: str) -> Element:
    declaration = feature.declaration
    common = _common(feature)
    selects: list[Child] = [("pSelected", name) for name in selected]
    match declaration:
        case Integer() | Float():
            return _number_node(feature, [*common, *selects])
        case Enumeration():
            kind, children = "Enumeration", [("pValue", register_name(declaration)), *_entry_nodes(feature), *selects]
        case Boolean():
            kind = "Boolean"
            children = [("pValue", register_name(declaration)), ("OnValue", "1"), ("OffValue", "0")]
        case Command():
            kind = "Command"
            children = [("pValue", register_name(declaration)), ("CommandValue", str(_command_value(declaration)))]
        case String():
            kind, children = "StringReg", _place(feature, selector_register)
        case _:
            kind, children = "Register", _place(feature, selector_register)
    return node(kind, declaration.name, [*common, *children], standard=declaration.sfnc)


def _common(feature: BoundFeature) -> list[Child]:
    declaration = feature.declaration
    stream = declaration.access is Access.RW and not feature.hidden and declaration.port is None
    streamable = stream and isinstance(declaration, Integer | Float | Enumeration | Boolean)
    return [
        ("ToolTip", declaration.doc),
        ("Description", _description(declaration)),
        ("DisplayName", declaration.display_name or _spaced(declaration.name)),
        ("Visibility", "Invisible" if feature.hidden else declaration.visibility.value),
        ("pIsLocked", lock_name(declaration.locks)) if declaration.locks else None,
        ("ImposedAccessMode", "RO") if declaration.access is Access.RO and not declaration.port else None,
        ("Streamable", "Yes") if streamable else None,
    ]


def _description(declaration: Feature) -> str:
    return f"{declaration.doc} (Manual {declaration.section})" if declaration.section else declaration.doc


def _spaced(name: str) -> str:
    """`ExposureTime` as `Exposure Time`."""
    spaced = ""
    for before, letter in zip(" " + name, name, strict=False):
        spaced += " " + letter if letter.isupper() and before.islower() else letter
    return spaced


def _number_node(feature: BoundFeature, children: list[Child]) -> Element:
    declaration = feature.declaration
    name = declaration.alias_of or declaration.name
    if not isinstance(declaration, Integer | Float) or feature.limits is None:
        raise TypeError(f"{name} is not a number")
    if declaration.port is not None and declaration.port.kind == HOST_PORT:
        children.append(("Value", "0"))
    else:
        children.append(("pValue", register_name(declaration)))
    limits = feature.limits
    if feature.live_limits:
        children += [("pMin", f"{name}_MinReg"), ("pMax", f"{name}_MaxReg")]
        children.append(("pInc", f"{name}_IncReg") if isinstance(declaration, Integer) else None)
    else:
        children += [("Min", _text(limits.low)), ("Max", _text(limits.high))]
        children.append(("Inc", _text(limits.step)) if limits.step else None)
    children.append(("Unit", declaration.unit) if declaration.unit else None)
    children.append(("Representation", declaration.representation) if declaration.representation else None)
    kind = "Integer" if isinstance(declaration, Integer) else "Float"
    return node(kind, declaration.name, children, standard=declaration.sfnc)


def _text(number: Number) -> str:
    return repr(number) if isinstance(number, int) or not number.is_integer() else f"{number:.1f}"


def _entry_nodes(feature: BoundFeature) -> list[Child]:
    return [
        (
            "EnumEntry",
            node(
                "EnumEntry",
                entry.name,
                [
                    ("ToolTip", entry.doc) if entry.doc else None,
                    ("DisplayName", entry.display_name or entry.name),
                    ("Visibility", "Invisible") if entry.hidden else None,
                    ("Value", str(entry.value)),
                ],
                standard=feature.declaration.sfnc,
            ),
        )
        for entry in feature.entries
    ]


def _place(feature: BoundFeature, selector_register: str) -> list[Child]:
    """Where a value lies and how it is cached."""
    declaration, slot = feature.declaration, feature.slot
    return [
        ("Address", hex(slot.address)),
        ("pIndex", _index(selector_register, slot.stride)) if selector_register else None,
        ("Length", str(registers_bytes(declaration.length))),
        ("AccessMode", declaration.access.value),
        ("pPort", DEVICE_PORT),
        ("Cachable", "WriteThrough" if declaration.constant else "NoCache"),
    ]


def _index(register: str, stride: int) -> Element:
    """The value of a register times `stride`, to be added to an address."""
    index = etree.Element("pIndex", Offset=str(stride))
    index.text = register
    return index


def _value_register(feature: BoundFeature, selector_register: str) -> Element:
    declaration = feature.declaration
    children = _place(feature, selector_register)
    if isinstance(declaration, Float):
        return node("FloatReg", register_name(declaration), [*children, ("Endianess", "BigEndian")])
    signed = isinstance(declaration, Integer) and declaration.signed
    children += [("Sign", "Signed" if signed else "Unsigned"), ("Endianess", "BigEndian")]
    at = declaration.at
    if at is None or at.whole or declaration.length != 4 or _written_whole(declaration):
        return node("IntReg", register_name(declaration), children)
    bits: list[Child] = [("LSB", str(31 - at.lsb)), ("MSB", str(31 - at.msb))]
    if at.lsb == at.msb:
        bits = [("Bit", str(31 - at.lsb))]
    return node("MaskedIntReg", register_name(declaration), [*children, *bits])


def _written_whole(declaration: Feature) -> bool:
    """Whether bits are written with their whole register: to change some bits, clients would have to read it first."""
    return declaration.access is Access.WO


def _command_value(declaration: Feature) -> int:
    return 1 << declaration.at.lsb if declaration.at and _written_whole(declaration) else 1


def _limit_registers(feature: BoundFeature) -> list[Element]:
    declaration, slot = feature.declaration, feature.slot
    names = ("Min", "Max", "Inc") if isinstance(declaration, Integer) else ("Min", "Max")
    addresses = (slot.low_address, slot.high_address, slot.step_address)
    kind = "IntReg" if isinstance(declaration, Integer) else "FloatReg"
    return [
        hidden_register(f"{declaration.name}_{which}Reg", address, kind, registers_bytes(declaration.length))
        for which, address in zip(names, addresses, strict=False)
    ]


def hidden_register(name: str, address: int, kind: str = "IntReg", length: int = 4) -> Element:
    """A read-only register that other nodes point at and that is read anew each time."""
    return node(
        kind,
        name,
        [
            ("Visibility", "Invisible"),
            ("Address", hex(address)),
            ("Length", str(length)),
            ("AccessMode", "RO"),
            ("pPort", DEVICE_PORT),
            ("Cachable", "NoCache"),
            ("Sign", "Unsigned") if kind == "IntReg" else None,
            ("Endianess", "BigEndian"),
        ],
    )


def _port_nodes(declaration: Feature) -> list[Element]:
    """The register of data that come with an event or a frame, and the port they come by."""
    port = declaration.port
    if port is None:
        raise TypeError(f"{declaration.name} has no port")
    name = f"{declaration.name}Port"
    kind = "FloatReg" if isinstance(declaration, Float) else "IntReg"
    register = node(
        kind,
        register_name(declaration),
        [
            ("Address", hex(port.offset)),
            ("pIndex", _index(f"{port.moved_by}Reg", port.stride)) if port.moved_by else None,
            ("Length", str(registers_bytes(declaration.length))),
            ("AccessMode", "RO"),
            ("pPort", name),
            ("Cachable", "NoCache"),
            ("Sign", "Unsigned") if kind == "IntReg" else None,
            ("Endianess", "BigEndian"),
        ],
    )
    tag, text = ("EventID", f"{port.id:04X}") if port.kind == "event" else ("ChunkID", f"{port.id:08X}")
    return [register, node("Port", name, [(tag, text)])]
