"""Cameras that are forked from a prepared process are the same cameras as those that are started one by one."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.interop.emulator import PATIENCE_S, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

from tiscam_emu import Camera
from tiscam_emu.camera.core import load
from tiscam_emu.errors import AddressInUse, CameraFailed, SceneError
from tiscam_emu.net import starting
from tiscam_emu.net.prepared import ForkedProcess
from tiscam_emu.net.surroundings import surroundings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has what this needs")
MODEL = "33GP1300"
LOOPBACK = 0x7F000001


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server for this test alone, whatever was started before."""
    server = starting._Server()
    monkeypatch.setattr(starting, "_server", server)
    around = surroundings()
    assert around is not None
    server.begin(around, (MODEL, "chart"))
    yield
    server.end()


def grey(_time_ns: int, width: int, height: int) -> NDArray[np.uint8]:
    """A scene."""
    return np.full((height, width), np.random.randint(40, 200), np.uint8)


def is_forked(camera: Camera) -> bool:
    return isinstance(camera._backend._process, ForkedProcess)  # type: ignore[attr-defined]


def own_kb(camera: Camera) -> int:
    """Memory that the camera shares with no other process."""
    lines = Path(f"/proc/{camera._backend.pid}/smaps_rollup").read_text().splitlines()  # type: ignore[attr-defined]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def frames(camera: Camera) -> list[bytes]:
    """The first frames, 64 lines of 256 pixels each."""
    for automatic in ("ExposureAuto", "GainAuto", "BalanceWhiteAuto"):  # they act when the computer has the time
        camera[automatic] = "Off"
    features = load(camera.model).features
    with GvcpClient(camera.address, timeout_s=PATIENCE_S) as client, GvspReceiver(PATIENCE_S) as receiver:
        for register, value in ((CCP, 2), (HEARTBEAT_TIMEOUT, 60_000), (SCPS, 0x4000_0000 | 8000), (SCDA, LOOPBACK)):
            client.write_register(register, value)
        client.write_register(SCP, receiver.port)
        for name, value in (("OffsetAutoCenter", 0), ("Width", 256), ("Height", 64), ("AcquisitionStart", 1)):
            client.write_register(features[name].slot.address, value)
        blocks = [receiver.block() for _ in range(3)]
        client.write_register(CCP, 0)
    assert [block.block_id for block in blocks] == [1, 2, 3]
    return [block.payload for block in blocks]


@pytest.mark.usefixtures("prepared")
def test_a_forked_camera_sends_the_same_bytes_as_one_started_alone(
    tiscam_camera_factory: Callable[..., Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"serial": "12345678", "seed": 5, "scene": "gradient"}
    forked = tiscam_camera_factory(MODEL, **wanted)
    monkeypatch.setenv("TISCAM_EMU_ELSEWHERE", "1")  # no server has that
    alone = tiscam_camera_factory(MODEL, **wanted)
    assert (is_forked(forked), is_forked(alone)) == (True, False)
    assert own_kb(forked) < 0.5 * own_kb(alone)
    assert frames(forked) == frames(alone)


@pytest.mark.usefixtures("prepared")
def test_the_end_of_a_forked_camera_is_told(tiscam_camera_factory: Callable[..., Camera]) -> None:
    first, second = tiscam_camera_factory(MODEL), tiscam_camera_factory(MODEL)
    assert is_forked(first)
    os.kill(first._backend.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    with pytest.raises(CameraFailed, match=rf"the camera at {first.address} has ended \(exit code -9\)"):
        wait_until(lambda: first.status() is None, "it has ended")
    assert second.status().frames == 0
    second.stop()
    with pytest.raises(CameraFailed, match=r"has ended \(exit code 0\)"):
        second.status()


@pytest.mark.usefixtures("prepared")
def test_what_keeps_a_forked_camera_from_starting_is_told(tiscam_camera_factory: Callable[..., Camera]) -> None:
    first = tiscam_camera_factory(MODEL, address="127.0.0.77")
    assert is_forked(first)
    with pytest.raises(AddressInUse, match=r"127\.0\.0\.77"):
        tiscam_camera_factory(MODEL, address="127.0.0.77")
    with pytest.raises(SceneError, match="none"):
        tiscam_camera_factory(MODEL, scene="/none.png")


@pytest.mark.usefixtures("prepared")
def test_forked_cameras_draw_different_numbers_for_a_function_of_the_user(
    tiscam_camera_factory: Callable[..., Camera],
) -> None:
    cameras = [tiscam_camera_factory(MODEL, serial="12345678", scene=grey) for _ in range(4)]
    assert all(map(is_forked, cameras))
    assert len({frames(camera)[0] for camera in cameras}) > 1
