"""The camera of docs/your-own-camera.md, served as the document says, to clients that share no code with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.cameras import documented_yaml
from tests.interop.emulator import Ready, aravis, emulator, refused

from tiscam_emu import Camera

OWN = Path(__file__).parents[1] / "contract" / "own_camera.yaml"
WIDTH, HEIGHT = 2448, 2048


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    path = tmp_path_factory.mktemp("own") / "acme.yaml"
    path.write_text(documented_yaml(), encoding="utf-8")
    with emulator("--model", str(path), "--address", "127.0.0.31") as running:
        yield running.ready[0]


def test_documented_camera_has_at_most_40_lines_and_its_name(acme: Ready) -> None:
    assert len(documented_yaml().splitlines()) <= 40
    assert acme.model == "Acme A5000"


@pytest.mark.tiscam_camera(OWN)
def test_marker_takes_a_path(tiscam_camera: Camera) -> None:
    assert (tiscam_camera.model, tiscam_camera.status().width) == ("Küchenkamera 7", 816)


@pytest.mark.parametrize("in_process", [False, True])
def test_a_path_as_text_is_served_too(tiscam_camera_factory: Callable[..., Camera], *, in_process: bool) -> None:
    assert tiscam_camera_factory(str(OWN), in_process=in_process).model == "Küchenkamera 7"


def test_aravis_streams_from_it_and_uses_its_own_features(need: Callable[..., None], acme: Ready) -> None:
    need("aravis")
    written = [
        ("CoolerMode", "Full"),
        ("CoolerTarget", -7.25),
        ("FilterSelector", "Blue"),
        ("FilterPosition", 5),
        ("FilterSelector", "Green"),
        ("FilterPosition", 2),
        ("FilterSelector", "Blue"),
        ("Shutter", "false"),
        ("Place", "'Küche'"),
        ("PixelFormat", "Mono12p"),
    ]
    names = ["CoolerMode", "CoolerTarget", "FilterPosition", "Shutter", "Place", "Hours", "Width", "Gain"]
    got = aravis("aravis_stream", camera=acme.address, frames=3, set=written, read=names)

    assert [(frame["status"], frame["bytes"]) for frame in got["frames"]] == 3 * [("success", WIDTH * HEIGHT * 3 // 2)]
    assert got["frames"][0]["region"] == [0, 0, WIDTH, HEIGHT]
    read = got["read"]
    assert (read["CoolerMode"], read["FilterPosition"], read["Shutter"]) == ("Full", "5", "false")
    assert (read["Place"], read["Hours"], float(read["CoolerTarget"])) == ("Küche", "1200", -7.25)


def test_reference_implementation_streams_from_it_and_uses_its_own_features(
    need: Callable[..., None], acme: Ready
) -> None:
    need("genicam")
    from genicam.genapi import GenericException
    from tests.interop.genapi_session import controlled, streaming

    with controlled(acme.address) as (client, camera):
        assert camera["DeviceVendorName"] == "Acme"
        assert (camera["Width"], camera["Height"], camera["Hours"]) == (WIDTH, HEIGHT, 1200)
        for name, value in (("CoolerMode", "Off"), ("CoolerTarget", 12.125), ("Shutter", True), ("Place", "Hall 3")):
            camera[name] = value
            assert camera[name] == value
        for entry, position in (("Red", 1), ("Green", 7), ("Blue", 0)):
            camera["FilterSelector"] = entry
            camera["FilterPosition"] = position
        camera["FilterSelector"] = "Green"
        assert camera["FilterPosition"] == 7
        for name, beyond in (("CoolerTarget", 25.5), ("FilterPosition", 8), ("CoolerMode", "Warm")):
            with pytest.raises(GenericException):
                camera[name] = beyond
        camera.execute("ParkFilter")
        assert camera.nodes.ParkFilter.is_done()

        camera["UserSetSelector"] = "UserSet1"
        camera.execute("UserSetSave")
        camera["Place"] = "elsewhere"
        camera["CoolerTarget"] = 0.0
        camera.execute("UserSetLoad")
        assert (camera["Place"], camera["CoolerTarget"]) == ("Hall 3", 12.125)

        camera["PixelFormat"] = "Mono8"
        with streaming(client, camera) as receiver:
            block = receiver.block()
        assert block.complete
        assert len(block.payload) == WIDTH * HEIGHT


def test_a_camera_keeps_its_own_features_in_user_sets_across_restarts(
    need: Callable[..., None], tmp_path: Path
) -> None:
    need("genicam")
    from tests.interop.genapi_session import controlled

    path = tmp_path / "acme.yaml"
    path.write_text(documented_yaml(), encoding="utf-8")
    options = ("--model", str(path), "--address", "127.0.0.32", "--state-dir", str(tmp_path / "kept"))
    with emulator(*options) as first, controlled(first.ready[0].address) as (_, camera):
        camera["Place"], camera["CoolerTarget"] = "inf", -1.5
        camera["UserSetSelector"] = "UserSet2"
        camera.execute("UserSetSave")
    with emulator(*options) as second, controlled(second.ready[0].address) as (_, camera):
        assert (camera["Place"], camera["CoolerTarget"]) == ("", 5.0)
        camera["UserSetSelector"] = "UserSet2"
        camera.execute("UserSetLoad")
        assert (camera["Place"], camera["CoolerTarget"]) == ("inf", -1.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: &a [*a]", "{file}: not valid YAML: *a stands before or inside &a"),
        ("extends: [families/own-mono.yaml]", "{file}: sensor.width: Field required"),
        (
            "extends: [families/own-mono.yaml]\nsensor: {width: 640, height: 480}\nfeatures: {Width: {inc: 3}}",
            "{file}: features.Width.inc: 3 does not go with Mono12Packed: use multiples of 2",
        ),
        (None, "{file}: no such file"),
    ],
    ids=["circle", "no size", "increment", "no file"],
)
def test_mistake_in_a_file_is_one_line_and_nothing_is_served(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = refused("--model", str(path), "--address", "127.0.0.33")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tiscam-emu: {message.format(file=path)}\n"
