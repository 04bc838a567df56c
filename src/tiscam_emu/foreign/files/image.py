"""The file `registers` of a saved camera: what its registers held, as text to read, compare and edit.

The first lines are comments `# key: value`; then comes one line a register, `0xADDRESS HEXBYTES  # names`, sorted.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from tiscam_emu.errors import SpecError

FORMAT = 1
MAX_FILE_BYTES = 64 << 20
ADDRESS_SPACE = 1 << 32
"""GVCP addresses have 32 bits."""

_TITLE = "# Register image of a camera, saved by tiscam-emu clone"
_LINE = re.compile(r"0x([0-9a-fA-F]{1,16})[ \t]+([0-9a-fA-F]+)[ \t]*(?:#.*)?")
_HEADER = re.compile(r"#\s*(format|description sha256|camera|saved):\s*(.*?)\s*")
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class RegisterImage:
    """What the registers of a camera held when it was saved.

    Attributes
    ----------
    blocks
        Bytes by the address of the first; no two blocks overlap or touch.
    description_sha256
        Of the description the registers belong to, in hexadecimal digits; empty if that is not known.
    camera, saved
        Which camera it was, and on which day; for people alone.

    Raises
    ------
    ValueError
        Two blocks share an address, or one leaves the address space.
    """

    blocks: Mapping[int, bytes]
    description_sha256: str = ""
    camera: str = ""
    saved: str = ""
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        merged = _merged(self.blocks.items())
        object.__setattr__(self, "blocks", MappingProxyType(merged))
        object.__setattr__(self, "_starts", tuple(merged))

    def read(self, address: int, length: int) -> bytes | None:
        """The bytes from `address` on; None unless all of them are known."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        start = self._starts[index]
        data = self.blocks[start][address - start : address - start + length]
        return data if len(data) == length else None


def _merged(blocks: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """Sorted, and what touches is one block."""
    runs: list[tuple[int, list[bytes]]] = []
    end = -1
    for address, data in sorted(blocks):
        if address < 0 or address + len(data) > ADDRESS_SPACE:
            raise ValueError(f"0x{address:x}: {len(data)} bytes leave the 32-bit address space")
        if address < end:
            raise ValueError(f"0x{address:x}: is in the block before, too")
        if address == end:
            runs[-1][1].append(data)
        elif data:
            runs.append((address, [data]))
        end = max(end, address + len(data))
    return {address: b"".join(parts) for address, parts in runs}


def read_file(path: Path) -> RegisterImage:
    """The image in a file.

    Raises
    ------
    SpecError
        Naming file and line.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SpecError(f"{path}: a register image has at most {MAX_FILE_BYTES >> 20} MB")
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{path}: not a register image: no text") from None


def parse(text: str, shown: str) -> RegisterImage:
    """The image that a text is; `shown` is what errors call its file.

    Raises
    ------
    SpecError
        Naming `shown` and the line.
    """
    header: dict[str, str] = {}
    blocks: dict[int, bytes] = {}
    lines: dict[int, int] = {}
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            if not blocks and (entry := _HEADER.fullmatch(line)):
                header[entry[1]] = entry[2]
                _check_header(entry[1], entry[2], f"{shown}: line {number}")
            continue
        match = _LINE.fullmatch(line)
        if match is None or len(match[2]) % 2:
            raise SpecError(f"{shown}: line {number}: must be 0xADDRESS HEXBYTES, such as 0x0000a000 00000280")
        address = int(match[1], 16)
        if address in blocks:
            raise SpecError(f"{shown}: line {number}: 0x{address:x} is in line {lines[address]} already")
        blocks[address], lines[address] = bytes.fromhex(match[2]), number
    if not header and not blocks:
        raise SpecError(f"{shown}: empty")
    sha256, camera, saved = (header.get(key, "") for key in ("description sha256", "camera", "saved"))
    try:
        return RegisterImage(blocks, sha256, camera, saved)
    except ValueError as error:
        address = int(str(error).split(":")[0], 16)
        raise SpecError(f"{shown}: line {lines[address]}: {error}") from None


def _check_header(key: str, value: str, where: str) -> None:
    if key == "format" and value != str(FORMAT):
        raise SpecError(f"{where}: format {value} is not known; this version reads format {FORMAT}")
    if key == "description sha256" and not _SHA256.fullmatch(value):
        raise SpecError(f"{where}: the sha256 must have 64 hexadecimal digits")


def format_image(image: RegisterImage, names: Mapping[int, tuple[int, str]] | None = None) -> str:
    """The text of an image.

    Parameters
    ----------
    names
        Length in bytes and name, or names, of what begins at an address: these get lines of their own.
    """
    lines = [
        _TITLE,
        f"# format: {FORMAT}",
        f"# description sha256: {image.description_sha256}",
        f"# camera: {one_line(image.camera)}",
        f"# saved: {one_line(image.saved)}",
    ]
    named = sorted(names or {})
    for start, data in image.blocks.items():
        inside = named[bisect_left(named, start) : bisect_left(named, start + len(data))]
        lines += _block_lines(start, data, [(address, *(names or {})[address]) for address in inside])
    return "\n".join(lines) + "\n"


def _block_lines(start: int, data: bytes, named: Sequence[tuple[int, int, str]]) -> list[str]:
    """A block cut where named registers begin and end; never inside of one."""
    end = start + len(data)
    cuts: dict[int, list[str]] = {start: []}
    line = covered = start
    for address, length, name in named:
        if address >= covered:
            line, covered = address, min(address + length, end)
            cuts.setdefault(line, [])
            if covered < end:
                cuts[covered] = []
        cuts[line].append(one_line(name))
    return [
        f"0x{low:08x} {data[low - start : high - start].hex()}{'  # ' + ', '.join(cuts[low]) if cuts[low] else ''}"
        for low, high in pairwise([*cuts, end])
    ]


def one_line(text: str) -> str:
    """Text of others without line ends, and without what moves a terminal's cursor."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
