"""Stream channel and control settings in the bootstrap registers (GigE Vision, chapter "Bootstrap registers")."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import InvalidParameter, Status
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.endpoint import Endpoint

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

SCP, SCPS, SCPD, SCDA, SCSP, SCCFG = 0x0D00, 0x0D04, 0x0D08, 0x0D18, 0x0D1C, 0x0D24
FIRE, DO_NOT_FRAGMENT, BIG_ENDIAN = 0x8000_0000, 0x4000_0000, 0x2000_0000
LOOPBACK = 0x7F00_0001
SUCCESS = Status.SUCCESS


def _write_reg(desk: Desk, address: int, value: int) -> Status:
    return desk.write_word(address, value)


def _write_mem(desk: Desk, address: int, value: int) -> Status:
    return desk.write_block(address, value.to_bytes(4, "big"))


WRITERS = pytest.mark.parametrize("write", [_write_reg, _write_mem], ids=["WRITEREG", "WRITEMEM"])
Writer = Callable[["Desk", int, int], Status]


@WRITERS
def test_size_flags_and_test_packet_come_in_one_write(desk: Desk, write: Writer) -> None:
    assert write(desk, SCPS, FIRE | 8000) is SUCCESS
    assert desk.word(SCPS) == 8000
    assert (desk.camera.stream.packet_size, desk.camera.stream.do_not_fragment) == (8000, False)
    assert desk.camera.take_test_packet_request()
    assert not desk.camera.take_test_packet_request()


@WRITERS
def test_fire_bit_clears_itself_and_leaves_the_rest(desk: Desk, write: Writer) -> None:
    assert desk.word(SCPS) == DO_NOT_FRAGMENT | 1500
    assert write(desk, SCPS, FIRE | DO_NOT_FRAGMENT | 1500) is SUCCESS
    assert desk.word(SCPS) == DO_NOT_FRAGMENT | 1500
    assert desk.camera.take_test_packet_request()
    assert write(desk, SCPS, DO_NOT_FRAGMENT | 1500) is SUCCESS
    assert not desk.camera.take_test_packet_request()


def test_test_packet_may_be_fired_while_acquiring(desk: Desk) -> None:
    desk.run("AcquisitionStart")
    assert desk.write_word(SCPS, FIRE | DO_NOT_FRAGMENT | 1500) is SUCCESS
    assert desk.camera.take_test_packet_request()
    assert desk.write_word(SCPS, FIRE | DO_NOT_FRAGMENT | 1400) is Status.ACCESS_DENIED
    assert not desk.camera.take_test_packet_request()


@pytest.mark.parametrize(
    ("size", "status"),
    [
        *((size, Status.INVALID_PARAMETER) for size in (0, 572, 16368, 65532)),
        *((size, Status.BAD_ALIGNMENT) for size in (575, 577, 1501, 65535)),
    ],
)
def test_packet_size_off_its_limits_is_refused_and_fires_nothing(desk: Desk, size: int, status: Status) -> None:
    assert desk.write_word(SCPS, FIRE | size) is status
    assert desk.word(SCPS) == DO_NOT_FRAGMENT | 1500
    assert not desk.camera.take_test_packet_request()


def test_pixel_byte_order_bit_is_read_only(desk: Desk) -> None:
    assert desk.write_word(SCPS, BIG_ENDIAN | 1500) is SUCCESS
    assert desk.word(SCPS) == 1500


@pytest.mark.parametrize(
    ("largest", "highest", "at_power_up"), [(9000, 9000, 1500), (1501, 1500, 1500), (1000, 1000, 1000), (999, 996, 996)]
)
def test_largest_packet_of_the_options_bounds_the_packet_size(
    desk_of: Callable[[str, CameraOptions], Desk], largest: int, highest: int, at_power_up: int
) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(max_packet_size=largest))
    assert desk.limits("GevSCPSPacketSize") == (576, highest)
    assert desk.get("GevSCPSPacketSize") == at_power_up


@WRITERS
def test_opening_the_channel_counts_and_closing_does_not(desk: Desk, write: Writer) -> None:
    write(desk, SCDA, LOOPBACK)
    before = desk.camera.stream.opened
    for port, openings in ((5000, 1), (0, 1), (5000, 2), (5001, 3), (0, 3)):
        assert write(desk, SCP, port) is SUCCESS
        assert desk.word(SCP) == port
        assert (desk.camera.stream.port, desk.camera.stream.opened - before) == (port, openings)


def test_channel_without_an_address_is_closed(desk: Desk) -> None:
    desk.write_word(SCP, 5000)
    assert desk.camera.stream.port == 0
    desk.write_word(SCDA, LOOPBACK)
    assert (desk.camera.stream.host, desk.camera.stream.port) == ("127.0.0.1", 5000)


@WRITERS
def test_stream_goes_to_loopback_or_the_controlling_client_alone(desk: Desk, write: Writer) -> None:
    client, other = 0xC0A8_0105, 0xC0A8_0106
    assert write(desk, SCDA, client) is Status.INVALID_PARAMETER
    desk.camera.control_changed(2, Endpoint("192.168.1.5", 40_000), 0)
    assert write(desk, SCDA, other) is Status.INVALID_PARAMETER
    assert desk.word(SCDA) == 0
    for address in (client, LOOPBACK, 0x7F00_0102, 0):
        assert write(desk, SCDA, address) is SUCCESS
        assert desk.word(SCDA) == address


def test_camera_on_a_network_does_not_stream_to_loopback(desk_of: Callable[[str, CameraOptions], Desk]) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address="192.168.1.9", netmask="255.255.255.0"))
    assert desk.write_word(SCDA, LOOPBACK) is Status.INVALID_PARAMETER


def test_packet_delay_is_in_nanoseconds(desk: Desk) -> None:
    assert desk.write_word(SCPD, 12_345) is SUCCESS
    assert desk.camera.stream.packet_delay_ns == 12_345
    assert desk.write_word(SCPD, 1_000_000_001) is Status.INVALID_PARAMETER


def test_stream_capability_names_the_options_that_work(desk: Desk) -> None:
    # Packet resend destination, all-in, unconditional streaming, extended chunk data.
    assert desk.word(0x0D20) == 0x0000_000F
    assert desk.write_word(SCCFG, 0xFFFF_FFFF) is SUCCESS
    assert desk.word(SCCFG) == 0x0000_000F


def test_stream_options_that_are_not_there_read_back_as_0(desk: Desk) -> None:
    assert desk.write_word(SCCFG, 0x40) is SUCCESS
    assert desk.word(SCCFG) == 0


EXTENDED_IDS = 0x4000_0000
MULTI_PART = StreamChannelCapability.MULTI_PART


@pytest.fixture
def in_parts(desk_of: Callable[[str, CameraOptions], Desk]) -> Desk:
    return desk_of("39GX265-Z20", CameraOptions(multi_part=True))


def test_camera_started_for_it_offers_multi_part_streams_and_begins_without(in_parts: Desk) -> None:
    assert in_parts.word(0x0D20) == 0x0000_004F
    assert in_parts.word(SCCFG) == 0x0000_0001
    assert in_parts.write_word(SCCFG, 0xFFFF_FFFF) is SUCCESS
    assert in_parts.word(SCCFG) == 0x0000_004F


def test_multi_part_is_in_effect_with_64_bit_ids_alone(in_parts: Desk) -> None:
    for sccfg, ids, effect in ((0x40, 0, False), (0x40, EXTENDED_IDS, True), (0x01, EXTENDED_IDS, False)):
        in_parts.write_word(SCCFG, sccfg)
        in_parts.write_word(0x0960, ids)
        assert bool(in_parts.camera.stream.configuration & MULTI_PART) is effect


def test_multi_part_cannot_change_while_frames_are_on_their_way(in_parts: Desk) -> None:
    in_parts.camera.state.acquiring = True
    assert in_parts.write_word(SCCFG, 0x41) is Status.ACCESS_DENIED


@pytest.mark.parametrize(("written", "read"), [(0, 500), (499, 500), (500, 500), (501, 501), (60_000, 60_000)])
@WRITERS
def test_heartbeat_timeout_is_500_ms_at_least(desk: Desk, write: Writer, written: int, read: int) -> None:
    assert desk.word(0x0938) == 3000
    assert write(desk, 0x0938, written) is SUCCESS
    assert (desk.word(0x0938), desk.camera.heartbeat_timeout_ms) == (read, read)


def test_heartbeat_can_be_switched_off(desk: Desk) -> None:
    assert not desk.camera.heartbeat_disabled
    assert desk.write_word(0x0954, 1) is SUCCESS
    assert desk.camera.heartbeat_disabled


def test_switchover_key_is_kept_and_not_shown(desk: Desk) -> None:
    assert desk.write_word(0x095C, 0x0000_1234) is SUCCESS
    assert desk.camera.switchover_key == 0x1234
    assert desk.read_status(0x095C) is Status.ACCESS_DENIED


def test_who_is_in_control_is_for_all_to_read(desk: Desk) -> None:
    desk.camera.control_changed(2, Endpoint("192.168.1.5", 40_000), 0)
    assert (desk.word(0x0A00), desk.word(0x0A04), desk.word(0x0A14)) == (2, 40_000, 0xC0A8_0105)
    desk.camera.control_changed(0, None, 0)
    assert (desk.word(0x0A00), desk.word(0x0A04), desk.word(0x0A14)) == (0, 0, 0)


def test_latched_timestamp_stays_until_the_next_latch(desk: Desk) -> None:
    desk.now = 0x1_2345_6789
    assert desk.write_word(0x0944, 2) is SUCCESS
    desk.now += 1000
    assert (desk.word(0x0948), desk.word(0x094C)) == (1, 0x2345_6789)
    assert desk.get("TimestampLatchValue") == desk.get("GevTimestampValue") == 0x1_2345_6789


def test_timestamp_is_latched_before_it_is_reset(desk: Desk) -> None:
    desk.set(PtpEnable=0)
    desk.now = 5_000
    assert desk.write_word(0x0944, 3) is SUCCESS
    assert (desk.word(0x0948), desk.word(0x094C)) == (0, 5_000)
    desk.now = 6_000
    desk.run("TimestampLatch")
    assert desk.get("GevTimestampValue") == 1_000


def test_timestamp_counts_from_0_after_a_reset(desk: Desk) -> None:
    desk.set(PtpEnable=0)
    desk.now = 5_000
    assert desk.write_word(0x0944, 1) is SUCCESS
    desk.now = 7_500
    desk.run("TimestampLatch")
    assert desk.get("GevTimestampValue") == 2_500
    desk.run("TimestampReset")
    desk.run("GevTimestampControlLatch")
    assert desk.get("GevTimestampValue") == 0


@WRITERS
def test_commands_act_however_they_are_written(desk: Desk, write: Writer) -> None:
    start, stop = (desk.camera.model.layout.slots[f"Acquisition{name}"].address for name in ("Start", "Stop"))
    desk.now = 3
    assert write(desk, start, 1) is SUCCESS
    assert desk.starts(3) == [3]
    assert start == stop
    assert desk.read_status(start) is Status.ACCESS_DENIED
    assert write(desk, stop, 0) is SUCCESS
    assert desk.starts(10**9) == []
    assert write(desk, stop, 0) is SUCCESS
    assert desk.starts(2 * 10**9) == []


def test_what_is_no_commands_code_is_refused(desk: Desk) -> None:
    assert desk.write_word(desk.camera.model.layout.slots["AcquisitionStart"].address, 2) is Status.INVALID_PARAMETER
    assert desk.starts(10**9) == []


A_STRANGER = 0xC000_0242  # 192.0.2.66
OWNER = Endpoint("192.0.2.1", 50_000)


def test_with_allow_redirect_streams_go_anywhere() -> None:
    camera = Camera(load("33GP1300"), CameraOptions(allow_redirect=True))
    camera.control_changed(2, OWNER, 0)
    camera.write(0x0D18, A_STRANGER.to_bytes(4, "big"), 0)
    assert camera.stream.host == "192.0.2.66"


def test_without_it_they_go_to_this_host_and_the_controlling_client_alone() -> None:
    camera = Camera(load("33GP1300"))
    camera.control_changed(2, OWNER, 0)
    with pytest.raises(InvalidParameter, match=r"192\.0\.2\.66 is neither this host nor the controlling client"):
        camera.write(0x0D18, A_STRANGER.to_bytes(4, "big"), 0)
    camera.write(0x0D18, 0xC000_0201.to_bytes(4, "big"), 0)
    assert camera.stream.host == OWNER.host


def test_a_client_of_another_host_does_not_inherit_the_destination() -> None:
    camera = Camera(load("33GP1300"))
    camera.control_changed(2, OWNER, 0)
    camera.write(0x0D18, 0xC000_0201.to_bytes(4, "big"), 0)
    camera.release(1)
    camera.control_changed(0, None, 1)
    camera.control_changed(2, Endpoint("192.0.2.1", 50_001), 2)
    assert camera.stream.host == OWNER.host
    camera.control_changed(2, Endpoint("192.0.2.66", 50_000), 3)
    assert camera.stream.host == "0.0.0.0"


def test_discovery_delay_holds_16_bits(desk: Desk) -> None:
    assert desk.camera.discovery_ack_delay_ms == 0
    assert desk.write_word(0x0950, 750) is SUCCESS
    assert (desk.word(0x0950), desk.camera.discovery_ack_delay_ms) == (750, 750)
    desk.write_word(0x0950, 0x0001_0005)
    assert desk.word(0x0950) == 5


def test_camera_has_one_link_and_no_other_way_to_use_it(desk: Desk) -> None:
    assert (desk.word(0x0910), desk.word(0x0964), desk.word(0x0968)) == (1, 1, 0)
    assert desk.write_word(0x0968, 0) is SUCCESS
    assert desk.write_word(0x0968, 1) is Status.INVALID_PARAMETER


def test_force_ip_changes_mask_and_gateway_until_the_restart(desk_of: Callable[[str, CameraOptions], Desk]) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address="192.168.1.9", netmask="255.255.255.0", gateway="192.168.1.1"))
    assert desk.camera.force_ip("192.168.1.9", "255.255.0.0", "192.168.1.2", 0)
    assert [desk.word(at) for at in (0x0024, 0x0034, 0x0044)] == [0xC0A8_0109, 0xFFFF_0000, 0xC0A8_0102]
    assert not desk.camera.force_ip("192.168.1.10", "255.0.0.0", "192.168.1.3", 0)
    assert [desk.word(at) for at in (0x0024, 0x0034, 0x0044)] == [0xC0A8_0109, 0xFFFF_0000, 0xC0A8_0102]
    assert desk.camera.force_ip("0.0.0.0", "0.0.0.0", "0.0.0.0", 0)
    assert [desk.word(at) for at in (0x0024, 0x0034, 0x0044)] == [0xC0A8_0109, 0xFFFF_FF00, 0xC0A8_0101]


_PERSISTENT = {0x064C: 0xC0A8_0109, 0x065C: 0xFFFF_0000, 0x066C: 0xC0A8_0163}
_IP_MODE, _PERSISTENT_MODE = 0x0014, 5


def _statically_configured(desk_of: Callable[[str, CameraOptions], Desk]) -> Desk:
    desk = desk_of("33GP1300", CameraOptions(address="192.168.1.9", netmask="255.255.255.0", gateway="192.168.1.1"))
    for address, value in _PERSISTENT.items():
        assert desk.write_word(address, value) is SUCCESS
    assert desk.write_word(_IP_MODE, _PERSISTENT_MODE) is SUCCESS
    return desk


def _configuration(desk: Desk) -> list[int]:
    return [desk.word(at) for at in (_IP_MODE, 0x0024, 0x0034, 0x0044)]


def test_ip_configuration_outlives_a_reset_and_is_used_from_then_on(
    desk_of: Callable[[str, CameraOptions], Desk],
) -> None:
    desk = _statically_configured(desk_of)
    assert _configuration(desk) == [_PERSISTENT_MODE, 0xC0A8_0109, 0xFFFF_FF00, 0xC0A8_0101]
    desk.run("DeviceReset")
    desk.camera.take_reset_request()
    assert {address: desk.word(address) for address in _PERSISTENT} == _PERSISTENT
    assert _configuration(desk) == [_PERSISTENT_MODE, 0xC0A8_0109, 0xFFFF_0000, 0xC0A8_0163]
    assert desk.camera.discovery()[0x34:0x38] == b"\xff\xff\0\0"


def test_factory_reset_forgets_the_ip_configuration(desk_of: Callable[[str, CameraOptions], Desk]) -> None:
    desk = _statically_configured(desk_of)
    desk.run("DeviceFactoryReset")
    desk.camera.take_reset_request()
    assert [desk.word(address) for address in _PERSISTENT] == [0, 0xFFFF_FF00, 0]
    assert _configuration(desk) == [6, 0xC0A8_0109, 0xFFFF_FF00, 0xC0A8_0101]


def test_forced_restart_of_the_ip_configuration_uses_the_persistent_one_at_its_address_alone(
    desk_of: Callable[[str, CameraOptions], Desk],
) -> None:
    desk = _statically_configured(desk_of)
    assert desk.camera.force_ip("0.0.0.0", "0.0.0.0", "0.0.0.0", 0)
    assert _configuration(desk)[1:] == [0xC0A8_0109, 0xFFFF_0000, 0xC0A8_0163]
    assert desk.write_word(0x064C, 0xC0A8_010A) is SUCCESS
    assert desk.camera.force_ip("0.0.0.0", "0.0.0.0", "0.0.0.0", 0)
    assert _configuration(desk)[1:] == [0xC0A8_0109, 0xFFFF_FF00, 0xC0A8_0101]


def test_force_ip_closes_a_stream_that_outlived_its_client(desk: Desk) -> None:
    for address, value in ((SCCFG, 2), (SCDA, LOOPBACK), (SCP, 5000)):
        assert desk.write_word(address, value) is SUCCESS
    desk.camera.release(0)
    assert desk.word(SCP) == 5000
    assert desk.camera.force_ip("127.0.0.1", "255.0.0.0", "0.0.0.0", 0)
    assert desk.word(SCP) == 0


def test_restart_closes_an_unconditional_stream(desk: Desk) -> None:
    for address, value in ((SCCFG, 2), (SCDA, LOOPBACK), (SCP, 5000)):
        assert desk.write_word(address, value) is SUCCESS
    desk.run("DeviceReset")
    assert desk.camera.take_reset_request()
    assert (desk.word(SCP), desk.word(SCCFG)) == (0, 1)


@pytest.mark.parametrize(
    ("address", "netmask", "host", "reached"),
    [
        ("127.0.0.1", "255.0.0.0", "192.168.1.5", True),
        ("192.168.1.9", "255.255.255.0", "192.168.1.5", True),
        ("192.168.1.9", "255.255.255.0", "192.168.2.5", False),
    ],
)
def test_camera_reaches_its_network(
    desk_of: Callable[[str, CameraOptions], Desk], address: str, netmask: str, host: str, reached: bool
) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address=address, netmask=netmask))
    assert desk.camera.reaches(host) is reached


def test_resent_packets_go_to_requesters_of_the_network_alone(
    desk_of: Callable[[str, CameraOptions], Desk],
) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address="192.168.1.9", netmask="255.255.255.0"))
    near, far = Endpoint("192.168.1.5", 40_000), Endpoint("10.0.0.1", 40_000)
    assert desk.camera.resend_destination(near) is None
    assert desk.write_word(SCCFG, 8) is SUCCESS
    assert (desk.camera.resend_destination(near), desk.camera.resend_destination(far)) == (near, None)


def test_mac_and_gateway_may_be_given(desk_of: Callable[[str, CameraOptions], Desk]) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(mac=bytes.fromhex("0207060504ff"), gateway="10.0.0.1"))
    assert desk.camera.read(0x0008, 8, 0) == bytes.fromhex("00000207060504ff")
    assert desk.word(0x0044) == 0x0A00_0001
