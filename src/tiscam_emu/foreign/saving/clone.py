"""Saving a camera: its description byte for byte, and what its registers hold, read by the description alone.

Nothing is written, so selectors stay as they are, and of what lies behind them the current entry alone is seen. Read
is what the description or the standard's table of bootstrap registers names, each byte once.
"""

from __future__ import annotations

import datetime
import os
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tiscam_emu.errors import RegisterError, SpecError, Status, UserError
from tiscam_emu.foreign.files import guard
from tiscam_emu.foreign.files.image import ADDRESS_SPACE, RegisterImage, format_image, one_line
from tiscam_emu.foreign.files.probe import reason
from tiscam_emu.foreign.files.source import (
    DESCRIPTION_NAMES,
    MAX_XML_BYTES,
    REGISTERS_NAME,
    Description,
    described,
    is_zip,
    unzipped,
)
from tiscam_emu.foreign.files.url import parse_url
from tiscam_emu.foreign.saving.reading import NoAnswer, Reader
from tiscam_emu.foreign.saving.registers import RegisterNode, declared
from tiscam_emu.wire import bootstrap
from tiscam_emu.wire.bootstrap import BOOTSTRAP_REGISTERS, BootstrapRegister, text_from_register

BLOCK_BYTES = 512
"""Most that is read at once: what every camera has to answer, and a little less than it may."""
MAX_REGISTER_BYTES = 1 << 20
"""Longer ones (images, files) are left out."""
MAX_SILENCES = 8
"""After so many reads without an answer the camera is given up, though it still answers others."""

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


@dataclass(slots=True)
class _Memory:
    """State: the words that have been read of the camera, and what it refused; nothing is asked for twice.

    Attributes
    ----------
    asked, failure
        Address and length of what GenApi asked for last, and what went wrong: GenApi itself hides that.
    """

    reader: Reader
    words: dict[int, bytes] = field(default_factory=dict)
    refused: dict[tuple[int, int], RegisterError] = field(default_factory=dict)
    silences: int = 0
    asked: tuple[int, int] = (-1, 0)
    failure: Exception | None = None
    port: object = None
    _chunks: dict[int, int] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)

    def plan(self, ranges: list[tuple[int, int]]) -> None:
        """Ask for these registers, address and length, together where they lie side by side."""
        chunks: list[list[int]] = []
        for low, high in sorted(_in_words(address, length) for address, length in ranges):
            if chunks and low <= chunks[-1][1] and max(high, chunks[-1][1]) - chunks[-1][0] <= BLOCK_BYTES:
                chunks[-1][1] = max(high, chunks[-1][1])
            else:
                chunks.append([low, high])
        self._chunks = {chunk[0]: chunk[1] for chunk in chunks}
        self._starts = sorted(self._chunks)

    def read(self, address: int, length: int) -> bytes:
        """Bytes of one register.

        Raises
        ------
        RegisterError
            The camera refuses, or has refused before.
        UserError
            The camera does not answer any more.
        """
        low, high = _in_words(address, length)
        if address < 0 or high > ADDRESS_SPACE:
            raise RegisterError("outside of the 32-bit address space")
        if high - low > MAX_REGISTER_BYTES:
            raise RegisterError(f"{length} bytes; longer than {MAX_REGISTER_BYTES >> 20} MB")
        if any(word not in self.words for word in range(low, high, 4)):
            self._fetch_neighbours(low)
            self._fetch(low, high)
        return b"".join(self.words[word] for word in range(low, high, 4))[address - low : address - low + length]

    def _fetch_neighbours(self, address: int) -> None:
        """What is planned to be read with an address; where that is refused, registers are read one by one."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._chunks[self._starts[index]]:
            return
        start = self._starts[index]
        end, self._chunks[start] = self._chunks[start], start
        try:
            self._fetch(start, end)
        except RegisterError:
            return

    def _fetch(self, low: int, high: int) -> None:
        """The words that are not known yet, as many at once as one request carries."""
        missing = [word for word in range(low, high, 4) if word not in self.words]
        while missing:
            count = 1
            while count < min(len(missing), BLOCK_BYTES // 4) and missing[count] == missing[0] + 4 * count:
                count += 1
            self._request(missing[0], 4 * count)
            del missing[:count]

    def _request(self, address: int, length: int) -> None:
        if (address, length) in self.refused:
            raise self.refused[address, length]
        try:
            data = self.reader.read(address, length)
        except RegisterError as error:
            self.refused[address, length] = error
            if isinstance(error, NoAnswer):
                self._see_whether_it_lives(address)
            raise
        self.words |= {address + at: data[at : at + 4] for at in range(0, length, 4)}

    def _see_whether_it_lives(self, address: int) -> None:
        self.silences += 1
        try:
            self.reader.read(bootstrap.VERSION.address, bootstrap.VERSION.length)
        except NoAnswer:
            raise UserError(f"does not answer any more since 0x{address:08x} was read") from None
        except RegisterError:
            pass
        if self.silences > MAX_SILENCES:
            raise UserError(f"has left {self.silences} reads without an answer; the last at 0x{address:08x}")


def _in_words(address: int, length: int) -> tuple[int, int]:
    """From which word on, and up to which, some bytes are."""
    return address // 4 * 4, -(-(address + length) // 4) * 4


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
    memory = _Memory(reader, {at: discovered[at : at + 4] for at in range(0, len(discovered), 4)})
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


def _read_bootstrap(memory: _Memory, progress: Progress) -> _Standard:
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


def _bootstrap_registers(memory: _Memory) -> Iterator[tuple[BootstrapRegister, int, str]]:
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


def _description(memory: _Memory, progress: Progress) -> tuple[str, bytes]:
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


def _read_registers(memory: _Memory, description: Description, standard: _Standard, progress: Progress) -> Clone:
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


def _text(memory: _Memory, register: BootstrapRegister) -> str:
    try:
        return text_from_register(memory.read(register.address, register.length)).strip()
    except RegisterError:
        return ""


def _connected(memory: _Memory, description: Description, ports: set[str]) -> Any:
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


def _touch(memory: _Memory, name: str, node_map: Any) -> tuple[int, int] | Unread | None:
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


def _unread(memory: _Memory, name: str) -> Unread:
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


def check_folder(folder: Path) -> None:
    """That a camera can be saved there: the folder is not there yet, or empty.

    Raises
    ------
    UserError
        Nothing is ever overwritten.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder}: is there already, and not an empty folder; nothing is overwritten")
        if not folder.absolute().parent.is_dir():
            raise UserError(f"{folder}: no folder {folder.absolute().parent} to put it in")
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}") from None


def save(saved: Clone, folder: Path) -> None:
    """Write the folder, whole or not at all.

    Raises
    ------
    UserError
        It cannot be written, or something is there.
    """
    check_folder(folder)
    unfinished = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}.unfinished")
    try:
        unfinished.mkdir()
        try:
            (unfinished / DESCRIPTION_NAMES[0]).write_bytes(saved.file)
            notes = "".join(f"# {line}\n" for line in report(saved)[1:])
            (unfinished / REGISTERS_NAME).write_text(format_image(saved.image, saved.names) + notes, encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}") from None


def report(saved: Clone) -> list[str]:
    """What was saved and what was not, in lines for people."""
    count = sum(map(len, saved.image.blocks.values()))
    lines = [
        saved.camera,
        f"description {saved.file_name}, {len(saved.file)} bytes",
        f"{saved.registers} registers read, {count} bytes",
    ]
    if saved.unavailable:
        lines.append(f"{saved.unavailable} registers are not there, or not now, as the description says")
    if saved.selectors:
        lines.append("of what lies behind selectors, the entry of now alone:")
        lines += [f"  {s.name} {s.entry} (for {', '.join(s.features)})" for s in saved.selectors]
    if saved.unread:
        lines.append(f"{len(saved.unread)} registers could not be read:")
        lines += [
            f"  {u.name} {f'0x{u.address:08x}' if u.address >= 0 else '(address not known)'}: {u.why}"
            for u in saved.unread
        ]
    return [("  " if line.startswith("  ") else "") + one_line(line) for line in lines]
