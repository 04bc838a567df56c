"""What clients read and write of a camera: its registers, and the files that describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tiscam_emu.camera.by_name import Features, OwnFeatures
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.layout import SECOND_XML_BASE, XML_BASE
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.genicam.document import build_xml, file_name, zipped
from tiscam_emu.genicam.nodes import uncached_because


@dataclass(frozen=True, slots=True)
class DescriptionFile:
    """A description as it lies in the camera's memory."""

    name: str
    address: int
    content: bytes


class Face(Protocol):
    """Registers as clients see them; see `features.registers.RegisterMap`."""

    @property
    def xml(self) -> bytes:
        """The description, unzipped."""
        ...

    def read(self, address: int, length: int) -> bytes:
        """`length` bytes from `address`, both multiples of four; raises `RegisterError`."""
        ...

    def write(self, address: int, data: bytes) -> None:
        """Write a block whole or not at all; raises `RegisterError`."""
        ...

    def write_pairs(self, pairs: Sequence[tuple[int, int]]) -> tuple[int, Status, RegisterError | None]:
        """Write (address, value) pairs in order: the number done, and what the next one met."""
        ...

    def add_memory(self, address: int, data: bytes) -> None:
        """Map read-only bytes."""
        ...

    def files(self) -> tuple[DescriptionFile, DescriptionFile]:
        """What lies behind the first and the second URL."""
        ...

    def reset(self) -> None:
        """Be as at power-up: the settings are those of the start again."""
        ...

    def by_name(self) -> Features:
        """The features, for who holds the camera itself."""
        ...

    def kept(self) -> Mapping[str, Any]:
        """What outlives a power cycle besides features, as JSON has it."""
        ...

    def put_back(self, kept: Mapping[str, Any]) -> None:
        """Start with what an earlier run kept; raises `ValueError` if it cannot be used."""
        ...


class OwnFace(RegisterMap):
    """The registers of a model of ours, described by the XML that is generated from it."""

    def __init__(self, state: CameraState) -> None:
        super().__init__(state, state.model.layout)
        self._state = state
        self.xml = build_xml(state.model)

    def files(self) -> tuple[DescriptionFile, DescriptionFile]:
        """The description zipped and plain, or the other way round if the user wishes so."""
        model = self._state.model
        plain = (file_name(model, "xml"), self.xml)
        zip_file = (file_name(model, "zip"), zipped(self.xml, plain[0]))
        first, second = (plain, zip_file) if self._state.options.plain_xml else (zip_file, plain)
        room = SECOND_XML_BASE - XML_BASE
        after = XML_BASE + -(-len(first[1]) // room) * room
        return DescriptionFile(first[0], XML_BASE, first[1]), DescriptionFile(second[0], after, second[1])

    def by_name(self) -> Features:
        """The features of the model."""
        return OwnFeatures(self._state, lambda feature: not uncached_because(feature))

    def reset(self) -> None:
        """Nothing to do: the settings are the registers."""

    def kept(self) -> Mapping[str, Any]:
        """Nothing: user sets of ours are sets of features."""
        return {}

    def put_back(self, kept: Mapping[str, Any]) -> None:
        """Nothing to do."""
