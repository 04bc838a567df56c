"""Transport: the stream channel, and with it the room of the bootstrap registers that clients see as Gev* features.

Addresses and bits are those of the GigE Vision standard, chapter "Bootstrap registers". The camera advertises only
what it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from ipaddress import IPv4Address, IPv4Network
from operator import or_

from tiscam_emu.camera.control import control_channel
from tiscam_emu.camera.control.gev import CATEGORY, WORD, command, constant, flag, integer
from tiscam_emu.camera.imaging.image_format import pixel_format
from tiscam_emu.camera.options import SMALLEST_PACKET
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.camera.stream import multi_part
from tiscam_emu.camera.stream.bandwidth import data_bytes_per_s, limit_bytes_per_s
from tiscam_emu.camera.stream.chunks import chunk_tail_bytes
from tiscam_emu.features.derived import derived
from tiscam_emu.features.kinds import (
    Access,
    At,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Integer,
    Limits,
    Room,
    Visibility,
)
from tiscam_emu.units import NS_PER_S, Nanoseconds
from tiscam_emu.wire.bootstrap import StreamChannelCapability

GVSP_OVERHEAD_BYTES = 36
_LOCAL_CONTROL = IPv4Network("224.0.0.0/24")  # RFC 5771: local network control block
_OPTIONS = {
    "GevSCCFGPacketResendDestination": StreamChannelCapability.RESEND_DESTINATION,
    "GevSCCFGAllInTransmission": StreamChannelCapability.ALL_IN,
    "GevSCCFGUnconditionalStreaming": StreamChannelCapability.UNCONDITIONAL_STREAMING,
    "GevSCCFGExtendedChunkData": StreamChannelCapability.EXTENDED_CHUNK,
}
STREAM_CAPABILITY = reduce(or_, _OPTIONS.values())
"""What the stream channel of every camera can do; each of it is an option."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The stream channel as it is set.

    Attributes
    ----------
    host, port
        Where packets go; port 0 means that the channel is closed.
    packet_size
        Bytes of a full packet, IP, UDP and GVSP headers included.
    limit_bytes_per_s
        Most that may be sent, headers included; None without a limit.
    opened
        Counts the openings of the channel: block ids restart at 1 when it changes.
    extended_ids
        Whether block and packet ids are 64 and 32 bits wide.
    configuration
        SCCFG: the options that are switched on.
    """

    host: str
    port: int
    packet_size: int
    do_not_fragment: bool
    packet_delay_ns: Nanoseconds
    link_bytes_per_s: float
    limit_bytes_per_s: float | None
    opened: int
    extended_ids: bool
    configuration: StreamChannelCapability


@derived
def stream_settings(state: CameraState) -> StreamSettings:
    """A snapshot of the stream channel."""
    return StreamSettings(
        host=str(IPv4Address(state["GevSCDA"])),
        port=state["GevSCPHostPort"] if state["GevSCDA"] else 0,
        packet_size=state["GevSCPSPacketSize"],
        do_not_fragment=bool(state["GevSCPSDoNotFragment"]),
        packet_delay_ns=state["GevSCPD"],
        link_bytes_per_s=data_bytes_per_s(state),
        limit_bytes_per_s=limit_bytes_per_s(state),
        opened=state.channel_openings,
        extended_ids=bool(state["GevGVSPExtendedIDMode"]),
        configuration=stream_configuration(state),
    )


def stream_configuration(state: CameraState) -> StreamChannelCapability:
    """SCCFG: the options of the stream channel that are in effect."""
    parts = StreamChannelCapability.MULTI_PART if multi_part.is_on(state) else StreamChannelCapability(0)
    return reduce(or_, (bit for name, bit in _OPTIONS.items() if state[name]), parts)


def _capability(state: CameraState) -> int:
    return STREAM_CAPABILITY | (StreamChannelCapability.MULTI_PART if multi_part.NAME in state else 0)


def payload_size(state: CameraState) -> int:
    """Bytes of one frame, chunks included."""
    return pixel_format(state).payload_bytes(state["Width"], state["Height"]) + chunk_tail_bytes(state)


def close_stream(state: CameraState) -> None:
    """Close the stream channel."""
    state.put("GevSCPHostPort", 0)


def streams_on(state: CameraState) -> bool:
    """Whether the stream goes on when control is lost."""
    return bool(state["GevSCCFGUnconditionalStreaming"] and state["GevSCPHostPort"])


def _accept_port(state: CameraState, port: int) -> int:
    if port and port != state.stored("GevSCPHostPort"):
        state.channel_openings += 1
    return port


def refuse_destination(state: CameraState, address: int) -> str:
    """Why nothing may be sent to an address; empty if it may."""
    destination = IPv4Address(address)
    if state.options.allow_redirect:
        return ""
    on_this_host = destination.is_loopback and IPv4Address(state.options.address).is_loopback
    if not address or on_this_host or address == state["GevPrimaryApplicationIPAddress"]:
        return ""
    return f"{destination} is neither this host nor the controlling client; --allow-redirect allows it"


def forget_strangers_destination(state: CameraState) -> None:
    """A new client controls the camera: a stream that it opens does not go to where another client once wanted it."""
    if not state["GevSCPHostPort"] and refuse_destination(state, state["GevSCDA"]):
        state.put("GevSCDA", 0)


def _refuse_stream_destination(state: CameraState, address: int) -> str:
    destination = IPv4Address(address)
    if destination in _LOCAL_CONTROL:
        return f"{destination} belongs to routers ({_LOCAL_CONTROL})"
    return "" if destination.is_multicast else refuse_destination(state, address)


def _accept_id_mode(state: CameraState, mode: int) -> int:
    if mode != state.stored("GevGVSPExtendedIDMode"):
        state.channel_openings += 1
    return mode


def _fire_test_packet(state: CameraState) -> None:
    state.test_packet_requested = True


_STREAM: tuple[Feature, ...] = (
    Integer(
        name="PayloadSize",
        category=CATEGORY,
        doc="Bytes of one frame as it is sent.",
        access=Access.RO,
        limits=Limits(0, 0xFFFF_FFFF, 1),
        unit="B",
        every_model=True,
        visibility=Visibility.EXPERT,
        value=payload_size,
    ),
    Integer(
        name="TLParamsLocked",
        category=CATEGORY,
        doc="Set by the client's library while it grabs, so that sizes and formats read as locked.",
        limits=Limits(0, 1, 1),
        every_model=True,
        visibility=Visibility.INVISIBLE,
        port=DataPort("host", "", 0),
    ),
    Integer(
        name="GevStreamChannelSelector",
        category=CATEGORY,
        doc="Stream channel that the stream features configure; there is one.",
        limits=Limits(0, 0, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    Integer(
        name="GevSCPHostPort",
        category=CATEGORY,
        doc="UDP port on the host that frames are sent to; 0 closes the channel.",
        at=At(0x0D00, 0, 15),
        limits=Limits(0, 65535, 1),
        every_model=True,
        visibility=Visibility.GURU,
        accept=_accept_port,
    ),
    integer("GevSCPInterfaceIndex", "Network interface that frames leave by; there is one.", At(0x0D00, 16, 19)),
    command("GevSCPSFireTestPacket", "Sends one test packet of the set size.", At(0x0D04, 31, 31), _fire_test_packet),
    flag("GevSCPSDoNotFragment", "Forbids the network to split stream packets.", At(0x0D04, 30, 30), default=1),
    flag(
        "GevSCPSBigEndian",
        "Byte order of pixels of several bytes: little-endian.",
        At(0x0D04, 29, 29),
        access=Access.RO,
    ),
    Integer(
        name="GevSCPSPacketSize",
        category=CATEGORY,
        doc="Bytes of a full stream packet, the IP, UDP and GVSP headers included.",
        at=At(0x0D04, 0, 15),
        unit="B",
        limits=Limits(SMALLEST_PACKET, 65535, 4),
        words=True,
        live=lambda state, limits: Limits(limits.low, limits.fit(state.options.max_packet_size), limits.step),
        default=lambda state: state.limits("GevSCPSPacketSize").fit(state.model.link.default_packet_size),
        every_model=True,
        visibility=Visibility.EXPERT,
        locks=(ACQUIRING,),
    ),
    Integer(
        name="GevSCPD",
        category=CATEGORY,
        doc="Least pause between two stream packets, in timestamp ticks.",
        at=At(0x0D08),
        unit="ns",
        limits=Limits(0, NS_PER_S, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    Integer(
        name="GevSCDA",
        category=CATEGORY,
        doc="IPv4 address that frames are sent to; may be a multicast address.",
        at=At(0x0D18),
        limits=WORD,
        representation="IPV4Address",
        every_model=True,
        visibility=Visibility.GURU,
        refuse=_refuse_stream_destination,
    ),
    integer("GevSCSP", "UDP port that frames come from.", At(0x0D1C, 0, 15)),
    constant("GevSCCapability", "What the stream channel can do.", At(0x0D20), _capability, hidden=True),
    flag(
        "GevSCCFGPacketResendDestination",
        "Sends packets again to whoever asked for them, not to the stream's destination.",
        At(0x0D24, 3, 3),
    ),
    flag(
        "GevSCCFGAllInTransmission",
        "Sends frames that fit one packet, leader and trailer included, as one packet.",
        At(0x0D24, 2, 2),
        locks=(ACQUIRING,),
    ),
    flag("GevSCCFGUnconditionalStreaming", "Goes on streaming when control is lost.", At(0x0D24, 1, 1)),
    flag(
        "GevSCCFGExtendedChunkData",
        "Lets leader and trailer of frames with chunks describe the image.",
        At(0x0D24, 0, 0),
        default=1,
        locks=(ACQUIRING,),
        note="On at power-up: without it Aravis learns nothing about the image.",
    ),
    Enumeration(
        name="GevGVSPExtendedIDMode",
        category=CATEGORY,
        doc="On: block ids of 64 bits and packet ids of 32 bits, in longer packet headers and in events.",
        at=At(0x0960, 30, 30),
        every_model=True,
        visibility=Visibility.EXPERT,
        entries=(Entry("Off", 0, "16 and 24 bits."), Entry("On", 1, "64 and 32 bits.")),
        locks=(ACQUIRING,),
        accept=_accept_id_mode,
    ),
)

ROOM = Room("transport", 0x0001_8000, _STREAM + control_channel.FEATURES)
