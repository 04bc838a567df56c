"""Control channel: the bootstrap registers that clients see as Gev* features, but for the stream's and the messages'.

Addresses and bits are those of the GigE Vision standard, chapter "Bootstrap registers". The camera advertises only
what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from ipaddress import IPv4Address, IPv4Interface
from operator import or_

from tiscam_emu.camera.control.gev import CATEGORY, WORD, command, constant, flag, integer
from tiscam_emu.camera.control.ptp import PTP_ENABLED
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    String,
    Visibility,
)
from tiscam_emu.units import NS_PER_S
from tiscam_emu.wire.bootstrap import (
    GvcpCapability,
    GvspCapability,
    MessageChannelCapability,
    PhysicalLinkCapability,
)

SHORTEST_HEARTBEAT_MS = 500

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
    | GvcpCapability.PENDING_ACK
    | GvcpCapability.DISCOVERY_ACK_DELAY
    | GvcpCapability.DISCOVERY_ACK_DELAY_WRITABLE
    | GvcpCapability.EXTENDED_STATUS_1_1
)
"""What every model does."""
GVCP_CAPABILITY_WITH = {
    "EventSelector": GvcpCapability.EVENT | GvcpCapability.EVENTDATA,
    "PtpEnable": GvcpCapability.IEEE1588,
    "ActionGroupKey": (
        GvcpCapability.ACTION
        | GvcpCapability.SCHEDULED_ACTION
        | GvcpCapability.UNCONDITIONAL_ACTION
        | GvcpCapability.EXTENDED_STATUS_2_0
    ),
}
"""What a model does besides if it has the feature."""
GVSP_CAPABILITY = GvspCapability.SOURCE_PORT_REGISTERS | GvspCapability.BLOCK_ID_16_BIT


def latch_timestamp(state: CameraState) -> None:
    """Keep the timestamp of now for reading."""
    state.put("GevTimestampValue", state.timestamp(state.now))


def reset_timestamp(state: CameraState) -> None:
    """Let the timestamp count from 0 again."""
    state.clock.set(0, state.now)


def persistent_address(state: CameraState) -> str:
    """The address that the camera is to start at, dotted; empty while it is to start with none of its own."""
    address = state.stored("GevPersistentIPAddress")
    return str(IPv4Address(address)) if address and state["GevCurrentIPConfigurationPersistentIP"] else ""


def configure_ip(state: CameraState) -> None:
    """Show the IP configuration of a start: mask and gateway are the persistent ones at the persistent address."""
    options = state.options
    mask, gateway = int(IPv4Address(options.netmask)), int(IPv4Address(options.gateway))
    if persistent_address(state) == options.address:
        mask, gateway = state.stored("GevPersistentSubnetMask"), state.stored("GevPersistentDefaultGateway")
    state.put("GevCurrentIPAddress", int(IPv4Address(options.address)))
    state.put("GevCurrentSubnetMask", mask)
    state.put("GevCurrentDefaultGateway", gateway)


def force_ip(state: CameraState, address: str, mask: str, gateway: str) -> bool:
    """Take mask and gateway of a FORCEIP command over until the next start (GigE Vision, FORCEIP_CMD).

    The address belongs to the host: the camera keeps it. Address 0.0.0.0 goes back to the configuration of the start.

    Returns
    -------
    bool
        False if the address is another one than the camera's; nothing has changed then.
    """
    if int(IPv4Address(address)) == 0:
        configure_ip(state)
        return True
    if IPv4Address(address) != IPv4Address(state.options.address):
        return False
    state.put("GevCurrentSubnetMask", int(IPv4Address(mask)))
    state.put("GevCurrentDefaultGateway", int(IPv4Address(gateway)))
    return True


def reaches(state: CameraState, host: str) -> bool:
    """Whether an address is in the camera's network; a camera on loopback reaches all who can ask it."""
    network = IPv4Interface(f"{state.options.address}/{state.options.netmask}").network
    return network.is_loopback or IPv4Address(host) in network


def message_channels(state: CameraState) -> int:
    """Number of message channels."""
    return int("EventSelector" in state)


def _gvcp_capability(state: CameraState) -> int:
    return int(reduce(or_, (bits for name, bits in GVCP_CAPABILITY_WITH.items() if name in state), GVCP_CAPABILITY))


def _message_channel_capability(state: CameraState) -> int:
    return int(MessageChannelCapability.SOURCE_PORT_REGISTER) if message_channels(state) else 0


_OWN: dict[str, Callable[[CameraState], int]] = {
    "GevCurrentIPAddress": lambda state: int(IPv4Address(state.options.address)),
    "GevCurrentSubnetMask": lambda state: int(IPv4Address(state.options.netmask)),
    "GevCurrentDefaultGateway": lambda state: int(IPv4Address(state.options.gateway)),
    "GevPersistentSubnetMask": lambda state: int(IPv4Address(state.options.netmask)),
}


_NEXT_START = (
    "Kept where the emulator has a state folder, and taken when it is started again, if the address is one that it can "
    "have: any of loopback, or another one of the network interface. A reset of the camera alone changes no address."
)


def _address(name: str, doc: str, at: int, *, access: Access = Access.RO) -> Integer:
    return Integer(
        name=name,
        category=CATEGORY,
        doc=doc,
        at=At(at),
        access=access,
        limits=WORD,
        representation="IPV4Address",
        every_model=True,
        visibility=Visibility.GURU,
        default=_OWN.get(name, 0),
        persistent=name.startswith("GevPersistent"),
        fidelity=Fidelity.APPROXIMATED if name.startswith("GevPersistent") else Fidelity.MODELLED,
        note=_NEXT_START if name.startswith("GevPersistent") else "",
    )


FEATURES: tuple[Feature, ...] = (
    constant("GevVersionMajor", "Major version of the GigE Vision standard.", At(0x0000, 16, 31), 1),
    constant("GevVersionMinor", "Minor version of the GigE Vision standard.", At(0x0000, 0, 15), 2),
    flag("GevDeviceModeIsBigEndian", "Byte order of the registers.", At(0x0004, 31, 31), access=Access.RO, default=1),
    constant("GevDeviceModeCharacterSet", "Character set of the strings; 1 is UTF-8.", At(0x0004, 0, 7), 1),
    Integer(
        name="GevMACAddress",
        category=CATEGORY,
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
    constant(
        "GevSupportedIPConfiguration", "Ways to an IP address: LLA, DHCP, persistent.", At(0x0010), 7, hidden=True
    ),
    flag(
        "GevCurrentIPConfigurationLLA",
        "Link-local addresses; always on.",
        At(0x0014, 2, 2),
        access=Access.RO,
        default=1,
    ),
    flag(
        "GevCurrentIPConfigurationDHCP",
        "Asks a DHCP server for an address.",
        At(0x0014, 1, 1),
        default=1,
        persistent=True,
        note="Kept, but no server is asked: without a persistent address the one of the emulator's start is used.",
    ),
    flag(
        "GevCurrentIPConfigurationPersistentIP",
        "Uses the persistent address.",
        At(0x0014, 0, 0),
        persistent=True,
        note=_NEXT_START,
    ),
    _address("GevCurrentIPAddress", "IPv4 address of the camera.", 0x0024),
    _address("GevCurrentSubnetMask", "Subnet mask of the camera.", 0x0034),
    _address("GevCurrentDefaultGateway", "Default gateway of the camera.", 0x0044),
    String(
        name="GevFirstURL",
        category=CATEGORY,
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
        category=CATEGORY,
        doc="Another place of this description, unzipped if the first one is zipped and the other way round.",
        at=At(0x0400),
        size=512,
        access=Access.RO,
        every_model=True,
        visibility=Visibility.GURU,
        constant=True,
    ),
    constant("GevNumberOfInterfaces", "Network interfaces of the camera.", At(0x0600), 1),
    _address("GevPersistentIPAddress", "IPv4 address to use at start-up.", 0x064C, access=Access.RW),
    _address("GevPersistentSubnetMask", "Subnet mask to use at start-up.", 0x065C, access=Access.RW),
    _address("GevPersistentDefaultGateway", "Default gateway to use at start-up.", 0x066C, access=Access.RW),
    Integer(
        name="GevLinkSpeed",
        category=CATEGORY,
        doc="Speed of the network link.",
        at=At(0x0670),
        unit="Mbps",
        access=Access.RO,
        limits=WORD,
        every_model=True,
        visibility=Visibility.EXPERT,
        value=lambda state: state.model.link.speed_mbps,
        constant=True,
    ),
    constant("GevMessageChannelCount", "Message channels of the camera.", At(0x0900), message_channels),
    constant("GevStreamChannelCount", "Stream channels of the camera.", At(0x0904), 1),
    constant("GevActiveLinkCount", "Links of the camera that are in use.", At(0x0910, 0, 3), 1),
    constant("GevGVSPCapability", "What GVSP can do.", At(0x092C), int(GVSP_CAPABILITY), hidden=True),
    constant(
        "GevMessageChannelCapability",
        "What the message channel can do.",
        At(0x0930),
        _message_channel_capability,
        hidden=True,
    ),
    constant("GevGVCPCapability", "What GVCP can do.", At(0x0934), _gvcp_capability, hidden=True),
    Integer(
        name="GevHeartbeatTimeout",
        category=CATEGORY,
        doc="Control is given up when its owner has been silent for this long; shorter than 500 ms is taken as 500 ms.",
        at=At(0x0938),
        unit="ms",
        limits=WORD,
        default=3000,
        every_model=True,
        visibility=Visibility.GURU,
        accept=lambda _state, value: max(SHORTEST_HEARTBEAT_MS, value),
    ),
    Integer(
        name="GevTimestampTickFrequency",
        category=CATEGORY,
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
    command("GevTimestampControlLatch", "Keeps the timestamp of now for reading.", At(0x0944, 1, 1), latch_timestamp),
    command(
        "GevTimestampControlReset",
        "Lets the timestamp count from 0 again.",
        At(0x0944, 0, 0),
        reset_timestamp,
        locks=(PTP_ENABLED,),
    ),
    Integer(
        name="GevTimestampValue",
        category=CATEGORY,
        doc="The timestamp kept last, in ticks.",
        at=At(0x0948),
        size=8,
        unit="ns",
        access=Access.RO,
        limits=Limits(0, 2**63 - 1, 1),
        every_model=True,
        visibility=Visibility.EXPERT,
    ),
    integer(
        "GevDiscoveryAckDelay",
        "Answers to DISCOVERY are held back for a random time up to this, in ms.",
        At(0x0950, 0, 15),
        access=Access.RW,
        limits=Limits(0, 65535, 1),
    ),
    flag("GevGVCPHeartbeatDisable", "Control never expires.", At(0x0954, 0, 0)),
    flag("GevGVCPPendingAck", "Says when an access takes long, with PENDING_ACK.", At(0x0954, 1, 1)),
    Boolean(
        name="GevGVCPExtendedStatusCodesVersion1_1",
        category=CATEGORY,
        doc="Marks packets that are sent again with the status PACKET_RESEND of version 1.1 of the standard.",
        at=At(0x0954, 2, 2),
        every_model=True,
        sfnc=False,
        hidden=True,
        visibility=Visibility.INVISIBLE,
    ),
    constant("GevGVCPPendingTimeout", "Longest time a register access takes, in ms.", At(0x0958), 100),
    Integer(
        name="GevPrimaryApplicationSwitchoverKey",
        category=CATEGORY,
        doc="Key with which another client may take control over.",
        at=At(0x095C, 0, 15),
        access=Access.WO,
        limits=Limits(0, 65535, 1),
        every_model=True,
        visibility=Visibility.GURU,
    ),
    constant(
        "GevPhysicalLinkCapability",
        "Ways to use several links: there is one link.",
        At(0x0964),
        int(PhysicalLinkCapability.SINGLE_LINK),
        hidden=True,
    ),
    Enumeration(
        name="GevPhysicalLinkConfiguration",
        category=CATEGORY,
        doc="How links are used.",
        at=At(0x0968, 0, 1),
        every_model=True,
        visibility=Visibility.GURU,
        entries=(Entry("SingleLink", 0, "There is one link."),),
    ),
    Enumeration(
        name="GevCCP",
        category=CATEGORY,
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
    integer("GevPrimaryApplicationSocket", "UDP port of the client in control.", At(0x0A04, 0, 15)),
    _address("GevPrimaryApplicationIPAddress", "IPv4 address of the client in control.", 0x0A14),
)
