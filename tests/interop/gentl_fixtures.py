"""What the tests of the GenTL producer share: the library opened, and a module of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ctypes import c_char_p, c_int32, c_size_t, c_void_p
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import Ready, emulator
from tests.interop.gentl_library import Library, Opened

READ_ONLY, CONTROL, EXCLUSIVE = 2, 3, 4
ERROR_EVENT, NEW_BUFFER, REMOTE_EVENT, MODULE_EVENT = 0, 1, 4, 5


@pytest.fixture
def opened(producer: Path) -> Iterator[Opened]:
    """The library with its interface ``lo``."""
    opened = Opened.open(producer)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def gentl_cameras(_lo_only: None, first_address: str) -> Iterator[dict[str, Ready]]:
    """Two are enough here; one has a message channel."""
    models = ("--model", "39GX265-Z20", "--model", "33GP1300")
    with emulator(*models, "--address", first_address.removesuffix("1") + "81", cameras=2) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.fixture
def gentl_camera(gentl_cameras: dict[str, Ready]) -> Ready:
    """The one with a message channel."""
    return gentl_cameras["39GX265-Z20"]


class Everything:
    """State: a module of each kind, a buffer and an event, all open."""

    def __init__(self, opened: Opened, serial: str) -> None:
        self.opened, self.library = opened, opened.library
        self.device = opened.device(serial)
        self.remote = self.library.handle("DevGetPort", self.device)
        self.stream = self.library.handle("DevOpenDataStream", self.device, c_char_p(b"Stream0"))
        self.buffer = self.library.handle("DSAllocAndAnnounceBuffer", self.stream, c_size_t(1 << 24), c_void_p(77))
        self.event = self.library.handle("GCRegisterEvent", self.stream, c_int32(NEW_BUFFER))
        self.modules = {
            "system": opened.system,
            "interface": opened.interface,
            "device": self.device,
            "stream": self.stream,
            "remote": self.remote,
        }


@pytest.fixture
def everything(opened: Opened, gentl_camera: Ready) -> Everything:
    """A module of each kind."""
    return Everything(opened, gentl_camera.serial)


KEPT: list[Any] = []


def node_map(library: Library, port: c_void_p) -> Any:
    """EMVA's parser over a port of ours."""
    from genicam.genapi import AbstractPort, EAccessMode, NodeMap
    from tests.interop.genapi_camera import xml_of

    class Port(AbstractPort):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()

        def read(self, address: int, length: int) -> bytes:
            return library.read(port, address, length)

        def write(self, address: int, value: Any) -> None:
            library.write(port, address, bytes(value))

        def get_access_mode(self) -> Any:
            return EAccessMode.RW

    url = library.text("GCGetPortURL", port)
    name, address, length = re.fullmatch(r"local:(.*?);(\w+);(\w+).*", url).groups()  # type: ignore[union-attr]
    nodes = NodeMap()
    nodes.load_xml_from_string(xml_of(name, library.read(port, int(address, 16), int(length, 16))).decode())
    made = Port()
    nodes.connect(made, library.info("GCGetPortInfo", port, 12).value)
    KEPT.append(made)  # the parser has a bare pointer
    return nodes
