"""What clients do wrong, by client and kind: a driver's author reads here what the driver should not do."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tiscam_emu.errors import AccessDenied, Busy, RegisterError, Status
from tiscam_emu.gvcp.privilege import ControlMissing
from tiscam_emu.wire.endpoint import Endpoint

MISTAKES_KEPT = 256
"""The one that was made longest ago is forgotten for a new one."""
SENTENCES = 10
"""So many clients are told of with each kind; further ones are counted only, so that no flood fills a disk with log."""


class Kind(StrEnum):
    """Kinds of mistakes."""

    WRITE_WITHOUT_CONTROL = "write without control"
    READ_WITHOUT_PRIVILEGE = "read while another client has exclusive access"
    UNALIGNED_ACCESS = "unaligned access"
    UNKNOWN_ADDRESS = "access to an unknown address"
    LOCKED_ACCESS = "access that is not allowed now"
    REFUSED_ACCESS = "refused access"
    IGNORED_WRITE = "write that was acknowledged and ignored"
    FITTED_WRITE = "write of a value that had to be fitted"
    BAD_DATAGRAM = "datagram that is not GVCP"
    MALFORMED_COMMAND = "malformed command"
    UNKNOWN_COMMAND = "unknown command"
    MISSED_HEARTBEAT = "missed heartbeat"
    RESEND_STORM = "resend storm"
    DISCOVERY_FLOOD = "discovery flood"
    FORCED_ADDRESS = "FORCEIP that cannot be followed"

    @classmethod
    def of_status(cls, status: Status) -> Kind:
        """The kind of an access that was refused with this status."""
        return _BY_STATUS.get(status, cls.REFUSED_ACCESS)


_BY_STATUS = {
    Status.BAD_ALIGNMENT: Kind.UNALIGNED_ACCESS,
    Status.INVALID_ADDRESS: Kind.UNKNOWN_ADDRESS,
    Status.ACCESS_DENIED: Kind.LOCKED_ACCESS,
}


@dataclass(slots=True)
class Mistake:
    """State: one kind of mistake of one client.

    Attributes
    ----------
    first
        What was wrong the first time.
    """

    kind: Kind
    peer: Endpoint
    first: str
    count: int = 0


class MistakeLog:
    """State: the mistakes of all clients, and what has not been told yet."""

    def __init__(self) -> None:
        self._mistakes: OrderedDict[tuple[Kind, Endpoint], Mistake] = OrderedDict()
        self._untold: list[str] = []
        self._told: Counter[Kind] = Counter()

    def note(self, kind: Kind, peer: Endpoint, what: str) -> None:
        """Count a mistake; the first of its kind by this client is told with `what`."""
        mistake = self._mistakes.get((kind, peer))
        if mistake is None:
            mistake = self._mistakes[kind, peer] = Mistake(kind, peer, what)
            self._tell(kind, f"{peer}: {kind}: {what}")
            if len(self._mistakes) > MISTAKES_KEPT:
                self._mistakes.popitem(last=False)
        mistake.count += 1
        self._mistakes.move_to_end((kind, peer))

    def note_refusal(self, error: RegisterError, peer: Endpoint) -> None:
        """Count a refused access; a busy camera is no mistake of the client."""
        if isinstance(error, Busy):
            return
        without_control = isinstance(error, ControlMissing)
        kind = Kind.WRITE_WITHOUT_CONTROL if without_control else Kind.of_status(error.status)
        self.note(kind, peer, str(error))

    def note_forgiven(self, error: RegisterError, peer: Endpoint) -> None:
        """Count a write that succeeded although `error` was wrong with it."""
        self.note(Kind.IGNORED_WRITE if isinstance(error, AccessDenied) else Kind.FITTED_WRITE, peer, str(error))

    def take_sentences(self) -> list[str]:
        """What has not been told yet, one sentence for each client and kind of mistake."""
        sentences, self._untold = self._untold, []
        return sentences

    def __iter__(self) -> Iterator[Mistake]:
        return iter(tuple(self._mistakes.values()))

    def _tell(self, kind: Kind, sentence: str) -> None:
        self._told[kind] += 1
        if self._told[kind] <= SENTENCES:
            self._untold.append(sentence)
        elif self._told[kind] == SENTENCES + 1:
            self._untold.append(f"{kind}: more clients do it; they are counted and not told")
