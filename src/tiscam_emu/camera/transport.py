"""Transport: the bootstrap registers that clients see as Gev* features, and the stream channel.

Addresses and bits are those of the GigE Vision standard, chapter "Bootstrap registers". The camera advertises only
what it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from tiscam_emu.camera.chunks import chunk_tail_bytes
from tiscam_emu.camera.image_format import pixel_format
from tiscam_emu.camera.options import SMALLEST_PACKET
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    DataPort,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Room,
    String,
    Visibility,
)
from tiscam_emu.units import NS_PER_S, Nanoseconds
from tiscam_emu.wire.bootstrap import GvcpCapability, GvspCapability

_CATEGORY = "TransportLayerControl"
_WORD = Limits(0, 0xFFFF_FFFF, 1)
SHORTEST_HEARTBEAT_MS = 500
GVSP_OVERHEAD_BYTES = 36

GVCP_CAPABILITY = (
    GvcpCapability.USER_DEFINED_NAME
    | GvcpCapability.SERIAL_NUMBER
    | GvcpCapability.HEARTBEAT_DISABLE
    | GvcpCapability.LINK_SPEED
    | GvcpCapability.PRIMARY_APPLICATION
    | GvcpCapability.SWITCHOVER
    | GvcpCapability.PACKETRESEND
    | GvcpCapability.WRITEMEM
    | GvcpCapability.CONCATENATION
)
GVSP_CAPABILITY = GvspCapability.SOURCE_PORT_REGISTERS | GvspCapability.BLOCK_ID_16_BIT


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The stream channel as it is set.

    Attributes
    ----------
    host, port
        Where packets go; port 0 means that the channel is closed.
    packet_size
        Bytes of a full packet, IP, UDP and GVSP headers included.
    opened
        Counts the openings of the channel: block ids restart at 1 when it changes.
    """

    host: str
    port: int
    packet_size: int
    do_not_fragment: bool
    packet_delay_ns: Nanoseconds
    link_bytes_per_s: float
    opened: int


def stream_settings(state: CameraState) -> StreamSettings:
    """A snapshot of the stream channel."""
    return StreamSettings(
        host=str(IPv4Address(state["GevSCDA"])),
        port=state["GevSCPHostPort"] if state["GevSCDA"] else 0,
        packet_size=state["GevSCPSPacketSize"],
        do_not_fragment=bool(state["GevSCPSDoNotFragment"]),
        packet_delay_ns=state["GevSCPD"],
        link_bytes_per_s=state.model.link.bytes_per_s,
        opened=state.channel_openings,
    )


def payload_size(state: CameraState) -> int:
    """Bytes of one frame, chunks included."""
    return pixel_format(state).payload_bytes(state["Width"], state["Height"]) + chunk_tail_bytes(state)


def close_stream(state: CameraState) -> None:
    """Close the stream channel."""
    state.put("GevSCPHostPort", 0)


def latch_timestamp(state: CameraState) -> None:
    """Keep the timestamp of now for reading."""
    state.put("GevTimestampValue", state.timestamp(state.now))


def reset_timestamp(state: CameraState) -> None:
    """Let the timestamp count from 0 again."""
    state.timestamp_origin_ns = state.now


def _accept_port(state: CameraState, port: int) -> int:
    if port and port != state.stored("GevSCPHostPort"):
        state.channel_openings += 1
    return port


def _refuse_destination(state: CameraState, address: int) -> str:
    destination = IPv4Address(address)
    if not address or destination.is_loopback or address == state["GevPrimaryApplicationIPAddress"]:
        return ""
    return f"{destination} is neither this host nor the controlling client"


def _fire_test_packet(state: CameraState) -> None:
    state.test_packet_requested = True


def _integer(name: str, doc: str, at: At, *, access: Access = Access.RO, limits: Limits = _WORD) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=at,
        access=access,
        limits=limits,
        every_model=True,
        visibility=Visibility.GURU,
    )


def _constant(name: str, doc: str, at: At, value: int, *, hidden: bool = False) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=at,
        access=Access.RO,
        limits=_WORD,
        value=lambda _state: value,
        constant=True,
        every_model=True,
        sfnc=not hidden,
        hidden=hidden,
        visibility=Visibility.INVISIBLE if hidden else Visibility.GURU,
        representation="HexNumber" if hidden else "",
    )


def _address(name: str, doc: str, at: int, *, access: Access = Access.RO) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=At(at),
        access=access,
        limits=_WORD,
        representation="IPV4Address",
        every_model=True,
        visibility=Visibility.GURU,
        default=_own_address if name == "GevCurrentIPAddress" else _own_netmask if "SubnetMask" in name else 0,
        persistent=name.startswith("GevPersistent"),
        fidelity=Fidelity.STORED if name.startswith("GevPersistent") else Fidelity.MODELLED,
        note="Kept, but the address of the emulator comes from its start." if name.startswith("GevPersistent") else "",
    )


def _own_address(state: CameraState) -> int:
    return int(IPv4Address(state.options.address))


def _own_netmask(state: CameraState) -> int:
    return int(IPv4Address(state.options.netmask))


def _flag(name: str, doc: str, at: At, *, access: Access = Access.RW, default: int = 0) -> Boolean:
    return Boolean(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=at,
        access=access,
        default=default,
        every_model=True,
        visibility=Visibility.GURU,
    )


def _command(name: str, doc: str, at: At, action: object) -> Command:
    return Command(
        name=name,
        category=_CATEGORY,
        doc=doc,
        at=at,
        access=Access.WO if name.startswith("GevTimestamp") else Access.RW,
        every_model=True,
        visibility=Visibility.GURU,
        on_write=action,  # type: ignore[arg-type]
    )


_STREAM: tuple[Feature, ...] = (
    Integer(
        name="PayloadSize",
        category=_CATEGORY,
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
        category=_CATEGORY,
        doc="Set by the client's library while it grabs, so that sizes and formats read as locked.",
        limits=Limits(0, 1, 1),
        every_model=True,
        visibility=Visibility.INVISIBLE,
        port=DataPort("host", 0),
    ),
    Integer(
        name="GevStreamChannelSelector",
        category=_CATEGORY,
        doc="Stream channel that the stream features configure; there is one.",
        limits=Limits(0, 0, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    Integer(
        name="GevSCPHostPort",
        category=_CATEGORY,
        doc="UDP port on the host that frames are sent to; 0 closes the channel.",
        at=At(0x0D00, 0, 15),
        limits=Limits(0, 65535, 1),
        every_model=True,
        visibility=Visibility.GURU,
        accept=_accept_port,
    ),
    _integer("GevSCPInterfaceIndex", "Network interface that frames leave by; there is one.", At(0x0D00, 16, 19)),
    _command("GevSCPSFireTestPacket", "Sends one test packet of the set size.", At(0x0D04, 31, 31), _fire_test_packet),
    _flag("GevSCPSDoNotFragment", "Forbids the network to split stream packets.", At(0x0D04, 30, 30), default=1),
    _flag(
        "GevSCPSBigEndian",
        "Byte order of pixels of several bytes: little-endian.",
        At(0x0D04, 29, 29),
        access=Access.RO,
    ),
    Integer(
        name="GevSCPSPacketSize",
        category=_CATEGORY,
        doc="Bytes of a full stream packet, the IP, UDP and GVSP headers included.",
        at=At(0x0D04, 0, 15),
        unit="B",
        limits=Limits(SMALLEST_PACKET, 65535, 4),
        live=lambda state, limits: Limits(limits.low, limits.fit(state.options.max_packet_size), limits.step),
        default=lambda state: state.limits("GevSCPSPacketSize").fit(state.model.link.default_packet_size),
        every_model=True,
        visibility=Visibility.EXPERT,
        locks=(ACQUIRING,),
    ),
    Integer(
        name="GevSCPD",
        category=_CATEGORY,
        doc="Least pause between two stream packets, in timestamp ticks.",
        at=At(0x0D08),
        unit="ns",
        limits=Limits(0, NS_PER_S, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    Integer(
        name="GevSCDA",
        category=_CATEGORY,
        doc="IPv4 address that frames are sent to.",
        at=At(0x0D18),
        limits=_WORD,
        representation="IPV4Address",
        every_model=True,
        visibility=Visibility.GURU,
        refuse=_refuse_destination,
    ),
    _integer("GevSCSP", "UDP port that frames come from.", At(0x0D1C, 0, 15)),
    _constant("GevSCCapability", "What the stream channel can do.", At(0x0D20), 0, hidden=True),
    Integer(
        name="GevSCCFG",
        category=_CATEGORY,
        doc="Options of the stream channel; none is supported, so what is written reads back as 0.",
        at=At(0x0D24),
        limits=_WORD,
        representation="HexNumber",
        every_model=True,
        sfnc=False,
        hidden=True,
        visibility=Visibility.INVISIBLE,
        accept=lambda _state, _value: 0,
    ),
)

_CONTROL: tuple[Feature, ...] = (
    _constant("GevVersionMajor", "Major version of the GigE Vision standard.", At(0x0000, 16, 31), 1),
    _constant("GevVersionMinor", "Minor version of the GigE Vision standard.", At(0x0000, 0, 15), 2),
    _flag("GevDeviceModeIsBigEndian", "Byte order of the registers.", At(0x0004, 31, 31), access=Access.RO, default=1),
    _constant("GevDeviceModeCharacterSet", "Character set of the strings; 1 is UTF-8.", At(0x0004, 0, 7), 1),
    Integer(
        name="GevMACAddress",
        category=_CATEGORY,
        doc="MAC address of the network interface.",
        at=At(0x0008),
        size=8,
        access=Access.RO,
        limits=Limits(0, 0xFFFF_FFFF_FFFF, 1),
        representation="MACAddress",
        every_model=True,
        visibility=Visibility.BEGINNER,
        value=lambda state: int.from_bytes(state.mac, "big"),
        constant=True,
    ),
    _constant(
        "GevSupportedIPConfiguration", "Ways to an IP address: LLA, DHCP, persistent.", At(0x0010), 7, hidden=True
    ),
    _flag(
        "GevCurrentIPConfigurationLLA",
        "Link-local addresses; always on.",
        At(0x0014, 2, 2),
        access=Access.RO,
        default=1,
    ),
    _flag("GevCurrentIPConfigurationDHCP", "Asks a DHCP server for an address.", At(0x0014, 1, 1), default=1),
    _flag("GevCurrentIPConfigurationPersistentIP", "Uses the persistent address.", At(0x0014, 0, 0)),
    _address("GevCurrentIPAddress", "IPv4 address of the camera.", 0x0024),
    _address("GevCurrentSubnetMask", "Subnet mask of the camera.", 0x0034),
    _address("GevCurrentDefaultGateway", "Default gateway of the camera.", 0x0044),
    String(
        name="GevFirstURL",
        category=_CATEGORY,
        doc="Where this description lies.",
        at=At(0x0200),
        size=512,
        access=Access.RO,
        every_model=True,
        visibility=Visibility.GURU,
        constant=True,
    ),
    String(
        name="GevSecondURL",
        category=_CATEGORY,
        doc="Another place of this description; empty.",
        at=At(0x0400),
        size=512,
        access=Access.RO,
        every_model=True,
        visibility=Visibility.GURU,
        constant=True,
    ),
    _constant("GevNumberOfInterfaces", "Network interfaces of the camera.", At(0x0600), 1),
    _address("GevPersistentIPAddress", "IPv4 address to use at start-up.", 0x064C, access=Access.RW),
    _address("GevPersistentSubnetMask", "Subnet mask to use at start-up.", 0x065C, access=Access.RW),
    _address("GevPersistentDefaultGateway", "Default gateway to use at start-up.", 0x066C, access=Access.RW),
    Integer(
        name="GevLinkSpeed",
        category=_CATEGORY,
        doc="Speed of the network link.",
        at=At(0x0670),
        unit="Mbps",
        access=Access.RO,
        limits=_WORD,
        every_model=True,
        visibility=Visibility.EXPERT,
        value=lambda state: state.model.link.speed_mbps,
        constant=True,
    ),
    _constant("GevMessageChannelCount", "Message channels of the camera.", At(0x0900), 0),
    _constant("GevStreamChannelCount", "Stream channels of the camera.", At(0x0904), 1),
    _constant("GevGVSPCapability", "What GVSP can do.", At(0x092C), int(GVSP_CAPABILITY), hidden=True),
    _constant("GevMessageChannelCapability", "What the message channel can do.", At(0x0930), 0, hidden=True),
    _constant("GevGVCPCapability", "What GVCP can do.", At(0x0934), int(GVCP_CAPABILITY), hidden=True),
    Integer(
        name="GevHeartbeatTimeout",
        category=_CATEGORY,
        doc="Control is given up when its owner has been silent for this long; shorter than 500 ms is taken as 500 ms.",
        at=At(0x0938),
        unit="ms",
        limits=_WORD,
        default=3000,
        every_model=True,
        visibility=Visibility.GURU,
        accept=lambda _state, value: max(SHORTEST_HEARTBEAT_MS, value),
    ),
    Integer(
        name="GevTimestampTickFrequency",
        category=_CATEGORY,
        doc="Ticks of the timestamp per second.",
        at=At(0x093C),
        size=8,
        unit="Hz",
        access=Access.RO,
        limits=Limits(0, NS_PER_S, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
        value=lambda _state: NS_PER_S,
        constant=True,
    ),
    _command("GevTimestampControlReset", "Lets the timestamp count from 0 again.", At(0x0944, 0, 0), reset_timestamp),
    _command("GevTimestampControlLatch", "Keeps the timestamp of now for reading.", At(0x0944, 1, 1), latch_timestamp),
    Integer(
        name="GevTimestampValue",
        category=_CATEGORY,
        doc="The timestamp kept last, in ticks.",
        at=At(0x0948),
        size=8,
        unit="ns",
        access=Access.RO,
        limits=Limits(0, 2**63 - 1, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    _flag("GevGVCPHeartbeatDisable", "Control never expires.", At(0x0954, 0, 0)),
    _constant("GevGVCPPendingTimeout", "Longest time a register access takes, in ms.", At(0x0958), 100),
    Integer(
        name="GevPrimaryApplicationSwitchoverKey",
        category=_CATEGORY,
        doc="Key with which another client may take control over.",
        at=At(0x095C, 0, 15),
        access=Access.WO,
        limits=Limits(0, 65535, 1),
        every_model=True,
        visibility=Visibility.GURU,
    ),
    Enumeration(
        name="GevCCP",
        category=_CATEGORY,
        doc="Who may write: the control channel privilege.",
        at=At(0x0A00, 0, 2),
        every_model=True,
        visibility=Visibility.GURU,
        entries=(
            Entry("OpenAccess", 0, "Nobody is in control."),
            Entry("ExclusiveAccess", 1, "One client reads and writes, nobody else."),
            Entry("ControlAccess", 2, "One client writes, the others read."),
            Entry("ControlAccessSwitchoverActive", 6, "As ControlAccess; a client with the key may take over."),
        ),
    ),
    _integer("GevPrimaryApplicationSocket", "UDP port of the client in control.", At(0x0A04, 0, 15)),
    _address("GevPrimaryApplicationIPAddress", "IPv4 address of the client in control.", 0x0A14),
)

ROOM = Room("transport", 0x0001_8000, _STREAM + _CONTROL)
