"""In a namespace of its own: a camera streams, ``lo`` goes down and up again, and the camera is still there."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.interop.emulator import PATIENCE_S
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, GvcpClient, GvspReceiver
from tests.interop.test_interop_world import open_stream

import tiscam_emu


def link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


with (
    tiscam_emu.serve("33GP1300", address="127.0.0.1") as camera,
    GvcpClient(camera.address) as client,
    GvspReceiver() as receiver,
):
    open_stream(client, receiver.port, camera)
    client.write_register(HEARTBEAT_TIMEOUT, 30_000)
    print("before", receiver.block().block_id, end=" ")  # noqa: T201
    link("down")
    time.sleep(0.2)
    client.socket.settimeout(0.3)
    try:
        client.read_register(CCP)
        print("down heard", end=" ")  # noqa: T201
    except OSError:
        print("down silent", end=" ")  # noqa: T201
    link("up")
    client.socket.settimeout(PATIENCE_S)
    assert client.read_register(CCP) == 2
    receiver.drain()
    sent = camera.status().frames
    print("up", receiver.block().block_id, end=" ")  # noqa: T201
    print("frames", camera.status().frames - sent)  # noqa: T201
