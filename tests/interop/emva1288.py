"""Characteristics of a camera from its frames, by the equations of EMVA Standard 1288, Release 4.0 Linear.

Symbols in comments are the standard's. Written beside the emulator, not from it: nothing of ``tiscam_emu`` is imported
here. Values are ADC codes (DN). The PyPI package ``emva1288`` does the same, but needs a NumPy before 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[np.float64]
"""Frames of equal settings: (frames, rows, columns)."""

QUANTISATION_VARIANCE = 1 / 12
_SENSITIVITY_SHARE = 0.7  # of saturation, up to which K and R are fitted (photon transfer method)
_LINEARITY_SHARES = (0.05, 0.95)  # of saturation, between which linearity is judged


@dataclass(frozen=True, slots=True)
class Capture:
    """Frames of one camera.

    Attributes
    ----------
    bright
        By photons per pixel (mu_p), two frames each, rising light.
    dark
        By exposure time in seconds, without light; the shortest counts as the dark frame of every bright one.
    spatial_bright, spatial_dark
        Many frames near half saturation, and as many without light, at one exposure time.
    """

    bright: Mapping[float, Stack]
    dark: Mapping[float, Stack]
    spatial_bright: Stack
    spatial_dark: Stack


@dataclass(frozen=True, slots=True)
class PhotonTransfer:
    """Mean and temporal variance above dark, by light; DN and DN squared."""

    photons: NDArray[np.float64]
    mean_dn: NDArray[np.float64]
    variance_dn2: NDArray[np.float64]

    @property
    def saturation(self) -> int:
        """The point of the largest variance, where noise begins to be cut."""
        return int(np.argmax(self.variance_dn2))

    def up_to(self, share: float) -> slice:
        """Points whose mean is at most this share of that at saturation."""
        return slice(0, int(np.flatnonzero(self.mean_dn <= share * self.mean_dn[self.saturation])[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Characteristics:
    """What a data sheet by the standard gives."""

    gain_dn_per_e: float
    quantum_efficiency: float
    dark_noise_e: float
    saturation_e: float
    dsnu_e: float
    prnu_percent: float
    dark_current_e_per_s: float
    linearity_error_percent: float


def temporal(stack: Stack) -> tuple[float, float]:
    """Mean, and temporal variance from the difference of two frames (mu_y, sigma_y squared)."""
    one, two = stack[:2]
    difference = one - two
    return float((one.mean() + two.mean()) / 2), float((difference**2).mean() / 2 - difference.mean() ** 2 / 2)


def photon_transfer(capture: Capture) -> PhotonTransfer:
    """The photon transfer curve."""
    dark_mean, dark_variance = temporal(capture.dark[min(capture.dark)])
    points = sorted((photons, *temporal(stack)) for photons, stack in capture.bright.items())
    photons, means, variances = np.array(points).T
    return PhotonTransfer(photons, means - dark_mean, variances - dark_variance)


def spatial_variance(stack: Stack) -> float:
    """Variance of the mean frame, less what temporal noise leaves in it (s_y squared)."""
    frames = len(stack)
    return float(stack.mean(axis=0).var(ddof=1) - stack.var(axis=0, ddof=1).mean() / frames)


def characteristics(capture: Capture) -> Characteristics:
    """Everything from one capture."""
    curve = photon_transfer(capture)
    fitted = curve.up_to(_SENSITIVITY_SHARE)
    gain = _slope(curve.mean_dn[fitted], curve.variance_dn2[fitted])  # K
    responsivity = _slope(curve.photons[fitted], curve.mean_dn[fitted])  # R = K eta
    _, dark_variance = temporal(capture.dark[min(capture.dark)])
    dark_spatial = spatial_variance(capture.spatial_dark)
    bright_spatial = spatial_variance(capture.spatial_bright)
    signal = float(capture.spatial_bright.mean() - capture.spatial_dark.mean())
    times = sorted(capture.dark)
    drift = np.polyfit(times, [float(capture.dark[time].mean()) for time in times], 1)[0]  # mu_c.mean
    return Characteristics(
        gain_dn_per_e=gain,
        quantum_efficiency=responsivity / gain,
        dark_noise_e=float(np.sqrt(dark_variance - QUANTISATION_VARIANCE)) / gain,
        saturation_e=float(responsivity / gain * curve.photons[curve.saturation]),
        dsnu_e=float(np.sqrt(dark_spatial)) / gain,
        prnu_percent=100 * float(np.sqrt(bright_spatial - dark_spatial)) / signal,
        dark_current_e_per_s=float(drift) / gain,
        linearity_error_percent=linearity_error_percent(curve),
    )


def linearity_error_percent(curve: PhotonTransfer) -> float:
    """Mean of the absolute relative deviations from a line fitted with equal relative weights (LE)."""
    low, high = (share * curve.mean_dn[curve.saturation] for share in _LINEARITY_SHARES)
    inside = (curve.mean_dn >= low) & (curve.mean_dn <= high)
    light, means = curve.photons[inside], curve.mean_dn[inside]
    slope, offset = np.polyfit(light, means, 1, w=1 / means)
    line = slope * light + offset
    return 100 * float(np.abs((means - line) / line).mean())


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Of the line through the origin."""
    return float((x * y).sum() / (x * x).sum())


def codes(words: NDArray[np.uint16], adc_bits: int) -> Stack:
    """ADC codes of 16-bit data, which hold them in their high bits."""
    return (words >> (16 - adc_bits)).astype(np.float64)


def green(mosaics: Stack) -> Stack:
    """Green pixels of RGGB mosaics; a colour camera is characterised channel by channel."""
    return np.concatenate([mosaics[:, 0::2, 1::2], mosaics[:, 1::2, 0::2]], axis=1)


def within(measured: float, true: float, percent: float) -> bool:
    """Whether a figure is that of the model."""
    return abs(measured / true - 1) * 100 <= percent


def rising(low: float, high: float, count: int, fine: Sequence[float] = ()) -> list[float]:
    """Evenly spaced numbers, and some further ones."""
    return sorted({*np.linspace(low, high, count).tolist(), *fine})
