"""How fast a model can run: sensor readout against link (manual 5.1.4).

The rates of the manuals' tables are these, rounded down to whole frames per second.
"""

from __future__ import annotations

import math
from dataclasses import replace

from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import Nanoseconds, ns_from_s

MILLI = 1000
TESTED_LINE_CLOCKS = 64512
"""Of the longest line by which ResultingMinFPS is found; a little below that of AcquisitionFrameRate (the family)."""

_UNBOUNDED_BYTES_PER_S = 1e12
_UNBOUNDED_FRAME_US = 100.0
_MOST_HZ = 100_000.0


def unbounded(model: CameraModel) -> CameraModel:
    """The model without the limits of its link and sensor: what is left is the computer's own speed."""
    link = replace(model.link, bytes_per_s=_UNBOUNDED_BYTES_PER_S, frame_overhead_us=0.0)
    timing = {
        name: replace(row, frame_us=_UNBOUNDED_FRAME_US, line_us=0.0, pixel_ns=0.0, slowdown=1.0)
        for name, row in model.timing.items()
    }
    return replace(model, link=link, timing=timing)


def readout_s(model: CameraModel, pixel_format: str, width: int, height: int) -> float:
    """Seconds the sensor takes to read `height` lines of `width` output pixels."""
    row = model.timing[pixel_format]
    line_s = row.line_us * 1e-6 + width * row.pixel_ns * 1e-9
    return row.slowdown * (row.frame_us * 1e-6 + height * line_s)


def link_s(model: CameraModel, pixel_format: str, width: int, height: int) -> float:
    """Seconds the frame takes on the modelled cable."""
    row = model.timing[pixel_format]
    payload_bytes = width * height * row.link_bytes_per_pixel
    return model.link.frame_overhead_us * 1e-6 + payload_bytes / (model.link.bytes_per_s * row.link_efficiency)


def highest_hz(model: CameraModel, pixel_format: str, width: int, height: int) -> float:
    """Largest frame rate for a format and output size, frames per second."""
    args = (model, pixel_format, width, height)
    return min(1.0 / max(readout_s(*args), link_s(*args)), _MOST_HZ)


def lowest_hz(model: CameraModel, height: int, line_clocks: int | None = None) -> float:
    """Lowest frame rate for an output height: every line, blank ones included, takes as long as it can."""
    slowest = model.slowest
    return slowest.clock_hz / ((height + slowest.blank_lines) * (line_clocks or slowest.line_clocks))


def in_millihertz(lowest_hz: float, highest_hz: float) -> tuple[float, float]:
    """The limits of a rate in the whole millihertz that lie between them: registers count these."""
    low = math.ceil(lowest_hz * MILLI) / MILLI
    return low, max(low, math.floor(highest_hz * MILLI) / MILLI)


def period_ns(hz: float, exposure_ns: Nanoseconds) -> Nanoseconds:
    """Distance of two frames: the rate's, unless the exposure is longer."""
    return max(ns_from_s(1.0 / hz), exposure_ns)
