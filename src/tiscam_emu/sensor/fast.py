"""Frames from cached moments: the default renderer, statistically like the exact one but as fast as memory."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor import isp
from tiscam_emu.sensor.fast_lut import FixedPointLut
from tiscam_emu.sensor.fast_noise import BLOCK, MAX_Z, Fixed, FixedPoint, normal_pool
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.light import Light, row_blocks
from tiscam_emu.sensor.moments import component_moments, largest_sigma_dn
from tiscam_emu.sensor.pack import RAW_PACKERS
from tiscam_emu.sensor.picture import MovingPatch
from tiscam_emu.sensor.pixel import LightCodes
from tiscam_emu.sensor.settings import FrameSettings

_OVERLAY_BUDGET_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Moments of the components that something moving covers, and the noise blocks they lie in."""

    part: tuple[slice, slice]
    blocks: slice
    mean: Fixed
    sigma: Fixed


class FastPlan:
    """Cached mean and sigma of every component of a frame, and the scratch memory to add noise with."""

    def __init__(self, light: Light, settings: FrameSettings) -> None:
        self._light, self._settings = light, settings
        height, width = light.geometry.shape
        self._components_per_line = _components(width, settings)
        self._fixed_point = FixedPoint.for_sigma(largest_sigma_dn(settings))
        self._mean: Fixed = np.empty((height, self._components_per_line), np.int16)
        self._sigma: Fixed = np.empty((height, self._components_per_line), np.int16)
        for window in row_blocks(height, width):
            outer = self._with_surroundings(window)
            self._encode(window, light.codes[:, outer.top : outer.bottom], self._mean, self._sigma)
        count = -(-self._mean.size // BLOCK)
        self._clips = np.fromiter((self._needs_clip(block) for block in range(count)), bool, count)
        self._scratch: Fixed = np.empty(BLOCK, np.int16)
        self._pool = normal_pool()
        self._lut = FixedPointLut.of(settings, self._fixed_point)
        self._overlays: dict[Hashable, _Overlay] = {}
        self._overlay_bytes = 0

    def _with_surroundings(self, window: Window) -> Window:
        if not self._settings.demosaics:
            return window
        height, width = self._light.geometry.shape
        return window.grow(isp.HALO, isp.HALO).intersect(Window(0, height, 0, width))

    def _encode(self, window: Window, codes: LightCodes, mean: Fixed, sigma: Fixed) -> None:
        """Write the fixed-point moments of `window`, from `codes` that include its surroundings, into whole arrays."""
        outer = self._with_surroundings(window)
        inner = Window(
            window.top - outer.top, window.bottom - outer.top, window.left - outer.left, window.right - outer.left
        )
        mean_dn, sigma_dn = component_moments(codes, self._light.offsets_e(outer), self._settings, inner)
        part = self._part(window)
        self._fixed_point.encode(mean_dn, sigma_dn, self._settings.rounding_dn, mean[part], sigma[part])

    def _part(self, window: Window) -> tuple[slice, slice]:
        columns = slice(_components(window.left, self._settings), _components(window.right, self._settings))
        return slice(window.top, window.bottom), columns

    def _needs_clip(self, block: int) -> bool:
        """Whether noise can take any component of a flat block out of range; most blocks never need clipping."""
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        mean, sigma = self._mean.reshape(-1)[part], self._sigma.reshape(-1)[part]
        reach = np.ceil(sigma * np.float32(MAX_Z * (1 << self._fixed_point.fraction) / self._fixed_point.sigma_units))
        reach += 1
        return bool((mean < reach).any() or (mean + reach > self._fixed_point.top).any())

    def render(self, moving: Sequence[MovingPatch], rng: np.random.Generator, out: NDArray[np.uint8]) -> None:
        """Draw one frame into `out`, with what is `moving` over the still scene."""
        overlays = self._overlays_of(moving)
        if not overlays:
            self._draw(self._clips, rng, out)
            return
        still = [(self._mean[overlay.part].copy(), self._sigma[overlay.part].copy()) for overlay in overlays]
        try:
            clips = self._clips.copy()
            for overlay in overlays:
                self._mean[overlay.part], self._sigma[overlay.part] = overlay.mean, overlay.sigma
                clips[overlay.blocks] = True
            self._draw(clips, rng, out)
        finally:
            for overlay, before in zip(overlays, still, strict=True):
                self._mean[overlay.part], self._sigma[overlay.part] = before

    def _overlays_of(self, moving: Sequence[MovingPatch]) -> list[_Overlay]:
        """The moments where something moves; kept, for it comes back to the same places."""
        margin = isp.HALO if self._settings.demosaics else 0
        seen = [(patch, self._light.seeing(patch.window, margin, align=4)) for patch in moving]
        seen = [(patch, window) for patch, window in seen if not window.is_empty()]
        overlays = []
        for patch, window in seen:
            near = [other for other, its in seen if other is patch or not its.intersect(window).is_empty()]
            key = (window, *((each.window, each.look) for each in near))
            if key not in self._overlays:
                self._keep(key, self._new_overlay(window, near))
            overlays.append(self._overlays[key])
        return overlays

    def _keep(self, key: Hashable, overlay: _Overlay) -> None:
        self._overlay_bytes += overlay.mean.nbytes + overlay.sigma.nbytes
        if self._overlay_bytes > _OVERLAY_BUDGET_BYTES:
            self._overlays.clear()
            self._overlay_bytes = overlay.mean.nbytes + overlay.sigma.nbytes
        self._overlays[key] = overlay

    def _new_overlay(self, window: Window, moving: Sequence[MovingPatch]) -> _Overlay:
        part = self._part(window)
        still = self._mean[part].copy(), self._sigma[part].copy()
        outer = self._with_surroundings(window)
        try:
            codes = self._light.patched_codes(outer, [(patch.window, patch.radiance()) for patch in moving])
            self._encode(window, codes, self._mean, self._sigma)
            moments = self._mean[part].copy(), self._sigma[part].copy()
        finally:
            self._mean[part], self._sigma[part] = still
        line = self._components_per_line
        blocks = slice(window.top * line // BLOCK, (window.bottom * line - 1) // BLOCK + 1)
        return _Overlay(part, blocks, *moments)

    def _draw(self, clips: NDArray[np.bool_], rng: np.random.Generator, out: NDArray[np.uint8]) -> None:
        mean, sigma, pool = self._mean.reshape(-1), self._sigma.reshape(-1), self._pool
        shift, top = self._fixed_point.shift, self._fixed_point.top
        starts = rng.integers(0, pool.size - BLOCK, len(clips)).tolist()
        out_bytes_per_block = BLOCK * out.size // mean.size
        for block, (start, clip) in enumerate(zip(starts, clips.tolist(), strict=True)):
            first = block * BLOCK
            count = min(BLOCK, mean.size - first)
            value = self._scratch[:count]
            np.multiply(sigma[first : first + count], pool[start : start + count], out=value)
            np.right_shift(value, shift, out=value)
            np.add(value, mean[first : first + count], out=value)
            if clip:
                np.clip(value, 0, top, out=value)
            out_first = block * out_bytes_per_block
            block_out = out[out_first : out_first + count * out.size // mean.size]
            if self._lut is None:
                self._write(value, block_out)
            else:
                self._write_looked_up(self._lut, value, first, block_out)

    def _write_looked_up(self, lut: FixedPointLut, value: Fixed, first: int, out: NDArray[np.uint8]) -> None:
        if lut.gives_bytes:
            lut.look_up(value, first, out)
            return
        lut.look_up(value, first, value.view(np.uint16))
        RAW_PACKERS[self._settings.pixel_format.packing](value.view(np.uint16), out)

    def _write(self, value: Fixed, out: NDArray[np.uint8]) -> None:
        """Truncate fixed-point results, destroying them, to bytes."""
        fraction = self._fixed_point.fraction
        packing = self._settings.pixel_format.packing
        if packing not in RAW_PACKERS or packing == "8":
            np.right_shift(value, fraction + 4, out=out, casting="unsafe")
            return
        if fraction:
            np.right_shift(value, fraction, out=value)
        step = self._settings.raw_step_dn
        if step > 1:
            np.bitwise_and(value, -step, out=value)
        RAW_PACKERS[packing](value.view(np.uint16), out)


def _components(pixels: int, settings: FrameSettings) -> int:
    """Components of that many pixels of a line."""
    if settings.output in {"raw", "luma"}:
        return pixels
    return pixels * settings.pixel_format.bits_per_pixel // 8
