"""From moments to bytes: noise is scaled, added and clipped, and what comes of it packed.

There is a drawing by numpy and one by the compiled core, which writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu import native
from tiscam_emu.pixel_formats import Packing
from tiscam_emu.sensor.canvas import ByteValues, Canvas
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint, Sigma
from tiscam_emu.sensor.fast.lut import FixedPointLut
from tiscam_emu.sensor.fast.noise_pool import BLOCK, MAX_Z, Z_UNITS, FrameNoise
from tiscam_emu.sensor.pack import RAW_PACKERS, WORDS
from tiscam_emu.sensor.request import LARGE_FRAME_BYTES
from tiscam_emu.sensor.settings import FrameSettings

_CLIP_BLOCK = 1 << 14
_PIECE = 1 << 16
"""Components drawn at once in a frame that is not large: its packets are drawn and sent by turns, and wait no longer.
Large frames are drawn apart, in few long steps, for every one of them has to get hold of the interpreter."""

Span = tuple[int, int]
"""First and last of some components of a frame, in order of the wire."""


class Drawing(Protocol):
    """Draws pieces of a frame of mean and sigma, which are flat and may change in between.

    Attributes
    ----------
    piece
        Components to be drawn at once, at most.
    """

    piece: int

    def look(self, first: int, end: int) -> None:
        """Look at a piece's moments once they are there."""
        ...

    def draw(self, first: int, end: int, noise: FrameNoise, overlaid: Sequence[Span], canvas: Canvas) -> None:
        """Draw the components from `first` on and before `end`: one of the pieces that a frame is drawn in, in turn.

        Parameters
        ----------
        overlaid
            Where moments are not what they were when they were looked at.
        """
        ...


def drawing(settings: FrameSettings, fixed_point: FixedPoint, mean: Fixed, sigma: Sigma) -> Drawing:
    """The fastest drawing there is."""
    made = NumpyDrawing if native.core is None else NativeDrawing
    return made(settings, fixed_point, mean, sigma)


class NumpyDrawing:
    """Drawing by numpy, which goes over a piece once for each step of the arithmetic."""

    def __init__(self, settings: FrameSettings, fixed_point: FixedPoint, mean: Fixed, sigma: Sigma) -> None:
        self._settings, self._fixed_point = settings, fixed_point
        self._mean, self._sigma = mean, sigma
        self.piece = BLOCK if _bytes(mean.size, settings) >= LARGE_FRAME_BYTES else _PIECE
        self._clips: set[int] = set()
        self._scratch: Fixed = np.empty(min(self.piece, mean.size), np.int16)
        self._bytes = np.empty(_bytes(self._scratch.size, settings), np.uint8)
        self._lut = FixedPointLut.of(settings, fixed_point)

    def look(self, first: int, end: int) -> None:
        """Note the blocks in which noise can take a component out of range; most never need clipping."""
        mean, sigma = self._mean[first:end], self._sigma[first:end]
        reach = sigma * np.int16(MAX_Z * Z_UNITS)
        reach >>= self._fixed_point.shift
        reach += 1
        top, farthest = self._fixed_point.top, int(reach.max())
        if int(mean.min()) >= farthest and int(mean.max()) + farthest <= top:
            return
        low, high = mean - reach, mean + reach
        for begin in range(0, end - first, _CLIP_BLOCK):
            part = slice(begin, begin + _CLIP_BLOCK)
            if low[part].min() < 0 or high[part].max() > top:
                self._clips.add((first + begin) // _CLIP_BLOCK)

    def draw(self, first: int, end: int, noise: FrameNoise, overlaid: Sequence[Span], canvas: Canvas) -> None:
        """See `Drawing.draw`; a piece lies in one block of noise."""
        shift = self._fixed_point.shift
        value = self._scratch[: end - first]
        units, negated = noise.part(first, end)
        np.multiply(self._sigma[first:end], units, out=value)
        if negated:
            np.negative(value, out=value)
        np.right_shift(value, shift, out=value)
        np.add(value, self._mean[first:end], out=value)
        self._clip(value, first, overlaid)
        done = self._encoded(value) if self._lut is None else self._looked_up(self._lut, value, first)
        canvas.write(_bytes(first, self._settings), done)

    def _clip(self, value: Fixed, first: int, overlaid: Sequence[Span]) -> None:
        clips = self._clips.union(*(range(low // _CLIP_BLOCK, high // _CLIP_BLOCK + 1) for low, high in overlaid))
        for begin in range(0, value.size, _CLIP_BLOCK):
            if (first + begin) // _CLIP_BLOCK in clips:
                part = value[begin : begin + _CLIP_BLOCK]
                np.minimum(part, self._fixed_point.top, out=part)
                np.maximum(part, 0, out=part)

    def _encoded(self, value: Fixed) -> ByteValues:
        """Fixed-point results, which are destroyed, as they are transmitted."""
        fraction = self._fixed_point.fraction
        packing = self._settings.pixel_format.packing
        if packing not in RAW_PACKERS or packing == "8":
            return np.right_shift(value, fraction + 4, out=value)
        if fraction:
            np.right_shift(value, fraction, out=value)
        step = self._settings.raw_step_dn
        if step > 1:
            np.bitwise_and(value, -step, out=value)
        return self._packed(value)

    def _looked_up(self, lut: FixedPointLut, value: Fixed, first: int) -> NDArray[np.uint8]:
        if lut.gives_bytes:
            lut.look_up(value, first, self._bytes[: value.size])
            return self._bytes[: value.size]
        lut.look_up(value, first, value.view(np.uint16))
        return self._packed(value)

    def _packed(self, value: Fixed) -> NDArray[np.uint8]:
        packing = self._settings.pixel_format.packing
        in_place = packing in WORDS
        out = value.view(np.uint8) if in_place else self._bytes[: _bytes(value.size, self._settings)]
        RAW_PACKERS[packing](value.view(np.uint16), out)
        return out


class _Form(NamedTuple):
    """How the core packs 12-bit values: without so many lower bits, so much further up, in groups of one kind."""

    groups: int
    drop: int
    up: int


_BYTES, _WORDS, _10P, _12P, _10PACKED, _12PACKED = range(6)  # as in native/draw.c

_FORMS: dict[Packing, _Form] = {
    "10": _Form(_WORDS, 2, 0),
    "12": _Form(_WORDS, 0, 0),
    "14": _Form(_WORDS, 0, 2),
    "16": _Form(_WORDS, 0, 4),
    "10p": _Form(_10P, 2, 0),
    "12p": _Form(_12P, 0, 0),
    "10Packed": _Form(_10PACKED, 2, 0),
    "12Packed": _Form(_12PACKED, 0, 0),
}
_COMPONENTS = _Form(_BYTES, 4, 0)
"""Of 8 bits."""


class NativeDrawing:
    """Drawing by the compiled core, which goes over a piece once; everything is clipped, for that costs it nothing."""

    piece = 8 * BLOCK

    def __init__(self, settings: FrameSettings, fixed_point: FixedPoint, mean: Fixed, sigma: Sigma) -> None:
        assert native.core is not None
        self._kernel = native.core.draw
        self._mean, self._sigma = mean, sigma
        form = _FORMS.get(settings.pixel_format.packing, _COMPONENTS)
        lut = FixedPointLut.of(settings, fixed_point)
        shift, top = fixed_point.shift, fixed_point.top
        if lut is None:
            mask = -settings.raw_step_dn >> form.drop
            scale, tables = (shift, top, fixed_point.fraction + form.drop, mask, form.up), (b"", 0)
        else:
            scale, tables = (shift, top, 0, -1, 0), (lut.words(form.drop, form.up).tobytes(), lut.turns)
        self._how = scale, *tables, form.groups

    def look(self, first: int, end: int) -> None:
        """Nothing has to be known of the moments."""

    def draw(self, first: int, end: int, noise: FrameNoise, overlaid: Sequence[Span], canvas: Canvas) -> None:  # noqa: ARG002
        """See `Drawing.draw`."""
        moments, pool = (self._mean[first:end], self._sigma[first:end]), noise.pool
        units = pool.samples, pool.size, noise.starts, BLOCK
        canvas.wrote(self._kernel(*moments, *units, *self._how, first, end, *canvas.payload))


def _bytes(components: int, settings: FrameSettings) -> int:
    """Bytes of that many components."""
    pixel_format = settings.pixel_format
    return pixel_format.raw_bytes(components) if pixel_format.components == "raw" else components
