"""How sharp raw frames are: what autofocus compares.

Mean squared difference of pixels two apart in a line (J. F. Brenner et al., An automated microscope for cytologic
research, 1976), which on a mosaic are neighbours of one colour. Squares tell a sharp edge from a blurred one, whose
differences add up to the same; noise adds the same amount everywhere.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

import numpy as np

from tiscam_emu.sensor.canvas import ArrayCanvas, Canvas
from tiscam_emu.sensor.request import FrameRequest

_DISTANCE = 2


class RawSource(Protocol):
    """What renders."""

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        """Draw the request's payload."""
        ...


def sharpness(source: RawSource, requests: Sequence[FrameRequest]) -> float:
    """Render small raw frames and say how sharp they are together.

    Parameters
    ----------
    requests
        Of 8-bit raw formats, at least four columns wide.

    Returns
    -------
    float
        In squared 8-bit DN.
    """
    steps = sharpness_in_steps(source, requests)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float(end.value)


def sharpness_in_steps(source: RawSource, requests: Sequence[FrameRequest]) -> Generator[None, None, float]:
    """As `sharpness`, in steps between which other work can be done."""
    total, pairs = 0, 0
    for request in requests:
        payload = np.empty(request.payload_bytes(), np.uint8)
        yield from source.draw(request, ArrayCanvas(payload))
        image = payload.reshape(request.region.height, request.region.width).astype(np.int32)
        difference = image[:, _DISTANCE:] - image[:, :-_DISTANCE]
        total += int(np.square(difference).sum(dtype=np.int64))
        pairs += difference.size
    return total / pairs
