"""Triggered frames, one of which never comes."""

from __future__ import annotations

from tiscam_emu.score.meddler import LosesPackets
from tiscam_emu.score.record import Record, StreamPacket
from tiscam_emu.score.stage import Stage
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, bad, either, not_seen

_LOST = 4
_PERIOD_S = 0.25
_TRIGGER = {"TriggerSoftware": True}
_FEATURES = {"TriggerSelector": "FrameStart", "TriggerMode": "On", "TriggerSource": "Software"}


class _LosesOneFrame(LosesPackets):
    """Loses all of one frame, whatever is asked for again."""

    def packet(self, packet: StreamPacket, now: int) -> list[bytes | memoryview]:
        """See `Meddler.packet`."""
        del now
        return [] if packet.block_id == _LOST else [packet.data]

    def __init__(self) -> None:
        super().__init__(lambda _packet: False)


def _pull_trigger(stage: Stage) -> None:
    while stage.sleep(_PERIOD_S):
        if stage.runner.status().acquiring:
            stage.set(_TRIGGER)


def _judge(record: Record) -> Verdict:
    lost = next((block for block in record.blocks if block.block_id == _LOST), None)
    after = [block for block in record.whole() if block.block_id > _LOST]
    if lost is None or not after:
        return not_seen("it took too few frames")
    asked = sum(command.block_id == _LOST for _, command in record.resends())
    seen = f"a frame of {len(lost.sent)} packets never came, {asked} requests for it, {len(after)} frames after it"
    if record.stamps is not None and len(set(record.stamps) & {b.block_id for b in after}) < len(after) - 2:
        return bad(f"{seen}, of which it got {len(set(record.stamps))}")
    silence_s = max(record.silences(), default=0) / 1e9
    return either(asked <= 2 * len(lost.sent) + 10 and silence_s < 3, seen)


TRIALS = (
    Trial(
        name="triggered-frame-lost",
        title="Of triggered frames one never comes",
        expected="Gives it up after a while, and takes the next one.",
        why="With triggers the next frame may come in an hour: who waits for the lost one waits so long.",
        judge=_judge,
        meddler=_LosesOneFrame,
        features=_FEATURES,
        during=_pull_trigger,
        seconds=7.0,
        flaw="asks_for_ever",
    ),
)
