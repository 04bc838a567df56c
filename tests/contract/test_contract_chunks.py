"""Chunk data as the reference implementation of GenICam reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.errors import Status
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Value

genapi: Any = pytest.importorskip("genicam.genapi", reason="the wheel exists for Linux alone")


def _set(camera: Camera, name: str, value: Value, index: int = 0) -> None:
    feature = camera.model.features[name]
    address = feature.slot.address + index * feature.slot.stride
    camera.write(address, encode(feature, value), 0)


@pytest.mark.parametrize("model", ["39GX265-Z20", "38GX541-a", "33GP1300", "38UX253", "38UX267"])
def test_adapter_finds_every_chunk_in_the_payload(model: str) -> None:
    camera = Camera(load(model))
    for name in ("ExposureAuto", "GainAuto", "OffsetAutoCenter"):
        _set(camera, name, 0)
    for name, value in {"Width": 640, "Height": 16, "OffsetX": 8, "OffsetY": 12}.items():
        _set(camera, name, value)
    for name, exact in {"ExposureTime": 3000.0, "Gain": 7.5}.items():
        _set(camera, name, exact)
    _set(camera, "ChunkModeActive", 1)
    for index in camera.model.features["ChunkEnable"].selector_values:
        _set(camera, "ChunkEnable", 1, index)
    _set(camera, "AcquisitionStart", 1)
    (exposure,) = camera.advance(0)
    payload = bytes(exposure.request.payload_bytes()) + exposure.chunk_tail
    assert len(payload) == camera.state["PayloadSize"]

    nodes = genapi.NodeMap()
    nodes.load_xml_from_string(camera.xml.decode())
    adapter = genapi.ChunkAdapterGEV(nodes)
    adapter.attach_buffer(payload, len(payload))
    expected = {"ExposureTime": 3000.0, "Gain": 7.5, "OffsetX": 8, "OffsetY": 12, "Width": 640, "Height": 16}
    for entry in camera.model.features["ChunkSelector"].entries:
        assert nodes.get_node(f"Chunk{entry.name}").value == expected[entry.name]
    adapter.detach_buffer()


def test_chunk_settings_are_locked_while_acquiring() -> None:
    camera = Camera(load("39GX265-Z20"))
    _set(camera, "AcquisitionStart", 1)
    for name in ("ChunkModeActive", "ChunkEnable"):
        address = camera.model.layout.slots[name].address
        assert camera.write_pairs([(address, 1)], 0) == (0, Status.ACCESS_DENIED)
