"""Autofocus: the motor stops, the sensor looks at a few small parts of the picture, the search goes on (manual 5.4.5).

It looks at raw frames of its own, which are never sent, so no acquisition has to run. All they depend on is frozen when
the search begins, but for the focus. The camera waits for each of them to be measured: how long that takes decides when
the search ends, but not where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from tiscam_emu.camera.lens.focus_search import Search, search_focus
from tiscam_emu.camera.lens.lens import focus_region
from tiscam_emu.camera.lens.lens_motors import imaging_of, setting_at
from tiscam_emu.camera.lens.lens_optics import Setting
from tiscam_emu.camera.lens.motion import Motor
from tiscam_emu.camera.notices import FocusSearchRequested, FocusStopReached, MoveCompleted
from tiscam_emu.camera.state import CameraState
from tiscam_emu.pixel_formats import PIXEL_FORMATS, PixelFormat
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.units import Nanoseconds

_PARTS = 4
_PART_PX = 64
"""Of a large picture autofocus sees 4 x 4 parts of 64 x 64 pixels: some ten ms of the computer's time a look."""

_LARGEST_BLUR_PX = 12.0
"""More blur looks the same to it, and takes long to compute; every stop of the sweep but one or two has more."""

_FIRST_FRAME_ID = 1 << 32  # frames of a stream count from 0 and stay below

Prepare = Callable[[CameraState, int, Nanoseconds], FrameRequest]


@dataclass(frozen=True, slots=True)
class FocusLook:
    """Small frames to render and to measure together; `number` grows by one from look to look."""

    number: int
    requests: tuple[FrameRequest, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """What stays the same during a search."""

    requests: tuple[FrameRequest, ...]
    setting: Setting


class AutoFocus:
    """State: the search that is going on, if any; it lasts as long as the focus motor is searching."""

    def __init__(self, state: CameraState, prepare: Prepare) -> None:
        self._state, self._prepare = state, prepare
        self._search: Search | None = None
        self._view: _View | None = None
        self._looks = 0
        self._wanted: FocusLook | None = None
        self._waiting = False
        state.notices.subscribe(FocusSearchRequested, self._begin)
        state.notices.subscribe(FocusStopReached, self._on_stop)
        state.notices.subscribe(MoveCompleted, self._on_arrival)

    def take_look(self) -> FocusLook | None:
        """What has to be measured before the search can go on; handed out once."""
        wanted, self._wanted = self._wanted, None
        return wanted if wanted and self._motor.searching else None

    def looked(self, number: int, sharpness: float, now: Nanoseconds) -> None:
        """Take the sharpness of a look; that of a search which has been given up is left out."""
        if self._search is None or not self._motor.searching or number != self._looks or not self._waiting:
            return
        self._waiting = False
        try:
            self._motor.go(now, self._search.send(sharpness), searching=True)
        except StopIteration as end:
            self._search = None
            self._state.put("Focus", end.value)
            self._motor.go(now, end.value)

    @property
    def _motor(self) -> Motor:
        return self._state.motors["Focus"]

    def _begin(self, notice: FocusSearchRequested) -> None:
        limits = self._state.widest_limits("Focus")
        start = round(self._motor.move.position(notice.at_ns))
        pixels = sum(part.width * part.height for part in parts(focus_region(self._state)))
        self._search = search_focus(start, int(limits.low), int(limits.high), pixels)
        self._view, self._wanted, self._waiting = None, None, False
        self._motor.go(notice.at_ns, next(self._search), searching=True)

    def _on_stop(self, notice: FocusStopReached) -> None:
        if not self._state.motors["Zoom"].moving:
            self._look(notice.at_ns)

    def _on_arrival(self, notice: MoveCompleted) -> None:
        """The search began while the zoom motor moved, and has waited for it."""
        focus = self._state.motors["Focus"]
        if notice.motor == "Zoom" and focus.searching and not focus.moving and not self._waiting:
            self._look(notice.at_ns)

    def _look(self, now: Nanoseconds) -> None:
        self._looks += 1
        view = self._view = self._view or self._frozen(now)
        limits = self._state.widest_limits("Focus")
        setting = replace(view.setting, focus=self._motor.move.position(now) / limits.high)
        defocus_px = min(imaging_of(self._state, setting).defocus_px, _LARGEST_BLUR_PX)
        requests = tuple(
            replace(request, frame_id=_FIRST_FRAME_ID + self._looks * _PARTS**2 + index, defocus_px=defocus_px)
            for index, request in enumerate(view.requests)
        )
        self._wanted, self._waiting = FocusLook(self._looks, requests), True

    def _frozen(self, now: Nanoseconds) -> _View:
        request = self._prepare(self._state, 0, now)
        raw = FrameRequest(
            frame_id=0,
            exposure_start_ns=request.exposure_start_ns,
            exposure_us=request.exposure_us,
            gain_db=request.gain_db,
            black_level=request.black_level,
            pixel_format=_raw_format(self._state),
            region=request.region,
            illumination=request.illumination,
            zoom=request.zoom,
            infrared=request.infrared,
        )
        regions = parts(focus_region(self._state))
        return _View(tuple(replace(raw, region=region) for region in regions), setting_at(self._state, now))


def parts(region: Region) -> tuple[Region, ...]:
    """Small regions spread over one; the whole of it if it is not larger than all of them together."""
    rows = _spread(region.offset_y, region.height)
    columns = _spread(region.offset_x, region.width)
    return tuple(
        replace(region, offset_x=left, width=width, offset_y=top, height=height)
        for (top, height), (left, width) in product(rows, columns)
    )


def _spread(first: int, size: int) -> list[tuple[int, int]]:
    """First and size of the parts of one side, on whole Bayer quads."""
    if size <= _PARTS * _PART_PX:
        return [(first, size)]
    centres = (first + (2 * index + 1) * size // (2 * _PARTS) for index in range(_PARTS))
    return [(centre // 2 * 2 - _PART_PX // 2, _PART_PX) for centre in centres]


def _raw_format(state: CameraState) -> PixelFormat:
    names = (entry.name for entry in state.features["PixelFormat"].entries)
    eight_bits = (PIXEL_FORMATS[name] for name in names if PIXEL_FORMATS[name].packing == "8")
    return next(eight_bits, PIXEL_FORMATS["Mono8"])
