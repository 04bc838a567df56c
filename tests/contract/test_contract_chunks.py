"""Chunk data as the reference implementation of GenICam reads them."""

from __future__ import annotations

import pytest
from tests.contract.cameras import KEYS, load
from tests.contract.node_map import NodeBench, genapi

from tiscam_emu.camera.core import Camera
from tiscam_emu.errors import Status
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Value


def _set(camera: Camera, name: str, value: Value, index: int = 0) -> None:
    feature = camera.model.features[name]
    address = feature.slot.address + index * feature.slot.stride
    camera.write(address, encode(feature, value), 0)


@pytest.mark.parametrize("model", KEYS)
def test_adapter_finds_every_chunk_in_the_payload(model: str) -> None:
    bench = NodeBench(model)
    camera = bench.camera
    for name in ("ExposureAuto", "GainAuto", "OffsetAutoCenter"):
        _set(camera, name, 0)
    for name, value in {"Width": 640, "Height": 64, "OffsetX": 8, "OffsetY": 12}.items():
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

    nodes = bench.nodes
    adapter = genapi.ChunkAdapterGEV(nodes)
    adapter.attach_buffer(payload, len(payload))
    expected = {"ExposureTime": 3000.0, "Gain": 7.5, "OffsetX": 8, "OffsetY": 12, "Width": 640, "Height": 64}
    for entry in camera.model.features["ChunkSelector"].entries:
        assert nodes.get_node(f"Chunk{entry.name}").value == expected[entry.name]
    adapter.detach_buffer()


def test_data_that_are_switched_off_are_not_available() -> None:
    """A program that saves all it can read, as the vendor's SDK does, leaves them out."""
    bench = NodeBench("39GX265-Z20")
    for port, switch, index in (("ChunkGainPort", "ChunkEnable", 1), ("EventExposureEndPort", "EventNotification", 0)):
        assert bench.nodes.get_node(f"{port}Switch").value == 0
        _set(bench.camera, switch, 1, index)
        assert bench.nodes.get_node(f"{port}Switch").value == 1
    assert not genapi.is_available(bench.nodes.get_node("EventTestTimestamp"))


def test_chunk_settings_are_locked_while_acquiring() -> None:
    camera = Camera(load("39GX265-Z20"))
    _set(camera, "AcquisitionStart", 1)
    for name in ("ChunkModeActive", "ChunkEnable"):
        address = camera.model.layout.slots[name].address
        assert camera.write_pairs([(address, 1)], 0) == (0, Status.ACCESS_DENIED)
