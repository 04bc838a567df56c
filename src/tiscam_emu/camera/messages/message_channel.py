"""The message channel's registers: where events go (GigE Vision, chapter "Message channel")."""

from __future__ import annotations

from ipaddress import IPv4Address

from tiscam_emu.camera.control.gev import CATEGORY, WORD
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.stream.transport import refuse_destination
from tiscam_emu.features.derived import derived
from tiscam_emu.features.kinds import Access, At, Feature, Integer, Limits, Room, Visibility
from tiscam_emu.wire.messages import MessageSettings

_PORT = "GevMCPHostPort"


@derived
def message_settings(state: CameraState) -> MessageSettings:
    """A snapshot of the message channel; closed on a camera without one."""
    if _PORT not in state:
        return MessageSettings()
    return MessageSettings(
        host=str(IPv4Address(state["GevMCDA"])),
        port=state[_PORT],
        timeout_ms=state["GevMCTT"],
        retries=state["GevMCRC"],
    )


def is_open(state: CameraState) -> bool:
    """Whether anybody can hear of events."""
    return bool(state.get(_PORT, 0)) and bool(state["GevMCDA"])


def close_messages(state: CameraState) -> None:
    """Close the message channel."""
    if _PORT in state:
        state.put(_PORT, 0)


FEATURES: tuple[Feature, ...] = (
    Integer(
        name=_PORT,
        category=CATEGORY,
        doc="UDP port on the host that messages are sent to; 0 closes the channel.",
        at=At(0x0B00, 0, 15),
        limits=Limits(0, 65535, 1),
        visibility=Visibility.GURU,
    ),
    Integer(
        name="GevMCPInterfaceIndex",
        category=CATEGORY,
        doc="Network interface that messages leave by; there is one.",
        at=At(0x0B00, 16, 19),
        access=Access.RO,
        limits=WORD,
        visibility=Visibility.INVISIBLE,
        hidden=True,
        sfnc=False,
    ),
    Integer(
        name="GevMCDA",
        category=CATEGORY,
        doc="IPv4 address that messages are sent to.",
        at=At(0x0B10),
        limits=WORD,
        representation="IPV4Address",
        visibility=Visibility.GURU,
        refuse=refuse_destination,
    ),
    Integer(
        name="GevMCTT",
        category=CATEGORY,
        doc="Time in which a message has to be acknowledged; 0: no acknowledge is asked for.",
        at=At(0x0B14),
        unit="ms",
        limits=WORD,
        default=300,
        visibility=Visibility.GURU,
        note="The default is an assumption.",
    ),
    Integer(
        name="GevMCRC",
        category=CATEGORY,
        doc="How often a message is sent again that nobody acknowledges.",
        at=At(0x0B18),
        limits=WORD,
        default=3,
        visibility=Visibility.GURU,
        note="The default is an assumption.",
    ),
    Integer(
        name="GevMCSP",
        category=CATEGORY,
        doc="UDP port that messages come from.",
        at=At(0x0B1C, 0, 15),
        access=Access.RO,
        limits=WORD,
        visibility=Visibility.GURU,
    ),
)

ROOM = Room("message_channel", 0x0001_C000, FEATURES)
