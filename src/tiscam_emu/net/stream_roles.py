"""What a stream works with: who draws its frames, what is drawn, and where packets go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from tiscam_emu.gvsp.packets import Packet, Run
from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.units import Nanoseconds


class ImageSource(Protocol):
    """What renders; used from one thread at a time. Each step takes a few milliseconds at most."""

    @property
    def quick(self) -> bool:
        """Whether that holds for the first step, too; a frame that may take longer is drawn on a thread of its own."""
        ...

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        """Draw the request's payload, part by part and in order."""
        ...

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        """Compute ahead what frames like this one share."""
        ...


class TakenExposure(Protocol):
    """One frame leaving the sensor: rendered at once, sent from `ready_ns` on, complete at `end_ns` at the soonest."""

    @property
    def request(self) -> FrameRequest:
        """What to render."""
        ...

    @property
    def ready_ns(self) -> Nanoseconds:
        """When the first packet may leave."""
        ...

    @property
    def end_ns(self) -> Nanoseconds:
        """When exposure and readout are over."""
        ...

    @property
    def chunk_tail(self) -> bytes:
        """What is sent behind the image; empty without chunks."""
        ...

    @property
    def awaited(self) -> bool:
        """Whether somebody counts on this very frame: it was triggered, or is one of a number asked for."""
        ...


class PacketSink(Protocol):
    """Where packets go: a `StreamSocket`, or link faults in front of one. Used from the stream's thread alone."""

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        """Choose where `send` sends."""
        ...

    def send(self, packets: Sequence[Packet]) -> None:
        """Send packets in order; their memory is the caller's again afterwards."""
        ...

    def descriptor(self) -> int | None:
        """The connected socket that packets may be sent from directly, if they may."""
        ...

    def left(self, packets: Iterable[Packet], span_ns: float) -> None:
        """Know what has been sent so, just now and within so long; their memory is the caller's again afterwards."""
        ...

    def send_runs(self, runs: Sequence[Run]) -> None:
        """Send packets that lie one behind the other in memory, many at a time."""
        ...
