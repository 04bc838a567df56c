"""Every feature of every model, seen by the reference implementation of GenICam and on the raw register.

The parameters come from the declarations: a new feature is tested as soon as it is declared. The judge of the XML is
`genicam.genapi`, which shares no code with this package. Cameras are as users get them, forgiving; what is refused by
strict ones alone is written to one of each.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from lxml import etree
from tests.contract.cameras import KEYS as CAMERAS
from tests.contract.cameras import load
from tests.contract.node_map import KEYS, NodeBench, genapi, takeable

from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import decode
from tiscam_emu.features.kinds import (
    Access,
    Boolean,
    Command,
    Enumeration,
    Feature,
    Float,
    Integer,
    Value,
)

SCHEMA = os.environ.get("TISCAM_EMU_GENAPI_XSD", "")
"""The EMVA's GenApi schema 1.1, which its licence keeps out of this project: the XML is validated if it is named."""

REFUSED: dict[str, tuple[int, ...]] = {
    "GevMCDA": (0x0808_0808,),
    "GevSCDA": (0x0808_0808,),
    "TestPixelFormat": (0x0108_0002,),
}
"""Values inside the limits that are refused all the same."""
READ_AS: dict[tuple[str, Value], Value] = {("GevHeartbeatTimeout", 0): 500}
"""What is read where it is not what was written."""


@cache
def _bench(model: str, *, strict: bool) -> NodeBench:
    return NodeBench(model, strict=strict)


@pytest.fixture
def bench(model: str) -> Iterator[NodeBench]:
    bench = _bench(model, strict=False)
    yield bench
    bench.power_up()


@pytest.fixture
def strict_bench(model: str) -> Iterator[NodeBench]:
    bench = _bench(model, strict=True)
    yield bench
    bench.power_up()


def _features(wanted: Callable[[Feature], bool]) -> list[object]:
    return [
        pytest.param(key, name, id=f"{key}-{name}")
        for key in CAMERAS
        for name, feature in load(key).features.items()
        if wanted(feature.declaration)
    ]


def _in_registers(declaration: Feature) -> bool:
    return declaration.port is None


def _writable(declaration: Feature) -> bool:
    return _in_registers(declaration) and declaration.access is not Access.RO


def _lowest_bit(declaration: Feature) -> int:
    return 1 << declaration.at.lsb if declaration.at and declaration.length == 4 else 1


def _outside(bench: NodeBench, name: str) -> list[tuple[int | float, int | float]]:
    """Register values just outside the live limits, off the increment or as far off as can be, with their meaning."""
    feature = bench.camera.model.features[name]
    limits, possible = bench.camera.state.limits(name), bench.raw_range(name)
    if isinstance(feature.declaration, Float) and feature.declaration.double:
        beyond = [math.nextafter(limits.low, -math.inf), math.nextafter(limits.high, math.inf)]
        return [(value, value) for value in beyond if math.isfinite(value)]
    if isinstance(feature.declaration, Float):
        low, high = feature.to_raw(limits.low), feature.to_raw(limits.high)
        return [(raw, feature.from_raw(raw)) for raw in (low - 1, high + 1, possible[-1]) if raw in possible]
    values = [int(limits.low) - 1, int(limits.high) + 1, possible[-1]]
    if limits.step and limits.step > 1:
        values.append(int(limits.low) + 1)
    return [(value, value) for value in values if value in possible and not limits.holds(value)]


def _raw(feature: BoundFeature, number: int | float) -> bytes:
    """A register value as bytes."""
    if isinstance(number, float):
        return struct.pack(">d", number)
    signed = isinstance(feature.declaration, Integer | Float) and feature.declaration.signed
    return number.to_bytes(feature.declaration.length, "big", signed=signed)


@pytest.mark.parametrize("model", CAMERAS)
def test_reference_parser_loads_the_xml_and_its_formulas(bench: NodeBench) -> None:
    bench.nodes.parse_swiss_knives()
    names = {node.node.name for node in bench.nodes.nodes}
    assert set(bench.camera.model.features) <= names
    if SCHEMA:
        etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.fromstring(bench.camera.xml))


@pytest.mark.parametrize("model", CAMERAS)
def test_every_implemented_node_reads(bench: NodeBench) -> None:
    readable = {genapi.EAccessMode.RO, genapi.EAccessMode.RW}
    read = 0
    for node in bench.nodes.nodes:
        if isinstance(node, genapi.ICategory | genapi.IPort) or node.get_access_mode() not in readable:
            continue
        if isinstance(node, genapi.IRegister) and not isinstance(node, genapi.IString):
            assert len(node.get(node.length)) == node.length
        elif hasattr(node, "to_string"):
            node.to_string()
        read += 1
    assert read > len(bench.camera.model.features)


@pytest.mark.parametrize("model", CAMERAS)
def test_root_leads_to_every_feature_but_the_hidden_ones(bench: NodeBench) -> None:
    reached = [node.node.name for category in bench.nodes.Root.features for node in _shown_in(category)]
    shown = [name for name, f in bench.camera.model.features.items() if not f.hidden]
    assert sorted(reached) == sorted(shown)


def _shown_in(category: Any) -> Iterator[Any]:
    for node in category.features:
        if isinstance(node, genapi.ICategory):
            yield from _shown_in(node)
        else:
            yield node


@pytest.mark.parametrize("model", CAMERAS)
def test_every_lock_of_the_model_has_its_key_in_this_test(bench: NodeBench) -> None:
    assert set(bench.camera.model.layout.locks) == set(KEYS)


@pytest.mark.parametrize(("model", "name"), _features(lambda d: _in_registers(d) and d.access is not Access.WO))
def test_client_reads_what_the_camera_holds(bench: NodeBench, name: str) -> None:
    if isinstance(bench.declaration(name), Command):
        assert bench.nodes.get_node(name).is_done()
    else:
        assert bench.read(name) == bench.held(name)


@pytest.mark.parametrize(
    ("model", "name"),
    _features(lambda d: isinstance(d, Integer | Float) and _in_registers(d) and d.access is not Access.WO),
)
def test_client_sees_the_live_limits(bench: NodeBench, name: str) -> None:
    node, limits = bench.nodes.get_node(name), bench.camera.state.limits(name)
    assert (node.min, node.max) == (limits.low, limits.high)
    if isinstance(bench.declaration(name), Integer):
        assert node.inc == limits.step or limits.step is None
    assert limits.low <= node.value <= limits.high


@pytest.mark.parametrize(("model", "name"), _features(lambda d: d.port is not None and d.port.kind != "host"))
def test_data_of_events_and_chunks_cannot_be_reached_through_registers(bench: NodeBench, name: str) -> None:
    assert bench.nodes.get_node(name).get_access_mode() in {genapi.EAccessMode.NI, genapi.EAccessMode.NA}


@pytest.mark.parametrize(("model", "name"), _features(_writable))
def test_client_writes_every_value_there_is_and_reads_it_back(
    bench: NodeBench, strict_bench: NodeBench, name: str
) -> None:
    for camera in (bench, strict_bench):
        camera.unlock(name)
        readable = camera.declaration(name).access is not Access.WO
        for value in takeable(camera, name):
            camera.write(name, value)
            if readable and not isinstance(camera.declaration(name), Command):
                assert camera.read(name) == READ_AS.get((name, value), value)
    assert not bench.camera.take_forgiven()


@pytest.mark.parametrize(("model", "name"), _features(_writable))
def test_register_takes_every_value_there_is(bench: NodeBench, strict_bench: NodeBench, name: str) -> None:
    for camera in (bench, strict_bench):
        camera.unlock(name)
        for value in takeable(camera, name):
            assert camera.write_register(name, value) is Status.SUCCESS
    assert not bench.camera.take_forgiven()


NUMBERS = _features(lambda d: _writable(d) and isinstance(d, Integer | Float) and not d.alias_of)


@pytest.mark.parametrize(("model", "name"), NUMBERS)
def test_number_outside_its_limits_is_refused_by_client_and_strict_camera(strict_bench: NodeBench, name: str) -> None:
    bench, feature = strict_bench, strict_bench.camera.model.features[name]
    bench.unlock(name)
    readable = feature.declaration.access is not Access.WO
    before = bench.register(name) if readable else b""
    for raw, value in _outside(bench, name):
        if getattr(feature.declaration, "clamps", False) and bench.camera.state.widest_limits(name).holds(value):
            continue
        off_step = getattr(feature.declaration, "words", False) and raw % 4
        expected = Status.BAD_ALIGNMENT if off_step else Status.INVALID_PARAMETER
        assert bench.write_raw(name, _raw(feature, raw)) is expected
        if value < 1 << 63:  # the client's integers are signed
            with pytest.raises(genapi.OutOfRangeException):
                bench.write(name, value)
    assert not readable or bench.register(name) == before


@pytest.mark.parametrize(("model", "name"), NUMBERS)
def test_number_outside_its_limits_becomes_the_nearest_below_or_the_least(bench: NodeBench, name: str) -> None:
    feature = bench.camera.model.features[name]
    bench.unlock(name)
    for raw, value in () if name in REFUSED else _outside(bench, name):
        if value == 0 and name in {"Width", "Height"}:
            continue
        fitted = bench.camera.state.limits(name).fit(value)
        assert bench.write_raw(name, _raw(feature, raw)) is Status.SUCCESS
        (mistake,) = bench.camera.take_forgiven()
        assert mistake.status is Status.INVALID_PARAMETER
        if feature.declaration.access is not Access.WO:
            assert bench.held(name) == READ_AS.get((name, fitted), fitted)


@pytest.mark.parametrize("name", ["Width", "Height"])
@pytest.mark.parametrize("model", CAMERAS)
def test_picture_of_size_0_is_refused(bench: NodeBench, strict_bench: NodeBench, name: str) -> None:
    for camera in (bench, strict_bench):
        before = camera.read(name)
        assert camera.write_register(name, 0) is Status.INVALID_PARAMETER
        assert camera.read(name) == before


@pytest.mark.parametrize(("model", "name"), _features(lambda d: d.name in REFUSED))
def test_value_that_means_nothing_is_refused_although_it_is_within_the_limits(
    bench: NodeBench, strict_bench: NodeBench, name: str
) -> None:
    for camera in (bench, strict_bench):
        before = camera.register(name)
        for value in REFUSED[name]:
            assert camera.write_register(name, value) is Status.INVALID_PARAMETER
            with pytest.raises((genapi.OutOfRangeException, RegisterError)):
                camera.write(name, value)
        assert camera.register(name) == before


@pytest.mark.parametrize(("model", "name"), _features(lambda d: _writable(d) and isinstance(d, Enumeration)))
def test_value_that_is_no_entry_is_refused_by_client_and_camera(
    bench: NodeBench, strict_bench: NodeBench, name: str
) -> None:
    for camera in (bench, strict_bench):
        camera.unlock(name)
        entries = [entry.value for entry in camera.camera.model.features[name].entries]
        foreign = next(value for value in range(len(entries) + 1) if value not in entries)
        before = camera.register(name)
        if foreign in camera.raw_range(name):
            assert camera.write_register(name, foreign) is Status.INVALID_PARAMETER
        with pytest.raises(genapi.GenericException):
            camera.write(name, foreign)
        with pytest.raises(genapi.GenericException):
            camera.nodes.get_node(name).from_string("NoSuchEntry")
        assert camera.register(name) == before


@pytest.mark.parametrize(
    ("model", "name"),
    _features(lambda d: _writable(d) and isinstance(d, Boolean | Command) and (d.at is None or d.at.whole)),
)
def test_switch_or_command_that_is_neither_0_nor_a_code_is_refused(
    bench: NodeBench, strict_bench: NodeBench, name: str
) -> None:
    for camera in (bench, strict_bench):
        camera.unlock(name)
        for value in (7, 0x0100_0000, 0xFFFF_FFFF):
            assert camera.write_raw(name, value.to_bytes(4, "big")) is Status.INVALID_PARAMETER


@pytest.mark.parametrize(("model", "name"), _features(lambda d: _in_registers(d) and d.access is Access.RO))
def test_read_only_feature_is_refused_by_client_and_camera(bench: NodeBench, name: str) -> None:
    before, value = bench.register(name), bench.camera.state[name]
    slot = bench.camera.model.features[name].slot
    other = int.from_bytes(before, "big") ^ _lowest_bit(bench.declaration(name))
    fields = [f.declaration for f in bench.camera.model.features.values() if f.declaration.at]
    beside = [d for d in fields if d.at and bench.declaration(name).at and d.at.address == slot.address]
    shared = any(declaration.access is not Access.RO for declaration in beside)
    status = bench.write_bytes(slot.address, other.to_bytes(len(before), "big"))
    assert status is (Status.SUCCESS if shared else Status.WRITE_PROTECT)
    assert bench.camera.state[name] == value
    with pytest.raises(genapi.AccessException):
        bench.write(name, bench.read(name))


@pytest.mark.parametrize(("model", "name"), _features(lambda d: d.access is Access.WO))
def test_write_only_feature_cannot_be_read(bench: NodeBench, name: str) -> None:
    bench.unlock(name)
    with pytest.raises(RegisterError) as caught:
        bench.register(name)
    assert caught.value.status is Status.ACCESS_DENIED
    assert bench.nodes.get_node(name).get_access_mode() == genapi.EAccessMode.WO


@pytest.mark.parametrize(("model", "name"), _features(lambda d: bool(d.locks)))
def test_feature_reads_as_locked_exactly_while_the_camera_does_not_take_a_write(
    bench: NodeBench, strict_bench: NodeBench, name: str
) -> None:
    """Strict cameras refuse it, others ignore it where the lock comes from another feature's mode."""
    for camera in (bench, strict_bench):
        values = {False: takeable(camera, name)[0], True: takeable(camera, name)[-1]}
        camera.unlock(name)
        for lock in camera.declaration(name).locks:
            if KEYS[lock.name][0] not in {"", *camera.camera.model.features}:
                continue
            for hold in (False, True, False):
                camera.turn(lock.name, hold=hold)
                ignored = hold and not lock.refuses and camera is bench
                assert camera.locked_for_client(name) is hold
                now = None if isinstance(camera.declaration(name), Command) else camera.camera.state[name]
                status = camera.write_register(name, values[now == values[False]])
                assert status is (Status.ACCESS_DENIED if hold and not ignored else Status.SUCCESS)
                assert [e.status for e in camera.camera.take_forgiven()] == [Status.ACCESS_DENIED] * ignored
                if hold:
                    assert now is None or camera.camera.state[name] == now
                    with pytest.raises(genapi.AccessException):
                        camera.write(name, values[False])


@pytest.mark.parametrize(("model", "name"), _features(lambda d: "Acquiring" in [lock.name for lock in d.locks]))
def test_client_keeps_locked_features_while_it_grabs(bench: NodeBench, name: str) -> None:
    bench.unlock(name)
    bench.nodes.TLParamsLocked.value = 1
    assert bench.locked_for_client(name)
    bench.nodes.TLParamsLocked.value = 0
    assert not bench.locked_for_client(name)


@pytest.mark.parametrize(("model", "name"), _features(lambda d: bool(d.selected_by)))
def test_selector_reaches_each_element(bench: NodeBench, name: str) -> None:
    feature = bench.camera.model.features[name]
    selector = feature.declaration.selected_by
    writable = feature.declaration.access is not Access.RO
    bench.unlock(name)
    for index in feature.selector_values:
        bench.write(selector, index)
        values = takeable(bench, name)
        value = values[index % 2] if writable else bench.read(name)
        if writable:
            bench.write(name, value)
        address = feature.slot.address + index * feature.slot.stride
        length = feature.declaration.length
        assert decode(feature, bench.camera.read(address, length, 0)) == value
    for index in feature.selector_values if writable else ():
        bench.write(selector, index)
        assert bench.read(name) == takeable(bench, name)[index % 2]
