"""The camera's clock and the Precision Time Protocol (manual 5.15; IEEE 1588; GigE Vision, IEEE 1588 registers)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiscam_emu.camera.control.clock import FOLLOWING_NS, CameraClock
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import Status

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

S, MS = 1_000_000_000, 1_000_000
GVCP_CONFIGURATION, IEEE1588_STATUS, TIMESTAMP_CONTROL = 0x0954, 0x096C, 0x0944
PTP_BIT = 0x0008_0000


def _timestamp(desk: Desk) -> int:
    desk.run("TimestampLatch")
    value = desk.get("TimestampLatchValue")
    assert isinstance(value, int)
    return value


def _statuses(desk: Desk) -> tuple[object, int]:
    return desk.get("PtpStatus"), desk.word(IEEE1588_STATUS)


def test_camera_listens_for_one_second_after_its_start_and_calibrates_in_the_last_millisecond(desk: Desk) -> None:
    assert desk.get("PtpEnable") == 1
    assert _statuses(desk) == ("Listening", 4)
    desk.now = S - MS - 1
    assert _statuses(desk) == ("Listening", 4)
    desk.now = S - MS
    assert _statuses(desk) == ("Uncalibrated", 8)
    desk.now = S - 1
    assert _statuses(desk) == ("Uncalibrated", 8)
    desk.now = S
    assert _statuses(desk) == ("Master", 6)


def test_switching_off_and_on_goes_through_all_states(desk: Desk) -> None:
    desk.now = 5 * S
    desk.set(PtpEnable=0)
    assert _statuses(desk) == ("Disabled", 3)
    desk.now = 6 * S
    assert _statuses(desk) == ("Disabled", 3)
    desk.set(PtpEnable=1)
    assert _statuses(desk) == ("Listening", 4)
    desk.now = 7 * S - 1
    assert _statuses(desk) == ("Uncalibrated", 8)
    desk.now = 7 * S
    assert _statuses(desk) == ("Master", 6)


@pytest.mark.parametrize(("address", "role"), [("127.0.0.1", "Master"), ("127.0.0.2", "Slave")])
@pytest.mark.parametrize("first_look_ns", [0, 10 * MS, 999 * MS + 500_000])
def test_driver_that_switches_off_and_on_whatever_does_not_last_gets_a_clock_within_5_s(
    desk_of: DeskOf, address: str, role: str, first_look_ns: int
) -> None:
    """camera_aravis and camera_aravis2 look once per frame."""
    desk = desk_of("33GP1300", CameraOptions(address=address))
    desk.set(PtpEnable=0)
    restarts = 0
    for look in range(150):
        desk.now = first_look_ns + look * S // 30
        if (status := desk.get("PtpStatus")) in {"Disabled", "Initializing", "Uncalibrated", "Faulty"}:
            desk.set(PtpEnable=0)
            desk.set(PtpEnable=1)
            restarts += 1
        elif status == role:
            break
    assert (status, desk.now < 5 * S, restarts <= 2) == (role, True, True)


def _offset(desk: Desk) -> object:
    desk.run("PtpDataSetLatch")
    return desk.get("PtpOffsetFromMaster")


def test_offset_from_the_master_is_known_from_calibration_on(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address="127.0.0.2", clock_offset_ns=-3 * S))
    assert desk.get("PtpOffsetFromMaster") == 0
    desk.now = S - MS
    assert desk.get("PtpStatus") == "Uncalibrated"
    assert _offset(desk) == MS - S  # the clock shows 0, for it does not show what is below
    desk.now = S
    assert desk.get("PtpOffsetFromMaster") == MS - S
    assert (_offset(desk), desk.get("PtpStatus")) == (0, "Slave")


def test_camera_without_a_master_has_no_offset_from_it(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(clock_offset_ns=3 * S))
    offsets = {"Listening": _offset(desk)}
    desk.now = 2 * S
    offsets[str(desk.get("PtpStatus"))] = _offset(desk)
    desk.set(PtpEnable=0)
    desk.now = 3 * S
    offsets[str(desk.get("PtpStatus"))] = _offset(desk)
    assert offsets == {"Listening": 0, "Master": 0, "Disabled": 0}


def test_enabling_what_is_enabled_changes_nothing(desk: Desk) -> None:
    desk.now = 5 * S
    desk.set(PtpEnable=1)
    assert desk.get("PtpStatus") == "Master"


def test_ptp_is_the_bit_of_the_gvcp_configuration_register(desk: Desk) -> None:
    assert desk.word(GVCP_CONFIGURATION) == PTP_BIT
    assert desk.write_word(GVCP_CONFIGURATION, 0) is Status.SUCCESS
    assert (desk.get("PtpEnable"), desk.get("PtpStatus")) == (0, "Disabled")
    assert desk.write_word(GVCP_CONFIGURATION, PTP_BIT) is Status.SUCCESS
    assert (desk.get("PtpEnable"), desk.get("PtpStatus")) == (1, "Listening")


@pytest.mark.parametrize(
    ("address", "netmask", "role"),
    [
        ("127.0.0.1", "255.0.0.0", "Master"),
        ("127.0.0.2", "255.0.0.0", "Slave"),
        ("127.0.1.1", "255.0.0.0", "Slave"),
        ("192.168.7.1", "255.255.255.0", "Master"),
        ("192.168.7.9", "255.255.255.0", "Slave"),
    ],
)
def test_master_has_the_first_address_of_its_network(desk_of: DeskOf, address: str, netmask: str, role: str) -> None:
    desk = desk_of("33GP1300", CameraOptions(address=address, netmask=netmask))
    desk.now = S
    assert desk.get("PtpStatus") == role


def test_camera_that_is_told_its_role_does_not_go_by_its_address(desk_of: DeskOf) -> None:
    desks = [desk_of("33GP1300", CameraOptions(address=f"127.0.0.{last}")) for last in (1, 2)]
    for desk, elected in zip(desks, (False, True), strict=True):
        desk.camera.elect_master(elected)
        desk.now = S - 1
        assert _statuses(desk) == ("Uncalibrated", 8)
        desk.now = S
    assert [_statuses(desk) for desk in desks] == [("Slave", 9), ("Master", 6)]
    assert [_timestamp(desk) for desk in desks] == [S, S]
    for desk in desks:
        desk.camera.elect_master(None)
    assert [desk.get("PtpStatus") for desk in desks] == ["Master", "Slave"]


def test_elected_camera_without_ptp_stays_disabled(desk: Desk) -> None:
    desk.camera.elect_master(True)
    desk.now = 5 * S
    desk.set(PtpEnable=0)
    assert (desk.get("PtpStatus"), desk.camera.ptp_from_ns) == ("Disabled", None)
    desk.now = 6 * S
    desk.set(PtpEnable=1)
    assert (desk.get("PtpStatus"), desk.camera.ptp_from_ns) == ("Listening", 7 * S)


def test_cameras_with_different_oscillators_agree_once_they_are_synchronised(desk_of: DeskOf) -> None:
    options = [
        CameraOptions(address="127.0.0.1", clock_offset_ns=3 * S, clock_drift_ppb=50_000),
        CameraOptions(address="127.0.0.2", clock_drift_ppb=-20_000),
    ]
    desks = [desk_of("39GX265-Z20", each) for each in options]
    for desk in desks:
        desk.now = 500_000_000
    # 0.5 s and 50 ppm of it, from 3 s on; 0.5 s less 20 ppm of it.
    assert [_timestamp(desk) for desk in desks] == [3_500_025_000, 499_990_000]
    for desk in desks:
        desk.now = 10 * S
    assert [_timestamp(desk) for desk in desks] == [10 * S, 10 * S]


def test_clock_that_stops_following_drifts_away_from_where_it_was(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(clock_offset_ns=7 * S, clock_drift_ppb=1_000))
    desk.now = 10 * S
    desk.set(PtpEnable=0)
    desk.now = 13 * S
    assert _timestamp(desk) == 13 * S + 3_000


def test_frames_carry_the_time_of_the_clock(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(clock_offset_ns=7 * S))
    desk.prepare_small_frames()
    desk.run("AcquisitionStart")
    stamps = [exposure.request.exposure_start_ns for exposure in desk.advance(1_050_000_000)]
    assert stamps == [7 * S + 100_000_000 * k for k in range(10)] + [S]


@pytest.mark.parametrize("command", ["GevTimestampControlReset", "TimestampReset"])
def test_timestamp_cannot_be_reset_while_ptp_is_on(desk: Desk, command: str) -> None:
    desk.now = 5 * S
    assert desk.attempt(command) is Status.ACCESS_DENIED
    assert _timestamp(desk) == 5 * S
    desk.set(PtpEnable=0)
    desk.run(command)
    desk.now = 6 * S
    assert _timestamp(desk) == S


def test_latch_and_reset_in_one_write_is_refused_whole_while_ptp_is_on(desk: Desk) -> None:
    desk.now = 5 * S
    assert desk.write_word(TIMESTAMP_CONTROL, 3) is Status.ACCESS_DENIED
    assert desk.get("TimestampLatchValue") == 0
    assert desk.write_word(TIMESTAMP_CONTROL, 2) is Status.SUCCESS
    assert desk.get("TimestampLatchValue") == 5 * S


def test_model_without_ptp_has_no_bit_and_can_always_reset(desk_of: DeskOf) -> None:
    desk = desk_of("38UX267")
    assert desk.write_word(GVCP_CONFIGURATION, PTP_BIT) is Status.SUCCESS
    assert desk.word(GVCP_CONFIGURATION) == 0
    desk.now = 5
    desk.run("TimestampReset")
    desk.now = 7
    assert _timestamp(desk) == 2


def test_reset_camera_counts_from_0_until_it_follows_again(desk: Desk) -> None:
    desk.now = 5 * S
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    desk.now += 400
    assert (_timestamp(desk), desk.get("PtpStatus")) == (400, "Listening")
    desk.now = 6 * S
    assert (_timestamp(desk), desk.get("PtpStatus")) == (6 * S, "Master")


def test_start_that_is_not_at_time_0_is_calibrated_one_second_later(desk: Desk) -> None:
    desk.camera.power_up(100 * S)
    desk.now = 101 * S - 1
    assert desk.get("PtpStatus") == "Uncalibrated"
    desk.now = 101 * S
    assert desk.get("PtpStatus") == "Master"


@given(
    offset=st.integers(-5 * S, 5 * S),
    drift=st.integers(-200_000, 200_000),
    followed=st.none() | st.integers(0, 3 * S),
    reading=st.integers(0, 8 * S),
    since=st.integers(0, 6 * S),
)
def test_when_is_the_first_moment_that_shows_the_reading(
    offset: int, drift: int, followed: int | None, reading: int, since: int
) -> None:
    clock = CameraClock(offset, drift)
    if followed is not None:
        clock.follow(followed)
    moment = clock.when(reading, since)
    assert moment >= since
    assert clock.read(moment) >= reading
    assert moment == since or clock.read(moment - 1) < reading or moment - 1 < since
    if followed is not None:
        assert clock.read(followed + FOLLOWING_NS) == followed + FOLLOWING_NS
