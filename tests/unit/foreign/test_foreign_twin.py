"""Twins of our own cameras beside the originals: whoever goes by the description meets the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if importlib.util.find_spec("genicam") is None:
    pytest.skip("no module genicam: PyPI package genicam", allow_module_level=True)

from tests.unit.foreign import twins
from tests.unit.foreign.twins import MODELS, MS, original, twin

from tiscam_emu.camera.stream.chunks import chunk_tail
from tiscam_emu.net.persistence import KeptValues
from tiscam_emu.sensor.request import FrameRequest

if TYPE_CHECKING:
    from tests.unit.foreign.twins import Client

OURS = ("GevSecondURL", "GevMessageChannel", "GevGVCPCapability", "FPS_Min", "AcquisitionFrameRate_Min")
"""Beginnings of the names of what the twin tells of itself: one file, no messages, and a slowest rate of its own."""
UNLOCKED = ("BalanceRatio", "BalanceWhiteTemperature", "AutoFunctionsROI")
"""Memory, which nothing locks in the twin."""


@pytest.fixture(params=["33GP1300", "39GX265-Z20"])
def both(request: pytest.FixtureRequest) -> tuple[Client, Client]:
    """A model and its twin."""
    return original(request.param), twin(request.param)


def same(both: tuple[Client, Client], what: Callable[[Client], Any]) -> Any:
    """What both answer, which has to be the same."""
    first, second = (what(client) for client in both)
    assert first == second
    return first


def by_hand(client: Client, **more: Any) -> None:
    """640 x 480 at 10 Hz with 5 ms of exposure."""
    client.set(ExposureAuto="Off", GainAuto="Off", OffsetAutoCenter="Off", Width=640, Height=480)
    client.set(ExposureTime=5000.0, Gain=0.0, AcquisitionFrameRate=10.0)
    client.set(**more)


def without(left_out: tuple[str, ...], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith(left_out)}


# What is told


def test_every_feature_reads_as_that_of_the_camera(both: tuple[Client, Client]) -> None:
    locks = ("LockedBalanceWhiteAuto", "BalanceWhiteAutoLock", "LockedAutoFunctionsROI", "AutoFunctionsROIPresetLock")
    values = same(both, lambda client: without(OURS + locks, client.readable()))

    assert len(values) > 450


def test_every_feature_can_be_written_or_not_as_that_of_the_camera(both: tuple[Client, Client]) -> None:
    names = list(both[0].readable())

    same(both, lambda client: without(UNLOCKED, {name: client.access(name) for name in names}))
    for name in names:
        assert not (name in UNLOCKED and both[1].access(name) != "RW"), name


def test_description_comes_under_the_cameras_own_name_and_plain_where_that_is_wished() -> None:
    saved = twins.description("33GP1300")
    zipped, plain = (twin("33GP1300", plain_xml=wish).camera.registers.files()[0].name for wish in (False, True))

    assert (zipped, plain) == ("tiscam_emu_33GP1300.zip", "tiscam_emu_33GP1300.xml")
    assert twin("33GP1300").camera.xml == saved.xml


# Settings


SETTINGS: dict[str, list[Any]] = {
    "ExposureTime": [1000.0, 33.0, 100_000.0],
    "Gain": [0.0, 3.0, 6.5],
    "Gamma": [0.7, 1.0],
    "Width": [640, 1024],
    "Height": [480, 600],
    "OffsetX": [8, 64],
    "OffsetY": [16, 64],
    "TriggerMode": ["On", "Off"],
    "TriggerSource": ["Software", "Line1"],
    "TriggerActivation": ["FallingEdge", "RisingEdge"],
    "TriggerDelay": [300.0, 5.0],
    "AcquisitionMode": ["SingleFrame", "MultiFrame", "Continuous"],
    "AcquisitionFrameCount": [7],
    "AcquisitionBurstFrameCount": [3],
    "AcquisitionFrameRate": [10.0, 12.5],
    "ReverseX": [True],
    "ReverseY": [True],
    "BlackLevel": [100.0],
}


def settle(client: Client, name: str, value: Any) -> tuple[Any, Any]:
    """Set a feature; what it reads then, and what the camera behind acts by."""
    client[name] = value
    return client[name], client.camera.state[name]


def test_setting_reaches_the_camera_that_acts_and_reads_back(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client)
    tried = 0
    for name, values in SETTINGS.items():
        if name in both[0].camera.state and both[0].map.get_node(name) is not None:
            for value in values:
                told, ours = same(both, partial(settle, name=name, value=value))
                tried += 1
                if isinstance(value, float):
                    assert told == pytest.approx(value, rel=0.01)
                    assert ours == pytest.approx(value, rel=0.01)
                else:
                    assert told == value
    assert tried > 20


def test_each_pixel_format_is_taken_with_its_payload(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client)
    names = [entry.symbolic for entry in both[0].map.get_node("PixelFormat").entries]
    assert len(names) >= 3
    for name in names:
        same(both, partial(settle, name="PixelFormat", value=name))
        assert same(both, lambda client: client["PayloadSize"]) >= 640 * 480


@pytest.mark.parametrize("name", ["Width", "ExposureTime", "Gain", "OffsetX", "AcquisitionFrameRate"])
@pytest.mark.parametrize("value", [0, 1, 643, 5_000_001, 2**31 - 1])
@pytest.mark.parametrize("strict", [False, True])
def test_number_that_cannot_be_is_refused_or_fitted_as_by_the_camera(name: str, value: int, strict: bool) -> None:
    both = original("39GX265-Z20", strict=strict), twin("39GX265-Z20", strict=strict)
    for client in both:
        by_hand(client)
    address = int(both[0].map.get_node(f"{name}Reg").address)

    refused = same(both, lambda client: client.attempt(address, value))
    told = both[1][name] if name == "AcquisitionFrameRate" else same(both, lambda client: client[name])
    assert told == both[1].camera.state[name]
    low, high = both[1].limits(name)
    assert low <= told <= high
    if refused:
        before = {"Width": 640, "ExposureTime": 5000.0, "Gain": 0.0, "OffsetX": 0, "AcquisitionFrameRate": 10.0}
        assert told == before[name]


def test_register_that_is_read_only_or_not_there_refuses_as_that_of_the_camera(both: tuple[Client, Client]) -> None:
    address = int(both[0].map.get_node("PayloadSizeReg").address)

    assert same(both, lambda client: client.attempt(address, 1)) == "WRITE_PROTECT"
    assert same(both, lambda client: client.attempt(0xFFF0_0000, 1)) == "INVALID_ADDRESS"
    assert same(both, lambda client: client.attempt(address + 2, 1)) == "BAD_ALIGNMENT"


# Limits and locks


def test_limits_follow_size_and_format(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, OffsetX=64)
    largest = same(both, lambda client: (client.limits("OffsetX"), client.limits("Width"), client.limits("OffsetY")))
    for client in both:
        client.set(Width=1024, Height=512)
    larger = same(both, lambda client: (client.limits("OffsetX"), client.limits("Width"), client.limits("OffsetY")))

    assert larger[0][1] == largest[0][1] - 384
    for client in both:
        before = client.limits("AcquisitionFrameRate")[1]
        client.set(Height=1024)
        assert client.limits("AcquisitionFrameRate")[1] < before


def test_size_and_format_are_locked_while_frames_are_taken(both: tuple[Client, Client]) -> None:
    names = ("Width", "Height", "PixelFormat", "OffsetX", "ExposureTime", "Gain", "TriggerMode")
    modes = []
    width = int(both[0].map.get_node("WidthReg").address)
    for client in both:
        by_hand(client)
    for command in ("AcquisitionStart", "AcquisitionStop"):
        for client in both:
            assert client.run(command)
        modes.append(same(both, lambda client: {name: client.access(name) for name in names}))
        same(both, lambda client: client["TLParamsLocked"])
        same(both, lambda client: client.attempt(width, 1024))
        same(both, lambda client: client["Width"])

    assert (modes[0]["Width"], modes[1]["Width"]) == ("RO", "RW")


def test_exposure_and_gain_are_locked_while_the_automatics_move_them(both: tuple[Client, Client]) -> None:
    for auto, mode in (("Continuous", "RO"), ("Off", "RW")):
        for client in both:
            client.set(ExposureAuto=auto, GainAuto=auto)
        assert same(both, lambda client: (client.access("ExposureTime"), client.access("Gain"))) == (mode, mode)


def test_what_the_automatics_have_found_can_be_read(both: tuple[Client, Client]) -> None:
    for client in both:
        client.set(ExposureAuto="Continuous")
        client.camera.state.put("ExposureTime", 1234.0)

    assert same(both, lambda client: client["ExposureTime"]) == 1234.0


# Frames


def test_frames_come_with_the_settings_at_the_rate(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, OffsetX=16, OffsetY=32)
        client.run("AcquisitionStart")

    requests = same(both, lambda client: [of_frame(e.request) for e in client.exposures(450 * MS)])
    assert requests == [(5000.0, 0.0, (16, 32, 640, 480), number) for number in range(5)]


def of_frame(request: FrameRequest) -> tuple[Any, ...]:
    region = request.region
    place = region.offset_x, region.offset_y, region.width, region.height
    return request.exposure_us, request.gain_db, place, request.frame_id


def test_settings_at_power_up_make_the_cameras_picture(both: tuple[Client, Client]) -> None:
    for client in both:
        client.run("AcquisitionStart")
    first, second = (client.exposures(MS)[0].request for client in both)

    for name in ("exposure_us", "gain_db", "black_level", "gamma", "pixel_format", "region"):
        assert getattr(first, name) == getattr(second, name), name


@pytest.mark.parametrize(("mode", "count"), [("SingleFrame", 1), ("MultiFrame", 4)])
def test_mode_gives_its_number_of_frames(both: tuple[Client, Client], mode: str, count: int) -> None:
    for client in both:
        by_hand(client, AcquisitionMode=mode, AcquisitionFrameCount=4)
        client.run("AcquisitionStart")

    assert len(same(both, lambda client: client.starts(2000 * MS))) == count
    assert same(both, lambda client: client.access("Width")) == "RW"


def test_software_triggers_and_bursts_give_their_frames(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, TriggerMode="On", TriggerSource="Software", AcquisitionBurstFrameCount=3)
        client.run("AcquisitionStart")
        assert client.starts(50 * MS) == []
        assert client.run("TriggerSoftware")

    starts = same(both, lambda client: client.starts(1000 * MS))
    assert [start - starts[0] for start in starts] == [0, 100 * MS, 200 * MS]


def test_pulses_on_the_line_trigger_with_their_edge_and_delay(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, TriggerMode="On", TriggerSource="Line1", TriggerActivation="FallingEdge", TriggerDelay=300.0)
        client.run("AcquisitionStart")
        client.camera.line1.pulses([(100 * MS, True), (110 * MS, False), (200 * MS, True), (210 * MS, False)])

    starts = same(both, lambda client: client.starts(500 * MS))
    assert len(starts) == 2
    assert starts[1] - starts[0] == pytest.approx(100 * MS, abs=MS)
    assert starts[0] >= 110 * MS + 300_000


def test_triggers_that_come_too_early_are_counted_as_missed(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, TriggerMode="On", TriggerSource="Line1", ExposureTime=50_000.0)
        client.run("AcquisitionStart")
        client.camera.line1.pulses([(at * MS, up) for t in (10, 15, 20) for at, up in ((t, True), (t + 2, False))])

    assert len(same(both, lambda client: client.starts(40 * MS))) == 1
    assert same(both, lambda client: client.camera.state.triggers.missed) > 0


# User sets, chunks, reset


def test_user_set_keeps_the_settings(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client)
        client["UserSetSelector"] = "UserSet1"
        assert client.run("UserSetSave")
        client.set(Width=1024, ExposureTime=7000.0, Gain=6.0, OffsetX=8)
        assert client.run("UserSetLoad")
    names = ("Width", "Height", "ExposureTime", "Gain", "OffsetX", "ExposureAuto", "AcquisitionFrameRate")
    kept = same(both, lambda client: [settle_nothing(client, name) for name in names])
    assert kept[0] == (640, 640)

    for client in both:
        client["UserSetSelector"] = "Default"
        assert client.run("UserSetLoad")
    assert same(both, lambda client: [client[name] for name in names])[5] != "Off"


def settle_nothing(client: Client, name: str) -> tuple[Any, Any]:
    return client[name], client.camera.state[name]


@pytest.mark.parametrize("strict", [False, True])
def test_factory_settings_cannot_be_overwritten(strict: bool) -> None:
    both = original("39GX265-Z20", strict=strict), twin("39GX265-Z20", strict=strict)
    for client in both:
        client["UserSetSelector"] = "Default"
    address = int(both[0].map.get_node("UserSetSaveReg").address)

    assert same(both, lambda client: client.access("UserSetSave")) == "RO"
    assert same(both, lambda client: client.attempt(address, 2)) == ("ACCESS_DENIED" if strict else "")
    for client in both:
        client["Width"] = client["Width"] - 64
        client.run("UserSetLoad")
    assert same(both, lambda client: client["Width"]) == client.limits("Width")[1]


def test_camera_starts_again_with_the_set_that_was_chosen(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client)
        client["UserSetSelector"] = "UserSet2"
        client.run("UserSetSave")
        client["UserSetDefault"] = "UserSet2"
        client.set(Width=1024, DeviceUserID="north gate")
        client.run("AcquisitionStart")
        client.run("DeviceReset")
        assert client.camera.take_reset_request()

    told = same(both, lambda client: [client[n] for n in ("Width", "UserSetDefault", "DeviceUserID", "ExposureAuto")])
    assert told == [640, "UserSet2", "north gate", "Off"]
    assert same(both, lambda client: client.access("Width")) == "RW"
    assert not same(both, lambda client: client.camera.state.acquiring)


def test_region_of_a_user_set_comes_whole_whatever_the_one_before(both: tuple[Client, Client]) -> None:
    region = ("Width", "Height", "OffsetX", "OffsetY")
    for client in both:
        by_hand(client, Width=client["SensorWidth"])
        client["UserSetSelector"] = "UserSet1"
        client.run("UserSetSave")
        client.set(Width=640, OffsetX=320, OffsetY=64)
        client["UserSetSelector"] = "UserSet2"
        client.run("UserSetSave")
    for number in (1, 2, 1):
        for client in both:
            client["UserSetSelector"] = f"UserSet{number}"
            client.run("UserSetLoad")
        told = same(both, lambda client: [settle_nothing(client, name) for name in region])
        assert told[0][0] == (640 if number == 2 else both[0]["SensorWidth"])
        assert told[2][0] == (320 if number == 2 else 0)


@pytest.mark.parametrize("strict", [False, True])
def test_user_sets_are_locked_while_frames_are_taken(strict: bool) -> None:
    both = original("39GX265-Z20", strict=strict), twin("39GX265-Z20", strict=strict)
    address = int(both[0].map.get_node("UserSetLoadReg").address)
    for client in both:
        by_hand(client)
        client.run("AcquisitionStart")

    assert same(both, lambda client: client.access("UserSetLoad")) == "RO"
    same(both, lambda client: client.attempt(address, 1))
    assert same(both, lambda client: client["Width"]) == 640


@pytest.mark.parametrize("strict", [False, True])
def test_twin_of_a_camera_whose_automatics_had_moved_starts_where_it_was(strict: bool) -> None:
    camera = original("39GX265-Z20")
    camera.camera.state.put("ExposureTime", 1234.0)
    client = twins.twin_of(twins.cloned(camera.camera), strict=strict)

    assert (client["ExposureTime"], client.camera.state["ExposureTime"]) == (1234.0, 1234.0)
    assert client.access("ExposureTime") == "RO"


def test_chunks_are_switched_one_by_one_and_tell_of_the_frame(both: tuple[Client, Client]) -> None:
    for client in both:
        by_hand(client, OffsetX=16)
        client["ChunkModeActive"] = True
        for name in ("Width", "OffsetX"):
            client["ChunkSelector"] = name
            client["ChunkEnable"] = True
        client["ChunkSelector"] = "Height"
    enabled = same(both, lambda client: [client["ChunkEnable"], *each_chunk(client)])
    assert enabled[0] is False
    assert enabled.count(True) == 2

    for client in both:
        client.run("AcquisitionStart")
    tail = same(both, lambda client: chunk_tail(client.camera.state, client.exposures(MS)[0].request))
    assert (16).to_bytes(4, "big") in tail
    assert (640).to_bytes(4, "big") in tail


def each_chunk(client: Client) -> Iterator[bool]:
    for entry in client.map.get_node("ChunkSelector").entries:
        client["ChunkSelector"] = entry.symbolic
        yield client["ChunkEnable"]


@pytest.mark.parametrize("model", MODELS[:3])
def test_values_behind_a_selector_stay_apart(model: str) -> None:
    both = original(model), twin(model)
    for client in both:
        client["BalanceWhiteAuto"] = "Off"
        for colour, ratio in (("Red", 1.5), ("Green", 1.0), ("Blue", 2.0)):
            client["BalanceRatioSelector"] = colour
            client["BalanceRatio"] = ratio

    def ratios(client: Client) -> list[float]:
        found = []
        for colour in ("Red", "Green", "Blue"):
            client["BalanceRatioSelector"] = colour
            found.append(client["BalanceRatio"])
        return found

    assert same(both, ratios) == [1.5, 1.0, 2.0]


def keeping(client: Client, folder: Path) -> KeptValues:
    """What the camera keeps in a folder."""
    return KeptValues(folder, client.camera.state, pytest.fail, client.camera.registers)


def test_user_sets_outlive_a_restart(both: tuple[Client, Client], tmp_path: Path) -> None:
    model = both[0].camera.model.key
    for client, name in zip(both, ("original", "twin"), strict=True):
        kept = keeping(client, tmp_path / name)
        kept.restore()
        by_hand(client, Gain=3.0)
        client["UserSetSelector"] = "UserSet2"
        client.run("UserSetSave")
        client["UserSetDefault"] = "UserSet2"
        client["DeviceUserID"] = "north gate"
        client.set(Width=1024)
        kept.save_changes(client.now)

    later = original(model), twin(model)
    for client, name in zip(later, ("original", "twin"), strict=True):
        keeping(client, tmp_path / name).restore()
    told = same(later, lambda client: [client[n] for n in ("Width", "Gain", "ExposureAuto", "DeviceUserID")])
    assert told == [640, 3.0, "Off", "north gate"]
    assert same(later, lambda client: (client["UserSetDefault"], client.camera.state["Width"])) == ("UserSet2", 640)


@pytest.mark.parametrize("damage", ['"default": "x"', '"user_sets": 5', '"user_sets": {"1": {"words": {"zz": "00"}}}'])
def test_damaged_user_sets_are_left_out(tmp_path: Path, damage: str) -> None:
    client = twin("33GP1300")
    (tmp_path / f"{client.camera.model.key}-{client.camera.state.serial}.json").write_text(
        f'{{"version": 1, "registers": {{"default": 0, "user_sets": {{}}, {damage}}}}}'
    )
    reports: list[str] = []
    KeptValues(tmp_path, client.camera.state, reports.append, client.camera.registers).restore()

    (report,) = reports
    assert "registers: left out" in report
    assert client["Width"] == client["SensorWidth"]
