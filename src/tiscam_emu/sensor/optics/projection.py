"""From the light of a scene to light codes: filters of the pixels, the lens's spots, sensitivity; and 8-bit textures.

A lens acts on both axes one after the other. Each place on an axis gets a few weighted neighbours (`Taps`); beyond the
ends of what is given, its borders are repeated. `native/light.c` does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.native import core

Floats = NDArray[np.float32]
LightCodes = NDArray[np.uint16]

MAX_RADIANCE = 16.0
"""Brightest light the chain resolves; white paper is 1."""

CODE_SCALE = 65535.0 / MAX_RADIANCE**0.5


class Taps(NamedTuple):
    """What each of some places on an axis sees of another axis.

    Attributes
    ----------
    first
        The first one that is seen, (places,).
    weights
        Of it and those behind it, (count, places), contiguous.
    """

    first: NDArray[np.int32]
    weights: Floats

    @classmethod
    def of(cls, positions: NDArray[np.float64], steps: NDArray[np.float64], weights: Floats) -> Taps:
        """Values interpolated at `steps` around each of `positions`, weighted and summed."""
        first = np.floor(positions + steps[0]).astype(np.int32)
        places = positions + steps[:, np.newaxis]
        whole = np.floor(places)
        shares = places - whole
        at = whole.astype(np.int32) - first
        total = np.zeros((int(at.max()) + 2, positions.size))
        every = np.arange(positions.size)
        for place, share, weight in zip(at, shares, weights, strict=True):
            total[place, every] += weight * (1 - share)
            total[place + 1, every] += weight * share
        used = np.flatnonzero(total.any(axis=1))
        return cls(first, np.ascontiguousarray(total[: used[-1] + 1], np.float32))

    @property
    def span(self) -> tuple[int, int]:
        """The first one that is seen by any, and the one behind the last."""
        return int(self.first.min()), int(self.first.max()) + len(self.weights)

    def part(self, begin: int, end: int) -> Taps:
        """Those of some of the places."""
        return Taps(np.ascontiguousarray(self.first[begin:end]), np.ascontiguousarray(self.weights[:, begin:end]))

    def seen_from(self, start: int) -> Taps:
        """The same of an axis that begins further on."""
        return Taps(self.first - np.int32(start), self.weights)


class Filters(NamedTuple):
    """What is made of red, green and blue.

    Attributes
    ----------
    weights
        Of each kind of pixel, (kinds, 3).
    kinds
        By plane, at even and at odd places, (planes, 2); for light codes planes are even and odd lines.
    """

    weights: Floats
    kinds: NDArray[np.int32]


PLAIN = Filters(np.eye(3, dtype=np.float32), np.repeat(np.arange(3, dtype=np.int32), 2).reshape(3, 2))
"""Red, green and blue as they are."""


def native_project(colours: Floats, filters: Filters, down: Taps, along: Taps, gain: Floats | None) -> Any:
    """See `project`."""
    shape = down.first.size, along.first.size
    out = np.empty((3, *shape), np.float32) if gain is None else np.empty(shape, np.uint16)
    colours, used_gain = np.ascontiguousarray(colours), out if gain is None else gain
    core.project(  # type: ignore[union-attr]
        colours, filters.weights, filters.kinds, *down, *along, used_gain, out,
        *colours.shape[:2], gain is not None, MAX_RADIANCE, CODE_SCALE,
    )  # fmt: skip
    return out


def numpy_project(colours: Floats, filters: Filters, down: Taps, along: Taps, gain: Floats | None) -> Any:
    """See `project`."""
    begin, end = along.span
    margins = ((0, 0), (max(-begin, 0), max(end - colours.shape[1], 0)))
    along = along.seen_from(-margins[1][0])
    seen = [_filtered(colours, weights, margins) for weights in filters.weights]
    lines = [_across(along, seen[even], seen[odd]) for even, odd in filters.kinds]
    if gain is None:
        return np.stack([_down(down, line) for line in lines])
    codes = np.empty((down.first.size, along.first.size), np.uint16)
    for plane, line in enumerate(lines):
        part = np.s_[plane :: len(lines)]
        rows = Taps(down.first[part], down.weights[:, part])
        if not rows.first.size:
            continue
        light = _down(rows, line)
        light *= gain[part]
        np.maximum(light, 0, out=light)
        np.minimum(light, np.float32(MAX_RADIANCE), out=light)
        np.sqrt(light, out=light)
        light *= np.float32(CODE_SCALE)
        light += np.float32(0.5)
        codes[part] = light
    return codes


def _filtered(colours: Floats, weights: Floats, margins: tuple[tuple[int, int], ...]) -> Floats:
    light = colours[..., 0] * weights[0]
    light += colours[..., 1] * weights[1]
    light += colours[..., 2] * weights[2]
    return np.pad(light, margins, mode="edge") if any(margins[1]) else light


def _across(taps: Taps, even: Floats, odd: Floats) -> Floats:
    total = np.empty((len(even), taps.first.size), np.float32)
    straight = bool((np.diff(taps.first) == 1).all())
    step = 1 if even is odd else 2
    for start, seen in ((0, even), (1, odd))[:step]:
        out, first = total[:, start::step], taps.first[start::step]
        for number, weights in enumerate(taps.weights[:, start::step]):
            if not first.size:
                break
            begin = int(first[0]) + number
            values = (
                seen[:, begin : begin + step * first.size : step] if straight else seen.take(first + number, axis=1)
            )
            if number:
                out += values * weights
            else:
                np.multiply(values, weights, out=out)
    return total


def _down(taps: Taps, lines: Floats) -> Floats:
    total: Floats | None = None
    for number, weights in enumerate(taps.weights):
        values = lines.take(np.clip(taps.first + number, 0, len(lines) - 1), axis=0)
        values *= weights[:, np.newaxis]
        total = values if total is None else np.add(total, values, out=total)
    assert total is not None
    return total


project: Callable[[Floats, Filters, Taps, Taps, Floats | None], Any] = numpy_project if core is None else native_project
"""Light codes of pixels, (rows, columns), or without `gain` three planes of floats.

Codes are square roots (finer than any camera's noise and a quarter of the memory of float64).
"""


def native_decoded(
    texture: NDArray[np.uint8], table: Floats, corner: tuple[int, int], down: Floats, along: Floats
) -> Floats:
    """See `decoded`."""
    out = np.empty((down.size, along.size, 3), np.float32)
    core.decode(texture, table, down, along, out, texture.shape[1], *corner)  # type: ignore[union-attr]
    return out


def numpy_decoded(
    texture: NDArray[np.uint8], table: Floats, corner: tuple[int, int], down: Floats, along: Floats
) -> Floats:
    """See `decoded`."""
    top, left = corner
    part = texture[top : top + down.size, left : left + along.size]
    light = table.take(part, mode="clip")  # never clips, and is quicker for not raising
    light *= down[:, np.newaxis, np.newaxis]
    light *= along[:, np.newaxis]
    return light


decoded: Callable[[NDArray[np.uint8], Floats, tuple[int, int], Floats, Floats], Floats] = (
    numpy_decoded if core is None else native_decoded
)
"""Light of the part of a texture that begins at a corner: its value in a table, times factors of rows and columns."""
