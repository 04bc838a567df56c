"""Saving a camera: its description byte for byte, and what its registers hold, read by the description alone.

Nothing is written, so selectors stay as they are, and of what lies behind them the current entry alone is seen. Read
is what the description or the standard's table of bootstrap registers names, each byte once.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tiscam_emu.errors import RegisterError, SpecError, Status, UserError
from tiscam_emu.foreign.files import guard
from tiscam_emu.foreign.files.image import ADDRESS_SPACE, RegisterImage
from tiscam_emu.foreign.files.probe import reason
from tiscam_emu.foreign.files.source import (
    MAX_XML_BYTES,
    Description,
    described,
    is_zip,
    unzipped,
)
from tiscam_emu.foreign.files.url import parse_url
from tiscam_emu.foreign.saving.memory import BLOCK_BYTES, CameraMemory
from tiscam_emu.foreign.saving.reading import NoAnswer, Reader
from tiscam_emu.foreign.saving.registers import RegisterNode, declared
from tiscam_emu.wire import bootstrap
from tiscam_emu.wire.bootstrap import BOOTSTRAP_REGISTERS, BootstrapRegister, text_from_register

_SMALLEST_BLOCK = 64
_MOST_ACTIONS, _MOST_CHANNELS, _MOST_INTERFACES = 128, 512, 4

Progress = Callable[[str, int, int], None]
"""What is read now, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A register that could not be read, and why; the address is -1 where it could not be told."""

    name: str
    address: int
    why: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector, the entry it had, and the features that it selects."""

    name: str
    entry: str
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clone:
    """A camera as it was found.

    Attributes
    ----------
    camera
        Manufacturer, model and serial number.
    file_name
        The camera's own name of its description.
    file
        The XML as the camera has it, unzipped.
    names
        Length and names of the registers in `image`, by address.
    registers
        Number of registers of the description that were read.
    unavailable
        Number of those that the description says are not there, or not now.
    """

    camera: str
    file_name: str
    file: bytes
    image: RegisterImage
    names: Mapping[int, tuple[int, str]]
    registers: int
    unavailable: int
    selectors: tuple[Selector, ...]
    unread: tuple[Unread, ...]


def clone(
    reader: Reader, shown: str, discovered: bytes = b"", progress: Progress = lambda _what, _done, _all: None
) -> Clone:
    """Read a camera.

    Parameters
    ----------
    shown
        What errors call it.
    discovered
        Its registers from 0x0000 on, as it answers discovery; whole words. They are not read again.

    Raises
    ------
    UserError
        It does not answer, or has no description that can be used; one line.
    """
    memory = CameraMemory(reader, {at: discovered[at : at + 4] for at in range(0, len(discovered), 4)})
    try:
        standard = _read_bootstrap(memory, progress)
        name, file = _description(memory, progress)
        description = Description(described(file, name), name, shown=name)
        guard.check(description)
        return replace(_read_registers(memory, description, standard, progress), file=file)
    except UserError as error:
        raise type(error)(f"{shown}: {error}") if type(error) in {UserError, SpecError} else error from None


_Standard = tuple[dict[int, tuple[int, str]], list[Unread]]
"""Length and name of what was read, by address; and what could not be read."""


def _read_bootstrap(memory: CameraMemory, progress: Progress) -> _Standard:
    """The registers of the standard: those that every camera has, and those of the others that this one has."""
    registers = list(_bootstrap_registers(memory))
    memory.plan([(address, register.length) for register, address, _ in registers if register.mandatory])
    named, unread, answers = {}, [], True
    for number, (register, address, name) in enumerate(registers):
        progress("bootstrap registers", number, len(registers))
        if not (answers or register.mandatory):
            continue
        try:
            memory.read(address, register.length)
            named[address] = (register.length, name)
        except RegisterError as error:
            if error.status is Status.ACCESS_DENIED and register is bootstrap.FIRST_URL:
                raise UserError("another application has exclusive access; nothing can be read until it ends") from None
            if register.mandatory:
                unread.append(Unread(name, address, str(error)))
            # A camera that is silent about one that it need not have is not asked for others: each takes seconds.
            answers = answers and not isinstance(error, NoAnswer)
    return named, unread


def _bootstrap_registers(memory: CameraMemory) -> Iterator[tuple[BootstrapRegister, int, str]]:
    """Register, address and name; those that repeat as often as the camera says."""
    most = {
        bootstrap.INTERFACE_STRIDE: (bootstrap.NUMBER_OF_INTERFACES, _MOST_INTERFACES),
        bootstrap.STREAM_CHANNEL_STRIDE: (bootstrap.NUMBER_OF_STREAM_CHANNELS, _MOST_CHANNELS),
        bootstrap.ACTION_STRIDE: (bootstrap.NUMBER_OF_ACTION_SIGNALS, _MOST_ACTIONS),
    }
    counts: dict[int, int] = {0: 1}
    for register in BOOTSTRAP_REGISTERS.values():
        if register.access == "W":
            continue
        if register.stride not in counts:
            where, limit = most[register.stride]
            try:
                counts[register.stride] = min(int.from_bytes(memory.read(where.address, 4), "big"), limit)
            except RegisterError:
                counts[register.stride] = 0
        for index in range(counts[register.stride]):
            yield register, register.at(index), f"{register.name} {index}" if register.stride else register.name


def _description(memory: CameraMemory, progress: Progress) -> tuple[str, bytes]:
    """The camera's own name of its description, and the XML; the second URL where the first leads nowhere."""
    reasons = []
    for register in (bootstrap.FIRST_URL, bootstrap.SECOND_URL):
        try:
            text = text_from_register(memory.read(register.address, register.length))
            url = parse_url(text)
            if url is None:
                raise SpecError("is empty" if not text.strip() else f"cannot be understood: {text[:100]!r}")
            if url.where != "local":
                raise SpecError(f"leads out of the camera: {text[:100]!r}")
            file = _file(memory.reader, url.address, url.length, progress)
            xml = unzipped(file, url.name) if is_zip(file) else file
            described(xml, url.name)
        except (SpecError, RegisterError) as error:
            reasons.append(f"{register.name}: {error}")
        else:
            return url.name, xml
    raise UserError("; ".join(dict.fromkeys(reasons)))


def _file(reader: Reader, address: int, length: int, progress: Progress) -> bytes:
    """A file in the camera's memory; in smaller blocks if the camera wants them."""
    if not 0 < length <= MAX_XML_BYTES or address + length > ADDRESS_SPACE:
        raise SpecError(f"names a file of {length} bytes at 0x{address:x}; at most {MAX_XML_BYTES >> 20} MB")
    block, parts, at = BLOCK_BYTES, [], address // 4 * 4
    while at < address + length:
        progress("description", at - address, length)
        wanted = min(block, -(-(address + length - at) // 4) * 4)
        try:
            parts.append(reader.read(at, wanted))
        except RegisterError:
            if block <= _SMALLEST_BLOCK:
                raise
            block //= 2
            continue
        at += wanted
    return b"".join(parts)[address % 4 :][:length]


def _read_registers(memory: CameraMemory, description: Description, standard: _Standard, progress: Progress) -> Clone:
    named, unread = standard
    found = declared(description.text)
    ports = {"Device"} if "Device" in found.ports else set(found.ports)
    registers = [register for register in found.registers if register.port in ports and register.access != "WO"]
    node_map = _connected(memory, description, ports)
    memory.plan([where for register in registers if (where := _always_there(register)) is not None])
    read = unavailable = 0
    names: dict[int, tuple[int, list[str]]] = {address: (length, [name]) for address, (length, name) in named.items()}
    for number, register in enumerate(registers):
        progress("registers", number, len(registers))
        name = register.name
        found_at = _touch(memory, name, node_map)
        if found_at is None:
            unavailable += 1
        elif isinstance(found_at, Unread):
            unread.append(found_at)
        else:
            read += 1
            address, length = found_at if found_at[1] else register.place or found_at  # cached: GenApi did not ask
            longest, all_names = names.setdefault(address, (length, []))
            names[address] = (max(longest, length), all_names)
            if name not in all_names:
                all_names.append(name)
    camera = " ".join(_text(memory, register) for register in _IDENTITY).strip()
    return Clone(
        camera,
        description.file_name,
        description.xml,
        RegisterImage(memory.words, description.sha256, camera, datetime.datetime.now(datetime.UTC).date().isoformat()),
        {address: (length, ", ".join(all_names)) for address, (length, all_names) in names.items()},
        read,
        unavailable,
        tuple(_selectors(node_map.nodes)),
        tuple(unread),
    )


_IDENTITY = (bootstrap.MANUFACTURER_NAME, bootstrap.MODEL_NAME, bootstrap.SERIAL_NUMBER)


def _text(memory: CameraMemory, register: BootstrapRegister) -> str:
    try:
        return text_from_register(memory.read(register.address, register.length)).strip()
    except RegisterError:
        return ""


def _connected(memory: CameraMemory, description: Description, ports: set[str]) -> Any:
    """The node map of the description, over the camera."""
    from genicam import genapi  # noqa: PLC0415 - of an extra, and only here

    class Port(genapi.AbstractPort):  # type: ignore[misc]
        def read(self, address: int, length: int) -> bytes:
            memory.asked = (address, length)
            try:
                return memory.read(address, length)
            except (RegisterError, UserError) as error:
                memory.failure = error
                raise

        def write(self, address: int, _value: bytes) -> None:
            raise RegisterError(f"0x{address:08x}: nothing is written while a camera is saved")

        def get_access_mode(self) -> Any:
            return genapi.EAccessMode.RW

    node_map = genapi.NodeMap()
    node_map.load_xml_from_string(description.text)
    memory.port = Port()  # the node map does not keep it alive
    for name in ports:
        node_map.connect(memory.port, name)
    return node_map


def _always_there(register: RegisterNode) -> tuple[int, int] | None:
    """Address and length of a register that has them, and is there, whatever other registers hold."""
    if register.conditional or register.place is None:
        return None
    address, length = register.place
    return register.place if 0 < length <= BLOCK_BYTES and 0 <= address < ADDRESS_SPACE else None


def _touch(memory: CameraMemory, name: str, node_map: Any) -> tuple[int, int] | Unread | None:
    """Read a register: where it lies; or why that failed; or None if the description says that it is not there now."""
    memory.asked, memory.failure = (-1, 0), None
    try:
        node = node_map.get_node(name)
        if not _is_readable(node):
            return _unread(memory, name) if memory.failure else None
        node.node.invalidate_node()
        _value(node)
    except Exception as error:  # GenApi has a dozen of classes, some of them plain RuntimeError
        if memory.failure is None and memory.asked[1] == 0:
            return Unread(name, -1, reason(error))
    return _unread(memory, name) if memory.failure else memory.asked


def _unread(memory: CameraMemory, name: str) -> Unread:
    if isinstance(memory.failure, UserError):
        raise memory.failure
    return Unread(name, memory.asked[0], str(memory.failure))


def _is_readable(node: Any) -> bool:
    from genicam import genapi  # noqa: PLC0415 - of an extra, and only here

    return node.get_access_mode() in {genapi.EAccessMode.RO, genapi.EAccessMode.RW}


def _value(node: Any) -> Any:
    return node.get(node.length) if type(node).__name__ == "IRegister" else node.value


def _selectors(nodes: list[Any]) -> Iterator[Selector]:
    for node in nodes:
        if node.node.is_selector():
            try:
                entry = str(node.value)
            except Exception:
                entry = "not readable"
            yield Selector(node.node.name, entry, tuple(feature.node.name for feature in node.node.selected_features))
