"""What only the zoom camera has, over the wire: the bandwidth limit, user sets that outlive a restart, the lens."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.interop.genapi_session import controlled, streaming
from tests.interop.gvcp_client import IP_UDP_BYTES, LEADER, GvspReceiver

from tiscam_emu import Camera

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

MODEL = "39GX265-Z20"
MEASURE_NS = 2_500_000_000
AUTOFOCUS_S = 60.0
SO_TIMESTAMPNS = 35  # Linux <asm-generic/socket.h>


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@pytest.mark.parametrize(("limit", "packet_size"), [(5_000_000, 1440), (10_000_000, 8000)])
def test_limit_is_what_arrives(tiscam_camera_factory: Callable[..., Camera], limit: int, packet_size: int) -> None:
    camera = tiscam_camera_factory(MODEL)
    with controlled(camera.address) as (client, nodes):
        nodes["Width"], nodes["Height"] = 640, 480
        nodes["ExposureAuto"], nodes["GainAuto"], nodes["BalanceWhiteAuto"] = "Off", "Off", "Off"
        nodes["ExposureTime"], nodes["DeviceLinkThroughputLimit"] = 5000.0, limit
        nodes["DeviceLinkThroughputLimitMode"] = "On"
        with streaming(client, nodes, packet_size) as receiver:
            arrivals, exposures = _stream(receiver, MEASURE_NS)

    # By when the system got each packet: neither this process nor the camera need be given a processor in time. Two
    # bursts of 48 kB, since a camera may be kept from sending one that it was about to send.
    assert _most_beyond(arrivals, limit) <= 2 * 48_000 + 0.005 * limit
    # A busy computer skips frames whole, so of their distances the least one counts.
    period_s = min(later - earlier for earlier, later in pairwise(exposures)) * 1e-9
    frame_bytes = 640 * 480 + -(-640 * 480 // (packet_size - 36)) * 36 + 36 + 36 + 36 + 8
    assert frame_bytes / period_s == pytest.approx(limit / 1.03, rel=0.001)


def _stream(receiver: GvspReceiver, device_ns: int) -> tuple[list[tuple[int, int]], list[int]]:
    """When packets came (ns) and how large they were, and when frames were exposed: many, and for so long."""
    receiver.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    arrivals: list[tuple[int, int]] = []
    exposures: list[int] = []
    while len(exposures) < 25 or exposures[-1] - exposures[0] < device_ns:
        data, ((_, _, stamp),), _, _ = receiver.socket.recvmsg(65536, 64)
        seconds, nanoseconds = struct.unpack_from("=qq", stamp)
        arrivals.append((seconds * 1_000_000_000 + nanoseconds, len(data) + IP_UDP_BYTES))
        if data[4] & 0x0F == LEADER:
            exposures.append(struct.unpack_from(">Q", data, 12)[0])
    return arrivals, exposures


def _most_beyond(arrivals: list[tuple[int, int]], bytes_per_s: float) -> float:
    """By how many bytes the window with the most of them exceeds the rate."""
    begin_ns = arrivals[0][0]
    total, beyond, least = 0, 0.0, 0.0
    for arrived_ns, size in arrivals:
        allowed = bytes_per_s * (arrived_ns - begin_ns) * 1e-9
        least = min(least, total - allowed)
        total += size
        beyond = max(beyond, total - allowed - least)
    return beyond


def test_user_set_outlives_a_restart(tiscam_camera_factory: Callable[..., Camera], tmp_path: Path) -> None:
    first = tiscam_camera_factory(MODEL, state_dir=str(tmp_path), serial="39265777")
    with controlled(first.address) as (_, nodes):
        nodes["PixelFormat"], nodes["Width"], nodes["Height"] = "BayerRG16", 640, 480
        nodes["UserSetSelector"] = "UserSet2"
        nodes.execute("UserSetSave")
        nodes["UserSetDefault"] = "UserSet2"
    first.stop()

    second = tiscam_camera_factory(MODEL, state_dir=str(tmp_path), serial="39265777")
    with controlled(second.address) as (_, nodes):
        assert (nodes["PixelFormat"], nodes["Width"], nodes["Height"]) == ("BayerRG16", 640, 480)
        nodes["UserSetSelector"] = "Default"
        nodes.execute("UserSetLoad")
        assert (nodes["PixelFormat"], nodes["Width"], nodes["Height"]) == ("BayerRG8", 2048, 1536)


def test_focus_blurs_the_picture_and_autofocus_sharpens_it(tiscam_camera_factory: Callable[..., Camera]) -> None:
    camera = tiscam_camera_factory(MODEL)
    with controlled(camera.address) as (client, nodes):
        nodes["Width"], nodes["Height"] = 640, 480
        nodes["AcquisitionFrameRate"] = 10.0
        nodes["ExposureAuto"], nodes["GainAuto"], nodes["BalanceWhiteAuto"] = "Off", "Off", "Off"
        nodes["ExposureTime"], nodes["Gain"] = 5000.0, 0.0
        with streaming(client, nodes, 8000) as receiver:
            sharp = _detail(receiver, nodes)
            nodes["Focus"] = 9800
            blurred = _detail(receiver, nodes, after_s=1.5)
            nodes.execute("FocusAuto")
            end = time.monotonic() + AUTOFOCUS_S
            while nodes["Focus"] == 9800 and time.monotonic() < end:  # as long as it searches
                receiver.block()
            assert nodes["Focus"] == 10_000
            again = _detail(receiver, nodes, after_s=1.0)

    assert blurred < 0.8 * sharp
    assert again == pytest.approx(sharp, rel=0.05)


def _detail(receiver: GvspReceiver, nodes: GenApiCamera, after_s: float = 0.5) -> float:
    """Mean difference of neighbouring pixels of one colour, in a frame exposed some time from now."""
    nodes.execute("TimestampLatch")
    from_ns = nodes["TimestampLatchValue"] + int(after_s * 1e9)
    while struct.unpack_from(">Q", (block := receiver.block()).leader, 4)[0] < from_ns:
        continue
    image = np.frombuffer(block.payload, np.uint8).reshape(480, 640).astype(np.float32)
    return float(np.abs(image[:, 2:] - image[:, :-2]).mean())
