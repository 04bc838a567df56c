"""Opening and closing: what every program does."""

from __future__ import annotations

from tiscam_emu.score.record import Record
from tiscam_emu.score.trial import Trial, Verdict, either, not_seen
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire.bootstrap import FIRST_URL

_TIMEOUT_MS = 3000
_LONGEST_SILENCE_MS = 0.67 * _TIMEOUT_MS


def _judge(record: Record) -> Verdict:
    if not record.commands:
        return not_seen("the camera heard nothing")
    faults = []
    if not record.reads(FIRST_URL.address):
        faults.append("never asked where the description is")
    if not record.taken():
        faults.append("never took control")
    else:
        if not record.given_back():
            faults.append("never gave control back")
        silence_ms = max(record.silences(), default=0) / NS_PER_MS
        if silence_ms > _LONGEST_SILENCE_MS:
            faults.append(f"was silent for {silence_ms:.0f} ms of {_TIMEOUT_MS}")
    return either(not faults, "; ".join(faults) or "opened, kept alive and gave back")


TRIALS = (
    Trial(
        name="opening",
        title="It opens the camera and closes it",
        expected="Asks where the description is, takes control, says something well inside the heartbeat timeout, and "
        "gives control back at the end.",
        why="A camera whose client did not give control back is lost to all others until the heartbeat has run out.",
        judge=_judge,
        seconds=15.0,
        flaw="keeps_control",
    ),
)
