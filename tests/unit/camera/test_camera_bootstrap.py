"""The map of bootstrap registers: what is there, with which access (GigE Vision 1.2, chapter "Bootstrap registers")."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import Status
from tiscam_emu.wire.bootstrap import BOOTSTRAP_REGISTERS, BootstrapRegister, text_from_register

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

OPTIONAL = {
    "Serial Number",
    "User-defined Name",
    "Persistent IP Address",
    "Persistent Subnet Mask",
    "Persistent Default Gateway",
    "Link Speed",
    "Timestamp Tick Frequency - High",
    "Timestamp Tick Frequency - Low",
    "Timestamp Control",
    "Timestamp Value (latched) - High",
    "Timestamp Value (latched) - Low",
    "Discovery ACK Delay",
    "GVCP Configuration",
    "GVSP Configuration",
    "Control Switchover Key",
    "Primary Application Port",
    "Primary Application IP Address",
    "Stream Channel Source Port (SCSP)",
    "Stream Channel Capability (SCC)",
    "Stream Channel Configuration (SCCFG)",
}
OF_GIGE_MODELS = {
    "Action Device Key",
    "Number of Action Signals",
    "IEEE 1588 Status",
    "Scheduled Action Command Queue Size",
    "Action Group Key",
    "Action Group Mask",
}
OF_MODELS_WITH_EVENTS = {
    "Message Channel Port (MCP)",
    "Message Channel Destination Address (MCDA)",
    "Message Channel Transmission Timeout (MCTT)",
    "Message Channel Retry Count (MCRC)",
    "Message Channel Source Port (MCSP)",
}
XML = 0x00A0_0000


def _registers() -> list[BootstrapRegister]:
    return list(BOOTSTRAP_REGISTERS.values())


def _is_there(register: BootstrapRegister, model: str) -> bool:
    if register.name in OF_GIGE_MODELS:
        return "GX" in model or "GP" in model
    if register.name in OF_MODELS_WITH_EVENTS:
        return "GX" in model
    return register.name in OPTIONAL or register.mandatory


@pytest.mark.parametrize("model", ["39GX265-Z20", "33GP1300", "38UX267"])
@pytest.mark.parametrize("register", _registers(), ids=lambda register: register.name)
def test_register_reads_as_the_standard_says(desk_of: DeskOf, model: str, register: BootstrapRegister) -> None:
    expected = {"W": Status.ACCESS_DENIED}.get(register.access, Status.SUCCESS)
    if not _is_there(register, model):
        expected = Status.INVALID_ADDRESS
    desk = _desk(desk_of, model)
    for offset in range(0, register.length, 4):
        assert desk.read_status(register.address + offset) is expected
    assert desk.read_status(register.address, register.length) is expected


@pytest.mark.parametrize("register", _registers(), ids=lambda register: register.name)
def test_register_is_written_as_the_standard_says(desk_of: DeskOf, register: BootstrapRegister) -> None:
    desk = _desk(desk_of, "39GX265-Z20")
    expected = Status.WRITE_PROTECT if register.access == "R" else Status.SUCCESS
    if not _is_there(register, "39GX265-Z20"):
        expected = Status.INVALID_ADDRESS
    readable = expected is Status.SUCCESS and register.access == "RW"
    value = desk.word(register.address) if readable else 0
    assert desk.write_word(register.address, value) is expected


_DESKS: dict[str, Desk] = {}


def _desk(desk_of: DeskOf, model: str) -> Desk:
    if model not in _DESKS:
        _DESKS[model] = desk_of(model)
    return _DESKS[model]


def test_version_is_1_2_and_mode_is_a_big_endian_utf8_transmitter(desk: Desk) -> None:
    assert desk.word(0x0000) == 0x0001_0002
    assert desk.word(0x0004) == 0x8000_0001


@pytest.mark.parametrize(
    ("model", "capability"), [("39GX265-Z20", 0xF9FE_007F), ("33GP1300", 0xF9FE_0067), ("38UX267", 0xF9E0_0027)]
)
def test_gvcp_capability_names_what_works_alone(desk_of: DeskOf, model: str, capability: int) -> None:
    # All: user name, serial number, heartbeat disable, link speed, application registers, switchover; PENDING_ACK,
    # resend, WRITEMEM, several accesses in a message, writable discovery delay (0180), status codes of 1.1 (0040). GigE
    # models: unconditional actions, PTP, status codes of 2.0,
    # scheduled actions (001E), actions (40). With events: EVENTDATA, EVENT (18). None: manifest, test packet data.
    assert desk_of(model).word(0x0934) == capability


@pytest.mark.parametrize(("model", "count"), [("39GX265-Z20", 1), ("33GP1300", 1)])
def test_there_is_one_action_signal(desk_of: DeskOf, model: str, count: int) -> None:
    assert desk_of(model).word(0x0908) == count


def test_gvsp_capability_names_source_port_and_16_bit_block_ids(desk: Desk) -> None:
    assert desk.word(0x092C) == 0xC000_0000


def test_addresses_are_those_of_the_options(desk_of: DeskOf) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(address="192.168.7.9", netmask="255.255.255.0"))
    assert (desk.word(0x0024), desk.word(0x0034), desk.word(0x0044)) == (0xC0A8_0709, 0xFFFF_FF00, 0)


def test_mac_has_the_makers_prefix_and_follows_the_serial_number(desk_of: DeskOf) -> None:
    macs = set()
    for serial in ("39265001", "39265002", "39265003"):
        desk = desk_of("39GX265-Z20", CameraOptions(serial=serial))
        assert desk.camera.mac[:3] == bytes.fromhex("000748")
        assert desk.camera.read(0x0008, 8, 0) == b"\0\0" + desk.camera.mac
        macs.add(desk.camera.mac)
    assert len(macs) == 3


def test_discovery_is_the_image_of_the_first_registers(desk: Desk) -> None:
    image = desk.camera.discovery()
    assert len(image) == 248
    assert image[0x00:0x04] == bytes.fromhex("00010002")
    assert image[0x0A:0x10] == desk.camera.mac
    assert image[0x18:0x24] == bytes(12)
    assert image[0x24:0x28] == bytes([127, 0, 0, 1])
    assert text_from_register(image[0x48:0x68]) == "The Imaging Source Europe GmbH"
    assert text_from_register(image[0x68:0x88]) == "DFK 39GX265-Z20"
    assert text_from_register(image[0xA8:0xD8]) == "@Type=3@Model=IMX265@"
    assert text_from_register(image[0xD8:0xE8]) == "39265001"
    assert image[0xE8:0xF8] == bytes(16)


@pytest.mark.parametrize(("address", "length"), [(0, 248), (0, 0x48), (0x10, 0x38), (0x18, 8), (0x20, 8), (0xE8, 16)])
def test_block_of_the_registers_of_discovery_reads_as_discovery_does(desk: Desk, address: int, length: int) -> None:
    desk.set(DeviceUserID="left eye")
    assert desk.camera.read(address, length, 0) == desk.camera.discovery()[address : address + length]


@pytest.mark.parametrize(
    ("address", "length", "status"),
    [
        (0x18, 4, Status.INVALID_ADDRESS),
        (0xF8, 4, Status.INVALID_ADDRESS),
        (0, 252, Status.INVALID_ADDRESS),
        (0xF0, 16, Status.INVALID_ADDRESS),
        (0x600, 0x50, Status.INVALID_ADDRESS),
        (2, 8, Status.BAD_ALIGNMENT),
        (0, 246, Status.BAD_ALIGNMENT),
    ],
)
def test_hole_by_itself_and_in_any_other_block_is_no_register(
    desk: Desk, address: int, length: int, status: Status
) -> None:
    assert desk.read_status(address, length) is status


def test_block_with_holes_cannot_be_written(desk: Desk) -> None:
    assert desk.write_block(0x14, bytes(8)) is Status.INVALID_ADDRESS


@pytest.mark.parametrize("plain", [False, True])
def test_second_url_names_the_description_in_the_other_form(desk_of: DeskOf, plain: bool) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(plain_xml=plain))
    url = text_from_register(desk.camera.read(0x0400, 512, 0))
    name, address, length = url.removeprefix("Local:").split(";")
    assert name == f"tiscam_emu_39GX265_Z20.{'zip' if plain else 'xml'}"
    content = desk.camera.read(int(address, 16), (int(length, 16) + 3) // 4 * 4, 0)[: int(length, 16)]
    if plain:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (content,) = map(archive.read, archive.namelist())
    assert content == desk.camera.xml


@pytest.mark.parametrize("plain", [False, True])
def test_url_names_address_and_length_of_the_description(desk_of: DeskOf, plain: bool) -> None:
    desk = desk_of("39GX265-Z20", CameraOptions(plain_xml=plain))
    url = text_from_register(desk.camera.read(0x0200, 512, 0))
    name, address, length = url.removeprefix("Local:").split(";")
    assert name == f"tiscam_emu_39GX265_Z20.{'xml' if plain else 'zip'}"
    assert int(address, 16) == XML
    stored = int(length, 16)
    content = desk.camera.read(XML, (stored + 3) // 4 * 4, 0)
    assert content[stored:] == bytes(-stored % 4)
    assert (content[:stored] == desk.camera.xml) is plain
    assert desk.read_status(XML + len(content)) is Status.INVALID_ADDRESS
    assert desk.read_status(XML + len(content) - 4, 8) is Status.INVALID_ADDRESS
    assert desk.read_status(XML + len(content) - 4, 4) is Status.SUCCESS


def test_description_cannot_be_written(desk: Desk) -> None:
    assert desk.write_word(XML, 0) is Status.WRITE_PROTECT
    assert desk.write_block(XML + 512, bytes(8)) is Status.WRITE_PROTECT


def test_block_may_cover_several_registers(desk: Desk) -> None:
    assert desk.camera.read(0x0000, 0x18, 0)[:8] == bytes.fromhex("0001000280000001")


@pytest.mark.parametrize("address", [0x0018, 0x0D0C, 0x0A08, 0xA000, 0x0001_7FFC, 0xFFFF_FFFC])
def test_hole_is_no_register(desk: Desk, address: int) -> None:
    assert desk.read_status(address) is Status.INVALID_ADDRESS
    assert desk.write_word(address, 0) is Status.INVALID_ADDRESS
    assert desk.write_block(address, bytes(4)) is Status.INVALID_ADDRESS


@pytest.mark.parametrize(("address", "length"), [(0x0001, 4), (0x0002, 4), (0x0000, 6)])
def test_crooked_access_is_refused(desk: Desk, address: int, length: int) -> None:
    assert desk.read_status(address, length) is Status.BAD_ALIGNMENT
    assert desk.write_block(address, bytes(length)) is Status.BAD_ALIGNMENT


def test_block_write_is_done_whole_or_not_at_all(desk: Desk) -> None:
    # SCP, SCPS, SCPD lie side by side.
    good = (5000).to_bytes(4, "big") + (1400).to_bytes(4, "big") + (77).to_bytes(4, "big")
    bad_size = good[:4] + (4).to_bytes(4, "big") + good[8:]
    assert desk.write_block(0x0D00, bad_size) is Status.INVALID_PARAMETER
    assert (desk.word(0x0D00), desk.word(0x0D08)) == (0, 0)
    assert desk.write_block(0x0D00, good + bytes(4)) is Status.INVALID_ADDRESS
    assert (desk.word(0x0D00), desk.word(0x0D08)) == (0, 0)
    assert desk.write_block(0x0D00, good) is Status.SUCCESS
    assert (desk.word(0x0D00), desk.word(0x0D04), desk.word(0x0D08)) == (5000, 1400, 77)


def test_half_of_an_eight_byte_value_is_refused(desk: Desk) -> None:
    desk.set(ActionSchedulerTime=5000)
    address = desk.camera.model.layout.slots["ActionSchedulerTime"].address
    for half in (address, address + 4):
        assert desk.write_word(half, 0x40A0_0000) is Status.INVALID_PARAMETER
        assert desk.write_block(half, bytes(4)) is Status.INVALID_PARAMETER
    assert desk.get("ActionSchedulerTime") == 5000


def test_both_halves_in_one_message_are_one_write(desk: Desk) -> None:
    address = desk.camera.model.layout.slots["ActionSchedulerTime"].address
    pairs = [(address, 2), (address + 4, 3)]
    assert desk.camera.write_pairs(pairs, 0) == (2, Status.SUCCESS)
    assert desk.get("ActionSchedulerTime") == 0x2_0000_0003
    assert desk.camera.write_pairs(pairs[::-1], 0) == (0, Status.INVALID_PARAMETER)
    assert desk.camera.write_pairs([(0x0938, 700), *pairs, (0x0938, 800)], 0) == (4, Status.SUCCESS)


def test_halves_of_different_messages_are_never_joined(desk: Desk) -> None:
    address = desk.camera.model.layout.slots["ActionSchedulerTime"].address
    assert desk.camera.write_pairs([(0x0938, 700), (address, 0x40A0_0000)], 0) == (1, Status.INVALID_PARAMETER)
    assert desk.write_word(0x0938, 701) is Status.SUCCESS


def test_half_of_a_locked_or_read_only_value_is_refused_for_that_reason(desk: Desk) -> None:
    slots = desk.camera.model.layout.slots
    assert desk.write_word(slots["ExposureTime"].address, 0) is Status.ACCESS_DENIED
    assert desk.write_word(0x0948, 0) is Status.WRITE_PROTECT
    assert desk.write_word(slots["AcquisitionFrameRate"].high_address, 0) is Status.WRITE_PROTECT


def test_pairs_before_the_refused_one_stay_written(desk: Desk) -> None:
    pairs = [(0x0938, 700), (0x0000, 1), (0x0938, 900)]
    assert desk.camera.write_pairs(pairs, 0) == (1, Status.WRITE_PROTECT)
    assert desk.word(0x0938) == 700


def test_limits_and_locks_are_read_only(desk: Desk) -> None:
    slots, locks = desk.camera.model.layout.slots, desk.camera.model.layout.locks
    for address in (slots["Width"].low_address, slots["Width"].high_address, slots["Width"].step_address):
        assert desk.write_word(address, 16) is Status.WRITE_PROTECT
    assert desk.write_word(locks["Acquiring"], 1) is Status.WRITE_PROTECT
    assert desk.word(slots["Width"].step_address) == 16
