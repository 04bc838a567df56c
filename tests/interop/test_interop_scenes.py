"""Stamps as Aravis receives them, and scenes that are changed while a camera is served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.interop.emulator import Ready, aravis, emulator
from tests.interop.genapi_camera import GenApiCamera
from tests.interop.gvcp_client import CCP, SCDA, SCP, GvcpClient, GvspReceiver

import tiscam_emu
from tiscam_emu.errors import SceneError

_FORMATS = {
    "39GX265-Z20": "BayerRG8 BayerRG12Packed BayerRG16 YUV422_8 YCbCr411_8 BGR8",
    "38UX253": "Mono12p",
}
_CASES = [(model, name) for model, names in _FORMATS.items() for name in names.split()]
_LOCALHOST = 0x7F000001
_STEP_DN8, _SAME_DN8 = 30, 1
"""What tells scenes apart, and more than the noise of the mean over 6400 pixels."""


@pytest.fixture(scope="module")
def stamped(_lo_only: None, first_address: str) -> Iterator[dict[str, Ready]]:
    models = [word for model in _FORMATS for word in ("--model", model)]
    address = first_address[:-1] + "31"
    with emulator(*models, "--address", address, "--stamp", cameras=len(_FORMATS)) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.mark.parametrize(("model", "name"), _CASES)
def test_aravis_receives_stamps_that_prove_every_frame(
    need: Callable[..., None], stamped: dict[str, Ready], tmp_path: Path, model: str, name: str
) -> None:
    need("aravis")
    settings = [("PixelFormat", name), ("Width", 640), ("Height", 480), ("AcquisitionFrameRate", 30)]
    mode = [("AcquisitionMode", "MultiFrame"), ("AcquisitionFrameCount", 5)]
    got = aravis(
        "aravis_stream", camera=stamped[model].address, set=settings + mode, frames=5, save=str(tmp_path), save_count=5
    )

    frames = [Path(path).read_bytes() for path in got["saved"]]
    stamps = [tiscam_emu.read_stamp(frame) for frame in frames]
    first = stamps[0].frame_id
    assert [stamp.frame_id for stamp in stamps] == list(range(first, first + 5))
    assert [stamp.timestamp_ns for stamp in stamps] == [frame["timestamp_ns"] for frame in got["frames"]]
    assert {stamp.image_bytes for stamp in stamps} == {got["payload"]}
    damaged = bytearray(frames[0])
    damaged[-1] ^= 0x10
    with pytest.raises(tiscam_emu.TiscamEmuError, match=f"frame {first} damaged"):
        tiscam_emu.read_stamp(damaged)


def _middle(frame: bytes) -> float:
    return float(np.frombuffer(frame, np.uint8).reshape(480, 640)[200:280, 280:360].mean())


class _Eye:
    """State: a client in control of a camera, which takes one frame after the other by software trigger."""

    def __init__(self, client: GvcpClient, receiver: GvspReceiver) -> None:
        self._receiver = receiver
        client.write_register(CCP, 2)
        client.write_register(SCDA, _LOCALHOST)
        client.write_register(SCP, receiver.port)
        self._device = GenApiCamera(client)
        settings = {"ExposureAuto": "Off", "GainAuto": "Off", "BalanceWhiteAuto": "Off", "ExposureTime": 5000.0}
        size = {
            "PixelFormat": "BayerRG8",
            "Width": 640,
            "Height": 480,
            "TriggerMode": "On",
            "TriggerSource": "Software",
        }
        for name, value in {**settings, **size}.items():
            self._device[name] = value
        self._device.execute("AcquisitionStart")

    def frame(self) -> bytes:
        self._device.execute("TriggerSoftware")
        return self._receiver.block().payload

    def look(self) -> float:
        """The grey in the middle of the next frame, on the 8-bit scale."""
        return _middle(self.frame())


@pytest.mark.parametrize("in_process", [False, True])
def test_a_scene_set_while_the_camera_runs_is_seen_by_the_next_frame(
    need: Callable[..., None], first_address: str, in_process: bool
) -> None:
    need("genicam")
    address = first_address[:-1] + ("36" if in_process else "35")
    dark, half, full = (np.full((48, 64, 3), level, np.float32) for level in (0.0, 0.4, 0.8))
    with (
        tiscam_emu.serve("33GP1300", address=address, scene=dark, in_process=in_process) as camera,
        GvcpClient(address) as client,
        GvspReceiver() as receiver,
    ):
        eye = _Eye(client, receiver)
        dark_dn8 = eye.look()
        camera.scene = half
        half_dn8 = eye.look()
        assert half_dn8 > dark_dn8 + _STEP_DN8

        with pytest.raises(SceneError, match=r"shape \(4, 4, 7\)"):
            camera.scene = np.zeros((4, 4, 7), np.float32)
        with pytest.raises(SceneError, match="unknown scene 'chrat'"):
            camera.scene = "chrat"
        assert camera.scene is half
        assert abs(eye.look() - half_dn8) < _SAME_DN8

        if in_process:
            camera.scene = lambda *_: full
        else:
            with pytest.raises(SceneError, match=r"cannot be sent to the camera's own process .*in_process=True"):
                camera.scene = lambda *_: full
            camera.scene = full
        assert eye.look() > half_dn8 + _STEP_DN8

        camera.stamp = True
        assert tiscam_emu.read_stamp(eye.frame()).image_bytes == 640 * 480
        camera.stamp = False
        assert eye.frame()[:4] != b"TcEm"


def test_a_function_that_fails_is_told_once_and_its_last_good_image_goes_on_being_sent(
    need: Callable[..., None], first_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    need("genicam")
    grey = np.full((48, 64), 0.4, np.float32)
    broken = threading.Event()

    def failing(time_ns: int, width: int, height: int) -> np.ndarray:
        if broken.is_set():
            raise RuntimeError("the lamp is out")
        return grey

    address = first_address[:-1] + "37"
    with (
        tiscam_emu.serve("33GP1300", address=address, scene=failing, in_process=True, stamp=True),
        GvcpClient(address) as client,
        GvspReceiver() as receiver,
    ):
        eye = _Eye(client, receiver)
        good_dn8 = eye.look()
        broken.set()
        frames = [eye.frame() for _ in range(3)]

    stamps = [tiscam_emu.read_stamp(frame) for frame in frames]
    assert len({stamp.frame_id for stamp in stamps}) == len({frame[40:] for frame in frames}) == 3
    assert [abs(_middle(frame) - good_dn8) < _SAME_DN8 for frame in frames] == [True] * 3
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == ["scene function: RuntimeError: the lamp is out; the last good image is shown instead"]
