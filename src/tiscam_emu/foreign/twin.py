"""A camera that is served by a description of its own: the description in front, a camera of ours behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.faces import DescriptionFile
from tiscam_emu.camera.options import SMALLEST_PACKET, CameraOptions
from tiscam_emu.errors import SpecError
from tiscam_emu.features.layout import SECOND_XML_BASE, XML_BASE
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.foreign import bindings
from tiscam_emu.foreign.bindings import BINDINGS, Kind
from tiscam_emu.foreign.files.image import RegisterImage
from tiscam_emu.foreign.files.source import EXTRA_NAME, Description
from tiscam_emu.foreign.inner import (
    Facts,
    highest_hz,
    identity_of,
    inner_model,
    makeable,
    refuse_without_size,
    sensor_size,
)
from tiscam_emu.foreign.invent import (
    fill_numbers,
    fill_sizes,
    mend_unreadable,
    open_features,
    settle_enumerations,
    settle_numbers,
    that_stay,
)
from tiscam_emu.foreign.live.banks import Banks, banked_words
from tiscam_emu.foreign.live.chunks import chunk_plan
from tiscam_emu.foreign.live.commands import Commands, commands_of
from tiscam_emu.foreign.live.face import Face, FindPlace, LimitPlan, switches
from tiscam_emu.foreign.live.joints import Joint, joints_of
from tiscam_emu.foreign.live.locks import conditions, lock_plans, open_memory
from tiscam_emu.foreign.live.settings import UserSets, factory_values, settings_words
from tiscam_emu.foreign.live.watch import watched_words
from tiscam_emu.foreign.nodes.graph import ADDRESS_OF, Graph, parse
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END, Memory, Places, whole_words
from tiscam_emu.foreign.nodes.nodemap import NodeMap
from tiscam_emu.foreign.nodes.solver import Solver
from tiscam_emu.foreign.told import check_keys, check_size
from tiscam_emu.genicam.document import zipped
from tiscam_emu.spec.files import merge
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.wire.bootstrap import text_from_register, text_to_register

_FILE_BASES: tuple[int, ...] = (XML_BASE, SECOND_XML_BASE, *range(0x0C00_0000, 0x1000_0000, 0x0100_0000))
_MOST_SELECTED = 256
_FIRST_URL = 0x200
_LINK_SPEED, _PACKET_SIZE = 0x0670, 0x0D04
_LARGEST_PACKET = 9000
_CONFIGURATION, _PTP = 0x0954, 1 << 19
_IDENTITY = {"vendor": (0x48, 32), "model": (0x68, 32), "version": (0x88, 32), "info": (0xA8, 48), "serial": (0xD8, 16)}
_OWN_TEXTS = {"DeviceVendorName": "vendor", "DeviceModelName": "name", "DeviceVersion": "device_version"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A foreign description that is understood, with registers filled in."""

    description: Description
    graph: Graph
    memory: Memory
    solver: Solver
    places: Places
    moving: tuple[str, ...]
    facts: Facts
    model: CameraModel
    unreadable: Mapping[str, str] = field(default_factory=dict)
    far: tuple[str, ...] = ()


def prepare(description: Description, told: Mapping[str, Any] | None = None) -> Prepared:
    """Understand a description that `guard` has checked; `told` is what the user says besides, as in a model.yaml.

    Raises
    ------
    SpecError
        It cannot be served; one line says why.
    """
    shown = description.shown
    graph = parse(description.xml, shown)
    refuse_without_size(graph, shown)
    memory = Memory()
    if description.image is not None:
        for address, data in description.image.blocks.items():
            memory.write(address, data)
    gated = NodeMap(graph, shown, memory.read, memory.write, gates=True)
    free = NodeMap(graph, shown, memory.read, memory.write, gates=False)
    solver = Solver(graph, gated, free)
    extra_shown = f"{shown}/{EXTRA_NAME}" if description.extra else shown
    check_keys(description.extra, extra_shown)
    known = merge(description.extra, told or {})
    formats = makeable(graph)
    if description.image is None:
        formats = that_stay(solver, formats)
        open_features(solver, tuple(formats))
    size, size_from = sensor_size(graph, free, known)
    check_size(size, size_from, shown if told else extra_shown)
    unreadable: Mapping[str, str] = {}
    if description.image is None:
        _first_format(solver, formats)
        fill_sizes(solver, size)
        mend_unreadable(solver)
        fill_numbers(solver)
        settle_enumerations(solver)
        settle_numbers(solver)
        solver.free.put("ChunkModeActive", 0)
        unreadable = mend_unreadable(solver)
    offered = {n: ours for n, ours in formats.items() if gated.is_open(f"EnumEntry_PixelFormat_{n}")}
    if not offered:
        raise SpecError(f"{shown}: none of its pixel formats can be made available: {', '.join(formats)}")
    facts = Facts(size, size_from, offered, **_saved_facts(description, graph, gated))
    identity = identity_of(graph, _identity_texts(description), description.sha256)
    model = inner_model(graph, gated, facts, known, identity=identity, shown=extra_shown)
    if description.image is None:
        _own_texts(graph, free, memory, identity)
    places, moving, far = _places(graph, free)
    return Prepared(description, graph, memory, solver, places, moving, facts, model, unreadable, far)


def _saved_facts(description: Description, graph: Graph, gated: NodeMap) -> dict[str, Any]:
    """Largest frame rate, link speed, packet size and clock of the camera that was saved."""
    if description.image is None:
        return {}
    speed = _saved_number(description.image, _LINK_SPEED)
    size = _saved_number(description.image, _PACKET_SIZE) & 0xFFFF
    return {
        "highest_hz": highest_hz(graph, gated),
        "speed_mbps": speed or None,
        "ptp": bool(_saved_number(description.image, _CONFIGURATION) & _PTP),
        "packet_size": size if SMALLEST_PACKET <= size <= _LARGEST_PACKET else None,
    }


def _saved_number(image: RegisterImage, address: int) -> int:
    return int.from_bytes(image.read(address, 4) or b"", "big")


def _first_format(solver: Solver, formats: Mapping[str, str]) -> None:
    """Start with a format of 8 bits where there is one."""
    values = {e.name: e.number("Value") for e in solver.graph["PixelFormat"].entries}
    names = sorted(formats, key=lambda name: (not name.endswith("8"), list(formats).index(name)))
    for name in names:
        value = values.get(name)
        is_open = solver.gated.is_open(f"EnumEntry_PixelFormat_{name}")
        if value is not None and is_open and solver.drive("PixelFormat", value):
            return


def _identity_texts(description: Description) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, (address, length) in _IDENTITY.items():
        data = description.image.read(address, length) if description.image else None
        if data is not None:
            found[key] = text_from_register(data)
    return found


def _own_texts(graph: Graph, free: NodeMap, memory: Memory, identity: Mapping[str, str]) -> None:
    """Tell who the camera is where the description has registers of its own for that."""
    for name, key in _OWN_TEXTS.items():
        if name in graph:
            for register in graph.registers(name):
                place = free.place(register)
                ours = place is not None and place[0] < BOOTSTRAP_END and place[0] not in _text_words(graph, free)
                if graph[register].kind == "StringReg" and place and not ours:
                    memory.write(place[0], text_to_register(identity[key], place[1]))


def _text_words(graph: Graph, free: NodeMap) -> frozenset[int]:
    """Words of texts among the first bootstrap registers, if the description is not of a GigE camera.

    A camera for USB3 has the names of maker and model there, which clients show; the registers of GigE Vision at these
    addresses repeat what discovery tells.
    """
    if graph.transport == "GEV" or any(name.startswith("Gev") for name in graph.nodes):
        return frozenset()
    texts = [place for n, node in graph.nodes.items() if node.kind == "StringReg" and (place := free.place(n))]
    return frozenset(
        word for start, length in texts for word in range(start, min(start + length, _FIRST_URL), 4) if start % 4 == 0
    )


def _places(graph: Graph, free: NodeMap) -> tuple[Places, tuple[str, ...], tuple[str, ...]]:
    """Where all registers lie; those whose place depends on other registers; those beyond 32 bits."""
    ports = graph.device_ports()
    places, moving, far = Places(), [], []
    for name, node in graph.nodes.items():
        if not node.is_register or node.text("pPort") not in ports:
            continue
        place = free.place(name)
        if node.texts(*ADDRESS_OF, "IntSwissKnife"):
            moving.append(name)
        if place is None:
            continue
        address, length = place
        if free.is_far(name):
            far.append(name)
        places.add(_place(graph, name, address, length))
    return places, tuple(moving), tuple(far)


def _place(graph: Graph, name: str, address: int, length: int) -> Any:
    access = graph[name].text("AccessMode") or "RO"
    return whole_words(address, length, readable="R" in access, writable="W" in access)


def open_twin(prepared: Prepared, options: CameraOptions) -> Camera:
    """The camera, ready to be served."""
    return Camera(prepared.model, options, lambda camera: _face(prepared, camera))


def _face(prepared: Prepared, camera: Camera) -> Face:
    graph, solver, memory = prepared.graph, prepared.solver, prepared.memory
    gated, free, state = solver.gated, solver.free, camera.state
    banks = Banks(memory, free, banked_words(graph, free))
    commands = Commands(free, commands_of(graph, free))
    words = settings_words(graph, free, commands.words)
    user_sets = UserSets(memory, free, banks, words, factory_values(graph))
    joints = joints_of(graph, gated, free, state, prepared.facts.formats)
    locks = lock_plans(gated, free, conditions(graph, joints, user_sets, state))
    if prepared.description.image is not None:
        open_memory(gated, free, locks)
    face = Face(
        prepared.description.xml,
        state,
        RegisterMap(state, prepared.model.layout),
        memory,
        prepared.places,
        solver,
        joints,
        _limit_plans(solver, joints),
        locks,
        commands,
        banks,
        chunk_plan(graph, free, banks.words),
        user_sets,
        _watched(graph, free, joints, banks),
        *switches(_switchable(graph, gated)),
    )
    commands.actions = _actions(camera) | {"UserSetLoad": face.load_user_set, "UserSetSave": face.save_user_set}
    face.find_place = _finder(prepared)
    face.texts = _text_words(graph, free)
    face.described = _described(prepared, plain=state.options.plain_xml)
    face.begin(invented=prepared.description.image is None)
    return face


def _switchable(graph: Graph, gated: NodeMap) -> Iterator[str]:
    """Features that are there, and what tells rates."""
    for name, node in graph.nodes.items():
        if name in bindings.RATES_TOLD or (node.kind != "EnumEntry" and gated.is_open(name)):
            yield name


def _limit_plans(solver: Solver, joints: list[Joint]) -> list[LimitPlan]:
    """Limits that lie in registers which clients cannot write, one register a limit."""
    plans = []
    graph = solver.graph
    told = {r for joint in joints if joint.kind is Kind.TOLD for r in graph.registers(joint.name)}
    for joint in joints:
        if joint.kind is not Kind.NUMBER:
            continue
        nodes: list[tuple[str, int, str]] = []
        value = set(graph.registers(joint.name)) | told
        for which, tag in enumerate(("pMin", "pMax", "pInc")):
            for text in _limit_nodes(graph, joint.name, tag):
                registers = [r for r in graph.registers(text) if graph[r].text("AccessMode") == "RO" and r not in value]
                formula = graph[text].kind in {"SwissKnife", "IntSwissKnife"}
                if len(registers) == 1 and (formula or set(graph.registers(text)) == set(registers)):
                    nodes.append((text, which, registers[0] if formula else ""))
        if nodes:
            plans.append(LimitPlan(joint, tuple(nodes)))
    return plans


def _limit_nodes(graph: Graph, name: str, tag: str) -> list[str]:
    found = [text for text in graph[name].texts(tag) if text in graph]
    if graph[name].kind in {"Converter", "IntConverter"}:
        return found
    for text in graph[name].texts("pValue"):
        if text in graph and graph[text].kind in {"Integer", "Float"}:
            found += _limit_nodes(graph, text, tag)
    return found


def _watched(graph: Graph, free: NodeMap, joints: list[Joint], banks: Banks) -> frozenset[int] | None:
    """Words that matter to what acts: behind bound values, the selectors they are behind, and switches."""
    names = {joint.name for joint in joints if joint.kind is not Kind.TOLD}
    selectors = {selector for joint in joints for selector, _ in joint.under}
    banked = {selector for known in banks.words.values() for selector in known}
    switching = (*bindings.RATE_SWITCHES, *bindings.GAMMA_SWITCHES, bindings.USER_SETS["selector"])
    return watched_words(graph, free, {*names, *selectors, *banked, *switching})


def _actions(camera: Camera) -> dict[str, Callable[[], None]]:
    """What the bound commands do."""
    state = camera.state
    actions: dict[str, Callable[[], None]] = {}
    for binding in BINDINGS:
        if binding.kind is Kind.COMMAND and binding.ours in state:
            for name in binding.names:
                actions[name] = partial(state.write, binding.ours, 1)
    return actions


def _finder(prepared: Prepared) -> FindPlace:
    """Look for a register at an address among those whose places depend on others."""
    graph, free, places = prepared.graph, prepared.solver.free, prepared.places
    unseen = list(_clients_selectors(graph))
    moved_by = _moved_by(graph, prepared.moving, [selector for selector, _ in unseen])
    looked = -1

    def look(names: Iterable[str]) -> None:
        for name in names:
            if place := free.place(name):
                places.add(_place(graph, name, *place))

    def find(address: int, *, writable: bool) -> bool:
        nonlocal looked
        if looked != prepared.memory.changes:
            look(prepared.moving)
        while not places.has(address, writable=writable) and unseen:
            selector, values = unseen.pop()
            before = free.number(selector)
            for value in values:
                free.put(selector, value)
                look(moved_by[selector])
            free.put(selector, before or 0)
        looked = prepared.memory.changes
        return address in places

    return find


def _moved_by(graph: Graph, moving: Iterable[str], selectors: Iterable[str]) -> dict[str, list[str]]:
    """For every selector the registers whose places it may decide."""
    found: dict[str, list[str]] = {selector: [] for selector in selectors}
    behind = {selector: set(graph.reach([selector])) for selector in found}
    for name in moving:
        nested = "IntSwissKnife" in {tag for tag, _ in graph[name].props}
        reached = set(graph.reach([name], ADDRESS_OF))
        for selector, names in found.items():
            if nested or not behind[selector].isdisjoint(reached):
                names.append(name)
    return found


def _clients_selectors(graph: Graph) -> Iterator[tuple[str, list[int]]]:
    """Selectors that are no registers of the camera, and the values they may have."""
    for selector in graph.clients_selectors():
        node = graph[selector]
        values = [value for entry in node.entries if (value := entry.number("Value")) is not None]
        low, high = node.number("Min") or 0, node.number("Max")
        if not values and high is not None:
            values = list(range(low, min(high, low + _MOST_SELECTED) + 1))
        yield selector, values


def _described(prepared: Prepared, *, plain: bool) -> tuple[DescriptionFile, ...]:
    """The description under the camera's own name; zipped where that says so and the user does not mind."""
    name, content = prepared.description.file_name, prepared.description.xml
    if name.lower().endswith(".zip"):
        xml_name = name[:-4] + ".xml"
        name, content = (xml_name, content) if plain else (name, zipped(content, xml_name))
    file = DescriptionFile(name, _file_base(prepared.places, len(content)), content)
    return file, file


def _file_base(places: Places, length: int) -> int:
    """An address at which a file covers no register."""
    for base in _FILE_BASES:
        if not any(word in places for word in range(base, base + length + 4, 4)):
            return base
    raise SpecError("no room for the description between the camera's registers")
