"""Multi-frame output mode: exposure times and gains that take turns (manual 5.14)."""

from __future__ import annotations

from tiscam_emu.features.kinds import Boolean, Entry, Enumeration, Feature, Fidelity, Float, Room

_CATEGORY = "MultiFrameSetOutputMode"
_LATER = "Stored and returned: for now all frames use ExposureTime and Gain."
_FRAMES = range(4)


def _exposure(frame: int) -> Float:
    return Float(
        name=f"MultiFrameSetOutputModeExposureTime{frame}",
        category=_CATEGORY,
        doc=f"Exposure time of frame {frame} of a set.",
        section="5.14.3",
        display_name=f"Exposure {frame}",
        sfnc=False,
        unit="us",
        fidelity=Fidelity.STORED,
        note=_LATER,
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
        fidelity=Fidelity.STORED,
        note=_LATER,
    )


FEATURES: tuple[Feature, ...] = (
    Boolean(
        name="MultiFrameSetOutputModeEnable",
        category=_CATEGORY,
        doc="Goes through the exposure times of the set from frame to frame.",
        section="5.14.1",
        display_name="Multi Frame Output Mode Enable",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note=_LATER,
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
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    *(_exposure(frame) for frame in _FRAMES),
    Boolean(
        name="MultiFrameSetOutputModeCustomGain",
        category=_CATEGORY,
        doc="Goes through the gains of the set too; otherwise all frames use Gain.",
        section="5.14.4",
        display_name="Customize Gain Values",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note=_LATER,
    ),
    *(_gain(frame) for frame in _FRAMES),
)

ROOM = Room("multi_frame", 0x000D_0000, FEATURES)
