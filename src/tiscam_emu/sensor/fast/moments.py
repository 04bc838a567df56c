"""Light codes to fixed-point mean and sigma of every component, by a recipe (`recipe`); `native/moments.c` is the same.

Colour is propagated with the noise of a neighbourhood taken as equal; how neighbours resemble each other is up to
`noise_pool`. Means and sigmas are rounded with a dither that depends on the place in the frame alone, so flat areas
keep their exact mean, and their variance to two percent, and a part computed anew is as it was.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.native import core
from tiscam_emu.sensor.fast.fixed_point import Fixed, Sigma
from tiscam_emu.sensor.fast.noise_pool import POOL_SEED
from tiscam_emu.sensor.fast.recipe import Recipe, ToneTable
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.projection import Floats, LightCodes

_DITHERS, _APART = 1 << 14, 40_503
_ROOM = 64


class Block(NamedTuple):
    """Light of a part of a frame and what lies around it.

    Attributes
    ----------
    codes
        (binned neighbours, rows, columns) of light codes, contiguous.
    first
        The part's first row in them.
    offsets_e
        Of the part's pixels, in electrons.
    inner
        What is wanted, inside of the part.
    place
        Row and column in the frame where that begins.
    """

    codes: LightCodes
    first: int
    offsets_e: Floats
    inner: Window
    place: tuple[int, int]


class Moments(Protocol):
    """What makes moments."""

    def __call__(self, recipe: Recipe, table: ToneTable, block: Block, mean: Fixed, sigma: Sigma) -> None:
        """Write the fixed-point moments of all components of ``block.inner`` but opacity.

        Parameters
        ----------
        mean, sigma
            (rows, components of a line), contiguous.
        """


@lru_cache(maxsize=2)
def _dithers(width: int) -> Floats:
    """Numbers of 0 to 1, spread evenly, that repeat; so many that any row may begin at any of them."""
    numbers = (np.random.default_rng(POOL_SEED + 1).permutation(_DITHERS) + 0.5) / _DITHERS
    pool = np.resize(numbers.astype(np.float32), _DITHERS + width + _ROOM)
    pool.flags.writeable = False
    return pool


def native_moments(recipe: Recipe, table: ToneTable, block: Block, mean: Fixed, sigma: Sigma) -> None:
    """See `Moments`."""
    layers, height, _ = block.codes.shape
    inner = (block.inner.top, block.inner.bottom, block.inner.left, block.inner.right)
    core.moments(  # type: ignore[union-attr]
        recipe, block.codes, block.offsets_e, _dithers(block.codes.shape[2]), table.mean, table.slope, mean, sigma,
        layers, height, block.first, block.offsets_e.shape, inner, block.place, mean.shape[1],
    )  # fmt: skip


def numpy_moments(recipe: Recipe, table: ToneTable, block: Block, mean: Fixed, sigma: Sigma) -> None:
    """See `Moments`; the block's offsets are used up."""
    inner = block.inner
    mosaic = _mosaic(recipe, block)
    colours = _demosaiced(recipe, mosaic) if recipe["colours"] == 3 else [mosaic]
    part = np.s_[inner.top : inner.bottom, inner.left : inner.right]
    colours = [colour[part] for colour in colours]
    alone = recipe["planes"] == len(colours) == 1  # memory is slower than arithmetic: what is there is used again
    spare = [block.offsets_e[part]] if alone else [np.empty_like(colour) for colour in colours]
    signals = [_above_black(recipe, slot, colour, spare[slot]) for slot, colour in enumerate(colours)]
    if recipe["mixes"]:
        colours = [_mixed(recipe, colours, slot) for slot in range(3)]
    for plane in range(recipe["planes"]):
        divisor, group, each = int(recipe["divisor"][plane]), int(recipe["group"]), int(recipe["count"][plane])
        count = -(-mean.shape[1] // group) * each
        weights = recipe["mean"][:, plane]
        same = alone and (weights[:, 0] == 1).all()
        dn = colours[0] if same else _weighted(colours, weights, np.empty_like(colours[0]))
        variance = _weighted(signals, recipe["variance"][:, plane], signals[0] if alone else np.empty_like(dn))
        dn, variance = _averaged(dn, divisor, count), _averaged(variance, divisor, count)
        if recipe["offset"][:, plane].any():
            _by_place(np.add, dn, recipe["offset"][:, plane])
        line, column = block.place[0], block.place[1] // divisor
        seeds = (np.arange(line, line + len(dn)) * 8 + plane * 2) * _APART + column
        means, sigmas = _encoded(recipe, table if recipe["toned"][plane] else None, dn, variance, seeds)
        _lay_out(recipe, plane, means, mean)
        _lay_out(recipe, plane, sigmas, sigma)


moments: Moments = numpy_moments if core is None else native_moments
"""What is used."""


def _by_place(operation: Any, values: Floats, of_places: NDArray[np.float32]) -> None:
    """An operation of a numpy ufunc in place, with a number that repeats with the mosaic's quads."""
    if (of_places == of_places[0]).all():
        operation(values, of_places[0], out=values)
        return
    for row in (0, 1):
        part = values[row::2]
        operation(part, _one_or_row(of_places[2 * row : 2 * row + 2], part.shape[1]), out=part)


def _mosaic(recipe: Recipe, block: Block) -> Floats:
    rows = len(block.offsets_e)
    total = block.offsets_e
    for layer in block.codes[:, block.first : block.first + rows]:
        electrons = layer.astype(np.float32)
        electrons *= electrons
        electrons *= recipe["light_e"]
        if float(layer.max()) ** 2 * float(recipe["light_e"]) > 0.999 * float(recipe["most_e"]):
            np.minimum(electrons, recipe["most_e"], out=electrons)
        if recipe["share"] != 1:
            electrons *= recipe["share"]
        total = np.add(total, electrons, out=electrons)
    _by_place(np.multiply, total, recipe["gain"])
    _by_place(np.add, total, recipe["base"])
    if total.min() < recipe["low"].max():  # looking is quicker than cutting off
        _by_place(np.maximum, total, recipe["low"])
    if total.max() > recipe["top"].min():
        _by_place(np.minimum, total, recipe["top"])
    return total


def _demosaiced(recipe: Recipe, mosaic: Floats) -> list[Floats]:
    """Red, green and blue, interpolated bilinearly; borders are mirrored."""
    padded = np.pad(mosaic, 1, mode="reflect")
    half = np.float32(0.5)
    above = padded[:-2] + padded[2:]
    above *= half
    beside = padded[1:-1, :-2] + padded[1:-1, 2:]
    beside *= half
    width = mosaic.shape[1]
    colours = [np.empty_like(mosaic) for _ in range(3)]
    for row in range(min(2, len(mosaic))):
        same = int(recipe["same"][row])
        for column in range(min(2, width)):
            at = np.s_[row::2, column::2]
            own, here_above = mosaic[at], above[row::2, 1 + column : width + 1 : 2]
            if recipe["green"][row] == column:
                values = beside[at], own, here_above
            else:
                left, right = above[row::2, column:width:2], above[row::2, column + 2 :: 2]
                values = own, (beside[at] + here_above) * half, (left + right) * half
            for colour, value in zip((same, 1, 2 - same), values, strict=True):
                colours[colour][at] = value
    return colours


def _mixed(recipe: Recipe, colours: list[Floats], colour: int) -> Floats:
    weights = recipe["mix"][colour]
    mixed = _weighted(colours, np.tile(weights[:3], (4, 1)), np.empty_like(colours[0]))
    mixed += weights[3]
    return np.clip(mixed, 0, recipe["clipped"], out=mixed)


def _above_black(recipe: Recipe, slot: int, mean: Floats, signal: Floats) -> Floats:
    """What variance grows with, in `signal`."""
    black, cap, capped = (recipe[name][:, slot] for name in ("black_at", "cap_at", "capped"))
    if (black == black[0]).all():
        np.subtract(mean, black[0], out=signal)
    else:
        signal[...] = mean
        _by_place(np.subtract, signal, black)
    if signal.min() < 0:
        np.maximum(signal, 0, out=signal)
    if np.isfinite(cap).any() and mean.max() >= cap.min():
        for row in (0, 1):
            caps, fixed = (_one_or_row(numbers[2 * row : 2 * row + 2], mean.shape[1]) for numbers in (cap, capped))
            np.copyto(signal[row::2], fixed, where=mean[row::2] >= caps)
    return signal


def _weighted(rows: list[Floats], weights: NDArray[np.float32], total: Floats) -> Floats:
    """Rows times weights by place, summed, in `total`; those that are 0 for a whole line are left out."""
    if len(rows) == 1 and (weights == weights[0]).all():
        np.multiply(rows[0], weights[0, 0], out=total)
        return total
    for row in (0, 1):
        used, part = weights[2 * row : 2 * row + 2], total[row::2]
        slots = [slot for slot in range(len(rows)) if used[:, slot].any()]
        first = slots[0] if slots else 0
        np.multiply(rows[first][row::2], _one_or_row(used[:, first], part.shape[1]), out=part)
        for slot in slots[1:]:
            part += rows[slot][row::2] * _one_or_row(used[:, slot], part.shape[1])
    return total


def _one_or_row(pair: NDArray[np.float32], size: int) -> Any:
    """A number, or where it is not the same at even and odd places, a line of both in turn."""
    if pair[0] == pair[1]:
        return pair[0]
    line = np.empty(size, np.float32)
    line[::2], line[1::2] = pair[0], pair[1]
    return line


def _averaged(values: Floats, divisor: int, count: int) -> Floats:
    """Means of `divisor` neighbours each; lines are prolonged by their last pixel, to `count` values."""
    missing = count * divisor - values.shape[1]
    if missing:
        values = np.pad(values, ((0, 0), (0, missing)), mode="edge")
    if divisor == 1:
        return values
    total = values[:, ::divisor].copy()
    for position in range(1, divisor):
        total += values[:, position::divisor]
    total *= np.float32(1) / np.float32(divisor)
    return total


def _encoded(
    recipe: Recipe, table: ToneTable | None, mean: Floats, variance: Floats, seeds: NDArray[np.int64]
) -> tuple[Floats | Fixed, Floats]:
    """Means and variances as fixed point, to be cut off behind the point; `seeds` say where the rows' dithers begin."""
    sigma = np.sqrt(variance, out=variance)
    if table is None:
        if sigma.max() > recipe["most_sigma"]:
            np.minimum(sigma, recipe["most_sigma"], out=sigma)
        lowest = mean.min()
        if lowest < 0 or mean.max() > recipe["full"]:  # no farther out than noise can bring back into range
            reach = sigma * recipe["reach"]
            np.minimum(mean, reach + recipe["full"], out=mean)
            np.maximum(mean, -reach, out=mean)
    else:
        mean *= recipe["table_scale"]
        mean += recipe["table_base"]
        lowest = mean.min()
    mean += _dither_rows(seeds, mean.shape[1])
    if lowest < 0:
        np.floor(mean, out=mean)
    means: Floats | Fixed = mean
    if table is not None:
        at = np.clip(mean, 0, table.slope.size - 1, out=mean).astype(np.int32)
        means = table.mean.take(at)
        sigma *= table.slope.take(at)
        np.minimum(sigma, recipe["most_sigma"], out=sigma)
    sigma += _dither_rows(seeds + _APART, mean.shape[1])
    return means, sigma


def _dither_rows(seeds: NDArray[np.int64], width: int) -> Floats:
    """A copy: for each seed the part of the dithers that begins there."""
    pool = _dithers(width)
    parts = np.ndarray((_DITHERS, width), pool.dtype, pool, strides=(pool.itemsize, pool.itemsize))  # all there are
    return parts[seeds % _DITHERS]


def _lay_out(recipe: Recipe, plane: int, values: Floats | Fixed, out: Fixed | Sigma) -> None:
    """Write a plane to its places in every group of components; a line's last group may lack some."""
    group, count = int(recipe["group"]), int(recipe["count"][plane])
    for position in range(count):
        to = out[:, int(recipe["place"][plane, position]) :: group]
        to[...] = values[:, position::count][:, : to.shape[1]]
