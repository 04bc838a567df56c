"""A wall clock of their own for the processes of a camera, which a test can step; the system's is not touched."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


class WallClock:
    """State: by how much the wall clock of processes started `within` it is off.

    Parameters
    ----------
    folder
        Where the preloaded library and the offset are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._library = folder / "wall_clock.so"
        self._offset = folder / "offset"
        self.step_to(0)
        compiler = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
        subprocess.run([*compiler, "-o", self._library, _SOURCE], check=True)

    @property
    def within(self) -> tuple[str, ...]:
        """What stands before a command."""
        return "env", f"LD_PRELOAD={self._library}", f"WALL_CLOCK={self._offset}"

    def step_to(self, offset_s: int) -> None:
        """From now on it is off by this much."""
        # Never truncated: the processes have it mapped.
        with self._offset.open("r+b" if self._offset.exists() else "wb") as file:
            file.write(struct.pack("=q", offset_s))

    def governs(self, pid: int) -> bool:
        """Whether the process has loaded the library."""
        return str(self._library) in Path(f"/proc/{pid}/maps").read_text()
