"""A cable that is pulled, and a camera that starts anew."""

from __future__ import annotations

from tiscam_emu.score.meddler import Unplugged
from tiscam_emu.score.record import Record
from tiscam_emu.score.stage import Stage
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, bad, either, not_seen
from tiscam_emu.units import NS_PER_S

_SHORT_S, _LONG_S = 2.0, 4.5
_BACK = "back"


def _streaming(record: Record) -> bool:
    return len(record.whole()) >= 3


def _pull(stage: Stage, seconds: float) -> None:
    cable = stage.meddler
    if not isinstance(cable, Unplugged) or not stage.wait_for(_streaming):
        return
    stage.mark("out")
    cable.out = True
    stage.sleep(seconds)
    cable.out = False
    stage.mark(_BACK)


def _short(stage: Stage) -> None:
    _pull(stage, _SHORT_S)


def _long(stage: Stage) -> None:
    _pull(stage, _LONG_S)


def _reset(stage: Stage) -> None:
    if stage.wait_for(_streaming):
        stage.mark(_BACK)
        stage.set({"DeviceReset": True})


def _frames_after(record: Record, mark: str) -> int:
    since = record.since(mark)
    return sum(block.began_ns > since for block in record.whole()) if since is not None else 0


def _heard_after(record: Record, mark: str) -> bool:
    """Whether the client said anything: the camera streams on to one that is gone, until its heartbeat has run out."""
    since = record.since(mark)
    return since is not None and any(command.at_ns > since and not command.lost for command in record.commands)


def _judge_short(record: Record) -> Verdict:
    if record.since(_BACK) is None:
        return not_seen("it was over before the cable was pulled")
    after = _frames_after(record, _BACK)
    if not _heard_after(record, _BACK):
        return bad("said nothing more after the cable was back")
    return either(after > 0, f"{after} whole frames after the cable was back")


def _judge_noticed(record: Record) -> Verdict:
    back = record.since(_BACK)
    if back is None:
        return not_seen("it was over before it came to that")
    again = [datagram for datagram in record.taken() if datagram.at_ns > back]
    if again:
        seconds, frames = (again[0].at_ns - back) / NS_PER_S, _frames_after(record, _BACK)
        return either(frames > 0, f"took control again after {seconds:.1f} s, and got {frames} frames")
    if record.exit_code is not None:
        return either(record.exit_code != 0, f"ended with exit code {record.exit_code}")
    return either(False, "went on as if nothing had happened, and got no frame")  # noqa: FBT003


TRIALS = (
    Trial(
        name="unplugged-2s",
        title="The cable is out for two seconds",
        expected="Goes on when it is in again: control is not lost within the heartbeat timeout of three seconds.",
        why="A plug is touched, a switch starts anew.",
        judge=_judge_short,
        meddler=Unplugged,
        during=_short,
        seconds=10.0,
        flaw="dies_of_silence",
    ),
    Trial(
        name="unplugged-long",
        title="The cable is out for longer than the heartbeat timeout",
        expected="Notices that control is lost, and takes it again, or ends and says so.",
        why="The camera has stopped, and nothing will ever come again by itself.",
        judge=_judge_noticed,
        meddler=Unplugged,
        during=_long,
        seconds=14.0,
        flaw="never_notices",
    ),
    Trial(
        name="reset",
        title="The camera starts anew",
        expected="Notices, and opens it again, or ends and says so.",
        why="A brown-out, or somebody else's reset: all settings are gone.",
        judge=_judge_noticed,
        during=_reset,
        seconds=10.0,
        flaw="never_notices",
    ),
)
