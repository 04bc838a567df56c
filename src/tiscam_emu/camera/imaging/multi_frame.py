"""Multi-frame output mode: exposure times and gains that take turns (manual 5.14)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.imaging.analog import GAIN_PER_DB
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Boolean, Entry, Enumeration, Feature, Float, Room
from tiscam_emu.sensor.request import FrameRequest

_CATEGORY = "MultiFrameSetOutputMode"
_PREFIX = "MultiFrameSetOutputMode"
_FRAMES = range(4)


def exposures_us(state: CameraState) -> tuple[float, ...]:
    """The exposure times that take turns; the only one while the mode is off."""
    if not _enabled(state):
        return (float(state["ExposureTime"]),)
    return tuple(float(state[f"{_PREFIX}ExposureTime{turn}"]) for turn in range(_count(state)))


def in_turn(state: CameraState, request: FrameRequest, position: int) -> FrameRequest:
    """`request` as frame number `position` of an acquisition: with the exposure time and gain whose turn it is."""
    if not _enabled(state):
        return request
    gain_db, turn = request.gain_db, position % _count(state)
    if state[f"{_PREFIX}CustomGain"]:
        gain_db = float(state[f"{_PREFIX}Gain{turn}"])
    return replace(request, exposure_us=exposures_us(state)[turn], gain_db=gain_db)


def _enabled(state: CameraState) -> bool:
    return bool(state.get(f"{_PREFIX}Enable", 0))


def _count(state: CameraState) -> int:
    return int(state[f"{_PREFIX}FrameCount"])


def _exposure(frame: int) -> Float:
    return Float(
        name=f"MultiFrameSetOutputModeExposureTime{frame}",
        category=_CATEGORY,
        doc=f"Exposure time of frame {frame} of a set.",
        section="5.14.3",
        display_name=f"Exposure {frame}",
        sfnc=False,
        unit="us",
    )


def _gain(frame: int) -> Float:
    return Float(
        name=f"MultiFrameSetOutputModeGain{frame}",
        category=_CATEGORY,
        doc=f"Gain of frame {frame} of a set.",
        section="5.14.5",
        display_name=f"Gain {frame}",
        sfnc=False,
        unit="dB",
        per_unit=GAIN_PER_DB,
    )


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="MultiFrameSetOutputModeEnable",
        category=_CATEGORY,
        doc="Goes through the exposure times of the set from frame to frame.",
        section="5.14.1",
        display_name="Multi Frame Output Mode Enable",
        sfnc=False,
        note="The first frame of an acquisition is frame 0 of a set: an assumption.",
    ),
    Enumeration(
        name="MultiFrameSetOutputModeFrameCount",
        category=_CATEGORY,
        doc="Frames of a set.",
        section="5.14.2",
        display_name="Frame Count",
        sfnc=False,
        entries=(
            Entry("MultiFrameSetOutputModeFrameCount_2Frames", 2, "", "2 Frames"),
            Entry("MultiFrameSetOutputModeFrameCount_4Frames", 4, "", "4 Frames"),
        ),
    ),
    *(_exposure(frame) for frame in _FRAMES),
    Boolean(
        name="MultiFrameSetOutputModeCustomGain",
        category=_CATEGORY,
        doc="Goes through the gains of the set too; otherwise all frames use Gain.",
        section="5.14.4",
        display_name="Customize Gain Values",
        sfnc=False,
    ),
    *(_gain(frame) for frame in _FRAMES),
)

ROOM = Room("multi_frame", 0x000D_0000, FEATURES)
