"""Frames from cached moments: the default renderer, statistically like the exact one but as fast as memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.fast.drawing import Span, drawing
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint
from tiscam_emu.sensor.fast.moments import component_moments, largest_sigma_dn
from tiscam_emu.sensor.fast.noise_pool import BLOCK, NoisePool, colour_pool, white_pool
from tiscam_emu.sensor.fast.raw_moments import RawMoments
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.optics.light import Light, row_blocks
from tiscam_emu.sensor.pixel.electrons import LightCodes
from tiscam_emu.sensor.scenes.picture import MovingPatch
from tiscam_emu.sensor.settings import FrameSettings

_OVERLAY_BUDGET_BYTES = 16 * 1024 * 1024
_MOST_WINDOWS = 4096

Moments = tuple[Fixed, Fixed]
"""Mean and sigma of every component of a frame, (lines, components of a line)."""


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Moments of the components that something moving covers, and the first and last of them in order of the wire."""

    part: tuple[slice, slice]
    span: Span
    mean: Fixed
    sigma: Fixed


class FastPlan:
    """Mean and sigma of every component of a frame, and how it is drawn.

    Parameters
    ----------
    memory
        The moments of a plan that is not used any more, to be overwritten if they have the right size.
    """

    def __init__(self, light: Light, settings: FrameSettings, memory: Moments | None = None) -> None:
        self.light, self.settings = light, settings
        height, width = light.geometry.shape
        self._components_per_line = _components(width, settings)
        shape = height, self._components_per_line
        if memory is None or memory[0].shape != shape:
            memory = np.empty(shape, np.int16), np.empty(shape, np.int16)
        self.memory = memory
        self._mean, self._sigma = memory
        largest_dn = largest_sigma_dn(settings)
        self._fixed_point = FixedPoint.for_sigma(largest_dn)
        self._raw = RawMoments.of(settings, self._fixed_point, largest_dn, width)
        self._missing = deque(row_blocks(height, width))
        self._prepared = False
        self._drawing = drawing(settings, self._fixed_point, self._mean.reshape(-1), self._sigma.reshape(-1))
        self._pool = _pool(width, settings)
        self._overlays: dict[Hashable, _Overlay] = {}
        self._overlay_bytes = 0
        self._windows: dict[Window, Window] = {}

    def prepare(self) -> Iterator[None]:
        """Compute the moments that are missing, block by block; the light has to be complete."""
        if self._prepared:
            return
        while self._missing:
            window = self._missing[0]
            outer = self._with_surroundings(window)
            if not self._encode_raw(window):
                self._encode(window, self.light.codes[:, outer.top : outer.bottom], self._mean, self._sigma)
            self._missing.popleft()
            yield
        yield from self._drawing.look()
        self._prepared = True

    def _with_surroundings(self, window: Window) -> Window:
        if not self.settings.demosaics:
            return window
        height, width = self.light.geometry.shape
        return window.grow(isp.HALO, isp.HALO).intersect(Window(0, height, 0, width))

    def _encode_raw(self, window: Window) -> bool:
        """Encode whole rows the short way, if there is one; see `RawMoments.encode`."""
        if self._raw is None:
            return False
        rows = np.s_[window.top : window.bottom]
        return self._raw.encode(self.light.codes[0, rows], self._offsets_e(window), self._mean[rows], self._sigma[rows])

    def _offsets_e(self, window: Window) -> NDArray[np.float32]:
        dither_e2 = self._fixed_point.dither_variance_dn2 / self.settings.readout.dn_per_electron**2
        return self.light.offsets_e(window, self.settings.dark_e, dither_e2)

    def _encode(self, window: Window, codes: LightCodes, mean: Fixed, sigma: Fixed) -> None:
        """Write the fixed-point moments of `window`, from `codes` that include its surroundings, into whole arrays."""
        outer = self._with_surroundings(window)
        inner = Window(
            window.top - outer.top, window.bottom - outer.top, window.left - outer.left, window.right - outer.left
        )
        mean_dn, sigma_dn = component_moments(codes, self._offsets_e(outer), self.settings, inner)
        part = self._part(window)
        self._fixed_point.encode(mean_dn, sigma_dn, self.settings.rounding_dn, mean[part], sigma[part])

    def _part(self, window: Window) -> tuple[slice, slice]:
        columns = slice(_components(window.left, self.settings), _components(window.right, self.settings))
        return slice(window.top, window.bottom), columns

    def draw(self, moving: Sequence[MovingPatch], key: bytes, canvas: Canvas) -> Iterator[None]:
        """Draw the frame that `key` stands for, with what is `moving` over the still scene, piece by piece.

        What moves is looked at only when the drawing comes to it: the first pieces of a frame may be waited for.
        """
        seen = [(patch, self._seeing(patch.window)) for patch in moving]
        seen = [(patch, window) for patch, window in seen if not window.is_empty()]
        first_moving = min((self._span(window)[0] for _, window in seen), default=self._mean.size)
        piece, stills = self._drawing.piece, list[tuple[_Overlay, Moments]]()
        try:
            starts = self._pool.starts(-(-self._mean.size // BLOCK), key)
            for first in range(0, self._mean.size, piece):
                end = min(first + piece, self._mean.size)
                if first <= first_moving < end:
                    overlays = self._overlays_of(seen)
                    yield
                    stills = [(overlay, self._moments(overlay.part)) for overlay in overlays]
                    self._lay_over(overlays)
                start, negated = starts[first // BLOCK]
                noise = self._pool.part(start, first, end - first)
                overlaid = [overlay.span for overlay, _ in stills]
                self._drawing.draw(first, noise, negated, overlaid, canvas)
                yield
        finally:
            for overlay, before in stills:
                self._mean[overlay.part], self._sigma[overlay.part] = before

    def _lay_over(self, overlays: Sequence[_Overlay]) -> None:
        """Put overlays in place of the still moments."""
        for overlay in overlays:
            self._mean[overlay.part], self._sigma[overlay.part] = overlay.mean, overlay.sigma

    def _moments(self, part: tuple[slice, slice]) -> Moments:
        """A copy of the moments as they stand."""
        return self._mean[part].copy(), self._sigma[part].copy()

    def _overlays_of(self, seen: Sequence[tuple[MovingPatch, Window]]) -> list[_Overlay]:
        """The moments where something moves; kept, for it comes back to the same places."""
        overlays = []
        for patch, window in seen:
            near = [other for other, its in seen if other is patch or not its.intersect(window).is_empty()]
            key = (window, *((each.window, each.look) for each in near))
            if key not in self._overlays:
                self._keep(key, self._new_overlay(window, near))
            overlays.append(self._overlays[key])
        return overlays

    def _seeing(self, patch: Window) -> Window:
        """The components' pixels that depend on a patch of the scene; kept for the places it has been at last."""
        window = self._windows.get(patch)
        if window is None:
            if len(self._windows) >= _MOST_WINDOWS:
                self._windows.clear()
            margin = isp.HALO if self.settings.demosaics else 0
            window = self._windows[patch] = self.light.seeing(patch, margin, align=4)
        return window

    def _keep(self, key: Hashable, overlay: _Overlay) -> None:
        self._overlay_bytes += overlay.mean.nbytes + overlay.sigma.nbytes
        if self._overlay_bytes > _OVERLAY_BUDGET_BYTES:
            self._overlays.clear()
            self._overlay_bytes = overlay.mean.nbytes + overlay.sigma.nbytes
        self._overlays[key] = overlay

    def _new_overlay(self, window: Window, moving: Sequence[MovingPatch]) -> _Overlay:
        part = self._part(window)
        still = self._moments(part)
        outer = self._with_surroundings(window)
        try:
            codes = self.light.patched_codes(outer, [(patch.window, patch.radiance()) for patch in moving])
            self._encode(window, codes, self._mean, self._sigma)
            moments = self._moments(part)
        finally:
            self._mean[part], self._sigma[part] = still
        return _Overlay(part, self._span(window), *moments)

    def _span(self, window: Window) -> Span:
        """First and last component of the lines that `window` touches, in order of the wire."""
        line = self._components_per_line
        return window.top * line, window.bottom * line - 1


def _components(pixels: int, settings: FrameSettings) -> int:
    """Components of that many pixels of a line."""
    if settings.output in {"raw", "luma"}:
        return pixels
    return settings.pixel_format.line_bytes(pixels)


def _pool(width: int, settings: FrameSettings) -> NoisePool:
    if not settings.demosaics:
        return white_pool()
    packing = settings.pixel_format.packing
    return colour_pool(settings.output, packing, width, settings.mix, settings.noise_spread, phase=settings.phase)
