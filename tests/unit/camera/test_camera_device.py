"""Identity, user name, temperature, status LED, slow writes and reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import Status

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

USER_NAME = 0x00E8
S = 1_000_000_000


def test_user_name_of_the_options_is_there_from_the_start(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(user_name="left eye", serial="12345678"))
    assert (desk.get("DeviceUserID"), desk.get("DeviceSerialNumber")) == ("left eye", "12345678")
    assert desk.camera.discovery()[0xE8:0xF8] == b"left eye".ljust(16, b"\0")


def test_user_name_may_be_written_in_parts(desk: Desk) -> None:
    assert desk.write_block(USER_NAME, b"conveyor".ljust(16, b"\0")) is Status.SUCCESS
    assert desk.write_word(USER_NAME + 4, int.from_bytes(b"ince", "big")) is Status.SUCCESS
    assert desk.get("DeviceUserID") == "convince"
    assert desk.write_block(USER_NAME + 4, b"ex\0\0") is Status.SUCCESS
    assert desk.get("DeviceUserID") == "convex"
    assert desk.camera.read(USER_NAME, 16, 0) == b"convex".ljust(16, b"\0")


def test_user_name_that_fills_its_register_ends_with_a_nul(desk: Desk) -> None:
    assert desk.write_block(USER_NAME, b"0123456789abcdef") is Status.SUCCESS
    assert desk.camera.read(USER_NAME, 16, 0) == desk.camera.discovery()[USER_NAME:] == b"0123456789abcde\0"
    assert desk.write_word(USER_NAME + 12, int.from_bytes(b"xyz!", "big")) is Status.SUCCESS
    assert desk.get("DeviceUserID") == "0123456789abxyz"


def test_user_name_is_cut_between_characters(desk: Desk) -> None:
    assert desk.write_block(USER_NAME, ("x" * 14 + "ä").encode()) is Status.SUCCESS
    assert desk.get("DeviceUserID") == "x" * 14


def test_user_name_that_is_no_text_is_refused(desk: Desk) -> None:
    assert desk.write_block(USER_NAME, b"\xff".ljust(16, b"\0")) is Status.INVALID_PARAMETER
    assert desk.get("DeviceUserID") == ""


@pytest.mark.parametrize(("command", "name"), [("DeviceReset", "left eye"), ("DeviceFactoryReset", "")])
def test_reset_brings_the_settings_of_power_up_back(desk: Desk, command: str, name: str) -> None:
    fresh = {name: desk.camera.state[name] for name in desk.camera.model.features if _stored(desk, name)}
    desk.set(DeviceUserID="left eye", ExposureAuto="Off", ExposureTime=100.0, Width=640, TriggerMode="On")
    desk.set(GevSCDA=0x7F000001, GevSCPHostPort=5000, BalanceWhiteAuto="Off", BalanceRatio=3.0)
    desk.run(command)
    assert desk.camera.take_reset_request()
    assert not desk.camera.take_reset_request()
    assert {**fresh, "DeviceUserID": name} == {name: desk.camera.state[name] for name in fresh}


def _stored(desk: Desk, name: str) -> bool:
    return desk.camera.model.features[name].declaration.port is None


@pytest.mark.parametrize("command", ["DeviceReset", "DeviceFactoryReset"])
def test_reset_stops_the_acquisition_and_closes_the_channel(desk: Desk, command: str) -> None:
    desk.set(GevSCDA=0x7F000001, GevSCPHostPort=5000)
    desk.run("AcquisitionStart")
    desk.advance(0)
    desk.run(command)
    desk.camera.take_reset_request()
    assert desk.starts(10**9) == []
    assert desk.camera.stream.port == 0
    desk.now = 2 * 10**9
    desk.run("AcquisitionStart")
    assert desk.starts(2 * 10**9) == [2 * 10**9]


@pytest.mark.parametrize("command", ["DeviceReset", "DeviceFactoryReset"])
def test_reset_keeps_what_the_start_of_the_camera_has_set(desk: Desk, command: str) -> None:
    desk.camera.state.put("GevSCSP", 45_000)
    url = desk.get("GevFirstURL")
    desk.run(command)
    desk.camera.take_reset_request()
    assert (desk.get("GevSCSP"), desk.get("GevFirstURL")) == (45_000, url)


def test_reset_lets_the_timestamp_count_from_0(desk: Desk) -> None:
    desk.now = 1_000
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    desk.now = 1_500
    desk.run("TimestampLatch")
    assert desk.get("TimestampLatchValue") == 500


def test_no_reset_is_requested_by_itself(desk: Desk) -> None:
    assert not desk.camera.take_reset_request()


@pytest.mark.parametrize(
    # 25 + 12 * (1 - exp(-t / 600 s))
    ("on_s", "celsius"),
    [(0, 25.0), (60, 26.1), (600, 32.6), (1200, 35.4), (36_000, 37.0)],
)
@pytest.mark.parametrize("place", ["Mainboard", "Sensor"])
def test_camera_warms_up_from_the_moment_it_is_switched_on(desk: Desk, on_s: int, celsius: float, place: str) -> None:
    desk.camera.power_up(1_000 * S)
    desk.now = (1_000 + on_s) * S
    desk.set(DeviceTemperatureSelector=place)
    assert desk.get("DeviceTemperature") == celsius


def test_reset_does_not_cool_the_camera(desk: Desk) -> None:
    desk.now = 600 * S
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    assert desk.get("DeviceTemperature") == 32.6


def test_write_to_test_pending_ack_takes_the_time_written(desk: Desk) -> None:
    assert desk.camera.take_write_duration() == 0
    desk.set(TestPendingAck=250)
    assert (desk.camera.take_write_duration(), desk.camera.take_write_duration()) == (250_000_000, 0)
    desk.set(TestPendingAck=250)
    desk.set(TestPendingAck=1)
    desk.set(GevHeartbeatTimeout=700)
    assert desk.camera.take_write_duration() == 251_000_000


def test_refused_write_to_test_pending_ack_takes_no_time(desk: Desk) -> None:
    assert desk.attempt("TestPendingAck", 10_001) is Status.INVALID_PARAMETER
    assert (desk.camera.take_write_duration(), desk.get("TestPendingAck")) == (0, 0)


def test_status_led_shows_the_states_of_the_manual(desk: Desk) -> None:
    led = desk.camera.status_led
    desk.prepare_small_frames()
    assert (led(0), led(S - 1), led(S)) == ("blue blinking", "blue blinking", "blue")
    desk.now = 2 * S
    desk.run("AcquisitionStart")
    assert led(2 * S) == "blue"  # no stream channel is open
    desk.set(GevSCDA=0x7F000001, GevSCPHostPort=5000)
    assert led(2 * S) == "yellow"
    desk.set(TriggerMode="On", TriggerSource="Software")
    desk.advance(5 * S)
    assert led(5 * S) == "green"
    desk.run("TriggerSoftware")
    desk.advance(5 * S + 1_000_000)
    assert (led(5 * S + 1_000_000), led(6 * S)) == ("yellow", "green")
    desk.run("AcquisitionStop")
    assert led(6 * S) == "blue"
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    assert led(5 * S + 2_000_000) == "blue blinking"


@pytest.mark.parametrize("model", ["33GP1300", "38GX541-a", "38UX267", "38UX253"])
def test_other_models_have_no_status_led(desk_of: Callable[..., Desk], model: str) -> None:
    assert desk_of(model).camera.status_led(0) == ""
