"""Opening and closing: what every program does."""

from __future__ import annotations

from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import gave_back, kept_alive, sought_description
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Grade, Verdict, bad, either, not_seen


def _judge(record: Record) -> Verdict:
    if not record.commands:
        return not_seen("the camera heard nothing")
    if not record.taken():
        return bad("never took control")
    verdicts = (sought_description(record), gave_back(record), kept_alive(record))
    faults = [verdict.seen for verdict in verdicts if verdict.grade is Grade.BAD]
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
