"""Whatever comes on the line and whatever is set, it does not matter how often somebody looks."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.writing import write_feature

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.camera.notices import ExposureEnded, ExposureOpened, LineChanged, OutputChanged, TriggerMissed
from tiscam_emu.errors import RegisterError
from tiscam_emu.features.kinds import Enumeration, Value
from tiscam_emu.spec.model import CameraModel

SMALL_SCALE = settings(max_examples=80, deadline=None, derandomize=True)
MODELS = ("39GX265-Z20", "38UX267", "33GP1300")
END_US = 100_000
KINDS = (ExposureOpened, ExposureEnded, TriggerMissed, LineChanged, OutputChanged)

_model = cache(load)
START: tuple[tuple[str, Value], ...] = (
    ("ExposureAuto", "Off"),
    ("GainAuto", "Off"),
    ("Width", 640),
    ("Height", 480),
    ("ExposureTime", 1500.0),
    ("TriggerMode", "On"),
    ("AcquisitionStart", 1),
)
CHOICES: dict[str, tuple[Value, ...]] = {
    "AcquisitionBurstFrameCount": (1, 1, 3),
    "AcquisitionBurstInterval": (0, 0, 7000),
    "AcquisitionFrameRate": (25.0, 200.0),
    "AcquisitionMode": ("Continuous", "SingleFrame"),
    "AcquisitionStart": (1,),
    "AcquisitionStop": (1,),
    "ExposureTime": (100.0, 2000.0, 9000.0),
    "GPOut": (0, 1),
    "IMXLowLatencyTriggerMode": (0, 1),
    "MultiFrameSetOutputModeEnable": (0, 1),
    "MultiFrameSetOutputModeExposureTime0": (50.0, 8000.0),
    "MultiFrameSetOutputModeExposureTime1": (50.0, 8000.0),
    "StrobeDelay": (0, 700),
    "StrobeDuration": (0, 900, 12_000),
    "StrobeEnable": ("Off", "On"),
    "StrobeOperation": ("Exposure", "FixedDuration"),
    "StrobePolarity": ("ActiveHigh", "ActiveLow"),
    "TriggerActivation": ("RisingEdge", "FallingEdge"),
    "TriggerDebouncer": (0.0, 300.0),
    "TriggerDelay": (0.0, 0.0, 2500.0),
    "TriggerDenoise": (0.0, 0.0, 400.0),
    "TriggerMask": (0.0, 5000.0),
    "TriggerMode": ("Off", "On", "On"),
    "TriggerOverlap": ("Off", "Readout"),
    "TriggerSelector": ("FrameStart", "ExposureActive"),
    "TriggerSoftware": (1,),
    "TriggerSource": ("Any", "Line1", "Software"),
}
TIMES = st.integers(0, END_US - 1)
WRITES = st.sampled_from([(name, value) for name, values in CHOICES.items() for value in values])
SETTINGS = st.lists(WRITES, max_size=12)
LATER = st.lists(st.tuples(TIMES, WRITES), max_size=12)
EDGES = st.lists(st.tuples(TIMES, st.booleans()), max_size=40)


class Bench:
    """State: a camera, what it has told, and the exposures it has handed out."""

    def __init__(self, model: CameraModel) -> None:
        self.camera = Camera(model)
        self.exposures: list[Exposure] = []
        self.told: list[object] = []
        for kind in KINDS:
            self.camera.state.notices.subscribe(kind, self.told.append, urgent=lambda: True)

    def write(self, name: str, value: Value, now: int) -> None:
        feature = self.camera.model.features.get(name)
        if feature is None:
            return
        if isinstance(feature.declaration, Enumeration):
            numbers = {entry.name: entry.value for entry in feature.entries}
            if value not in numbers:
                return
            value = numbers[str(value)]
        with contextlib.suppress(RegisterError):
            write_feature(self.camera, feature, value, now)

    def look(self, now: int) -> None:
        self.exposures += self.camera.advance(now)


def _played(
    model: str,
    before: Sequence[tuple[str, Value]],
    later: Sequence[tuple[int, tuple[str, Value]]],
    edges: Sequence[tuple[int, bool]],
    looks: Sequence[int] = (),
    *,
    by_wakeup: bool = False,
) -> Bench:
    """A tenth of a second with these writes and edges (microseconds), and looks in between."""
    bench = Bench(_model(model))
    for name, value in (*START[:-1], *before, START[-1]):
        bench.write(name, value, 0)
    bench.camera.line1.pulses([(time_us * 1000, high) for time_us, high in edges])
    steps: list[tuple[int, tuple[str, Value] | None]] = [*later, *((time_us, None) for time_us in looks)]
    for time_us, write in [*sorted(steps, key=lambda step: step[0]), (END_US, None)]:
        now = time_us * 1000
        while by_wakeup and (wakeup := bench.camera.next_wakeup()) is not None and wakeup < now:
            bench.look(max(wakeup, bench.camera.state.now))
        if write is None:
            bench.look(now)
        else:
            bench.write(*write, now)
    bench.look(END_US * 1000)
    return bench


@SMALL_SCALE
@given(st.sampled_from(MODELS), SETTINGS, LATER, EDGES, st.lists(TIMES, max_size=60))
def test_one_big_step_gives_what_many_small_ones_give(
    model: str,
    before: list[tuple[str, Value]],
    later: list[tuple[int, tuple[str, Value]]],
    edges: list[tuple[int, bool]],
    looks: list[int],
) -> None:
    once, often = _played(model, before, later, edges), _played(model, before, later, edges, looks)
    assert often.exposures == once.exposures
    assert often.told == once.told
    assert often.camera.output_edges == once.camera.output_edges


@SMALL_SCALE
@given(st.sampled_from(MODELS), SETTINGS, LATER, EDGES)
def test_who_comes_back_at_each_wakeup_misses_nothing(
    model: str,
    before: list[tuple[str, Value]],
    later: list[tuple[int, tuple[str, Value]]],
    edges: list[tuple[int, bool]],
) -> None:
    once, woken = _played(model, before, later, edges), _played(model, before, later, edges, by_wakeup=True)
    assert woken.exposures == once.exposures
    assert woken.told == once.told


@SMALL_SCALE
@given(st.sampled_from(MODELS), SETTINGS, LATER, EDGES)
def test_exposures_and_readouts_never_overlap_on_the_sensor(
    model: str,
    before: list[tuple[str, Value]],
    later: list[tuple[int, tuple[str, Value]]],
    edges: list[tuple[int, bool]],
) -> None:
    bench = _played(model, before, later, edges)
    for first, second in pairwise(bench.exposures):
        assert second.start_ns >= first.exposed_ns
        assert second.exposed_ns >= first.end_ns
        assert second.request.frame_id == first.request.frame_id + 1


@SMALL_SCALE
@given(st.sampled_from(MODELS), SETTINGS, LATER, EDGES)
def test_edges_and_notices_come_in_order_and_levels_take_turns(
    model: str,
    before: list[tuple[str, Value]],
    later: list[tuple[int, tuple[str, Value]]],
    edges: list[tuple[int, bool]],
) -> None:
    bench = _played(model, before, later, edges)
    times = [notice.at_ns for notice in bench.told if isinstance(notice, KINDS)]
    assert times == sorted(times)
    for kind in (LineChanged, OutputChanged):
        levels = [notice.high for notice in bench.told if isinstance(notice, kind)]
        assert levels == [number % 2 == 0 for number in range(len(levels))]
    triggers = bench.camera.state.triggers
    assert triggers.missed == sum(isinstance(notice, TriggerMissed) for notice in bench.told)
