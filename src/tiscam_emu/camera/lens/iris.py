"""The iris as the automatics use it (manual 5.4.3, 5.4.7)."""

from __future__ import annotations

from tiscam_emu.camera.imaging.brightness import CLOSED
from tiscam_emu.camera.lens.lens_motors import imaging_at
from tiscam_emu.camera.lens.lens_optics import Setting, illumination
from tiscam_emu.camera.state import CameraState

_SMALLEST = 16
"""The automatic closes the iris no further; an assumption. It is about f/26, beyond which diffraction blurs."""


def controlled(state: CameraState) -> bool:
    """Whether the camera moves the iris."""
    return bool(state.get("IrisAuto", 0)) and state.model.lens is not None and bool(state.motors)


def openings(state: CameraState) -> tuple[float, ...]:
    """Illumination at each position that the automatic may choose, the smallest first; zoom changes it."""
    lens = state.model.lens
    if lens is None:
        return (1.0,)
    largest = int(state.widest_limits("Iris").high)
    zoom = state.motors["Zoom"].move.position(state.now)
    wide_open = illumination(lens, Setting(zoom, focus=1.0, iris=1.0))
    return tuple(wide_open * (position / largest) ** 2 for position in range(_SMALLEST, largest + 1))


def moves(state: CameraState) -> bool:
    """Whether the iris is on its way."""
    return state.motors["Iris"].moving


def light(state: CameraState) -> float:
    """Illumination as the iris is open now, more than none."""
    return max(imaging_at(state, state.now).illumination, CLOSED)


def open_to(state: CameraState, opening: int) -> bool:
    """Send the iris to one of the `openings`, which takes its time; whether it was to go elsewhere."""
    position = _SMALLEST + opening
    if position == state.stored("Iris"):
        return False
    state.put("Iris", position)
    state.motors["Iris"].go(state.now, position)
    return True
