"""Pre-drawn unit noise: white for raw data, and as it looks behind demosaicing for everything computed from colour.

Demosaicing and chroma subsampling make the noise of neighbouring pixels and of the colours of one pixel resemble each
other. A pool for colour is therefore drawn as a mosaic and sent through the same linear ISP as pictures are, then
scaled to unit variance at each place; frames scale it by their own sigma. It is right for greys lit so brightly that
shot noise prevails, and close to that elsewhere: the ratio of the colours' noise is that of a balanced grey.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_128
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiscam_emu import native
from tiscam_emu.pixel_formats import Packing
from tiscam_emu.sensor.bayer import RGGB, Phase
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.isp.chain import Output
from tiscam_emu.sensor.isp.colour_mix import Matrix, mix
from tiscam_emu.sensor.pack import INTERLEAVERS, line_components

Noise = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.float32]

BLOCK = 1 << 18
"""Components whose noise lies in one stretch of the pool; at most so many are drawn at once."""

MAX_Z = 5.0
"""Unit normals are cut off here."""

Z_UNITS = 16
"""What one standard deviation counts."""

POOL_SEED = 0x7A11
_SAMPLE: type[np.int8 | np.int16] = np.int16 if native.core is None else np.int8
"""Numpy multiplies numbers of one size faster, the core reads less memory."""

_WHITE_SAMPLES = 1 << 21
_COLOUR_PIXELS = 1 << 19
_SCALE = (Z_UNITS**2 - 1 / 12) ** 0.5
_MARGIN = 2
_STRIPE_PIXELS = 1 << 16
"""Lines around those that are demosaiced at once, and how many pixels those have: few, to stay in the cache."""


class NoisePool(NamedTuple):
    """Unit noise in order of the wire, whose beginning stands again behind its end, for a block to run over it.

    Attributes
    ----------
    samples
        In units of ``1 / Z_UNITS``, with zero mean and unit variance after rounding, cut at `MAX_Z`.
    size
        Samples that differ.
    step
        A frame may begin on every so many samples: on any, or on every other line of a mosaic.
    """

    samples: Noise
    size: int
    step: int = 1

    def of_frame(self, components: int, key: bytes) -> FrameNoise:
        """Noise for a frame of so many components.

        Where there are few places to begin at, signs make the mean of many frames free of noise all the same.

        Parameters
        ----------
        key
            Different bytes for different frames: equal ones give equal noise.
        """
        blocks = -(-components // BLOCK)
        drawn = np.frombuffer(shake_128(key).digest(8 * blocks), "<u8")  # in less time than a generator takes to seed
        starts = (drawn >> np.uint64(1)) % np.uint64(self.size // self.step) * np.uint64(2 * self.step)
        return FrameNoise(self, starts + (drawn & np.uint64(self.step > 1)))


class FrameNoise(NamedTuple):
    """The noise of one frame: each block of it goes on from another place in the pool, by its own place in the frame.

    Attributes
    ----------
    starts
        Twice where each block begins; one more if it is negated. 64 bits, unsigned.
    """

    pool: NoisePool
    starts: NDArray[np.uint64]

    def part(self, first: int, end: int) -> tuple[Noise, bool]:
        """Noise for the components from `first` on and before `end`, of one block; and whether it is negated."""
        start = int(self.starts[first // BLOCK])
        begin = (start // 2 + first) % self.pool.size
        return self.pool.samples[begin : begin + end - first], bool(start % 2)


@lru_cache(maxsize=1)
def white_pool() -> NoisePool:
    """Independent normals."""
    normals = np.random.default_rng(POOL_SEED).standard_normal(_WHITE_SAMPLES, dtype=np.float32)
    normals -= normals.mean()
    normals *= np.float32(_SCALE / normals.std())
    return NoisePool(_wrapped(_rounded(normals)), normals.size)


@lru_cache(maxsize=2)
def colour_pool(
    output: Output,
    packing: Packing,
    width: int,
    matrix: Matrix | None,
    spread: tuple[float, float, float],
    *,
    phase: Phase | None = RGGB,
) -> NoisePool:
    """Noise as it is behind demosaicing, colour `matrix` and chroma subsampling, for lines of `width` pixels.

    Parameters
    ----------
    spread
        Ratio of the standard deviations of red, green and blue pixels behind white balance.
    phase
        Of the mosaic; None: components of a pixel are alike, as on a monochrome sensor.
    """
    whole_width = -(-width // isp.HALO) * isp.HALO  # lines of no whole groups are cut off
    height = max(_COLOUR_PIXELS // whole_width // 2 * 2, 16)
    mosaic = _white_mosaic(height, whole_width)
    isp.balance(mosaic, spread, 0.0, phase)
    edges = np.pad(mosaic, ((_MARGIN, _MARGIN), (2 * isp.HALO, 2 * isp.HALO)), mode="wrap")  # also for the ISP
    factors = _unit_factors(output, matrix, spread, phase)
    width = width if output in {"raw", "luma"} else line_components(packing, width)
    samples = np.empty((height, width), _SAMPLE)
    stripe = max(_STRIPE_PIXELS // whole_width // 2 * 2, 2)
    for top in range(0, height, stripe):
        part = samples[top : top + stripe]
        made = _developed(edges[top : top + len(part) + 2 * _MARGIN], output, matrix, phase)
        planes = [_in_units(plane, factor) for plane, factor in zip(made, factors, strict=True)]
        part[...] = (planes[0] if len(planes) == 1 else INTERLEAVERS[packing](planes, planes[1]))[:, :width]
    return NoisePool(_wrapped(samples.reshape(-1)), samples.size, step=2 * width)


def _white_mosaic(height: int, width: int) -> Floats:
    """Unit noise of zero mean; the pool for raw data begins with the same."""
    mosaic = np.resize(white_pool().samples[: height * width], (height, width)).astype(np.float32)
    mosaic -= mosaic.mean()
    mosaic /= mosaic.std()
    return mosaic


def _developed(mosaic: Floats, output: Output, matrix: Matrix | None, phase: Phase | None) -> isp.Planes:
    if phase is None:
        divisor = isp.chroma_divisor(output)
        return mosaic, mosaic[:, ::divisor], mosaic[:, ::divisor]
    rgb = isp.demosaic(mosaic, phase)
    return isp.linear_planes(rgb if matrix is None else mix(rgb, matrix, 0.0), output, phase)


def _unit_factors(
    output: Output, matrix: Matrix | None, spread: tuple[float, float, float], phase: Phase | None
) -> list[Floats]:
    """What makes the noise of each plane count as samples do, for each place in its pattern."""
    variances = [np.full((2, 4), s * s, np.float32) for s in spread]
    factors = []
    for index, gains in enumerate(isp.noise_gains(output, matrix, phase)):
        divisor = isp.chroma_divisor(output) if index else 1
        sigma = np.ones((2, 4 // divisor)) if phase is None else isp.plane_sigma(variances, gains, divisor)
        factors.append((_SCALE / sigma).astype(np.float32))
    return factors


def _in_units(plane: Floats, factors: Floats) -> Noise:
    """One plane's samples, without the margins."""
    margin = 2 * isp.HALO * factors.shape[1] // 4
    part = plane[_MARGIN:-_MARGIN, margin:-margin]
    lines = np.tile(factors, part.shape[1] // factors.shape[1])
    return _rounded((part.reshape(-1, *lines.shape) * lines).reshape(part.shape))


def _rounded(in_units: Floats) -> Noise:
    limit = MAX_Z * Z_UNITS
    np.minimum(in_units, limit, out=in_units)
    np.maximum(in_units, -limit, out=in_units)
    return np.rint(in_units, out=in_units).astype(_SAMPLE)


def _wrapped(samples: Noise) -> Noise:
    pool = np.resize(samples, samples.size + BLOCK)
    pool.flags.writeable = False
    return pool
