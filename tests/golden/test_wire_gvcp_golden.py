"""GVCP bytes that do not come from this package's encoder.

CAPTURED: UDP payloads captured between Aravis 0.8.26 and a camera. STANDARD: built by hand from the layout tables of
"GigE Vision 2.x, Control Channel Dictionary"; tshark's gvcp dissector decodes all of them.
"""

from __future__ import annotations

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvcp, gvcp_codec, gvcp_layouts
from tiscam_emu.wire.gvcp import Command

ACK = 0x01

CAPTURED_COMMANDS = [
    ("42 01 0002 0000 ffff", gvcp.DiscoveryCmd(0xFFFF)),
    ("42010080 0004 ff37 00000004", gvcp.ReadRegCmd(0xFF37, (0x0004,))),
    ("42010082 0008 ff36 00000a00 00000002", gvcp.WriteRegCmd(0xFF36, ((0x0A00, 2),))),
    ("42010084 0008 ff15 00000200 0000 0200", gvcp.ReadMemCmd(0xFF15, 0x0200, 512)),
    ("42010086 0008 ff28 00000d24 00000040", gvcp.WriteMemCmd(0xFF28, 0x0D24, bytes.fromhex("00000040"))),
    ("42010086 0008 ff37 00000d18 7f000001", gvcp.WriteMemCmd(0xFF37, 0x0D18, bytes([127, 0, 0, 1]))),
    ("42010086 0008 ff3e 00000d04 c00005dc", gvcp.WriteMemCmd(0xFF3E, 0x0D04, bytes.fromhex("c00005dc"))),
    ("42000040 000c ff15 0000 0001 00000003 00000004", gvcp.PacketResendCmd(0xFF15, 0, 1, 3, 4)),
    (
        "42100040 0014 ff15 0000 0000 00000003 00000004 0000000000000001",
        gvcp.PacketResendCmd(0xFF15, 0, 1, 3, 4, flags=0x10),
    ),
]

STANDARD_COMMANDS = [
    # DISCOVERY_CMD and FORCEIP_CMD whose acknowledges may be broadcast; FORCEIP_CMD to address 0.
    ("42 11 0002 0000 ffff", gvcp.DiscoveryCmd(0xFFFF, flags=0x11)),
    (
        "42100004 0038 0001 0000 0207060504ff" + "00" * 48,
        gvcp.ForceIpCmd(1, bytes.fromhex("0207060504ff"), "0.0.0.0", "0.0.0.0", "0.0.0.0", flags=0x10),
    ),
    # READMEM_CMD of the longest block, WRITEREG_CMD of two registers.
    ("42010084 0008 0002 0000fffc 0000 0218", gvcp.ReadMemCmd(2, 0xFFFC, 536)),
    (
        "42010082 0010 0003 00000d18 ef000001 00000d00 00009c40",
        gvcp.WriteRegCmd(3, ((0x0D18, 0xEF000001), (0x0D00, 40000))),
    ),
    # PACKETRESEND_CMD with the largest ids of 64 and 32 bits that are no "to the end".
    (
        "42100040 0014 ffff 0003 0000 fffffffe fffffffe ffffffffffffffff",
        gvcp.PacketResendCmd(0xFFFF, 3, 2**64 - 1, 2**32 - 2, 2**32 - 2, flags=0x10),
    ),
    ("42010080 0008 000c 0000093c 00000940", gvcp.ReadRegCmd(12, (0x093C, 0x0940))),
    (
        "42110004 0038 1234 0000 0207060504ff"
        + "00" * 12
        + "c0a80709"
        + "00" * 12
        + "ffffff00"
        + "00" * 12
        + "c0a80701",
        gvcp.ForceIpCmd(
            0x1234, bytes.fromhex("0207060504ff"), "192.168.7.9", "255.255.255.0", "192.168.7.1", flags=0x11
        ),
    ),
    (
        "420100c0 0010 0005 0000 9003 0000 0007 00000000075bcd15",
        gvcp.EventCmd(5, (gvcp.EventItem(0x9003, 0, 7, 123456789),)),
    ),
    (
        "421100c0 0018 0006 0000 9003 0000 0000 0000000000000007 00000000075bcd15",
        gvcp.EventCmd(6, (gvcp.EventItem(0x9003, 0, 7, 123456789),), flags=0x11),
    ),
    (
        "420100c2 0018 0007 0000 9004 0000 0007 00000000075bcd15 1122334455667788",
        gvcp.EventDataCmd(7, gvcp.EventItem(0x9004, 0, 7, 123456789), bytes.fromhex("1122334455667788")),
    ),
    (
        "421100c2 001c 0007 0000 9004 ffff 0000 0000000000000007 00000000075bcd15 11223344",
        gvcp.EventDataCmd(7, gvcp.EventItem(0x9004, 0xFFFF, 7, 123456789), bytes.fromhex("11223344"), flags=0x11),
    ),
    (
        "421100c0 0030 0008"
        " 0018 9001 0001 0000 0000000100000001 0000000000000064"
        " 0018 9002 ffff 0000 0000000000000000 00000000000000c8",
        gvcp.EventCmd(
            8,
            (gvcp.EventItem(0x9001, 1, 2**32 + 1, 100, size=24), gvcp.EventItem(0x9002, 0xFFFF, 0, 200, size=24)),
            flags=0x11,
        ),
    ),
    (
        "420000c2 0014 0007 0014 9004 0000 ffff ffffffffffffffff 00000001",
        gvcp.EventDataCmd(7, gvcp.EventItem(0x9004, 0, 0xFFFF, 2**64 - 1, size=20), bytes([0, 0, 0, 1]), flags=0),
    ),
    ("42010100 000c 0009 00000011 00000022 00000001", gvcp.ActionCmd(9, 0x11, 0x22, 1)),
    ("42000100 000c ffff 00000000 ffffffff 80000000", gvcp.ActionCmd(0xFFFF, 0, 0xFFFFFFFF, 0x80000000, flags=0)),
    (
        "42800100 0014 8000 00000011 00000022 00000001 0000000000000000",
        gvcp.ActionCmd(0x8000, 0x11, 0x22, 1, 0, flags=0x80),
    ),
    (
        "42810100 0014 0009 00000011 00000022 00000001 17979cfe362a0000",
        gvcp.ActionCmd(9, 0x11, 0x22, 1, 0x17979CFE362A0000, flags=0x81),
    ),
    ("42000040 000c 0001 0000 0002 00000000 00ffffff", gvcp.PacketResendCmd(1, 0, 2, 0, None)),
    (
        "42100040 0014 0001 0000 0000 00000000 ffffffff 0000000000000002",
        gvcp.PacketResendCmd(1, 0, 2, 0, None, flags=0x10),
    ),
]

CAPTURED_ACKS = [
    ("0000 0081 0004 ff37 00000000", gvcp.ReadRegAck(0xFF37, (0,))),
    ("0000 0083 0004 ff36 0000 0001", gvcp.WriteRegAck(0xFF36, 1)),
    ("0000 0087 0004 ff28 0000 0004", gvcp.WriteMemAck(0xFF28, 4)),
    ("0000 0089 0004 ff42 0000 04b0", gvcp.PendingAck(0xFF42, 1200)),
]

STANDARD_ACKS = [
    ("8006 0005 0000 1234", gvcp.ErrorAck(0x1234, Command.FORCEIP_ACK, status=Status.ACCESS_DENIED)),
    ("8003 0081 0004 000c 3b9aca00", gvcp.ReadRegAck(12, (1_000_000_000,), status=Status.INVALID_ADDRESS)),
    ("8005 0085 0000 000d", gvcp.ErrorAck(13, Command.READMEM_ACK, status=Status.BAD_ALIGNMENT)),
    ("8004 0083 0004 000f 0000 0002", gvcp.WriteRegAck(15, 2, status=Status.WRITE_PROTECT)),
    ("8004 0087 0004 000e 0000 0000", gvcp.WriteMemAck(14, 0, status=Status.WRITE_PROTECT)),
    ("0000 0087 0004 000e 0000 0218", gvcp.WriteMemAck(14, 536)),
    ("8001 0201 0000 0007", gvcp.ErrorAck(7, 0x0201, status=Status.NOT_IMPLEMENTED)),
    ("8fff 0101 0000 0009", gvcp.ErrorAck(9, Command.ACTION_ACK, status=Status.ERROR)),
    ("0000 0005 0000 1234", gvcp.ForceIpAck(0x1234)),
    ("0000 00c1 0000 0005", gvcp.EventAck(5)),
    ("0000 00c3 0000 0005", gvcp.EventDataAck(5)),
    ("8001 00c3 0000 0005", gvcp.ErrorAck(5, Command.EVENTDATA_ACK, status=Status.NOT_IMPLEMENTED)),
    ("0000 0101 0000 0009", gvcp.ActionAck(9)),
    ("8013 0101 0000 0009", gvcp.ErrorAck(9, Command.ACTION_ACK, status=Status.NO_REF_TIME)),
    ("8015 0101 0000 0009", gvcp.ErrorAck(9, Command.ACTION_ACK, status=Status.OVERFLOW)),
    ("8016 0101 0000 0009", gvcp.ErrorAck(9, Command.ACTION_ACK, status=Status.ACTION_LATE)),
    ("0000 0089 0004 0001 0000 ffff", gvcp.PendingAck(1, 65535)),
    ("8003 0081 0000 000a", gvcp.ErrorAck(10, Command.READREG_ACK, status=Status.INVALID_ADDRESS)),
    ("8006 0083 0004 000b 0000 0000", gvcp.WriteRegAck(11, 0, status=Status.ACCESS_DENIED)),
    ("0000 0081 0008 000c 00000000 3b9aca00", gvcp.ReadRegAck(12, (0, 1_000_000_000))),
]


@pytest.mark.parametrize(("hex_bytes", "command"), CAPTURED_COMMANDS + STANDARD_COMMANDS)
def test_command_bytes_and_message_are_the_same_thing(hex_bytes: str, command: gvcp.Cmd) -> None:
    datagram = bytes.fromhex(hex_bytes)
    assert gvcp_codec.parse_command(datagram) == command
    assert gvcp_layouts.parse_command(datagram) == command
    assert gvcp_codec.build_command(command) == datagram


@pytest.mark.parametrize(("hex_bytes", "ack"), CAPTURED_ACKS + STANDARD_ACKS)
def test_acknowledge_bytes_and_message_are_the_same_thing(hex_bytes: str, ack: gvcp.Ack) -> None:
    datagram = bytes.fromhex(hex_bytes)
    assert gvcp_codec.parse_ack(datagram) == ack
    assert gvcp_codec.build_ack(ack) == datagram
    assert gvcp_layouts.build(ack) == datagram


def test_captured_readmem_ack_of_the_url_register_gives_address_and_text() -> None:
    # Captured with Aravis 0.8.26, completed with NULs to the 512 bytes of the register.
    text = "4c6f63616c3a6172762d66616b652d63616d6572612e786d6c3b31303030303b33653637"
    datagram = bytes.fromhex("0000 0085 0204 ff15 00000200" + text).ljust(8 + 4 + 512, b"\0")
    ack = gvcp_codec.parse_ack(datagram)
    assert ack == gvcp.ReadMemAck(0xFF15, 0x0200, b"Local:arv-fake-camera.xml;10000;3e67".ljust(512, b"\0"))
    assert gvcp_codec.build_ack(ack) == datagram


def test_discovery_ack_fields_lie_where_the_standard_puts_them() -> None:
    # GigE Vision 2.x, DISCOVERY_ACK: offsets of the fields.
    image = bytearray(248)
    image[0x00:0x04] = bytes.fromhex("00020000")
    image[0x04:0x08] = bytes.fromhex("80000001")
    image[0x0A:0x10] = bytes.fromhex("0207060504ff")
    image[0x10:0x14] = bytes.fromhex("00000007")
    image[0x14:0x18] = bytes.fromhex("00000005")
    image[0x24:0x28] = bytes([127, 0, 0, 2])
    image[0x34:0x38] = bytes([255, 0, 0, 0])
    image[0x44:0x48] = bytes([127, 0, 0, 1])
    for offset, text in (
        (0x48, b"Maker"),
        (0x68, b"Model"),
        (0x88, b"1.0"),
        (0xA8, b"Info"),
        (0xD8, b"42"),
        (0xE8, b"me"),
    ):
        image[offset : offset + len(text)] = text
    registers = gvcp_layouts.DiscoveryRegisters(
        spec_version_major=2,
        spec_version_minor=0,
        device_mode=0x80000001,
        mac=bytes.fromhex("0207060504ff"),
        supported_ip_configuration=7,
        current_ip_configuration=5,
        current_ip="127.0.0.2",
        subnet_mask="255.0.0.0",
        default_gateway="127.0.0.1",
        manufacturer_name="Maker",
        model_name="Model",
        device_version="1.0",
        manufacturer_info="Info",
        serial_number="42",
        user_defined_name="me",
    )
    assert gvcp_layouts.parse_discovery_registers(bytes(image)) == registers
    assert registers.build() == bytes(image)
    datagram = bytes.fromhex("0000 0003 00f8 ffff") + image
    assert gvcp_codec.build_ack(gvcp.DiscoveryAck(0xFFFF, bytes(image))) == datagram
    assert gvcp_codec.parse_ack(datagram) == gvcp.DiscoveryAck(0xFFFF, bytes(image))
