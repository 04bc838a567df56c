"""viva-genicam's ``viva-camctl``, a client written in Rust that shares nothing with Aravis."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from tests.interop.emulator import MODELS, Ready, emulator, program, run

from tiscam_emu import Camera

_SUMMARY = re.compile(r"^Summary: .*\bcomplete=(\d+) incomplete=(\d+) missed=(\d+)", re.MULTILINE)
_PATIENCE_S = 180.0


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("viva-camctl")


def _viva(command: str, *options: str) -> str:
    path = program("viva-camctl")
    assert path is not None
    return run([path, "--json", command, *options])


def _answer(command: str, *options: str) -> Any:
    """The JSON on standard output, which may come after lines of log."""
    output = _viva(command, *options)
    begin = re.search(r"^[\[{]", re.sub(r"\x1b\[", "  ", output), re.MULTILINE)
    assert begin is not None, output
    return json.JSONDecoder().raw_decode(re.sub(r"\x1b\[", "  ", output), begin.start())[0]


def _get(address: str, name: str) -> Any:
    return _answer("get", "--ip", address, "--name", name)["value"]


def _set(address: str, name: str, value: object) -> None:
    _viva("set", "--ip", address, "--name", name, "--value", str(value))


def test_list_by_address_tells_the_camera(camera: Ready) -> None:
    """``--iface`` asks the interface's own address alone on ``lo``, so each camera is asked by ``--ip``."""
    (found,) = _answer("list", "--ip", camera.address)

    assert (found["ip"], found["model"]) == (camera.address, camera.model)
    assert found["manufacturer"] == "The Imaging Source Europe GmbH"
    assert found["mac"].startswith("00:07:48:")


def test_list_by_interface_finds_the_camera_at_its_address() -> None:
    with emulator("-m", "33GP1300", "--address", "127.0.0.1") as running:
        found = _answer("list", "--iface", "127.0.0.1")

    assert [(camera["ip"], camera["model"]) for camera in found] == [("127.0.0.1", running.ready[0].model)]


def test_dump_reads_every_feature(camera: Ready) -> None:
    dump = {row["name"]: row for row in _answer("dump", "--ip", camera.address)}

    assert len(dump) > 150
    assert [name for name, row in dump.items() if "error" in row] == []
    assert dump["DeviceModelName"]["value"] == camera.model
    assert dump["DeviceSerialNumber"]["value"] == camera.serial


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DeviceUserID", "by viva"),
        ("ExposureAuto", "Off"),
        ("ExposureTime", 4321),
        ("GainAuto", "Off"),
        ("Gain", 6.5),
        ("Width", 640),
        ("TriggerMode", "On"),
        ("TriggerMode", "Off"),
    ],
)
def test_value_set_reads_back(camera: Ready, name: str, value: object) -> None:
    if name in {"ExposureTime", "Gain"}:
        _set(camera.address, f"{name.removesuffix('Time')}Auto", "Off")

    _set(camera.address, name, value)

    read = _get(camera.address, name)
    assert (float(read) if isinstance(value, float) else read) == (value if isinstance(value, float) else str(value))


def test_value_out_of_range_is_refused_with_the_range(camera: Ready) -> None:
    with pytest.raises(AssertionError, match="Width"):
        _set(camera.address, "Width", 1_000_000)


def _stream(address: str, frames: int, *options: str) -> None:
    """Stream for two seconds at a time, until streams without an incomplete frame had so many.

    A busy computer keeps viva-camctl from its processor until its socket is full, and gives up frames whose sender it
    keeps from one. A fault of the camera shows in every stream; a lost frame is told by a warning.
    """
    complete, until = 0, time.monotonic() + _PATIENCE_S
    while complete < frames:
        assert time.monotonic() < until, f"{complete} of {frames} frames"
        output = _viva("stream", "--ip", address, *options, "--duration-s", "2", "--save", "0")
        summary = _SUMMARY.search(output)
        assert summary is not None, output
        good, incomplete, missed = (int(number) for number in summary.groups())
        if incomplete + missed:
            warnings.warn(f"viva-camctl lost frames: {summary.group()}", stacklevel=2)
        else:
            complete += good


def test_every_frame_of_a_stream_in_packets_of_1500_is_complete(camera: Ready) -> None:
    for name, value in (("Width", 640), ("Height", 480), ("AcquisitionFrameRate", 30)):
        _set(camera.address, name, value)

    _stream(camera.address, 45, "--packet-size", "1500")


@pytest.mark.parametrize("model", MODELS)
def test_every_frame_at_full_size_and_the_cameras_own_rate_is_complete(
    tiscam_camera_factory: Callable[..., Camera], model: str
) -> None:
    camera = tiscam_camera_factory(model)
    _stream(camera.address, 8, "--packet-size", "9000")
    assert int(_get(camera.address, "Width")) == int(_get(camera.address, "SensorWidth"))


def test_packet_size_of_the_interface_is_fitted_to_what_the_camera_takes(
    tiscam_camera_factory: Callable[..., Camera],
) -> None:
    """``--auto`` writes the MTU of ``lo``, which is beyond every camera's limit."""
    camera = tiscam_camera_factory("33GP1300")
    _stream(camera.address, 45, "--auto")
    assert int(_get(camera.address, "GevSCPSPacketSize")) == 16364
    fitted = [mistake for mistake in camera.status().mistakes if "had to be fitted" in mistake.kind]
    assert "GevSCPSPacketSize: 65535 is not in 576 to 16364" in fitted[0].first
