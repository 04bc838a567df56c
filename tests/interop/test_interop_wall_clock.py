"""The wall clock is stepped under a running camera, by an hour and back by two: nothing notices."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from tests.interop.emulator import PATIENCE_S, Emulator, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, SCDA, SCP, SCPS, Block, GvcpClient, GvspReceiver
from tests.interop.wall_clock import WallClock

from tiscam_emu.camera.core import load

MODEL = "33GP1300"
LOOPBACK = 0x7F000001
HOUR_S = 3600
S = 1_000_000_000
FRAMES_PER_S = 20
FRAMES = 45
STEPS = {15: HOUR_S, 30: -HOUR_S}
"""Frames after which the wall clock is stepped, and how far off it is from then on."""
TIMESTAMP_CONTROL, TIMESTAMP_LATCHED = 0x0944, 0x0948
_READINGS = """
import ctypes, datetime, json, time
libc = ctypes.CDLL(None)
libc.time.restype = ctypes.c_int64
def readings():
    timeval = (ctypes.c_int64 * 2)()
    libc.gettimeofday(timeval, None)
    wall = [time.time(), time.time_ns() / 1e9, time.clock_gettime(time.CLOCK_REALTIME), timeval[0], libc.time(None),
            datetime.datetime.now().timestamp()]
    return wall, time.monotonic()
while input():
    print(json.dumps(readings()), flush=True)
"""


@pytest.fixture
def wall_clock(need: Callable[..., None], tmp_path: Path) -> WallClock:
    need("gcc")
    return WallClock(tmp_path)


@pytest.fixture
def address(wall_clock: WallClock, first_address: str) -> Iterator[str]:
    """Of a camera whose processes have this wall clock."""
    mine = first_address.rsplit(".", 1)[0] + ".103"
    with closing(Emulator("--model", MODEL, "--address", mine, within=wall_clock.within)) as running:
        processes = [running.process.pid, *running.children()]
        assert len(processes) >= 2
        assert all(wall_clock.governs(pid) for pid in processes)
        yield mine


@pytest.fixture
def client(address: str) -> Iterator[GvcpClient]:
    with GvcpClient(address, timeout_s=PATIENCE_S) as client:
        yield client


def start_stream(client: GvcpClient, port: int) -> None:
    features = load(MODEL).features
    for register, value in ((CCP, 2), (SCPS, 0x4000_0000 | 8000), (SCDA, LOOPBACK), (SCP, port)):
        client.write_register(register, value)
    for name, value in (("OffsetAutoCenter", 0), ("Width", 256), ("Height", 256)):
        client.write_register(features[name].slot.address, value)
    client.write_register(features["AcquisitionFrameRate"].slot.address, 1000 * FRAMES_PER_S)
    client.write_register(features["AcquisitionStart"].slot.address, 1)


def stream(client: GvcpClient, receiver: GvspReceiver, at_frame: Callable[[int], None]) -> list[Block]:
    """So many blocks as they came, whole or not; `at_frame` is called when a block begins."""
    blocks: dict[int, Block] = {}
    while True:
        packet = receiver.packet()
        if packet.block_id not in blocks:
            if len(blocks) == FRAMES:
                return list(blocks.values())
            at_frame(len(blocks))
            blocks[packet.block_id] = Block(packet.block_id)
        blocks[packet.block_id].packets[packet.packet_id] = packet


def test_readings_of_the_wall_clock_alone_are_shifted_in_a_running_process(wall_clock: WallClock) -> None:
    command = [*wall_clock.within, sys.executable, "-c", _READINGS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for offset_s in (0, HOUR_S, -HOUR_S):
            wall_clock.step_to(offset_s)
            process.stdin.write("read\n")
            process.stdin.flush()
            wall, monotonic = json.loads(process.stdout.readline())
            assert [reading - time.time() for reading in wall] == pytest.approx([offset_s] * len(wall), abs=PATIENCE_S)
            assert monotonic == pytest.approx(time.monotonic(), abs=PATIENCE_S)
        process.communicate("\n")


def test_steps_of_the_wall_clock_change_neither_frames_nor_device_time_nor_control(
    wall_clock: WallClock, client: GvcpClient
) -> None:
    ahead_at_most, ahead_at_least, latched = [], [], []

    def at_frame(number: int) -> None:
        if number in STEPS:
            wall_clock.step_to(STEPS[number])
        before = time.monotonic_ns()
        client.write_register(TIMESTAMP_CONTROL, 2)
        after = time.monotonic_ns()
        latched.append(int.from_bytes(client.read_memory(TIMESTAMP_LATCHED, 8), "big"))
        ahead_at_most.append(latched[-1] - before)
        ahead_at_least.append(latched[-1] - after)
        assert client.read_register(CCP) == 2

    with GvspReceiver(PATIENCE_S) as receiver:
        start_stream(client, receiver.port)
        client.write_register(HEARTBEAT_TIMEOUT, 3000)
        blocks = stream(client, receiver, at_frame)

    assert all(block.complete and len(block.payload) == 256 * 256 for block in blocks)
    assert [block.block_id for block in blocks] == list(range(1, FRAMES + 1))
    stamps = [int.from_bytes(block.leader[4:12], "big") for block in blocks]
    intervals = {later - earlier for earlier, later in pairwise(stamps)}
    # A busy computer skips frames whole.
    assert all(0 < interval < PATIENCE_S * S and interval % (S // FRAMES_PER_S) == 0 for interval in intervals)
    assert all(later > earlier for earlier, later in pairwise(latched))
    # One and the same distance from this process' monotonic clock explains all of the readings.
    assert max(ahead_at_least) <= min(ahead_at_most)


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S])
def test_a_silent_client_loses_control_in_time_after_a_step(
    wall_clock: WallClock, client: GvcpClient, offset_s: int
) -> None:
    client.write_register(CCP, 2)
    client.write_register(HEARTBEAT_TIMEOUT, 1000)
    last_heard = time.monotonic()
    assert client.read_register(CCP) == 2
    wall_clock.step_to(offset_s)
    with GvcpClient(client.address, timeout_s=PATIENCE_S) as other:
        wait_until(lambda: other.write_status(CCP, 2) == 0, "control is free", PATIENCE_S)
    assert time.monotonic() - last_heard >= 1.0
