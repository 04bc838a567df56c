"""Every format developed, against what the sensor's own packing and an unpacking written apart from both give."""

from __future__ import annotations

import numpy as np
import pytest
from tests.interop import unpack
from tests.unit.recordings import made

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.recordings.develop import developed
from tiscam_emu.sensor.bayer import PHASES, channel

RAW = [row for row in PIXEL_FORMATS.values() if row.components == "raw"]
COLOUR = [row for row in PIXEL_FORMATS.values() if row.components != "raw"]
WIDTHS = (16, 13)


def _sent(name: str, width: int, height: int) -> bytes:
    """An image as cameras send it: bits without a meaning are zero."""
    row = PIXEL_FORMATS[name]
    if row.components != "raw":
        sent = bytearray(made.image_of(name, width, height))
        if "a" in unpack.ORDERS[name]:
            sent[3::4] = b"\xff" * (width * height)
        return bytes(sent)
    values = np.random.default_rng(3).integers(0, 4096, width * height, np.uint16)
    from tiscam_emu.sensor.pack import RAW_PACKERS

    out = np.zeros(row.raw_bytes(width * height), np.uint8)
    RAW_PACKERS[row.packing](values, out)
    return out.tobytes()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [row.name for row in RAW])
def test_raw_values_become_linear_light_where_the_mosaic_has_them(name: str, width: int) -> None:
    height, row = 7, PIXEL_FORMATS[name]
    sent = _sent(name, width, height)
    picture = developed(row, np.frombuffer(sent, np.uint8), width, height)
    _, bits = unpack.raw_layout(name)
    light = unpack.raw_values(name, sent, width, height) / (2.0**bits - 1)
    assert picture.dtype == np.float32
    if not row.bayer:
        np.testing.assert_allclose(picture, light, rtol=1e-6)
        return
    for y in range(height):
        for x in range(width):
            assert picture[y, x, channel(PHASES[row.bayer], y, x)] == pytest.approx(light[y, x], rel=1e-6)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [row.name for row in COLOUR])
def test_colours_become_the_same_as_by_another_unpacking(name: str, width: int) -> None:
    height, whole = 5, width if width % 4 == 0 else width // 4 * 4
    sent = _sent(name, width, height)
    picture = developed(PIXEL_FORMATS[name], np.frombuffer(sent, np.uint8), width, height)
    expected = unpack.decode(name, sent, width, height)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8
    for at, plane in enumerate((expected.red, expected.green, expected.blue)):
        assert plane is not None
        np.testing.assert_allclose(picture[:, :whole, at].astype(float), np.clip(plane, 0, 255)[:, :whole], atol=0.51)


@pytest.mark.parametrize("phase", ["RG", "GR", "GB", "BG"])
def test_an_even_grey_comes_out_even_to_the_edges_and_so_do_slopes_inside(phase: str) -> None:
    row = PIXEL_FORMATS[f"Bayer{phase}8"]
    grey = developed(row, np.full(600 * 9, 51, np.uint8), 9, 600)
    np.testing.assert_allclose(grey, 0.2, rtol=1e-5)
    slope = np.broadcast_to(np.arange(0, 120, 2, dtype=np.uint8), (600, 60))
    picture = developed(row, np.ascontiguousarray(slope).reshape(-1), 60, 600)
    np.testing.assert_allclose(picture[1:-1, 1:-1], np.repeat(slope[1:-1, 1:-1, np.newaxis], 3, 2) / 255, atol=1e-6)
