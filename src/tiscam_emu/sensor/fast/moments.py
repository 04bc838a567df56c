"""Mean and standard deviation of every output component: the chain up to a lookup table, computed instead of drawn.

Shot noise makes the variance an affine function of the mean (EMVA 1288, photon transfer), so it is derived from means
at whatever stage it is needed. Colour is propagated through the linear ISP by `isp.noise_gains`, which takes the
noise of a neighbourhood as equal; how neighbours resemble each other is up to `noise_pool`. Noise goes through gamma
and the clipping of changed colours by `tone.propagate`; in YUV, the noise of a clipped colour is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.fast.noise_pool import MAX_Z
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.isp.colour_mix import Rgb, mix
from tiscam_emu.sensor.isp.tone import Curve, clip, propagate
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.pack import INTERLEAVERS
from tiscam_emu.sensor.pixel.electrons import LightCodes, mean_electrons
from tiscam_emu.sensor.settings import FrameSettings

Floats = NDArray[np.float32]

_CURVE_STEPS = 2048
_OPAQUE_DN = 4080  # 255 of 8 bits


def component_moments(
    codes: LightCodes, offsets_e: Floats, settings: FrameSettings, inner: Window
) -> tuple[Floats, Floats]:
    """Mean and sigma of the components of a block, in 12-bit DN and in the order of the wire.

    Parameters
    ----------
    codes, offsets_e
        Light and fixed offsets of the block and what lies around it.
    inner
        The block inside of them.
    """
    mean = _raw_mean(codes, offsets_e, settings)
    if not settings.demosaics:
        part = np.s_[inner.top : inner.bottom, inner.left : inner.right]
        return _raw_moments(mean[part], settings)
    return _colour_moments(mean, settings, inner)


def _raw_mean(codes: LightCodes, offsets_e: Floats, settings: FrameSettings) -> Floats:
    total = offsets_e
    for layer in codes:
        electrons = mean_electrons(layer, settings.electrons_at_white, settings.dark_e, settings.full_well_e)
        if settings.neighbour_count > 1:
            electrons *= np.float32(1 / settings.neighbour_count)
        total = np.add(total, electrons, out=electrons)
    total *= np.float32(settings.readout.dn_per_electron)
    total += np.float32(settings.readout.black_level_dn)
    return total


def _variance(mean: Floats, settings: FrameSettings, factor: float = 1.0) -> Floats:
    """Variance of raw data of the given mean, both after white balance by `factor`; none where saturated."""
    readout = settings.readout
    gain = readout.dn_per_electron * factor
    # fixed offsets below black take from the shot noise what they add above; the sum must not go below 0
    variance = mean - np.float32(readout.black_level_dn - gain * readout.read_noise_e**2)
    np.maximum(variance, 0, out=variance)
    variance *= np.float32(gain / settings.neighbour_count)
    return variance


def _raw_moments(mean: Floats, settings: FrameSettings) -> tuple[Floats, Floats]:
    sigma = _variance(mean, settings)
    full_well_dn = settings.full_well_e * settings.readout.dn_per_electron + settings.readout.black_level_dn
    if full_well_dn < FULL_SCALE_DN and float(mean.max(initial=0)) >= full_well_dn * 0.9999:
        read_dn = settings.readout.read_noise_e * settings.readout.dn_per_electron
        sigma[mean >= full_well_dn * 0.9999] = read_dn**2 / settings.neighbour_count
    np.sqrt(sigma, out=sigma)
    if settings.white_balance != (1.0, 1.0, 1.0):
        if min(settings.white_balance) < 1.0:
            np.minimum(mean, FULL_SCALE_DN, out=mean)
        isp.balance(mean, settings.white_balance, settings.readout.black_level_dn, settings.phase)
        isp.balance(sigma, settings.white_balance, 0.0, settings.phase)
    curve = settings.gamma_curve
    return (mean, sigma) if curve is None else propagate(curve, mean, sigma)


def _colour_moments(mean: Floats, settings: FrameSettings, inner: Window) -> tuple[Floats, Floats]:
    divisor = isp.chroma_divisor(settings.output)
    np.clip(mean, 0, FULL_SCALE_DN, out=mean)
    isp.balance(mean, settings.white_balance, settings.readout.black_level_dn, settings.phase)
    np.minimum(mean, FULL_SCALE_DN, out=mean)
    part = np.s_[inner.top : inner.bottom, inner.left : inner.right]
    red, green, blue = (plane[part] for plane in isp.demosaic(mean, settings.phase))
    variances = [
        _colour_variance(plane, settings, factor)
        for plane, factor in zip((red, green, blue), settings.white_balance, strict=True)
    ]
    sigmas = tuple(
        isp.plane_sigma(variances, gains, divisor if index and divisor > 1 else 1)
        for index, gains in enumerate(isp.noise_gains(settings.output, settings.mix, settings.phase))
    )
    planes = isp.linear_planes(_mixed((red, green, blue), settings), settings.output, settings.phase)
    means, sigmas = isp.tone_moments(planes, sigmas, settings.output, _final_curve(settings))
    if len(means) == 1:
        return means[0], sigmas[0]
    interleave = INTERLEAVERS[settings.pixel_format.packing]
    return interleave(means, _OPAQUE_DN), interleave(sigmas, 0)


def _mixed(rgb: Rgb, settings: FrameSettings) -> Rgb:
    """Colours after the matrix. Those that are transmitted as they are get clipped with their noise, later."""
    if settings.mix is None:
        return rgb
    red, green, blue = mixed = mix(rgb, settings.mix, settings.readout.black_level_dn)
    return mixed if settings.output in {"raw", "bgr"} else (clip(red), clip(green), clip(blue))


def _final_curve(settings: FrameSettings) -> Curve | None:
    return clip if settings.mix is not None and settings.gamma_curve is None else settings.gamma_curve


def _colour_variance(plane: Floats, settings: FrameSettings, factor: float) -> Floats:
    variance = _variance(plane, settings, factor)
    variance *= plane < FULL_SCALE_DN
    return variance


def largest_sigma_dn(settings: FrameSettings) -> float:
    """Standard deviation of the noisiest component there can be."""
    gain = settings.readout.dn_per_electron * max(1.0, *settings.white_balance)
    read_dn = gain * settings.readout.read_noise_e
    brightest_dn, sigma = float(FULL_SCALE_DN), 0.0
    for _ in range(3):  # pixels above full scale by less than their noise still show it
        sigma = ((gain * brightest_dn + read_dn**2) / settings.neighbour_count) ** 0.5
        brightest_dn = FULL_SCALE_DN + MAX_Z * sigma
    if settings.mix is not None:
        planes = isp.noise_gains(settings.output, settings.mix, settings.phase)
        sigma *= float(max(np.sqrt(gains.sum(axis=0)).max() for gains in planes))
    if (curve := settings.gamma_curve) is not None:
        least = sigma if isp.has_chroma(settings.output) else 0.0  # of chrominance, which has no curve
        sigma = max(_largest_curved(curve, sigma, read_dn, settings), least)
    return float(min(sigma, FULL_SCALE_DN))


def _largest_curved(curve: Curve, brightest_sigma: float, read_dn: float, settings: FrameSettings) -> float:
    """Sigma after the curve where it is largest."""
    black_dn, spread = settings.readout.black_level_dn, read_dn / settings.neighbour_count**0.5
    lowest = 0.0 if settings.mix is not None else max(black_dn - MAX_Z * spread, 0.0)
    means = np.linspace(lowest, FULL_SCALE_DN, _CURVE_STEPS, dtype=np.float32)
    if settings.mix is not None:
        sigmas = np.full_like(means, brightest_sigma)
    else:
        signal = np.clip((means - black_dn) / FULL_SCALE_DN, 0, 1)
        sigmas = np.sqrt(signal * np.float32(brightest_sigma**2) + np.float32(spread**2))
    return float(propagate(curve, means, sigmas)[1].max())
