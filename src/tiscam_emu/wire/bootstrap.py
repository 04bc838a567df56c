"""The standard bootstrap registers: addresses, access, bits, and the text formats kept in them.

Registers that repeat are listed once, for the first interface, stream channel or action; `at` gives the others
(of the interface registers below 0x0600 only the first interface's are here).

Source: GigE Vision 2.x, chapter "Bootstrap registers".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

Access = Literal["R", "W", "RW"]


@dataclass(frozen=True, slots=True)
class BootstrapRegister:
    """One standard register.

    Attributes
    ----------
    access
        As the application that holds control sees it.
    mandatory
        Whether every device with a stream channel has it; an absent optional register answers INVALID_ADDRESS.
    stride
        Distance to the same register of the next interface, channel or action; 0 if there is only one.
    """

    name: str
    address: int
    length: int
    access: Access
    mandatory: bool
    doc: str
    stride: int = 0

    def at(self, index: int) -> int:
        """Address for interface, stream channel or action `index`."""
        if index and not self.stride:
            raise ValueError(f"{self.name} has no number {index}")
        return self.address + index * self.stride


BOOTSTRAP_REGISTERS: dict[str, BootstrapRegister] = {}
"""Every register of this module by its name, in address order."""


def _register(name: str, address: int, length: int, access: str, doc: str, *, stride: int = 0) -> BootstrapRegister:
    """`access` is R, W or RW, with M if the register is mandatory."""
    mode: Access = "RW" if access.startswith("RW") else "R" if access.startswith("R") else "W"
    register = BootstrapRegister(name, address, length, mode, access.endswith("M"), doc, stride)
    BOOTSTRAP_REGISTERS[name] = register
    return register


INTERFACE_STRIDE = 0x80
STREAM_CHANNEL_STRIDE = 0x40
ACTION_STRIDE = 0x10
MANUFACTURER_SPACE = 0xA000
"""From here on registers are the manufacturer's own."""

VERSION = _register("Version", 0x0000, 4, "R M", "GigE Vision version: major in the high, minor in the low 16 bits")
DEVICE_MODE = _register("Device Mode", 0x0004, 4, "R M", "Endianness, device class, link configuration, character set")
MAC_HIGH = _register("Device MAC address - High", 0x0008, 4, "R M", "First two bytes, in the low 16 bits")
MAC_LOW = _register("Device MAC address - Low", 0x000C, 4, "R M", "Last four bytes")
INTERFACE_CAPABILITY = _register("Network Interface Capability", 0x0010, 4, "R M", "See IpConfiguration")
INTERFACE_CONFIGURATION = _register("Network Interface Configuration", 0x0014, 4, "RW M", "See IpConfiguration")
CURRENT_IP = _register("Current IP Address", 0x0024, 4, "R M", "First octet in the high byte")
CURRENT_SUBNET_MASK = _register("Current Subnet Mask", 0x0034, 4, "R M", "")
CURRENT_DEFAULT_GATEWAY = _register("Current Default Gateway", 0x0044, 4, "R M", "")
MANUFACTURER_NAME = _register("Manufacturer Name", 0x0048, 32, "R M", "Text")
MODEL_NAME = _register("Model Name", 0x0068, 32, "R M", "Text")
DEVICE_VERSION = _register("Device Version", 0x0088, 32, "R M", "Text")
MANUFACTURER_INFO = _register("Manufacturer Info", 0x00A8, 48, "R M", "Text")
SERIAL_NUMBER = _register("Serial Number", 0x00D8, 16, "R", "Text; GvcpCapability.SERIAL_NUMBER")
USER_DEFINED_NAME = _register(
    "User-defined Name", 0x00E8, 16, "RW", "Text, persistent; GvcpCapability.USER_DEFINED_NAME"
)
FIRST_URL = _register("First URL", 0x0200, 512, "R M", "Where the XML description is; see local_url")
SECOND_URL = _register("Second URL", 0x0400, 512, "R M", "Alternative to the first URL, may be empty")
NUMBER_OF_INTERFACES = _register("Number of Network Interfaces", 0x0600, 4, "R M", "1 to 4")
PERSISTENT_IP = _register(
    "Persistent IP Address", 0x064C, 4, "RW", "IpConfiguration.PERSISTENT_IP", stride=INTERFACE_STRIDE
)
PERSISTENT_SUBNET_MASK = _register("Persistent Subnet Mask", 0x065C, 4, "RW", "", stride=INTERFACE_STRIDE)
PERSISTENT_DEFAULT_GATEWAY = _register("Persistent Default Gateway", 0x066C, 4, "RW", "", stride=INTERFACE_STRIDE)
LINK_SPEED = _register(
    "Link Speed", 0x0670, 4, "R", "Mbit/s, 0 if down; GvcpCapability.LINK_SPEED", stride=INTERFACE_STRIDE
)
NUMBER_OF_MESSAGE_CHANNELS = _register("Number of Message Channels", 0x0900, 4, "R M", "0 or 1")
NUMBER_OF_STREAM_CHANNELS = _register("Number of Stream Channels", 0x0904, 4, "R M", "0 to 512")
NUMBER_OF_ACTION_SIGNALS = _register("Number of Action Signals", 0x0908, 4, "R", "0 to 128")
ACTION_DEVICE_KEY = _register("Action Device Key", 0x090C, 4, "W", "Key an ACTION_CMD has to carry")
NUMBER_OF_ACTIVE_LINKS = _register("Number of Active Links", 0x0910, 4, "R M", "Low 4 bits (2.0)")
GVSP_CAPABILITY = _register("GVSP Capability", 0x092C, 4, "R M", "See GvspCapability")
MESSAGE_CHANNEL_CAPABILITY = _register("Message Channel Capability", 0x0930, 4, "R M", "See MessageChannelCapability")
GVCP_CAPABILITY = _register("GVCP Capability", 0x0934, 4, "R M", "See GvcpCapability")
HEARTBEAT_TIMEOUT = _register("Heartbeat Timeout", 0x0938, 4, "RW M", "ms, at least 500; 3000 after power-up")
TIMESTAMP_TICK_FREQUENCY_HIGH = _register(
    "Timestamp Tick Frequency - High", 0x093C, 4, "R", "Hz, 0 if there is no timestamp"
)
TIMESTAMP_TICK_FREQUENCY_LOW = _register("Timestamp Tick Frequency - Low", 0x0940, 4, "R", "")
TIMESTAMP_CONTROL = _register("Timestamp Control", 0x0944, 4, "W", "See TimestampControl")
TIMESTAMP_VALUE_HIGH = _register("Timestamp Value (latched) - High", 0x0948, 4, "R", "Ticks")
TIMESTAMP_VALUE_LOW = _register("Timestamp Value (latched) - Low", 0x094C, 4, "R", "")
DISCOVERY_ACK_DELAY = _register("Discovery ACK Delay", 0x0950, 4, "RW", "Largest random delay in ms, low 16 bits")
GVCP_CONFIGURATION = _register("GVCP Configuration", 0x0954, 4, "RW", "See GvcpConfiguration")
PENDING_TIMEOUT = _register(
    "Pending Timeout", 0x0958, 4, "R M", "ms; longest time to an acknowledge without PENDING_ACK"
)
CONTROL_SWITCHOVER_KEY = _register("Control Switchover Key", 0x095C, 4, "W", "Low 16 bits")
GVSP_CONFIGURATION = _register("GVSP Configuration", 0x0960, 4, "RW", "See GvspConfiguration (2.0)")
PHYSICAL_LINK_CAPABILITY = _register(
    "Physical Link Configuration Capability", 0x0964, 4, "R M", "See PhysicalLinkCapability (2.0)"
)
PHYSICAL_LINK_CONFIGURATION = _register(
    "Physical Link Configuration", 0x0968, 4, "RW M", "0 SL, 1 ML, 2 sLAG, 3 dLAG (2.0)"
)
IEEE1588_STATUS = _register("IEEE 1588 Status", 0x096C, 4, "R", "PTP port state, low 4 bits (2.0)")
SCHEDULED_ACTION_QUEUE_SIZE = _register("Scheduled Action Command Queue Size", 0x0970, 4, "R", "(2.0)")
IEEE1588_EXTENDED_CAPABILITY = _register("IEEE 1588 Extended Capabilities", 0x0974, 4, "R", "(2.1)")
IEEE1588_SUPPORTED_PROFILES = _register("IEEE 1588 Supported Profiles", 0x0978, 4, "R", "(2.1)")
IEEE1588_SELECTED_PROFILE = _register("IEEE 1588 Selected Profile", 0x097C, 4, "RW", "(2.1)")
CONTROL_CHANNEL_PRIVILEGE = _register("Control Channel Privilege", 0x0A00, 4, "RW M", "CCP; see ControlPrivilege")
PRIMARY_APPLICATION_PORT = _register(
    "Primary Application Port", 0x0A04, 4, "R", "Low 16 bits; GvcpCapability.PRIMARY_APPLICATION"
)
PRIMARY_APPLICATION_IP = _register(
    "Primary Application IP Address", 0x0A14, 4, "R", "GvcpCapability.PRIMARY_APPLICATION"
)
MESSAGE_CHANNEL_PORT = _register(
    "Message Channel Port (MCP)", 0x0B00, 4, "RW", "Host port in the low 16 bits, 0 closes"
)
MESSAGE_CHANNEL_DESTINATION = _register("Message Channel Destination Address (MCDA)", 0x0B10, 4, "RW", "")
MESSAGE_CHANNEL_TIMEOUT = _register("Message Channel Transmission Timeout (MCTT)", 0x0B14, 4, "RW", "ms")
MESSAGE_CHANNEL_RETRY_COUNT = _register("Message Channel Retry Count (MCRC)", 0x0B18, 4, "RW", "")
MESSAGE_CHANNEL_SOURCE_PORT = _register("Message Channel Source Port (MCSP)", 0x0B1C, 4, "R", "Low 16 bits")
MESSAGE_CHANNEL_CONFIGURATION = _register("Message Channel Configuration (MCCFG)", 0x0B20, 4, "RW", "(2.2)")
STREAM_CHANNEL_PORT = _register(
    "Stream Channel Port (SCP)",
    0x0D00,
    4,
    "RW M",
    "Host port in the low 16 bits, 0 closes",
    stride=STREAM_CHANNEL_STRIDE,
)
STREAM_CHANNEL_PACKET_SIZE = _register(
    "Stream Channel Packet Size (SCPS)",
    0x0D04,
    4,
    "RW M",
    "See PacketSizeFlag; size with IP, UDP and GVSP headers in the low 16 bits",
    stride=STREAM_CHANNEL_STRIDE,
)
STREAM_CHANNEL_PACKET_DELAY = _register(
    "Stream Channel Packet Delay (SCPD)", 0x0D08, 4, "RW M", "Timestamp ticks", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_DESTINATION = _register(
    "Stream Channel Destination Address (SCDA)", 0x0D18, 4, "RW M", "May be multicast", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_SOURCE_PORT = _register(
    "Stream Channel Source Port (SCSP)", 0x0D1C, 4, "R", "Low 16 bits", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_CAPABILITY = _register(
    "Stream Channel Capability (SCC)", 0x0D20, 4, "R", "See StreamChannelCapability", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_CONFIGURATION = _register(
    "Stream Channel Configuration (SCCFG)", 0x0D24, 4, "RW", "See StreamChannelCapability", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_ZONE = _register(
    "Stream Channel Zone (SCZ)", 0x0D28, 4, "R", "Additional zones", stride=STREAM_CHANNEL_STRIDE
)
STREAM_CHANNEL_ZONE_DIRECTION = _register(
    "Stream Channel Zone Direction (SCZD)",
    0x0D2C,
    4,
    "R",
    "Bit 0x80000000 >> zone: bottom-up",
    stride=STREAM_CHANNEL_STRIDE,
)
MANIFEST_TABLE = _register("Manifest Table", 0x9000, 512, "R", "GvcpCapability.MANIFEST_TABLE")
ACTION_GROUP_KEY = _register("Action Group Key", 0x9800, 4, "RW", "", stride=ACTION_STRIDE)
ACTION_GROUP_MASK = _register("Action Group Mask", 0x9804, 4, "RW", "", stride=ACTION_STRIDE)


class DeviceMode(IntFlag):
    """Bits of Device Mode; the class is in 0x70000000, the link configuration in 0x03000000."""

    BIG_ENDIAN = 0x80000000
    RECEIVER = 0x10000000
    TRANSCEIVER = 0x20000000
    PERIPHERAL = 0x30000000
    UTF8 = 0x00000001
    ASCII = 0x00000002


class IpConfiguration(IntFlag):
    """Bits of Network Interface Capability and Configuration."""

    PAUSE_RECEPTION = 0x80000000
    PAUSE_GENERATION = 0x40000000
    LLA = 0x00000004
    DHCP = 0x00000002
    PERSISTENT_IP = 0x00000001


class GvspCapability(IntFlag):
    """Bits of GVSP Capability."""

    SOURCE_PORT_REGISTERS = 0x80000000
    BLOCK_ID_16_BIT = 0x40000000
    MAXIMUM_BLOCK_SIZE_REGISTERS = 0x20000000
    EXTENDED_BOOTSTRAP_ADDRESS_REGISTERS = 0x10000000


class GvspConfiguration(IntFlag):
    """Bits of GVSP Configuration."""

    BLOCK_ID_64_BIT = 0x40000000


class MessageChannelCapability(IntFlag):
    """Bits of Message Channel Capability."""

    SOURCE_PORT_REGISTER = 0x80000000
    CONFIGURATION_REGISTER = 0x40000000
    EXTENDED_CAPABILITY = 0x20000000


class GvcpCapability(IntFlag):
    """Bits of GVCP Capability."""

    USER_DEFINED_NAME = 0x80000000
    SERIAL_NUMBER = 0x40000000
    HEARTBEAT_DISABLE = 0x20000000
    LINK_SPEED = 0x10000000
    PRIMARY_APPLICATION = 0x08000000
    MANIFEST_TABLE = 0x04000000
    TEST_PACKET_DATA = 0x02000000
    DISCOVERY_ACK_DELAY = 0x01000000
    DISCOVERY_ACK_DELAY_WRITABLE = 0x00800000
    EXTENDED_STATUS_1_1 = 0x00400000
    SWITCHOVER = 0x00200000
    UNCONDITIONAL_ACTION = 0x00100000
    IEEE1588 = 0x00080000
    EXTENDED_STATUS_2_0 = 0x00040000
    SCHEDULED_ACTION = 0x00020000
    IEEE1588_EXTENDED = 0x00010000
    ACTION = 0x00000040
    PENDING_ACK = 0x00000020
    EVENTDATA = 0x00000010
    EVENT = 0x00000008
    PACKETRESEND = 0x00000004
    WRITEMEM = 0x00000002
    CONCATENATION = 0x00000001


class GvcpConfiguration(IntFlag):
    """Bits of GVCP Configuration."""

    IEEE1588 = 0x00080000
    EXTENDED_STATUS_2_0 = 0x00040000
    UNCONDITIONAL_ACTION = 0x00000008
    EXTENDED_STATUS_1_1 = 0x00000004
    PENDING_ACK = 0x00000002
    HEARTBEAT_DISABLE = 0x00000001


class TimestampControl(IntFlag):
    """Bits of Timestamp Control."""

    LATCH = 0x2
    RESET = 0x1


class PhysicalLinkCapability(IntFlag):
    """Bits of Physical Link Configuration Capability."""

    DYNAMIC_LAG = 8
    STATIC_LAG = 4
    MULTIPLE_LINKS = 2
    SINGLE_LINK = 1


class ControlPrivilege(IntFlag):
    """Bits of Control Channel Privilege; a switchover key may be written in the high 16 bits."""

    EXCLUSIVE = 0x1
    CONTROL = 0x2
    SWITCHOVER = 0x4


class PacketSizeFlag(IntFlag):
    """Bits of Stream Channel Packet Size above the size."""

    FIRE_TEST_PACKET = 0x80000000
    DO_NOT_FRAGMENT = 0x40000000
    PIXEL_BIG_ENDIAN = 0x20000000


class StreamChannelCapability(IntFlag):
    """Bits of Stream Channel Capability and, from GENDC downwards, of Stream Channel Configuration."""

    BIG_AND_LITTLE_ENDIAN = 0x80000000
    IP_REASSEMBLY = 0x40000000
    MAXIMUM_PACKET_COUNT_REGISTER = 0x00000100
    GENDC = 0x00000080
    MULTI_PART = 0x00000040
    LARGE_LEADER_TRAILER = 0x00000020
    MULTI_ZONE = 0x00000010
    RESEND_DESTINATION = 0x00000008
    ALL_IN = 0x00000004
    UNCONDITIONAL_STREAMING = 0x00000002
    EXTENDED_CHUNK = 0x00000001


def text_to_register(text: str, length: int) -> bytes:
    """UTF-8 text filled up with NULs; what does not fit before a final NUL is cut off between characters."""
    data = text.encode()[: length - 1]
    return data.decode(errors="ignore").encode().ljust(length, b"\0")


def text_from_register(data: bytes) -> str:
    """Text up to the first NUL; bytes that are no UTF-8 become replacement characters."""
    return data.split(b"\0", 1)[0].decode(errors="replace")


def local_url(file_name: str, address: int, length: int) -> str:
    """URL of a description file in the device's own memory, `length` bytes as stored (compressed) at `address`.

    Hexadecimal digits stand without 0x: strict clients take nothing else.

    Raises
    ------
    ValueError
        The URL does not fit the 512-byte register with its terminating NUL.
    """
    url = f"Local:{file_name};{address:x};{length:x}"
    if len(url.encode()) >= FIRST_URL.length:
        raise ValueError(f"URL of {len(url)} characters exceeds {FIRST_URL.length - 1}: {url[:40]}...")
    return url
