"""How sharp raw frames are: what autofocus compares.

Mean squared difference of pixels two apart in a line (J. F. Brenner et al., An automated microscope for cytologic
research, 1976), which on a mosaic are neighbours of one colour. Squares tell a sharp edge from a blurred one, whose
differences add up to the same; noise adds the same amount everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.sensor.request import FrameRequest

_DISTANCE = 2


class RawSource(Protocol):
    """What renders."""

    def render(self, request: FrameRequest, out: NDArray[np.uint8]) -> None:
        """Fill `out`, which is as long as the request's payload."""
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
    total, pairs = 0, 0
    for request in requests:
        payload = np.empty(request.payload_bytes(), np.uint8)
        source.render(request, payload)
        image = payload.reshape(request.region.height, request.region.width).astype(np.int32)
        difference = image[:, _DISTANCE:] - image[:, :-_DISTANCE]
        total += int(np.square(difference).sum(dtype=np.int64))
        pairs += difference.size
    return total / pairs
