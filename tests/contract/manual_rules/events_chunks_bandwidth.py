"""Rules of the manuals: events, chunks and bandwidth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import MS, S, fire, listen, pulses, small, told, waiting
from tests.contract.manual_rules.rules import EVENTS, ZOOM, rule

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.17.2", "an event is sent while its notification is on", EVENTS)
def _(bench: Bench) -> None:
    desk = listen(bench.desk, "FrameTriggerMissed")
    for desk.now, notification in ((1, "Off"), (2, "On"), (3, "Off")):
        desk.set(EventSelector="Test", EventNotification=notification)
        desk.run("TestEventGenerate")
    assert told(desk, 9) == [2]


@rule("5.17.3", "ExposureEnd tells when the exposure of an image was complete", EVENTS)
def _(bench: Bench) -> None:
    desk = listen(small(bench.desk), "ExposureEnd")
    desk.run("AcquisitionStart")
    assert told(desk, 250 * MS) == [5 * MS, 105 * MS, 205 * MS]


@rule("5.17.4", "FrameTriggerMissed tells of a trigger that came while no exposure could start", EVENTS)
def _(bench: Bench) -> None:
    desk = listen(waiting(bench.desk), "FrameTriggerMissed")
    fire(desk, 0, 2 * MS, 200 * MS)
    assert told(desk, 2 * S) == [2 * MS]


@rule("5.17.5, 5.17.6", "the events of Line1 tell of its edges", EVENTS)
def _(bench: Bench) -> None:
    desk = listen(bench.desk, "Line1FallingEdge")
    desk.camera.line1.pulses(pulses((10, 20)))
    assert told(desk, 30) == [20]
    desk.set(EventNotification="Off", EventSelector="Line1RisingEdge")
    desk.set(EventNotification="On")
    desk.camera.line1.pulses(pulses((40, 50)))
    assert told(desk, 60) == [40]


@rule("5.18.4, 5.18.5", "the chunks hold the exposure time and the gain the image was taken with", EVENTS)
def _(bench: Bench) -> None:
    desk = small(bench.desk)
    desk.set(Gain=6.0, ChunkSelector="ExposureTime", ChunkEnable=1)
    desk.set(ChunkSelector="Gain", ChunkEnable=1)
    desk.set(ChunkModeActive=1)
    desk.run("AcquisitionStart")
    (exposure,) = desk.advance(0)
    desk.set(ExposureTime=100.0, Gain=1.0)
    assert bytes.fromhex("40b3880000000000") in exposure.chunk_tail  # 5000.0
    assert bytes.fromhex("4018000000000000") in exposure.chunk_tail  # 6.0


@rule("5.18.1", "chunk data follow the image while chunk mode is active alone", EVENTS)
def _(bench: Bench) -> None:
    small(bench.desk).set(ChunkSelector="Gain", ChunkEnable=1)
    assert bench.desk.get("PayloadSize") == 307_200
    bench.desk.set(ChunkModeActive=1)
    assert int(bench.desk.get("PayloadSize")) >= 307_200 + 8 + 16  # the image's mark; the gain and its own


@rule("5.19", "the throughput limit lowers the frame rate below the configured value while its mode is on", ZOOM)
def _(bench: Bench) -> None:
    desk = small(bench.desk)
    desk.set(GevSCPSPacketSize=1440, DeviceLinkThroughputLimit=1_000_000)
    desk.run("AcquisitionStart")
    assert desk.starts(150 * MS) == [0, 100 * MS]
    desk.run("AcquisitionStop")
    desk.set(DeviceLinkThroughputLimitMode="On")
    desk.now = S
    desk.run("AcquisitionStart")
    # 219 packets with 1404 bytes of the image, leader and trailer: 315 208 bytes, and 3 % more time than they take.
    assert desk.starts(S + 400 * MS) == [S, S + 324_664_240]
    assert desk.get("AcquisitionFrameRate") == 10.0
