"""pyGigEVision, a client in Python that vendors build their drivers on: registers, the XML by its URL, and frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lxml import etree
from tests.interop.emulator import MODELS, PATIENCE_S, Ready
from tests.interop.genapi_session import controlled
from tests.interop.gvcp_client import HEARTBEAT_TIMEOUT, SCDA, SCP, SCPS, GvcpClient

from tiscam_emu import Camera, read_stamp

_FRAMES = 5
_LOCALHOST = 0x7F00_0001
_DO_NOT_FRAGMENT = 0x4000_0000
_PACKET_SIZE = 1500


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("pyGigEVision", "genicam")


class _Driver:
    """A camera as such a driver has it: a client in control, and 32-bit registers by the names in the XML."""

    def __init__(self, client: Any, xml: bytes) -> None:
        self.client = client
        root = etree.fromstring(xml)
        self._space = f"{{{etree.QName(root).namespace}}}"
        self._nodes = {node.get("Name"): node for node in root.iterchildren() if node.get("Name")}

    def address(self, name: str) -> int:
        """Of the register behind a feature, whatever stands between."""
        node = self._nodes[name]
        while node.find(f"{self._space}Address") is None:
            node = self._nodes[node.findtext(f"{self._space}pValue", "")]
        assert self._number(node, "Length") == 4, name
        return self._number(node, "Address")

    def entries(self, name: str) -> dict[str, int]:
        """The choices of an enumeration."""
        entries = self._nodes[name].iterchildren(f"{self._space}EnumEntry")
        return {entry.get("Name", ""): self._number(entry, "Value") for entry in entries}

    def command(self, name: str) -> None:
        """Run a command."""
        self[name] = self._number(self._nodes[name], "CommandValue")

    def _number(self, node: etree._Element, child: str) -> int:
        return int(node.findtext(f"{self._space}{child}", ""), 0)

    def __getitem__(self, name: str) -> int:
        value: int = self.client.read_reg(self.address(name))
        return value

    def __setitem__(self, name: str, value: int) -> None:
        self.client.write_reg(self.address(name), value)


@contextmanager
def _driver(address: str) -> Iterator[_Driver]:
    """As its `bootstrap` does, which would keep control for good if it failed halfway."""
    from pyGigEVision import GVCPClient, fetch_genicam_xml

    with GVCPClient(address) as client:
        client.write_reg(HEARTBEAT_TIMEOUT, 3000)
        yield _Driver(client, fetch_genicam_xml(client)[0])


def test_discovery_finds_all_cameras(cameras: dict[str, Ready]) -> None:
    from pyGigEVision import discover

    found = {camera["ip"]: camera for camera in discover(interface_ip="127.0.0.1", timeout=1.0)}

    for camera in cameras.values():
        answer = found[camera.address]
        assert (answer["manufacturer"], answer["model"]) == ("The Imaging Source Europe GmbH", camera.model)
        assert answer["serial"] == camera.serial
        assert answer["mac"].startswith("00:07:48:")


def test_description_is_found_by_its_url(camera: Ready) -> None:
    from pyGigEVision import GVCPClient, fetch_genicam_xml
    from tests.interop.genapi_camera import xml_of

    with GvcpClient(camera.address) as other:
        served = xml_of(other.url()[0], other.description())
    with GVCPClient(camera.address) as client:
        xml, name = fetch_genicam_xml(client)

    assert name.endswith(".xml")
    assert xml == served


def test_registers_of_32_bits_written_by_it_read_back_through_another_client(camera: Ready) -> None:
    with _driver(camera.address) as driver:
        driver["ExposureAuto"] = driver.entries("ExposureAuto")["Off"]
        driver["ExposureTime"] = 4321
        driver["Width"] = 640
        driver["OffsetAutoCenter"] = driver.entries("OffsetAutoCenter")["Off"]
        driver["OffsetX"] = 64
        assert (driver["ExposureTime"], driver["Width"], driver["OffsetX"]) == (4321, 640, 64)

    with controlled(camera.address) as (_, nodes):
        assert (nodes["ExposureTime"], nodes["Width"], nodes["OffsetX"]) == (4321.0, 640, 64)


@pytest.mark.parametrize("model", MODELS)
def test_frames_arrive_bit_by_bit(tiscam_camera_factory: Callable[..., Camera], model: str) -> None:
    """It knows the sizes of mono formats alone: Bayer frames arrive as well, but it expects twice their bytes."""
    from pyGigEVision import GVSPReceiver

    camera = tiscam_camera_factory(model, stamp=True)
    with controlled(camera.address) as (_, nodes):
        nodes["Width"], nodes["Height"] = 640, 240  # one frame fits the smallest usual receive buffer
        nodes["AcquisitionFrameRate"] = 10.0
    with _driver(camera.address) as driver:
        mono = driver.entries("PixelFormat").get("Mono8")
        driver["PixelFormat"] = mono or driver["PixelFormat"]
        receiver = GVSPReceiver(local_ip="127.0.0.1", gvcp_client=driver.client, packet_size=_PACKET_SIZE)
        receiver.start()
        driver.client.write_reg(SCDA, _LOCALHOST)
        driver.client.write_reg(SCPS, _DO_NOT_FRAGMENT | _PACKET_SIZE)
        driver.client.write_reg(SCP, receiver.port)
        driver.command("AcquisitionStart")
        frames: list[Any] = [receiver.get_frame_with_info(timeout=PATIENCE_S) for _ in range(_FRAMES)]
        driver.command("AcquisitionStop")
        driver.client.write_reg(SCP, 0)
        receiver.close()

    assert {frame.shape for frame, _ in frames} == {(240, 640)}
    assert {info["complete"] for _, info in frames} == {mono is not None}
    assert len({read_stamp(frame).frame_id for frame, _ in frames}) == _FRAMES
