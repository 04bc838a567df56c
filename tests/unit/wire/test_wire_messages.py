from __future__ import annotations

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.wire import bootstrap, gvcp, gvcp_codec, gvcp_layouts, gvsp
from tiscam_emu.wire.endpoint import Endpoint, ipv4_from_int, ipv4_to_int


def test_first_octet_is_the_high_byte_of_an_address() -> None:
    assert ipv4_to_int("127.0.0.1") == 0x7F000001
    assert ipv4_from_int(0xC0A80709) == "192.168.7.9"
    assert str(Endpoint("10.0.0.1", 3956)) == "10.0.0.1:3956"


def test_limits_follow_from_the_576_byte_datagram() -> None:
    assert gvcp.MAX_PAYLOAD_BYTES == 576 - 20 - 8 - gvcp.HEADER_BYTES
    assert gvcp.MAX_PAYLOAD_BYTES // 4 == gvcp.MAX_READREG_ADDRESSES
    assert gvcp.MAX_PAYLOAD_BYTES // 8 == gvcp.MAX_WRITEREG_PAIRS
    assert gvcp.MAX_PAYLOAD_BYTES - 4 == gvcp.MAX_MEM_BYTES


def test_parse_error_carries_what_to_answer() -> None:
    with pytest.raises(gvcp.GvcpParseError, match="length is 8, payload has 4") as caught:
        gvcp_codec.parse_command(bytes.fromhex("42010080 0008 0007 00000004"))
    assert caught.value.status is Status.INVALID_HEADER
    assert caught.value.header == gvcp.CommandHeader(1, 0x80, 8, 7)


def test_bytes_that_are_no_gvcp_have_no_header_to_answer_to() -> None:
    with pytest.raises(gvcp.GvcpParseError, match="not a GVCP command") as caught:
        gvcp_codec.parse_command(b"\x41" + bytes(7))
    assert caught.value.header is None


@pytest.mark.parametrize(
    "hex_bytes",
    ["", "0000008100080001 00000000", "12340081 0000 0001", "00000055 0000 0001", "00000083 0002 0001 0000"],
)
def test_bytes_that_are_no_acknowledge_are_refused(hex_bytes: str) -> None:
    with pytest.raises(gvcp.GvcpParseError):
        gvcp_codec.parse_ack(bytes.fromhex(hex_bytes))


def test_resend_request_ignores_the_reserved_byte_above_24_bit_ids() -> None:
    command = gvcp_codec.parse_command(bytes.fromhex("42000040 000c 0001 0000 0001 ff000003 ffffffff"))
    assert command == gvcp.PacketResendCmd(1, 0, 1, 3, None)


def test_ack_header_is_read_whatever_status_and_code_it_has() -> None:
    header = gvcp_codec.parse_ack_header(bytes.fromhex("1234 5678 0002 0009 abcd"))
    assert header == gvcp.AckHeader(0x1234, 0x5678, 2, 9)


@pytest.mark.parametrize("hex_bytes", ["", "000000c1000000", "000000c1000400 01"])
def test_bytes_without_a_whole_ack_header_have_none(hex_bytes: str) -> None:
    assert gvcp_codec.parse_ack_header(bytes.fromhex(hex_bytes)) is None


def test_event_item_of_half_an_extended_size_is_refused() -> None:
    with pytest.raises(gvcp.GvcpParseError, match="EVENT_CMD with 16 bytes of payload"):
        gvcp_codec.parse_command(bytes.fromhex("421100c0 0010 0005 0000 9003 0000 0007 00000000075bcd15"))


def test_several_events_in_one_command_come_back_in_order() -> None:
    events = (gvcp.EventItem(0x9001, 0, 1, 10), gvcp.EventItem(0x9002, 0, 1, 20))
    datagram = gvcp_codec.build_command(gvcp.EventCmd(1, events))
    assert len(datagram) == 8 + 2 * 16
    assert gvcp_codec.parse_command(datagram) == gvcp.EventCmd(1, events)


def test_discovery_registers_of_another_size_are_refused() -> None:
    with pytest.raises(gvcp.GvcpParseError, match="247 bytes"):
        gvcp_layouts.parse_discovery_registers(bytes(247))


def test_text_keeps_its_terminating_nul_and_whole_characters() -> None:
    assert bootstrap.text_to_register("abc", 4) == b"abc\0"
    assert bootstrap.text_to_register("abcd", 4) == b"abc\0"
    assert bootstrap.text_to_register("abä", 4) == b"ab\0\0"
    assert bootstrap.text_from_register(b"ab\0cd") == "ab"
    assert bootstrap.text_from_register(b"\xff") == "\ufffd"


def test_url_has_to_leave_room_for_its_nul() -> None:
    exact = "x" * (511 - len("Local:;1000;2000"))
    assert len(bootstrap.local_url(exact, 0x1000, 0x2000)) == 511
    with pytest.raises(ValueError, match="exceeds 511"):
        bootstrap.local_url(exact + "x", 0x1000, 0x2000)


@pytest.mark.parametrize(
    ("block_id", "extended", "following"), [(1, False, 2), (65535, False, 1), (65535, True, 65536)]
)
def test_block_ids_skip_0(block_id: int, extended: bool, following: int) -> None:
    assert gvsp.next_block_id(block_id, extended=extended) == following


def test_64_bit_block_id_skips_0() -> None:
    assert gvsp.next_block_id(2**64 - 1, extended=True) == 1


@pytest.mark.parametrize(("extended", "data_bytes"), [(False, 1464), (True, 1452)])
def test_headers_count_in_the_packet_size(extended: bool, data_bytes: int) -> None:
    assert gvsp.data_bytes_per_packet(1500, extended=extended) == data_bytes
    assert gvsp.payload_packets(data_bytes, 1500, extended=extended) == 1
    assert gvsp.payload_packets(data_bytes + 1, 1500, extended=extended) == 2


def test_packet_size_without_room_for_data_is_refused() -> None:
    with pytest.raises(ValueError, match="36 bytes"):
        gvsp.data_bytes_per_packet(36)


@pytest.mark.parametrize("hex_bytes", ["", "00000001", "0000000100000000", "000000018f000000", "0000000181000000"])
def test_bytes_that_are_no_packet_are_refused(hex_bytes: str) -> None:
    with pytest.raises(gvsp.GvspParseError):
        gvsp.parse_packet(bytes.fromhex(hex_bytes))


def test_short_leaders_and_trailers_are_refused() -> None:
    with pytest.raises(gvsp.GvspParseError, match="35 bytes"):
        gvsp.parse_image_leader(bytes(35))
    with pytest.raises(gvsp.GvspParseError, match="7 bytes"):
        gvsp.parse_image_trailer(bytes(7))
    with pytest.raises(gvsp.GvspParseError, match="8 bytes"):
        gvsp.parse_image_trailer(bytes.fromhex("0000400100000001"))
