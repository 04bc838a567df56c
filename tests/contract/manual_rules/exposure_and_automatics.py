"""Rules of the manuals: image sensor and automatics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tests.contract.manual_rules.desk_work import locked, small, words_of
from tests.contract.manual_rules.rules import ZOOM, rule

from tiscam_emu.sensor.scenes.scene import FlatScene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.2.3", "the black level is the lowest intensity of the sensor", ZOOM)
def _(bench: Bench) -> None:
    small(bench.desk).set(PixelFormat="BayerRG16", ExposureTime=20.0)
    for level in (240.0, 400.0):
        bench.desk.set(BlackLevel=level)
        assert np.median(words_of(bench, FlatScene(0.0))) == level * 16


@rule("5.3", "exposure and gain are automatic by default and aim at 128")
def _(bench: Bench) -> None:
    names = ("ExposureAuto", "GainAuto", "ExposureAutoReference")
    assert [bench.desk.get(name) for name in names] == ["Continuous", "Continuous", 128]


@rule("5.3", "the automatics lower the gain before the exposure time", ZOOM)
def _(bench: Bench) -> None:
    studio = bench.studio(FlatScene(0.05))
    studio.desk.set(ExposureAuto="Off", GainAuto="Off", ExposureTime=1000.0, Gain=31.0)
    studio.desk.set(ExposureAuto="Continuous", GainAuto="Continuous")
    studio.film(20)
    assert studio.desk.get("ExposureTime") == 33_333.0  # all that 30 Hz allow
    assert 0.0 < float(studio.desk.get("Gain")) < 4.0  # 31 dB less 20 log 33.3 = 0.5 dB, and what was missing


@rule("5.3.4", "highlight reduction leaves next to nothing overexposed", ZOOM)
def _(bench: Bench) -> None:
    overexposed = []
    for reduction in (0, 1):
        studio = bench.studio("gradient")
        studio.desk.set(ExposureAutoReference=235, ExposureAutoHighlightReduction=reduction)
        studio.film(45)
        overexposed.append(studio.seen[-1].saturated_share)
    assert overexposed[0] > 0.3
    assert overexposed[1] <= 0.01


@rule("5.3.5", "the automatic upper limit of the exposure is what the frame rate allows")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(Width=640, Height=480)
    for rate_hz, limit_us in ((10.0, 100_000.0), (20.0, 50_000.0)):
        desk.set(AcquisitionFrameRate=rate_hz)
        assert desk.get("ExposureAutoUpperLimit") == limit_us
    assert locked(desk, "ExposureAutoUpperLimit", 100.0)


@rule("5.3.5, 5.3.6", "the automatics end at the limits of exposure time and gain", ZOOM)
def _(bench: Bench) -> None:
    dark, bright = bench.studio(FlatScene(0.01)), bench.studio(FlatScene(8.0))
    dark.desk.set(ExposureAutoUpperLimitAuto=0, ExposureAutoUpperLimit=1000.0, GainAutoUpperLimit=6.0)
    bright.desk.set(ExposureAutoLowerLimit=1000.0, GainAutoLowerLimit=3.0)
    for studio in (dark, bright):
        studio.film(20)
    assert dark.settings[-1][::2] == (1000.0, 6.0)
    assert bright.settings[-1][::2] == (1000.0, 3.0)
