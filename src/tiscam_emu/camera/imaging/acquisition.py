"""Acquisition: mode, start and stop, and the frame rate (manual 5.1.4)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.imaging import frame_rate
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.features.derived import derived
from tiscam_emu.features.kinds import (
    Access,
    At,
    Command,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Limits,
    Room,
    Visibility,
)

_CATEGORY = "AcquisitionControl"


@derived
def fastest_hz(state: CameraState) -> float:
    """Largest frame rate of the format, size and readout mode in use."""
    size = int(state["Width"]), int(state["Height"])
    return frame_rate.highest_hz(state.model, state.entry("PixelFormat"), *size)


def _rate_limits(state: CameraState, _limits: Limits) -> Limits:
    lowest = frame_rate.lowest_hz(state.model, int(state["Height"]))
    return Limits(*frame_rate.in_millihertz(lowest, fastest_hz(state)))


def _start(state: CameraState) -> None:
    if not state.acquiring:
        state.acquiring = True
        state.acquisition_starts += 1
        state.triggers.received.clear()


def _stop(state: CameraState) -> None:
    state.acquiring = False


_RATE = Float(
    name="AcquisitionFrameRate",
    at=At(0xF000_0004),
    per_unit=frame_rate.MILLI,
    remembered=True,
    category=_CATEGORY,
    doc=(
        "Frames per second in free run. The maximum depends on format, size and readout mode; a long exposure lowers "
        "the resulting rate."
    ),
    section="5.1.4",
    unit="Hz",
    limits=Limits(0.0, float("inf")),
    live=_rate_limits,
    default=float("inf"),
    note="The lowest rate follows the height as that of another camera of the family does: an assumption. Rates of"
    " skipping and binning modes follow from the output size. A rate that these do not allow takes effect as far as"
    " they do, and wholly when they do; user sets keep what has taken effect.",
)

FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="AcquisitionMode",
        category=_CATEGORY,
        doc="How many frames an acquisition takes: until it is stopped, one, or AcquisitionFrameCount.",
        every_model=True,
        entries=(Entry("Continuous", 0), Entry("SingleFrame", 1), Entry("MultiFrame", 2)),
        locks=(ACQUIRING,),
    ),
    Command(
        name="AcquisitionStart",
        access=Access.WO,
        at=At(0xF0F0_0614),
        code=1,
        category=_CATEGORY,
        doc="Starts taking frames.",
        every_model=True,
        on_write=_start,
    ),
    Command(
        name="AcquisitionStop",
        access=Access.WO,
        at=At(0xF0F0_0614),
        code=0,
        category=_CATEGORY,
        doc="Ends taking frames; a frame that is being exposed is still delivered.",
        every_model=True,
        on_write=_stop,
    ),
    Integer(
        name="AcquisitionFrameCount",
        category=_CATEGORY,
        doc="Frames of one acquisition in mode MultiFrame.",
        every_model=True,
        limits=Limits(1, 65535, 1),
        default=1,
        locks=(ACQUIRING,),
    ),
    _RATE,
    replace(
        _RATE,
        name="FPS",
        doc="The same value as AcquisitionFrameRate, under the name that Aravis looks up for this vendor.",
        section="",
        sfnc=False,
        every_model=True,
        at=None,
        alias_of="AcquisitionFrameRate",
        hidden=True,
        visibility=Visibility.INVISIBLE,
        note="",
    ),
)

ROOM = Room("acquisition", 0x0003_0000, FEATURES)
