"""Block ids: the end of the 16 bits, and ids of 64."""

from __future__ import annotations

from functools import partial

from tiscam_emu.score.meddler import LosesShare
from tiscam_emu.score.record import Record, StreamPacket, stream_packet
from tiscam_emu.score.rules import mended
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, either, not_seen
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.gvcp import Command

_IDS = 65_535
_FIRST = 65_526
"""Shown for the block that the camera calls 1: the tenth one is the last before the ids begin anew."""
_BEYOND_16_BITS = 0x1_0000_8000
"""Added to ids of 64 bits: what is left of them in 16 bits is another block's."""


class _Renumbers(LosesShare):
    """Shows the client other block ids than the camera's, and loses some packets.

    Without that it would take a camera of 500 frames a second two minutes to come to the wrap.
    """

    def shown(self, packet: StreamPacket) -> StreamPacket:
        """See `Meddler.shown`."""
        if packet.is_test:
            return packet
        block_id = (packet.block_id + _FIRST - 2) % _IDS + 1
        return stream_packet(bytes(packet.data[:2]) + block_id.to_bytes(2, "big") + bytes(packet.data[4:]))

    def command(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.command`."""
        del now
        if not _asks_again(data):
            return [data]
        block_id = (int.from_bytes(data[10:12], "big") - _FIRST) % _IDS + 1
        return [data[:10] + block_id.to_bytes(2, "big") + data[12:]]


class _RenumbersBeyond(LosesShare):
    """Shows ids that do not fit 16 bits, where blocks have ids of 64 bits, and loses some packets."""

    def shown(self, packet: StreamPacket) -> StreamPacket:
        """See `Meddler.shown`."""
        if packet.is_test or not packet.extended:
            return packet
        block_id = packet.block_id + _BEYOND_16_BITS
        return stream_packet(bytes(packet.data[:8]) + block_id.to_bytes(8, "big") + bytes(packet.data[16:]))

    def command(self, data: bytes, now: Nanoseconds) -> list[bytes]:
        """See `Meddler.command`."""
        del now
        block_id = int.from_bytes(data[20:28], "big") - _BEYOND_16_BITS
        if not _asks_again(data) or len(data) < 28 or block_id < 1:
            return [data]
        return [data[:20] + block_id.to_bytes(8, "big") + data[28:]]


def _asks_again(data: bytes) -> bool:
    return int.from_bytes(data[2:4], "big") == Command.PACKETRESEND_CMD and len(data) >= 12


def _judge_wrap(record: Record) -> Verdict:
    after = [block for block in record.finished() if block.block_id < _FIRST]
    if not after:
        return not_seen("it took fewer than eleven frames")
    hurt = [block for block in record.hurt() if block.block_id < _FIRST]
    mended = sum(block.whole for block in hurt)
    seen = f"{len(after)} frames after the wrap; {len(hurt)} of them lost packets, {mended} were mended"
    whole = {block.block_id for block in after if block.whole}
    taken = record.stamps is None or 2 * len(whole & set(record.stamps)) >= len(whole)
    return either(taken and 2 * mended >= len(hurt), seen if taken else f"{seen}; it took few of them")


TRIALS = (
    Trial(
        name="block-id-wrap",
        title="Block ids end at 65535 and begin anew at 1",
        expected="Goes on, and still asks for what is missing.",
        why="It happens after eighteen minutes at 60 frames a second, and in no short test.",
        judge=_judge_wrap,
        meddler=partial(_Renumbers, 0.01),
        seconds=8.0,
        flaw="stops_at_wrap",
    ),
    Trial(
        name="extended-ids",
        title="The stream has 64-bit ids, and 1 % of the packets are lost",
        expected="Reads headers of both kinds, and asks for packets by ids of 64 bits.",
        why="Cameras of GigE Vision 2.0 may be left in this mode by another program.",
        judge=mended,
        meddler=partial(_RenumbersBeyond, 0.01),
        features={"GevGVSPExtendedIDMode": "On"},
        flaw="short_ids",
    ),
)
