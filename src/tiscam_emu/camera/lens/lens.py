"""Motorised zoom lens: zoom, focus, iris, infrared cut filter (manual 5.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tiscam_emu.camera.imaging import image_format
from tiscam_emu.camera.lens.lens_motors import follow, request_search
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Boolean, Command, Feature, Fidelity, Integer, Lock, Room
from tiscam_emu.sensor.request import Region

_CATEGORY = "LensControl"
_WHEN_SEARCHING = "The rectangle of a search is that of its beginning."

IRIS_AUTO = Lock("IrisAuto", lambda state: bool(state["IrisAuto"]), "IrisAuto is on")


@dataclass(frozen=True, slots=True)
class _Axis:
    """The features that describe one side of the focus rectangle, and of the partial scan area it has to lie in."""

    start: str
    size: str
    area: Callable[[Region], tuple[int, int]]

    def fitted(self, state: CameraState) -> tuple[int, int]:
        """Start and size, on the sensor, moved and cut to lie in the area."""
        area_start, area_size = self.area(image_format.region(state))
        start_limits, size_limits = state.widest_limits(self.start), state.widest_limits(self.size)
        last_start = area_start + area_size - size_limits.low
        start = int(start_limits.fit(max(min(state.stored(self.start), last_start), area_start)))
        size = int(size_limits.fit(min(state.stored(self.size), area_start + area_size - start)))
        return start, size


_COLUMNS = _Axis(
    "AutoFocusROILeft",
    "AutoFocusROIWidth",
    lambda region: (region.offset_x * region.skip_x * region.bin_x, region.width * region.skip_x * region.bin_x),
)
_ROWS = _Axis(
    "AutoFocusROITop",
    "AutoFocusROIHeight",
    lambda region: (region.offset_y * region.skip_y * region.bin_y, region.height * region.skip_y * region.bin_y),
)


def focus_region(state: CameraState) -> Region:
    """What autofocus looks at, in sensor pixels: its rectangle if that is on, else all that is read out."""
    region = image_format.region(state)
    (left, columns), (top, rows) = _COLUMNS.area(region), _ROWS.area(region)
    right, bottom = left + columns, top + rows
    if state["AutoFocusROIEnable"]:
        (left, columns), (top, rows) = _COLUMNS.fitted(state), _ROWS.fitted(state)
    left, top = left // 2 * 2, top // 2 * 2  # whole Bayer quads
    return Region(
        width=min(columns, right - left) // 2 * 2,
        height=min(rows, bottom - top) // 2 * 2,
        offset_x=left,
        offset_y=top,
        reverse_x=region.reverse_x,
        reverse_y=region.reverse_y,
    )


_ZOOM = Integer(
    name="Zoom",
    category=_CATEGORY,
    doc="Position of the zoom motor: 0 is the wide angle.",
    section="5.4.1",
    sfnc=False,
    on_write=follow("Zoom"),
    note=(
        "Read is the position asked for; the motor takes its time, and each frame is taken where it is then. "
        "Its speed, and where the scene stands, are assumptions."
    ),
)

_FOCUS_ROI_LEFT = Integer(
    name="AutoFocusROILeft",
    category=_CATEGORY,
    doc="First column, on the sensor, that autofocus looks at; fitted to the region that is read out.",
    section="5.4.6",
    display_name="Auto Focus ROI Left",
    sfnc=False,
    value=lambda state: _COLUMNS.fitted(state)[0],
    fidelity=Fidelity.APPROXIMATED,
    note=_WHEN_SEARCHING,
)

FEATURES: tuple[Feature, ...] = (
    _ZOOM,
    replace(
        _ZOOM,
        name="Focus",
        doc="Position of the focus motor: small values are near, large ones far.",
        section="5.4.2",
        moves=True,
        on_write=follow("Focus"),
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Read is the position asked for or found by autofocus; the motor takes its time. Which distance a position "
            "stands for is an assumption: at the wide angle the scene is in focus at the maximum."
        ),
    ),
    Command(
        name="FocusAuto",
        category=_CATEGORY,
        doc="Looks for the sharpest focus once.",
        section="5.4.5",
        display_name="Auto Focus",
        sfnc=False,
        on_write=request_search,
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Compares the contrast of raw frames that are not sent; no acquisition has to run. The motor stops every "
            "500 positions, then around the sharpest one in ever smaller steps. Of a large picture it sees 16 parts of "
            "64 x 64 pixels. Exposure, gain and iris of a search are those of its beginning. Without contrast it ends "
            "where it began. Zoom or Focus written meanwhile, or a reset, ends it. The procedure is an assumption."
        ),
    ),
    replace(
        _ZOOM,
        name="Iris",
        doc="Opening of the iris: the largest value is wide open, 0 lets no light through.",
        section="5.4.3",
        locks=(IRIS_AUTO,),
        on_write=follow("Iris"),
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Read is the position asked for; the iris takes half a second from end to end, and each frame is taken "
            "through what is open then. That, and that its diameter is proportional to the value, are assumptions."
        ),
    ),
    Boolean(
        name="IrisAuto",
        category=_CATEGORY,
        doc="The camera moves the iris, and Iris is locked.",
        section="5.4.7",
        display_name="Auto Iris",
        sfnc=False,
        fidelity=Fidelity.APPROXIMATED,
        note=(
            "Opens the iris when the exposure is at its limit, before gain is raised; never closes it below Iris 16. "
            "The exposure makes up for an iris that has not arrived."
        ),
    ),
    Boolean(
        name="IRCutFilterEnable",
        category=_CATEGORY,
        doc="Puts the infrared cut filter in front of the sensor.",
        section="5.4.4",
        display_name="IRCut Filter Enable",
        sfnc=False,
        fidelity=Fidelity.APPROXIMATED,
        note="Without it pictures are brighter, reddish and pale; how strongly is an assumption.",
    ),
    Boolean(
        name="AutoFocusROIEnable",
        category=_CATEGORY,
        doc="Lets autofocus look at a rectangle of the sensor alone.",
        section="5.4.6",
        display_name="Auto Focus ROI Enable",
        sfnc=False,
        fidelity=Fidelity.APPROXIMATED,
        note=_WHEN_SEARCHING,
    ),
    _FOCUS_ROI_LEFT,
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROITop",
        doc="First row, on the sensor, that autofocus looks at; fitted to the region that is read out.",
        display_name="Auto Focus ROI Top",
        value=lambda state: _ROWS.fitted(state)[0],
    ),
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROIWidth",
        doc="Columns that autofocus looks at; fitted to the region that is read out.",
        display_name="Auto Focus ROI Width",
        default=lambda state: state.widest_limits("AutoFocusROIWidth").high,
        value=lambda state: _COLUMNS.fitted(state)[1],
    ),
    replace(
        _FOCUS_ROI_LEFT,
        name="AutoFocusROIHeight",
        doc="Rows that autofocus looks at; fitted to the region that is read out.",
        display_name="Auto Focus ROI Height",
        default=lambda state: state.widest_limits("AutoFocusROIHeight").high,
        value=lambda state: _ROWS.fitted(state)[1],
    ),
)

ROOM = Room("lens", 0x000B_0000, FEATURES)
