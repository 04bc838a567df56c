"""Strobe: pulses on STROBE_OUT while the sensor is exposed (manual 5.8)."""

from __future__ import annotations

from bisect import insort
from dataclasses import replace

from tiscam_emu.camera.notices import ExposureEnded, ExposureOpened
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.trigger_io.digital_io import drive_output
from tiscam_emu.features.kinds import At, Entry, Enumeration, Feature, Integer, Room
from tiscam_emu.units import Nanoseconds, ns_from_us

_CATEGORY = "DigitalIO"
_BEGINS, _ENDS = 1, -1


class Strobe:
    """State: the pulses on STROBE_OUT that last or are to come.

    Delay, operation and duration are those of the moment the exposure opens. Pulses that overlap are one.
    """

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._ahead: list[tuple[Nanoseconds, int]] = []
        self._delays_ns: dict[int, Nanoseconds] = {}
        state.notices.subscribe(ExposureOpened, self._exposure_opened)
        state.notices.subscribe(ExposureEnded, self._exposure_ended, urgent=lambda: bool(self._delays_ns))

    def advance(self, now: Nanoseconds) -> None:
        """Begin and end the pulses that are due."""
        while self._ahead and self._ahead[0][0] <= now:
            at_ns, change = self._ahead.pop(0)
            self._state.lines.strobe_pulses += change
            drive_output(self._state, at_ns)

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next pulse begins or ends."""
        return self._ahead[0][0] if self._ahead else None

    def _exposure_opened(self, exposure: ExposureOpened) -> None:
        state = self._state
        if state.entry("StrobeEnable") == "Off":
            return
        delay_ns = ns_from_us(state.get("StrobeDelay", 0))
        begins_ns = exposure.at_ns + delay_ns
        if state.entry("StrobeOperation") == "Exposure":
            self._delays_ns[exposure.request.frame_id] = delay_ns
        elif duration_ns := ns_from_us(state["StrobeDuration"]):
            insort(self._ahead, (begins_ns + duration_ns, _ENDS))
        else:
            return
        insort(self._ahead, (begins_ns, _BEGINS))
        self.advance(exposure.at_ns)

    def _exposure_ended(self, exposure: ExposureEnded) -> None:
        delay_ns = self._delays_ns.pop(exposure.request.frame_id, None)
        if delay_ns is not None:
            insort(self._ahead, (exposure.at_ns + delay_ns, _ENDS))
            self.advance(exposure.at_ns)


_DURATION = Integer(
    name="StrobeDuration",
    at=At(0xFF00_0130),
    category=_CATEGORY,
    doc="Length of a pulse in operation FixedDuration.",
    section="5.8.4",
    display_name="Strobe Duration",
    sfnc=False,
    unit="us",
)

FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="StrobeEnable",
        at=At(0xFF00_0120, 0, 0),
        category=_CATEGORY,
        doc="Sends a pulse with every exposure.",
        section="5.8.1",
        display_name="Strobe Enable",
        sfnc=False,
        entries=(Entry("Off", 0), Entry("On", 1)),
        on_write=drive_output,
        note="A pulse that lasts while the strobe is switched off ends then.",
    ),
    Enumeration(
        name="StrobePolarity",
        at=At(0xFF00_0120, 1, 1),
        category=_CATEGORY,
        doc="Level of the line during a pulse.",
        section="5.8.2",
        display_name="Strobe Polarity",
        sfnc=False,
        entries=(Entry("ActiveHigh", 1, "", "Active High"), Entry("ActiveLow", 0, "", "Active Low")),
        on_write=drive_output,
    ),
    Enumeration(
        name="StrobeOperation",
        at=At(0xFF00_0120, 2, 2),
        category=_CATEGORY,
        doc="What sets the length of a pulse.",
        section="5.8.3",
        display_name="Strobe Operation",
        sfnc=False,
        entries=(
            Entry("FixedDuration", 0, "StrobeDuration.", "Fixed Duration"),
            Entry("Exposure", 1, "The exposure time."),
        ),
    ),
    _DURATION,
    replace(
        _DURATION,
        name="StrobeDelay",
        at=At(0xFF00_0140),
        doc="Time between the start of exposure and the pulse.",
        note="In operation Exposure the end of the pulse is as late as its start.",
        section="5.8.5",
        display_name="Strobe Delay",
    ),
)

ROOM = Room("strobe", 0x000C_8000, FEATURES)
