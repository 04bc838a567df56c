"""Rules of the manuals: trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import MS, SIGNAL_TIMES, US, S, fire, locked, pulses, small, waiting
from tests.contract.manual_rules.rules import PREGIUS, USB, ZOOM, rule

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.5.2", "the polarity chooses the edge of the input that triggers")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.camera.line1.pulses(pulses((10 * MS, 100 * MS)))
    assert desk.starts(200 * MS) == [10 * MS]
    desk.set(TriggerActivation="FallingEdge")
    desk.camera.line1.pulses(pulses((300 * MS, 400 * MS)))
    assert desk.starts(S) == [400 * MS]


@rule("5.5.3", "a software trigger exposes one image")
def _(bench: Bench) -> None:
    assert fire(waiting(bench.desk), 5 * MS) == [5 * MS]


@rule("5.5.4", "a trigger takes as many images as the burst count says, as fast as the settings allow")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk)
    desk.set(AcquisitionBurstFrameCount=3)
    assert fire(desk, 7) == [7, 100 * MS + 7, 200 * MS + 7]


@rule("5.5.5", "triggers are accepted from the chosen source alone")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk)
    found = {}
    for begin, source in enumerate(("Any", "Line1", "Software")):
        desk.set(TriggerSource=source)
        desk.camera.line1.pulses(pulses((begin * S + 100 * MS, begin * S + 101 * MS)))
        starts = desk.starts(begin * S + 500 * MS)
        desk.run("TriggerSoftware")
        found[source] = [(at - begin * S) // MS for at in starts + desk.starts(begin * S + 999 * MS)]
    assert found == {"Any": [100, 500], "Line1": [100], "Software": [500]}


@rule("5.5.6 Important", "low-latency mode forces the trigger overlap off", PREGIUS)
def _(bench: Bench) -> None:
    bench.desk.set(TriggerOverlap="Readout", IMXLowLatencyTriggerMode=1)
    assert bench.desk.get("TriggerOverlap") == "Off"
    assert locked(bench.desk, "TriggerOverlap", "Readout")


@rule("5.5.6", "in low-latency mode exactly the trigger delay lies between trigger and exposure", PREGIUS)
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.set(TriggerDelay=1500.0)
    desk.camera.line1.pulses(pulses((10 * MS, 11 * MS), (200 * MS, 201 * MS)))
    assert desk.starts(S) == [11_500 * US, 201_500 * US]


@rule("5.5.6", "without low-latency mode a random time is added to the delay", PREGIUS)
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.set(IMXLowLatencyTriggerMode=0, TriggerDelay=1500.0)
    times = range(0, 2 * S, 200 * MS)
    desk.camera.line1.pulses(pulses(*((at, at + MS) for at in times)))
    added = [start - at - 1500 * US for start, at in zip(desk.starts(2 * S), times, strict=True)]
    assert min(added) >= 0
    assert len(set(added)) == 10


@rule("5.5.7", "without overlap a trigger is accepted once the previous frame has been read out", ZOOM)
def _(bench: Bench) -> None:
    assert fire(waiting(bench.desk), 0, 7_359_999, 7_360_000) == [0, 7_360_000]  # 5 ms and 440 us + 480 x 4 us


@rule("5.5.7", "overlap accepts a trigger when less readout is left than the exposure takes", ZOOM)
def _(bench: Bench) -> None:
    desk = waiting(bench.desk)
    desk.set(IMXLowLatencyTriggerMode=0, TriggerOverlap="Readout", ExposureTime=1000.0)
    desk.run("TriggerSoftware")
    (first,) = desk.starts(MS)
    for desk.now in (first + 2_360_000, first + 2_360_001):  # 1 ms is left, and less than that
        desk.run("TriggerSoftware")
    assert len(desk.starts(S)) == 1
    assert desk.camera.state.triggers.missed == 1


@rule("5.5.8", "the trigger delay holds for the input and not for software triggers")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk)
    desk.set(TriggerDelay=1500.0)
    desk.camera.line1.pulses(pulses((10 * MS, 11 * MS)))
    assert desk.starts(100 * MS) == [11_500 * US]
    assert fire(desk, 200 * MS) == [200 * MS]


@rule("5.6", "all times against bad trigger signals are 0 by default")
def _(bench: Bench) -> None:
    assert [bench.desk.get(name) for name in SIGNAL_TIMES] == [0.0] * 4


@rule("5.6.1", "the input has to be low for the debounce time before the next trigger")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.set(TriggerDebouncer=50_000.0)
    desk.camera.line1.pulses(pulses((100 * MS, 200 * MS), (250 * MS - 1, 300 * MS), (350 * MS, 400 * MS)))
    assert desk.starts(S) == [100 * MS, 350 * MS]


@rule("5.6.2", "pulses are ignored for the mask time after an accepted trigger")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.set(TriggerMask=100_000.0)
    desk.camera.line1.pulses(pulses((0, MS), (100 * MS - 9, 100 * MS - 8), (100 * MS, 101 * MS)))
    assert desk.starts(S) == [0, 100 * MS]


@rule("5.6.3", "the input has to be active for the noise suppression time")
def _(bench: Bench) -> None:
    desk = waiting(bench.desk, "Line1")
    desk.set(TriggerDenoise=3000.0)
    desk.camera.line1.pulses(pulses((0, 3 * MS - 1), (100 * MS, 103 * MS)))
    assert desk.starts(S) == [103 * MS]


@rule("5.4.4 (38UX267)", "with ExposureActive the pulse is the exposure", USB)
def _(bench: Bench) -> None:
    desk = bench.desk
    small(desk).set(TriggerMode="On", TriggerSelector="ExposureActive", IMXLowLatencyTriggerMode=1)
    desk.run("AcquisitionStart")
    desk.camera.line1.pulses(pulses((10 * MS, 13_456_789)))
    (exposure,) = desk.advance(S)
    assert (exposure.start_ns, exposure.request.exposure_us) == (10 * MS, 3456.789)
