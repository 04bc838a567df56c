"""How the faults of a device act: accesses are refused by chance."""

from __future__ import annotations

import numpy as np

from tiscam_emu.camera.control.device_faults import HEALTHY, DeviceFaults
from tiscam_emu.errors import Busy


class DeviceHealth:
    """State: the faults in effect, and the random numbers they are drawn with.

    Parameters
    ----------
    seed
        Equal seeds refuse the same accesses.
    """

    def __init__(self, seed: int) -> None:
        self.faults = HEALTHY
        self._seed = seed
        self._rng = np.random.default_rng(seed)

    def suffer(self, faults: DeviceFaults) -> None:
        """Let these faults take the place of the former ones; random numbers begin anew."""
        self.faults = faults
        self._rng = np.random.default_rng(self._seed)

    def check_busy(self) -> None:
        """Refuse an access by chance.

        Raises
        ------
        Busy
            As often as the fault says.
        """
        if self.faults.busy and self._rng.random() < self.faults.busy:
            raise Busy("the camera is busy: fault busy")
