"""Nodes of one feature: the feature itself, and the converters, formulas and registers under it."""

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
_FIRST_OWN_ADDRESS = 0x1_0000  # below lie the bootstrap registers of the standard, which others change, too


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


def feature_nodes(
    feature: BoundFeature, selected: Sequence[str], selector_register: str, switch: BoundFeature | None = None
) -> list[Element]:
    """The feature's node, its value register and the registers of its live limits.

    Parameters
    ----------
    selected
        Names of the features behind this one, if it is a selector.
    selector_register
        Node that holds the value of the selector this feature is behind; empty for none.
    switch
        The feature that switches the data of an event or chunk on.
    """
    declaration = feature.declaration
    nodes = [_feature_node(feature, selected, selector_register)]
    if declaration.port is not None:
        return nodes if declaration.port.kind == HOST_PORT else [*nodes, *_port_nodes(declaration, switch)]
    if isinstance(declaration, Float) and not declaration.double:
        nodes.append(_converter(feature))
    if feature.live_limits:
        nodes.extend(_limit_nodes(feature))
    if declaration.alias_of:
        return nodes
    if not isinstance(declaration, Register | String):
        nodes.append(_value_register(feature, selector_register))
    if selector_register:
        place = ("pVariable", _variable("SELECTOR", selector_register))
        formula = ("Formula", f"{hex(feature.slot.address)} + SELECTOR * {hex(feature.slot.stride)}")
        nodes.append(node("IntSwissKnife", _address_name(declaration), [("Visibility", "Invisible"), place, formula]))
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
            children = [("pValue", register_name(declaration)), ("CommandValue", str(_code(declaration)))]
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
        ("pIsAvailable", f"{declaration.port.name}Switch") if declaration.port and declaration.port.name else None,
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
    name = declaration.name
    if not isinstance(declaration, Integer | Float) or feature.limits is None:
        raise TypeError(f"{name} is not a number")
    if declaration.port is not None and declaration.port.kind == HOST_PORT:
        children.append(("Value", "0"))
    elif isinstance(declaration, Float) and declaration.port is None and not declaration.double:
        children.append(("pValue", f"{name}Converter"))
    else:
        children.append(("pValue", register_name(declaration)))
    limits = feature.limits
    if feature.live_limits and isinstance(declaration, Float):
        children += [("pMin", f"{name}_Min"), ("pMax", f"{name}_Max")]
    elif feature.live_limits:
        target = declaration.alias_of or name
        children += [("pMin", f"{target}_MinReg"), ("pMax", f"{target}_MaxReg"), ("pInc", f"{target}_IncReg")]
    else:
        children += [("Min", _text(limits.low)), ("Max", _text(limits.high))]
        children.append(("Inc", _text(limits.step)) if limits.step else None)
    children.append(("Unit", declaration.unit) if declaration.unit else None)
    children.append(("Representation", declaration.representation) if declaration.representation else None)
    kind = "Integer" if isinstance(declaration, Integer) else "Float"
    return node(kind, declaration.name, children, standard=declaration.sfnc)


def _text(number: Number) -> str:
    return repr(number)


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
    """Where a value lies and how it is cached; behind a selector the address is a formula, which every client knows."""
    declaration, slot = feature.declaration, feature.slot
    return [
        ("pAddress", _address_name(declaration)) if selector_register else ("Address", hex(slot.address)),
        ("Length", str(registers_bytes(declaration.length))),
        ("AccessMode", declaration.access.value),
        ("pPort", DEVICE_PORT),
        ("Cachable", "NoCache" if uncached_because(feature) else "WriteThrough"),
    ]


def uncached_because(feature: BoundFeature) -> str:
    """Why clients may not keep what they have written or read; empty if they may.

    They may where the camera stores all that the description allows, as it is, and nothing but UserSetLoad and a reset
    changes it: these are invalidators of the port.
    """
    declaration = feature.declaration
    if declaration.constant:
        return ""
    at = declaration.at
    setting = declaration.access is Access.RW and isinstance(declaration, Integer | Float | Enumeration | Boolean)
    reasons = {
        "the standard's registers change by themselves": at and at.address < _FIRST_OWN_ADDRESS,
        "it is no setting": not setting,
        "clients may keep a copy of the word for each of its bits": at and not at.whole,
        "the camera changes it": declaration.value or declaration.moves,
        "other settings change what is read": declaration.accept or declaration.selected_by,
        "its limits follow other settings": feature.live_limits or feature.remembered,
        "a write that is locked out changes nothing": not all(lock.refuses for lock in declaration.locks),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _address_name(declaration: Feature) -> str:
    return f"{register_name(declaration)}Address"


def _variable(name: str, node_name: str) -> Element:
    variable = etree.Element("pVariable", Name=name)
    variable.text = node_name
    return variable


def _converter(feature: BoundFeature) -> Element:
    """Between a real number and its register; a limit off the register's steps is the step beyond it."""
    declaration = feature.declaration
    if not isinstance(declaration, Float):
        raise TypeError(f"{feature.name} is not a real number")
    to, back = _scaled("FROM", declaration.per_unit), _unscaled("TO", declaration.per_unit)
    ends, limits = feature.raw_limits, feature.limits
    if ends and limits and ends[1] / declaration.per_unit > limits.high:
        high = _text(limits.high)
        to = f"(FROM >= {high}) ? {ends[1]} : ({to})"
        back = f"(TO >= {ends[1]}) ? {high} : ({back})"
    children: list[Child] = [("FormulaTo", to), ("FormulaFrom", back), ("pValue", register_name(declaration))]
    return node("Converter", f"{feature.name}Converter", [("Visibility", "Invisible"), *children])


def _scaled(variable: str, factor: Number) -> str:
    if factor == 1:
        return variable
    return f"{variable} * {factor}" if factor > 1 else f"{variable} / {round(1 / factor)}"


def _unscaled(variable: str, factor: Number) -> str:
    if factor == 1:
        return variable
    return f"{variable} / {factor}.0" if factor > 1 else f"{variable} * {round(1 / factor)}"


def _limit_nodes(feature: BoundFeature) -> list[Element]:
    """Formulas between a real number's live limits and their registers."""
    declaration = feature.declaration
    if not isinstance(declaration, Float):
        return []
    target = declaration.alias_of or declaration.name
    return [
        node(
            "SwissKnife",
            f"{declaration.name}_{which}",
            [
                ("Visibility", "Invisible"),
                ("pVariable", _variable("RAW", f"{target}_{which}Reg")),
                ("Formula", _unscaled("RAW", declaration.per_unit)),
            ],
        )
        for which in ("Min", "Max")
    ]


def _value_register(feature: BoundFeature, selector_register: str) -> Element:
    declaration = feature.declaration
    children = _place(feature, selector_register)
    if isinstance(declaration, Float) and declaration.double:
        return node("FloatReg", register_name(declaration), [*children, ("Endianess", "BigEndian")])
    signed = isinstance(declaration, Integer | Float) and declaration.signed
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


def _code(command: Command) -> int:
    return command.code << command.at.lsb if command.at and _written_whole(command) else command.code


def _limit_registers(feature: BoundFeature) -> list[Element]:
    declaration, slot = feature.declaration, feature.slot
    names = ("Min", "Max", "Inc") if isinstance(declaration, Integer) else ("Min", "Max")
    addresses = (slot.low_address, slot.high_address, slot.step_address)
    return [
        hidden_register(f"{declaration.name}_{which}Reg", address, registers_bytes(declaration.length))
        for which, address in zip(names, addresses, strict=False)
    ]


def hidden_register(name: str, address: int, length: int = 4) -> Element:
    """A read-only register that other nodes point at and that is read anew each time."""
    return node(
        "IntReg",
        name,
        [
            ("Visibility", "Invisible"),
            ("Address", hex(address)),
            ("Length", str(length)),
            ("AccessMode", "RO"),
            ("pPort", DEVICE_PORT),
            ("Cachable", "NoCache"),
            ("Sign", "Unsigned"),
            ("Endianess", "BigEndian"),
        ],
    )


def _port_nodes(declaration: Feature, switch: BoundFeature | None) -> list[Element]:
    """The register of data that come with an event or a frame, and the port they come by, which they may share."""
    port = declaration.port
    if port is None or switch is None:
        raise TypeError(f"{declaration.name} has no port, or nothing switches its data on")
    kind = "FloatReg" if isinstance(declaration, Float) else "IntReg"
    register = node(
        kind,
        register_name(declaration),
        [
            ("pAddress", _address_name(declaration)) if port.moved_by else ("Address", hex(port.offset)),
            ("Length", str(registers_bytes(declaration.length))),
            ("AccessMode", "RO"),
            ("pPort", port.name),
            ("Cachable", "NoCache"),
            ("Sign", "Unsigned") if kind == "IntReg" else None,
            ("Endianess", "BigEndian"),
        ],
    )
    tag, text = ("EventID", f"{port.id:04X}") if port.kind == "event" else ("ChunkID", f"{port.id:08X}")
    switched_at = switch.slot.address + port.enabled_by[1] * switch.slot.stride
    nodes = [register, node("Port", port.name, [(tag, text)]), hidden_register(f"{port.name}Switch", switched_at)]
    if port.moved_by:
        formula = f"{hex(port.offset)} + MODE * {port.stride}"
        variable = _variable("MODE", f"{port.moved_by}Reg")
        children: list[Child] = [("Visibility", "Invisible"), ("pVariable", variable), ("Formula", formula)]
        nodes.append(node("IntSwissKnife", _address_name(declaration), children))
    return nodes
