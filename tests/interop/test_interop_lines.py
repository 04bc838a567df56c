"""TRIGGER_IN and STROBE_OUT: driven and observed from Python, set up and used by a client."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from tests.interop.emulator import wait_until
from tests.interop.genapi_session import controlled, streaming
from tests.interop.gvcp_client import Block

from tiscam_emu import Camera

MS = 1_000_000


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


def _timestamp(block: Block) -> int:
    """Of the leader: two bytes reserved, two of payload type, eight of timestamp (GigE Vision, image leader)."""
    return int(struct.unpack_from(">Q", block.leader, 4)[0])


def test_pulse_train_triggers_frames_and_the_strobe_shows_each_exposure(
    tiscam_camera_factory: Callable[..., Camera],
) -> None:
    camera = tiscam_camera_factory("39GX265-Z20")
    with controlled(camera.address) as (client, nodes):
        assert nodes["GPIn"] == 1  # the manual's: 1 while the line is low
        camera.drive_line1(True)
        assert nodes["GPIn"] == 0
        camera.drive_line1(False)

        nodes["ExposureAuto"], nodes["GainAuto"], nodes["Width"], nodes["Height"] = "Off", "Off", 640, 480
        nodes["ExposureTime"] = 2000.0
        nodes["TriggerMode"], nodes["TriggerSource"], nodes["TriggerActivation"] = "On", "Line1", "RisingEdge"
        nodes["IMXLowLatencyTriggerMode"], nodes["TriggerDelay"] = True, 300.0
        nodes["StrobeOperation"], nodes["StrobePolarity"], nodes["StrobeDelay"] = "Exposure", "ActiveHigh", 50
        nodes["StrobeEnable"] = "On"
        wait_until(lambda: nodes["PtpStatus"] in {"Master", "Slave"}, "the camera's clock is calibrated")
        with streaming(client, nodes) as receiver:
            camera.pulse_line1([(0.1 * k, True) for k in (1, 2, 3)] + [(0.1 * k + 0.01, False) for k in (1, 2, 3)])
            stamps = np.array([_timestamp(receiver.block()) for _ in range(3)])
        edges = camera.output_edges()

    assert np.diff(stamps).tolist() == [100 * MS, 100 * MS]
    assert [high for _, high in edges] == [True, False] * 3
    rising = np.array([at_ns for at_ns, high in edges if high])
    falling = np.array([at_ns for at_ns, high in edges if not high])
    assert (rising - stamps).tolist() == [50_000] * 3  # StrobeDelay
    assert (falling - rising).tolist() == [2 * MS] * 3  # ExposureTime
