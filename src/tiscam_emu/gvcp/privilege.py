"""Control Channel Privilege: who may read, write and take control.

The rules are the table `RULES`; everything else here are pure functions over a `Privilege`.

Source: GigE Vision 2.x, chapters "Control Channel Privilege" and "Primary Application Switchover".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tiscam_emu.errors import AccessDenied, InvalidParameter
from tiscam_emu.wire.bootstrap import ControlPrivilege
from tiscam_emu.wire.endpoint import Endpoint

_EXCLUSIVE = int(ControlPrivilege.EXCLUSIVE)
_SWITCHOVER = int(ControlPrivilege.SWITCHOVER)
_CONTROLLING = int(ControlPrivilege.EXCLUSIVE | ControlPrivilege.CONTROL)
_STORED_BITS = _CONTROLLING | _SWITCHOVER
_KEY_SHIFT = 16


class ControlMissing(AccessDenied):
    """A write, or a claim to control, by somebody who may not."""


class Mode(Enum):
    """States of the control channel."""

    OPEN = "open access"
    CONTROL = "control access"
    CONTROL_WITH_SWITCHOVER = "control access with switchover enabled"
    EXCLUSIVE = "exclusive access"


class Takeover(Enum):
    """How somebody who is not the owner gets control."""

    BY_ASKING = "anyone may"
    WITH_KEY = "with the switchover key"
    NEVER = "not before the owner lets go"


@dataclass(frozen=True, slots=True)
class Rule:
    """What those may do who are not the owner; the owner may read, write and change its privilege in every mode."""

    others_read: bool
    takeover: Takeover


RULES = {
    Mode.OPEN: Rule(others_read=True, takeover=Takeover.BY_ASKING),
    Mode.CONTROL: Rule(others_read=True, takeover=Takeover.NEVER),
    Mode.CONTROL_WITH_SWITCHOVER: Rule(others_read=True, takeover=Takeover.WITH_KEY),
    Mode.EXCLUSIVE: Rule(others_read=False, takeover=Takeover.NEVER),
}


@dataclass(frozen=True, slots=True)
class Privilege:
    """The CCP value and who wrote it: the source address and port of that command."""

    ccp: int
    owner: Endpoint | None

    @property
    def mode(self) -> Mode:
        """The mode this CCP value means; the exclusive bit outranks the others."""
        if self.owner is None:
            return Mode.OPEN
        if self.ccp & _EXCLUSIVE:
            return Mode.EXCLUSIVE
        return Mode.CONTROL_WITH_SWITCHOVER if self.ccp & _SWITCHOVER else Mode.CONTROL


OPEN = Privilege(0, None)


def may_read(privilege: Privilege, peer: Endpoint) -> bool:
    """Whether `peer` may read registers."""
    return RULES[privilege.mode].others_read or peer == privilege.owner


def may_write(privilege: Privilege, peer: Endpoint) -> bool:
    """Whether `peer` may write registers other than CCP."""
    return peer == privilege.owner


def after_ccp_write(privilege: Privilege, peer: Endpoint, value: int, switchover_key: int) -> Privilege:
    """The privilege after `peer` has written `value` to CCP.

    Raises
    ------
    ControlMissing
        Somebody else has control.
    InvalidParameter
        Switchover enabled without asking for control.
    """
    takes_control = bool(value & _CONTROLLING)
    if peer != privilege.owner:
        _check_takeover(privilege, peer, key_fits=takes_control and value >> _KEY_SHIFT == switchover_key)
    if takes_control:
        return Privilege(value & _STORED_BITS, peer)
    if value & _SWITCHOVER:
        raise InvalidParameter("CCP: switchover cannot be enabled without control")
    return OPEN


def _check_takeover(privilege: Privilege, peer: Endpoint, *, key_fits: bool) -> None:
    takeover = RULES[privilege.mode].takeover
    if takeover is Takeover.NEVER or (takeover is Takeover.WITH_KEY and not key_fits):
        raise ControlMissing(f"{peer} cannot take control: {privilege.owner} has {privilege.mode.value}")
