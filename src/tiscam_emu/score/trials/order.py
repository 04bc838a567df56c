"""Packets that overtake each other, or come twice."""

from __future__ import annotations

from functools import partial

from tiscam_emu.score.meddler import RepeatsPackets, SwapsPackets
from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import asked_for_losses
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, bad


def _claims(record: Record) -> str:
    """What is wrong with what the client says of its frames; empty without anything."""
    if record.stamps is None:
        return ""
    arrived = {block.block_id for block in record.whole()}
    if len(record.stamps) != len(set(record.stamps)):
        return "it took a frame for two"
    if len(arrived & set(record.stamps)) < 0.8 * len(arrived) - 2:
        return f"it got {len(record.stamps)} of {len(arrived)} frames"
    return ""


def _judge(record: Record) -> Verdict:
    wrong = _claims(record)
    return bad(wrong) if wrong and record.finished() else asked_for_losses(record)


TRIALS = (
    Trial(
        name="reordered",
        title="Packets overtake each other",
        expected="Waits a moment before it asks for a packet that may only be late, and puts each in its place.",
        why="Links in parallel and network cards with several queues swap packets; asking at once doubles the traffic.",
        judge=_judge,
        meddler=partial(SwapsPackets, 40),
        flaw="asks_at_once",
    ),
    Trial(
        name="duplicated",
        title="Packets come twice",
        expected="Takes the second for what it is.",
        why="Who counts packets instead of looking at their ids takes a frame with a hole for whole.",
        judge=_judge,
        meddler=partial(RepeatsPackets, 25),
        flaw="asks_at_once",
    ),
)
