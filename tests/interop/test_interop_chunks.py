"""Chunk data as Aravis reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.interop.emulator import MODELS, aravis

from tiscam_emu import Camera


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


def test_aravis_reads_the_values_of_each_frame_in_its_chunks(tiscam_camera_factory: Callable[..., Camera]) -> None:
    camera = tiscam_camera_factory("39GX265-Z20")
    got = aravis(
        "aravis_chunks",
        camera=camera.address,
        set=[
            ("ExposureAuto", "Off"),
            ("GainAuto", "Off"),
            ("Width", 640),
            ("Height", 480),
            ("Gain", 3.0),
            ("TriggerMode", "On"),
            ("TriggerSource", "Software"),
        ],
        chunks=["ExposureTime", "Gain"],
        changes=[("ExposureTime", 1000.0), ("ExposureTime", 2500.0), ("Gain", 12.0)],
        read=["ChunkExposureTime", "ChunkGain"],
    )
    assert got["frames"] == [[1000.0, 3.0], [2500.0, 3.0], [2500.0, 12.0]]


@pytest.mark.parametrize("model", MODELS)
def test_aravis_reads_the_region_in_the_chunks_that_its_acceptance_tests_ask_for(
    tiscam_camera_factory: Callable[..., Camera], model: str
) -> None:
    camera = tiscam_camera_factory(model)
    got = aravis(
        "aravis_chunks",
        camera=camera.address,
        set=[
            ("OffsetAutoCenter", "Off"),
            ("Width", 640),
            ("Height", 480),
            ("OffsetX", 8),
            ("OffsetY", 16),
            ("TriggerMode", "On"),
            ("TriggerSource", "Software"),
        ],
        chunks=["OffsetX", "OffsetY", "Width", "Height"],
        changes=[("ExposureAuto", "Off")],
        read_whole=["ChunkOffsetX", "ChunkOffsetY", "ChunkWidth", "ChunkHeight"],
    )
    assert got["frames"] == [[8, 16, 640, 480]]
