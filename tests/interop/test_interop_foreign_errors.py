"""What a user meets who gives the command a description that cannot be: one line, status 2, and nothing is served."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.emulator import COMMAND, PATIENCE_S, emulator, refused
from tests.unit.foreign.small import element, register
from tests.unit.foreign.whole import BASE, camera

import tiscam_emu
from tiscam_emu.errors import InvalidOption, SpecError, UserError
from tiscam_emu.foreign.files.image import RegisterImage, format_image

ADDRESS = "127.0.0.41"


@pytest.fixture(autouse=True)
def _needs_genapi(need: Callable[..., None]) -> None:
    need("genicam")


def zipped(xml: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("camera.xml", xml)
    return buffer.getvalue()


def line_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that served nothing."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.splitlines()
    return line.removeprefix("tiscam-emu: ")


def loop() -> bytes:
    return camera(element("Integer", "A", pValue="B"), element("Integer", "B", pValue="A"), names=["A"])


def laughs() -> bytes:
    entities = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return camera().replace(b"<RegisterDescription", entities.encode() + b"<RegisterDescription", 1)


def chain() -> bytes:
    nodes = [element("Integer", f"N{at}", pValue=f"N{at + 1}") for at in range(60_000)]
    return camera(*nodes, element("Integer", "N60000", Value=1), names=["N0"])


def long_register() -> bytes:
    return camera(register("Huge", 0x20_0000, kind="Register", length=0xFFFF_FFFC), names=["Huge"])


FILES = {
    "not XML": ("camera.xml", b"What a camera this is!", "not XML: there is no '<' in it"),
    "a web page": ("camera.xml", b"<html></html>", "not a GenICam description: begins with <html>"),
    "empty": ("camera.xml", b"", "empty"),
    "cut off": ("camera.xml", camera()[:700], "not XML: "),
    "truncated ZIP": ("camera.zip", zipped(camera())[:300], "cannot be unzipped: cut off or damaged"),
    "ZIP bomb": ("camera.zip", zipped(b"<" + b" " * (100 << 20)), "a description has at most 32 MB, this one more"),
    "loop of references": ("camera.xml", loop(), "GenApi does not take it: "),
    "billion laughs": ("camera.xml", laughs(), "has a DOCTYPE"),
    "no width": ("camera.xml", camera(without=["Width"]), "the description has no feature Width"),
    "no pixel format": ("camera.xml", camera(without=["PixelFormat"]), "the description has no feature PixelFormat"),
    "no format that can be made": (
        "camera.xml",
        camera(formats={"Coord3D_ABC32f": 0x0260_00C0, "JPEG": 0x8000_0001}),
        "none of its pixel formats can be made: Coord3D_ABC32f, JPEG",
    ),
    "too large": ("camera.xml", camera(size=(65535, 65535)), "sensor 65535x65535, from the description: a side has"),
    "too many pixels": ("camera.xml", camera(size=(16384, 16384)), "sensor 16384x16384, from the description: it has"),
    "too small": ("camera.xml", camera(size=(8, 8)).replace(b">16<", b">1<"), "sensor 8x8, from the description"),
    "long chain": ("camera.xml", chain(), "GenApi ends with a crash on it"),
    "4 GB": ("camera.xml", long_register(), "Huge: a register of 4294967292 bytes; at most 64 MB"),
}


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_no_camera_is_refused(name: str, tmp_path: Path) -> None:
    file_name, content, reason = FILES[name]
    path = tmp_path / file_name
    path.write_bytes(content)

    assert line_of(refused("--model", str(path), "--address", ADDRESS)).startswith(f"{path}: {reason}")


@pytest.mark.parametrize("path", ["/dev/zero", "pipe.xml"])
def test_what_never_ends_is_not_read(path: str, tmp_path: Path) -> None:
    place = tmp_path / path
    if not place.exists():
        os.mkfifo(place)

    assert line_of(refused("--model", str(place), "--address", ADDRESS)) == f"{place}: not a file"


def test_folder_without_a_description_is_refused(tmp_path: Path) -> None:
    line = line_of(refused("--model", str(tmp_path), "--address", ADDRESS))

    assert line == f"{tmp_path}: no description in this folder: must hold camera.xml or camera.zip"


def test_registers_of_another_camera_are_refused(tmp_path: Path) -> None:
    (tmp_path / "camera.xml").write_bytes(camera())
    image = RegisterImage({BASE: b"\0\0\2\x80"}, description_sha256="0" * 64)
    (tmp_path / "registers").write_text(format_image(image), encoding="utf-8")

    line = line_of(refused("--model", str(tmp_path), "--address", ADDRESS))

    assert line.startswith(f"{tmp_path / 'registers'}: register image of another camera")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sensor: {widht: 640}", "sensor.widht: Extra inputs are not permitted"),
        ("sensor: {width: much, height: 480}", "sensor.width: Input should be a valid number"),
        ("sensor: {width: -640, height: 480}", "sensor -640x480, given: a side has 16 to 16384 pixels"),
        ("sensor: 640x480", "sensor: Input should be a mapping"),
        ("colour: false", "colour: Extra inputs are not permitted"),
        ("timing: {default: {line_us: -3}}", "timing.default.line_us: Input should be greater than or equal to 0"),
        ("features: {Width: {inc: 7.5}}", "features.Width.inc: 7.5 is not a whole number"),
        ("own_features: {Cooler: {type: integer}}", "own_features: a camera that is served by its own description"),
        ("- sensor", "must be a mapping"),
        ("sensor: {", "not valid YAML"),
    ],
)
def test_mistake_in_a_model_yaml_is_told_with_its_key(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "camera.xml").write_bytes(camera())
    (tmp_path / "model.yaml").write_text(content, encoding="utf-8")

    line = line_of(refused("--model", str(tmp_path), "--address", ADDRESS))

    assert line.startswith(f"{tmp_path}/model.yaml: {words}")


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("large", "sensor 'large': must be WIDTHxHEIGHT, such as 2448x2048"),
        ("65535x65535", "sensor 65535x65535, given: a side has 16 to 16384 pixels"),
        ("8x8", "sensor 8x8, given: a side has 16 to 16384 pixels"),
    ],
)
def test_sensor_that_cannot_be_is_refused(size: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "camera.xml"
    path.write_bytes(camera())

    assert line_of(refused("--model", str(path), "--sensor", size, "--address", ADDRESS)).endswith(words)


def test_one_bad_camera_of_two_keeps_both_from_being_served(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(camera())
    (tmp_path / "bad.xml").write_bytes(camera(without=["Width"]))

    done = refused("--model", str(tmp_path / "bad.xml"), "--model", str(tmp_path / "good.xml"), "--address", ADDRESS)

    assert line_of(done).startswith(f"{tmp_path / 'bad.xml'}: the description has no feature Width")
    with emulator("--model", str(tmp_path / "good.xml"), "--address", "127.0.0.42") as running:  # the address is free
        assert running.ready[0].address == "127.0.0.42"


def test_without_genapi_the_extra_is_named(tmp_path: Path) -> None:
    path = tmp_path / "camera.xml"
    path.write_bytes(camera())
    # A package path that has everything but GenApi, as after `pip install tiscam-emu`.
    site = tmp_path / "without_genapi"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = classmethod(\n"
        "    lambda cls, name, *rest: None if name.split('.')[0] == 'genicam' else find(name, *rest)\n"
        ")\n"
    )
    path_list = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [COMMAND, "--model", str(path), "--address", ADDRESS],
        env={**os.environ, "PYTHONPATH": path_list},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    needs = "a camera's own description needs the extra tiscam-emu[foreign]: pip install 'tiscam-emu[foreign]'"
    assert line_of(done) == f"{path}: {needs}"


@pytest.mark.parametrize("in_process", [False, True])
def test_from_python_the_same_mistakes_raise(tmp_path: Path, *, in_process: bool) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(camera())
    bad.write_bytes(camera(without=["Width"]))

    with pytest.raises(SpecError, match="no feature Width"):
        tiscam_emu.serve(bad, address=ADDRESS, in_process=in_process)
    with pytest.raises(SpecError, match="no such file"):
        tiscam_emu.serve(tmp_path / "none.xml", address=ADDRESS, in_process=in_process)
    with pytest.raises(InvalidOption, match="WIDTHxHEIGHT"):
        tiscam_emu.serve(good, sensor="640", address=ADDRESS, in_process=in_process)
    with pytest.raises(UserError, match="a side has 16"):
        tiscam_emu.serve(good, sensor="8x8", address=ADDRESS, in_process=in_process)
    with tiscam_emu.serve(good, address=ADDRESS, in_process=in_process) as served:
        assert (served.model, served.status().width) == ("Tiny", 640)
