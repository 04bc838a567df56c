"""A control channel with difficulties."""

from __future__ import annotations

from collections import Counter
from functools import partial

from tiscam_emu.score.meddler import ChangesAnswers, Meddler, is_write_ack, turns
from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import had_patience, stood_busy, streamed
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Grade, Verdict, not_seen
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import GVCP_CONFIGURATION, GvcpConfiguration

_PENDING_ACK = GvcpConfiguration.PENDING_ACK


def _judge_late(record: Record) -> Verdict:
    return streamed(record, "acknowledges of writes came 250 ms late")


def _judge_pending(record: Record) -> Verdict:
    enabled = any(value & _PENDING_ACK for _, value in record.writes(GVCP_CONFIGURATION.address))
    if not enabled:
        return not_seen("it does not switch PENDING_ACK on")
    patience = had_patience(record)
    return patience if patience.grade is Grade.BAD else streamed(record, patience.seen)


def _after_a_strange_one(data: bytes) -> list[bytes]:
    """An acknowledge of an old request comes before it: it was late, or is somebody else's."""
    strange = (int.from_bytes(data[6:8], "big") - 1 or 0xFFFF).to_bytes(2, "big")
    return [data[:6] + strange + bytes(len(data) - 8), data]


def _judge_strange(record: Record) -> Verdict:
    if len(record.answers) < 8:
        return not_seen("too little was said")
    return streamed(record, f"{len(record.answers) // 4} acknowledges of other requests came between")


class _LosesFirstWriteAck(Meddler):
    """Loses the acknowledge of every second write, the first time."""

    def __init__(self) -> None:
        self._turns = turns(2)
        self._lost: Counter[bytes] = Counter()

    def answer(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.answer`."""
        del now
        if not is_write_ack(data):
            return [data]
        if self._lost[data]:
            self._lost[data] -= 1
            return [data]
        if not next(self._turns):
            return [data]
        self._lost[data] += 1
        return []


def _judge_lost_ack(record: Record) -> Verdict:
    lost = [answer for answer in record.answers if answer.lost]
    if not lost:
        return not_seen("it wrote too little")
    return streamed(record, f"{len(lost)} acknowledges of writes were lost")


TRIALS = (
    Trial(
        name="late-acks",
        title="Acknowledges of writes come 250 ms late",
        expected="Waits, and sends nothing twice under another id.",
        why="Cameras write to flash or move a lens before they answer.",
        judge=_judge_late,
        options={"faults": ("late_ack_ms=250",)},
        seconds=12.0,
        flaw="new_id_for_each_try",
    ),
    Trial(
        name="pending-acks",
        title="The camera asks for patience with PENDING_ACK",
        expected="Waits as long as it is told.",
        why="The camera announces that a command takes longer than the client's timeout.",
        judge=_judge_pending,
        options={"faults": ("late_ack_ms=700",)},
        seconds=15.0,
        flaw="no_patience",
    ),
    Trial(
        name="busy",
        title="One access in ten is refused with BUSY",
        expected="Tries again.",
        why="The standard lets a camera say so at any time.",
        judge=stood_busy,
        options={"faults": ("busy=0.1",)},
        seconds=10.0,
        flaw="gives_up_when_busy",
    ),
    Trial(
        name="strange-acks",
        title="Acknowledges of other requests come between",
        expected="Looks at the id, and waits on for its own.",
        why="An acknowledge may have been late; taken for that of the next request, it is a wrong value.",
        judge=_judge_strange,
        meddler=partial(ChangesAnswers, 4, _after_a_strange_one),
        flaw="takes_any_ack",
    ),
    Trial(
        name="lost-acks",
        title="The acknowledge of every second write is lost",
        expected="Sends the same command again, under the same id.",
        why="Under another id it is another command: a trigger fires twice, a counter counts twice.",
        judge=_judge_lost_ack,
        meddler=_LosesFirstWriteAck,
        seconds=15.0,
        flaw="new_id_for_each_try",
    ),
)
