"""The GenICam reference parser on the description as it comes over the wire, and on the live registers."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from tests.interop.emulator import MODELS, Ready
from tests.interop.gvcp_client import CCP, GvcpClient, Refused

from tiscam_emu import Camera


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@pytest.fixture
def client(camera: Ready) -> Iterator[GvcpClient]:
    with GvcpClient(camera.address) as connected:
        yield connected
        connected.write_status(CCP, 0)


def test_served_file_is_a_zip_of_one_xml_by_default(client: GvcpClient) -> None:
    name, _, length = client.url()
    file = client.description()

    assert name.lower().endswith(".zip")
    assert len(file) == length
    with zipfile.ZipFile(BytesIO(file)) as archive:
        assert archive.testzip() is None
        assert [member.lower().rsplit(".", 1)[1] for member in archive.namelist()] == ["xml"]


def test_reference_parser_loads_the_served_description(client: GvcpClient, camera: Ready) -> None:
    from tests.interop.genapi_camera import GenApiCamera

    nodes = GenApiCamera(client)

    assert nodes["DeviceModelName"] == camera.model
    assert nodes["DeviceSerialNumber"] == camera.serial
    nodes.nodes.parse_swiss_knives()


def test_every_readable_node_of_the_served_description_reads(client: GvcpClient) -> None:
    from genicam.genapi import EInterfaceType, is_readable
    from tests.interop.genapi_camera import GenApiCamera

    valued = {
        EInterfaceType.intfIInteger,
        EInterfaceType.intfIFloat,
        EInterfaceType.intfIBoolean,
        EInterfaceType.intfIEnumeration,
        EInterfaceType.intfIString,
    }
    nodes = GenApiCamera(client).nodes
    read = {}
    for node in nodes.nodes:
        if node.node.principal_interface_type in valued and is_readable(node.node.get_access_mode()):
            read[node.node.name] = node.value

    assert len(read) > 150
    assert read["Width"] == read["WidthMax"] or read["Width"] > 0


def test_writes_through_the_reference_parser_reach_the_camera(client: GvcpClient) -> None:
    from tests.interop.genapi_camera import GenApiCamera

    nodes = GenApiCamera(client)
    client.write_register(CCP, 2)

    nodes["DeviceUserID"] = "north gate"
    nodes["ExposureAuto"] = "Off"
    nodes["ExposureTime"] = 1234.0

    again = GenApiCamera(client)
    assert (again["DeviceUserID"], again["ExposureTime"]) == ("north gate", 1234.0)


def test_write_without_control_is_refused_by_the_camera(client: GvcpClient) -> None:
    from genicam.genapi import GenericException
    from tests.interop.genapi_camera import GenApiCamera

    nodes = GenApiCamera(client)

    with pytest.raises((GenericException, Refused)):
        nodes["DeviceUserID"] = "nobody"


@pytest.mark.parametrize("model", MODELS)
def test_plain_and_zipped_descriptions_are_the_same_xml(
    tiscam_camera_factory: Callable[..., Camera], model: str
) -> None:
    from tests.interop.genapi_camera import GenApiCamera

    read: dict[bool, Any] = {}
    for plain in (False, True):
        with GvcpClient(tiscam_camera_factory(model, plain_xml=plain).address) as client:
            read[plain] = (client.url()[0].rsplit(".", 1)[1].lower(), GenApiCamera(client).xml)

    assert (read[False][0], read[True][0]) == ("zip", "xml")
    assert read[False][1] == read[True][1]
