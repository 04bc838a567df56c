"""Cameras on a real interface: two network namespaces of their own, joined by a cable that is a veth pair."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from tests.interop.cable import CAMERA, CLIENT, FAR_CLIENT, GATEWAY, NONE, Cable, camera_on, ip, laid_cable
from tests.interop.emulator import Emulator, refused, run

DISCOVERY, DISCOVERY_BROADCAST = "420100020000ffff", "421100020000ffff"
TAKE_CONTROL, READ_CONTROL = "42010082000800050000 0a0000000002".replace(" ", ""), "420100800004000600000a00"


@pytest.fixture(scope="module")
def cable(_lo_only: None) -> Iterator[Cable]:
    with laid_cable() as cable:
        yield cable


@pytest.fixture(scope="module")
def exposed(cable: Cable) -> Iterator[Emulator]:
    with camera_on(cable, "--interface", "cam0", "--expose") as running:
        yield running


def test_camera_takes_the_address_of_the_interface(exposed: Emulator) -> None:
    assert exposed.ready[0].address == CAMERA


def test_camera_on_an_interface_is_refused_without_consent() -> None:
    done = refused("--model", "33GP1300", "--interface", "lo")
    assert done.returncode == 2
    assert "add --expose" in done.stderr


def test_aravis_finds_controls_and_streams_from_another_host(
    cable: Cable, exposed: Emulator, need: Callable[..., None]
) -> None:
    need("aravis")
    (device,) = cable.aravis("aravis_discover", list=True)["devices"]
    assert device["address"] == CAMERA
    settings = [("Width", 640), ("Height", 480)]
    answer = cable.aravis("aravis_stream", camera=CAMERA, frames=5, set=settings, packet_size=1400)
    assert [frame["status"] for frame in answer["frames"]] == ["success"] * 5
    assert [frame["bytes"] for frame in answer["frames"]] == [640 * 480] * 5


@pytest.mark.parametrize("destination", ["255.255.255.255", "10.77.0.255", CAMERA])
def test_discovery_tells_the_interface_as_it_is(cable: Cable, exposed: Emulator, destination: str) -> None:
    ((source, answer),) = cable.ask(cable.client, CLIENT, (destination, DISCOVERY))
    registers = bytes.fromhex(answer)[8:]
    shown = json.loads(run([*cable.at(cable.camera), "ip", "-json", "link", "show", "cam0"]))

    assert source == CAMERA
    assert registers[0x0A:0x10].hex(":") == shown[0]["address"]
    assert [".".join(map(str, registers[at : at + 4])) for at in (0x24, 0x34, 0x44)] == [
        CAMERA,
        "255.255.255.0",
        GATEWAY,
    ]


def test_client_of_another_network_gets_its_answer_by_broadcast(cable: Cable, exposed: Emulator) -> None:
    ((source, answer),) = cable.ask(cable.client, FAR_CLIENT, ("255.255.255.255", DISCOVERY_BROADCAST))
    assert (source, answer[:16]) == (CAMERA, "0000000300f8ffff")


@pytest.mark.parametrize(
    ("persistent", "starts_at"), [("10.77.0.9", "10.77.0.9"), ("10.77.0.10", "10.77.0.8"), ("127.0.0.1", "10.77.0.8")]
)
def test_camera_starts_at_a_persistent_address_that_the_interface_has(
    cable: Cable, tmp_path: Path, persistent: str, starts_at: str
) -> None:
    values = {"GevPersistentIPAddress": int(IPv4Address(persistent)), "GevCurrentIPConfigurationPersistentIP": 1}
    (tmp_path / "33GP1300-12345678.json").write_text(json.dumps({"version": 1, "values": values}), encoding="utf-8")
    options = ["--interface", "cam0", "--expose", "--address", "10.77.0.8", "--serial", "12345678"]
    further = [f"address {{}} 10.77.0.{last}/24 broadcast + dev cam0" for last in (8, 9)]
    ip(cable.at(cable.camera), *[command.format("add") for command in further])
    try:
        with camera_on(cable, *options, "--state-dir", str(tmp_path)) as running:
            assert running.ready[0].address == starts_at
            ((source, found),) = cable.ask(cable.client, CLIENT, (starts_at, DISCOVERY))
            image = bytes.fromhex(found)[8:]
            assert (source, image[0x24:0x28]) == (starts_at, IPv4Address(starts_at).packed)
    finally:
        ip(cable.at(cable.camera), *[command.format("del") for command in further])


def test_camera_on_loopback_neither_answers_nor_obeys_another_host() -> None:
    with laid_cable() as cable, camera_on(cable, "--address", "127.0.0.9") as running:
        commands = [("255.255.255.255", command) for command in (DISCOVERY, DISCOVERY_BROADCAST, TAKE_CONTROL)]
        assert cable.ask(cable.client, CLIENT, *commands, answers=NONE) == []
        answer = cable.ask(cable.camera, "127.0.0.1", ("127.0.0.9", READ_CONTROL))
        assert answer == [("127.0.0.9", "0000008100040006" + "00000000")]
        assert running.end() == 0
