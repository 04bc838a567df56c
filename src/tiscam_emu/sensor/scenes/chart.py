"""The default scene: a lit test chart with colour patches, grey steps, resolution targets and a ball on a track."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.optics.projection import decoded
from tiscam_emu.sensor.scenes import chart_elements as elements
from tiscam_emu.sensor.scenes.colorchecker import PATCHES_SRGB
from tiscam_emu.sensor.scenes.picture import SRGB_DECODING, Floats, MovingPatch, Picture, Still, linear_to_srgb
from tiscam_emu.units import NS_PER_S, Nanoseconds

RGB = tuple[float, float, float]

GREY_STEPS = 16
BALL_PERIOD_NS = 4 * NS_PER_S
BALL_STEPS = 240
"""Places of the ball in a period: it soon comes back to places whose light is known, and moves 60 times a second."""

_INK, _PAPER, _WHITE = 0.025, 0.74, 0.86
_CARD, _CARD_DARK, _CARD_LINE = 0.20, 0.168, 0.115
_BALL: RGB = (0.85, 0.16, 0.05)
_TRACK = 0.06
_GLINT_RADIANCE = 3.0
_DOT_PITCH = 32
_LEAST_SIDE = 64
"""On fewer pixels the chart's parts would meet."""
_MICRO_PRINT = "tiscam-emu  0123456789  The quick brown fox jumps over the lazy dog.  "
_ENCODING = np.rint(linear_to_srgb(np.linspace(0, 1, 4096)) * 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Chart:
    """The test chart, drawn for any sensor size: the layout scales, the fine detail stays a few pixels wide."""

    def fit(self, width: int, height: int) -> Picture:
        """The chart, filling the sensor; of one that is too small for it, the upper left part of a larger one."""
        return ChartPicture(max(width, _LEAST_SIDE), max(height, _LEAST_SIDE))


@dataclass(frozen=True, slots=True)
class _Glint:
    window: Window
    light: Floats


class ChartPicture:
    """The chart on one sensor: an 8-bit texture, uneven light, some glints brighter than white, and the ball."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._texture = _draw(width, height)
        self._light_rows, self._light_columns = _falloff(height), _falloff(width)
        self._glints = _glints(width, height)
        self._ball_size = max(min(width, height) // 36, 8)
        self._ball = elements.ball(self._ball_size)

    def still(self, time_ns: Nanoseconds, frame: int = 0) -> Still:
        """The chart itself."""
        del time_ns, frame
        return self

    def radiance(self, window: Window, /) -> Floats:
        """Linear RGB of a window of the chart."""
        rows, columns = self._light_rows[window.top : window.bottom], self._light_columns[window.left : window.right]
        part = decoded(self._texture, SRGB_DECODING, (window.top, window.left), rows, columns)
        for glint in self._glints:
            common = glint.window.intersect(window)
            if not common.is_empty():
                lit = part[common.top - window.top : common.bottom - window.top, :]
                lit = lit[:, common.left - window.left : common.right - window.left]
                lit += glint.light[_inside(common, glint.window)][..., np.newaxis]
        return part

    def moving(self, time_ns: Nanoseconds) -> tuple[MovingPatch, ...]:
        """The ball, which swings along its track."""
        size = self._ball_size
        step = time_ns % BALL_PERIOD_NS * BALL_STEPS // BALL_PERIOD_NS
        swing = np.sin(2 * np.pi * step / BALL_STEPS)
        left = 2 * round((self._width / 2 + swing * self._width * 0.27 - size / 2) / 2)
        top = round(self._height * _TRACK_Y - size / 2)
        window = Window(top, top + size, left, left + size)
        return (MovingPatch(window, partial(self._ball_in, window)),)

    def _ball_in(self, window: Window) -> Floats:
        coverage, brightness = self._ball
        patch = self.radiance(window)
        colour = np.array(_BALL, np.float32) * brightness[..., np.newaxis]
        colour += elements.glint(self._ball_size)[..., np.newaxis] ** 6 * np.float32(0.2)
        patch += (colour - patch) * coverage[..., np.newaxis]
        return patch


_TRACK_Y = 0.905


def _falloff(size: int) -> Floats:
    """Light along one axis: brightest a little before the middle, a few percent less at the ends."""
    place = np.linspace(-1, 1, size, dtype=np.float32) + np.float32(0.2)
    return (1 - np.float32(0.055) * place * place).astype(np.float32)


def _inside(window: Window, frame: Window) -> tuple[slice, slice]:
    return (
        slice(window.top - frame.top, window.bottom - frame.top),
        slice(window.left - frame.left, window.right - frame.left),
    )


def _pins(width: int, height: int) -> list[tuple[int, int]]:
    """Centres (row, column) of the chrome pins that hold the card."""
    from_edge = max(round(min(width, height) * 0.043), 6)
    return [(round(height * y), x) for y in (0.335, 0.665) for x in (from_edge, width - from_edge)]


def _glints(width: int, height: int) -> list[_Glint]:
    size = max(min(width, height) // 90, 6)
    light = elements.glint(size) * np.float32(_GLINT_RADIANCE)
    glints = []
    for row, column in _pins(width, height):
        top, left = row - round(size * 0.8), column - round(size * 0.8)
        glints.append(_Glint(Window(top, top + size, left, left + size), light))
    return glints


@lru_cache(maxsize=1)
def _draw(width: int, height: int) -> NDArray[np.uint8]:
    drawing = _Drawing(width, height)
    drawing.card()
    drawing.border()
    drawing.colour_patches()
    drawing.grey_steps()
    drawing.corners()
    drawing.left_targets()
    drawing.right_targets()
    drawing.star()
    drawing.dots()
    drawing.slanted_edge()
    drawing.centre_mark()
    drawing.title()
    drawing.micro_print()
    drawing.track()
    drawing.pins()
    drawing.texture.flags.writeable = False
    return drawing.texture


class _Drawing:
    """The texture while it is drawn; places are given in fractions of the sensor's sides."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height, self._side = width, height, min(width, height)
        self.texture: NDArray[np.uint8] = np.empty((height, width, 3), np.uint8)

    def _y(self, fraction: float) -> int:
        return round(fraction * self._height)

    def _x(self, fraction: float) -> int:
        return round(fraction * self._width)

    def _box(self, top: int, left: int, height: int, width: int, level: float) -> None:
        self.texture[max(top, 0) : top + height, max(left, 0) : left + width] = _encode(level)

    def _put(self, top: int, left: int, coverage: Floats) -> None:
        """Replace a rectangle with a two-tone element."""
        height, width = coverage.shape
        grey = _encode(_INK + (_PAPER - _INK) * coverage)
        self.texture[top : top + height, left : left + width] = grey[..., np.newaxis]

    def _put_disc(self, top: int, left: int, coverage: Floats) -> None:
        """Replace the disc inside a square with a two-tone element."""
        size = coverage.shape[0]
        under = self.texture[top : top + size, left : left + size]
        grey = _encode(_INK + (_PAPER - _INK) * coverage)
        np.copyto(under, grey[..., np.newaxis], where=elements.disc(size)[..., np.newaxis])

    def _ink(self, top: int, left: int, coverage: Floats, level: float) -> None:
        """Paint over what is there."""
        height, width = coverage.shape
        under = self.texture[top : top + height, left : left + width]
        share = coverage[: under.shape[0], : under.shape[1], np.newaxis]
        linear = SRGB_DECODING[under]
        under[...] = _encode(linear + (np.float32(level) - linear) * share)

    def card(self) -> None:
        """A grey card with a fine weave: light and dark squares, thin lines, and a hair cross in each field."""
        tile = np.where(elements.checkerboard(128, 128, 16) > 0, _CARD, _CARD_DARK)
        tile[::64, :] = tile[:, ::64] = _CARD_LINE
        tile[32, 28:37] = tile[28:37, 32] = tile[96, 92:101] = tile[92:101, 96] = _PAPER * 0.7
        row = np.tile(_encode(tile), (1, -(-self._width // 128)))[:, : self._width].repeat(3).reshape(128, -1, 3)
        for top in range(0, self._height, 128):
            self.texture[top : top + 128] = row[: self._height - top]

    def border(self) -> None:
        """A strip of squares along the edges; arrow-like double marks show the middle of every side."""
        pitch = max(round(self._side / 64), 4)
        for top in (0, self._height - pitch):
            self._put(top, 0, elements.checkerboard(pitch, self._width, pitch))
        for left in (0, self._width - pitch):
            self._put(0, left, elements.checkerboard(self._height, pitch, pitch))
        mark = 2 * pitch
        for top, left in (
            (0, self._width // 2 - pitch), (self._height - mark, self._width // 2 - pitch),
            (self._height // 2 - pitch, 0), (self._height // 2 - pitch, self._width - mark),
        ):  # fmt: skip
            self._put(top, left, elements.ring(mark, max(mark / 12, 1.5)))

    def colour_patches(self) -> None:
        """24 colours in two rows of twelve, on black."""
        self._patch_row(0.165, 0.075, [tuple(SRGB_DECODING[value] for value in rgb) for rgb in PATCHES_SRGB[:12]])
        self._patch_row(0.24, 0.075, [tuple(SRGB_DECODING[value] for value in rgb) for rgb in PATCHES_SRGB[12:]])

    def grey_steps(self) -> None:
        """Grey from white to black in equal steps of density."""
        levels = _WHITE * (0.018 / _WHITE) ** (np.arange(GREY_STEPS) / (GREY_STEPS - 1))
        self._patch_row(0.695, 0.07, [(level, level, level) for level in levels.tolist()], ground=0.45)

    def _patch_row(self, top: float, height: float, colours: list[tuple[float, ...]], ground: float = _INK) -> None:
        first, last = self._x(0.5) - self._x(0.44), self._x(0.5) + self._x(0.44)
        edges = np.linspace(first, last, len(colours) + 1).round().astype(int).tolist()
        gap = max(self._side // 200, 2)
        upper, lower = self._y(top), self._y(top + height)
        self._box(upper - gap, first - gap, lower - upper + 2 * gap, last - first + 2 * gap, ground)
        for colour, left, right in zip(colours, edges[:-1], edges[1:], strict=True):
            code = _encode(np.array(colour, np.float32))
            self.texture[upper + gap : lower - gap, left + gap : right - gap] = code

    def dots(self) -> None:
        """Registration dots all over, darker on light and lighter on dark ground, so that no area is without detail."""
        for row in range(2):
            for column in range(2):
                dots = self.texture[_DOT_PITCH // 2 + row :: _DOT_PITCH, _DOT_PITCH // 2 + column :: _DOT_PITCH]
                dots += np.where(dots > 110, 226, 30).astype(np.uint8)  # 226 is -30 modulo 256

    def star(self) -> None:
        """The large star in the middle."""
        size = round(min(0.33 * self._height, 0.36 * self._width)) // 2 * 2
        self._put_disc((self._height - size) // 2, (self._width - size) // 2, elements.siemens_star(size, 36))

    def centre_mark(self) -> None:
        """The cross that marks the centre of the sensor."""
        mark = max(round(self._side * 0.022) // 2 * 2, 12)
        cross = elements.ring(mark, max(self._side / 700, 1.5))
        self._put_disc((self._height - mark) // 2, (self._width - mark) // 2, cross)

    def corners(self) -> None:
        """A small star in each corner, where a lens is at its worst."""
        size, margin = round(0.11 * self._side), round(0.028 * self._side)
        star = elements.siemens_star(size, 24)
        for top in (margin, self._height - margin - size):
            for left in (margin, self._width - margin - size):
                self._put_disc(top, left, star)

    def _wing(self) -> tuple[int, int, int, int]:
        """Top, left, height and width of the field left of the centre star; the right one mirrors it."""
        star = round(min(0.33 * self._height, 0.36 * self._width))
        left = self._x(0.06) + round(0.02 * self._side)
        right = (self._width - star) // 2 - round(0.025 * self._side)
        top = self._y(0.5) - star // 2
        return top, left, star, max(right - left, 48)

    def left_targets(self) -> None:
        """Checkerboards from one pixel up."""
        top, left, height, width = self._wing()
        size = round(height * 0.68)
        field = (height - size) - max(self._side // 100, 2)
        column = width // 4
        for index, pitch in enumerate((1, 2, 4, 8)):
            board = elements.checkerboard(field, column - 4, pitch)
            self._put(top + height - field, left + index * column, board)

    def slanted_edge(self) -> None:
        """The slanted edge for MTF measurements, free of dots where it is measured."""
        top, left, height, width = self._wing()
        size = min(round(height * 0.68), width)
        self._put(top, left + (width - size) // 2, elements.slanted_edge(size, 5.0))

    def right_targets(self) -> None:
        """Converging lines, upright and level, and bars from one pixel up."""
        top, left, height, width = self._wing()
        left = self._width - left - width
        size = round(height * 0.68)
        half = width // 2 - 4
        self._put(top, left, elements.converging_lines(size, half, 9))
        level = elements.converging_lines(width - half - 8, size, 9).T
        self._put(top, left + half + 8, np.ascontiguousarray(level))
        field = (height - size) - max(self._side // 100, 2)
        column = width // 4
        for index, pitch in enumerate((1, 2, 3, 4)):
            self._put(top + height - field, left + index * column, elements.bars(field, column - 4, pitch))

    def title(self) -> None:
        """The name of the chart and the sensor's size."""
        name = elements.text("tiscam-emu", round(0.075 * self._side))
        size = elements.text(f"{self._width} x {self._height}  test chart", round(0.026 * self._side))
        self._ink(self._y(0.035), (self._width - name.shape[1]) // 2, name, _WHITE)
        self._ink(self._y(0.118), (self._width - size.shape[1]) // 2, size, _WHITE)

    def micro_print(self) -> None:
        """Lines of text in falling sizes, down to what can hardly be read."""
        top, bottom = self._y(0.78), self._y(0.857)
        first, last = self._x(0.06), self._x(0.94)
        self._box(top, first, bottom - top, last - first, _PAPER * 0.75)
        row, height = top + 3, max(round(self._side * 0.018), 9)
        while row + height < bottom:
            line = elements.text(_MICRO_PRINT, height)
            repeated = np.tile(line, (1, -(-(last - first) // line.shape[1])))[:, : last - first - 8]
            self._ink(row, first + 4, repeated, _INK)
            row += line.shape[0] + max(height // 5, 2)
            height = max(round(height * 0.8), 7)

    def track(self) -> None:
        """The groove the ball runs in, with a scale beside it."""
        pitch = max(self._x(0.58) // 80, 6)
        half, centre = 40 * pitch, self._y(_TRACK_Y)
        groove = max(self._side // 300, 2)
        self._box(centre - groove // 2, self._width // 2 - half, groove, 2 * half, _TRACK)
        for index in range(-40, 41):
            length = round(self._side * (0.016 if index % 10 == 0 else 0.010 if index % 5 == 0 else 0.006))
            below = centre + round(self._side * 0.02)
            self._box(below, self._width // 2 + index * pitch - 1, length, max(self._side // 700, 1), _INK)

    def pins(self) -> None:
        """Chrome pins; their glints are what saturates."""
        size = max(round(self._side * 0.026), 10)
        coverage, brightness = elements.ball(size)
        for row, column in _pins(self._width, self._height):
            top, left = row - size // 2, column - size // 2
            under = self.texture[top : top + size, left : left + size]
            linear = SRGB_DECODING[under]
            metal = (np.float32(0.7) * brightness**2)[..., np.newaxis]
            under[...] = _encode(linear + (metal - linear) * coverage[..., np.newaxis])


def _encode(linear: float | NDArray[np.floating]) -> NDArray[np.uint8]:
    """Linear values of 0 to 1 as 8-bit sRGB codes."""
    index = np.asarray(np.asarray(linear) * 4095 + 0.5).astype(np.uint16)
    return np.asarray(_ENCODING[index], np.uint8)
