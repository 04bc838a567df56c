"""harvesters with a GigE Vision GenTL producer, which no package brings: GENICAM_GENTL64_PATH has to name one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import MODELS

from tiscam_emu import Camera

_ADDRESSES = "many producers never look at lo; they find cameras there once another interface has an IPv4 address"


def _producers() -> list[str]:
    folders = [Path(folder) for folder in os.environ.get("GENICAM_GENTL64_PATH", "").split(":") if folder]
    return sorted(str(file) for folder in folders if folder.is_dir() for file in folder.glob("*.cti"))


@pytest.fixture(scope="module")
def harvester(need: Callable[..., None]) -> Iterator[Any]:
    need("harvesters", "genicam")
    producers = _producers()
    if not producers:
        pytest.skip("no GenTL producer: GENICAM_GENTL64_PATH names no folder with a *.cti")
    from harvesters.core import Harvester

    made = Harvester()
    for producer in producers:
        made.add_file(producer)
    yield made
    made.reset()


@pytest.mark.parametrize("model", MODELS)
def test_ten_frames_are_fetched(tiscam_camera_factory: Callable[..., Camera], harvester: Any, model: str) -> None:
    camera = tiscam_camera_factory(model)
    harvester.update()
    serials = [info.serial_number for info in harvester.device_info_list]
    assert camera.serial in serials, f"the producer found {serials}: {_ADDRESSES}"

    with harvester.create({"serial_number": camera.serial}) as acquirer:
        nodes = acquirer.remote_device.node_map
        nodes.Width.value, nodes.Height.value = 640, 480
        acquirer.start()
        try:
            sizes = []
            for _ in range(10):
                with acquirer.fetch(timeout=5.0) as buffer:
                    (component,) = buffer.payload.components
                    sizes.append((component.width, component.height, component.data_format))
        finally:
            acquirer.stop()

    assert sizes == [(640, 480, nodes.PixelFormat.value)] * 10
