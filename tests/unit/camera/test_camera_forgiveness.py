"""What the cameras' registers do with writes that only the description rules out: acknowledged, fitted or ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera import core
from tiscam_emu.errors import AccessDenied, OutOfRange, RegisterError, Status
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Access, Boolean, Command, Enumeration, Float, Integer, Lock, Value
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.spec.catalog import model_keys

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

SUCCESS, INVALID_PARAMETER = Status.SUCCESS, Status.INVALID_PARAMETER
SWITCHES: dict[str, tuple[str, Value, Value]] = {
    "AutoFunctionsROIPreset": (
        "AutoFunctionsROIPreset",
        "AutoFunctionsROIPreset_Center50",
        "AutoFunctionsROIPreset_CustomRectangle",
    ),
    "BalanceWhiteAuto": ("BalanceWhiteAuto", "Continuous", "Off"),
    "ExposureAuto": ("ExposureAuto", "Continuous", "Off"),
    "ExposureAutoUpperLimitAuto": ("ExposureAutoUpperLimitAuto", 1, 0),
    "FactoryUserSet": ("UserSetSelector", "Default", "UserSet1"),
    "GainAuto": ("GainAuto", "Continuous", "Off"),
    "IrisAuto": ("IrisAuto", 1, 0),
    "LUTEnabled": ("LUTEnable", 1, 0),
    "LowLatency": ("IMXLowLatencyTriggerMode", 1, 0),
    "OffsetAutoCenter": ("OffsetAutoCenter", "On", "Off"),
    "PtpDisabled": ("PtpEnable", 0, 1),
    "PtpEnabled": ("PtpEnable", 1, 0),
    "TriggerOff": ("TriggerMode", "Off", "On"),
}
"""For each lock that does not refuse: the feature whose mode it is, a value that locks and one that frees."""
DESTINATIONS = ("GevSCDA", "GevMCDA")
"""Addresses, which have no nearest one that may be sent to."""


@cache
def _features(model: str) -> dict[str, BoundFeature]:
    return dict(core.load(model).features)


def _writable(model: str) -> Iterator[BoundFeature]:
    for feature in _features(model).values():
        if feature.declaration.port is None and feature.declaration.access is not Access.RO:
            yield feature


def _params(wanted: Callable[[BoundFeature], bool]) -> list[object]:
    return [
        pytest.param(model, feature.name, id=f"{model}-{feature.name}")
        for model in model_keys()
        for feature in _writable(model)
        if wanted(feature)
    ]


def _soft_locks(feature: BoundFeature) -> list[Lock]:
    return [lock for lock in feature.declaration.locks if not lock.refuses and lock.name in SWITCHES]


def _is_number(feature: BoundFeature) -> bool:
    numbers = isinstance(feature.declaration, Integer | Float)
    return numbers and not feature.declaration.alias_of and feature.name not in DESTINATIONS


def _everything(desk: Desk) -> dict[str, tuple[object, ...]]:
    """All that is stored."""
    state = desk.camera.state
    return {
        name: state.every(name)
        for name, feature in state.features.items()
        if not (feature.declaration.alias_of or feature.declaration.port)
    }


def _turn(desk: Desk, lock: Lock, *, hold: bool) -> None:
    name, holding, freeing = SWITCHES[lock.name]
    if name in desk.camera.model.features:
        desk.set(**{name: holding if hold else freeing})


def _free(desk: Desk, name: str) -> None:
    """Take the locks of a feature away, and forget what setting up has noted."""
    for lock in _soft_locks(desk.camera.model.features[name]):
        _turn(desk, lock, hold=False)
    desk.camera.take_forgiven()


def _write_raw(desk: Desk, name: str, raw: int) -> Status:
    """Write what stands in a feature's register, the bits of others in the same word left as they are."""
    feature = desk.camera.model.features[name]
    at, address = feature.declaration.at, desk.address(name)
    if feature.declaration.length == 8:
        return desk.write_block(address, raw.to_bytes(8, "big"))
    if at and not at.whole:
        others = 0 if feature.declaration.access is Access.WO else desk.word(address)
        raw = others & ~(_mask(feature) << at.lsb) | raw << at.lsb
    return desk.write_word(address, raw)


def _mask(feature: BoundFeature) -> int:
    """Largest number that the register, or the feature's bits of it, can hold."""
    at = feature.declaration.at
    bits = at.msb - at.lsb + 1 if at and feature.declaration.length == 4 else 8 * feature.declaration.length
    return (1 << bits) - 1


def _raw_limits(desk: Desk, name: str) -> tuple[int, int, int]:
    """Least and largest value of a number's register now, and its steps."""
    feature, limits = desk.camera.model.features[name], desk.camera.state.limits(name)
    if isinstance(feature.declaration, Float):
        steps = (limits.step or 0) * feature.declaration.per_unit
        assert steps in {0, 1}  # else what lies between two steps of the register would have to be tried
        return feature.to_raw(limits.low), feature.to_raw(limits.high), 1
    return int(limits.low), int(limits.high), int(limits.step or 1)


def _signed(raw: int, feature: BoundFeature) -> int:
    declaration = feature.declaration
    signed = isinstance(declaration, Integer | Float) and declaration.signed
    return raw - (_mask(feature) + 1) if signed and raw > _mask(feature) // 2 else raw


def test_every_lock_of_a_mode_is_known_to_these_tests() -> None:
    locks = {lock for model in model_keys() for feature in _writable(model) for lock in feature.declaration.locks}
    assert {lock.name for lock in locks if not lock.refuses} - set(SWITCHES) == {"ActionQueueFull"}
    assert {lock.name for lock in locks if lock.refuses} == {"Acquiring"}


@pytest.mark.parametrize(("model", "name"), _params(lambda feature: bool(_soft_locks(feature))))
def test_write_that_a_mode_locks_out_is_acknowledged_changes_nothing_and_is_noted_once(
    desk_of: DeskOf, model: str, name: str
) -> None:
    desk = desk_of(model, strict=False)
    for lock in _soft_locks(desk.camera.model.features[name]):
        _free(desk, name)
        _turn(desk, lock, hold=True)
        if not lock.holds(desk.camera.state):
            continue  # the camera lacks the feature whose mode it is
        before, readable = _everything(desk), desk.camera.model.features[name].declaration.access is not Access.WO
        read = desk.camera.read(desk.address(name), 4, 0) if readable else b""
        raws = _codes(desk, name) or _raw_values(desk, name)
        for raw in raws:
            assert _write_raw(desk, name, raw) is SUCCESS
            if readable:
                assert desk.camera.read(desk.address(name), 4, 0) == read
        assert _everything(desk) == before
        forgiven = desk.camera.take_forgiven()
        assert [str(error) for error in forgiven] == [f"{name} is locked: {lock.reason}"] * len(raws)
        assert all(isinstance(error, AccessDenied) for error in forgiven)


def _codes(desk: Desk, name: str) -> list[int]:
    """What can be written to a register that holds no number."""
    feature = desk.camera.model.features[name]
    match feature.declaration:
        case Command(code=code, at=at):
            return [code << (at.lsb if at and feature.declaration.access is Access.WO else 0)]
        case Enumeration():
            return [entry.value for entry in feature.entries]
        case Boolean():
            return [0, 1]
    return []


def _raw_values(desk: Desk, name: str) -> list[int]:
    """Values of a number's register: far below, just below, inside, between two steps, just above and far above."""
    mask, (low, high, step) = _mask(desk.camera.model.features[name]), _raw_limits(desk, name)
    values = (0, 1, low - 1, low, low + 1, low + step, (low + high) // 2, high - 1, high, high + 1, mask // 2, mask)
    return sorted({value & mask for value in values if -mask // 2 <= value <= mask})


@pytest.mark.parametrize(("model", "name"), _params(_is_number))
def test_every_number_that_a_register_can_hold_is_acknowledged_and_fitted(
    desk_of: DeskOf, model: str, name: str
) -> None:
    desk = desk_of(model, strict=False)
    _free(desk, name)
    feature, state = desk.camera.model.features[name], desk.camera.state
    for raw in _raw_values(desk, name):
        low, high, step = _raw_limits(desk, name)
        value = _signed(raw, feature)
        status = _write_raw(desk, name, raw)
        if (name in {"Width", "Height"} and raw == 0) or (name == "TestPixelFormat" and raw not in _codes_of(desk)):
            assert status is INVALID_PARAMETER
            assert desk.camera.take_forgiven() == []
            continue
        assert status is SUCCESS
        fitted = max(low, low + (min(value, high) - low) // step * step)
        stands_for = feature.from_raw(fitted) if isinstance(feature.declaration, Float) else fitted
        taken = state[name] if getattr(feature.declaration, "remembered", False) else state.stored(name)
        assert taken == (max(stands_for, 500) if name == "GevHeartbeatTimeout" else stands_for)
        forgiven = desk.camera.take_forgiven()
        assert len(forgiven) == (fitted != value), f"{value} became {fitted}"
        assert all(isinstance(error, OutOfRange) for error in forgiven)


def _codes_of(desk: Desk) -> list[int]:
    return [entry.value for entry in desk.camera.model.features["PixelFormat"].entries]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("model", model_keys())
def test_picture_without_columns_or_rows_is_refused(desk_of: DeskOf, model: str, strict: bool) -> None:
    desk = desk_of(model, strict=strict)
    before = (desk.get("Width"), desk.get("Height"))
    for name in ("Width", "Height"):
        assert desk.attempt(name, 0) is INVALID_PARAMETER
    assert (desk.get("Width"), desk.get("Height")) == before
    assert desk.camera.take_forgiven() == []


@pytest.mark.parametrize(
    ("model", "name"), _params(lambda feature: isinstance(feature.declaration, Enumeration | Boolean))
)
def test_value_that_is_no_entry_is_refused(desk_of: DeskOf, model: str, name: str) -> None:
    desk = desk_of(model, strict=False)
    _free(desk, name)
    feature = desk.camera.model.features[name]
    known = {entry.value for entry in feature.entries} or {0, 1}
    unknown = {min(set(range(len(known) + 1)) - known), _mask(feature)} - known
    before = _everything(desk)
    for raw in unknown:
        if raw <= _mask(feature):
            assert _write_raw(desk, name, raw) is INVALID_PARAMETER
    assert _everything(desk) == before
    assert desk.camera.take_forgiven() == []


def _has_register_of_its_own(feature: BoundFeature) -> bool:
    at = feature.declaration.at
    return isinstance(feature.declaration, Command) and (at is None or at.whole)


@pytest.mark.parametrize(("model", "name"), _params(_has_register_of_its_own))
def test_code_of_no_command_is_refused(desk_of: DeskOf, model: str, name: str) -> None:
    desk = desk_of(model, strict=False)
    _free(desk, name)
    before = _everything(desk)
    for code in (3, 0x100, 0xFFFF_FFFF):
        assert desk.write_word(desk.address(name), code) is INVALID_PARAMETER
    assert _everything(desk) == before
    assert not desk.camera.state.acquiring
    assert desk.camera.take_forgiven() == []


@pytest.mark.parametrize("name", DESTINATIONS)
def test_address_that_may_not_be_sent_to_has_no_nearest_one_and_is_refused(desk_of: DeskOf, name: str) -> None:
    desk = desk_of("39GX265-Z20", strict=False)
    assert desk.attempt(name, 0x0808_0808) is INVALID_PARAMETER
    assert desk.get(name) == 0


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("name", "value"), [("Width", 640), ("PixelFormat", "BayerRG16"), ("DecimationVertical", 2), ("UserSetLoad", 1)]
)
def test_what_runs_locks_every_camera(desk_of: DeskOf, strict: bool, name: str, value: int | str) -> None:
    desk = desk_of("39GX265-Z20", strict=strict)
    desk.run("AcquisitionStart")
    desk.camera.take_forgiven()
    assert desk.attempt(name, value) is Status.ACCESS_DENIED
    assert desk.camera.take_forgiven() == []


def test_block_over_several_registers_is_done_and_what_did_not_fit_is_noted(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", strict=False)
    words = b"".join(value.to_bytes(4, "big") for value in (5000, 1501, 0xFFFF_FFFF))  # SCP, SCPS, SCPD
    assert desk.write_block(0x0D00, words) is SUCCESS
    assert (desk.word(0x0D00), desk.word(0x0D04), desk.word(0x0D08)) == (5000, 1500, 10**9)
    assert [str(error).split(":")[0] for error in desk.camera.take_forgiven()] == ["GevSCPSPacketSize", "GevSCPD"]


def test_refused_part_of_a_block_leaves_all_of_it_and_notes_nothing(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", strict=False)
    words = b"".join(value.to_bytes(4, "big") for value in (5000, 1501, 77, 0))  # behind SCPD there is no register
    assert desk.write_block(0x0D00, words) is Status.INVALID_ADDRESS
    assert (desk.word(0x0D00), desk.get("GevSCPSPacketSize"), desk.word(0x0D08)) == (0, 1500, 0)
    assert desk.camera.take_forgiven() == []


@pytest.mark.parametrize(("size", "taken"), [(0, 576), (575, 576), (1501, 1500), (9004, 9004), (65535, 16364)])
def test_packet_size_is_fitted_and_its_test_packet_is_sent(desk_of: DeskOf, size: int, taken: int) -> None:
    desk = desk_of("39GX265-Z20", strict=False)
    assert desk.write_word(0x0D04, 0x8000_0000 | size) is SUCCESS
    assert desk.word(0x0D04) == taken
    assert desk.camera.take_test_packet_request()


def test_all_of_this_is_noted_until_it_is_taken(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", strict=False)
    desk.set(Width=641, OffsetX=4)
    noted = desk.camera.take_forgiven()
    assert [str(error) for error in noted] == [
        "Width: 641 is not in 528 to 2048 in steps of 16",
        "OffsetX is locked: OffsetAutoCenter is On",
    ]
    assert all(isinstance(error, RegisterError) for error in noted)
    assert desk.camera.take_forgiven() == []


# What was asked for is remembered

SKIPPED, WHOLE = ({"DecimationHorizontal": factor, "DecimationVertical": factor} for factor in (2, 1))
REGION = ("Width", "Height", "OffsetX", "OffsetY")


def _region(desk: Desk) -> tuple[object, ...]:
    return tuple(desk.get(name) for name in REGION)


@pytest.fixture
def skipping(desk_of: DeskOf) -> Desk:
    """The DFK 33GP1300 with every second pixel skipped and the offsets free: 640 x 512 are left."""
    desk: Desk = desk_of("33GP1300", strict=False)
    desk.set(OffsetAutoCenter="Off", **SKIPPED)
    return desk


def test_size_written_under_skipping_reads_what_is_left_and_comes_with_the_factors(skipping: Desk) -> None:
    skipping.set(Width=1280, Height=1024)
    assert _region(skipping) == (640, 512, 0, 0)
    skipping.set(DecimationHorizontal=1)
    assert _region(skipping) == (1280, 512, 0, 0)
    skipping.set(DecimationVertical=1)
    assert _region(skipping) == (1280, 1024, 0, 0)


def test_region_comes_back_after_a_stream_with_skipping(desk_of: DeskOf) -> None:
    desk = desk_of("33GP1300", strict=False)
    desk.set(OffsetAutoCenter="Off", Width=800, Height=600, OffsetX=400, OffsetY=400)
    desk.set(**SKIPPED)
    assert _region(desk) == (640, 512, 0, 0)
    desk.set(**WHOLE)
    assert _region(desk) == (800, 600, 400, 400)
    assert desk.camera.take_forgiven() == []


@pytest.mark.parametrize("model", ["38GX541-a", "38UX253", "38UX267"])
def test_region_written_before_the_factors_as_the_vendors_library_does_is_the_one_wanted(
    desk_of: DeskOf, model: str
) -> None:
    desk = desk_of(model, strict=False)
    whole = desk.get("Width"), desk.get("Height")
    desk.set(OffsetAutoCenter="Off", BinningHorizontal=2, BinningVertical=2)
    binned = desk.get("Width"), desk.get("Height")
    assert binned < whole
    desk.set(Width=whole[0], Height=whole[1], OffsetX=0, OffsetY=0)  # of the next stream, at full size
    desk.set(BinningHorizontal=1, BinningVertical=1)
    assert (desk.get("Width"), desk.get("Height")) == whole


def test_offset_waits_for_the_size_that_leaves_it(skipping: Desk) -> None:
    skipping.set(OffsetX=640, OffsetY=512)
    assert _region(skipping) == (640, 512, 0, 0)
    skipping.set(Width=320, **WHOLE)
    assert _region(skipping) == (320, 1024, 640, 0)
    skipping.set(Height=256)
    assert _region(skipping) == (320, 256, 640, 512)


def test_remembered_size_ends_with_the_next_one(skipping: Desk) -> None:
    skipping.set(Width=1280, Height=1024)
    skipping.set(Width=640, Height=256)
    skipping.set(**WHOLE)
    assert _region(skipping) == (640, 256, 0, 0)


def test_remembered_size_ends_with_a_loaded_set(skipping: Desk) -> None:
    skipping.set(Width=320, UserSetSelector="UserSet1")
    skipping.run("UserSetSave")
    skipping.set(Width=1280, Height=1024)
    skipping.run("UserSetLoad")
    skipping.set(**WHOLE)
    assert skipping.get("Width") == 320


def test_remembered_size_and_rate_end_with_a_reset(skipping: Desk) -> None:
    skipping.set(Width=640, Height=256, AcquisitionFrameRate=5.0)
    skipping.run("DeviceReset")
    skipping.camera.take_reset_request()
    assert _region(skipping) == (1280, 1024, 0, 0)
    assert skipping.get("AcquisitionFrameRate") == skipping.limits("AcquisitionFrameRate")[1]


def test_user_set_keeps_what_had_taken_effect(skipping: Desk) -> None:
    skipping.set(Width=1280, Height=1024, OffsetX=640, UserSetSelector="UserSet1")
    skipping.set(AcquisitionFrameRate=1e6)
    rate = skipping.get("AcquisitionFrameRate")
    skipping.run("UserSetSave")
    kept = skipping.camera.state.user_sets["UserSet1"]
    assert [kept[name] for name in (*REGION, "AcquisitionFrameRate")] == [(640,), (512,), (0,), (0,), (rate,)]
    skipping.run("UserSetLoad")
    skipping.set(**WHOLE)
    assert _region(skipping) == (640, 512, 0, 0)


def test_rate_beyond_the_largest_takes_effect_as_far_as_it_fits(desk_of: DeskOf) -> None:
    desk = desk_of("33GP1300", strict=False)
    desk.set(AcquisitionFrameRate=200.0)
    assert desk.get("AcquisitionFrameRate") == desk.limits("AcquisitionFrameRate")[1] == 90.526
    desk.set(Width=640, Height=480)
    assert desk.get("AcquisitionFrameRate") == 200.0
    desk.set(Width=1280, Height=1024, PixelFormat="BayerRG16")
    assert desk.get("AcquisitionFrameRate") == desk.limits("AcquisitionFrameRate")[1] == 45.263
    assert len(desk.camera.take_forgiven()) == 1


@pytest.mark.parametrize("raw", [0, 1, 0xFFFF_FFFF])
def test_every_rate_that_the_register_can_hold_leaves_a_camera_that_runs(desk_of: DeskOf, raw: int) -> None:
    desk = desk_of("38GX541-a", strict=False)
    assert desk.write_word(0xF000_0004, raw) is SUCCESS
    low, high = desk.limits("AcquisitionFrameRate")
    assert desk.get("AcquisitionFrameRate") == (high if raw == 0xFFFF_FFFF else low)
    desk.run("AcquisitionStart")
    assert len(desk.starts(10 * 10**9)) >= 2


def test_offset_under_auto_center_is_ignored_and_does_not_come_later(desk_of: DeskOf) -> None:
    desk = desk_of("33GP1300", strict=False)
    desk.set(Width=640, Height=480, OffsetX=0, OffsetY=0)
    assert _region(desk) == (640, 480, 320, 272)
    desk.set(OffsetAutoCenter="Off")
    assert _region(desk) == (640, 480, 320, 272)
    desk.set(OffsetX=0, OffsetY=0)
    assert _region(desk) == (640, 480, 0, 0)


# The hidden interface that tests formats

TESTED = {"TestPixelFormat": 0, "TestWidth": 640, "TestHeight": 512, "TestDecimationHorizontal": 2}


@pytest.mark.parametrize("order", list(permutations(TESTED)), ids="-".join)
def test_tested_settings_may_be_written_in_any_order(desk_of: DeskOf, order: tuple[str, ...]) -> None:
    desk = desk_of("33GP1300")  # strict: no step of any order may be outside
    tested = TESTED | {"TestPixelFormat": PIXEL_FORMATS["BayerRG16"].code}
    desk.set(TestDecimationVertical=2)  # left behind by the format before
    desk.set(**{name: tested[name] for name in order})
    assert {name: desk.get(name) for name in order} == {name: tested[name] for name in order}
    desk.set(PixelFormat="BayerRG16", **SKIPPED)
    assert desk.get("ResultingMaxFPS") == desk.limits("AcquisitionFrameRate")[1]


@pytest.mark.parametrize("model", model_keys())
def test_limits_of_the_tested_size_depend_on_the_sensor_alone(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    expected = desk.limits("TestWidth"), desk.limits("TestHeight")
    state = desk.camera.state
    assert expected == tuple(
        (state.widest_limits(name).low, state.widest_limits(name).high) for name in ("Width", "Height")
    )
    for name in ("TestDecimationVertical", "TestBinningVertical", "DecimationVertical", "BinningVertical"):
        if name in state and state.limits(name).high == 2:
            desk.set(**{name: 2})
            assert (desk.limits("TestWidth"), desk.limits("TestHeight")) == expected
            assert (desk.get("TestWidth"), desk.get("TestHeight")) == (expected[0][1], expected[1][1])
