"""A client that is about to start finds prepared what its frames share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.interop.emulator import PATIENCE_S
from tests.interop.gvcp_client import CCP, SCDA, SCP, GvcpClient, GvspReceiver

from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.runner import serve_in_thread

if TYPE_CHECKING:
    from tiscam_emu.sensor.request import FrameRequest

ADDRESS, LOOPBACK = "127.77.0.3", 0x7F00_0001


def grey(_time_ns: int, width: int, height: int) -> Any:
    return np.full((height, width), 80, np.uint8)


@pytest.mark.parametrize(("scene", "prepares"), [("chart", True), (grey, False)])
def test_what_frames_share_is_computed_from_the_opening_of_the_stream_channel_to_the_start(
    scene: Any, prepares: bool, need: Callable[..., None]
) -> None:
    need("genicam")
    from tests.interop.genapi_camera import GenApiCamera

    ended = threading.Event()
    runner = serve_in_thread(ServeOptions("39GX265-Z20", ADDRESS, scene=scene), None, ended.set)
    asked: list[FrameRequest] = []
    prepare = runner.pipeline.prepare

    def noted(request: FrameRequest) -> None:
        asked.append(request)
        prepare(request)

    runner.pipeline.prepare = noted  # type: ignore[method-assign]
    try:
        with GvcpClient(ADDRESS) as client, GvspReceiver() as receiver:
            nodes = GenApiCamera(client)
            client.write_register(CCP, 2)
            nodes["Width"], nodes["GainAuto"] = 640, "Off"
            runner.call(lambda _camera, _now: None)
            assert asked == []
            client.write_register(SCDA, LOOPBACK)
            client.write_register(SCP, receiver.port)
            nodes["Width"] = 528
            nodes.execute("AcquisitionStart")
            nodes["Gain"] = 3.0
            runner.call(lambda _camera, _now: None)
            client.write_status(CCP, 0)
    finally:
        runner.stop()
        assert ended.wait(PATIENCE_S)
    assert {(request.region.width, request.gain_db) for request in asked} == (
        {(640, 0.0), (528, 0.0)} if prepares else set()
    )
