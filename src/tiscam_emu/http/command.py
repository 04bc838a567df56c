"""The part of the command that serves its cameras over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.guard import listening
from tiscam_emu.http.server import check_installed, serving
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.process import CameraProcess

_LOOK_PERIOD_S = 0.25
_READY_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Where and to whom a bench is served; see `serving`."""

    address: str
    token: str = ""
    expose: bool = False

    def checked(self) -> HttpOptions:
        """The same; raises `InvalidOption`, before anything has been started."""
        check_installed()
        _, _, guard = listening(self.address, expose=self.expose, token=self.token)
        return replace(self, token=guard.token)


def serve_bench(
    cameras: Sequence[CameraProcess], log_level: str, options: HttpOptions, wait: Callable[[float], bool]
) -> None:
    """Serve a bench of running cameras until it is time to end; then all that it has started has ended, too.

    Parameters
    ----------
    wait
        Waits so many seconds; true when it is time to end.

    Raises
    ------
    CameraFailed
        One of the cameras has ended by itself.
    """
    bench = Bench()
    for process in cameras:
        wanted = process.options.user_name or Path(process.options.model).stem
        bench.add(bench.free_name(wanted), camera_of(process), _starter(process.options, log_level))
    try:
        with serving(bench, options.address, expose=options.expose, token=options.token) as url:
            sys.stdout.write(f"bench {url}\n")
            sys.stdout.flush()
            while not wait(_LOOK_PERIOD_S):
                bench.check_running()
    finally:
        bench.stop_all()


def camera_of(process: CameraProcess) -> Camera:
    """A camera in a process of its own, as Python programs hold it."""
    return Camera(process, process.model, process.serial, process.address, process.options.scene)


def _starter(options: ServeOptions, log_level: str) -> Callable[[], Camera]:
    def start() -> Camera:
        process = CameraProcess(options, log_level)
        process.wait_ready(_READY_TIMEOUT_S)
        return camera_of(process)

    return start
