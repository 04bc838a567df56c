"""Losing packets of the stream."""

from __future__ import annotations

from functools import partial

from tiscam_emu.score.meddler import LosesPackets, LosesShare
from tiscam_emu.score.record import StreamPacket
from tiscam_emu.score.rules import mended
from tiscam_emu.score.trial import Trial

_WHY = "Cables, switches and busy computers lose packets; a frame with a hole is a part that is not inspected."
_EXPECTED = "Asks for what is missing, once the frame shows a gap, and gets every frame whole."


def _share(percent: float, burst: int = 1, share: float = 0.98) -> Trial:
    suffix, told = (f"-burst-{burst}", f", {burst} in a row") if burst > 1 else ("", "")
    return Trial(
        name=f"loss-{percent:g}{suffix}",
        title=f"{percent:g} % of the packets are lost{told}",
        expected=_EXPECTED,
        why=_WHY,
        judge=partial(mended, share=share),
        meddler=partial(LosesShare, percent / 100, burst),
        features={"AcquisitionFrameRate": 60.0},
        flaw="never_asks_again",
    )


def _third_block(packet: StreamPacket) -> bool:
    return packet.block_id % 3 == 0


def _leader(packet: StreamPacket) -> bool:
    return _third_block(packet) and packet.is_leader


def _trailer(packet: StreamPacket) -> bool:
    return _third_block(packet) and packet.is_trailer


class _LosesLast(LosesPackets):
    """Loses the last payload packet: the one before the trailer; sizes are known from the block before."""

    def __init__(self) -> None:
        super().__init__(lambda packet: _third_block(packet) and packet.packet_id == self._last)
        self._last = -1

    def packet(self, packet: StreamPacket, now: int) -> list[bytes | memoryview]:
        """See `Meddler.packet`."""
        if packet.is_trailer:
            self._last = packet.packet_id - 1
        return super().packet(packet, now)


def _one(name: str, what: str, meddler: partial[LosesPackets] | type[LosesPackets], why: str) -> Trial:
    return Trial(
        name=name,
        title=f"Every third frame loses {what}",
        expected=_EXPECTED,
        why=why,
        judge=partial(mended, share=0.9),
        meddler=meddler,
        flaw="never_asks_again",
    )


TRIALS = (
    _share(0.1),
    _share(1),
    _share(5, share=0.95),
    _share(3, burst=20, share=0.9),
    _one("lost-leader", "its leader", partial(LosesPackets, _leader), "Without it size and format are unknown."),
    _one("lost-trailer", "its trailer", partial(LosesPackets, _trailer), "A client that waits for it waits for ever."),
    _one("lost-last-packet", "its last packet of image data", _LosesLast, "No packet with data shows this gap."),
)
