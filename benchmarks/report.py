"""Tables that can be read as they are and pasted into a document."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Section:
    """State: one part of a report.

    Attributes
    ----------
    data
        What the tables are made of, for JSON.
    """

    title: str
    tables: list[str] = field(default_factory=list)
    data: Any = None

    def markdown(self) -> str:
        return "\n\n".join([f"## {self.title}", *self.tables])


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells under a header."""
    table = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    table.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in table
    )


def number(value: float, digits: int = 3) -> str:
    """A number with so many digits."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"
