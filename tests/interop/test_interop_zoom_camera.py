"""What only the zoom camera has, over the wire: the bandwidth limit, user sets that outlive a restart, the lens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.interop.genapi_session import controlled, streaming
from tests.interop.gvcp_client import IP_UDP_BYTES, GvspReceiver

from tiscam_emu import Camera

MODEL = "39GX265-Z20"
SETTLE_S = 0.5
MEASURE_S = 2.0
AUTOFOCUS_S = 60.0
GVSP_HEADER_BYTES = 8


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
            _bytes_for(receiver, SETTLE_S)  # the first frame of a new size takes the computer longer
            rate = _bytes_for(receiver, MEASURE_S) / MEASURE_S

    assert rate == pytest.approx(limit, rel=0.05)


def _bytes_for(receiver: GvspReceiver, seconds: float) -> int:
    """Bytes of the IP packets that come in so long."""
    total, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        total += len(receiver.packet().data) + GVSP_HEADER_BYTES + IP_UDP_BYTES
    return total


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
            sharp = _detail(receiver)
            nodes["Focus"] = 9800
            blurred = _detail(receiver, after_s=1.5)
            nodes.execute("FocusAuto")
            end = time.monotonic() + AUTOFOCUS_S
            while nodes["Focus"] == 9800 and time.monotonic() < end:  # as long as it searches
                receiver.block()
            assert nodes["Focus"] == 10_000
            again = _detail(receiver, after_s=1.0)

    assert blurred < 0.8 * sharp
    assert again == pytest.approx(sharp, rel=0.05)


def _detail(receiver: GvspReceiver, after_s: float = 0.5) -> float:
    """Mean difference of neighbouring pixels of one colour, in a frame that began some time from now."""
    end = time.monotonic() + after_s
    while (block := receiver.block()) and time.monotonic() < end:
        continue
    image = np.frombuffer(block.payload, np.uint8).reshape(480, 640).astype(np.float32)
    return float(np.abs(image[:, 2:] - image[:, :-2]).mean())
