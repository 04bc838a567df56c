"""Frames for the eye, in every pixel format, against what the tests' own decoder finds in them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.interop import unpack
from tests.unit.sensor.test_sensor_pixel_formats import rendered

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.bayer import PHASES, channel
from tiscam_emu.sensor.develop import Image, developed
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.request import Region
from tiscam_emu.sensor.scenes.scene import load_scene

WHOLE, ODD = Region(256, 192), Region(57, 43, 4, 2)
MONO = [name for name in PIXEL_FORMATS if name.startswith("Mono")]
BAYER = [name for name in PIXEL_FORMATS if name.startswith("Bayer")]
COLOUR = [name for name, row in PIXEL_FORMATS.items() if row.components != "raw"]


def _sent(sensor: SensorModel, name: str, region: Region) -> bytes:
    return rendered(sensor, load_scene("chart"), name, region=region)


@pytest.mark.parametrize("region", [WHOLE, ODD])
@pytest.mark.parametrize("name", MONO)
def test_mono_shows_the_upper_bits_of_every_pixel(mono_sensor: SensorModel, name: str, region: Region) -> None:
    data = _sent(mono_sensor, name, region)
    raw = unpack.decode(name, data, region.width, region.height).raw
    assert raw is not None
    image = developed(PIXEL_FORMATS[name], region.width, region.height, data)
    assert np.array_equal(image, raw.astype(np.uint8))
    assert np.array_equal(developed(PIXEL_FORMATS[name], region.width, region.height, data, step=3), image[::3, ::3])


@pytest.mark.parametrize("region", [WHOLE, ODD])
@pytest.mark.parametrize("name", BAYER)
def test_a_mosaic_keeps_its_pixels_and_is_interpolated(color_sensor: SensorModel, name: str, region: Region) -> None:
    data = _sent(color_sensor, name, region)
    raw = unpack.decode(name, data, region.width, region.height).raw
    assert raw is not None
    mosaic = raw.astype(np.uint8)
    phase = PHASES[PIXEL_FORMATS[name].bayer]
    image = developed(PIXEL_FORMATS[name], region.width, region.height, data)
    assert image.shape == (region.height, region.width, 3)
    for y in (0, 1):
        for x in (0, 1):
            assert np.array_equal(image[y::2, x::2, channel(phase, y, x)], mosaic[y::2, x::2])
    assert not _is_wrong(image, mosaic, phase)


def _is_wrong(image: Image, mosaic: Image, phase: tuple[int, int]) -> bool:
    """Whether somewhere a colour lies outside of all that is near of it."""
    height, width = mosaic.shape
    for row in range(1, height - 1, 5):
        for column in range(1, width - 1, 5):
            for colour in range(3):
                near = [
                    mosaic[y, x]
                    for y in range(row - 1, row + 2)
                    for x in range(column - 1, column + 2)
                    if channel(phase, y, x) == colour
                ]
                if not min(near) <= image[row, column, colour] <= max(near):
                    return True
    return False


@pytest.mark.parametrize("region", [WHOLE, ODD])
@pytest.mark.parametrize("bayer", ["RG", "GR", "GB", "BG"])
def test_small_pictures_of_a_mosaic_have_a_pixel_for_a_square(
    color_sensor: SensorModel, bayer: str, region: Region
) -> None:
    name = f"Bayer{bayer}8"
    data = _sent(color_sensor, name, region)
    mosaic = np.frombuffer(data, np.uint8).reshape(region.height, region.width)
    image = developed(PIXEL_FORMATS[name], region.width, region.height, data, step=4)
    assert image.shape[:2] == (-(-(region.height // 2) // 2), -(-(region.width // 2) // 2))
    square = mosaic[4:6, 8:10]
    of = {channel(PHASES[bayer], y, x): square[y, x] for y in (0, 1) for x in (0, 1)}
    assert (image[1, 2, 0], image[1, 2, 2]) == (of[0], of[2])


@pytest.mark.parametrize("region", [WHOLE, ODD])
@pytest.mark.parametrize("name", COLOUR)
def test_colours_are_those_that_were_sent(color_sensor: SensorModel, name: str, region: Region) -> None:
    data = _sent(color_sensor, name, region)
    sent = unpack.decode(name, data, region.width, region.height)
    image = developed(PIXEL_FORMATS[name], region.width, region.height, data).astype(np.int16)
    for at, plane in enumerate((sent.red, sent.green, sent.blue)):
        assert plane is not None
        assert np.abs(image[..., at] - np.clip(plane, 0, 255)).max() <= 1, at
    small = developed(PIXEL_FORMATS[name], region.width, region.height, data, step=2)
    assert np.array_equal(small, image[::2, ::2])


def test_the_smallest_pictures_can_be_shown() -> None:
    for width, height in ((1, 1), (2, 1), (1, 2), (2, 2), (3, 3)):
        image = developed(PIXEL_FORMATS["BayerRG8"], width, height, bytes(range(width * height)))
        assert image.shape == (height, width, 3)


@pytest.mark.parametrize("name", ["Mono8", "Mono12p", "BayerGB8", "BayerBG10p", "YUV422_8", "BGR8"])
def test_lines_that_were_left_out_before_are_not_missed(color_sensor: SensorModel, name: str) -> None:
    data = _sent(color_sensor, name, WHOLE)
    row = PIXEL_FORMATS[name]
    lines = 2 if row.bayer else 1
    size = lines * row.line_bytes(256)
    every = 6 // lines
    some = b"".join(data[first : first + size] for first in range(0, len(data), every * size))
    image = developed(row, 256, 192, data, step=6)
    assert np.array_equal(developed(row, 256, 192, some, step=6, every=every), image)
