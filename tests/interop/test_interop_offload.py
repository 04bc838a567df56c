"""Segmentation offload by itself: used while nobody looks on by a packet socket, and not a second longer."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from tests.interop.emulator import PATIENCE_S
from tests.interop.gvcp_client import GvcpClient, GvspReceiver
from tests.interop.test_interop_world import open_stream

from tiscam_emu import Camera

UDP_GRO = 104
ETH_P_ALL = 3
SECOND_NS = 1_000_000_000


class Uncut:
    """State: a receiver that is told whether packets came to it uncut."""

    def __init__(self, receiver: GvspReceiver) -> None:
        self._socket = receiver.socket
        self._socket.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)

    def frames(self) -> Iterator[bool]:
        """For each frame, by its trailer: whether many of its packets came as one."""
        uncut = False
        while True:
            data, ancillary, _, _ = self._socket.recvmsg(65_536, 64)
            cut = [struct.unpack("=i", value)[0] for _, kind, value in ancillary if kind == UDP_GRO]
            uncut = uncut or any(len(data) > size for size in cut)
            if data[4] & 0x0F == 2:
                yield uncut
                uncut = False


def watch_loopback() -> socket.socket:
    try:
        watching = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    except PermissionError:
        pytest.skip("only root may open packet sockets")
    watching.bind(("lo", ETH_P_ALL))
    return watching


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")
@pytest.mark.tiscam_camera("33GP1300", scene="flat")
def test_offload_ends_within_a_second_when_a_capture_begins_and_comes_back(tiscam_camera: Camera) -> None:
    with GvcpClient(tiscam_camera.address, timeout_s=PATIENCE_S) as client, GvspReceiver(PATIENCE_S) as receiver:
        frames = Uncut(receiver).frames()
        open_stream(client, receiver.port, tiscam_camera)
        assert next(frames)
        with watch_loopback():
            began = time.monotonic_ns()
            while next(frames):
                assert time.monotonic_ns() < began + PATIENCE_S * SECOND_NS
            assert not any(next(frames) for _ in range(20))
        began = time.monotonic_ns()
        while not next(frames):
            assert time.monotonic_ns() < began + PATIENCE_S * SECOND_NS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")
@pytest.mark.parametrize("gso", ["off", "on"])
def test_a_capture_sees_the_packets_of_a_stream_as_the_option_says(
    tiscam_camera_factory: Callable[..., Camera], gso: str
) -> None:
    camera = tiscam_camera_factory("33GP1300", scene="flat", gso=gso)
    with GvcpClient(camera.address, timeout_s=PATIENCE_S) as client, GvspReceiver(PATIENCE_S) as receiver:
        frames = Uncut(receiver).frames()
        with watch_loopback():
            open_stream(client, receiver.port, camera)
            assert [next(frames) for _ in range(3)] == [gso == "on"] * 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")
@pytest.mark.tiscam_camera("33GP1300", scene="flat")
def test_the_first_frame_is_cut_for_a_capture_that_is_there_already(tiscam_camera: Camera) -> None:
    with GvcpClient(tiscam_camera.address, timeout_s=PATIENCE_S) as client, GvspReceiver(PATIENCE_S) as receiver:
        frames = Uncut(receiver).frames()
        with watch_loopback():
            open_stream(client, receiver.port, tiscam_camera)
            assert not any(next(frames) for _ in range(5))
