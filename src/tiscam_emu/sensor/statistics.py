"""How bright, colourful and sharp a frame is: what the camera's automatics see of it.

Measured on the transmitted bytes, on at most 5000 runs of four neighbouring pixels (two whole Bayer quads of a mosaic):
one in each cell of a grid over the region of interest, at a random place in it, so that no regular texture of the scene
can hide between them (stratified sampling; W. G. Cochran, Sampling Techniques, chapter 5). The places depend on the
frame's size and the region alone: equal frames give equal figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import Packing, PixelFormat
from tiscam_emu.sensor.bayer import PHASES, Phase
from tiscam_emu.sensor.pack import COMPONENT_ORDER
from tiscam_emu.sensor.request import FrameRequest

Roi = tuple[int, int, int, int]
"""Left, top, width and height, in pixels of the frame."""

_MOST_CELLS = 5000
_RUN = 4
_SEED = 0x57A7
_FULL_SCALE_DN8 = 255

Samples = NDArray[Any]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class FrameStatistics:
    """Figures of a frame, on the 8-bit scale whatever the pixel format.

    Attributes
    ----------
    mean_dn8
        Mean of all pixels of a raw image. Of colour images (red + 2 green + blue) / 4, which is the same, so that
        what the automatics find does not depend on the format.
    red_dn8, green_dn8, blue_dn8
        Means of the colours, of a mosaic's own pixels or of computed colour; all alike where there is luminance alone.
    saturated_share
        Share of pixels in which any colour, in YUV formats the luminance, is at full scale: 0 to 1.
    contrast
        Mean absolute difference of neighbouring pixels of the same colour in a line: grows with sharpness, and a
        little with noise.
    """

    mean_dn8: float
    red_dn8: float
    green_dn8: float
    blue_dn8: float
    saturated_share: float
    contrast: float


def measure(take: Callable[[Positions], Samples], request: FrameRequest, roi: Roi) -> FrameStatistics:
    """Measure a transmitted frame inside a region of interest.

    Parameters
    ----------
    take
        Gives the bytes of the frame's image data at an array of positions, in its shape: ``payload.take``.
    roi
        Cut to the frame and widened to whole runs of four pixels, of two lines of a mosaic.
    """
    pixel_format, region = request.pixel_format, request.region
    place = pixel_format, region.width, region.height, roi
    samples = take(_positions(*place))
    if pixel_format.components == "bgr":
        return _of_colours(samples, COMPONENT_ORDER[pixel_format.packing])
    if pixel_format.components != "raw":
        return _of_ycbcr(samples, COMPONENT_ORDER[pixel_format.packing])
    if _in_runs(pixel_format, region.width):
        pixels = _RAW_READERS[pixel_format.packing](samples)
    else:
        pixels = _read_pairs(samples, _shifts(*place))
    return _of_raw(pixels, PHASES.get(pixel_format.bayer))


@lru_cache(maxsize=16)
def _positions(pixel_format: PixelFormat, width: int, height: int, roi: Roi) -> Positions:
    """Positions of the sampled bytes: (lines, bytes of a run, runs), or two bytes for each pixel of a run."""
    if _in_runs(pixel_format, width):
        run_bytes = pixel_format.line_bytes(_RUN)
        found = _runs(pixel_format, (width, height), roi, (pixel_format.line_bytes(width), run_bytes))
    else:
        first = _first_bits(pixel_format, width, height, roi) // 8
        found = np.stack([first, first + 1])
    return np.asarray(np.minimum(found, pixel_format.payload_bytes(width, height) - 1), np.intp)


@lru_cache(maxsize=16)
def _shifts(pixel_format: PixelFormat, width: int, height: int, roi: Roi) -> NDArray[np.uint16]:
    """Where in its two bytes a pixel's upper eight bits begin."""
    return (_first_bits(pixel_format, width, height, roi) % 8).astype(np.uint16)


def _first_bits(pixel_format: PixelFormat, width: int, height: int, roi: Roi) -> Positions:
    """Where the upper eight bits of each sampled pixel begin, in bits of the image data."""
    pixel = _runs(pixel_format, (width, height), roi, (width, _RUN))
    if pixel_format.packing in {"10Packed", "12Packed"}:
        return np.asarray(pixel // 2 * 24 + pixel % 2 * 16)
    kept_low = {"14": 14, "16": 16}.get(pixel_format.packing, pixel_format.significant_bits) - 8
    return np.asarray(pixel * pixel_format.bits_per_pixel + kept_low)


def _in_runs(pixel_format: PixelFormat, width: int) -> bool:
    """Whether every run of four pixels begins with a byte, and there is a reader for runs."""
    if pixel_format.components != "raw":
        return True
    return pixel_format.packing in _RAW_READERS and width % pixel_format.pixels_per_group == 0


def _runs(pixel_format: PixelFormat, shape: tuple[int, int], roi: Roi, counts: tuple[int, int]) -> Positions:
    """The sampled runs in bytes or pixels, of which a line and a run have `counts`: (lines, of a run, runs)."""
    (width, height), (line_size, run_size) = shape, counts
    lines = 2 if pixel_format.bayer else 1
    left, columns = _whole_blocks(roi[0], roi[2], width, _RUN)
    top, rows = _whole_blocks(roi[1], roi[3], height, lines)
    block_row, block_column = _strata(rows, columns)
    corner = (top + block_row) * lines * line_size + (left + block_column) * run_size
    inside = np.arange(lines)[:, np.newaxis] * line_size + np.arange(run_size)
    return np.asarray(inside[..., np.newaxis] + corner, np.intp)


def _whole_blocks(first: int, count: int, size: int, block: int) -> tuple[int, int]:
    """First block and number of blocks that cover `count` pixels from `first`, at least one."""
    blocks = max(size // block, 1)
    begin = min(max(first, 0) // block, blocks - 1)
    end = min(-(-(first + count) // block), blocks)
    return begin, max(end - begin, 1)


def _strata(rows: int, columns: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of one block in each cell of a grid over `rows` x `columns` blocks; of each block if few."""
    per_cell = max(rows * columns / _MOST_CELLS, 1.0)
    cell_columns = min(columns, max(1, int(columns / per_cell**0.5)))
    cell_rows = min(rows, max(1, _MOST_CELLS // cell_columns))
    jitter = np.random.default_rng(_SEED).random((2, cell_rows, cell_columns))
    row, column = np.mgrid[0:cell_rows, 0:cell_columns]
    in_row = (row + jitter[0]) * (rows / cell_rows)
    in_column = (column + jitter[1]) * (columns / cell_columns)
    return in_row.astype(np.intp).ravel(), in_column.astype(np.intp).ravel()


def _read_8(samples: Samples) -> Samples:
    return samples


def _read_16(samples: Samples) -> Samples:
    return samples[:, 1::2]


def _read_12packed(samples: Samples) -> Samples:
    return samples[:, [0, 2, 3, 5]]


def _read_12p(samples: Samples) -> Samples:
    eight_bits = samples[:, [0, 2, 3, 5]]
    eight_bits[:, 0::2] >>= 4
    eight_bits[:, 0::2] |= samples[:, 1::3] << 4
    return eight_bits


def _read_pairs(samples: Samples, shifts: NDArray[np.uint16]) -> Samples:
    pair = samples[1].astype(np.uint16)
    pair <<= 8
    pair |= samples[0]
    pair >>= shifts
    return np.asarray(pair.astype(np.uint8))


_RAW_READERS: dict[Packing, Callable[[Samples], Samples]] = {
    "8": _read_8,
    "16": _read_16,
    "12Packed": _read_12packed,
    "12p": _read_12p,
}
"""Upper eight bits of each pixel, as in the 8-bit format of the same image: (lines, pixels of a run, runs)."""


def _of_raw(pixels: Samples, phase: Phase | None) -> FrameStatistics:
    share, contrast = _share(pixels == _FULL_SCALE_DN8), _contrast(pixels, 1 if phase is None else 2)
    if phase is None:
        mean = float(pixels.sum(dtype=np.uint32)) / pixels.size
        return FrameStatistics(mean, mean, mean, mean, share, contrast)
    means = (pixels.sum(axis=2, dtype=np.uint32) / pixels.shape[2]).tolist()
    lines = [[(a + c) / 2, (b + d) / 2] for a, b, c, d in means]
    (red, green_in_red), (green_in_blue, blue) = (
        [lines[(row + phase[0]) % 2][(column + phase[1]) % 2] for column in (0, 1)] for row in (0, 1)
    )
    mean = (red + green_in_red + green_in_blue + blue) / 4
    return FrameStatistics(mean, red, (green_in_red + green_in_blue) / 2, blue, share, contrast)


def _of_colours(samples: Samples, order: tuple[str, ...]) -> FrameStatistics:
    pixels = samples.reshape(_RUN, len(order), -1)[:, :3]  # opacity is the last
    means = dict(zip(order, pixels.mean(axis=(0, 2), dtype=np.float32).tolist(), strict=False))
    red, green, blue = means["R"], means["G"], means["B"]
    share = _share(pixels.max(axis=1) == _FULL_SCALE_DN8)
    contrast = _contrast(pixels[np.newaxis, :, 1], 1)
    return FrameStatistics((red + 2 * green + blue) / 4, red, green, blue, share, contrast)


def _of_ycbcr(samples: Samples, order: tuple[str, ...]) -> FrameStatistics:
    run = order * (_RUN // order.count("Y"))
    luma_at, blue_at, red_at = ([place for place, name in enumerate(run) if name == kind] for kind in ("Y", "Cb", "Cr"))
    luma = samples[:, luma_at]
    y = float(luma.mean(dtype=np.float32))
    cb = float(samples[:, blue_at].mean(dtype=np.float32)) - 128
    cr = float(samples[:, red_at].mean(dtype=np.float32)) - 128
    # ITU-R BT.601, full range, inverse
    red, blue = y + 1.402 * cr, y + 1.772 * cb
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    mean = (red + 2 * green + blue) / 4
    return FrameStatistics(mean, red, green, blue, _share(luma == _FULL_SCALE_DN8), _contrast(luma, 1))


def _share(condition: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(condition)) / condition.size


def _contrast(pixels: Samples, distance: int) -> float:
    """Mean absolute difference of pixels `distance` apart in a line; (lines, pixels of a run, runs)."""
    first, second = pixels[:, :-distance], pixels[:, distance:]
    difference = np.maximum(first, second) - np.minimum(first, second)
    return float(difference.sum(dtype=np.uint32)) / difference.size
