"""The register memory of a foreign camera: sparse bytes, and which of them there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from tiscam_emu.errors import AccessDenied, InvalidAddress, ReadOnly

END = 2**32
BOOTSTRAP_END = 0xA000
"""Below it lie the registers of the standard (GigE Vision, chapter "Bootstrap registers")."""
MOST_BYTES = 64 << 20
"""Of one register."""
_PAGE = 4096
_MOST_PAGES = 1 << 16
_MOST_PLACES = 1 << 20
"""Bounds for what a client can make of registers whose places and lengths it decides: 256 MB of contents."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a register lies: whole words, and what clients may do there."""

    start: int
    stop: int
    readable: bool
    writable: bool


class Memory:
    """Bytes by address; what was never written is zero.

    Attributes
    ----------
    changes
        Counts the writes.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self.changes = 0

    def read(self, address: int, length: int) -> bytes:
        """`length` bytes from `address` on."""
        parts: list[bytes] = []
        while length > 0:
            page, offset = divmod(address, _PAGE)
            count = min(length, _PAGE - offset)
            content = self._pages.get(page)
            parts.append(bytes(content[offset : offset + count]) if content else bytes(count))
            address += count
            length -= count
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Put `data` at `address`; where there is no room any more nothing is kept."""
        self.changes += 1
        position = 0
        while position < len(data):
            page, offset = divmod(address + position, _PAGE)
            count = min(len(data) - position, _PAGE - offset)
            content = self._pages.get(page)
            if content is None and len(self._pages) < _MOST_PAGES:
                content = self._pages[page] = bytearray(_PAGE)
            if content is not None:
                content[offset : offset + count] = data[position : position + count]
            position += count

    def has_room(self, address: int, length: int) -> bool:
        """Whether what is written there is kept."""
        pages = range(address // _PAGE, (address + length - 1) // _PAGE + 1)
        return len(self._pages) + len(pages) <= _MOST_PAGES or all(page in self._pages for page in pages)

    def copy(self) -> dict[int, bytes]:
        """All that was written, page by page; for `restore`."""
        return {page: bytes(content) for page, content in self._pages.items()}

    def restore(self, pages: dict[int, bytes]) -> None:
        """Be as at the time of a `copy`."""
        self._pages = {page: bytearray(content) for page, content in pages.items()}
        self.changes += 1


class Places:
    """Which addresses there are."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._words: dict[int, tuple[bool, bool]] = {}
        self._long: list[Place] = []
        self._eights: set[int] = set()
        for place in places:
            self.add(place)

    def add(self, place: Place) -> None:
        """Take one more register; where several share a word, what one of them allows is allowed."""
        if place.stop - place.start > MOST_BYTES or len(self._words) + len(self._long) > _MOST_PLACES:
            return
        if place.stop - place.start == 8:
            self._eights.add(place.start)
        if place.stop - place.start > _PAGE:
            at = bisect_left(self._long, place)
            if self._long[at : at + 1] != [place]:
                self._long.insert(at, place)
            return
        for word in range(place.start, place.stop, 4):
            readable, writable = self._words.get(word, (False, False))
            self._words[word] = readable or place.readable, writable or place.writable

    def __contains__(self, address: int) -> bool:
        return self._access(address) is not None

    def has(self, address: int, *, writable: bool) -> bool:
        """Whether there is a register at an address, and one that can be written if that is asked for."""
        access = self._access(address)
        return access is not None and (access[1] or not writable)

    def are_halves(self, first: int, second: int) -> bool:
        """Whether two words are those of one register of eight bytes."""
        return second == first + 4 and first in self._eights

    def _access(self, address: int) -> tuple[bool, bool] | None:
        known = self._words.get(address - address % 4)
        if known is None and self._long:
            for place in self._long:
                if place.start > address:
                    break
                if address < place.stop:
                    return place.readable, place.writable
        return known

    def check_read(self, address: int, length: int) -> None:
        """Raise what a read of a block meets.

        Raises
        ------
        InvalidAddress, AccessDenied
            A hole in the block; a register in it that can only be written.
        """
        for word in range(address, address + length, 4):
            access = self._access(word)
            if access is None:
                raise InvalidAddress(word)
            if not access[0]:
                raise AccessDenied(f"0x{word:08x} is write-only")

    def check_write(self, address: int, length: int) -> None:
        """Raise what a write of a block meets.

        Raises
        ------
        InvalidAddress, ReadOnly
            A hole in the block; a register in it that can only be read.
        """
        for word in range(address, address + length, 4):
            access = self._access(word)
            if access is None:
                raise InvalidAddress(word)
            if not access[1]:
                raise ReadOnly(f"0x{word:08x}")


def whole_words(address: int, length: int, *, readable: bool, writable: bool) -> Place:
    """The place of a register, widened to whole words."""
    return Place(address - address % 4, (address + length + 3) // 4 * 4, readable, writable)
