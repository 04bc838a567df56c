"""The geometry of the zoom lens: what its positions make of the picture. Pure functions, by the thin-lens formulas.

The manual gives focal lengths, f-numbers and least distances (manual 1, 6.2). What it does not give is assumed: between
the two ends of the zoom range the f-number and the least distance follow the focal length geometrically; the focus
motor moves in equal steps of 1/distance, as a lens that is shifted along its axis does; the iris blades open in
proportion to Iris. At the wide end the farthest distance in focus is the scene's, so that the lens is sharp as it comes
from the factory; towards the tele end it moves out to infinity, so that zooming in needs refocusing (manual 5.4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from tiscam_emu.spec.model import LensModel

LARGEST_BLUR_PX = 40.0
"""More blur than this looks the same, and takes long to compute."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the parts of the lens are.

    Attributes
    ----------
    zoom
        Position of the zoom motor, between steps while it moves.
    focus, iris
        0 to 1, from near to far and from closed to open.
    """

    zoom: float
    focus: float
    iris: float


@dataclass(frozen=True, slots=True)
class Imaging:
    """What a lens makes of the picture; the fields of `FrameRequest`."""

    illumination: float = 1.0
    defocus_px: float = 0.0
    zoom: float = 1.0
    infrared: float = 0.0


def focal_mm(lens: LensModel, zoom: float) -> float:
    """Focal length at a zoom position, between the table's rows on a straight line."""
    lower, low_mm = lens.focal_mm[0]
    for upper, high_mm in lens.focal_mm[1:]:
        if zoom <= upper:
            return low_mm + (high_mm - low_mm) * (zoom - lower) / (upper - lower)
        lower, low_mm = upper, high_mm
    return low_mm


def f_number(lens: LensModel, zoom: float) -> float:
    """Focal length over aperture, with the iris open."""
    return _between(lens.f_number, _tele_share(lens, zoom))


def nearest_m(lens: LensModel, zoom: float) -> float:
    """Least distance that can be in focus."""
    return _between(lens.nearest_m, _tele_share(lens, zoom))


def focused_dioptres(lens: LensModel, zoom: float, focus: float) -> float:
    """One over the distance in metres that is in focus; `focus` is 0 to 1, from near to far."""
    near, far = _dioptre_range(lens, zoom)
    return near * (1 - focus) + far * focus


def defocus_px(lens: LensModel, setting: Setting, pixel_um: float) -> float:
    """Standard deviation of the spot of a point of the scene, in sensor pixels.

    The spot is a disc; its standard deviation along an axis is a quarter of its diameter.
    """
    focal_m = focal_mm(lens, setting.zoom) * 1e-3
    aperture_m = focal_m / f_number(lens, setting.zoom) * setting.iris
    focused = focused_dioptres(lens, setting.zoom, setting.focus)
    disc_m = aperture_m * focal_m * abs(focused - 1 / lens.scene_m) / (1 - focal_m * focused)
    return min(disc_m / (pixel_um * 1e-6) / 4, LARGEST_BLUR_PX)


def illumination(lens: LensModel, setting: Setting) -> float:
    """Light on the sensor, relative to the wide angle with the iris open."""
    return (lens.f_number[0] / f_number(lens, setting.zoom) * setting.iris) ** 2


@lru_cache(maxsize=64)
def imaging(lens: LensModel, setting: Setting, pixel_um: float, *, infrared: bool) -> Imaging:
    """What the lens makes of the picture; `infrared` while the infrared cut filter is out."""
    return Imaging(
        illumination(lens, setting),
        round(defocus_px(lens, setting, pixel_um), 3),
        focal_mm(lens, setting.zoom) / lens.focal_mm[0][1],
        lens.infrared if infrared else 0.0,
    )


def _dioptre_range(lens: LensModel, zoom: float) -> tuple[float, float]:
    return 1 / nearest_m(lens, zoom), (1 - _tele_share(lens, zoom)) / lens.scene_m


def _tele_share(lens: LensModel, zoom: float) -> float:
    """How far the focal length is from the wide to the tele end, 0 to 1, on a logarithmic scale."""
    wide_mm, tele_mm = lens.focal_mm[0][1], lens.focal_mm[-1][1]
    return math.log(focal_mm(lens, zoom) / wide_mm) / math.log(tele_mm / wide_mm)


def _between(ends: tuple[float, float], share: float) -> float:
    return float(ends[0] ** (1 - share) * ends[1] ** share)
