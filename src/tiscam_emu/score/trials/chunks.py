"""Frames with chunks behind the image."""

from __future__ import annotations

from tiscam_emu.score.record import Record
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, either, not_seen


def _judge(record: Record) -> Verdict:
    frames = {block.block_id for block in record.whole()}
    if not frames:
        return not_seen("no frame was asked for")
    if record.stamps is None:
        return not_seen("it does not say which frames it got; see TISCAM_EMU_STAMPS in docs/report-cards.md")
    got = frames & set(record.stamps)
    return either(len(got) >= 0.8 * len(frames) - 2, f"{len(frames)} frames arrived, it got {len(got)}")


TRIALS = (
    Trial(
        name="chunks",
        title="Frames have chunks behind the image",
        expected="Takes the image, whatever comes behind it.",
        why="Another program may have left them on; the payload type and the size of a frame are others then.",
        judge=_judge,
        features={"ChunkModeActive": True},
        flaw="image_payload_only",
    ),
)
