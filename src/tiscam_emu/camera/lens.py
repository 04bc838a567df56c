"""Motorised zoom lens: zoom, focus, iris, infrared cut filter (manual 5.4)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.features.kinds import Boolean, Command, Feature, Fidelity, Integer, Lock, Room

_CATEGORY = "LensControl"
_MOTORS_LATER = "The value changes at once: no motor moves, and the image does not change yet."
_AUTO_LATER = "Stored and returned: there is no autofocus yet."

IRIS_AUTO = Lock("IrisAuto", lambda state: bool(state["IrisAuto"]), "IrisAuto is on")

_ZOOM = Integer(
    name="Zoom",
    category=_CATEGORY,
    doc="Position of the zoom motor: 0 is the wide angle.",
    section="5.4.1",
    sfnc=False,
    fidelity=Fidelity.STORED,
    note=_MOTORS_LATER,
)

_FOCUS_ROI_LEFT = Integer(
    name="AutoFocusROILeft",
    category=_CATEGORY,
    doc="First column, on the sensor, that autofocus looks at.",
    section="5.4.6",
    display_name="Auto Focus ROI Left",
    sfnc=False,
    fidelity=Fidelity.STORED,
    note=_AUTO_LATER,
)

FEATURES: tuple[Feature, ...] = (
    _ZOOM,
    replace(
        _ZOOM,
        name="Focus",
        doc="Position of the focus motor: small values are near, large ones far.",
        section="5.4.2",
    ),
    Command(
        name="FocusAuto",
        category=_CATEGORY,
        doc="Looks for the sharpest focus once.",
        section="5.4.5",
        display_name="Auto Focus",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note="Accepted; focus stays where it is.",
    ),
    replace(
        _ZOOM,
        name="Iris",
        doc="Opening of the iris: the largest value is wide open.",
        section="5.4.3",
        locks=(IRIS_AUTO,),
    ),
    Boolean(
        name="IrisAuto",
        category=_CATEGORY,
        doc="The camera moves the iris, and Iris is locked.",
        section="5.4.7",
        display_name="Auto Iris",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note="The automatic does not move the iris yet; it locks it.",
    ),
    Boolean(
        name="IRCutFilterEnable",
        category=_CATEGORY,
        doc="Puts the infrared cut filter in front of the sensor.",
        section="5.4.4",
        display_name="IRCut Filter Enable",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note="The image does not change yet.",
    ),
    Boolean(
        name="AutoFocusROIEnable",
        category=_CATEGORY,
        doc="Lets autofocus look at a rectangle of the sensor alone.",
        section="5.4.6",
        display_name="Auto Focus ROI Enable",
        sfnc=False,
        fidelity=Fidelity.STORED,
        note=_AUTO_LATER,
    ),
    _FOCUS_ROI_LEFT,
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROITop",
        doc="First row, on the sensor, that autofocus looks at.",
        display_name="Auto Focus ROI Top",
    ),
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROIWidth",
        doc="Columns that autofocus looks at.",
        display_name="Auto Focus ROI Width",
        default=lambda state: state.widest_limits("AutoFocusROIWidth").high,
    ),
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROIHeight",
        doc="Rows that autofocus looks at.",
        display_name="Auto Focus ROI Height",
        default=lambda state: state.widest_limits("AutoFocusROIHeight").high,
    ),
)

ROOM = Room("lens", 0x000B_0000, FEATURES)
