"""What happens around a camera: clients die, ports close, interfaces go down, the computer stalls."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.emulator import PATIENCE_S, wait_until
from tests.interop.gvcp_client import (
    CCP,
    HEARTBEAT_TIMEOUT,
    SCDA,
    SCP,
    SCPS,
    Block,
    GvcpClient,
    GvspReceiver,
    free_udp_port,
)

from tiscam_emu import Camera
from tiscam_emu.camera.core import load
from tiscam_emu.net.clock import ManualClock
from tiscam_emu.net.persistence import RETRY_NS

LOOPBACK = 0x7F000001
USER_NAME = 0x00E8
INTERFACE_DOWN = Path(__file__).with_name("clients") / "interface_down.py"


def open_stream(client: GvcpClient, port: int, camera: Camera) -> None:
    """Take control, open the channel and start."""
    client.write_register(CCP, 2)
    client.write_register(HEARTBEAT_TIMEOUT, 60_000)
    client.write_register(SCPS, 0x4000_0000 | 8000)
    client.write_register(SCDA, LOOPBACK)
    client.write_register(SCP, port)
    for name, value in (("OffsetAutoCenter", 0), ("Width", 256), ("Height", 256), ("AcquisitionStart", 1)):
        client.write_register(address(camera, name), value)


def stamp(block: Block) -> int:
    """Device time of the frame."""
    return int.from_bytes(block.leader[4:12], "big")


def address(camera: Camera, name: str) -> int:
    """Where the register of a feature is."""
    return load(camera.model).features[name].slot.address


def test_control_of_a_killed_client_is_free_after_the_heartbeat_timeout(tiscam_camera: Camera) -> None:
    source = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, GvcpClient\n"
        "client = GvcpClient(sys.argv[2])\n"
        "client.write_register(CCP, 2)\n"
        "client.write_register(HEARTBEAT_TIMEOUT, 500)\n"
        "print('in control', flush=True)\n"
        "while True: client.read_register(CCP); time.sleep(0.1)\n"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", source, root, tiscam_camera.address], stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "in control\n"
        assert tiscam_camera.status().controller != ""
        client.kill()
        client.wait()
        with GvcpClient(tiscam_camera.address, timeout_s=PATIENCE_S) as other:
            # How exactly it is kept is tested on the manual clock.
            wait_until(lambda: other.write_status(CCP, 2) == 0, "control is free", PATIENCE_S)
    (mistake,) = [m for m in tiscam_camera.status().mistakes if m.kind == "missed heartbeat"]
    assert mistake.count == 1


@pytest.mark.tiscam_camera("33GP1300")
def test_a_closed_receiver_port_stops_nothing_and_an_opened_one_gets_whole_frames(tiscam_camera: Camera) -> None:
    port = free_udp_port("127.0.0.1")
    with GvcpClient(tiscam_camera.address, timeout_s=PATIENCE_S) as client:
        open_stream(client, port, tiscam_camera)
        wait_until(lambda: tiscam_camera.status().frames >= 5, "frames are sent to nobody", PATIENCE_S)
        assert client.read_register(CCP) == 2
        with GvspReceiver(PATIENCE_S) as receiver:
            client.write_register(SCP, 0)
            client.write_register(SCP, receiver.port)
            assert receiver.block().complete


@pytest.mark.tiscam_camera("33GP1300", scene="flat")
def test_frames_of_a_stalled_computer_are_skipped_and_counted_and_never_torn(tiscam_camera: Camera) -> None:
    with GvcpClient(tiscam_camera.address, timeout_s=PATIENCE_S) as client, GvspReceiver(PATIENCE_S) as receiver:
        open_stream(client, receiver.port, tiscam_camera)
        blocks = [receiver.block() for _ in range(3)]
        pid = tiscam_camera._backend.pid  # type: ignore[attr-defined]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.0)
        os.kill(pid, signal.SIGCONT)
        # A busy computer may have sent, or taken, more frames before the stall than have been received.
        while len(blocks) < 1000 and stamp(blocks[-1]) - stamp(blocks[-2]) < 400_000_000:
            blocks.append(receiver.block())
        assert len(blocks) < 1000
        blocks += [receiver.block() for _ in range(20)]
    stamps = [stamp(block) for block in blocks]
    assert stamps == sorted(set(stamps))
    assert [block.block_id for block in blocks] == sorted(block.block_id for block in blocks)
    assert {len(block.payload) for block in blocks} == {256 * 256}
    assert tiscam_camera.status().skipped_frames > 0


@pytest.mark.parametrize("ends", [False, True])
def test_what_could_not_be_saved_is_saved_after_a_while_or_at_the_end(
    tiscam_camera_factory: Callable[..., Camera], tmp_path: Path, ends: bool
) -> None:
    in_the_way, clock = tmp_path / "state", ManualClock()
    in_the_way.write_text("", encoding="utf-8")
    camera = tiscam_camera_factory("33GP1300", in_process=True, clock=clock, state_dir=str(in_the_way / "kept"))
    with GvcpClient(camera.address, timeout_s=PATIENCE_S) as client:
        client.write_register(CCP, 2)
        client.write_memory(USER_NAME, b"mine".ljust(16, b"\0"))
        client.read_register(CCP)  # the turn in which it was written is over
    in_the_way.unlink()
    if ends:
        camera.stop()
    else:
        clock.advance(RETRY_NS)
    wait_until(lambda: b"mine" in b"".join(map(Path.read_bytes, tmp_path.rglob("*.json"))), "saved", PATIENCE_S)


def test_a_camera_outlives_its_interface_going_down_and_up() -> None:
    namespace = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]
    shell = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, str(INTERFACE_DOWN)]
    done = subprocess.run([*namespace, *shell], capture_output=True, text=True, timeout=PATIENCE_S * 2, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"before \d+ down silent up \d+ frames \d+\n", done.stdout), done.stdout
