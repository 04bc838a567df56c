"""Chunk data: what is sent along with each image (manual 5.18; GigE Vision, chapter "Chunk data")."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

IMAGE = 640 * 480
MARK = 8
"""Every chunk ends with its id and its length."""


def _enable(desk: Desk, *chunks: str) -> None:
    for chunk in chunks:
        desk.set(ChunkSelector=chunk, ChunkEnable=1)


def _tail(desk: Desk) -> bytes:
    desk.run("AcquisitionStart")
    return desk.advance(desk.now)[0].chunk_tail


def test_without_chunk_mode_nothing_follows_the_image(desk: Desk) -> None:
    desk.prepare_small_frames()
    _enable(desk, "ExposureTime", "Gain")
    assert desk.get("PayloadSize") == IMAGE
    assert _tail(desk) == b""


def test_image_alone_is_a_chunk_too(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(ChunkModeActive=1)
    assert desk.get("PayloadSize") == IMAGE + MARK
    assert _tail(desk) == bytes.fromhex("00000001 0004b000")


def test_chunks_are_data_id_and_length_in_big_endian(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(ChunkModeActive=1, Gain=6.0)
    _enable(desk, "ExposureTime", "Gain")
    assert desk.get("PayloadSize") == IMAGE + MARK + 2 * (8 + MARK)
    expected = "00000001 0004b000  40b3880000000000 00009101 00000008  4018000000000000 00009102 00000008"
    assert _tail(desk) == bytes.fromhex(expected)


@pytest.mark.parametrize("chunk", ["ExposureTime", "Gain", "OffsetX", "OffsetY", "Width", "Height"])
def test_payload_size_counts_what_is_sent(desk: Desk, chunk: str) -> None:
    desk.prepare_small_frames()
    desk.set(ChunkModeActive=1)
    _enable(desk, chunk)
    size = desk.get("PayloadSize")
    assert IMAGE + len(_tail(desk)) == size


@pytest.mark.parametrize("model", ["39GX265-Z20", "33GP1300"])
def test_chunks_tell_the_region_in_pixels_of_the_image(desk_of: Callable[[str], Desk], model: str) -> None:
    desk = desk_of(model)
    desk.set(OffsetAutoCenter="Off", DecimationHorizontal=2, DecimationVertical=2)
    desk.set(Width=528, Height=480, OffsetX=16, OffsetY=8, ChunkModeActive=1)
    _enable(desk, "OffsetX", "OffsetY", "Width", "Height")
    tail = _tail(desk)
    assert [struct.unpack_from(">I", tail, MARK + 12 * chunk)[0] for chunk in range(4)] == [16, 8, 528, 480]


def test_chunks_hold_the_settings_of_their_own_frame(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(ChunkModeActive=1)
    _enable(desk, "ExposureTime")
    desk.run("AcquisitionStart")
    desk.now = 50_000_000
    desk.set(ExposureTime=2048.0)
    first, second = desk.advance(100_000_000)
    assert first.chunk_tail[8:16].hex() == "40b3880000000000"
    assert second.chunk_tail[8:16].hex() == "40a0000000000000"


def test_chunks_of_a_multi_frame_set_hold_each_frame_s_own_values(desk: Desk) -> None:
    desk.prepare_small_frames()
    desk.set(MultiFrameSetOutputModeEnable=1, MultiFrameSetOutputModeCustomGain=1)
    desk.set(MultiFrameSetOutputModeExposureTime0=1000.0, MultiFrameSetOutputModeExposureTime1=2000.0)
    desk.set(MultiFrameSetOutputModeGain0=3.0, MultiFrameSetOutputModeGain1=6.0)
    desk.set(ChunkModeActive=1)
    _enable(desk, "ExposureTime", "Gain")
    desk.run("AcquisitionStart")
    tails = [exposure.chunk_tail for exposure in desk.advance(300_000_000)]
    found = [(struct.unpack_from(">d", tail, 8)[0], struct.unpack_from(">d", tail, 24)[0]) for tail in tails]
    assert found == [(1000.0, 3.0), (2000.0, 6.0)] * 2
