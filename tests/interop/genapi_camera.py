"""The GenICam reference implementation on a camera: the XML as served, the registers over the wire."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from genicam.genapi import AbstractPort, EAccessMode, NodeMap
from tests.interop.gvcp_client import GvcpClient

_BLOCK = 512


class _Port(AbstractPort):  # type: ignore[misc]
    def __init__(self, client: GvcpClient) -> None:
        super().__init__()
        self.client = client

    def read(self, address: int, length: int) -> bytes:
        return self.client.read_blocks(address, length, _BLOCK)

    def write(self, address: int, value: bytes) -> None:
        if len(value) == 4:
            self.client.write_register(address, int.from_bytes(value, "big"))
        else:
            for offset in range(0, len(value), _BLOCK):
                self.client.write_memory(address + offset, value[offset : offset + _BLOCK])

    def get_access_mode(self) -> Any:
        return EAccessMode.RW


def xml_of(name: str, file: bytes) -> bytes:
    """The XML inside the file that a camera serves."""
    if not name.lower().endswith(".zip"):
        return file
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        (member,) = archive.namelist()
        return archive.read(member)


class GenApiCamera:
    """A node map connected to a camera."""

    def __init__(self, client: GvcpClient) -> None:
        name, _, _ = client.url()
        self.xml = xml_of(name, client.description())
        self.nodes = NodeMap()
        self.nodes.load_xml_from_string(self.xml.decode("utf-8"))
        self._port = _Port(client)
        self.nodes.connect(self._port, "Device")

    def __getitem__(self, name: str) -> Any:
        return self.nodes.get_node(name).value

    def __setitem__(self, name: str, value: Any) -> None:
        self.nodes.get_node(name).value = value

    def execute(self, name: str) -> None:
        """Run a command."""
        self.nodes.get_node(name).execute()
