"""Rules of the manuals: lens."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import S
from tests.contract.manual_rules.rules import ZOOM, rule

from tiscam_emu.camera.core import frame_request
from tiscam_emu.sensor.scenes.scene import FlatScene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("6.2", "every zoom setting has the focal length of the table", ZOOM)
def _(bench: Bench) -> None:
    text = "6.5 7.2 7.9 8.9 9.6 10.5 11.8 13.2 14.7 17.7 19 22 25.5 30.7 36.2 44.2 53.4 64.9 79.2 91.3 114.5"
    found = []
    for zoom in range(0, 1001, 50):
        bench.desk.set(Zoom=zoom)
        bench.desk.advance(bench.desk.now + 10 * S)
        found.append(round(frame_request(bench.desk.camera.state, 0, bench.desk.now).zoom * 6.5, 6))
    assert found == [float(focal) for focal in text.split()]


@rule("5.4.2 Important", "an image in focus does not stay sharp while zooming in", ZOOM)
def _(bench: Bench) -> None:
    blurs = []
    for zoom in (0, 400, 800):
        bench.desk.set(Zoom=zoom)
        bench.desk.advance(bench.desk.now + 10 * S)
        blurs.append(frame_request(bench.desk.camera.state, 0, bench.desk.now).defocus_px)
    assert blurs[0] == 0.0
    assert all(before < after for before, after in pairwise(blurs))


@rule("5.4.3", "the lowest iris value shuts the light out and the highest opens as far as possible", ZOOM)
def _(bench: Bench) -> None:
    found = []
    for iris in (0, 255):
        bench.desk.set(Iris=iris)
        bench.desk.advance(bench.desk.now + S)
        found.append(frame_request(bench.desk.camera.state, 0, bench.desk.now).illumination)
    assert found == [0.0, 1.0]


@rule("5.4.4 Important", "infrared light reaches the sensor without its cut filter alone", ZOOM)
def _(bench: Bench) -> None:
    assert bench.desk.get("IRCutFilterEnable") == 1
    assert frame_request(bench.desk.camera.state, 0, 0).infrared == 0.0
    bench.desk.set(IRCutFilterEnable=0)
    assert frame_request(bench.desk.camera.state, 0, 0).infrared == 0.6


@rule("5.4.5", "autofocus makes the image sharp", ZOOM)
def _(bench: Bench) -> None:
    studio = bench.studio("chart", height=480)
    desk = studio.desk
    desk.set(Zoom=1000)
    desk.advance(10 * S)
    assert frame_request(desk.camera.state, 0, desk.now).defocus_px > 20
    desk.run("FocusAuto")
    studio.focus()
    assert frame_request(desk.camera.state, 0, desk.now).defocus_px < 0.5


@rule("5.4.6", "the focus rectangle counts sensor pixels and is moved into what is read out", ZOOM)
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    desk.set(OffsetX=400, OffsetY=200)
    desk.set(AutoFocusROILeft=1900, AutoFocusROITop=1500, AutoFocusROIWidth=200, AutoFocusROIHeight=100)
    names = ("Left", "Top", "Width", "Height")
    assert [desk.get(f"AutoFocusROI{name}") for name in names] == [912, 664, 128, 16]


@rule("5.4.7", "the iris opens before the gain rises and after the exposure time is used up", ZOOM)
def _(bench: Bench) -> None:
    room, night = bench.studio(FlatScene(2.0)), bench.studio(FlatScene(0.01))
    for studio in (room, night):
        studio.desk.set(IrisAuto=1)
        studio.film(30)
    assert 0 < int(room.desk.get("Iris")) < 255
    assert room.desk.get("Gain") == 0.0
    assert (night.desk.get("ExposureTime"), night.desk.get("Iris")) == (33_333.0, 255)
    assert float(night.desk.get("Gain")) > 0.0
