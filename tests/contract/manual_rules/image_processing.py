"""Rules of the manuals: white balance and image processing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from tests.contract.manual_rules.desk_work import format_with, locked, small, words_of, write_table
from tests.contract.manual_rules.rules import COLOUR, ZOOM, rule

from tiscam_emu.camera.core import frame_request
from tiscam_emu.sensor.scenes.scene import FlatScene, GradientScene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.9.1", "white balance set to Once balances the channels and ends in Off", COLOUR)
def _(bench: Bench) -> None:
    studio = bench.studio(np.broadcast_to(np.array([0.4, 0.25, 0.2], np.float32), (8, 8, 3)))
    studio.desk.set(BalanceWhiteAuto="Once")
    studio.film(30)
    assert studio.desk.get("BalanceWhiteAuto") == "Off"
    last = studio.seen[-1]
    above_black = [mean - 15 for mean in (last.red_dn8, last.green_dn8, last.blue_dn8)]
    assert max(above_black) / min(above_black) < 1.03


@rule("5.9.3", "the channels are controlled by hand only while the automatic is off", COLOUR)
def _(bench: Bench) -> None:
    assert locked(bench.desk, "BalanceRatio", 2.0)
    bench.desk.set(BalanceWhiteAuto="Off", BalanceRatioSelector="Red", BalanceRatio=2.0)
    assert frame_request(bench.desk.camera.state, 0, 0).white_balance == (2.0, 1.0, 1.0)


@rule("5.9.2", "presets of the automatic limit the colour temperatures it finds", ZOOM)
def _(bench: Bench) -> None:
    found = {}
    for preset in ("WarmWhite", "Daylight", "DeepShade"):
        x = 1 / 4800 - 1 / 6500  # light of 4800 K by Wien's law at 610, 540 and 460 nm
        light = np.array([0.25 * math.exp(3057.5 * x), 0.25, 0.25 * math.exp(-4633.7 * x)], np.float32)
        studio = bench.studio(np.broadcast_to(light, (8, 8, 3)))
        studio.desk.set(BalanceWhiteMode="WhiteBalanceMode_Temperature")
        studio.desk.set(BalanceWhiteAutoPreset=f"BalanceWhiteAutoPreset_{preset}")
        studio.film(20)
        found[preset] = studio.desk.get("BalanceWhiteTemperature")
    assert found == {"WarmWhite": 4000, "Daylight": 5700, "DeepShade": 7500}


@rule("5.9.3", "every temperature preset stands for the colour temperature of its lamp", COLOUR)
def _(bench: Bench) -> None:
    bench.desk.set(BalanceWhiteAuto="Off", BalanceWhiteMode="WhiteBalanceMode_Temperature")
    kelvins = []
    for entry in bench.desk.camera.model.features["BalanceWhiteTemperaturePreset"].entries:
        bench.desk.set(BalanceWhiteTemperaturePreset=entry.name)
        kelvins.append(bench.desk.get("BalanceWhiteTemperature"))
    assert sorted(set(map(int, kelvins))) == [2500, 2700, 3000, 3500, 4000, 5000, 6000, 7500, 10_000]


@rule("5.10.1, 5.10.2", "gamma and lookup table act on Y alone in the YUV formats", ("33GP1300", "39GX265-Z20"))
def _(bench: Bench) -> None:
    small(bench.desk).set(PixelFormat="YUV422_8", BalanceWhiteAuto="Off")
    frames = []
    for settings in ({"Gamma": 1.0}, {"Gamma": 2.0}, {"LUTEnable": 1}):
        write_table(bench.desk, [77 * 256] * 257)
        bench.desk.set(**settings)
        frames.append(bench.picture(GradientScene()).reshape(-1, 2))
    (plain, bright, flat), luma, chroma = frames, 0, 1
    assert (bright[:, luma] > plain[:, luma]).mean() > 0.99
    assert set(flat[:, luma]) == {77}
    for frame in (bright, flat):
        assert np.array_equal(frame[:, chroma], plain[:, chroma])


@rule("5.10.2", "LUT Value All is 1028 bytes, 257 entries in words of 32 bits")
def _(bench: Bench) -> None:
    desk = bench.desk
    assert desk.camera.model.features["LUTValueAll"].declaration.length == 1028
    write_table(desk, [65_535 - 255 * index for index in range(257)])
    for index in (0, 1, 256):
        desk.set(LUTIndex=index)
        assert desk.get("LUTValue") == 65_535 - 255 * index


@rule("5.10.2", "the table's entries are chosen by the upper 8 bits and interpolated by the others")
def _(bench: Bench) -> None:
    small(bench.desk).set(PixelFormat=format_with(bench.desk, "16"))
    write_table(bench.desk, [4096 * (1 + index % 2) for index in range(257)])
    plain = words_of(bench, GradientScene()) >> 4
    bench.desk.set(LUTEnable=1)
    found = words_of(bench, GradientScene()) >> 4
    # Entries of 256 and 512 DN in turns: 16 DN up per step after an even entry, 16 DN down after an odd one.
    entry, rest = plain >> 4, plain & 0xF
    assert len(np.unique(entry)) > 16
    assert np.array_equal(found, np.where(entry % 2, 512 - 16 * rest, 256 + 16 * rest))


@rule("5.10.2 Important", "gamma correction is disabled while the lookup table is enabled")
def _(bench: Bench) -> None:
    small(bench.desk).set(PixelFormat=format_with(bench.desk, "16"))
    plain = words_of(bench, FlatScene(0.25))
    bench.desk.set(Gamma=2.0)
    assert (words_of(bench, FlatScene(0.25)) > plain).all()
    bench.desk.set(LUTEnable=1)  # a straight line
    assert np.array_equal(words_of(bench, FlatScene(0.25)), plain)
    assert locked(bench.desk, "Gamma", 1.5)


@rule("5.11 Important", "hue or saturation away from their defaults blur a Bayer image slightly", COLOUR)
def _(bench: Bench) -> None:
    """The noise of a pixel has nothing to do with that of its neighbour until both are mixed."""
    small(bench.desk).set(PixelFormat=format_with(bench.desk, "16"), BalanceWhiteAuto="Off")
    related = []
    for settings in ({"Hue": 0.0}, {"Hue": 180.0}, {"Hue": 0.0, "Saturation": 150.0}):
        bench.desk.set(**settings)
        words = words_of(bench, FlatScene(0.25))
        left, right = words[::2, ::2].ravel(), words[::2, 1::2].ravel()
        related.append(abs(float(np.corrcoef(left, right)[0, 1])))
    assert related[0] < 0.02
    assert min(related[1:]) > 0.1


@rule("5.12.2", "the presets are the whole image, its middle and its halves")
def _(bench: Bench) -> None:
    bench.desk.set(Width=640, Height=480, AutoFunctionsROIEnable=1)
    found = {}
    for preset in ("FullSensor", "Center50", "Center25", "BottomHalf", "TopHalf"):
        bench.desk.set(AutoFunctionsROIPreset=f"AutoFunctionsROIPreset_{preset}")
        found[preset] = bench.desk.camera.measured_region()
    assert found == {
        "FullSensor": (0, 0, 640, 480),
        "Center50": (160, 120, 320, 240),
        "Center25": (240, 180, 160, 120),
        "BottomHalf": (0, 240, 640, 240),
        "TopHalf": (0, 0, 640, 240),
    }


@rule("5.12.1, 5.12.3", "the custom rectangle counts from the origin of the image and needs its preset")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(Width=640, Height=480)
    assert locked(desk, "AutoFunctionsROILeft", 64)
    desk.set(AutoFunctionsROIPreset="AutoFunctionsROIPreset_CustomRectangle")
    desk.set(AutoFunctionsROIWidth=128, AutoFunctionsROIHeight=32, AutoFunctionsROILeft=64, AutoFunctionsROITop=8)
    assert desk.camera.measured_region() == (0, 0, 640, 480)
    desk.set(AutoFunctionsROIEnable=1)
    assert desk.camera.measured_region() == (64, 8, 128, 32)
