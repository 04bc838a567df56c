"""Light to electrons: what every pixel receives, its fixed differences, shot noise and full well."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Geometry, Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.optics import WindowSource
from tiscam_emu.sensor.readout import ReadoutSettings

Floats = NDArray[np.float32]
LightCodes = NDArray[np.uint16]

MAX_RADIANCE = 16.0
"""Brightest light the chain resolves; white paper is 1."""

_CODE_SCALE = 65535.0 / MAX_RADIANCE**0.5
_FIXED_PATTERN_SAMPLES = 1 << 16
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709: what a monochrome sensor sees of RGB
_CHANNEL_OF_PHASE = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}  # RGGB


class FixedPattern:
    """Differences between pixels which stay the same from frame to frame (EMVA 1288: DSNU and PRNU).

    Drawn from a short pool, at a different place for every sensor row, so that no map of the sensor is kept.
    """

    def __init__(self, sensor: SensorModel, seed: int) -> None:
        rng = np.random.default_rng(np.random.SeedSequence([seed, 0x0F1C5ED]))
        pool = rng.standard_normal(_FIXED_PATTERN_SAMPLES + sensor.width, dtype=np.float32)
        self._gain_pool = 1 + np.float32(sensor.prnu_percent / 100) * pool
        self._offset_pool_e = np.float32(sensor.dsnu_e) * pool
        self._gain_starts, self._offset_starts = rng.integers(0, _FIXED_PATTERN_SAMPLES, (2, sensor.height)).tolist()

    def gain(self, window: Window) -> Floats:
        """Relative sensitivity of the sensor pixels in `window`."""
        return _rows_from_pool(self._gain_pool, self._gain_starts, window)

    def offset_e(self, window: Window) -> Floats:
        """Offset of the sensor pixels in `window`, in electrons."""
        return _rows_from_pool(self._offset_pool_e, self._offset_starts, window)


def _rows_from_pool(pool: Floats, starts: list[int], window: Window) -> Floats:
    rows = np.empty(window.shape, np.float32)
    for row, start in enumerate(starts[window.top : window.bottom]):
        rows[row] = pool[start + window.left : start + window.right]
    return rows


def light_codes(
    radiance: WindowSource, geometry: Geometry, window: Window, sensor: SensorModel, pattern: FixedPattern
) -> LightCodes:
    """What the sensor pixels behind an output `window` receive: radiance through the colour filter, times sensitivity.

    Returns
    -------
    ndarray of uint16, (binned neighbours, rows, columns)
        Square-root coded (finer than any camera's noise and a quarter of the memory of float64); decode with
        `relative_light`.
    """
    codes = np.empty((geometry.neighbour_count, *window.shape), np.uint16)
    light = np.empty(window.shape, np.float32)
    for layer, neighbour in zip(codes, geometry.neighbours, strict=True):
        seen: tuple[Floats, Floats] | None = None
        for sampling in geometry.samplings(window, neighbour):
            seen = seen or (radiance(sampling.source), pattern.gain(sampling.source))
            scene, gain = seen
            part = (sampling.rows, sampling.columns)
            row, column = sampling.phase
            here = light[row :: geometry.period, column :: geometry.period]
            if sensor.color:
                channel = _CHANNEL_OF_PHASE[sampling.phase]
                np.multiply(scene[..., channel][part], np.float32(sensor.channel_weights[channel]), out=here)
            else:
                np.matmul(scene[part], _LUMINANCE, out=here)
            here *= gain[part]
        np.maximum(light, 0, out=light)
        np.minimum(light, MAX_RADIANCE, out=light)
        np.sqrt(light, out=light)
        light *= np.float32(_CODE_SCALE)
        light += np.float32(0.5)
        layer[...] = light
    return codes


def relative_light(codes: LightCodes, factor: float) -> Floats:
    """Decode `light_codes`, times `factor`."""
    light = codes.astype(np.float32)
    light *= light
    light *= np.float32(factor / _CODE_SCALE**2)
    return light


def fixed_offsets_e(geometry: Geometry, window: Window, neighbour: tuple[int, int], pattern: FixedPattern) -> Floats:
    """Fixed offsets of the sensor pixels behind an output `window`, in electrons."""
    offsets = np.empty(window.shape, np.float32)
    source: Floats | None = None
    for sampling in geometry.samplings(window, neighbour):
        source = pattern.offset_e(sampling.source) if source is None else source
        row, column = sampling.phase
        offsets[row :: geometry.period, column :: geometry.period] = source[sampling.rows, sampling.columns]
    return offsets


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

    The result is in 12-bit DN, not yet converted.
    """
    electrons = rng.poisson(expected_e).astype(np.float32)
    np.minimum(electrons, np.float32(full_well_e), out=electrons)
    electrons += offset_e
    electrons += np.float32(readout.read_noise_e) * rng.standard_normal(electrons.shape, dtype=np.float32)
    electrons *= np.float32(readout.dn_per_electron)
    electrons += np.float32(readout.black_level_dn)
    return electrons
