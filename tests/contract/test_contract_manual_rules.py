"""What the technical reference manuals say about the behaviour of the cameras, sentence by sentence.

Every row of `RULES` is one "Important" note or one rule of the manuals in our words, with the models it holds for and
a check on the manual clock. Sections are those of the DFK 39GX265-Z20 manual; rules that it does not have carry the
section of the DFK 38UX267 manual. Expected values are worked out by hand from the text and the tables of the manuals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.camera.core import frame_request
from tiscam_emu.camera.notices import ActionExecuted
from tiscam_emu.errors import Status
from tiscam_emu.sensor.scene import FlatScene, GradientScene, Scene, load_scene

if TYPE_CHECKING:
    from tests.contract.conftest import Bench
    from tests.unit.camera.conftest import Desk

S, MS, US = 1_000_000_000, 1_000_000, 1_000
ZOOM = ("39GX265-Z20",)
GIGE = ("33GP1300", "38GX541-a", "39GX265-Z20")
USB = ("38UX253", "38UX267")
ALL = (*GIGE, *USB)
PREGIUS = ("38GX541-a", "39GX265-Z20", *USB)
COLOUR = ("33GP1300", "38UX267", "39GX265-Z20")
EVENTS = ("38GX541-a", "39GX265-Z20")
FRAME_SETS = (*EVENTS, "38UX253")
SENSOR_PX = {
    "33GP1300": (1280, 1024),
    "38GX541-a": (4504, 4504),
    "38UX253": (4096, 3000),
    "38UX267": (4096, 2160),
    "39GX265-Z20": (2048, 1536),
}
SIGNAL_TIMES = "TriggerDelay", "TriggerDebouncer", "TriggerMask", "TriggerDenoise"
Train = list[tuple[int, bool]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of a manual."""

    section: str
    sentence: str
    models: tuple[str, ...]
    check: Callable[[Bench], None]


RULES: list[Rule] = []


def _rule(section: str, sentence: str, models: tuple[str, ...] = ALL) -> Callable[[Callable[[Bench], None]], None]:
    def enter(check: Callable[[Bench], None]) -> None:
        RULES.append(Rule(section, sentence, models, check))

    return enter


def _small(desk: Desk) -> Desk:
    desk.prepare_small_frames()
    return desk


def _waiting(desk: Desk, source: str = "Any") -> Desk:
    """Acquiring small frames on triggers, without the random delay of the sensors that have one."""
    _small(desk).set(TriggerMode="On", TriggerSource=source)
    if "IMXLowLatencyTriggerMode" in desk.camera.model.features:
        desk.set(IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    return desk


def _pulses(*spans: tuple[int, int]) -> Train:
    """High from the first time to the second of each span."""
    return [edge for begin, end in spans for edge in ((begin, True), (end, False))]


def _fire(desk: Desk, *times: int) -> list[int]:
    """When exposures opened after software triggers at `times`."""
    starts = []
    for time in times:
        starts += desk.starts(time)
        desk.run("TriggerSoftware")
    return starts + desk.starts(times[-1] + S)


def _format(desk: Desk, part: str) -> str:
    """Name of the first pixel format that contains `part`."""
    return next(entry.name for entry in desk.camera.model.features["PixelFormat"].entries if part in entry.name)


def _place(desk: Desk) -> tuple[object, object]:
    return desk.get("OffsetX"), desk.get("OffsetY")


def _actions(desk: Desk) -> list[int]:
    """When actions are performed from now on."""
    times: list[int] = []
    desk.camera.state.notices.subscribe(ActionExecuted, lambda notice: times.append(notice.at_ns))
    return times


def _commit(desk: Desk, time_ns: int, interval_us: int = 0) -> Status:
    desk.set(ActionSchedulerTime=time_ns, ActionSchedulerInterval=interval_us)
    return desk.attempt("ActionSchedulerCommit")


def _listen(desk: Desk, *events: str) -> Desk:
    desk.set(GevMCDA=0x7F00_0001, GevMCPHostPort=30_000)
    for event in events:
        desk.set(EventSelector=event, EventNotification="On")
    return desk


def _told(desk: Desk, to: int) -> list[int]:
    """Times of the events that the camera sends until `to`."""
    desk.advance(to)
    return [message.timestamp for message in desk.camera.take_messages()]


def _write_table(desk: Desk, entries: list[int]) -> None:
    block = b"".join(entry.to_bytes(4, "big") for entry in entries)
    assert desk.write_block(desk.camera.model.features["LUTValueAll"].slot.address, block) is Status.SUCCESS


def _words(bench: Bench, scene: Scene) -> NDArray[np.uint16]:
    """A frame of 16-bit pixels in rows."""
    return bench.picture(scene).view("<u2").reshape(480, 640)


# Sensor readout control


@_rule("5.1.1.2", "a 12-bit packed format takes 3 bytes for 2 pixels")
def _(bench: Bench) -> None:
    bench.desk.set(Width=640, Height=480, PixelFormat=_format(bench.desk, "12"))
    assert bench.desk.get("PayloadSize") == 460_800


@_rule("5.1.1.3", "16-bit formats carry the sensor's 12 bits in the most significant ones")
def _(bench: Bench) -> None:
    _small(bench.desk).set(PixelFormat=_format(bench.desk, "16"))
    words = _words(bench, GradientScene())
    assert not (words & 0x000F).any()
    assert words.max() > 0x0FFF


@_rule("5.1.1.4 to 5.1.1.6", "processed formats average 2, 1.5 and 3 bytes per pixel", ZOOM)
def _(bench: Bench) -> None:
    bench.desk.set(Width=640, Height=480)
    found = {}
    for part in ("422", "411", "BGR8"):
        bench.desk.set(PixelFormat=_format(bench.desk, part))
        found[part] = bench.desk.get("PayloadSize")
    assert found == {"422": 614_400, "411": 460_800, "BGR8": 921_600}


@_rule("5.1.3", "skipping gives half the pixels of the same field of view")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(DecimationHorizontal=2, DecimationVertical=2)
    region = frame_request(bench.desk.camera.state, 0, 0).region
    assert (region.skip_x, region.skip_y) == (2, 2)
    if bench.model != "38GX541-a":  # whose increment of 8 cuts the last columns and rows
        assert (region.width, region.height) == (width // 2, height // 2)


@_rule("5.1.3", "binning merges 2 x 2 pixels of the 38 series", ("38GX541-a", *USB))
def _(bench: Bench) -> None:
    bench.desk.set(BinningHorizontal=2)
    region = frame_request(bench.desk.camera.state, 0, 0).region
    assert (region.bin_x, region.bin_y, region.skip_x, region.skip_y) == (2, 2, 1, 1)


@_rule("5.1.3", "the USB cameras skip columns or rows alone", USB)
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(DecimationVertical=2)
    assert (bench.desk.get("WidthMax"), bench.desk.get("HeightMax")) == (width, height // 2)


@_rule("5.1.4", "the maximum frame rate depends on pixel format and resolution", ZOOM)
def _(bench: Bench) -> None:
    fastest = []
    for size in ((2048, 1536), (1920, 1080), (640, 480)):
        bench.desk.set(Width=size[0], Height=size[1])
        for name in ("BayerRG8", "BayerRG12Packed", "BayerRG16", "BGR8"):
            bench.desk.set(PixelFormat=name)
            fastest.append(math.floor(float(bench.desk.limits("AcquisitionFrameRate")[1])))
    assert fastest == [36, 24, 18, 12, 54, 36, 27, 18, 366, 245, 184, 122]


@_rule("5.1.5", "by default the middle of the sensor is read out and the offsets are not for the user")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(Width=640, Height=480)
    assert _place(bench.desk) == ((width - 640) // 2, (height - 480) // 2)
    assert bench.desk.attempt("OffsetX", 0) is Status.ACCESS_DENIED


@_rule("5.1.5", "an offset that a larger resolution makes invalid becomes the largest possible one")
def _(bench: Bench) -> None:
    width, height = SENSOR_PX[bench.model]
    bench.desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    bench.desk.set(OffsetX=width - 640, OffsetY=height - 480)
    bench.desk.set(Width=1024, Height=960)
    assert _place(bench.desk) == (width - 1024, height - 960)


@_rule("5.1.6", "flips mirror the image and leave the order of the Bayer pattern", PREGIUS)
def _(bench: Bench) -> None:
    light = np.zeros((2, 2, 3), np.float32)
    light[0, 0, 0] = 0.5  # red in the upper left quarter, darkness elsewhere
    for horizontal, vertical in ((1, 0), (0, 1)):
        _small(bench.desk).set(ReverseX=horizontal, ReverseY=vertical, PixelFormat=_format(bench.desk, "16"))
        words = _words(bench, load_scene(light))
        quarters = {(y, x): words[240 * y : 240 * y + 240, 320 * x : 320 * x + 320] for y in (0, 1) for x in (0, 1)}
        lit = max(quarters, key=lambda at: float(quarters[at].mean()))
        assert lit == (vertical, horizontal)
        if bench.model in COLOUR:
            means = {(y, x): float(quarters[lit][y::2, x::2].mean()) for y in (0, 1) for x in (0, 1)}
            assert max(means, key=means.__getitem__) == (0, 0)


# Image sensor and automatics


@_rule("5.2.3", "the black level is the lowest intensity of the sensor", ZOOM)
def _(bench: Bench) -> None:
    _small(bench.desk).set(PixelFormat="BayerRG16", ExposureTime=20.0)
    for level in (240.0, 400.0):
        bench.desk.set(BlackLevel=level)
        assert np.median(_words(bench, FlatScene(0.0))) == level * 16


@_rule("5.3", "exposure and gain are automatic by default and aim at 128")
def _(bench: Bench) -> None:
    names = ("ExposureAuto", "GainAuto", "ExposureAutoReference")
    assert [bench.desk.get(name) for name in names] == ["Continuous", "Continuous", 128]


@_rule("5.3", "the automatics lower the gain before the exposure time", ZOOM)
def _(bench: Bench) -> None:
    studio = bench.studio(FlatScene(0.05))
    studio.desk.set(ExposureAuto="Off", GainAuto="Off", ExposureTime=1000.0, Gain=31.0)
    studio.desk.set(ExposureAuto="Continuous", GainAuto="Continuous")
    studio.film(20)
    assert studio.desk.get("ExposureTime") == 33_333.0  # all that 30 Hz allow
    assert 0.0 < float(studio.desk.get("Gain")) < 4.0  # 31 dB less 20 log 33.3 = 0.5 dB, and what was missing


@_rule("5.3.4", "highlight reduction leaves next to nothing overexposed", ZOOM)
def _(bench: Bench) -> None:
    overexposed = []
    for reduction in (0, 1):
        studio = bench.studio("gradient")
        studio.desk.set(ExposureAutoReference=235, ExposureAutoHighlightReduction=reduction)
        studio.film(45)
        overexposed.append(studio.seen[-1].saturated_share)
    assert overexposed[0] > 0.3
    assert overexposed[1] <= 0.01


@_rule("5.3.5", "the automatic upper limit of the exposure is what the frame rate allows")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(Width=640, Height=480)
    for rate_hz, limit_us in ((10.0, 100_000.0), (20.0, 50_000.0)):
        desk.set(AcquisitionFrameRate=rate_hz)
        assert desk.get("ExposureAutoUpperLimit") == limit_us
    assert desk.attempt("ExposureAutoUpperLimit", 100.0) is Status.ACCESS_DENIED


@_rule("5.3.5, 5.3.6", "the automatics end at the limits of exposure time and gain", ZOOM)
def _(bench: Bench) -> None:
    dark, bright = bench.studio(FlatScene(0.01)), bench.studio(FlatScene(8.0))
    dark.desk.set(ExposureAutoUpperLimitAuto=0, ExposureAutoUpperLimit=1000.0, GainAutoUpperLimit=6.0)
    bright.desk.set(ExposureAutoLowerLimit=1000.0, GainAutoLowerLimit=3.0)
    for studio in (dark, bright):
        studio.film(20)
    assert dark.settings[-1][::2] == (1000.0, 6.0)
    assert bright.settings[-1][::2] == (1000.0, 3.0)


# Lens


@_rule("6.2", "every zoom setting has the focal length of the table", ZOOM)
def _(bench: Bench) -> None:
    text = "6.5 7.2 7.9 8.9 9.6 10.5 11.8 13.2 14.7 17.7 19 22 25.5 30.7 36.2 44.2 53.4 64.9 79.2 91.3 114.5"
    found = []
    for zoom in range(0, 1001, 50):
        bench.desk.set(Zoom=zoom)
        bench.desk.advance(bench.desk.now + 10 * S)
        found.append(round(frame_request(bench.desk.camera.state, 0, bench.desk.now).zoom * 6.5, 6))
    assert found == [float(focal) for focal in text.split()]


@_rule("5.4.2 Important", "an image in focus does not stay sharp while zooming in", ZOOM)
def _(bench: Bench) -> None:
    blurs = []
    for zoom in (0, 400, 800):
        bench.desk.set(Zoom=zoom)
        bench.desk.advance(bench.desk.now + 10 * S)
        blurs.append(frame_request(bench.desk.camera.state, 0, bench.desk.now).defocus_px)
    assert blurs[0] == 0.0
    assert all(before < after for before, after in pairwise(blurs))


@_rule("5.4.3", "the lowest iris value shuts the light out and the highest opens as far as possible", ZOOM)
def _(bench: Bench) -> None:
    found = []
    for iris in (0, 255):
        bench.desk.set(Iris=iris)
        found.append(frame_request(bench.desk.camera.state, 0, 0).illumination)
    assert found == [0.0, 1.0]


@_rule("5.4.4 Important", "infrared light reaches the sensor without its cut filter alone", ZOOM)
def _(bench: Bench) -> None:
    assert bench.desk.get("IRCutFilterEnable") == 1
    assert frame_request(bench.desk.camera.state, 0, 0).infrared == 0.0
    bench.desk.set(IRCutFilterEnable=0)
    assert frame_request(bench.desk.camera.state, 0, 0).infrared == 0.6


@_rule("5.4.5", "autofocus makes the image sharp", ZOOM)
def _(bench: Bench) -> None:
    studio = bench.studio("chart", height=480)
    desk = studio.desk
    desk.set(Zoom=1000)
    desk.advance(10 * S)
    assert frame_request(desk.camera.state, 0, desk.now).defocus_px > 20
    desk.run("FocusAuto")
    studio.focus()
    assert frame_request(desk.camera.state, 0, desk.now).defocus_px < 0.5


@_rule("5.4.6", "the focus rectangle counts sensor pixels and is moved into what is read out", ZOOM)
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    desk.set(OffsetX=400, OffsetY=200)
    desk.set(AutoFocusROILeft=1900, AutoFocusROITop=1500, AutoFocusROIWidth=200, AutoFocusROIHeight=100)
    names = ("Left", "Top", "Width", "Height")
    assert [desk.get(f"AutoFocusROI{name}") for name in names] == [912, 664, 128, 16]


@_rule("5.4.7", "the iris opens before the gain rises and after the exposure time is used up", ZOOM)
def _(bench: Bench) -> None:
    room, night = bench.studio(FlatScene(2.0)), bench.studio(FlatScene(0.01))
    for studio in (room, night):
        studio.desk.set(IrisAuto=1)
        studio.film(30)
    assert 0 < int(room.desk.get("Iris")) < 255
    assert room.desk.get("Gain") == 0.0
    assert (night.desk.get("ExposureTime"), night.desk.get("Iris")) == (33_333.0, 255)
    assert float(night.desk.get("Gain")) > 0.0


# Trigger


@_rule("5.5.2", "the polarity chooses the edge of the input that triggers")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.camera.line1.pulses(_pulses((10 * MS, 100 * MS)))
    assert desk.starts(200 * MS) == [10 * MS]
    desk.set(TriggerActivation="FallingEdge")
    desk.camera.line1.pulses(_pulses((300 * MS, 400 * MS)))
    assert desk.starts(S) == [400 * MS]


@_rule("5.5.3", "a software trigger exposes one image")
def _(bench: Bench) -> None:
    assert _fire(_waiting(bench.desk), 5 * MS) == [5 * MS]


@_rule("5.5.4", "a trigger takes as many images as the burst count says, as fast as the settings allow")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk)
    desk.set(AcquisitionBurstFrameCount=3)
    assert _fire(desk, 7) == [7, 100 * MS + 7, 200 * MS + 7]


@_rule("5.5.5", "triggers are accepted from the chosen source alone")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk)
    found = {}
    for begin, source in enumerate(("Any", "Line1", "Software")):
        desk.set(TriggerSource=source)
        desk.camera.line1.pulses(_pulses((begin * S + 100 * MS, begin * S + 101 * MS)))
        starts = desk.starts(begin * S + 500 * MS)
        desk.run("TriggerSoftware")
        found[source] = [(at - begin * S) // MS for at in starts + desk.starts(begin * S + 999 * MS)]
    assert found == {"Any": [100, 500], "Line1": [100], "Software": [500]}


@_rule("5.5.6 Important", "low-latency mode forces the trigger overlap off", PREGIUS)
def _(bench: Bench) -> None:
    bench.desk.set(TriggerOverlap="Readout", IMXLowLatencyTriggerMode=1)
    assert bench.desk.get("TriggerOverlap") == "Off"
    assert bench.desk.attempt("TriggerOverlap", "Readout") is Status.ACCESS_DENIED


@_rule("5.5.6", "in low-latency mode exactly the trigger delay lies between trigger and exposure", PREGIUS)
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.set(TriggerDelay=1500.0)
    desk.camera.line1.pulses(_pulses((10 * MS, 11 * MS), (200 * MS, 201 * MS)))
    assert desk.starts(S) == [11_500 * US, 201_500 * US]


@_rule("5.5.6", "without low-latency mode a random time is added to the delay", PREGIUS)
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.set(IMXLowLatencyTriggerMode=0, TriggerDelay=1500.0)
    times = range(0, 2 * S, 200 * MS)
    desk.camera.line1.pulses(_pulses(*((at, at + MS) for at in times)))
    added = [start - at - 1500 * US for start, at in zip(desk.starts(2 * S), times, strict=True)]
    assert min(added) >= 0
    assert len(set(added)) == 10


@_rule("5.5.7", "without overlap a trigger is accepted once the previous frame has been read out", ZOOM)
def _(bench: Bench) -> None:
    assert _fire(_waiting(bench.desk), 0, 7_359_999, 7_360_000) == [0, 7_360_000]  # 5 ms and 440 us + 480 x 4 us


@_rule("5.5.7", "overlap accepts a trigger when less readout is left than the exposure takes", ZOOM)
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk)
    desk.set(IMXLowLatencyTriggerMode=0, TriggerOverlap="Readout", ExposureTime=1000.0)
    desk.run("TriggerSoftware")
    (first,) = desk.starts(MS)
    for desk.now in (first + 2_360_000, first + 2_360_001):  # 1 ms is left, and less than that
        desk.run("TriggerSoftware")
    assert len(desk.starts(S)) == 1
    assert desk.camera.state.triggers.missed == 1


@_rule("5.5.8", "the trigger delay holds for the input and not for software triggers")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk)
    desk.set(TriggerDelay=1500.0)
    desk.camera.line1.pulses(_pulses((10 * MS, 11 * MS)))
    assert desk.starts(100 * MS) == [11_500 * US]
    assert _fire(desk, 200 * MS) == [200 * MS]


@_rule("5.6", "all times against bad trigger signals are 0 by default")
def _(bench: Bench) -> None:
    assert [bench.desk.get(name) for name in SIGNAL_TIMES] == [0.0] * 4


@_rule("5.6.1", "the input has to be low for the debounce time before the next trigger")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.set(TriggerDebouncer=50_000.0)
    desk.camera.line1.pulses(_pulses((100 * MS, 200 * MS), (250 * MS - 1, 300 * MS), (350 * MS, 400 * MS)))
    assert desk.starts(S) == [100 * MS, 350 * MS]


@_rule("5.6.2", "pulses are ignored for the mask time after an accepted trigger")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.set(TriggerMask=100_000.0)
    desk.camera.line1.pulses(_pulses((0, MS), (100 * MS - 9, 100 * MS - 8), (100 * MS, 101 * MS)))
    assert desk.starts(S) == [0, 100 * MS]


@_rule("5.6.3", "the input has to be active for the noise suppression time")
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk, "Line1")
    desk.set(TriggerDenoise=3000.0)
    desk.camera.line1.pulses(_pulses((0, 3 * MS - 1), (100 * MS, 103 * MS)))
    assert desk.starts(S) == [103 * MS]


@_rule("5.4.4 (38UX267)", "with ExposureActive the pulse is the exposure", USB)
def _(bench: Bench) -> None:
    desk = bench.desk
    _small(desk).set(TriggerMode="On", TriggerSelector="ExposureActive", IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    desk.camera.line1.pulses(_pulses((10 * MS, 13_456_789)))
    (exposure,) = desk.advance(S)
    assert (exposure.start_ns, exposure.request.exposure_us) == (10 * MS, 3456.789)


# Digital I/O and strobe


@_rule("5.7.1", "the general purpose input reads 1 while the line is low")
def _(bench: Bench) -> None:
    bench.desk.camera.line1.drive(True, 10)
    found = []
    for bench.desk.now in (9, 10):
        found.append(bench.desk.get("GPIn"))
    assert found == [1, 0]


@_rule("5.7.2", "the general purpose output drives the strobe line")
def _(bench: Bench) -> None:
    for bench.desk.now, level in ((10, 1), (30, 0)):
        bench.desk.set(GPOut=level)
    assert bench.desk.camera.output_edges == ((10, True), (30, False))


def _strobe(bench: Bench, **settings: str | int) -> tuple[tuple[int, bool], ...]:
    """Edges of the output around the exposure from 1000 ms to 1005 ms, in microseconds from its start."""
    _small(bench.desk).set(StrobeEnable="On", **settings)
    bench.desk.now = S
    bench.desk.run("AcquisitionStart")
    bench.desk.advance(S + 50 * MS)
    return tuple(((at - S) // US, high) for at, high in bench.desk.camera.output_edges if at >= S)


@_rule("5.8.2, 5.8.3", "the strobe line is high during the exposure")
def _(bench: Bench) -> None:
    assert _strobe(bench) == ((0, True), (5000, False))


@_rule("5.8.2", "an active-low strobe is low during the exposure")
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobePolarity="ActiveLow") == ((0, False), (5000, True))


@_rule("5.8.4", "a fixed strobe lasts for its own duration", PREGIUS)
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobeOperation="FixedDuration", StrobeDuration=777) == ((0, True), (777, False))


@_rule("5.8.5", "the strobe delay lies between the start of the exposure and the pulse", PREGIUS)
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobeDelay=300) == ((300, True), (5300, False))


# White balance and image processing


@_rule("5.9.1", "white balance set to Once balances the channels and ends in Off", COLOUR)
def _(bench: Bench) -> None:
    studio = bench.studio(np.broadcast_to(np.array([0.4, 0.25, 0.2], np.float32), (8, 8, 3)))
    studio.desk.set(BalanceWhiteAuto="Once")
    studio.film(30)
    assert studio.desk.get("BalanceWhiteAuto") == "Off"
    last = studio.seen[-1]
    above_black = [mean - 15 for mean in (last.red_dn8, last.green_dn8, last.blue_dn8)]
    assert max(above_black) / min(above_black) < 1.03


@_rule("5.9.3", "the channels are controlled by hand only while the automatic is off", COLOUR)
def _(bench: Bench) -> None:
    assert bench.desk.attempt("BalanceRatio", 2.0) is Status.ACCESS_DENIED
    bench.desk.set(BalanceWhiteAuto="Off", BalanceRatioSelector="Red", BalanceRatio=2.0)
    assert frame_request(bench.desk.camera.state, 0, 0).white_balance == (2.0, 1.0, 1.0)


@_rule("5.9.2", "presets of the automatic limit the colour temperatures it finds", ZOOM)
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


@_rule("5.9.3", "every temperature preset stands for the colour temperature of its lamp", COLOUR)
def _(bench: Bench) -> None:
    bench.desk.set(BalanceWhiteAuto="Off", BalanceWhiteMode="WhiteBalanceMode_Temperature")
    kelvins = []
    for entry in bench.desk.camera.model.features["BalanceWhiteTemperaturePreset"].entries:
        bench.desk.set(BalanceWhiteTemperaturePreset=entry.name)
        kelvins.append(bench.desk.get("BalanceWhiteTemperature"))
    assert sorted(set(map(int, kelvins))) == [2500, 2700, 3000, 3500, 4000, 5000, 6000, 7500, 10_000]


@_rule("5.10.1, 5.10.2", "gamma and lookup table act on Y alone in the YUV formats", ("33GP1300", "39GX265-Z20"))
def _(bench: Bench) -> None:
    _small(bench.desk).set(PixelFormat="YUV422_8", BalanceWhiteAuto="Off")
    frames = []
    for settings in ({"Gamma": 1.0}, {"Gamma": 2.0}, {"LUTEnable": 1}):
        _write_table(bench.desk, [77 * 256] * 257)
        bench.desk.set(**settings)
        frames.append(bench.picture(GradientScene()).reshape(-1, 2))
    (plain, bright, flat), luma, chroma = frames, 0, 1
    assert (bright[:, luma] > plain[:, luma]).mean() > 0.99
    assert set(flat[:, luma]) == {77}
    for frame in (bright, flat):
        assert np.array_equal(frame[:, chroma], plain[:, chroma])


@_rule("5.10.2", "LUT Value All is 1028 bytes, 257 entries in words of 32 bits")
def _(bench: Bench) -> None:
    desk = bench.desk
    assert desk.camera.model.features["LUTValueAll"].declaration.length == 1028
    _write_table(desk, [65_535 - 255 * index for index in range(257)])
    for index in (0, 1, 256):
        desk.set(LUTIndex=index)
        assert desk.get("LUTValue") == 65_535 - 255 * index


@_rule("5.10.2", "the table's entries are chosen by the upper 8 bits and interpolated by the others")
def _(bench: Bench) -> None:
    _small(bench.desk).set(PixelFormat=_format(bench.desk, "16"))
    _write_table(bench.desk, [4096 * (1 + index % 2) for index in range(257)])
    plain = _words(bench, GradientScene()) >> 4
    bench.desk.set(LUTEnable=1)
    found = _words(bench, GradientScene()) >> 4
    # Entries of 256 and 512 DN in turns: 16 DN up per step after an even entry, 16 DN down after an odd one.
    entry, rest = plain >> 4, plain & 0xF
    assert len(np.unique(entry)) > 16
    assert np.array_equal(found, np.where(entry % 2, 512 - 16 * rest, 256 + 16 * rest))


@_rule("5.10.2 Important", "gamma correction is disabled while the lookup table is enabled")
def _(bench: Bench) -> None:
    _small(bench.desk).set(PixelFormat=_format(bench.desk, "16"))
    plain = _words(bench, FlatScene(0.25))
    bench.desk.set(Gamma=2.0)
    assert (_words(bench, FlatScene(0.25)) > plain).all()
    bench.desk.set(LUTEnable=1)  # a straight line
    assert np.array_equal(_words(bench, FlatScene(0.25)), plain)
    assert bench.desk.attempt("Gamma", 1.5) is Status.ACCESS_DENIED


@_rule("5.11 Important", "hue or saturation away from their defaults blur a Bayer image slightly", COLOUR)
def _(bench: Bench) -> None:
    """The noise of a pixel has nothing to do with that of its neighbour until both are mixed."""
    _small(bench.desk).set(PixelFormat=_format(bench.desk, "16"), BalanceWhiteAuto="Off")
    related = []
    for settings in ({"Hue": 0.0}, {"Hue": 180.0}, {"Hue": 0.0, "Saturation": 150.0}):
        bench.desk.set(**settings)
        words = _words(bench, FlatScene(0.25))
        left, right = words[::2, ::2].ravel(), words[::2, 1::2].ravel()
        related.append(abs(float(np.corrcoef(left, right)[0, 1])))
    assert related[0] < 0.02
    assert min(related[1:]) > 0.1


@_rule("5.12.2", "the presets are the whole image, its middle and its halves")
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


@_rule("5.12.1, 5.12.3", "the custom rectangle counts from the origin of the image and needs its preset")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(Width=640, Height=480)
    assert desk.attempt("AutoFunctionsROILeft", 64) is Status.ACCESS_DENIED
    desk.set(AutoFunctionsROIPreset="AutoFunctionsROIPreset_CustomRectangle")
    desk.set(AutoFunctionsROIWidth=128, AutoFunctionsROIHeight=32, AutoFunctionsROILeft=64, AutoFunctionsROITop=8)
    assert desk.camera.measured_region() == (0, 0, 640, 480)
    desk.set(AutoFunctionsROIEnable=1)
    assert desk.camera.measured_region() == (64, 8, 128, 32)


# User sets and multi-frame


@_rule("5.13.1", "the user set Default cannot be overwritten")
def _(bench: Bench) -> None:
    bench.desk.set(UserSetSelector="Default", TriggerMode="On")
    assert bench.desk.attempt("UserSetSave") is Status.ACCESS_DENIED
    bench.desk.run("UserSetLoad")
    assert bench.desk.get("TriggerMode") == "Off"


@_rule("5.13.2, 5.13.3", "what was saved to a user set comes back with it")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(UserSetSelector="UserSet1", ExposureAuto="Off", ExposureTime=1234.0)
    desk.run("UserSetSave")
    desk.set(ExposureTime=500.0)
    desk.run("UserSetLoad")
    assert (desk.get("ExposureAuto"), desk.get("ExposureTime")) == ("Off", 1234.0)


@_rule("5.13.4", "the camera starts with the default user set")
def _(bench: Bench) -> None:
    bench.desk.set(UserSetSelector="UserSet2", UserSetDefault="UserSet2", Height=480)
    bench.desk.run("UserSetSave")
    bench.desk.set(Height=960)
    bench.desk.run("DeviceReset")
    bench.desk.camera.take_reset_request()
    assert bench.desk.get("Height") == 480


def _cycle(bench: Bench, frames: int, **settings: int) -> list[tuple[float, float]]:
    """Exposure times and gains of 5 frames; Gain is 7 dB."""
    desk = _small(bench.desk)
    for place in range(4):
        exposure, gain = 1000.0 * 2**place, 1.0 + place
        desk.set(**{f"MultiFrameSetOutputModeExposureTime{place}": exposure})
        desk.set(**{f"MultiFrameSetOutputModeGain{place}": gain})
    desk.set(MultiFrameSetOutputModeFrameCount=f"MultiFrameSetOutputModeFrameCount_{frames}Frames", Gain=7.0)
    desk.set(MultiFrameSetOutputModeEnable=1, **settings)
    desk.run("AcquisitionStart")
    return [(exposure.request.exposure_us, exposure.request.gain_db) for exposure in desk.advance(450 * MS)]


@_rule("5.14.1 to 5.14.3", "frame sets cycle through 2 or 4 exposure times at the common gain", FRAME_SETS)
def _(bench: Bench) -> None:
    assert _cycle(bench, 2) == [(1000, 7), (2000, 7), (1000, 7), (2000, 7), (1000, 7)]
    bench.desk.run("AcquisitionStop")
    bench.desk.set(MultiFrameSetOutputModeFrameCount="MultiFrameSetOutputModeFrameCount_4Frames")
    bench.desk.run("AcquisitionStart")
    exposures = bench.desk.advance(S)
    assert [exposure.request.exposure_us for exposure in exposures[:5]] == [1000, 2000, 4000, 8000, 1000]


@_rule("5.14.4, 5.14.5", "custom gains cycle with the exposure times", FRAME_SETS)
def _(bench: Bench) -> None:
    found = _cycle(bench, 4, MultiFrameSetOutputModeCustomGain=1)
    assert found == [(1000, 1), (2000, 2), (4000, 3), (8000, 4), (1000, 1)]


# Clock and actions


@_rule("5.15", "PTP is on by default, calibrates itself after it was enabled and is disabled when switched off", GIGE)
def _(bench: Bench) -> None:
    assert bench.desk.get("PtpEnable") == 1
    found = []
    for bench.desk.now, enable in ((0, 1), (2 * S, 1), (3 * S, 0), (4 * S, 1)):
        bench.desk.set(PtpEnable=enable)
        found.append(bench.desk.get("PtpStatus"))
    assert found == ["Uncalibrated", "Master", "Disabled", "Uncalibrated"]


def _at_two_seconds(bench: Bench) -> tuple[Desk, list[int]]:
    bench.desk.now = 2 * S
    return bench.desk, _actions(bench.desk)


@_rule("5.16", "actions are planned while PTP is enabled", GIGE)
def _(bench: Bench) -> None:
    desk, _times = _at_two_seconds(bench)
    desk.set(PtpEnable=0)
    assert _commit(desk, 3 * S) is Status.ACCESS_DENIED


@_rule("5.16", "action triggers are accepted with the trigger source Action0 or Any alone", GIGE)
def _(bench: Bench) -> None:
    desk = _waiting(bench.desk)
    found = {}
    for second, source in enumerate(("Action0", "Any", "Software", "Line1"), 2):
        desk.now = second * S
        desk.set(TriggerSource=source)
        _commit(desk, second * S + 500 * MS)
        found[source] = desk.starts(second * S + 999 * MS)
    assert found == {"Action0": [2_500 * MS], "Any": [3_500 * MS], "Software": [], "Line1": []}


@_rule("5.16.2", "an action scheduled to the past is performed at once", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    _commit(desk, 1)
    desk.advance(9 * S)
    assert times == [2 * S]


@_rule("5.16.2", "a repeated action that began in the past goes on without the missed ones", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    _commit(desk, 500 * MS, interval_us=400_000)  # 0.5, 0.9, 1.3, 1.7, then 2.1 s
    desk.advance(2_500 * MS)
    assert times == [2_100 * MS, 2_500 * MS]


@_rule("5.16.3, 5.16.5", "an interval of microseconds repeats the action until it is cancelled and 0 does not", GIGE)
def _(bench: Bench) -> None:
    desk, times = _at_two_seconds(bench)
    _commit(desk, 3 * S, interval_us=400_000)
    _commit(desk, 3 * S + 1)
    desk.advance(4 * S)
    desk.run("ActionSchedulerCancel")
    desk.advance(9 * S)
    assert times == [3 * S, 3 * S + 1, 3_400 * MS, 3_800 * MS]


@_rule("5.16.4", "more actions than the queue has slots are refused", GIGE)
def _(bench: Bench) -> None:
    desk, _times = _at_two_seconds(bench)
    for number in range(int(desk.get("ActionQueueSize"))):
        assert _commit(desk, 3 * S + number) is Status.SUCCESS
    assert _commit(desk, 4 * S) is Status.INVALID_PARAMETER


# Events, chunks and bandwidth


@_rule("5.17.2", "an event is sent while its notification is on", EVENTS)
def _(bench: Bench) -> None:
    desk = _listen(bench.desk, "FrameTriggerMissed")
    for desk.now, notification in ((1, "Off"), (2, "On"), (3, "Off")):
        desk.set(EventSelector="Test", EventNotification=notification)
        desk.run("TestEventGenerate")
    assert _told(desk, 9) == [2]


@_rule("5.17.3", "ExposureEnd tells when the exposure of an image was complete", EVENTS)
def _(bench: Bench) -> None:
    desk = _listen(_small(bench.desk), "ExposureEnd")
    desk.run("AcquisitionStart")
    assert _told(desk, 250 * MS) == [5 * MS, 105 * MS, 205 * MS]


@_rule("5.17.4", "FrameTriggerMissed tells of a trigger that came while no exposure could start", EVENTS)
def _(bench: Bench) -> None:
    desk = _listen(_waiting(bench.desk), "FrameTriggerMissed")
    _fire(desk, 0, 2 * MS, 200 * MS)
    assert _told(desk, 2 * S) == [2 * MS]


@_rule("5.17.5, 5.17.6", "the events of Line1 tell of its edges", EVENTS)
def _(bench: Bench) -> None:
    desk = _listen(bench.desk, "Line1FallingEdge")
    desk.camera.line1.pulses(_pulses((10, 20)))
    assert _told(desk, 30) == [20]
    desk.set(EventNotification="Off", EventSelector="Line1RisingEdge")
    desk.set(EventNotification="On")
    desk.camera.line1.pulses(_pulses((40, 50)))
    assert _told(desk, 60) == [40]


@_rule("5.18.4, 5.18.5", "the chunks hold the exposure time and the gain the image was taken with", EVENTS)
def _(bench: Bench) -> None:
    desk = _small(bench.desk)
    desk.set(Gain=6.0, ChunkSelector="ExposureTime", ChunkEnable=1)
    desk.set(ChunkSelector="Gain", ChunkEnable=1)
    desk.set(ChunkModeActive=1)
    desk.run("AcquisitionStart")
    (exposure,) = desk.advance(0)
    desk.set(ExposureTime=100.0, Gain=1.0)
    assert bytes.fromhex("40b3880000000000") in exposure.chunk_tail  # 5000.0
    assert bytes.fromhex("4018000000000000") in exposure.chunk_tail  # 6.0


@_rule("5.18.1", "chunk data follow the image while chunk mode is active alone", EVENTS)
def _(bench: Bench) -> None:
    _small(bench.desk).set(ChunkSelector="Gain", ChunkEnable=1)
    assert bench.desk.get("PayloadSize") == 307_200
    bench.desk.set(ChunkModeActive=1)
    assert int(bench.desk.get("PayloadSize")) >= 307_200 + 8 + 16  # the image's mark; the gain and its own


@_rule("5.19", "the throughput limit lowers the frame rate below the configured value while its mode is on", ZOOM)
def _(bench: Bench) -> None:
    desk = _small(bench.desk)
    desk.set(GevSCPSPacketSize=1440, DeviceLinkThroughputLimit=1_000_000)
    desk.run("AcquisitionStart")
    assert desk.starts(150 * MS) == [0, 100 * MS]
    desk.run("AcquisitionStop")
    desk.set(DeviceLinkThroughputLimitMode="On")
    desk.now = S
    desk.run("AcquisitionStart")
    # Packets of 1440 bytes carry 1404 of the image: 307 200 bytes at 975 000 byte/s.
    assert desk.starts(S + 400 * MS) == [S, S + 315_076_923]
    assert desk.get("AcquisitionFrameRate") == 10.0


def _cases() -> Iterator[object]:
    for rule in RULES:
        for model in rule.models:
            yield pytest.param(rule, model, id=f"{model}: {rule.section} {rule.sentence}")


@pytest.mark.parametrize(("rule", "model"), list(_cases()))
def test_camera_does_what_the_manual_says(bench_of: Callable[[str], Bench], rule: Rule, model: str) -> None:
    rule.check(bench_of(model))
