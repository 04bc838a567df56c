"""Moments of raw data where nothing saturates, straight to fixed point: what follows every change of exposure or gain.

The same law as in `moments`, with its factors multiplied out: each pixel is touched a dozen times instead of fifty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.bayer import channel
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.pixel.electrons import relative_light
from tiscam_emu.sensor.settings import FrameSettings

Floats = NDArray[np.float32]


class RawMoments:
    """Encodes the moments of one frame's settings, block by block."""

    def __init__(self, settings: FrameSettings, fixed_point: FixedPoint, width: int) -> None:
        readout, unit = settings.readout, 1 << fixed_point.fraction
        gain = readout.dn_per_electron
        self._settings, self._fixed_point = settings, fixed_point
        self._mean_factor = _per_pixel(settings, gain * unit, width)
        self._mean_offset = np.float32((readout.black_level_dn + settings.rounding_dn) * unit)
        self._sigma_factor = _per_pixel(settings, gain * fixed_point.sigma_units, width) ** 2
        self._read_variance_e2 = np.float32(readout.read_noise_e**2)

    @classmethod
    def of(
        cls, settings: FrameSettings, fixed_point: FixedPoint, largest_sigma_dn: float, width: int
    ) -> RawMoments | None:
        """For settings under which raw data are only scaled; None for all others."""
        scaled = not settings.demosaics and settings.gamma_curve is None and min(settings.white_balance) >= 1.0
        fits = largest_sigma_dn <= fixed_point.max_sigma_dn
        return cls(settings, fixed_point, width) if scaled and fits and settings.neighbour_count == 1 else None

    def encode(self, codes: NDArray[np.uint16], offsets_e: Floats, mean: Fixed, sigma: Fixed) -> bool:
        """Write fixed-point moments of whole rows, of which the first is one of the first kind on a mosaic.

        Parameters
        ----------
        codes, offsets_e
            Light and fixed offsets of the pixels; the offsets are used up.

        Returns
        -------
        bool
            False if a pixel may saturate; nothing has been written then.
        """
        settings = self._settings
        electrons = relative_light(codes, settings.electrons_at_white)
        if float(electrons.max(initial=0)) + settings.dark_e >= settings.full_well_e * 0.9999:
            return False
        electrons += offsets_e
        electrons += np.float32(settings.dark_e)
        variance = np.add(electrons, self._read_variance_e2, out=offsets_e)
        _multiply(electrons, self._mean_factor)
        electrons += self._mean_offset
        if float(electrons.max(initial=0)) > FULL_SCALE_DN * (1 << self._fixed_point.fraction):
            return False
        np.maximum(variance, 0, out=variance)
        _multiply(variance, self._sigma_factor)
        np.sqrt(variance, out=variance)
        self._fixed_point.store(electrons, variance, mean, sigma)
        return True


def _per_pixel(settings: FrameSettings, factor: float, width: int) -> Floats:
    """One factor for all pixels, or one for each of the two kinds of line of a mosaic."""
    balance = settings.white_balance
    if balance == (1.0, 1.0, 1.0):
        return np.float32(factor) * np.ones((1, 1), np.float32)
    kinds = [[balance[channel(settings.phase, row, column)] for column in (0, 1)] for row in (0, 1)]
    lines = np.array(kinds, np.float32) * np.float32(factor)
    return np.tile(lines, (1, -(-width // 2)))[:, :width]


def _multiply(block: Floats, factors: Floats) -> None:
    lines = len(factors)
    rows = len(block) // lines * lines
    block[:rows].reshape(-1, lines, block.shape[1])[...] *= factors
    if rows < len(block):
        block[rows:] *= factors[: len(block) - rows]
