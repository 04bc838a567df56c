"""Frames from cached moments: the default renderer, statistically like the exact one but as fast as memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.fast.drawing import Span, drawing
from tiscam_emu.sensor.fast.encoder import Encoder, Moments
from tiscam_emu.sensor.fast.fixed_point import SIGMA, Fixed, Sigma
from tiscam_emu.sensor.fast.noise_pool import BLOCK, NoisePool, colour_pool, white_pool
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.light import Light, row_blocks
from tiscam_emu.sensor.scenes.picture import MovingPatch
from tiscam_emu.sensor.settings import FrameSettings

_OVERLAY_BUDGET_BYTES = 16 * 1024 * 1024
_MOST_WINDOWS = 4096
_NEW_PIECE = 1 << 16
"""Components prepared and drawn at once while something is missing: packets of the first ones may leave."""


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Moments of the components that something moving covers, and the first and last of them in order of the wire."""

    part: tuple[slice, slice]
    span: Span
    mean: Fixed
    sigma: Sigma


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
        self._encoder = Encoder(light, settings)
        shape = height, self._encoder.components_per_line
        if memory is None or memory[0].shape != shape:
            memory = np.empty(shape, np.int16), np.empty(shape, SIGMA)
        self.memory = memory
        self._mean, self._sigma = memory
        self._missing = deque(row_blocks(height, width))
        self._looked_at = 0
        flat_mean, flat_sigma = self._mean.reshape(-1), self._sigma.reshape(-1)
        self._drawing = drawing(settings, self._encoder.fixed_point, flat_mean, flat_sigma)
        self._overlays: dict[Hashable, _Overlay] = {}
        self._overlay_bytes = 0
        self._windows: dict[Window, Window] = {}

    def prepare(self) -> Iterator[None]:
        """Compute the light and the moments that are missing, block by block, and the noise."""
        yield from self._prepared_to(self._mean.size)
        self._pool()

    def _pool(self) -> NoisePool:
        """Of all plans whose noise is alike; made last, for what is prepared may be given up for other settings."""
        if not self.settings.demosaics:
            return white_pool()
        settings, width = self.settings, self.light.geometry.shape[1]
        packing = settings.pixel_format.packing
        return colour_pool(settings.output, packing, width, settings.mix, settings.noise_spread, phase=settings.phase)

    def _prepared_to(self, end: int) -> Iterator[None]:
        """Compute what is missing for the components before `end`, in whole pieces."""
        end = min(-(-end // _NEW_PIECE) * _NEW_PIECE, self._mean.size)
        while self._missing and self._missing[0].top * self._encoder.components_per_line < end:
            window = self._missing[0]
            yield from self.light.collect(self._encoder.rows_seen_to(window.bottom))
            self._encoder.encode_rows(window.top, window.bottom, self._mean, self._sigma)
            self._missing.popleft()
            yield
        while self._looked_at < end:
            upto = min(self._looked_at + BLOCK, end)
            self._drawing.look(self._looked_at, upto)
            self._looked_at = upto

    def draw(self, moving: Sequence[MovingPatch], key: bytes, canvas: Canvas) -> Iterator[None]:
        """Draw the frame that `key` stands for, with what is `moving` over the still scene, piece by piece.

        What is missing is computed when the drawing comes to it, and what moves is looked at then: the first pieces of
        a frame may be waited for.
        """
        seen = [(patch, self._seeing(patch.window)) for patch in moving]
        seen = [(patch, window) for patch, window in seen if not window.is_empty()]
        first_moving = min((self._span(window)[0] for _, window in seen), default=self._mean.size)
        piece = min(self._drawing.piece, _NEW_PIECE) if self._missing else self._drawing.piece
        noise = self._pool().of_frame(self._mean.size, key)
        stills = list[tuple[_Overlay, Moments]]()
        overlaid = list[Span]()
        try:
            for first, end in _pieces(self._mean.size, piece):
                if first:
                    yield
                if first <= first_moving < end:
                    yield from self._prepared_to(max(self._span(window)[1] for _, window in seen) + 1)
                    overlays = self._overlays_of(seen)
                    stills = [(overlay, self._moments(overlay.part)) for overlay in overlays]
                    overlaid = [overlay.span for overlay in overlays]
                    self._lay_over(overlays)
                if self._looked_at < end:
                    yield from self._prepared_to(end)
                self._drawing.draw(first, end, noise, overlaid, canvas)
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
            window = self._windows[patch] = self._encoder.seeing(patch)
        return window

    def _keep(self, key: Hashable, overlay: _Overlay) -> None:
        self._overlay_bytes += overlay.mean.nbytes + overlay.sigma.nbytes
        if self._overlay_bytes > _OVERLAY_BUDGET_BYTES:
            self._overlays.clear()
            self._overlay_bytes = overlay.mean.nbytes + overlay.sigma.nbytes
        self._overlays[key] = overlay

    def _new_overlay(self, window: Window, moving: Sequence[MovingPatch]) -> _Overlay:
        return _Overlay(self._encoder.part(window), self._span(window), *self._encoder.encode_moving(window, moving))

    def _span(self, window: Window) -> Span:
        """First and last component of the lines that `window` touches, in order of the wire."""
        line = self._encoder.components_per_line
        return window.top * line, window.bottom * line - 1


def _pieces(size: int, piece: int) -> Iterator[tuple[int, int]]:
    """Where pieces begin and what they end before: the first one is short, for its packets may be waited for."""
    end = 0
    while end < size:
        first, end = end, min(end + (piece if end else min(piece, BLOCK)), size)
        yield first, end
