"""Faults on command, as a client meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.interop.emulator import PATIENCE_S, aravis, refused, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, GvcpClient, Refused

from tiscam_emu import Camera, CameraFailed
from tiscam_emu.net.process import CameraProcess

FRAMES = 30
FORMAT = [("OffsetAutoCenter", "Off"), ("Width", 640), ("Height", 512), ("AcquisitionFrameRate", 15.0)]
"""Small and slow, for a computer that is busy with other tests: what is tested here are the resends."""


@pytest.mark.tiscam_camera("33GP1300", faults="drop=0.01,on=stream", seed=11)
def test_aravis_gets_every_frame_at_one_percent_loss(need: Callable[..., None], tiscam_camera: Camera) -> None:
    need("aravis")
    answer = aravis(
        "aravis_stream", camera=tiscam_camera.address, set_if_there=FORMAT, frames=FRAMES, buffers=30, packet_size=1500
    )
    status = tiscam_camera.status()
    assert [frame["status"] for frame in answer["frames"]] == ["success"] * FRAMES
    assert [frame["id"] for frame in answer["frames"]] == list(range(1, FRAMES + 1))
    assert status.faults["stream"]["dropped"] > 0
    assert status.resent_packets > 0


def test_an_unplugged_camera_is_silent_and_loses_control_and_a_plugged_one_answers(tiscam_camera: Camera) -> None:
    with GvcpClient(tiscam_camera.address) as client:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, 500)
        tiscam_camera.unplug()
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.read_register(CCP)
        wait_until(lambda: tiscam_camera.status().controller == "", "control is lost")
        assert not tiscam_camera.status().plugged
        tiscam_camera.plug()
        client.socket.settimeout(PATIENCE_S)
        assert client.read_register(CCP) == 0


def test_faults_change_while_the_camera_runs(tiscam_camera: Camera) -> None:
    with GvcpClient(tiscam_camera.address) as client:
        client.write_register(CCP, 2)
        tiscam_camera.faults(busy=1)
        with pytest.raises(Refused, match="0x8007"):
            client.read_register(HEARTBEAT_TIMEOUT)
        tiscam_camera.faults("duplicate=1,on=control")
        client.send(0x0080, HEARTBEAT_TIMEOUT.to_bytes(4, "big"))
        assert len({client.receive().payload for _ in range(4)}) == 1  # twice asked, each answered twice
        tiscam_camera.faults()
        assert client.read_register(HEARTBEAT_TIMEOUT) == 3000
    assert tiscam_camera.status().faults["control"]["duplicated"] == 3


def test_the_command_refuses_a_wrong_fault_with_what_is_allowed() -> None:
    done = refused("--model", "33GP1300", "--fault", "drop=2")
    assert done.returncode == 2
    assert done.stderr.strip() == "tiscam-emu: fault 'drop=2': drop: 2 is not in 0 to 1"


def test_an_answer_nobody_waits_for_any_more_is_not_kept(tiscam_camera: Camera) -> None:
    process = tiscam_camera._backend
    assert isinstance(process, CameraProcess)
    with pytest.raises(CameraFailed, match="does not answer"):
        process.ask("status", timeout_s=0.0)
    assert tiscam_camera.status().plugged  # answers come in order: the late one is here, too
    assert process._answers == {}
