"""The parts of the test chart, each an antialiased coverage from 0 (dark) to 1 (light)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Coverage = NDArray[np.float32]


def siemens_star(size: int, spokes: int) -> Coverage:
    """A disc of `spokes` light and dark sectors which run together in the middle, inside a light rim."""
    axis = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    x, y = axis[np.newaxis, :], axis[:, np.newaxis]
    radius = np.hypot(x, y)
    star = np.sin(np.arctan2(y, x) * np.float32(spokes))
    star *= radius * np.float32(1 / spokes)
    star += np.float32(0.5)
    np.clip(star, 0, 1, out=star)
    rim = radius - np.float32(size * 0.48)
    return np.asarray(np.maximum(star, np.clip(rim, 0, 1)), np.float32)


def disc(size: int) -> NDArray[np.bool_]:
    """Which pixels of a square lie in its inscribed circle."""
    squared = (np.arange(size) - (size - 1) / 2) ** 2
    return np.asarray(squared[np.newaxis, :] + squared[:, np.newaxis] <= (size / 2) ** 2)


def slanted_edge(size: int, degrees: float) -> Coverage:
    """A dark square on light ground, turned by a few degrees (ISO 12233); faint dots stay clear of the edges."""
    axis = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    cosine, sine = np.float32(np.cos(np.radians(degrees))), np.float32(np.sin(np.radians(degrees)))
    across = axis[np.newaxis, :] * cosine + axis[:, np.newaxis] * sine
    down = axis[:, np.newaxis] * cosine - axis[np.newaxis, :] * sine
    to_edge = np.maximum(np.abs(across), np.abs(down)) - np.float32(size * 0.36)
    square = np.clip(to_edge + np.float32(0.5), 0, 1)
    dots = np.zeros((32, 32), np.float32)
    dots[15:17, 15:17] = 0.08
    tiles = -(-size // 32)
    far = np.tile(dots, (tiles, tiles))[:size, :size] * (np.abs(to_edge) > 20)
    return np.asarray(np.abs(square - far), np.float32)


def converging_lines(height: int, width: int, lines: int) -> Coverage:
    """A wedge of dark lines that come closer towards the bottom, to less than two pixels each."""
    narrow = min(1.6 * lines / width, 0.9)
    half_width = np.linspace(1, narrow, height, dtype=np.float32)[:, np.newaxis] * np.float32(width / 2)
    x = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    line_width = half_width / np.float32(lines)
    wedge = np.cos(x / line_width * np.float32(np.pi / 2) * 2) * line_width * np.float32(-1 / np.pi) + np.float32(0.5)
    np.clip(wedge, 0, 1, out=wedge)
    return np.asarray(np.maximum(wedge, np.clip(np.abs(x) - half_width + 1, 0, 1)), np.float32)


def bars(height: int, width: int, pitch: int) -> Coverage:
    """Upright bars of `pitch` pixels in the left half, level ones in the right half."""
    rows, columns = np.arange(height)[:, np.newaxis], np.arange(width)[np.newaxis, :]
    return np.where(columns < width // 2, columns // pitch % 2, rows // pitch % 2).astype(np.float32)


def checkerboard(height: int, width: int, pitch: int) -> Coverage:
    """Alternating squares of `pitch` pixels."""
    rows, columns = np.arange(height)[:, np.newaxis] // pitch, np.arange(width)[np.newaxis, :] // pitch
    return ((rows + columns) % 2).astype(np.float32)


def ring(size: int, thickness: float) -> Coverage:
    """A circle with a cross through it: a registration mark."""
    axis = np.abs(np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2))
    x, y = np.broadcast_arrays(axis[np.newaxis, :], axis[:, np.newaxis])
    to_circle = np.abs(np.hypot(x, y) - np.float32(size * 0.32))
    nearest = np.minimum(np.minimum(x, y), to_circle)
    return np.asarray(np.clip(nearest - np.float32(thickness / 2) + np.float32(0.5), 0, 1), np.float32)


def text(line: str, height: int) -> Coverage:
    """A line of text, as high as its font size; 1 where there is ink."""
    font = ImageFont.load_default(max(height, 6))
    left, top, right, bottom = (int(edge) for edge in font.getbbox(line))
    image = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), line, fill=255, font=font)
    return np.asarray(image, np.float32) / np.float32(255)


def ball(size: int) -> tuple[Coverage, Coverage]:
    """A ball lit from the upper left: its coverage, and how bright it is at every place."""
    axis = (np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)) * np.float32(2 / size)
    x, y = np.broadcast_arrays(axis[np.newaxis, :], axis[:, np.newaxis])
    squared = x * x + y * y
    coverage = np.clip((1 - np.sqrt(squared)) * np.float32(size / 2), 0, 1)
    facing = np.clip((np.sqrt(np.clip(1 - squared, 0, 1)) * 2 - x - y) * np.float32(0.41), 0, 1)
    return coverage.astype(np.float32), (np.float32(0.12) + np.float32(0.88) * facing).astype(np.float32)


def glint(size: int) -> Coverage:
    """A soft round spot."""
    axis = (np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)) * np.float32(2 / size)
    squared = axis[np.newaxis, :] ** 2 + axis[:, np.newaxis] ** 2
    return np.asarray(np.clip(1 - squared, 0, 1) ** 2, np.float32)
