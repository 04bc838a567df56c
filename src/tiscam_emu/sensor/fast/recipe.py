"""The numbers by which light becomes moments, worked out from a frame's settings: the same for all of its pixels.

All of the chain but the tone curve is linear, and so is variance in the mean (EMVA 1288, photon transfer). A pixel's
own value and the two that are interpolated for it go into every component with weights that repeat with the mosaic's
quads. The tone curve becomes a table of the mean before it, which has how the curve changes noise as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.bayer import channel
from tiscam_emu.sensor.fast.fixed_point import Fixed, FixedPoint
from tiscam_emu.sensor.fast.noise_pool import MAX_Z
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.isp.tone import Curve, propagate
from tiscam_emu.sensor.model import FULL_SCALE_DN
from tiscam_emu.sensor.optics.projection import CODE_SCALE
from tiscam_emu.sensor.pack import COMPONENT_ORDER, PLANES
from tiscam_emu.sensor.settings import FrameSettings

Floats = NDArray[np.float32]
Recipe = NDArray[np.void]

_F, _I = "<f4", "<i4"
RECIPE = np.dtype(
    [
        *((name, _F) for name in ("light_e", "most_e", "share", "full", "clipped", "reach")),
        *((name, _F) for name in ("most_sigma", "table_scale", "table_base")),
        *((name, _I) for name in ("colours", "mixes", "planes", "group")), ("green", _I, 2), ("same", _I, 2),
        ("gain", _F, 4), ("base", _F, 4), ("low", _F, 4), ("top", _F, 4),
        ("black_at", _F, (4, 3)), ("cap_at", _F, (4, 3)), ("capped", _F, (4, 3)),
        ("mix", _F, (3, 4)), ("mean", _F, (4, 3, 3)), ("variance", _F, (4, 3, 3)), ("offset", _F, (4, 3)),
        ("divisor", _I, 3), ("toned", _I, 3), ("count", _I, 3), ("place", _I, (3, 4)), ("only", _I, 3),
    ]
)  # fmt: skip
"""``struct recipe`` of ``native/moments.c``.

Arrays of four are by place in the mosaic's quad, those of two by its row; then, of three: red, green and blue, or the
pixel's own value alone where nothing is interpolated; or planes.

``share``
    Of each binned neighbour.
``green``, ``same``
    Column of the green pixels, and the other colour of the row.
``most_e``
    Of photo-electrons: the full well but for the dark current.
``gain``, ``base``
    Means by electrons of light and offset, and without any.
``full``, ``clipped``, ``reach``
    Means of full scale, rounded and not, and how far noise takes them, by sigma.
``low``, ``top``
    Range of the mosaic after white balance; as wide as can be for raw data, which is cut off with its noise.
``black_at``, ``cap_at``, ``capped``
    Variance is what the mean is above ``black_at`` times its weight; that of ``capped`` from ``cap_at`` on.
``mixes``, ``mix``
    Colours are mixed and cut off before planes are made of them.
``group``, ``count``, ``place``
    Components of a group, those of a plane, and where.
``divisor``
    Pixels that share a component.
``only``
    The colour that alone makes a plane, pixel by pixel; -1 if there are more.
``table_scale``, ``table_base``
    Where a mean stands in the table of the tone curve.
"""

_MOST_ENTRIES = 1 << 15
_CURVE_STEPS = 2048
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
_OF_COLOURS = {
    "bgr": np.eye(3)[::-1],
    "luma": _LUMA[np.newaxis],
    "yuv": np.stack(
        [_LUMA, (np.eye(3)[2] - _LUMA) * 0.5 / (1 - _LUMA[2]), (np.eye(3)[0] - _LUMA) * 0.5 / (1 - _LUMA[0])]
    ),
}
"""What planes are made of in red, green and blue."""


class ToneTable(NamedTuple):
    """The tone curve: fixed-point means after it, and what it makes of sigma, by mean before it."""

    mean: Fixed
    slope: Floats


NO_TONE = ToneTable(np.zeros(1, np.int16), np.ones(1, np.float32))


def recipe_of(settings: FrameSettings, fixed_point: FixedPoint, linear_sigma_dn: float) -> tuple[Recipe, ToneTable]:
    """The recipe and the table of the tone curve.

    Parameters
    ----------
    linear_sigma_dn
        The largest standard deviation before the tone curve.
    """
    unit = 1 << fixed_point.fraction
    recipe = np.zeros((), RECIPE)
    recipe["light_e"] = settings.electrons_at_white / CODE_SCALE**2
    recipe["most_e"], recipe["share"] = settings.full_well_e - settings.dark_e, 1 / settings.neighbour_count
    recipe["full"] = (FULL_SCALE_DN + settings.rounding_dn) * unit
    recipe["clipped"] = FULL_SCALE_DN * unit
    recipe["reach"] = MAX_Z * unit / fixed_point.sigma_units
    recipe["most_sigma"] = fixed_point.max_sigma_dn * fixed_point.sigma_units
    recipe["colours"] = 3 if settings.demosaics and settings.phase is not None else 1
    for place in range(4):
        _fill_place(recipe, place, settings)
    _lay_out(recipe, settings)
    curve, table = settings.gamma_curve, NO_TONE
    if curve is not None:
        mean_dn, slope = _toned(recipe, curve, settings, linear_sigma_dn)
        table = ToneTable(np.rint((mean_dn + settings.rounding_dn) * unit).astype(np.int16), slope)
    _count_in_fixed_point(recipe, settings, fixed_point)
    _look_for_planes_of_one_colour(recipe)
    return recipe, table


def _fill_place(recipe: Recipe, place: int, settings: FrameSettings) -> None:
    readout, balance = settings.readout, np.array(settings.white_balance)
    black, read_e2 = readout.black_level_dn, readout.read_noise_e**2
    row, column = divmod(place, 2)
    own = channel(settings.phase, row, column)
    if own == 1:
        recipe["green"][row] = column
    else:
        recipe["same"][row] = own
    gains = readout.dn_per_electron * balance
    tops = black + (FULL_SCALE_DN - black) * balance
    recipe["gain"][place], recipe["base"][place] = gains[own], black + settings.dark_e * gains[own]
    if settings.demosaics:
        tops = np.minimum(tops, FULL_SCALE_DN)
        recipe["low"][place], recipe["top"][place] = black * (1 - balance[own]), tops[own]
    else:
        recipe["low"][place], recipe["top"][place] = -np.inf, tops[own] if balance.min() < 1 else np.inf
    for slot, colour in enumerate((0, 1, 2) if recipe["colours"] == 3 else (own,)):
        recipe["black_at"][place, slot] = black - gains[colour] * read_e2
        recipe["cap_at"][place, slot] = tops[colour] if settings.demosaics else np.inf
        if not settings.demosaics and black + settings.full_well_e * readout.dn_per_electron < FULL_SCALE_DN:
            recipe["cap_at"][place, slot] = black + settings.full_well_e * 0.9999 * gains[colour]
            recipe["capped"][place, slot] = gains[colour] * read_e2
    _fill_weights(recipe, place, own, gains / settings.neighbour_count, settings)


def _fill_weights(recipe: Recipe, place: int, own: int, per_dn: NDArray[np.float64], settings: FrameSettings) -> None:
    """Weights of means and variances in every plane; `per_dn` is the variance of a colour by its mean."""
    if not settings.demosaics:
        recipe["mean"][place, 0, 0], recipe["variance"][place, 0, 0] = 1, per_dn[own]
        return
    kind = "yuv" if isp.has_chroma(settings.output) else settings.output
    planes = np.eye(3)[[own]] if kind == "raw" else _OF_COLOURS[kind]
    offsets = np.array([0.0, isp.NEUTRAL_CHROMA_DN, isp.NEUTRAL_CHROMA_DN])[: len(planes)] * (kind == "yuv")
    if settings.mix is not None:
        matrix = np.array(settings.mix).reshape(3, 3)
        shifts = settings.readout.black_level_dn * (1 - matrix.sum(axis=1))
        if kind in {"raw", "bgr"}:
            planes, offsets = planes @ matrix, planes @ shifts
        else:
            recipe["mixes"], recipe["mix"][:, :3], recipe["mix"][:, 3] = 1, matrix, shifts
    gains = isp.noise_gains(settings.output, settings.mix, settings.phase)
    row, column = divmod(place, 2)
    for plane, of_colour in enumerate(gains):
        variances = of_colour[:, row, column % of_colour.shape[2]] * per_dn
        if recipe["colours"] == 1:  # all colours are the pixel's own
            recipe["mean"][place, plane, 0], recipe["variance"][place, plane, 0] = planes[plane].sum(), variances.sum()
        else:
            recipe["mean"][place, plane], recipe["variance"][place, plane] = planes[plane], variances
        recipe["offset"][place, plane] = offsets[plane]


def _count_in_fixed_point(recipe: Recipe, settings: FrameSettings, fixed_point: FixedPoint) -> None:
    """From 12-bit DN to units of fixed-point means and sigmas, rounding included where means are not looked up."""
    unit = 1 << fixed_point.fraction
    for name in ("gain", "base", "low", "top", "black_at", "cap_at", "capped", "offset"):
        recipe[name] *= unit
    recipe["mix"][:, 3] *= unit
    recipe["variance"] *= fixed_point.sigma_units**2 / unit
    recipe["table_scale"] /= unit
    rounding = settings.rounding_dn * unit
    if settings.demosaics:
        recipe["offset"] += rounding * (recipe["toned"] == 0)
    elif settings.gamma_curve is None:
        for name in ("base", "top", "black_at", "cap_at"):
            recipe[name] += rounding


def _look_for_planes_of_one_colour(recipe: Recipe) -> None:
    used = ((recipe["mean"] != 0) | (recipe["variance"] != 0)).any(axis=0)
    alone = (used.sum(axis=1) <= 1) & (recipe["divisor"] <= 1) & (recipe["count"] <= 1) & (recipe["mixes"] == 0)
    recipe["only"] = np.where(alone, used.argmax(axis=1), -1)


def _lay_out(recipe: Recipe, settings: FrameSettings) -> None:
    order: tuple[str, ...] = ("Y",)
    planes = 1
    if settings.output not in {"raw", "luma"}:
        order, planes = COMPONENT_ORDER[settings.pixel_format.packing], 3
    recipe["group"], recipe["planes"] = len(order), planes
    chroma = isp.has_chroma(settings.output)
    for plane in range(planes):
        places = [place for place, name in enumerate(order) if PLANES.get(name) == plane or planes == 1]
        recipe["count"][plane] = len(places)
        recipe["place"][plane, : len(places)] = places
        recipe["divisor"][plane] = isp.chroma_divisor(settings.output) if plane else 1
        recipe["toned"][plane] = settings.gamma_curve is not None and not (plane and chroma)


def _toned(recipe: Recipe, curve: Curve, settings: FrameSettings, linear_sigma_dn: float) -> tuple[Floats, Floats]:
    """Means after the curve, and what it makes of sigma: of that of greys, as every pixel's own is scaled."""
    reach = MAX_Z * linear_sigma_dn
    least, most = -reach, FULL_SCALE_DN + reach
    scale = min(2.0 ** float(np.floor(np.log2(_MOST_ENTRIES / (most - least)))), 4.0)
    base = float(np.ceil(-least * scale))
    dn = ((np.arange(int(base + most * scale) + 2) - base) / scale).astype(np.float32)
    recipe["table_scale"], recipe["table_base"] = scale, base
    sigma = np.sqrt(_variance_of_grey(recipe, dn))
    if settings.demosaics:  # which is cut off at full scale: from there on all colours are saturated
        sigma[np.abs(dn - FULL_SCALE_DN) <= 0.5] = 0
    mean, spread = propagate(curve, dn, sigma)
    slope = np.asarray(spread / np.maximum(sigma, np.float32(1e-3)), np.float32)
    return mean, slope


def _variance_of_grey(recipe: Recipe, dn: Floats) -> Floats:
    """Variance of grey pixels of that mean, averaged over the planes that the tone curve acts on."""
    total, count = np.zeros_like(dn), 0
    for plane in np.flatnonzero(recipe["toned"][: recipe["planes"]]):
        for place in range(4):
            for slot in range(recipe["colours"]):
                signal = np.maximum(dn - recipe["black_at"][place, slot], 0)
                total += signal * recipe["variance"][place, plane, slot]
            count += 1
    return total / np.float32(count)


def linear_sigma_dn(settings: FrameSettings) -> float:
    """Standard deviation of the noisiest component there can be, before the tone curve."""
    gain = settings.readout.dn_per_electron * max(1.0, *settings.white_balance)
    read_dn = gain * settings.readout.read_noise_e
    brightest_dn, sigma = float(FULL_SCALE_DN), 0.0
    for _ in range(3):  # pixels above full scale by less than their noise still show it
        sigma = ((gain * brightest_dn + read_dn**2) / settings.neighbour_count) ** 0.5
        brightest_dn = FULL_SCALE_DN + MAX_Z * sigma
    if settings.mix is not None:
        planes = isp.noise_gains(settings.output, settings.mix, settings.phase)
        sigma *= float(max(np.sqrt(gains.sum(axis=0)).max() for gains in planes))
    return sigma


def largest_sigma_dn(settings: FrameSettings) -> float:
    """Standard deviation of the noisiest component there can be."""
    sigma = linear_sigma_dn(settings)
    if (curve := settings.gamma_curve) is not None:
        least = sigma if isp.has_chroma(settings.output) else 0.0  # of chrominance, which has no curve
        sigma = max(_largest_curved(curve, sigma, settings), least)
    return float(min(sigma, FULL_SCALE_DN))


def _largest_curved(curve: Curve, brightest_sigma: float, settings: FrameSettings) -> float:
    """Sigma after the curve where it is largest."""
    read_dn = settings.readout.dn_per_electron * max(1.0, *settings.white_balance) * settings.readout.read_noise_e
    black_dn, spread = settings.readout.black_level_dn, read_dn / settings.neighbour_count**0.5
    lowest = 0.0 if settings.mix is not None else max(black_dn - MAX_Z * spread, 0.0)
    means = np.linspace(lowest, FULL_SCALE_DN, _CURVE_STEPS, dtype=np.float32)
    if settings.mix is not None:
        sigmas = np.full_like(means, brightest_sigma)
    else:
        signal = np.clip((means - black_dn) / FULL_SCALE_DN, 0, 1)
        sigmas = np.sqrt(signal * np.float32(brightest_sigma**2) + np.float32(spread**2))
    return float(propagate(curve, means, sigmas)[1].max())
