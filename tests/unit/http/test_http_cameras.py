"""Cameras over HTTP: what can be asked and set, and what is said to what cannot be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.http.asgi_client import Client

from tiscam_emu.errors import CameraFailed
from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench

LEFT = "/cameras/left"


def _problem(response: Any, status: int, title: str) -> str:
    assert response.status == status, response.content
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert (document["status"], document["title"]) == (status, title)
    assert "\n" not in document["detail"]
    return str(document["detail"])


def test_the_cameras_are_listed_and_told_of(client: Client, camera: Camera) -> None:
    short = {"name": "left", "model": camera.model, "serial": camera.serial, "address": camera.address}
    assert client.get("/cameras").json() == [short]
    told = client.get(LEFT).json()
    assert {key: told[key] for key in short} == short
    assert (told["scene"], told["stamp"], told["line1"], told["faults"]) == ("flat", False, False, [])
    assert told["status"]["plugged"] is True


def test_a_feature_is_set_past_the_client_and_tells_its_limits(client: Client, camera: Camera) -> None:
    client.put(f"{LEFT}/features/ExposureAuto", "Off")
    told = client.put(f"{LEFT}/features/ExposureTime", "2000").json()
    assert (told["name"], told["value"], told["kind"]) == ("ExposureTime", 2000, "Float")
    assert told["low"] < 2000 < told["high"]
    assert told["cached"] is False
    assert client.get(f"{LEFT}/features/PixelFormat").json()["cached"] is True
    assert camera["ExposureTime"] == 2000
    assert client.get(f"{LEFT}/features/ExposureTime").json()["value"] == 2000


def test_all_features_come_with_their_description(client: Client, camera: Camera) -> None:
    told = client.get(f"{LEFT}/features").json()
    assert [feature["name"] for feature in told] == camera.features()
    assert all(feature["kind"] and feature["category"] for feature in told)


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ("1e12", 422, "OutOfRange"),
        ("fast", 422, "InvalidParameter"),
        ("", 400, "BadRequest"),
        ("[1]", 400, "BadRequest"),
    ],
)
def test_a_value_that_cannot_be_changes_nothing(
    client: Client, camera: Camera, body: str, status: int, title: str
) -> None:
    camera["ExposureAuto"] = "Off"
    before = camera["ExposureTime"]
    _problem(client.put(f"{LEFT}/features/ExposureTime", body), status, title)
    assert camera["ExposureTime"] == before


def test_errors_have_the_texts_of_python(client: Client, camera: Camera) -> None:
    camera["ExposureAuto"] = "Continuous"
    with pytest.raises(Exception, match="ExposureTime") as error:
        camera["ExposureTime"] = 2000
    detail = _problem(client.put(f"{LEFT}/features/ExposureTime", "2000"), 409, "AccessDenied")
    assert detail == str(error.value)
    assert "did you mean" in _problem(client.get(f"{LEFT}/features/ExposureTim"), 404, "UnknownFeature")
    assert "there are left" in _problem(client.get("/cameras/right"), 404, "UnknownCamera")
    _problem(client.get("/nowhere"), 404, "NothingThere")
    _problem(client.delete("/cameras"), 405, "WrongMethod")


def test_a_command_is_executed(client: Client, camera: Camera) -> None:
    camera["TriggerMode"], camera["TriggerSource"] = "On", "Software"
    camera["AcquisitionStart"] = True
    assert client.post(f"{LEFT}/features/TriggerSoftware").json()["kind"] == "Command"
    _problem(client.post(f"{LEFT}/features/Width"), 422, "InvalidParameter")


def test_the_plug_is_pulled_and_put_in(client: Client, camera: Camera) -> None:
    assert client.post(f"{LEFT}/unplug").status == 204
    assert not camera.status().plugged
    assert client.post(f"{LEFT}/plug").status == 204
    assert camera.status().plugged


@pytest.mark.parametrize("body", ["drop=0.01,on=stream", '["drop=0.01,on=stream"]', '{"drop": 0.01, "on": "stream"}'])
def test_faults_take_the_place_of_the_former_ones(client: Client, camera: Camera, body: str) -> None:
    camera.faults("busy=0.5")
    assert client.put(f"{LEFT}/faults", body).json() == ["drop=0.01,on=stream"]
    _problem(client.put(f"{LEFT}/faults", "drop=2"), 422, "InvalidOption")
    assert client.get(f"{LEFT}/faults").json() == ["drop=0.01,on=stream"]
    assert client.put(f"{LEFT}/faults").json() == []


def test_fault_texts_are_read_again_as_the_same_faults(camera: Camera) -> None:
    camera.faults("drop=0.05,burst=20", "busy=0.5,temperature_c=80")
    assert camera.fault_texts() == ["drop=0.05,burst=20", "busy=0.5,temperature_c=80.0"]
    camera.faults("drop=0.05,on=stream", "delay_ms=3,on=control")
    assert camera.fault_texts() == ["drop=0.05,on=stream", "delay_ms=3.0,on=control"]


def test_line1_is_driven_and_pulsed(client: Client, camera: Camera) -> None:
    assert client.put(f"{LEFT}/line1", "high").json() is True
    assert camera.line1
    assert client.put(f"{LEFT}/line1", "0").json() is False
    assert client.get(f"{LEFT}/line1").json() is False
    _problem(client.put(f"{LEFT}/line1", "2"), 422, "InvalidOption")
    answer = client.post(f"{LEFT}/line1/pulses", '{"count": 3, "period_s": 60, "width_s": 1}')
    assert (answer.status, answer.json()) == (202, {"edges": 6})
    assert client.post(f"{LEFT}/line1/pulses", "[[60, true], [61, false]]").json() == {"edges": 2}
    for wrong in ("[[-1, true]]", "[[1, 2]]", "[1]", '{"count": 0}', '{"count": 10000}', '{"width_s": 1}', '{"n": 1}'):
        _problem(client.post(f"{LEFT}/line1/pulses", wrong), 422, "InvalidOption")


def test_edges_of_the_strobe_are_told_with_device_times(client: Client, camera: Camera) -> None:
    camera["GPOut"] = 1 - int(camera["GPOut"])
    assert client.get(f"{LEFT}/strobe").json() == [{"at_ns": t, "high": high} for t, high in camera.output_edges()]
    assert camera.output_edges()


def test_stamps_are_switched(client: Client, camera: Camera) -> None:
    assert client.put(f"{LEFT}/stamp", "true").json() is True
    assert camera.stamp
    _problem(client.put(f"{LEFT}/stamp", "perhaps"), 422, "InvalidOption")
    assert client.get(f"{LEFT}/stamp").json() is True


def _png(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def test_a_scene_is_a_name_an_image_or_an_array(client: Client, camera: Camera) -> None:
    assert client.put(f"{LEFT}/scene", "star").json()["scene"] == "star"
    assert camera.scene == "star"
    picture = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
    assert client.put(f"{LEFT}/scene", _png(picture)).json()["scene"] == "an image of 64 x 48"
    assert np.array_equal(camera.scene, picture)
    light = np.linspace(0, 1, 48 * 64, dtype=">f4").reshape(48, 64)
    client.put(f"{LEFT}/scene", _npy(light))
    assert np.array_equal(camera.scene, light)
    client.put(f"{LEFT}/scene", _npy(np.asfortranarray(picture)))
    assert np.array_equal(camera.scene, picture)


def test_a_scene_that_cannot_be_leaves_the_old_one(client: Client, camera: Camera, secret: Path) -> None:
    bomb = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    bomb += b"{'descr': '<f8', 'fortran_order': False, 'shape': (5000, 5000), }".ljust(117) + b"\n"
    objects = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    objects += b"{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }".ljust(117) + b"\n" + b"x" * 8
    for body in (str(secret).encode(), b"moon", b"\x89PNG\r\n\x1a\nbroken", bomb, objects, b"", b"\0" * 2000, b"7"):
        response = client.put(f"{LEFT}/scene", body)
        assert response.status in {400, 422}, body[:20]
        assert response.headers["content-type"] == "application/problem+json"
    huge = _png(np.zeros((6000, 6000), np.uint8))
    assert "above" in _problem(client.put(f"{LEFT}/scene", huge), 422, "SceneError")
    assert camera.scene == "flat"


def test_a_camera_is_started_and_stopped(client: Client, bench: Bench) -> None:
    address = "127.77.3.1"
    wanted = {"model": "dfk 33gp1300", "name": "right", "address": address, "scene": "flat"}
    answer = client.post("/cameras", wanted)
    assert answer.status == 201, answer.content
    assert (answer.json()["name"], answer.json()["address"]) == ("right", address)
    assert bench.names() == ["left", "right"]
    taken = {"model": "33GP1300", "name": "right", "address": "127.77.3.2"}
    assert "another camera has it" in _problem(client.post("/cameras", taken), 422, "InvalidOption")
    assert client.delete("/cameras/right").status == 204
    _problem(client.delete("/cameras/right"), 404, "UnknownCamera")
    assert bench.names() == ["left"]


def test_a_bench_that_is_left_ends_what_it_has_started_and_nothing_else(bench: Bench, camera: Camera) -> None:
    with bench:
        name = bench.start({"model": "33GP1300", "address": "127.77.3.4", "scene": "flat"})
        started = bench[name]
    assert bench.names() == ["left"]
    assert camera.status().plugged
    with pytest.raises(CameraFailed):
        started.status()


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ({}, "InvalidOption"),
        ([], "InvalidOption"),
        ({"model": "33GP1300", "state_dir": "/tmp"}, "InvalidOption"),
        ({"model": "33GP1300", "interface": "eth0"}, "InvalidOption"),
        ({"model": "33GP1300", "seed": True}, "InvalidOption"),
        ({"model": "33GP1300", "name": "a/b"}, "InvalidOption"),
        ({"model": "33GP1300", "scene": "/etc/passwd"}, "SceneError"),
        ({"model": "./own.yaml"}, "UnknownModel"),
        ({"model": "33GP1300", "address": "192.0.2.1"}, "InvalidOption"),
    ],
)
def test_a_camera_that_cannot_be_started_leaves_nothing(
    client: Client, bench: Bench, wanted: object, title: str
) -> None:
    _problem(client.post("/cameras", wanted), 422, title)
    assert bench.names() == ["left"]
    assert bench.free_name("33GP1300") == "33GP1300"


def test_switching_off_and_on_forgets_settings_and_keeps_what_is_around(client: Client, bench: Bench) -> None:
    before = bench["left"]
    before["ExposureAuto"], before.scene = "Off", "star"
    before.faults("busy=0.5")
    before.unplug()
    assert client.post(f"{LEFT}/power-cycle").status == 200
    camera = bench["left"]
    assert camera is not before
    assert camera["ExposureAuto"] == "Continuous"
    assert (camera.scene, camera.fault_texts(), camera.status().plugged) == ("star", ["busy=0.5"], False)


def test_a_camera_that_has_ended_is_a_problem(client: Client, camera: Camera) -> None:
    camera.stop()
    _problem(client.get(f"{LEFT}/features/Width"), 503, "CameraFailed")
