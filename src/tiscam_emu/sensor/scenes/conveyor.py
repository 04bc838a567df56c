"""The scene ``conveyor``: a belt seen from above, on which parts pass from left to right.

Where a part is follows from device time alone: the middle of part n is in the middle of the sensor at n times
`PERIOD_NS`. A part stands still while it is exposed, as if a flash froze it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.scenes import chart_elements as elements
from tiscam_emu.sensor.scenes.conveyor_parts import Part, draw, part
from tiscam_emu.sensor.scenes.picture import Floats, MovingPatch, Picture, Still
from tiscam_emu.units import NS_PER_MS, Nanoseconds

PERIOD_NS = 500 * NS_PER_MS
"""From one part to the next."""

_DISTANCE = 0.6
"""From one part to the next, of the sensor's width."""
_SIZE = 0.22
"""Side of a part's square, of the sensor's shorter side."""
_BELT = (0.055, 0.085, 0.075)
_FRAME, _RAIL = 0.035, 0.42
_RAIL_FROM, _RAIL_TO = 0.070, 0.125
"""The upper rail, of the sensor's height; the lower one mirrors it."""
_SCREWS = 7


@dataclass(frozen=True, slots=True)
class PassingPart:
    """A part in view.

    Attributes
    ----------
    window
        The square that holds it and its shadow, on the sensor; it may reach beyond the edges.
    """

    part: Part
    window: Window


def parts_in_view(time_ns: Nanoseconds, width: int, height: int) -> tuple[PassingPart, ...]:
    """What a sensor of `width` x `height` sees at a device time, the foremost part first."""
    size = _part_size(width, height)
    pitch = width * _DISTANCE
    newest = time_ns // PERIOD_NS + 2
    passing = []
    for number in range(newest - 4, newest + 1):
        middle = width / 2 + (time_ns - number * PERIOD_NS) / PERIOD_NS * pitch
        left, top = round(middle - size / 2), _top(size, height)
        if left < width and left + size > 0:
            passing.append(PassingPart(part(number), Window(top, top + size, left, left + size)))
    return tuple(passing)


def _part_size(width: int, height: int) -> int:
    return max(round(_SIZE * min(width, height)), 16)


def _top(size: int, height: int) -> int:
    return (height - size) // 2


@dataclass(frozen=True, slots=True)
class Conveyor:
    """The belt, filling the sensor."""

    def fit(self, width: int, height: int) -> Picture:
        """The belt as a sensor of `width` x `height` sees it."""
        return ConveyorPicture(width, height)


class ConveyorPicture:
    """The empty belt between its rails, and the parts on it."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._rows = _cross_section(height)
        self._on_belt = lru_cache(maxsize=4)(self._seen_on_belt)
        self._screw = elements.ball(max(round(height * 0.030), 8))

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """The empty belt: along its way it looks the same everywhere, and so does not seem to move."""
        del time_ns, frame
        return self

    def radiance(self, window: Window, /) -> Floats:
        """Linear RGB of a window of the empty belt."""
        rows = self._rows[window.top : window.bottom, np.newaxis]
        light = np.repeat(rows, window.right - window.left, axis=1)
        for screw in self._screws():
            common = screw.intersect(window)
            if not common.is_empty():
                coverage, brightness = (each[_inside(common, screw)][..., np.newaxis] for each in self._screw)
                under = light[_inside(common, window)]
                under += (np.float32(0.55) * brightness**2 - under) * coverage
        return light

    def _screws(self) -> list[Window]:
        size = self._screw[0].shape[0]
        middle = self._height * (_RAIL_FROM + _RAIL_TO) / 2
        return [
            Window(top, top + size, left, left + size)
            for top in (round(middle - size / 2), round(self._height - middle - size / 2))
            for left in (round(self._width * (k + 0.5) / _SCREWS - size / 2) for k in range(_SCREWS))
        ]

    def moving(self, time_ns: Nanoseconds) -> tuple[MovingPatch, ...]:
        """The parts, where they are at `time_ns`."""
        sensor = Window(0, self._height, 0, self._width)
        patches = []
        for passing in parts_in_view(time_ns, self._width, self._height):
            window = passing.window.intersect(sensor)
            patches.append(MovingPatch(window, partial(self._cut_from, passing, window), look=passing.part.number))
        return tuple(patches)

    def _cut_from(self, passing: PassingPart, window: Window) -> Floats:
        return self._on_belt(passing.part.number)[_inside(window, passing.window)]

    def _seen_on_belt(self, number: int) -> Floats:
        """A part with its shadow on the belt, which is the same wherever the part is on its way."""
        size = _part_size(self._width, self._height)
        top = _top(size, self._height)
        image = draw(number, size)
        light = np.repeat(self._rows[top : top + size, np.newaxis], size, axis=1)
        light *= image.shade[..., np.newaxis]
        light += (image.light - light) * image.coverage[..., np.newaxis]
        return light


def _cross_section(height: int) -> Floats:
    """Radiance across the belt, (height, 3): machine frame, rail, gap, belt with fine ribs, and back."""
    place = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(height)
    from_edge = np.minimum(place, 1 - place)[:, np.newaxis]
    ribs = 1 + 0.10 * np.sin(2 * np.pi * place * 48)[:, np.newaxis]
    middle = 1 - 0.25 * (2 * place - 1)[:, np.newaxis] ** 2
    light = np.array(_BELT, np.float32) * ribs * middle
    light = np.where(from_edge < _RAIL_TO + 0.012, 0.012, light)
    roundness = np.sin(np.pi * np.clip((from_edge - _RAIL_FROM) / (_RAIL_TO - _RAIL_FROM), 0, 1))
    light = np.where(from_edge < _RAIL_TO, _RAIL * (0.30 + 0.70 * roundness**2), light)
    light = np.where(from_edge < _RAIL_FROM, 0.012, light)
    return np.where(from_edge < _RAIL_FROM - 0.010, _FRAME, light).astype(np.float32)


def _inside(window: Window, frame: Window) -> tuple[slice, slice]:
    return (
        slice(window.top - frame.top, window.bottom - frame.top),
        slice(window.left - frame.left, window.right - frame.left),
    )
