"""Precision Time Protocol: whether the camera shares a clock with others (manual 5.15).

No PTP messages are exchanged: the host's monotonic clock is the common time (`camera.clock`). Whether a camera is the
master is told to it by whoever can see the others, see `net.master_seat`. One that nobody tells goes by its address: it
is the master if that is the first of its network, for instance 127.0.0.1 of 127.0.0.0/8.
"""

from __future__ import annotations

from ipaddress import IPv4Interface

from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Lock,
    Room,
    Visibility,
)

_CATEGORY = "PtpControl"
_DISABLED, _UNCALIBRATED, _MASTER, _SLAVE, _LISTENING = range(5)
_PORT_STATES = {_DISABLED: 3, _LISTENING: 4, _UNCALIBRATED: 8, _MASTER: 6, _SLAVE: 9}
_NOT_IN_MANUALS = "Not in the manuals: ROS drivers and rc_genicam_api ask for it."

PTP_ENABLED = Lock("PtpEnabled", lambda state: bool(state.get("PtpEnable", 0)), "PtpEnable is on")
PTP_DISABLED = Lock("PtpDisabled", lambda state: not state.get("PtpEnable", 0), "PtpEnable is off")


def has_first_address(state: CameraState) -> bool:
    """Whether the camera's address is the first of its network."""
    interface = IPv4Interface(f"{state.options.address}/{state.options.netmask}")
    return interface.ip == interface.network.network_address + 1


def status(state: CameraState) -> int:
    """Value of PtpStatus."""
    if not state.clock.enabled:
        return _DISABLED
    if not state.clock.synchronised(state.now):
        return _UNCALIBRATED if state.clock.calibrates(state.now) else _LISTENING
    is_master = has_first_address(state) if state.elected_master is None else state.elected_master
    return _MASTER if is_master else _SLAVE


def latch(state: CameraState) -> None:
    """Keep for reading how far the clock is from the master's; while it has no master, 0."""
    has_master = status(state) in {_UNCALIBRATED, _SLAVE}
    state.put("PtpOffsetFromMaster", state.timestamp(state.now) - state.now if has_master else 0)


def apply_setting(state: CameraState) -> None:
    """Let the clock do what PtpEnable says."""
    if state.get("PtpEnable", 0):
        state.clock.follow(state.now)
    else:
        state.clock.run_alone(state.now)


def follow_settings(state: CameraState) -> None:
    """Obey PtpEnable from now on, whoever changes it."""
    state.notices.subscribe(SettingsReplaced, lambda _notice: apply_setting(state))
    apply_setting(state)


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="PtpEnable",
        category=_CATEGORY,
        doc="Takes part in the Precision Time Protocol (IEEE 1588).",
        section="5.15.1",
        visibility=Visibility.EXPERT,
        at=At(0x0954, 19, 19),
        on_write=apply_setting,
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "No PTP messages are exchanged: the clock follows the host's monotonic clock, so cameras on one host agree "
            "exactly. Clocks elsewhere on the network do not matter."
        ),
    ),
    Enumeration(
        name="PtpStatus",
        category=_CATEGORY,
        doc="Role of the camera's clock.",
        section="5.15.2",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        entries=(
            Entry("Disabled", _DISABLED, "PTP is off."),
            Entry("Uncalibrated", _UNCALIBRATED, "The clock is about to follow that of the network."),
            Entry("Master", _MASTER, "Other clocks follow this one."),
            Entry("Slave", _SLAVE, "The clock follows a master."),
            Entry("Listening", _LISTENING, "PTP was switched on, and looks for other clocks.", hidden=True),
        ),
        value=status,
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Listening for one second after a start or PtpEnable, the last millisecond of which is Uncalibrated; times "
            "are assumptions. The manuals do not list Listening, the SFNC and IEEE 1588 do: drivers switch PTP off and "
            "on again when they meet a state that is not to last. Under Linux one camera of a host and network "
            "namespace is Master, and another one follows within about a second when it ends or its PTP is switched "
            "off. Elsewhere, and on a manual clock, it is the camera at the first address of the network, such as "
            "127.0.0.1."
        ),
    ),
    Enumeration(
        name="GevIEEE1588Status",
        category=_CATEGORY,
        doc="The same as the port state of IEEE 1588.",
        visibility=Visibility.INVISIBLE,
        hidden=True,
        access=Access.RO,
        at=At(0x096C, 0, 3),
        entries=(
            Entry("Initializing", 1),
            Entry("Faulty", 2),
            Entry("Disabled", 3),
            Entry("Listening", 4),
            Entry("PreMaster", 5),
            Entry("Master", 6),
            Entry("Passive", 7),
            Entry("Uncalibrated", 8),
            Entry("Slave", 9),
        ),
        value=lambda state: _PORT_STATES[status(state)],
        fidelity=Fidelity.APPROXIMATED,
        note="As PtpStatus; the other states do not occur.",
    ),
    Command(
        name="PtpDataSetLatch",
        category=_CATEGORY,
        doc="Keeps the data of the Precision Time Protocol as they are now for reading.",
        visibility=Visibility.EXPERT,
        on_write=latch,
        note=_NOT_IN_MANUALS,
    ),
    Integer(
        name="PtpOffsetFromMaster",
        category=_CATEGORY,
        doc="How far the clock was ahead of the master's when PtpDataSetLatch was executed.",
        visibility=Visibility.EXPERT,
        access=Access.RO,
        unit="ns",
        size=8,
        signed=True,
        limits=Limits(-(2**63), 2**63 - 1, 1),
        fidelity=Fidelity.APPROXIMATED,
        note=f"0 of a slave: the clocks of a host agree exactly. {_NOT_IN_MANUALS}",
    ),
)

ROOM = Room("ptp", 0x000E_C000, FEATURES)
