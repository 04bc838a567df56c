"""The live table that the command shows on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rich.live import Live
from rich.table import Table

from tiscam_emu.net.status import CameraStatus

_PERIOD_S = 1.0


class Shown(Protocol):
    """A camera as the table shows it."""

    model: str
    serial: str
    address: str

    def ask(self, name: str) -> Any:
        """Its status, when asked for ``status``."""
        ...

    def check_running(self) -> None:
        """Raise `CameraFailed` if it is time to end for its sake."""
        ...


def show(cameras: Sequence[Shown], wait: Callable[[float], bool]) -> None:
    """Keep the table on the screen.

    Parameters
    ----------
    wait
        Waits so many seconds; true when it is time to end.

    Raises
    ------
    CameraFailed
        One of the cameras has ended by itself.
    """
    before = [CameraStatus.from_json(camera.ask("status")) for camera in cameras]
    with Live(table(cameras, before, before), auto_refresh=False) as live:
        while not wait(_PERIOD_S):
            for camera in cameras:
                camera.check_running()
            now = [CameraStatus.from_json(camera.ask("status")) for camera in cameras]
            live.update(table(cameras, before, now), refresh=True)
            before = now


def table(cameras: Sequence[Shown], before: Sequence[CameraStatus], now: Sequence[CameraStatus]) -> Table:
    """One row a camera; rates between the two snapshots."""
    columns = ("camera", "address", "controller", "format", "fps", "MB/s", "frames", "skipped", "resent", "engine")
    result = Table(*columns, box=None, pad_edge=False)
    for camera, old, new in zip(cameras, before, now, strict=True):
        seconds = (new.time_ns - old.time_ns) / 1e9 or 1.0
        result.add_row(
            f"{camera.model} {camera.serial}",
            camera.address,
            new.controller or "-",
            f"{new.pixel_format} {new.width}x{new.height}",
            f"{(new.frames - old.frames) / seconds:.1f}",
            f"{(new.payload_bytes - old.payload_bytes) / seconds / 1e6:.1f}",
            str(new.frames),
            str(new.skipped_frames),
            str(new.resent_packets),
            new.engine,
        )
    return result
