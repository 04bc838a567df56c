"""From packets that are due to the socket."""

from __future__ import annotations

from collections.abc import Callable

from tiscam_emu.gvsp.channel import Burst
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.net.stream_roles import PacketSink


class PacedSender:
    """State: where the sink is aimed. Used from the stream's thread alone.

    Parameters
    ----------
    report
        Told of every error of sending.
    segmentation
        Hand many packets at a time to the system.
    """

    def __init__(self, sink: PacketSink, report: Callable[[Exception], None], *, segmentation: bool = False) -> None:
        self._sink = sink
        self._report = report
        self._segmentation = segmentation
        self._target: Destination | None = None

    def send(self, burst: Burst) -> None:
        """Send packets that are due."""
        to = burst.destination
        try:
            if to is not self._target:
                self._target = to
                self._sink.target(to.host, to.port, to.do_not_fragment)
            if self._segmentation and (runs := burst.runs()) is not None:
                self._sink.send_runs(runs)
            else:
                self._sink.send(burst.packets)
        except OSError as error:
            self._report(error)
