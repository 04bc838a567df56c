"""Whatever a client writes without having looked, it is answered and taken as the rules say, and as far as it fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from tests.property.test_camera_properties import assert_consistent

from tiscam_emu.camera.core import load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Access, Boolean, Command, Enumeration
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel

SMALL_SCALE = settings(max_examples=60, deadline=None, derandomize=True)
SENT_TO = {"GevSCDA", "GevMCDA"}
"""Addresses that nothing may be sent to are refused."""
OK, REFUSED, LOCKED, READ_ONLY = Status.SUCCESS, Status.INVALID_PARAMETER, Status.ACCESS_DENIED, Status.WRITE_PROTECT

_model = cache(load)


class Registers:
    """State: a camera's registers without its description."""

    def __init__(self, model: CameraModel, *, strict: bool = False) -> None:
        self.state = CameraState(model, CameraOptions(strict=strict))
        self.map = RegisterMap(self.state, model.layout)

    def write(self, address: int, word: int) -> Status:
        try:
            self.map.write(address, (word % 2**32).to_bytes(4, "big"))
        except RegisterError as error:
            return error.status
        return Status.SUCCESS

    def read(self, address: int) -> int:
        return int.from_bytes(self.map.read(address, 4), "big")

    def feature(self, name: str) -> BoundFeature:
        return self.state.features[name]

    def values(self) -> dict[str, object]:
        """What clients read of every feature."""
        kept = {n: f for n, f in self.state.features.items() if not f.declaration.port}
        return {name: self.state[name] for name, f in kept.items() if f.declaration.access is not Access.WO}


@cache
def _words(key: str) -> dict[int, list[BoundFeature]]:
    """The features of every 32-bit register of a model, by its address."""
    words: dict[int, list[BoundFeature]] = {}
    for feature in _model(key).features.values():
        declaration = feature.declaration
        if declaration.port or declaration.alias_of or declaration.length != 4:
            continue
        for index in _indices(feature):
            words.setdefault(feature.slot.address + index * feature.slot.stride, []).append(feature)
    return words


@cache
def _chosen(key: str) -> list[str]:
    """The names of those that can be written, and two that cannot."""
    features = [feature for fields in _words(key).values() for feature in fields]
    writable = dict.fromkeys(feature.name for feature in features if feature.declaration.access is not Access.RO)
    return [*writable, "WidthMax", "GevVersionMajor"]


def _indices(feature: BoundFeature) -> Sequence[int]:
    return feature.selector_values if feature.declaration.selected_by else (0,)


@st.composite
def _word_writes(draw: DrawFn, model: CameraModel) -> tuple[int, int]:
    """The address of a register and any word, often one that is about right."""
    words = _words(model.key)
    chosen = model.features[draw(st.sampled_from(_chosen(model.key)))]
    address = chosen.slot.address + chosen.slot.stride * draw(st.sampled_from(_indices(chosen)))
    about: list[int] = [0, 1, 2, 3, 0xFFFF_FFFF]
    for feature in words[address]:
        at, scale = feature.declaration.at, getattr(feature.declaration, "per_unit", 1)
        lsb = at.lsb if at else 0
        about += [entry.value << lsb for entry in feature.entries]
        if feature.limits:
            ends = (feature.limits.low, min(feature.limits.high, 2**31))
            about += [int(end * scale) + off << lsb for end in ends for off in (-1, 0, 1)]
    return address, draw(st.sampled_from(about) | st.integers(0, 2**32 - 1)) % 2**32


def _answer(registers: Registers, feature: BoundFeature, word: int) -> Status:
    """What a forgiving camera has to answer to a word at a register of the feature's own."""
    declaration = feature.declaration
    if declaration.access is Access.RO:
        return READ_ONLY
    if isinstance(declaration, Command) and not word:
        return OK
    if any(lock.refuses and lock.holds(registers.state) for lock in declaration.locks):
        return LOCKED
    match declaration:
        case Enumeration():
            known = word in [entry.value for entry in feature.entries]
        case Boolean():
            known = word in {0, 1}
        case Command():
            known = word == declaration.code
        case _:
            known = word != 0 or feature.name not in {"Width", "Height"}
    if feature.name == "TestPixelFormat":
        known = word in [entry.value for entry in registers.feature("PixelFormat").entries]
    return OK if known else REFUSED


def _answers(registers: Registers, fields: Sequence[BoundFeature], word: int) -> set[Status]:
    """What a forgiving camera may answer to a word at any register."""
    at = fields[0].declaration.at
    if all(field.declaration.access is Access.RO for field in fields):
        return {READ_ONLY}
    if fields[0].name in SENT_TO:
        return {OK, REFUSED}
    if len(fields) == 1 and (at is None or at.whole):
        return {_answer(registers, fields[0], word)}
    return {OK, REFUSED, LOCKED}


@SMALL_SCALE
@given(st.data())
def test_any_word_is_answered_as_the_rules_say_and_leaves_numbers_within_their_limits(data: st.DataObject) -> None:
    model = _model(data.draw(st.sampled_from(model_keys())))
    registers, words = Registers(model), _words(model.key)
    before = registers.values()
    for address, word in data.draw(st.lists(_word_writes(model), min_size=10, max_size=40)):
        expected = _answers(registers, words[address], word)
        status = registers.write(address, word)
        assert status in expected, (words[address][0].name, hex(word))
        after = registers.values()
        assert status is OK or after == before
        if after != before:
            assert_consistent(registers.state, registers.map)
        before = after
    assert_consistent(registers.state, registers.map)


@SMALL_SCALE
@given(st.data())
def test_what_a_strict_camera_accepts_means_the_same_to_every_other(data: st.DataObject) -> None:
    model = _model(data.draw(st.sampled_from(model_keys())))
    strict, forgiving = Registers(model, strict=True), Registers(model)
    for address, word in data.draw(st.lists(_word_writes(model), min_size=10, max_size=40)):
        if strict.write(address, word) is not OK:
            continue
        assert forgiving.write(address, word) is OK
        assert forgiving.values() == strict.values()
        clamped = {"OffsetX", "OffsetY"} & {feature.name for feature in _words(model.key)[address]}
        assert clamped or not forgiving.state.forgiven


@SMALL_SCALE
@given(st.data())
def test_write_that_a_lock_keeps_out_changes_nothing(data: st.DataObject) -> None:
    model = _model(data.draw(st.sampled_from(model_keys())))
    registers, words = Registers(model), _words(model.key)
    for address, word in data.draw(st.lists(_word_writes(model), min_size=10, max_size=40)):
        (feature, *others), before = words[address], registers.values()
        holding = registers.state.locks(feature.name)
        registers.state.forgiven.clear()
        status = registers.write(address, word)
        if holding and not others:
            assert registers.values() == before
            assert bool(registers.state.forgiven) is (status is OK and not _idle(feature, word))


def _idle(feature: BoundFeature, word: int) -> bool:
    return isinstance(feature.declaration, Command) and not word


LIMITING = ("Width", "Height", "OffsetX", "OffsetY", "AcquisitionFrameRate", "OffsetAutoCenter", "PixelFormat")
FACTORS = ("DecimationHorizontal", "DecimationVertical", "BinningHorizontal", "BinningVertical")
SIZES = st.integers(0, 5000) | st.sampled_from([1, 640, 1000, 2000, 2**31, 2**32 - 1])
RATES = st.integers(0, 400_000) | st.sampled_from([1, 2**32 - 1])


class Requests:
    """State: a camera, and by the book what was asked of it."""

    def __init__(self, model: CameraModel) -> None:
        self.registers = Registers(model)
        self.sensor = model.sensor
        self.asked = {name: self._read(name) for name in LIMITING[:5]}
        self.asked["AcquisitionFrameRate"] = 2**32  # at power-up, as fast as can be

    def _address(self, name: str) -> int:
        return self.registers.feature(name).slot.address

    def _read(self, name: str) -> int:
        return self.registers.read(self._address(name)) if name in self.registers.state else 1

    def write(self, name: str, word: int) -> None:
        centred = self._read("OffsetAutoCenter")
        offsets = {offset: self._read(offset) for offset in ("OffsetX", "OffsetY")}
        status = self.registers.write(self._address(name), word)
        if status is not OK:
            assert (name, word) in {("Width", 0), ("Height", 0)}
        elif name in self.asked and not (centred and name in offsets):
            self.asked[name] = word
        elif name == "OffsetAutoCenter" and centred:
            self.asked |= offsets

    def save_and_load(self) -> None:
        """By way of a user set, after which what is in effect is what was asked for."""
        for name, word in (("UserSetSelector", 1), ("UserSetSave", 2)):
            assert self.registers.write(self._address(name), word) is OK
        self.asked = {name: self._read(name) for name in self.asked}
        assert self.registers.write(self._address("UserSetLoad"), 1) is OK

    def check(self) -> None:
        """Everything asked for is in effect as far as it fits."""
        sizes = []
        for size, offset, pixels, factors in (
            ("Width", "OffsetX", self.sensor.width, FACTORS[::2]),
            ("Height", "OffsetY", self.sensor.height, FACTORS[1::2]),
        ):
            left_over = pixels // math.prod(self._read(factor) for factor in factors)
            largest = self._fitted(size, left_over, left_over)
            assert self._read(size) == self._fitted(size, self.asked[size], largest)
            left = largest - self._read(size)
            place = left // 2 if self._read("OffsetAutoCenter") else self.asked[offset]
            assert self._read(offset) == self._fitted(offset, place, left)
            sizes.append(largest)
        assert sizes == [self._read("WidthMax"), self._read("HeightMax")]
        slot = self.registers.feature("AcquisitionFrameRate").slot
        low, high = self.registers.read(slot.low_address), self.registers.read(slot.high_address)
        assert self._read("AcquisitionFrameRate") == min(max(self.asked["AcquisitionFrameRate"], low), high)

    def _fitted(self, name: str, value: int, most: int) -> int:
        limits = self.registers.feature(name).limits
        assert limits
        low, high, step = int(limits.low), min(int(limits.high), most), int(limits.step or 1)
        return low + (min(max(value, low), max(high, low)) - low) // step * step


@pytest.mark.parametrize("key", model_keys())
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_requests_are_remembered_and_take_effect_as_far_as_they_fit(key: str, data: st.DataObject) -> None:
    requests = Requests(_model(key))
    formats = [entry.value for entry in requests.registers.feature("PixelFormat").entries]
    factors = [name for name in FACTORS if name in requests.registers.state]
    steps = st.one_of(
        st.tuples(st.sampled_from(LIMITING[:4]), SIZES),
        st.tuples(st.just("AcquisitionFrameRate"), RATES),
        st.tuples(st.just("OffsetAutoCenter"), st.sampled_from([0, 0, 1])),
        st.tuples(st.just("PixelFormat"), st.sampled_from(formats)),
        st.tuples(st.sampled_from(factors), st.sampled_from([1, 2])),
        st.tuples(st.sampled_from(factors), st.sampled_from([1, 2, 3])),
        st.none(),
    )
    for step in data.draw(st.lists(steps, min_size=8, max_size=30)):
        if step is None:
            requests.save_and_load()
        else:
            requests.write(*step)
        requests.check()
