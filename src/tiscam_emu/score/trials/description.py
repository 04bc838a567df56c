"""Getting the description: zipped, plain, slowly, or from the second place only."""

from __future__ import annotations

from functools import partial

from tiscam_emu.score.meddler import ChangesAnswers
from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import most_read
from tiscam_emu.score.stage import Stage
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, either, not_seen

_WHY = "Cameras differ in where their description is, and in how fast it comes."
_NOWHERE = "http://192.0.2.1/nothing.xml"
"""An address that nobody has (RFC 5737)."""


def _judge(record: Record) -> Verdict:
    if not record.commands:
        return not_seen("the camera heard nothing")
    got, length = most_read(record)
    frames = len(record.finished())
    return either(got == length and frames > 0, f"read {got} of {length} bytes; {frames} frames followed")


def _hide_first(stage: Stage) -> None:
    stage.runner.call(lambda camera, _now: camera.state.put("GevFirstURL", _NOWHERE))


def _lost(_answer: bytes) -> list[bytes]:
    return []


TRIALS = (
    Trial(
        name="description-zipped",
        title="The description is a ZIP file",
        expected="Reads it whole, and unzips it.",
        why=_WHY,
        judge=_judge,
        flaw="plain_xml_only",
    ),
    Trial(
        name="description-plain",
        title="The description is plain XML",
        expected="Reads it whole.",
        why=_WHY,
        judge=_judge,
        options={"plain_xml": True},
        flaw="zip_only",
    ),
    Trial(
        name="description-slow",
        title="The description comes slowly: every answer takes 5 ms, one in twenty is lost",
        expected="Asks again for what did not come, and reads it whole.",
        why=_WHY,
        judge=_judge,
        meddler=partial(ChangesAnswers, 20, _lost),
        options={"faults": ("delay_ms=5,on=control",)},
        seconds=20.0,
        flaw="never_repeats",
    ),
    Trial(
        name="description-second",
        title="The first URL leads nowhere",
        expected="Takes the second one.",
        why=_WHY,
        judge=_judge,
        before=_hide_first,
        seconds=10.0,
        flaw="first_url_only",
    ),
)
