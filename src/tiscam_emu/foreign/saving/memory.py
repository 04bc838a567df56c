"""The words of a camera that is being saved: read together where they lie side by side, and each once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from tiscam_emu.errors import RegisterError, UserError
from tiscam_emu.foreign.files.image import ADDRESS_SPACE
from tiscam_emu.foreign.saving.reading import NoAnswer, Reader
from tiscam_emu.wire import bootstrap

BLOCK_BYTES = 512
"""Most that is read at once: what every camera has to answer, and a little less than it may."""
MAX_REGISTER_BYTES = 1 << 20
"""Longer ones (images, files) are left out."""
MAX_SILENCES = 8
"""After so many reads without an answer the camera is given up, though it still answers others."""


@dataclass(slots=True)
class CameraMemory:
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
