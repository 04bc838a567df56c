"""Bandwidth: a limit to what the camera streams, so that several share one network adapter (manual 5.19)."""

from __future__ import annotations

from tiscam_emu.camera import image_format, trigger
from tiscam_emu.camera.chunks import chunk_tail_bytes
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Integer, Room
from tiscam_emu.units import Nanoseconds, ns_from_s
from tiscam_emu.wire.gvsp import data_bytes_per_packet

_CATEGORY = "DeviceControl"
_COUNTS = "Counted are packets with their IP, UDP and GVSP headers. A trigger is not delayed: its frame is sent slowly."

_GIGABIT_BYTES_PER_S = 120e6
_HURRY = 2.0
"""A camera whose link is faster than Gigabit Ethernet sends in free run at Gigabit's rate, or so many times as fast as
its frames need if that is more: at full speed a receiver with the system's default buffer would lose packets."""


def data_bytes_per_s(state: CameraState) -> float:
    """Image data that the camera may send per second: as the limit says if there is one, and never above the link."""
    link = state.model.link.bytes_per_s
    limit = _limit_bytes_per_s(state)
    most = link if limit is None else min(link, limit)
    if most <= _GIGABIT_BYTES_PER_S or trigger.enabled(state):
        return most
    needed = _frame_bytes(state) * float(state["AcquisitionFrameRate"])
    return min(most, max(_GIGABIT_BYTES_PER_S, needed * _HURRY))


def least_period_ns(state: CameraState) -> Nanoseconds:
    """Least distance of two frames that keeps the stream below the limit; 0 without a limit."""
    limit = _limit_bytes_per_s(state)
    if limit is None:
        return 0
    return ns_from_s(_frame_bytes(state) / limit)


def _frame_bytes(state: CameraState) -> int:
    image_bytes = image_format.pixel_format(state).payload_bytes(state["Width"], state["Height"])
    return image_bytes + chunk_tail_bytes(state)


def _limit_bytes_per_s(state: CameraState) -> float | None:
    """The limit less what the headers take of it."""
    if not state.get("DeviceLinkThroughputLimitMode", 0):
        return None
    packet_size = int(state["GevSCPSPacketSize"])
    return float(state["DeviceLinkThroughputLimit"]) * data_bytes_per_packet(packet_size) / packet_size


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="DeviceLinkThroughputLimitMode",
        category=_CATEGORY,
        doc="On: the camera sends no faster than DeviceLinkThroughputLimit, and takes no more frames than that allows.",
        section="5.19.1",
        entries=(Entry("Off", 0), Entry("On", 1)),
        note=f"{_COUNTS} AcquisitionFrameRate reads as before; frames come at the lower rate.",
    ),
    Integer(
        name="DeviceLinkThroughputLimit",
        category=_CATEGORY,
        doc="Most bytes per second that the camera sends while DeviceLinkThroughputLimitMode is On.",
        section="5.19.2",
        unit="Bps",
        note=f"{_COUNTS} The manual calls the unit Mbps; its numbers are bytes per second.",
        default=lambda state: state.widest_limits("DeviceLinkThroughputLimit").high,
    ),
)

ROOM = Room("bandwidth", 0x0001_4000, FEATURES)
