"""From a request to a filled packet table, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.pacing import sending_ns
from tiscam_emu.gvsp.packets import FrameTable, Layout, PacketTable
from tiscam_emu.net.frame_work import Measurement, RenderJob, Work, describe, stamp
from tiscam_emu.net.stream_roles import ImageSource
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import measure
from tiscam_emu.units import Nanoseconds


class Painter:
    """State: who draws, and the last frame that came out well. Used from one thread at a time.

    Parameters
    ----------
    spare
        Gives a table of a layout, packet size and kind of ids that may be drawn into, or none.
    report
        Told of every error of drawing.
    on_measured
        Given what was asked for when a frame was submitted.

    Attributes
    ----------
    stamping
        Whether frames completed from now on carry a stamp, see `wire.stamp`; may be changed at any time.
    """

    def __init__(
        self,
        source: ImageSource,
        spare: Callable[[Layout, int, bool], FrameTable | None],
        report: Callable[[Exception], None],
        on_measured: Callable[[Measurement], None] | None = None,
    ) -> None:
        self._source = source
        self._spare = spare
        self._report = report
        self._on_measured = on_measured
        self._last_good: FrameTable | None = None
        self.stamping = False

    @property
    def is_quick(self) -> bool:
        """See `ImageSource.quick`."""
        return self._source.quick

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        """See `ImageSource.prepare`."""
        return self._source.prepare(request)

    def step(self, work: Work) -> bool:
        """Draw on for a few milliseconds at most; true when it is over.

        `work.table` is then the frame to be sent, or None: one that cannot be drawn repeats the last good one of its
        size, if none of its packets has left; else nothing is to be sent.
        """
        try:
            if work.job is not None and work.table is None:
                self._begin(work, work.job)
            next(work.steps)
        except StopIteration:
            if work.job is not None and work.table is not None:
                work.table = self._complete(work.job, work.table, leaving=work.leaving)
        except Exception as error:  # a frame that fails must not end the stream; it is reported
            self._report(error)
            work.table = self._repeated(work.table) if work.table is not None and not work.leaving else None
        else:
            return False
        return True

    def may_leave(self, job: RenderJob, work: Work, now: Nanoseconds) -> bool:
        """Whether what has been drawn may be sent already.

        Not before the rest will be drawn as fast as it is sent: receivers give a frame up that pauses halfway, as those
        of a busy computer would. Nor with a stamp, which is known only at the end.
        """
        table = work.table
        if table is None or self.stamping or table.all_in or now < job.ready_ns or table.sendable_packets < 2:
            return False
        drawn, packets = table.sendable_packets, len(table.packets)
        still_to_draw_ns = (now - work.begun_ns) * (packets - drawn) / drawn
        return still_to_draw_ns <= sending_ns(job.payload_bytes, packets, job.destination)

    def _begin(self, work: Work, job: RenderJob) -> None:
        work.table = self._table(job)
        work.table.restart()
        describe(work.table, job)
        work.steps = self._source.draw(job.request, work.table)

    def _complete(self, job: RenderJob, table: FrameTable, *, leaving: bool) -> FrameTable | None:
        if job.measured is not None and self._on_measured is not None:
            self._on_measured(Measurement(job.request, measure(table.take, job.request, job.measured), job.measured))
        if self.stamping and not leaving:  # after measuring: the automatics never see a stamp
            stamp(table, job.request)
        if job.chunk_tail:
            table.write(job.request.payload_bytes(), np.frombuffer(job.chunk_tail, np.uint8))
        if table.sendable_packets != len(table.packets):
            self._report(ValueError(f"frame {job.request.frame_id} was not drawn to its end"))
            return None
        self._last_good = table
        return table

    def _repeated(self, table: FrameTable) -> FrameTable | None:
        """The last good frame once more, under the table's own leader, if it has as many bytes."""
        good = self._last_good
        if good is None or good.payload_bytes != table.payload_bytes:
            return None
        first = 0
        for part in good.parts(good.payload_bytes):
            table.write(first, part)
            first += part.size
        self._last_good = table
        return table

    def _table(self, job: RenderJob) -> FrameTable:
        """A table to draw into: never the last good one, which a failing frame would need."""
        layout, size, extended = job.layout(), job.destination.packet_size, job.destination.extended_ids
        if layout is None:
            return AllInPacket(job.payload_bytes, size, extended=extended)
        spare = self._spare(layout, size, extended)
        if spare is not None and spare is not self._last_good:
            return spare
        if isinstance(layout, tuple):
            return MultiPartTable(layout, size)
        return PacketTable(layout, size, extended=extended)
