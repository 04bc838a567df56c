"""Rules of the manuals: sensor readout control."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from tests.contract.manual_rules.desk_work import SENSOR_PX, format_with, locked, place, small, words_of
from tests.contract.manual_rules.rules import COLOUR, PREGIUS, USB, ZOOM, rule

from tiscam_emu.camera.core import frame_request
from tiscam_emu.sensor.scenes.scene import GradientScene, load_scene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.1.1.2", "a 12-bit packed format takes 3 bytes for 2 pixels")
def _(bench: Bench) -> None:
    bench.desk.set(Width=640, Height=480, PixelFormat=format_with(bench.desk, "12"))
    assert bench.desk.get("PayloadSize") == 460_800


@rule("5.1.1.3", "16-bit formats carry the sensor's 12 bits in the most significant ones")
def _(bench: Bench) -> None:
    small(bench.desk).set(PixelFormat=format_with(bench.desk, "16"))
    words = words_of(bench, GradientScene())
    assert not (words & 0x000F).any()
    assert words.max() > 0x0FFF


@rule("5.1.1.4 to 5.1.1.6", "processed formats average 2, 1.5 and 3 bytes per pixel", ZOOM)
def _(bench: Bench) -> None:
    bench.desk.set(Width=640, Height=480)
    found = {}
    for part in ("422", "411", "BGR8"):
        bench.desk.set(PixelFormat=format_with(bench.desk, part))
        found[part] = bench.desk.get("PayloadSize")
    assert found == {"422": 614_400, "411": 460_800, "BGR8": 921_600}


@rule("5.1.3", "skipping gives half the pixels of the same field of view")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(DecimationHorizontal=2, DecimationVertical=2)
    region = frame_request(bench.desk.camera.state, 0, 0).region
    assert (region.skip_x, region.skip_y) == (2, 2)
    if bench.model != "38GX541-a":  # whose increment of 8 cuts the last columns and rows
        assert (region.width, region.height) == (width // 2, height // 2)


@rule("5.1.3", "binning merges 2 x 2 pixels of the 38 series", ("38GX541-a", *USB))
def _(bench: Bench) -> None:
    bench.desk.set(BinningHorizontal=2, BinningVertical=2)
    region = frame_request(bench.desk.camera.state, 0, 0).region
    assert (region.bin_x, region.bin_y, region.skip_x, region.skip_y) == (2, 2, 1, 1)


@rule("5.1.3", "the USB cameras skip columns or rows alone", USB)
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(DecimationVertical=2)
    assert (bench.desk.get("WidthMax"), bench.desk.get("HeightMax")) == (width, height // 2)


@rule("5.1.4", "the maximum frame rate depends on pixel format and resolution", ZOOM)
def _(bench: Bench) -> None:
    fastest = []
    for size in ((2048, 1536), (1920, 1080), (640, 480)):
        bench.desk.set(Width=size[0], Height=size[1])
        for name in ("BayerRG8", "BayerRG12Packed", "BayerRG16", "BGR8"):
            bench.desk.set(PixelFormat=name)
            fastest.append(math.floor(float(bench.desk.limits("AcquisitionFrameRate")[1])))
    assert fastest == [36, 24, 18, 12, 54, 36, 27, 18, 366, 245, 184, 122]


@rule("5.1.5", "by default the middle of the sensor is read out and the offsets are not for the user")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(Width=640, Height=480)
    assert place(bench.desk) == ((width - 640) // 2, (height - 480) // 2)
    assert locked(bench.desk, "OffsetX", 0)


@rule("5.1.5", "an offset that is invalid with the resolution becomes the largest possible one")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    bench.desk.set(OffsetX=width - 640, OffsetY=height - 480)
    bench.desk.set(OffsetX=width - 640 + 4, OffsetY=height - 480 + 4)
    assert place(bench.desk) == (width - 640, height - 480)
    bench.desk.set(Width=1024, Height=960)
    assert place(bench.desk) == (width - 1024, height - 960)


@rule("5.1.6", "flips mirror the image and leave the order of the Bayer pattern", PREGIUS)
def _(bench: Bench) -> None:
    light = np.zeros((2, 2, 3), np.uint8)
    light[0, 0, 0] = 188  # red in the upper left quarter, darkness elsewhere
    for horizontal, vertical in ((1, 0), (0, 1)):
        small(bench.desk).set(ReverseX=horizontal, ReverseY=vertical, PixelFormat=format_with(bench.desk, "16"))
        words = words_of(bench, load_scene(light))
        quarters = {(y, x): words[240 * y : 240 * y + 240, 320 * x : 320 * x + 320] for y in (0, 1) for x in (0, 1)}
        lit = max(quarters, key=lambda at: float(quarters[at].mean()))
        assert lit == (vertical, horizontal)
        if bench.model in COLOUR:
            means = {(y, x): float(quarters[lit][y::2, x::2].mean()) for y in (0, 1) for x in (0, 1)}
            assert max(means, key=means.__getitem__) == (0, 0)
