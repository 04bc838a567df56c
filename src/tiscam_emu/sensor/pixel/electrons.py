"""Light to electrons: what every pixel receives, its shot noise and full well."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Geometry, Window
from tiscam_emu.sensor.optics.projection import CODE_SCALE, Floats, LightCodes
from tiscam_emu.sensor.pixel.readout import ReadoutSettings


def taken_codes(known: LightCodes, frame: Window, geometry: Geometry, window: Window) -> LightCodes:
    """Light codes of the pixels in `window`, taken from those of the sensor pixels in `frame`, which are `known`."""
    source = geometry.source(window)
    if source.shape == window.shape and not (geometry.flipped or geometry.neighbour_count > 1):
        return known[source.inside(frame)][np.newaxis]
    codes = np.empty((geometry.neighbour_count, *window.shape), np.uint16)
    for layer, neighbour in zip(codes, geometry.neighbours, strict=True):
        for sampling in geometry.samplings(window, neighbour):
            row, column = sampling.phase
            seen = known[sampling.source.inside(frame)]
            layer[row :: geometry.period, column :: geometry.period] = seen[sampling.rows, sampling.columns]
    return codes


def relative_light(codes: LightCodes, factor: float) -> Floats:
    """Decode light codes, times `factor`."""
    light = codes.astype(np.float32)
    light *= light
    light *= np.float32(factor / CODE_SCALE**2)
    return light


def mean_electrons(codes: LightCodes, electrons_at_white: float, dark_e: float, full_well_e: float) -> Floats:
    """Expected electrons of each pixel: light and dark current, no more than the full well."""
    electrons = relative_light(codes, electrons_at_white)
    electrons += np.float32(dark_e)
    np.minimum(electrons, np.float32(full_well_e), out=electrons)
    return electrons


def draw_dn(
    expected_e: Floats, offset_e: Floats, full_well_e: float, readout: ReadoutSettings, rng: np.random.Generator
) -> NDArray[Any]:
    """Draw one readout of pixels expecting `expected_e`: shot noise, full well, read noise, gain and black level.

    The offsets, too, have the shot noise of their electrons. The result is in 12-bit DN, not yet converted.
    """
    electrons = rng.poisson(expected_e).astype(np.float32)
    np.minimum(electrons, np.float32(full_well_e), out=electrons)
    electrons += offset_e
    noise_e = np.sqrt(np.maximum(offset_e + np.float32(readout.read_noise_e**2), 0))
    noise_e *= rng.standard_normal(electrons.shape, dtype=np.float32)
    electrons += noise_e
    electrons *= np.float32(readout.dn_per_electron)
    electrons += np.float32(readout.black_level_dn)
    return electrons
