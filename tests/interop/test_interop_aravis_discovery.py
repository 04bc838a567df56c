"""Aravis finds all cameras of a computer and opens each by id, serial number and address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.interop.emulator import Ready, aravis, run
from tests.interop.gvcp_client import CCP, GvcpClient


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis", "arv-tool-0.8")


def test_arv_tool_lists_all_five_with_their_addresses(cameras: dict[str, Ready]) -> None:
    lines = run(["arv-tool-0.8"]).splitlines()

    for camera in cameras.values():
        assert lines.count(f"{camera.aravis_id} ({camera.address})") == 1


def test_discovery_tells_vendor_model_serial_and_a_mac_of_its_own(cameras: dict[str, Ready]) -> None:
    devices = {d["address"]: d for d in aravis("aravis_discover", list=True)["devices"]}
    ours = [devices[camera.address] for camera in cameras.values()]

    for camera, device in zip(cameras.values(), ours, strict=True):
        assert device["vendor"] == "The Imaging Source Europe GmbH"
        assert (device["model"], device["serial"], device["id"]) == (camera.model, camera.serial, camera.aravis_id)
        assert device["physical_id"].lower().startswith("00:07:48:")
    assert len({device["physical_id"] for device in ours}) == 5


def test_camera_opens_by_id_and_by_address(camera: Ready) -> None:
    names = [camera.aravis_id, camera.address]

    opened = aravis("aravis_discover", names=names)["opened"]

    assert [opened[name]["model"] for name in names] == [camera.model] * 2
    assert [opened[name]["serial"] for name in names] == [camera.serial] * 2


def test_arv_tool_reads_a_value_from_the_camera_at_an_address(camera: Ready) -> None:
    output = run(["arv-tool-0.8", "-a", camera.address, "control", "DeviceModelName"])

    assert output.strip() == f"DeviceModelName = {camera.model}"


def test_unicast_discovery_is_answered_from_the_cameras_own_address(camera: Ready) -> None:
    with GvcpClient(camera.address) as client:
        ack = client.command(0x0002, b"", req_id=0xFFFF)

    assert ack.source == (camera.address, 3956)
    assert (ack.status, ack.code, ack.req_id, len(ack.payload)) == (0, 0x0003, 0xFFFF, 248)
    assert ".".join(map(str, ack.payload[0x24:0x28])) == camera.address
    assert ack.payload[0x68:0x88].rstrip(b"\0").decode() == camera.model
    assert ack.payload[0xD8:0xE8].rstrip(b"\0").decode() == camera.serial


def test_broadcast_discovery_is_answered_by_each_camera_from_its_own_address(cameras: dict[str, Ready]) -> None:
    with GvcpClient("255.255.255.255") as client:
        acks = client.discover(expected={camera.address for camera in cameras.values()})

    for camera in cameras.values():
        ack = acks[camera.address]
        assert ack.source == (camera.address, 3956)
        assert ".".join(map(str, ack.payload[0x24:0x28])) == camera.address


def test_registers_are_neither_read_nor_written_by_broadcast(camera: Ready) -> None:
    with GvcpClient("255.255.255.255", timeout_s=0.3) as everybody, GvcpClient(camera.address) as client:
        for command, payload in ((0x0080, "00000A00"), (0x0082, "00000A00 00000002")):
            everybody.send(command, bytes.fromhex(payload))
            with pytest.raises(TimeoutError):
                everybody.receive()
        assert client.read_register(CCP) == 0
