"""The GenTL producer by its C functions, for what EMVA's binding keeps from its users: sizes, NULL, stale handles."""

from __future__ import annotations

import ctypes
import re
import struct
from ctypes import byref, c_char_p, c_int32, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p, create_string_buffer
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HEADER = (ROOT / "gentl/src/gentl.h").read_text()
FUNCTIONS = tuple(re.findall(r"^GC_API (\w+)\(", HEADER, re.M))
CODES = {name: int(value) for name, value in re.findall(r"(GC_ERR_\w+) = (-?\d+)", HEADER)}
_NAMES: dict[int, str] = {value: name for name, value in CODES.items()}
_NUMBERS = {3: "<h", 4: "<H", 5: "<i", 6: "<I", 7: "<q", 8: "<Q", 9: "<d", 10: "<Q", 11: "<?", 12: "<Q", 14: "<q"}
INFINITE = 2**64 - 1


class GenTLError(Exception):
    """A function's code, by its name, and the producer's text."""

    def __init__(self, code: int, text: str) -> None:
        self.code = _NAMES.get(code, str(code))
        super().__init__(f"{self.code}: {text}")


@dataclass(frozen=True, slots=True)
class Info:
    """What an info function answers."""

    type: int
    size: int
    value: Any


def arguments_of(name: str) -> list[str]:
    """The types of a function's arguments, as the header has them."""
    inside: str
    (inside,) = re.findall(rf"^GC_API {name}\((.*?)\);", HEADER, re.M | re.S)
    return [] if inside == "void" else [" ".join(one.split()) for one in inside.split(",")]


class Library:
    """A producer that is loaded."""

    def __init__(self, path: Path | str) -> None:
        self.functions = ctypes.CDLL(str(path))

    def code(self, name: str, *arguments: Any) -> str:
        """Call it; the name of the code that comes back."""
        return _NAMES[getattr(self.functions, name)(*arguments)]

    def call(self, name: str, *arguments: Any) -> None:
        """Call it.

        Raises
        ------
        GenTLError
            It says so.
        """
        code = getattr(self.functions, name)(*arguments)
        if code:
            raise GenTLError(code, self.last_error()[1])

    def last_error(self) -> tuple[int, str]:
        """Code and text of this thread's last error."""
        code, text, size = c_int32(), create_string_buffer(512), c_size_t(512)
        assert self.functions.GCGetLastError(byref(code), text, byref(size)) == 0
        return code.value, text.value.decode()

    def handle(self, name: str, *arguments: Any) -> c_void_p:
        """What a function hands out by its last argument."""
        out = c_void_p()
        self.call(name, *arguments, byref(out))
        return out

    def number(self, name: str, *arguments: Any) -> int:
        """The count that a function gives."""
        out = c_uint32()
        self.call(name, *arguments, byref(out))
        return out.value

    def text(self, name: str, *arguments: Any) -> str:
        """The text that a function gives."""
        size = c_size_t()
        self.call(name, *arguments, None, byref(size))
        out = create_string_buffer(size.value)
        self.call(name, *arguments, out, byref(size))
        return out.value.decode()

    def info(self, name: str, *arguments: Any) -> Info:
        """An info function, by the whole protocol of sizes: asked for the size, too small, and right."""
        kind, size = c_int32(), c_size_t()
        self.call(name, *arguments, byref(kind), None, byref(size))
        need = size.value
        out = create_string_buffer(max(need, 1))
        if need:
            size = c_size_t(need - 1)
            assert self.code(name, *arguments, byref(kind), out, byref(size)) == "GC_ERR_BUFFER_TOO_SMALL"
        size = c_size_t(need)
        self.call(name, *arguments, byref(kind), out, byref(size))
        assert size.value == need
        raw = out.raw[:need]
        if kind.value == 1:
            assert raw.endswith(b"\0")
            return Info(1, need, raw[:-1].decode())
        if kind.value == 13:
            return Info(13, need, raw)
        return Info(kind.value, need, struct.unpack(_NUMBERS[kind.value], raw)[0])

    def read(self, port: c_void_p, address: int, size: int) -> bytes:
        """Bytes of a port."""
        out, count = create_string_buffer(size), c_size_t(size)
        self.call("GCReadPort", port, c_uint64(address), out, byref(count))
        assert count.value == size
        return out.raw

    def write(self, port: c_void_p, address: int, data: bytes) -> None:
        """Bytes to a port."""
        self.call("GCWritePort", port, c_uint64(address), c_char_p(data), byref(c_size_t(len(data))))

    def event_data(self, event: c_void_p, timeout_ms: int) -> bytes:
        """The next event's data."""
        out, size = create_string_buffer(1024), c_size_t(1024)
        self.call("EventGetData", event, out, byref(size), c_uint64(timeout_ms))
        return out.raw[: size.value]


@dataclass
class Opened:
    """State: a library that is open, with the interface ``lo`` and a list of its cameras."""

    library: Library
    system: c_void_p
    interface: c_void_p

    @classmethod
    def open(cls, path: Path | str, interface: str = "lo") -> Opened:
        """Initialize the library, open system and interface, and look for cameras."""
        library = Library(path)
        library.call("GCInitLib")
        system = library.handle("TLOpen")
        opened = cls(library, system, library.handle("TLOpenInterface", system, c_char_p(interface.encode())))
        opened.update()
        return opened

    def update(self) -> None:
        """Look for cameras."""
        self.library.call("IFUpdateDeviceList", self.interface, byref(c_uint8()), c_uint64(1000))

    def ids(self) -> list[str]:
        """Of the cameras found."""
        count = self.library.number("IFGetNumDevices", self.interface)
        return [self.library.text("IFGetDeviceID", self.interface, c_uint32(index)) for index in range(count)]

    def device(self, camera: str, access: int = 3) -> c_void_p:
        """Open a camera by id, address, serial number or name; for control if nothing else is said."""
        return self.library.handle("IFOpenDevice", self.interface, c_char_p(camera.encode()), c_int32(access))

    def close(self) -> None:
        """All of it."""
        self.library.call("GCCloseLib")
