"""The containers' commands, run as the same steps: each in a network namespace of its own, on one bridge."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.interop.cable import Cable, ip, namespace
from tests.interop.emulator import Emulator, run

FOLDER = Path(__file__).parents[2] / "containers"
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
CLIENT = "10.99.0.100"


def _instruction(name: str) -> str:
    lines = (FOLDER / "Containerfile").read_text().splitlines()
    (found,) = [line.removeprefix(name) for line in lines if line.startswith(f"{name} ")]
    return found.strip()


ENTRYPOINT: list[str] = json.loads(_instruction("ENTRYPOINT"))


@pytest.fixture(scope="module")
def fleet(_lo_only: None) -> Iterator[tuple[Cable, dict[str, Emulator]]]:
    """The services' cameras, and a client's place in their network."""
    with ExitStack() as stack:
        bridge = stack.enter_context(namespace())
        client = stack.enter_context(namespace())
        places = {name: stack.enter_context(namespace()) for name in SERVICES}
        cable = Cable(bridge, client)
        ip(cable.at(bridge), "link add br0 type bridge", "link set br0 up")
        for number, place in enumerate((client, *places.values())):
            address = CLIENT if place == client else f"10.99.0.{number}"
            ip(
                cable.at(bridge),
                f"link add port{number} type veth peer name eth0 netns {place}",
                f"link set port{number} master br0 up",
            )
            ip(cable.at(place), f"address add {address}/24 broadcast + dev eth0", "link set eth0 up")
        running = {
            name: Emulator(*ENTRYPOINT[1:], *service["command"], within=cable.at(places[name]))
            for name, service in SERVICES.items()
        }
        for each in running.values():
            stack.callback(each.close)
        yield cable, running


def test_the_image_installs_the_package_with_an_extra_that_there_is() -> None:
    import tomllib

    *_, package = shlex.split(_instruction("RUN"))
    source, extra = package.removesuffix("]").split("[")
    assert _instruction("COPY").split() == [".", source]
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())["project"]
    assert extra in project["optional-dependencies"]
    assert ENTRYPOINT[0] in project["scripts"]
    version = _instruction("FROM").partition(":")[2].removesuffix("-slim")
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    for service in SERVICES.values():
        built = service["build"]
        assert (FOLDER / built["context"] / built["dockerfile"]).resolve() == (FOLDER / "Containerfile").resolve()


def test_a_client_in_the_network_finds_the_whole_fleet_by_a_broadcast_and_streams(
    fleet: tuple[Cable, dict[str, Emulator]], need: Callable[..., None]
) -> None:
    need("aravis")
    cable, running = fleet
    found = cable.aravis("aravis_discover", list=True)["devices"]
    assert {device["address"] for device in found} == {each.ready[0].address for each in running.values()}
    settings = [("Width", 640), ("Height", 480)]
    answer = cable.aravis(
        "aravis_stream", camera=running["front"].ready[0].address, frames=3, set=settings, packet_size=1400
    )
    assert [frame["status"] for frame in answer["frames"]] == ["success"] * 3


def test_each_camera_has_its_own_serial_number(fleet: tuple[Cable, dict[str, Emulator]]) -> None:
    _, running = fleet
    told = {name: each.ready[0].serial for name, each in running.items()}
    assert told == {
        name: service["command"][service["command"].index("--serial") + 1] for name, service in SERVICES.items()
    }


def test_what_starts_without_a_command_is_a_camera_too(fleet: tuple[Cable, dict[str, Emulator]]) -> None:
    _, running = fleet
    running["front"].close()
    command = json.loads(_instruction("CMD"))
    place = running["front"].process.args[2]  # type: ignore[index]
    again = Emulator(*ENTRYPOINT[1:], *command, within=["nsenter", "--target", str(place), "--net"])
    assert again.ready[0].address == "10.99.0.1"
    again.close()
    assert run(["true"]) == ""
