"""What a stream's threads have in hand: a frame to be drawn into packets, or something else in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tiscam_emu.gvsp.description import leader_and_trailer, leader_and_trailer_of_parts, part_lengths
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.packets import FrameTable, Layout
from tiscam_emu.net.stream_roles import TakenExposure
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics, Roi
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.gvsp import fits_one_packet
from tiscam_emu.wire.stamp import STAMP_BYTES, StampMaker


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A frame to be drawn."""

    request: FrameRequest
    ready_ns: Nanoseconds
    end_ns: Nanoseconds
    destination: Destination
    chunk_tail: bytes = b""
    measured: Roi | None = None
    awaited: bool = False

    @classmethod
    def of(cls, exposure: TakenExposure, destination: Destination, measured: Roi | None) -> RenderJob:
        """The frame that an exposure makes."""
        times = exposure.ready_ns, exposure.end_ns
        return cls(exposure.request, *times, destination, exposure.chunk_tail, measured, exposure.awaited)

    @property
    def payload_bytes(self) -> int:
        """Image and chunks."""
        return self.request.payload_bytes() + len(self.chunk_tail)

    def layout(self) -> Layout | None:
        """Bytes of the payload, or of each of its parts; None if all of the frame is one packet.

        No packet holds several parts, so multi-part wins over all-in.
        """
        options, size = self.destination.configuration, self.destination.packet_size
        if options & StreamChannelCapability.MULTI_PART:
            return part_lengths(self.request.payload_bytes(), len(self.chunk_tail))
        all_in = options & StreamChannelCapability.ALL_IN
        if all_in and fits_one_packet(self.payload_bytes, size, extended=self.destination.extended_ids):
            return None
        return self.payload_bytes


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the `roi` of a rendered frame looks like."""

    request: FrameRequest
    statistics: FrameStatistics
    roi: Roi


@dataclass(slots=True)
class Work:
    """State: what is being drawn: a frame into its table, or something else in between.

    Attributes
    ----------
    apart
        By the other thread, which then is the only one to touch it.
    begun_ns
        When that was.
    job
        Of a frame; None for something else.
    table
        Where the frame is drawn, once it has been begun.
    leaving
        Its first packets are being sent.
    """

    apart: bool
    begun_ns: Nanoseconds
    steps: Iterator[None] = field(default_factory=lambda: iter(()))
    job: RenderJob | None = None
    table: FrameTable | None = None
    epoch: int = 0
    leaving: bool = False


def describe(table: FrameTable, job: RenderJob) -> None:
    """Give a frame its leader and trailer."""
    if isinstance(table, MultiPartTable):
        table.head(*leader_and_trailer_of_parts(job.request, len(job.chunk_tail)))
    else:
        table.head(*leader_and_trailer(job.request, job.chunk_tail, job.destination.configuration))


def stamp(table: FrameTable, request: FrameRequest) -> None:
    """Write the stamp over the first pixels of an image that is complete, if it has room for one."""
    if request.payload_bytes() < STAMP_BYTES:
        return
    maker = StampMaker()
    for part in table.parts(request.payload_bytes()):
        maker.add(part)
    table.write(0, np.frombuffer(maker.stamp(request.frame_id, request.exposure_start_ns), np.uint8))
