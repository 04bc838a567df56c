"""Multi-part streams: an option of the stream channel that only cameras started for it have."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.control.gev import flag
from tiscam_emu.camera.state import ACQUIRING, CameraState
from tiscam_emu.features.bound import Choice, bind
from tiscam_emu.features.kinds import At
from tiscam_emu.features.layout import Slot
from tiscam_emu.spec.model import CameraModel

NAME = "GevSCCFGMultiPart"
_ADDRESS = 0x0D24
_FEATURE = replace(
    flag(
        NAME,
        "Sends frames in parts, image and chunks, while packets have 64-bit ids.",
        At(_ADDRESS, 6, 6),
        locks=(ACQUIRING,),
    ),
    sfnc=False,
)


def with_multi_part(model: CameraModel) -> CameraModel:
    """The model with the bit of SCCFG that switches multi-part streams on."""
    feature = bind(_FEATURE, Choice(), Slot(_ADDRESS, 4, 1, 4), ())
    return replace(model, features={**model.features, NAME: feature})


def is_on(state: CameraState) -> bool:
    """Whether frames are sent in parts: headers say how many parts there are only while ids are extended."""
    return bool(state.get(NAME, 0) and state["GevGVSPExtendedIDMode"])
