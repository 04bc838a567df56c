"""Frames drawn photon by photon: the reference the fast renderer is tested against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.isp.colour_mix import mix
from tiscam_emu.sensor.isp.tone import clip
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.optics.light import Light, row_blocks
from tiscam_emu.sensor.optics.projection import Floats, LightCodes
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS
from tiscam_emu.sensor.pixel.electrons import draw_dn, mean_electrons
from tiscam_emu.sensor.pixel.readout import quantise
from tiscam_emu.sensor.settings import FrameSettings

Words = NDArray[np.uint16]


def draw_exact(
    light: Light,
    settings: FrameSettings,
    moving: Sequence[tuple[Window, Floats]],
    rng: np.random.Generator,
    canvas: Canvas,
) -> Iterator[None]:
    """Draw one frame, with what is `moving` over the still scene, block by block."""
    codes = light.codes
    seen = [light.seeing(patch, margin=0, align=light.geometry.period) for patch, _ in moving]
    parts = [(np.s_[:, w.top : w.bottom, w.left : w.right], w) for w in seen if not w.is_empty()]
    still = [codes[part].copy() for part, _ in parts]
    raw = np.empty(light.geometry.shape, np.uint16)
    try:
        for part, window in parts:
            codes[part] = light.patched_codes(window, moving)
        yield from _draw_raw(light, codes, settings, rng, raw)
    finally:
        for (part, _), before in zip(parts, still, strict=True):
            codes[part] = before
    yield from _develop(raw, settings, canvas)


def _draw_raw(
    light: Light, codes: LightCodes, settings: FrameSettings, rng: np.random.Generator, raw: Words
) -> Iterator[None]:
    for window in row_blocks(*raw.shape):
        rows = slice(window.top, window.bottom)
        total = np.zeros(window.shape, np.float32)
        for layer, offset_e in zip(codes[:, rows], light.neighbour_offsets_e(window, settings.dark_e), strict=True):
            expected_e = mean_electrons(layer, settings.electrons_at_white, settings.dark_e, np.inf)
            total += draw_dn(expected_e, offset_e, settings.full_well_e, settings.readout, rng)
        dn = quantise(total / np.float32(settings.neighbour_count), settings.readout.adc_step_dn)
        if settings.white_balance != (1.0, 1.0, 1.0):
            isp.balance(dn, settings.white_balance, settings.readout.black_level_dn, settings.phase)
            dn = np.clip(np.rint(dn), 0, FULL_SCALE_DN)
        raw[rows] = dn
        yield


def _develop(raw: Words, settings: FrameSettings, canvas: Canvas) -> Iterator[None]:
    pixel_format = settings.pixel_format
    for window in row_blocks(*raw.shape):
        planes = _developed(raw, window, settings)
        if settings.gives_words:
            lines = np.empty(pixel_format.raw_bytes(planes[0].size), np.uint8)
            RAW_PACKERS[pixel_format.packing](_to_words(planes[0]).reshape(-1), lines)
        else:
            lines = INTERLEAVERS[pixel_format.packing]([_to_8_bit(plane) for plane in planes]).reshape(-1)
        canvas.write(pixel_format.payload_bytes(raw.shape[1], window.top), lines)
        yield


def _developed(raw: Words, window: Window, settings: FrameSettings) -> isp.Planes:
    if not settings.demosaics:
        return isp.tone((raw[window.top : window.bottom].astype(np.float32),), settings.output, settings.curve)
    top, bottom = max(window.top - isp.HALO, 0), min(window.bottom + isp.HALO, raw.shape[0])
    inner = slice(window.top - top, window.bottom - top)
    red, green, blue = (plane[inner] for plane in isp.demosaic(raw[top:bottom].astype(np.float32), settings.phase))
    if settings.mix is not None:
        mixed = mix((red, green, blue), settings.mix, settings.readout.black_level_dn)
        red, green, blue = (clip(plane) for plane in mixed)
    planes = isp.linear_planes((red, green, blue), settings.output, settings.phase)
    return isp.tone(planes, settings.output, settings.curve)


def _to_words(plane: Floats) -> Words:
    return np.rint(plane).astype(np.uint16)


def _to_8_bit(plane: Floats) -> NDArray[np.uint8]:
    return np.asarray(np.clip((plane + np.float32(8)) * np.float32(1 / 16), 0, 255).astype(np.uint8))
