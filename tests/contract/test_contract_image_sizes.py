"""Every size a model allows, in every format: whole groups and bytes, and frames whose lines fit together."""

from __future__ import annotations

from functools import cache
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.contract.cameras import KEYS, load

from tiscam_emu.features.kinds import Limits
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.spec.model import CameraModel

_LUMA_AT = {"YUV422_8": (0, 2), "YCbCr422_8": (0, 2), "YCbCr411_8": (0, 1, 3, 4), "YCbCr411_8_CbYYCrYY": (1, 2, 4, 5)}
_PERIOD = {"YUV422_8": 4, "YCbCr422_8": 4, "YCbCr411_8": 6, "YCbCr411_8_CbYYCrYY": 6}

_model = cache(load)


def _formats(model: CameraModel) -> list[str]:
    return [entry.name for entry in model.features["PixelFormat"].entries]


def _allowed(model: CameraModel, name: str) -> range:
    limits = model.features[name].limits
    assert isinstance(limits, Limits)
    return range(int(limits.low), int(limits.high) + 1, int(limits.step or 1))


@pytest.mark.parametrize("key", KEYS)
def test_every_allowed_width_is_whole_groups_and_bytes_in_every_format(key: str) -> None:
    model = _model(key)
    widths = _allowed(model, "Width")
    assert len(widths) > 20
    for name in _formats(model):
        row = PIXEL_FORMATS[name]
        for width in widths:
            assert width % row.pixels_per_group == 0, (name, width)
            assert width * row.bits_per_pixel % 8 == 0, (name, width)


def _frame(renderer: Renderer, name: str, width: int, height: int) -> NDArray[np.uint8]:
    request = FrameRequest(3, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[name], Region(width, height))
    out = np.zeros(request.payload_bytes(), np.uint8)
    renderer.render(request, out)
    return out


def _words(name: str, data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """12-bit values, 8-bit ones in the high bits, from the layouts of PFNC and GigE Vision 1.x."""
    if name.endswith("16"):
        return (data.view("<u2") >> 4).astype(np.int64)
    if name.endswith("8"):
        return data.astype(np.int64) << 4
    first, middle, last = data.reshape(-1, 3).T.astype(np.int64)
    if name.endswith("12p"):
        even, odd = first | (middle & 15) << 8, middle >> 4 | last << 4
    else:
        even, odd = first << 4 | middle & 15, last << 4 | middle >> 4
    return np.stack([even, odd], axis=1).ravel()


@pytest.mark.parametrize("key", KEYS)
def test_odd_sizes_carry_the_same_picture_in_every_format(key: str) -> None:
    """The smallest widths, one step and two steps more, by heights that are no multiple of a block of rows.

    Photons drawn are the same for equal frame numbers, so what formats have in common is equal to the bit: the upper
    eight bits of raw data, and luminance. Formats that are converted with fewer bits have other noise.
    """
    model = _model(key)
    renderer = Renderer(model.sensor, load_scene("chart"), 1, "exact")
    names = [name for name in _formats(model) if name not in dict(model.sensor.formats)]
    for width, height in zip(islice(_allowed(model, "Width"), 3), islice(_allowed(model, "Height"), 1, 4), strict=True):
        frames = {name: _frame(renderer, name, width, height) for name in names}
        raw = [name for name in names if PIXEL_FORMATS[name].bayer or not model.sensor.color]
        reference = _words(raw[-1], frames[raw[-1]])
        assert reference.size == width * height
        for name in raw:
            mask = -16 if name.endswith("8") else -1
            assert np.array_equal(_words(name, frames[name]), reference & mask), (name, width, height)
        lumas = [
            np.stack([frames[name][place :: _PERIOD[name]] for place in _LUMA_AT[name]], axis=1).ravel()
            for name in names
            if name in _LUMA_AT
        ]
        if model.sensor.color and "Mono8" in names:
            lumas.append(frames["Mono8"])
        for luma in lumas[1:]:
            assert np.array_equal(luma, lumas[0]), (width, height)
