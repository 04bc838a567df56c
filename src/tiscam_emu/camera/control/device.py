"""Device: identity, temperature, time and reset (GenICam SFNC, Device Control; manual 5.19)."""

from __future__ import annotations

import math
from collections.abc import Callable

from tiscam_emu.camera.control import control_channel
from tiscam_emu.camera.control.ptp import PTP_ENABLED
from tiscam_emu.camera.options import SMALLEST_PACKET
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.features.kinds import (
    Access,
    At,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Integer,
    Limits,
    Room,
    String,
    Visibility,
)
from tiscam_emu.units import NS_PER_MS, NS_PER_S
from tiscam_emu.wire.bootstrap import text_from_register, text_to_register

_CATEGORY = "DeviceControl"
AMBIENT_C = 25.0
WARM_UP_C = 12.0
WARM_UP_S = 600.0
_USER_NAME_BYTES = 16


def _text(name: str, doc: str, at: At | None, size: int, value: Callable[[CameraState], str]) -> String:
    return String(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=at,
        size=size,
        access=Access.RO,
        value=value,
        constant=True,
        every_model=True,
    )


def _number(
    name: str, doc: str, value: int | Callable[[CameraState], int] = 0, unit: str = "", alias_of: str = ""
) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        access=Access.RO,
        limits=Limits(0, 0xFFFF_FFFF, 1),
        unit=unit,
        value=None if alias_of else value if callable(value) else lambda _state: value,
        constant=True,
        every_model=True,
        visibility=Visibility.EXPERT,
        alias_of=alias_of,
    )


def _fixed_choice(name: str, doc: str, entry: str) -> Enumeration:
    return Enumeration(
        name=name,
        category=_CATEGORY,
        doc=doc,
        access=Access.RO,
        entries=(Entry(entry, 0),),
        constant=True,
        every_model=True,
        visibility=Visibility.EXPERT,
    )


def _selector(name: str, doc: str) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        limits=Limits(0, 0, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    )


def temperature_c(state: CameraState) -> float:
    """Temperature inside the camera, in tenths of a degree: it rises from the room's with a time constant."""
    hot_c = state.health.faults.temperature_c
    if hot_c is not None:
        return hot_c
    on_s = (state.now - state.powered_up_ns) / NS_PER_S
    return round(AMBIENT_C + WARM_UP_C * -math.expm1(-on_s / WARM_UP_S), 1)


def _with_final_nul(_state: CameraState, text: str) -> str:
    """As much of a user name as its register holds before a final NUL."""
    return text_from_register(text_to_register(text, _USER_NAME_BYTES))


def _take_time(state: CameraState) -> None:
    state.write_duration_ns += int(state["TestPendingAck"]) * NS_PER_MS


def _request_reset(state: CameraState) -> None:
    state.reset_requested = True


def _factory_reset(state: CameraState) -> None:
    state.factory_reset_requested = True
    state.reset_requested = True


FEATURES: tuple[Feature, ...] = (
    _text("DeviceVendorName", "Maker of the camera.", At(0x0048), 32, lambda state: state.model.identity.vendor),
    _text("DeviceModelName", "Model of the camera.", At(0x0068), 32, lambda state: state.model.identity.name),
    _text("DeviceVersion", "Version of the camera.", At(0x0088), 32, lambda state: state.model.identity.device_version),
    _text(
        "DeviceManufacturerInfo",
        "What else the maker says about the camera.",
        At(0x00A8),
        48,
        lambda state: state.model.identity.manufacturer_info,
    ),
    _text("DeviceSerialNumber", "Serial number of the camera.", At(0x00D8), 16, lambda state: state.serial),
    String(
        name="DeviceUserID",
        category=_CATEGORY,
        doc="Name that the user gives the camera; kept across restarts where the emulator has a state folder.",
        at=At(0x00E8),
        size=_USER_NAME_BYTES,
        every_model=True,
        persistent=True,
        default=lambda state: state.options.user_name,
        accept=_with_final_nul,
        note="Of 16 bytes the last one becomes a NUL, which ends every text of the bootstrap registers.",
    ),
    _text("DeviceFirmwareVersion", "Version of the firmware.", None, 32, lambda s: s.model.identity.firmware_version),
    _fixed_choice("DeviceType", "Role on the network.", "Transmitter"),
    _fixed_choice("DeviceScanType", "Kind of sensor.", "Areascan"),
    _fixed_choice("DeviceTLType", "Transport layer.", "GigEVision"),
    _number("DeviceTLVersionMajor", "Major version of the transport layer.", alias_of="GevVersionMajor"),
    _number("DeviceTLVersionMinor", "Minor version of the transport layer.", alias_of="GevVersionMinor"),
    _number("DeviceTLVersionSubMinor", "Sub-minor version of the transport layer.", 0),
    _number("DeviceSFNCVersionMajor", "Major version of the naming convention.", 2),
    _number("DeviceSFNCVersionMinor", "Minor version of the naming convention.", 3),
    _number("DeviceSFNCVersionSubMinor", "Sub-minor version of the naming convention.", 0),
    _fixed_choice("DeviceCharacterSet", "Character set of the strings.", "UTF8"),
    _selector("DeviceLinkSelector", "Link that the link features describe; there is one."),
    _number("DeviceLinkSpeed", "Speed of the link.", lambda state: state.model.link.speed_mbps * 125_000, "Bps"),
    Float(
        name="DeviceLinkHeartbeatTimeout",
        category=_CATEGORY,
        doc="Control is given up when its owner has been silent for this long; GevHeartbeatTimeout in microseconds.",
        unit="us",
        representation="Linear",
        limits=Limits(5e5, 60e6, 1e3),
        per_unit=1e-3,
        every_model=True,
        visibility=Visibility.GURU,
        alias_of="GevHeartbeatTimeout",
    ),
    _number("DeviceStreamChannelCount", "Stream channels of the camera.", 1),
    _selector("DeviceStreamChannelSelector", "Stream channel that the channel features describe; there is one."),
    _fixed_choice("DeviceStreamChannelType", "Direction of the stream channel.", "Transmitter"),
    _number("DeviceStreamChannelLink", "Link that the stream channel uses; there is one.", 0),
    Integer(
        name="DeviceStreamChannelPacketSize",
        category=_CATEGORY,
        doc="Bytes of a full stream packet; the same value as GevSCPSPacketSize.",
        unit="B",
        limits=Limits(SMALLEST_PACKET, 65535, 4),
        live=lambda state, _limits: state.limits("GevSCPSPacketSize"),
        every_model=True,
        visibility=Visibility.EXPERT,
        locks=(ACQUIRING,),
        alias_of="GevSCPSPacketSize",
    ),
    _fixed_choice("DeviceStreamChannelEndianness", "Byte order of pixels of several bytes.", "Little"),
    _number("DeviceEventChannelCount", "Message channels of the camera.", control_channel.message_channels),
    Enumeration(
        name="DeviceTemperatureSelector",
        category=_CATEGORY,
        doc="Place where DeviceTemperature is measured.",
        entries=(Entry("Mainboard", 0), Entry("Sensor", 1)),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    Float(
        name="DeviceTemperature",
        per_unit=10,
        signed=True,
        category=_CATEGORY,
        doc="Temperature at the selected place.",
        unit="C",
        access=Access.RO,
        limits=Limits(-50.0, 150.0),
        selected_by="DeviceTemperatureSelector",
        every_model=True,
        visibility=Visibility.EXPERT,
        value=temperature_c,
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Rises from 25 °C to 37 °C with a time constant of ten minutes, whatever the camera does; the same at both "
            "places. The figures are assumptions."
        ),
    ),
    Command(
        name="DeviceReset",
        category=_CATEGORY,
        doc="Restarts the camera: control is dropped, settings return to those of power-up.",
        every_model=True,
        visibility=Visibility.GURU,
        on_write=_request_reset,
        fidelity=Fidelity.APPROXIMATED,
        note="Restarts from the factory settings at once; the camera stays reachable meanwhile.",
    ),
    Command(
        name="DeviceFactoryReset",
        category=_CATEGORY,
        doc="Forgets everything that was kept, then restarts as DeviceReset does.",
        every_model=True,
        sfnc=False,
        visibility=Visibility.GURU,
        on_write=_factory_reset,
        fidelity=Fidelity.APPROXIMATED,
        note="As DeviceReset.",
    ),
    Command(
        name="TimestampReset",
        category=_CATEGORY,
        doc="Lets the timestamp count from 0 again.",
        every_model=True,
        visibility=Visibility.EXPERT,
        on_write=control_channel.reset_timestamp,
        locks=(PTP_ENABLED,),
    ),
    Command(
        name="TimestampLatch",
        category=_CATEGORY,
        doc="Keeps the timestamp of now in TimestampLatchValue.",
        every_model=True,
        visibility=Visibility.EXPERT,
        on_write=control_channel.latch_timestamp,
    ),
    Integer(
        name="TimestampLatchValue",
        category=_CATEGORY,
        doc="The timestamp kept last.",
        unit="ns",
        size=8,
        access=Access.RO,
        limits=Limits(0, 2**63 - 1, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
        alias_of="GevTimestampValue",
    ),
    Integer(
        name="TestPendingAck",
        category=_CATEGORY,
        doc="Time that a write to this feature takes, to try out how a client waits.",
        unit="ms",
        limits=Limits(0, 10_000, 1),
        default=0,
        every_model=True,
        sfnc=False,
        hidden=True,
        visibility=Visibility.INVISIBLE,
        on_write=_take_time,
        note="The value is stored at once and acknowledged that much later. The range is an assumption.",
    ),
)

ROOM = Room("device", 0x0001_0000, FEATURES)
