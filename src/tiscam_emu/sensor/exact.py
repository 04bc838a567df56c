"""Frames drawn photon by photon: the reference the fast renderer is tested against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor import isp
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.light import Light, row_blocks
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS
from tiscam_emu.sensor.pixel import Floats, LightCodes, draw_dn, mean_electrons
from tiscam_emu.sensor.readout import quantise
from tiscam_emu.sensor.settings import FrameSettings

Words = NDArray[np.uint16]


def render_exact(
    light: Light,
    settings: FrameSettings,
    moving: tuple[Window, Floats] | None,
    rng: np.random.Generator,
    out: NDArray[np.uint8],
) -> None:
    """Draw one frame into `out`, with something `moving` over the still scene."""
    codes, window = light.codes, Window(0, 0, 0, 0)
    if moving is not None:
        window = light.seeing(moving[0], margin=0, align=light.geometry.period)
    if moving is None or window.is_empty():
        _develop(_draw_raw(light, codes, settings, rng), settings, out)
        return
    part = np.s_[:, window.top : window.bottom, window.left : window.right]
    still = codes[part].copy()
    try:
        codes[part] = light.patched_codes(window, *moving)
        raw = _draw_raw(light, codes, settings, rng)
    finally:
        codes[part] = still
    _develop(raw, settings, out)


def _draw_raw(light: Light, codes: LightCodes, settings: FrameSettings, rng: np.random.Generator) -> Words:
    height, width = light.geometry.shape
    raw = np.empty((height, width), np.uint16)
    for window in row_blocks(height, width):
        rows = slice(window.top, window.bottom)
        total = np.zeros(window.shape, np.float32)
        for layer, offset_e in zip(codes[:, rows], light.neighbour_offsets_e(window), strict=True):
            expected_e = mean_electrons(layer, settings.electrons_at_white, settings.dark_e, np.inf)
            total += draw_dn(expected_e, offset_e, settings.full_well_e, settings.readout, rng)
        dn = quantise(total / np.float32(settings.neighbour_count), settings.readout.adc_step_dn)
        if settings.white_balance != (1.0, 1.0, 1.0):
            isp.balance(dn, settings.white_balance, settings.readout.black_level_dn)
            dn = np.clip(np.rint(dn), 0, FULL_SCALE_DN)
        raw[rows] = dn
    return raw


def _develop(raw: Words, settings: FrameSettings, out: NDArray[np.uint8]) -> None:
    height, width = raw.shape
    lines = out.reshape(height, -1)
    for window in row_blocks(height, width):
        rows = slice(window.top, window.bottom)
        if settings.output == "raw":
            block = raw[rows]
            if settings.gamma != 1.0:
                curved = np.rint(isp.gamma_curve(block.astype(np.float32), settings.gamma))
                block = curved.astype(np.uint16)
            RAW_PACKERS[settings.pixel_format.packing](block.reshape(-1), lines[rows].reshape(-1))
            continue
        lines[rows] = _develop_colour(raw, window, settings)


def _develop_colour(raw: Words, window: Window, settings: FrameSettings) -> NDArray[np.uint8]:
    top, bottom = max(window.top - isp.HALO, 0), min(window.bottom + isp.HALO, raw.shape[0])
    inner = slice(window.top - top, window.bottom - top)
    red, green, blue = (plane[inner] for plane in isp.demosaic(raw[top:bottom].astype(np.float32)))
    planes = isp.tone(isp.linear_planes((red, green, blue), settings.output), settings.output, settings.gamma)
    lines: NDArray[np.uint8] = INTERLEAVERS[settings.pixel_format.packing]([_to_8_bit(plane) for plane in planes])
    return lines


def _to_8_bit(plane: Floats) -> NDArray[np.uint8]:
    return np.asarray(np.clip((plane + np.float32(8)) * np.float32(1 / 16), 0, 255).astype(np.uint8))
