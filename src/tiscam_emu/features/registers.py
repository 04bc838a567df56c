"""Register memory: addresses and bytes in front of the store.

Reads may cover any aligned block of mapped registers. A write is checked as a whole before any of it is done. A value
of eight bytes is written whole or not at all; text and raw memory may be written in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tiscam_emu.errors import (
    AccessDenied,
    BadAlignment,
    InvalidAddress,
    InvalidParameter,
    ReadOnly,
    RegisterError,
    Status,
)
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import decode, encode, registers_bytes
from tiscam_emu.features.kinds import Access, Command, Lock, Register, String
from tiscam_emu.features.layout import Layout
from tiscam_emu.features.store import Store


class _Cell(Protocol):
    """A run of bytes that is read and written as one."""

    address: int
    length: int
    partial: bool

    def read(self) -> bytes: ...
    def check_access(self) -> None: ...
    def check(self, data: bytes, /) -> None: ...
    def write(self, data: bytes, /) -> None: ...


@dataclass(slots=True)
class _ValueCell:
    """One value of one feature."""

    store: Store
    feature: BoundFeature
    index: int
    address: int
    length: int
    partial: bool

    def read(self) -> bytes:
        declaration = self.feature.declaration
        if declaration.access is Access.WO:
            raise AccessDenied(f"{self.feature.name} is write-only")
        if isinstance(declaration, Command):
            return bytes(self.length)
        return encode(self.feature, self.store.value(self.feature.name, self.index))

    def check_access(self) -> None:
        self.store.check_access(self.feature.name)

    def check(self, data: bytes) -> None:
        self.store.check(self.feature.name, decode(self.feature, data), self.index)

    def write(self, data: bytes) -> None:
        self.store.write(self.feature.name, decode(self.feature, data), self.index)


@dataclass(slots=True)
class _WordCell:
    """A 32-bit register that holds features in its bits, or that executes the command whose code is written to it."""

    store: Store
    fields: list[BoundFeature]
    address: int
    length: int = 4
    partial: bool = False

    def read(self) -> bytes:
        if all(field.declaration.access is Access.WO for field in self.fields):
            raise AccessDenied(f"{self.fields[0].name} is write-only")
        word = 0
        for field in self.fields:
            at = field.declaration.at
            if at and field.declaration.access is not Access.WO and not isinstance(field.declaration, Command):
                word |= (int(self.store[field.name]) << at.lsb) & 0xFFFF_FFFF
        return word.to_bytes(4, "big")

    def check_access(self) -> None:
        if all(field.declaration.access is Access.RO for field in self.fields):
            raise ReadOnly(self.fields[0].name)

    def check(self, data: bytes) -> None:
        self.check_access()
        word = int.from_bytes(data, "big")
        if (codes := self._codes()) and word not in {0, *codes}:
            raise InvalidParameter(f"0x{self.address:08x}: no command has the code {word}")
        for field, value in self._changes(data):
            self.store.check(field.name, value)

    def _codes(self) -> list[int]:
        """Codes of the commands that the whole register is for; none where features have bits of it."""
        commands = [f.declaration for f in self.fields if isinstance(f.declaration, Command)]
        return [command.code for command in commands if command.at and command.at.whole]

    def write(self, data: bytes) -> None:
        changes = sorted(self._changes(data), key=lambda change: isinstance(change[0].declaration, Command))
        for field, value in changes:
            self.store.write(field.name, value)

    def _changes(self, data: bytes) -> Iterator[tuple[BoundFeature, int]]:
        word = int.from_bytes(data, "big")
        for field in self.fields:
            at = field.declaration.at
            if at is None or field.declaration.access is Access.RO:
                continue
            value = (word >> at.lsb) & ((1 << (at.msb - at.lsb + 1)) - 1)
            if isinstance(field.declaration, Command):
                if value == field.declaration.code:
                    yield field, 1
            elif len(self.fields) == 1 or field.declaration.access is Access.WO or value != self.store[field.name]:
                yield field, value


@dataclass(slots=True)
class _LimitCell:
    """The live minimum (0), maximum (1) or increment (2) of a number."""

    store: Store
    feature: BoundFeature
    which: int
    address: int
    length: int
    partial: bool = False

    def read(self) -> bytes:
        limits = self.store.limits(self.feature.name)
        return encode(self.feature, (limits.low, limits.high, limits.step or 1)[self.which])

    def check_access(self) -> None:
        raise ReadOnly(f"a limit of {self.feature.name}")

    def check(self, _data: bytes) -> None:
        self.check_access()

    write = check


@dataclass(slots=True)
class _LockCell:
    """Whether a lock holds."""

    store: Store
    lock: Lock
    address: int
    length: int = 4
    partial: bool = False

    def read(self) -> bytes:
        return int(self.lock.holds(self.store)).to_bytes(4, "big")

    def check_access(self) -> None:
        raise ReadOnly(f"lock {self.lock.name}")

    def check(self, _data: bytes) -> None:
        self.check_access()

    write = check


class RegisterMap:
    """All registers of one camera."""

    def __init__(self, store: Store, layout: Layout) -> None:
        self._store = store
        self._cells: dict[int, _Cell] = {}
        self._memory: list[tuple[int, int, bytes]] = []
        words: dict[int, list[BoundFeature]] = {}
        locks: dict[str, Lock] = {}
        for feature in store.features.values():
            declaration = feature.declaration
            locks.update({lock.name: lock for lock in declaration.locks})
            if declaration.port or declaration.alias_of:
                continue
            if declaration.at and (isinstance(declaration, Command) or not declaration.at.whole):
                words.setdefault(declaration.at.address, []).append(feature)
            else:
                self._add_values(feature)
            self._add_limits(feature)
        for address, fields in words.items():
            self._add(_WordCell(store, fields, address))
        for name, lock in locks.items():
            self._add(_LockCell(store, lock, layout.locks[name]))

    def add_memory(self, address: int, data: bytes) -> None:
        """Map read-only bytes, zero-padded to a multiple of four."""
        data = data.ljust(registers_bytes(len(data)), b"\0")
        self._memory.append((address, address + len(data), data))

    def read(self, address: int, length: int) -> bytes:
        """`length` bytes from `address`, both multiples of four.

        Raises
        ------
        BadAlignment, InvalidAddress, AccessDenied
            Misaligned; a hole in the block; a write-only register in it.
        """
        check_alignment(address, length)
        parts: list[bytes] = []
        end = address + length
        while address < end:
            part = self._read_memory(address, end)
            if part is None:
                cell = self._cell(address)
                offset = address - cell.address
                part = cell.read()[offset : offset + end - address]
            parts.append(part)
            address += len(part)
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Write `data`, a multiple of four bytes, to `address`; all of it or nothing.

        Raises
        ------
        RegisterError
            What the first refused register says; nothing has changed.
        """
        check_alignment(address, len(data))
        writes = list(self._split(address, data))
        for cell, part in writes:
            cell.check(part)
        for cell, part in writes:
            cell.write(part)

    def write_pairs(self, pairs: Sequence[tuple[int, int]]) -> tuple[int, Status, RegisterError | None]:
        """Write (address, value) pairs one after the other; the two halves of an eight-byte value count as one write.

        Returns
        -------
        tuple
            Pairs done, and the status and error that the next one met (SUCCESS and None if none was left).
        """
        done = 0
        while done < len(pairs):
            address, value = pairs[done]
            data = value.to_bytes(4, "big")
            taken = 1
            if done + 1 < len(pairs) and self._halves(address, pairs[done + 1][0]):
                data += pairs[done + 1][1].to_bytes(4, "big")
                taken = 2
            try:
                self.write(address, data)
            except RegisterError as error:
                return done, error.status, error
            done += taken
        return done, Status.SUCCESS, None

    def _halves(self, first: int, second: int) -> bool:
        cell = self._cells.get(first)
        return second == first + 4 and cell is not None and not cell.partial and self._cells.get(second) is cell

    def _split(self, address: int, data: bytes) -> Iterator[tuple[_Cell, bytes]]:
        position = 0
        while position < len(data):
            here = address + position
            if self._read_memory(here, here + 4) is not None:
                raise ReadOnly(f"memory at 0x{here:08x}")
            cell = self._cell(here)
            offset = here - cell.address
            part = data[position : position + cell.length - offset]
            position += len(part)
            if len(part) < cell.length:
                if not cell.partial:
                    cell.check_access()
                    raise InvalidParameter(f"0x{cell.address:08x} is written with all its {cell.length} bytes")
                old = cell.read()
                part = old[:offset] + part + old[offset + len(part) :]
            yield cell, part

    def _cell(self, address: int) -> _Cell:
        try:
            return self._cells[address]
        except KeyError:
            raise InvalidAddress(address) from None

    def _read_memory(self, address: int, end: int) -> bytes | None:
        for start, stop, data in self._memory:
            if start <= address < stop:
                return data[address - start : min(end, stop) - start]
        return None

    def _add(self, cell: _Cell) -> None:
        for word in range(cell.address, cell.address + cell.length, 4):
            if word in self._cells:
                raise ValueError(f"two registers share 0x{word:08x}")
            self._cells[word] = cell

    def _add_values(self, feature: BoundFeature) -> None:
        slot, declaration = feature.slot, feature.declaration
        partial = isinstance(declaration, String | Register)
        for index in feature.selector_values if declaration.selected_by else range(1):
            address = slot.address + index * slot.stride
            self._add(_ValueCell(self._store, feature, index, address, registers_bytes(slot.length), partial))

    def _add_limits(self, feature: BoundFeature) -> None:
        if not feature.live_limits:
            return
        slot = feature.slot
        for which, address in enumerate((slot.low_address, slot.high_address, slot.step_address)):
            self._add(_LimitCell(self._store, feature, which, address, registers_bytes(slot.length)))


def check_alignment(address: int, length: int) -> None:
    """Raise `BadAlignment` unless both are multiples of four."""
    for value in (address, length):
        if value % 4:
            raise BadAlignment(value)
