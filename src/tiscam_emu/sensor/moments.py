"""Mean and standard deviation of every output component: the whole chain, computed instead of drawn.

Shot noise makes the variance an affine function of the mean (EMVA 1288, photon transfer), so it is derived from means
at whatever stage it is needed. Colour is propagated through the linear ISP by `isp.noise_gains`, which takes the
noise of a neighbourhood as equal; the correlation that demosaicing brings between neighbours is not modelled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor import isp
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.pack import INTERLEAVERS
from tiscam_emu.sensor.pixel import LightCodes, mean_electrons
from tiscam_emu.sensor.settings import FrameSettings

Floats = NDArray[np.float32]


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
    if settings.output == "raw":
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
    variance = mean - np.float32(readout.black_level_dn)
    np.maximum(variance, 0, out=variance)
    variance *= np.float32(gain / settings.neighbour_count)
    variance += np.float32((gain * readout.read_noise_e) ** 2 / settings.neighbour_count)
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
        isp.balance(mean, settings.white_balance, settings.readout.black_level_dn)
        isp.balance(sigma, settings.white_balance, 0.0)
    if settings.gamma != 1.0:
        sigma *= isp.gamma_slope(mean, settings.gamma)
        mean = isp.gamma_curve(mean, settings.gamma)
    return mean, sigma


def _colour_moments(mean: Floats, settings: FrameSettings, inner: Window) -> tuple[Floats, Floats]:
    divisor = isp.chroma_divisor(settings.output)
    np.clip(mean, 0, FULL_SCALE_DN, out=mean)
    isp.balance(mean, settings.white_balance, settings.readout.black_level_dn)
    np.minimum(mean, FULL_SCALE_DN, out=mean)
    part = np.s_[inner.top : inner.bottom, inner.left : inner.right]
    red, green, blue = (plane[part] for plane in isp.demosaic(mean))
    variances = [
        _colour_variance(plane, settings, factor)
        for plane, factor in zip((red, green, blue), settings.white_balance, strict=True)
    ]
    planes = isp.linear_planes((red, green, blue), settings.output)
    linear_sigmas = [
        _plane_sigma(variances, gains, divisor if index and divisor > 1 else 1)
        for index, gains in enumerate(isp.noise_gains(settings.output))
    ]
    slopes = isp.tone_slopes(planes, settings.output, settings.gamma)
    sigmas = [s if slope is None else s * slope for s, slope in zip(linear_sigmas, slopes, strict=True)]
    interleave = INTERLEAVERS[settings.pixel_format.packing]
    return interleave(isp.tone(planes, settings.output, settings.gamma)), interleave(sigmas)


def _colour_variance(plane: Floats, settings: FrameSettings, factor: float) -> Floats:
    variance = _variance(plane, settings, factor)
    variance *= plane < FULL_SCALE_DN
    return variance


def _plane_sigma(variances: list[Floats], gains: NDArray[np.float32], divisor: int) -> Floats:
    height, width = variances[0].shape
    columns = width // divisor
    pattern = np.tile(gains, (1, -(-height // 2), -(-columns // gains.shape[2])))[:, :height, :columns]
    total = np.zeros((height, columns), np.float32)
    for variance, weights in zip(variances, pattern, strict=True):
        for first in range(divisor):
            total += variance[:, first::divisor] * weights * np.float32(1 / divisor)
    return np.sqrt(total, out=total)
