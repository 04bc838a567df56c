"""The lookup table in fast frames: every noisy value is looked up, so that a table with jumps is met exactly.

Gamma is smooth and goes into the cached moments instead, which costs nothing per frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import Packing
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint
from tiscam_emu.sensor.isp.tone import Curve
from tiscam_emu.sensor.pack import COMPONENT_ORDER
from tiscam_emu.sensor.settings import FrameSettings

Floats = NDArray[np.float32]
Table = NDArray[Any]

_NOT_TONED = {"Cb", "Cr", "a"}


class FixedPointLut:
    """The lookup table, and all that comes after it, for each fixed-point value there can be."""

    def __init__(self, curve: Curve, settings: FrameSettings, fixed_point: FixedPoint) -> None:
        values = np.arange(fixed_point.top + 1)
        if settings.demosaics:
            dn = (values / (1 << fixed_point.fraction)).astype(np.float32)
        else:
            dn = ((values >> fixed_point.fraction) & -settings.readout.adc_step_dn).astype(np.float32)
        self._tables = _tables(dn, curve(dn), settings)

    @classmethod
    def of(cls, settings: FrameSettings, fixed_point: FixedPoint) -> FixedPointLut | None:
        """The lookup table of `settings`; None while it is off."""
        curve = None if settings.lut is None else settings.curve
        return None if curve is None else cls(curve, settings, fixed_point)

    @property
    def gives_bytes(self) -> bool:
        """Whether results are what is transmitted; else they are 12-bit values to be packed."""
        return self._tables[0].dtype == np.uint8

    @property
    def turns(self) -> int:
        """Components after which the tables repeat themselves."""
        return len(self._tables)

    def words(self, drop: int, up: int) -> NDArray[np.uint16]:
        """The tables one behind the other; 12-bit values without their `drop` lower bits and `up` bits further up."""
        tables = np.concatenate(self._tables).astype(np.uint16)
        if not self.gives_bytes:
            tables >>= np.uint16(drop)
            tables <<= np.uint16(up)
        return tables

    def look_up(self, value: Fixed, first: int, out: Table) -> None:
        """Write the results for clipped fixed-point values, components from `first` on, into `out`."""
        period = len(self._tables)
        for position, table in enumerate(self._tables):
            part = np.s_[(position - first) % period :: period]
            out[part] = table.take(value[part])


def _tables(linear_dn: Floats, toned_dn: Floats, settings: FrameSettings) -> tuple[Table, ...]:
    """One table for each component in the repeating order of the wire."""
    packing = settings.pixel_format.packing
    if settings.gives_words:
        words = np.rint(toned_dn).astype(np.uint16)
        return ((words >> 4).astype(np.uint8) if packing == "8" else words,)
    toned, linear = _to_8_bit(toned_dn), _to_8_bit(linear_dn)
    return tuple(toned if changes else linear for changes in _changed(packing))


def _changed(packing: Packing) -> tuple[bool, ...]:
    """Which components have the table applied, in the order of the wire until it repeats itself."""
    order = tuple(name not in _NOT_TONED for name in COMPONENT_ORDER.get(packing, ("Y",)))
    return next(order[:size] for size in range(1, len(order) + 1) if order == order[:size] * (len(order) // size))


def _to_8_bit(dn: Floats) -> Table:
    return np.minimum((dn + 8) / 16, 255).astype(np.uint8)
