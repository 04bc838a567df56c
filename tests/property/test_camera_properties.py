"""Whatever a client writes, and whenever somebody looks, the camera stays consistent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from tests.property.writing import write_feature

from tiscam_emu.camera.core import Camera, frame_request, load
from tiscam_emu.camera.faces import Face
from tiscam_emu.camera.imaging.schedule import AcquisitionSchedule, Exposure
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import RegisterError
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Access, Command, Enumeration, Float, Integer, Register, Value
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import NS_PER_MS

SMALL_SCALE = settings(max_examples=60, deadline=None, derandomize=True)

_model = cache(load)


class Registers:
    """State: a camera's registers without its description, which takes longer to build than all else."""

    def __init__(self, model: CameraModel) -> None:
        self.state = CameraState(model, CameraOptions())
        self.map = RegisterMap(self.state, model.layout)

    def write(self, address: int, data: bytes) -> bool:
        try:
            self.map.write(address, data)
        except RegisterError:
            return False
        return True


@st.composite
def writes(draw: DrawFn, model: CameraModel) -> tuple[int, bytes]:
    """An address of a value, now and then off it, and bytes that mean something there or nothing."""
    feature = model.features[draw(st.sampled_from([n for n, f in model.features.items() if not f.declaration.port]))]
    declaration, slot = feature.declaration, feature.slot
    address = slot.address + slot.stride * draw(st.integers(0, slot.count))
    length = (slot.length + 3) // 4 * 4
    match declaration:
        case Integer() if feature.limits:
            low, high = int(feature.limits.low), int(min(feature.limits.high, 2**31))
            meant: st.SearchStrategy[Value] = st.integers(low, high) | st.sampled_from([low, high])
        case Float() if feature.limits:
            least, most = feature.limits.low, min(feature.limits.high, 2**31 / declaration.per_unit)
            meant = st.floats(least, most) | st.sampled_from([least, most])
        case Command():
            meant = st.sampled_from([0, declaration.code])
        case Enumeration():
            meant = st.sampled_from([entry.value for entry in feature.entries])
        case Register():
            return address, draw(st.binary(min_size=4, max_size=64)).ljust(64, b"\0")[: draw(st.integers(1, 16)) * 4]
        case _:
            meant = st.sampled_from([0, 1]) if slot.length == 4 else st.just("text")
    raw = st.binary(min_size=length, max_size=length)
    if draw(st.integers(0, 5)) == 0:
        return address, draw(raw)
    data = encode(feature, draw(meant))
    return address, data


def assert_consistent(state: CameraState, registers: RegisterMap | Face) -> None:
    """Numbers lie within their live limits and on their steps, and every register holds what the camera goes by."""
    for compute, remembered in list(state.derived.items()):
        known = compute(state) if callable(compute) else state.limits(compute).fit(state.stored(compute))
        assert known == remembered, compute
    for name, feature in state.features.items():
        declaration = feature.declaration
        if declaration.port or declaration.access is Access.WO or isinstance(declaration, Command):
            continue
        for index in feature.selector_values if declaration.selected_by else range(1):
            value = state.value(name, index)
            if isinstance(value, int | float) and feature.limits and not declaration.alias_of:
                limits = state.limits(name)
                assert limits.low <= limits.high, name
                assert limits.holds(value), (name, value, limits)
            if isinstance(declaration, Enumeration):
                assert value in [entry.value for entry in feature.entries], name
            assert _register(registers, state.features, name, index) == encode(feature, value), name


def _register(registers: RegisterMap | Face, features: Mapping[str, BoundFeature], name: str, index: int) -> bytes:
    """What the register of a feature holds, or the bits that it has of one."""
    feature = features[name]
    declaration = features[feature.declaration.alias_of or name].declaration
    length = (feature.declaration.length + 3) // 4 * 4
    data = registers.read(feature.slot.address + index * feature.slot.stride, length)
    if declaration.at is None or declaration.length != 4:
        return data
    at = declaration.at
    word = int.from_bytes(data, "big") >> at.lsb & (1 << at.msb - at.lsb + 1) - 1
    return word.to_bytes(4, "big")


@SMALL_SCALE
@given(st.data())
def test_any_writes_leave_every_number_within_its_limits_and_every_read_true(data: st.DataObject) -> None:
    model = _model(data.draw(st.sampled_from(model_keys())))
    registers = Registers(model)
    for address, content in data.draw(st.lists(writes(model), min_size=1, max_size=25)):
        registers.write(address, content)
        fresh = registers.state
        assert fresh["Width"] + fresh["OffsetX"] <= fresh["WidthMax"]
        assert fresh["Height"] + fresh["OffsetY"] <= fresh["HeightMax"]
        assert fresh.readout_mode in model.readout_modes
    assert_consistent(registers.state, registers.map)


@SMALL_SCALE
@given(st.data())
def test_refused_write_changes_no_readable_register(data: st.DataObject) -> None:
    model = _model(data.draw(st.sampled_from(model_keys())))
    registers = Registers(model)
    for address, content in data.draw(st.lists(writes(model), min_size=1, max_size=25)):
        before = _values(registers.state)
        if not registers.write(address, content):
            assert _values(registers.state) == before


def _values(state: CameraState) -> dict[str, tuple[object, ...]]:
    kept = {n: f for n, f in state.features.items() if not f.declaration.port and not f.declaration.alias_of}
    return {name: (state[name], *state.every(name)) for name in kept}


@SMALL_SCALE
@given(st.integers(0, 2**32 - 1), st.binary(min_size=0, max_size=64))
def test_no_address_and_no_content_raises_anything_but_a_register_error(address: int, content: bytes) -> None:
    registers = _registers()
    with contextlib.suppress(RegisterError):
        registers.map.read(address, len(content))
    with contextlib.suppress(RegisterError):
        registers.map.write(address, content)


@cache
def _registers() -> Registers:
    return Registers(_model("39GX265-Z20"))


SMALL_FRAMES: tuple[tuple[str, Value], ...] = (("ExposureAuto", 0), ("Width", 640), ("Height", 480))
ACTIONS: tuple[tuple[tuple[str, Value], ...], ...] = (
    (("AcquisitionStart", 1),),
    (("AcquisitionStart", 1),),
    (("AcquisitionStop", 1),),
    (("TriggerSoftware", 1),),
    (("TriggerSoftware", 1),),
    (("TriggerMode", 1),),
    (("TriggerMode", 0),),
    (("TriggerOverlap", 1),),
    (("AcquisitionMode", 2), ("AcquisitionFrameCount", 3)),
    (("AcquisitionMode", 0),),
    (("ExposureTime", 50_000.0),),
    (("ExposureTime", 100.0),),
    (("AcquisitionFrameRate", 7.0),),
    (("AcquisitionFrameRate", 60.0),),
    (("TimestampReset", 1),),
)
Event = tuple[int, int]
EVENTS = st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, len(ACTIONS) - 1)), max_size=15)


def _played(events: Sequence[Event], looks_us: Sequence[int], *, by_wakeup: bool = False) -> list[Exposure]:
    """The exposures of half a second of writes at their times (microseconds), with looks in between."""
    state = CameraState(_model("39GX265-Z20"), CameraOptions())
    for name, value in SMALL_FRAMES:
        state.write(name, value)
    schedule = AcquisitionSchedule(state, frame_request)
    opened: list[Exposure] = []

    def look(now: int) -> None:
        state.now = now
        opened.extend(schedule.advance(now))

    def sleep(until: int) -> None:
        while by_wakeup and (wakeup := schedule.next_wakeup()) is not None and wakeup < until:
            look(wakeup)

    steps: list[tuple[int, int, int]] = [(time, 0, action) for time, action in events]
    steps += [(time, 1, 0) for time in looks_us]
    for time_us, kind, action in sorted(steps, key=lambda step: step[0]):
        now = time_us * 1000
        sleep(now)
        look(now)
        for name, value in ACTIONS[action] if kind == 0 else ():
            try:
                state.write(name, value)
            except RegisterError:
                continue
    sleep(500 * NS_PER_MS)
    look(500 * NS_PER_MS)
    return opened


@SMALL_SCALE
@given(EVENTS, st.lists(st.integers(0, 400_000), max_size=40))
def test_one_big_step_gives_the_exposures_of_many_small_ones(events: list[Event], looks_us: list[int]) -> None:
    assert _played(events, looks_us) == _played(events, [])


@SMALL_SCALE
@given(EVENTS)
def test_who_comes_back_at_each_wakeup_misses_nothing(events: list[Event]) -> None:
    assert _played(events, [], by_wakeup=True) == _played(events, [])


@SMALL_SCALE
@given(EVENTS)
def test_exposures_never_overlap_on_the_sensor(events: list[Event]) -> None:
    exposures = _played(events, [])
    for before, after in pairwise(exposures):
        assert after.start_ns >= before.exposed_ns
        assert after.request.frame_id == before.request.frame_id + 1
        assert before.start_ns <= before.exposed_ns <= before.ready_ns <= before.end_ns


@settings(max_examples=10, deadline=None, derandomize=True)
@given(EVENTS)
def test_camera_opens_what_its_schedule_opens(events: list[Event]) -> None:
    camera = Camera(_model("39GX265-Z20"))

    def write(name: str, value: Value, now: int) -> None:
        with contextlib.suppress(RegisterError):
            write_feature(camera, camera.model.features[name], value, now)

    for name, value in SMALL_FRAMES:
        write(name, value, 0)
    for time_us, action in sorted(events, key=lambda event: event[0]):
        for name, value in ACTIONS[action]:
            write(name, value, time_us * 1000)
    assert camera.advance(500 * NS_PER_MS) == _played(events, [])
