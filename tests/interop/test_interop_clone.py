"""`tiscam-emu clone` over the wire: our five, and other people's fake cameras; clients in control notice nothing."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.conftest import missing
from tests.interop.emulator import CLIENTS, GI_PYTHON, PATIENCE_S, Ready, refused, wait_until
from tests.interop.genapi_camera import xml_of
from tests.interop.gvcp_client import CCP, SCP, GvcpClient, Refused

from tiscam_emu.foreign.files import source
from tiscam_emu.foreign.files.image import RegisterImage
from tiscam_emu.foreign.saving.registers import declared

LONGEST_S = 10.0
VOLATILE = ("Temperature", "Timestamp", "LineStatus", "Ptp", "IEEE1588", "Gev", "ColorTransformation")


@pytest.fixture(autouse=True)
def _genapi(need: Callable[..., None]) -> None:
    need("genicam")


@pytest.fixture
def address(first_address: str) -> str:
    """Free for the camera of one test."""
    return first_address.rsplit(".", 1)[0] + ".151"


def _clone(address: str, folder: Path, *options: str) -> str:
    """Run the command; what it prints."""
    begin = time.monotonic()
    done = refused("clone", address, str(folder), *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - begin < LONGEST_S
    return done.stdout


def _image(folder: Path) -> RegisterImage:
    image = source.read(folder).image
    assert image is not None
    return image


# Our own


def test_clone_of_each_model_holds_its_description_and_registers(camera: Ready, tmp_path: Path) -> None:
    printed = _clone(camera.address, tmp_path / "twin")

    found, image = source.read(tmp_path / "twin"), _image(tmp_path / "twin")
    with GvcpClient(camera.address) as client:
        name, _, _ = client.url()
        assert (found.file_name, found.xml) == (name, xml_of(name, client.description()))
        registers = [r for r in declared(found.text).registers if r.place and r.access != "WO" and r.port == "Device"]
        assert len(registers) > 150
        for register in registers:
            assert register.place is not None
            address, length = register.place
            assert image.read(address, length) is not None, register.name
            if not register.name.startswith(VOLATILE):
                assert image.read(address, length) == client.read_blocks(address, length), register.name
    assert printed.startswith(f"saved The Imaging Source Europe GmbH {camera.model} {camera.serial}, {camera.address}")
    assert f"{len(found.xml)} bytes" in printed
    assert "could not be read" not in printed


def test_interface_may_be_named(camera: Ready, tmp_path: Path) -> None:
    _clone(camera.address, tmp_path / "twin", "--interface", "lo")

    assert _image(tmp_path / "twin").read(0x0000, 4)


def test_client_that_streams_keeps_control_and_loses_no_frame(
    cameras: dict[str, Ready], need: Callable[..., None], tmp_path: Path
) -> None:
    need("aravis")
    camera = cameras["33GP1300"]
    settings = [("Width", 640), ("Height", 480), ("AcquisitionFrameRate", 20.0)]
    job = {"camera": camera.address, "frames": 120, "set": settings}
    with subprocess.Popen(
        [GI_PYTHON, str(CLIENTS / "aravis_stream.py"), json.dumps(job)], stdout=subprocess.PIPE, text=True
    ) as aravis:
        with GvcpClient(camera.address) as client:
            wait_until(lambda: aravis.poll() is not None or client.read_register(SCP) != 0, "Aravis streams")
            before = client.read_register(CCP)
            _clone(camera.address, tmp_path / "twin")
            assert aravis.poll() is None
            assert client.read_register(CCP) == before != 0
        output, _ = aravis.communicate(timeout=PATIENCE_S)

    got = json.loads(output.splitlines()[-1])
    assert "error" not in got, got
    assert [frame["status"] for frame in got["frames"]] == ["success"] * 120
    ids = [frame["id"] for frame in got["frames"]]
    assert ids == list(range(ids[0], ids[0] + 120))


def test_nothing_is_taken_while_another_has_exclusive_access(cameras: dict[str, Ready], tmp_path: Path) -> None:
    camera = cameras["38UX253"]
    with GvcpClient(camera.address) as owner, GvcpClient(camera.address) as other:
        owner.write_register(CCP, 1)
        try:
            with pytest.raises(Refused):
                other.read_register(CCP)
            done = refused("clone", camera.address, str(tmp_path / "twin"))
        finally:
            owner.write_register(CCP, 0)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("another application has exclusive access; nothing can be read until it ends")
    assert not (tmp_path / "twin").exists()


# Other people's fake cameras


def test_aravis_fake_camera_is_cloned_and_lives_on(aravis_fake: str, tmp_path: Path) -> None:
    printed = _clone(aravis_fake, tmp_path / "twin")

    found = source.read(tmp_path / "twin")
    with GvcpClient(aravis_fake) as client:
        assert found.xml == client.description()
        assert found.file_name == client.url()[0]
    image = _image(tmp_path / "twin")
    assert image.read(0x0048, 7) == b"Aravis\0"
    assert "could not be read" not in printed


def test_viva_genicams_fake_camera_is_cloned_with_nothing_written_to_it(address: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("viva_genicam") is None:
        missing("no module viva_genicam: PyPI package viva-genicam")
    from viva_genicam.testing import FakeGigeCamera

    slow_register = 0x0938
    with FakeGigeCamera(bind_ip=address, width=320, delay_ack={slow_register: 0.7}) as fake:
        printed = _clone(fake.ip, tmp_path / "twin")

        found, image = source.read(tmp_path / "twin"), _image(tmp_path / "twin")
        assert (fake.writes(), fake.controller()) == (0, None)
        for register in declared(found.text).registers:
            if register.place is not None and register.access != "WO" and register.port == "Device":
                assert image.read(*register.place) is not None, register.name
        width = FakeGigeCamera.REGISTERS["Width"]
        assert image.read(width, 4) == fake.peek(width, 4) == (320).to_bytes(4, "big")
    assert "viva-genicam FakeGigE" in printed


# Refusals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["127.99.99.99", "{folder}/twin"], "127.99.99.99: no camera answers there"),
        (["camera", "{folder}/twin"], "'camera': must be an IPv4 address"),
        (["127.99.99.99", "{folder}/twin", "--interface", "nosuch0"], "'nosuch0': must be one of lo"),
        (["127.99.99.99", "{folder}"], "nothing is overwritten"),
        (["127.99.99.99", "{folder}/a/b"], "no folder"),
    ],
)
def test_clone_that_cannot_be_is_refused_in_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("something")

    done = refused("clone", *(argument.replace("{folder}", str(tmp_path)) for argument in arguments))

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert words in line
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_inspect_says_what_a_saved_camera_is(camera: Ready, tmp_path: Path) -> None:
    _clone(camera.address, tmp_path / "twin")

    done = refused("inspect", str(tmp_path / "twin"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "GenICam schema 1.1" in done.stdout


def test_inspect_refuses_what_is_no_description_in_one_line(tmp_path: Path) -> None:
    done = refused("inspect", str(tmp_path))

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"tiscam-emu: {tmp_path}: no description")


@pytest.mark.parametrize("command", ["clone", "inspect"])
def test_commands_have_help_of_their_own(command: str) -> None:
    assert command in refused("--help").stdout
    assert refused(command, "--help").returncode == 0
