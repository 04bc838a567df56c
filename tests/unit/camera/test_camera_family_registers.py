"""The registers that are known of the family: what a client without any description writes there, and what that means.

Addresses, units and integers are facts of another camera of the family, the DMK 33GX174, whose description is public.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.imaging import frame_rate
from tiscam_emu.errors import Status
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import SlowestRate

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

SUCCESS = Status.SUCCESS
NUMBERS = [
    ("Gain", 0xFF00_0000, 0, 0.0),
    ("Gain", 0xFF00_0000, 31, 3.1),  # tenths of a decibel
    ("Gain", 0xFF00_0000, 480, 48.0),
    ("BlackLevel", 0xFF00_0010, 240, 240.0),
    ("ExposureTime", 0xFF00_0020, 20, 20.0),  # microseconds
    ("ExposureTime", 0xFF00_0020, 30_000_000, 30_000_000.0),
    ("Width", 0xFF00_0070, 640, 640),
    ("Height", 0xFF00_0080, 480, 480),
    ("OffsetX", 0xFF00_0090, 64, 64),
    ("OffsetY", 0xFF00_00A0, 32, 32),
    ("TriggerDelay", 0xFF00_0110, 15, 1.5),  # tenths of a microsecond
    ("TriggerDelay", 0xFF00_0110, 10_000_000, 1_000_000.0),
    ("StrobeDuration", 0xFF00_0130, 32767, 32767),  # microseconds
    ("StrobeDelay", 0xFF00_0140, 32767, 32767),
    ("TriggerDebouncer", 0xFF00_0280, 1_000_000, 1_000_000.0),  # microseconds
    ("TriggerMask", 0xFF00_0290, 7, 7.0),
    ("TriggerDenoise", 0xFF00_0300, 7, 7.0),
    ("ExposureAutoReference", 0xFF00_0420, 255, 255),
    ("ExposureAutoLowerLimit", 0xFF00_0440, 100, 100.0),
    ("ExposureAutoUpperLimit", 0xFF00_0450, 33_333, 33_333.0),
    ("GainAutoLowerLimit", 0xFF00_0470, 5, 0.5),
    ("GainAutoUpperLimit", 0xFF00_0480, 235, 23.5),
    ("AutoFunctionsROILeft", 0xFF00_0510, 100, 100),
    ("AutoFunctionsROITop", 0xFF00_0520, 100, 100),
    ("AutoFunctionsROIWidth", 0xFF00_0530, 200, 200),
    ("AutoFunctionsROIHeight", 0xFF00_0540, 200, 200),
    ("AcquisitionFrameRate", 0xF000_0004, 12_345, 12.345),  # millihertz
    ("FPS", 0xF000_0004, 5_000, 5.0),
    ("DeviceLinkHeartbeatTimeout", 0x0938, 700, 700_000.0),  # milliseconds here, microseconds there
]
"""Feature, address, what stands in the register, and what that means."""
CHOICES = [
    ("TriggerMode", 0xFF00_0030, {"Off": 0, "On": 1}),
    ("TriggerSource", 0xFF00_0040, {"Line1": 1, "Software": 2, "Action0": 4, "Any": 7}),
    ("TriggerActivation", 0xFF00_0050, {"FallingEdge": 0, "RisingEdge": 1}),
    ("TriggerSelector", 0xFF00_0310, {"FrameStart": 0}),
    ("OffsetAutoCenter", 0xFF00_0200, {"Off": 0, "On": 1}),
    ("ExposureAuto", 0xFF00_0400, {"Off": 0, "Continuous": 1}),
    ("GainAuto", 0xFF00_0410, {"Off": 0, "Continuous": 1}),
    ("ExposureAutoUpperLimitAuto", 0xFF00_0460, {0: 0, 1: 1}),
    ("ExposureAutoHighlightReduction", 0xFF00_0490, {0: 0, 1: 1}),
    ("PixelFormat", 0xF000_0000, {"BayerRG8": 0x0108_0009, "BayerRG16": 0x0110_002F}),
    ("UserSetSelector", 0xF000_0100, {"Default": 0, "UserSet1": 1, "UserSet2": 2}),
    ("UserSetDefault", 0xF000_0108, {"Default": 0, "UserSet1": 1, "UserSet2": 2}),
    ("ChunkModeActive", 0xF000_4000, {0: 0, 1: 1}),
]
"""Feature, address, and what stands in the register for each entry."""
STROBE, GPIO, REVERSE, ROI = 0xFF00_0120, 0xFF00_0100, 0xFF00_0220, 0xFF00_0500
ACQUISITION, USER_SETS, SOFTWARE_TRIGGER = 0xF0F0_0614, 0xF000_0104, 0xFF00_0060


@pytest.fixture
def free(desk_of: DeskOf) -> Desk:
    """The DFK 39GX265-Z20 with all automatics off and a small picture."""
    desk: Desk = desk_of("39GX265-Z20")
    desk.set(ExposureAuto="Off", GainAuto="Off", ExposureAutoUpperLimitAuto=0, OffsetAutoCenter="Off")
    desk.set(Width=640, Height=480, AutoFunctionsROIPreset="AutoFunctionsROIPreset_CustomRectangle")
    return desk


@pytest.mark.parametrize(("name", "address", "raw", "value"), NUMBERS)
def test_number_is_written_and_read_in_the_units_of_the_family(
    free: Desk, name: str, address: int, raw: int, value: float
) -> None:
    assert free.write_word(address, raw) is SUCCESS
    assert free.camera.state[name] == value
    assert free.word(address) == raw
    free.camera.state.write(name, free.camera.state.limits(name).low)
    free.camera.state.write(name, value)
    assert free.word(address) == raw


@pytest.mark.parametrize(("name", "address", "raws"), CHOICES)
def test_entries_have_the_integers_of_the_family(
    free: Desk, name: str, address: int, raws: dict[str | int, int]
) -> None:
    for entry, raw in raws.items():
        assert free.write_word(address, raw) is SUCCESS
        assert free.get(name) == entry
        assert free.word(address) == raw


@pytest.mark.parametrize("model", model_keys())
@pytest.mark.parametrize(
    "addresses", [{row[0]: row[1] for row in NUMBERS}, {row[0]: row[1] for row in CHOICES}], ids=["numbers", "choices"]
)
def test_registers_lie_in_the_same_place_on_every_model(desk_of: DeskOf, model: str, addresses: dict[str, int]) -> None:
    features = desk_of(model).camera.model.features
    ours = {name: features[name].slot.address for name in addresses if name in features}
    assert ours == {name: addresses[name] for name in ours}
    assert all(features[name].declaration.length == 4 for name in ours)


@pytest.mark.parametrize(
    ("word", "enable", "polarity", "operation"),
    [
        (0b000, "Off", "ActiveLow", "FixedDuration"),
        (0b001, "On", "ActiveLow", "FixedDuration"),
        (0b010, "Off", "ActiveHigh", "FixedDuration"),
        (0b100, "Off", "ActiveLow", "Exposure"),
        (0b111, "On", "ActiveHigh", "Exposure"),
    ],
)
def test_strobe_is_three_bits_of_one_register(
    free: Desk, word: int, enable: str, polarity: str, operation: str
) -> None:
    assert free.write_word(STROBE, word) is SUCCESS
    names = ("StrobeEnable", "StrobePolarity", "StrobeOperation")
    assert [free.get(name) for name in names] == [enable, polarity, operation]
    assert free.word(STROBE) == word


@pytest.mark.parametrize(("word", "flips"), [(0b00, (0, 0)), (0b01, (0, 1)), (0b10, (1, 0)), (0b11, (1, 1))])
def test_flips_are_two_bits_of_one_register(free: Desk, word: int, flips: tuple[int, int]) -> None:
    assert free.write_word(REVERSE, word) is SUCCESS
    assert (free.get("ReverseX"), free.get("ReverseY")) == flips
    assert free.word(REVERSE) == word


def test_lines_are_two_bits_of_one_register(free: Desk) -> None:
    assert free.word(GPIO) == 0b10  # the input reads 1 while the line is low
    free.set(GPOut=1)
    assert free.word(GPIO) == 0b11


@pytest.mark.parametrize(
    ("preset", "name"),
    list(enumerate(("FullSensor", "CustomRectangle", "Center50", "Center25", "BottomHalf", "TopHalf"))),
)
def test_region_of_the_automatics_is_a_switch_and_eight_bits_of_preset(free: Desk, preset: int, name: str) -> None:
    assert free.write_word(ROI, preset << 8 | 1) is SUCCESS
    assert free.get("AutoFunctionsROIEnable") == 1
    assert free.get("AutoFunctionsROIPreset") == f"AutoFunctionsROIPreset_{name}"
    assert free.word(ROI) == preset << 8 | 1


def test_1_starts_and_0_stops_in_a_register_that_cannot_be_read(free: Desk) -> None:
    assert free.read_status(ACQUISITION) is Status.ACCESS_DENIED
    for word, acquiring in ((1, True), (1, True), (0, False), (0, False), (1, True)):
        assert free.write_word(ACQUISITION, word) is SUCCESS
        assert free.camera.state.acquiring is acquiring
    assert free.write_word(ACQUISITION, 2) is Status.INVALID_PARAMETER
    assert free.camera.state.acquiring


def test_1_loads_and_2_saves_the_selected_set(free: Desk) -> None:
    free.set(UserSetSelector="UserSet2", TriggerMode="On")
    assert free.write_word(USER_SETS, 2) is SUCCESS
    free.set(TriggerMode="Off")
    assert free.write_word(USER_SETS, 1) is SUCCESS
    assert (free.get("TriggerMode"), free.word(USER_SETS)) == ("On", 0)
    for word in (3, 4, 0x8000_0001):
        assert free.write_word(USER_SETS, word) is Status.INVALID_PARAMETER
    assert free.write_word(USER_SETS, 0) is SUCCESS
    assert free.get("TriggerMode") == "On"


def test_1_is_a_software_trigger(free: Desk) -> None:
    free.set(TriggerMode="On")
    free.run("AcquisitionStart")
    assert free.write_word(SOFTWARE_TRIGGER, 1) is SUCCESS
    assert len(free.starts(10**9)) == 1


@pytest.mark.parametrize("name", ["Gain", "GainAutoLowerLimit", "GainAutoUpperLimit"])
def test_gain_of_9_21_db_is_reached_by_the_tenth_beyond_it(desk_of: DeskOf, name: str) -> None:
    desk = desk_of("33GP1300", strict=False)
    desk.set(GainAuto="Off")
    address = desk.address(name)
    desk.camera.state.write(name, 9.21)
    assert (desk.camera.state[name], desk.word(address)) == (9.21, 93)
    for raw, gain_db in ((92, 9.2), (93, 9.21), (94, 9.21), (480, 9.21), (0xFFFF_FFFF, 9.21), (0, 0.0)):
        assert desk.write_word(address, raw) is SUCCESS
        assert desk.camera.state[name] == gain_db
    assert len(desk.camera.take_forgiven()) == 3
    assert desk.word(address) == 0


def test_strict_camera_takes_9_21_db_and_no_tenth_more(desk_of: DeskOf) -> None:
    desk = desk_of("33GP1300")
    desk.set(GainAuto="Off")
    assert desk.write_word(0xFF00_0000, 93) is SUCCESS
    assert desk.write_word(0xFF00_0000, 94) is Status.INVALID_PARAMETER
    assert desk.camera.state["Gain"] == 9.21


@pytest.mark.parametrize(
    ("name", "written", "reads"),
    [
        ("Gain", 3.14, 3.1),
        ("Gain", 3.16, 3.2),
        ("AcquisitionFrameRate", 12.3456789, 12.346),
        ("ExposureTime", 1234.4, 1234.0),
        ("TriggerDelay", 0.16, 0.2),
    ],
)
def test_number_reads_as_the_nearest_step_of_its_register(free: Desk, name: str, written: float, reads: float) -> None:
    free.set(**{name: written})
    assert free.get(name) == free.camera.state[name] == reads


# The lowest frame rate

SIBLING = SlowestRate(clock_hz=74.25e6, line_clocks=65528, blank_lines=45)


@pytest.mark.parametrize(
    ("height", "line_clocks", "hz"), [(4, None, 23.12), (1080, None, 1.0072), (4, 64512, 23.49), (1080, 64512, 1.0231)]
)
def test_lowest_rate_of_the_siblings_sensor_is_that_of_its_description(
    desk_of: DeskOf, height: int, line_clocks: int | None, hz: float
) -> None:
    model = desk_of("33GP1300").camera.model
    assert model.slowest == SIBLING
    assert frame_rate.TESTED_LINE_CLOCKS == 64512
    assert frame_rate.lowest_hz(model, height, line_clocks) == pytest.approx(hz, rel=1e-3)


@pytest.mark.parametrize(("height", "low"), [(1024, 1.06), (480, 2.159), (16, 18.576)])
def test_lowest_rate_grows_as_the_height_shrinks(desk_of: DeskOf, height: int, low: float) -> None:
    desk = desk_of("33GP1300")
    desk.set(Height=height, TestHeight=height)
    assert desk.limits("AcquisitionFrameRate")[0] == low
    assert desk.get("ResultingMinFPS") == pytest.approx(low * 65528 / 64512, abs=0.0015)


def test_rate_below_the_lowest_of_a_small_picture_comes_with_a_large_one(desk_of: DeskOf) -> None:
    desk = desk_of("33GP1300", strict=False)
    desk.set(Height=480, AcquisitionFrameRate=1.5)
    assert desk.get("AcquisitionFrameRate") == 2.159
    desk.set(Height=1024)
    assert desk.get("AcquisitionFrameRate") == 1.5
