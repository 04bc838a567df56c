"""Addresses and bits of the bootstrap registers, from "GigE Vision 2.x, Bootstrap registers"."""

from __future__ import annotations

import pytest

from tiscam_emu.wire import bootstrap
from tiscam_emu.wire.bootstrap import GvcpCapability, local_url

ADDRESSES = [
    ("Version", 0x0000, 4, "R", True),
    ("Device MAC address - High", 0x0008, 4, "R", True),
    ("Current IP Address", 0x0024, 4, "R", True),
    ("Manufacturer Info", 0x00A8, 48, "R", True),
    ("Serial Number", 0x00D8, 16, "R", False),
    ("User-defined Name", 0x00E8, 16, "RW", False),
    ("First URL", 0x0200, 512, "R", True),
    ("Number of Stream Channels", 0x0904, 4, "R", True),
    ("Action Device Key", 0x090C, 4, "W", False),
    ("GVCP Capability", 0x0934, 4, "R", True),
    ("Heartbeat Timeout", 0x0938, 4, "RW", True),
    ("Timestamp Control", 0x0944, 4, "W", False),
    ("GVCP Configuration", 0x0954, 4, "RW", False),
    ("Control Channel Privilege", 0x0A00, 4, "RW", True),
    ("Primary Application IP Address", 0x0A14, 4, "R", False),
    ("Message Channel Destination Address (MCDA)", 0x0B10, 4, "RW", False),
    ("Stream Channel Port (SCP)", 0x0D00, 4, "RW", True),
    ("Stream Channel Packet Size (SCPS)", 0x0D04, 4, "RW", True),
    ("Stream Channel Destination Address (SCDA)", 0x0D18, 4, "RW", True),
    ("Stream Channel Configuration (SCCFG)", 0x0D24, 4, "RW", False),
    ("Action Group Mask", 0x9804, 4, "RW", False),
]


@pytest.mark.parametrize(("name", "address", "length", "access", "mandatory"), ADDRESSES)
def test_register_is_where_the_standard_puts_it(
    name: str, address: int, length: int, access: str, mandatory: bool
) -> None:
    register = bootstrap.BOOTSTRAP_REGISTERS[name]
    assert (register.address, register.length, register.access, register.mandatory) == (
        address,
        length,
        access,
        mandatory,
    )


def test_no_two_registers_overlap_and_all_are_aligned() -> None:
    end = 0
    for register in bootstrap.BOOTSTRAP_REGISTERS.values():
        assert register.address % 4 == 0
        assert register.length % 4 == 0
        assert register.address >= end, register.name
        end = register.address + register.length


def test_repeated_registers_count_in_their_stride() -> None:
    # Last stream channel's port, last action's mask, second interface's link speed.
    assert bootstrap.STREAM_CHANNEL_PORT.at(511) == 0x8CC0
    assert bootstrap.ACTION_GROUP_MASK.at(127) == 0x9FF4
    assert bootstrap.LINK_SPEED.at(1) == 0x06F0
    with pytest.raises(ValueError, match="Version has no number 1"):
        bootstrap.VERSION.at(1)


def test_capability_bits() -> None:
    assert int(GvcpCapability.USER_DEFINED_NAME) == 0x80000000
    assert int(GvcpCapability.PACKETRESEND | GvcpCapability.WRITEMEM | GvcpCapability.CONCATENATION) == 0x7
    assert sum(GvcpCapability) == 0xFFFF007F


def test_local_url_is_the_one_aravis_fake_camera_serves() -> None:
    # Captured with Aravis 0.8.26.
    assert local_url("arv-fake-camera.xml", 0x10000, 0x3E67) == "Local:arv-fake-camera.xml;10000;3e67"
