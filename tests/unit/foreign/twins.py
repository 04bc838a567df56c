"""A camera of ours and its twin, cloned without a network, each with a client that goes by the description."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from genicam import genapi

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import RegisterError
from tiscam_emu.foreign.files import source
from tiscam_emu.foreign.files.source import Description
from tiscam_emu.foreign.saving.clone import clone
from tiscam_emu.foreign.saving.folder import save
from tiscam_emu.foreign.twin import open_twin, prepare

MODELS = ("33GP1300", "38UX267", "39GX265-Z20", "38GX541-a", "38UX253")
MS = 1_000_000
_VALUED = (genapi.IInteger, genapi.IFloat, genapi.IBoolean, genapi.IEnumeration, genapi.IString)


class Refused(Exception):
    """The camera has refused a write; the status as text."""


class _Port(genapi.AbstractPort):  # type: ignore[misc]
    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client

    def read(self, address: int, length: int) -> bytes:
        """Whole words, as clients read them."""
        start, stop = address - address % 4, (address + length + 3) // 4 * 4
        data = self.client.camera.read(start, stop - start, self.client.now)
        return data[address - start : address - start + length]

    def write(self, address: int, value: bytes) -> None:
        self.client.write(address, bytes(value))

    def get_access_mode(self) -> Any:
        return genapi.EAccessMode.RW


class Client:
    """State: a camera, the present, and the node map of who has read its description."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.now = 0
        self.refused: list[str] = []
        self.map = genapi.NodeMap()
        self.map.load_xml_from_string(camera.xml.decode())
        self._port = _Port(self)
        self.map.connect(self._port, "Device")

    def write(self, address: int, data: bytes) -> None:
        """Write registers; a refusal is raised and kept."""
        try:
            self.camera.write(address, data, self.now)
        except RegisterError as error:
            self.refused.append(error.status.name)
            raise Refused(error.status.name) from error

    def attempt(self, address: int, value: int, length: int = 4) -> str:
        """Write a register as it is; empty, or the refusal."""
        try:
            self.write(address, value.to_bytes(length, "big"))
        except Refused as refusal:
            return str(refusal)
        return ""

    def __getitem__(self, name: str) -> Any:
        return self._fresh(name).value

    def __setitem__(self, name: str, value: Any) -> None:
        self._fresh(name).value = value

    def set(self, **values: Any) -> None:
        """One feature after the other."""
        for name, value in values.items():
            self[name] = value

    def run(self, name: str) -> bool:
        """Execute a command; whether its node says that it is done."""
        node = self._fresh(name)
        node.execute()
        return bool(self._fresh(name).is_done())

    def limits(self, name: str) -> tuple[Any, Any]:
        node = self._fresh(name)
        return node.min, node.max

    def access(self, name: str) -> str:
        """Last letters of GenApi's mode: RW, RO, WO, NA, NI."""
        return str(genapi.EAccessMode(self._fresh(name).node.get_access_mode()).name)

    def _fresh(self, name: str) -> Any:
        self.map._invalidate_nodes()
        return self.map.get_node(name)

    def readable(self) -> dict[str, Any]:
        """All values there are."""
        self.map._invalidate_nodes()
        return {
            node.node.name: node.value
            for node in self.map.nodes
            if isinstance(node, _VALUED) and genapi.is_readable(node.node.get_access_mode())
        }

    def starts(self, until: int) -> list[int]:
        """Let time pass; when exposures opened."""
        return [exposure.start_ns for exposure in self.exposures(until)]

    def exposures(self, until: int) -> list[Exposure]:
        """Let time pass; the exposures that opened."""
        self.now = until
        return self.camera.advance(until)


def original(model: str, **options: Any) -> Client:
    """A client of the model itself."""
    return Client(Camera(_model(model), CameraOptions(**options)))


def twin(model: str, **options: Any) -> Client:
    """A client of its twin."""
    return twin_of(description(model), **options)


def twin_of(saved: Description, **options: Any) -> Client:
    """A client of a saved camera's twin."""
    return Client(open_twin(prepare(saved), CameraOptions(**options)))


@cache
def description(model: str) -> Description:
    """The clone of a model as it comes."""
    return cloned(Camera(_model(model)))


def cloned(camera: Camera, now: int = 0) -> Description:
    """What a clone of a camera saves."""

    class Reader:
        def read(self, address: int, length: int) -> bytes:
            return camera.read(address, length, now)

    with tempfile.TemporaryDirectory() as folder:
        save(clone(Reader(), "there"), Path(folder, "twin"))
        return source.read(Path(folder, "twin"))


_model = cache(load)
