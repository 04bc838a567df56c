"""Precision Time Protocol: whether the camera shares a clock with others (manual 5.15)."""

from __future__ import annotations

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Access, Boolean, Entry, Enumeration, Feature, Fidelity, Room, Visibility

_CATEGORY = "PtpControl"
_DISABLED = 0
_MASTER = 2


def _status(state: CameraState) -> int:
    return _MASTER if state["PtpEnable"] else _DISABLED


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="PtpEnable",
        category=_CATEGORY,
        doc="Takes part in the Precision Time Protocol (IEEE 1588).",
        section="5.15.1",
        visibility=Visibility.EXPERT,
        fidelity=Fidelity.STORED,
        note="No PTP messages are exchanged yet.",
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
            Entry("Uncalibrated", 1, "PTP was switched on, or the network changed, a moment ago."),
            Entry("Master", _MASTER, "Other clocks follow this one."),
            Entry("Slave", 3, "The clock follows a master."),
        ),
        value=_status,
        fidelity=Fidelity.APPROXIMATED,
        note="Master while PtpEnable is on, as of a camera alone on its network; no PTP messages are exchanged yet.",
    ),
)

ROOM = Room("ptp", 0x000E_C000, FEATURES)
