"""The parts that pass on the scene ``conveyor``: which part has which number, and how each looks from above.

A part follows from its number alone, so that a test knows what an inspection has to find: about one part in five has a
defect, and `part(number).defect` says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tiscam_emu.sensor.scenes.picture import Floats

Kind = Literal["washer", "nut", "gear"]
Finish = Literal["steel", "brass", "black"]
Defect = Literal["", "scratch", "chip", "stain", "no hole"]

DEFECT_SHARE = 0.2
_SEED = 0xBE17
_COLOURS: dict[Finish, tuple[float, float, float]] = {
    "steel": (0.46, 0.47, 0.50),
    "brass": (0.62, 0.42, 0.13),
    "black": (0.115, 0.12, 0.14),
}
_RUST = np.array((0.10, 0.035, 0.012), np.float32)
_MARK = 0.30
"""Brightness of what the laser has written, relative to the metal; its inverse on black."""
_RADIUS, _HOLE, _LARGE_HOLE = 0.80, 0.20, 0.36
"""Of half the picture's side; the rest is for teeth and shadow."""
_TEETH = 18
_SHADOW = 0.65


@dataclass(frozen=True, slots=True)
class Part:
    """One part on the belt.

    Attributes
    ----------
    number
        Counted by when parts pass; written on the part, its last four digits.
    defect
        What is wrong with it; empty if nothing is.
    turned_deg
        How it lies on the belt, clockwise.
    """

    number: int
    kind: Kind
    finish: Finish
    defect: Defect
    turned_deg: float


@dataclass(frozen=True, slots=True)
class PartImage:
    """A part seen from above, in a square.

    Attributes
    ----------
    light
        Linear RGB, (size, size, 3).
    coverage
        Where it hides the belt, 0 to 1.
    shade
        How much of the belt's light its shadow leaves, 0 to 1.
    """

    light: Floats
    coverage: Floats
    shade: Floats


def part(number: int) -> Part:
    """The part of a number."""
    rng = _rng(number, 0)
    kind = get_args(Kind)[int(rng.integers(len(get_args(Kind))))]
    finish = get_args(Finish)[int(rng.integers(len(get_args(Finish))))]
    defects = get_args(Defect)[1:]
    defect: Defect = defects[int(rng.integers(len(defects)))] if rng.random() < DEFECT_SHARE else ""
    return Part(number, kind, finish, defect, float(rng.uniform(-20, 20)))


def _rng(number: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([_SEED, purpose, number % 2**64]))


def draw(number: int, size: int) -> PartImage:
    """The part of a number in a square of `size` pixels."""
    what = part(number)
    place = _Place.of(size, what.turned_deg)
    outline = _outline(what, place)
    rng = _rng(number, 1)
    if what.defect == "chip":
        outline = np.maximum(outline, _chip(place, rng))
    hole = _LARGE_HOLE if what.kind == "washer" else _HOLE
    distance = outline if what.defect == "no hole" else np.maximum(outline, hole - place.radius)
    coverage = _covered(distance, size)
    brightness = _metal(what, place, distance) * _written(what, size)
    if what.defect == "scratch":
        brightness *= _scratch(place, size, rng)
    light = np.array(_COLOURS[what.finish], np.float32) * brightness[..., np.newaxis]
    if what.defect == "stain":
        share = _stain(place, rng)[..., np.newaxis]
        light += (_RUST - light) * share
    return PartImage(np.clip(light, 0, 2), coverage, _shade(what, size))


@dataclass(frozen=True, slots=True)
class _Place:
    """Coordinates of every pixel, half the side being 1: on the part, which is turned, and towards the light."""

    x: Floats
    y: Floats
    radius: Floats
    angle: Floats
    lit: Floats

    @classmethod
    def of(cls, size: int, turned_deg: float, shift: float = 0.0) -> _Place:
        axis = (np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)) * np.float32(2 / size)
        across, down = axis[np.newaxis, :] - np.float32(shift), axis[:, np.newaxis] - np.float32(shift)
        cosine, sine = np.float32(np.cos(np.radians(turned_deg))), np.float32(np.sin(np.radians(turned_deg)))
        x, y = across * cosine + down * sine, down * cosine - across * sine
        return cls(x, y, np.hypot(x, y), np.arctan2(y, x), -(across + down) * np.float32(0.7))


def _outline(what: Part, place: _Place) -> Floats:
    """Distance from the edge of the solid part, negative inside, in halves of the side."""
    if what.kind == "nut":
        sides = [np.abs(place.x * np.cos(a) + place.y * np.sin(a)) for a in (0.0, pi / 3, 2 * pi / 3)]
        return np.asarray(np.maximum.reduce(sides) - _RADIUS * 0.86, np.float32)
    if what.kind == "gear":
        teeth = np.clip(np.cos(place.angle * _TEETH) * 2.5, -1, 1)
        return np.asarray(place.radius - _RADIUS * 0.93 - 0.055 * teeth, np.float32)
    return np.asarray(place.radius - _RADIUS, np.float32)


def _covered(distance: Floats, size: int) -> Floats:
    return np.asarray(np.clip(0.5 - distance * np.float32(size / 2), 0, 1), np.float32)


def _metal(what: Part, place: _Place, distance: Floats) -> Floats:
    """Brightness of turned metal: a bow tie of reflections, tool marks, and bevelled edges towards the light."""
    bow_tie = 0.80 + 0.22 * np.cos(2 * (place.angle - np.float32(0.9))) + 0.05 * np.sin(place.radius * 110)
    outwards = place.lit / np.maximum(place.radius, 0.05)
    bevel = np.clip(1 + distance / 0.05, 0, 1)
    towards_hole = place.radius < _LARGE_HOLE + 0.06 if what.kind == "washer" else place.radius < _HOLE + 0.06
    bow_tie += bevel * np.where(towards_hole, -0.45, 0.45) * outwards
    if what.kind == "nut":
        bow_tie += 0.30 * outwards * np.clip(1 - np.abs(place.radius - _RADIUS * 0.84) / 0.035, 0, 1)
    if what.kind == "gear":
        bow_tie *= 1 - 0.35 * np.clip(1 - np.abs(place.radius - _RADIUS * 0.80) / 0.02, 0, 1)
        bow_tie *= 1 - 0.35 * np.clip(1 - np.abs(place.radius - 0.34) / 0.02, 0, 1)
    return np.asarray(np.clip(bow_tie, 0.05, 1.9), np.float32)


def _written(what: Part, size: int) -> Floats:
    """The number below the hole."""
    font = ImageFont.load_default(max(round(size * 0.105), 6))
    text = Image.new("L", (size, size))
    drawing = ImageDraw.Draw(text)
    drawing.text((size / 2, size * 0.775), f"{what.number % 10_000:04d}", fill=255, font=font, anchor="mm")
    turned = text.rotate(-what.turned_deg, Image.Resampling.BICUBIC)
    ink = np.asarray(turned, np.float32) / np.float32(255)
    level = 1 / _MARK if what.finish == "black" else _MARK
    return 1 + np.float32(level - 1) * ink


def _chip(place: _Place, rng: np.random.Generator) -> Floats:
    """A bite out of the edge, somewhere in the upper half, clear of the number."""
    angle, radius = rng.uniform(-pi * 0.9, -pi * 0.1), rng.uniform(0.11, 0.18)
    to_bite = np.hypot(place.x - 0.78 * np.cos(angle), place.y - 0.78 * np.sin(angle))
    return np.asarray(radius * (1 + 0.15 * np.cos(5 * place.angle)) - to_bite, np.float32)


def _scratch(place: _Place, size: int, rng: np.random.Generator) -> Floats:
    """A line across the metal, light with a dark rim."""
    angle = rng.uniform(0, pi)
    off = rng.choice((-1, 1)) * rng.uniform(0.42, 0.62)
    across = np.abs(place.x * np.cos(angle) + place.y * np.sin(angle) - off + 0.03 * np.sin(place.x * 5))
    width = max(0.012, 2.4 / size)
    return np.asarray(1 - 0.6 * (across < 2 * width) + 1.6 * np.clip(1.5 - across / width, 0, 1), np.float32)


def _stain(place: _Place, rng: np.random.Generator) -> Floats:
    """Rust in three blots."""
    angle = rng.uniform(-pi, pi)
    blots = np.zeros_like(place.x)
    for _ in range(3):
        x, y = np.array((np.cos(angle), np.sin(angle))) * 0.56 + rng.uniform(-0.12, 0.12, 2)
        blot = 1.25 - np.hypot(place.x - x, place.y - y) / rng.uniform(0.10, 0.20)
        blots = np.maximum(blots, np.clip(blot * 2, 0, 1) * rng.uniform(0.7, 0.95))
    return blots.astype(np.float32)


def _shade(what: Part, size: int) -> Floats:
    place = _Place.of(size, what.turned_deg, shift=0.055)
    depth = np.clip(0.55 - _outline(what, place) / 0.11, 0, 1)
    return np.asarray(1 - np.float32(_SHADOW) * depth * depth * (3 - 2 * depth), np.float32)
