"""Where the colours of a Bayer mosaic are."""

from __future__ import annotations

Phase = tuple[int, int]
"""Rows and columns by which an RGGB mosaic is shifted: the mosaic begins there in it."""

RGGB: Phase = (0, 0)

PHASES: dict[str, Phase] = {"RG": RGGB, "GR": (0, 1), "GB": (1, 0), "BG": (1, 1)}
"""By the first two pixels of the first line."""


def channel(phase: Phase | None, row: int, column: int) -> int:
    """Which colour a pixel of the mosaic has: 0 red, 1 green, 2 blue."""
    row_shift, column_shift = phase or RGGB
    return (row + row_shift) % 2 + (column + column_shift) % 2
