"""Bandwidth: a limit to what the camera streams, so that several share one network adapter (manual 5.19)."""

from __future__ import annotations

from tiscam_emu.camera.imaging import image_format
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.stream.chunks import chunk_tail_bytes
from tiscam_emu.camera.trigger_io import trigger
from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Integer, Room
from tiscam_emu.units import Nanoseconds, ns_from_s
from tiscam_emu.wire.gvsp import ALL_IN_DESCRIPTION_BYTES, IP_UDP_HEADER_BYTES, header_bytes, payload_packets

_CATEGORY = "DeviceControl"
_COUNTS = "Counted are packets with their IP, UDP and GVSP headers. A trigger is not delayed: its frame is sent slowly."

_GIGABIT_BYTES_PER_S = 120e6
_HURRY = 2.0
"""A camera whose link is faster than Gigabit Ethernet sends in free run at Gigabit's rate, or so many times as fast as
its frames need if that is more: at full speed a receiver with the system's default buffer would lose packets."""

_IN_HAND = 1.03
"""So much less than the limit allows frames take of it: packets never leave faster, so that time which the computer
loses could not be made good, and frames would stay late."""


def data_bytes_per_s(state: CameraState) -> float:
    """Image data that the camera may send per second, were there no limit."""
    link = state.model.link.bytes_per_s
    if link <= _GIGABIT_BYTES_PER_S or trigger.enabled(state):
        return link
    needed = _frame_bytes(state) * float(state["AcquisitionFrameRate"])
    return min(link, max(_GIGABIT_BYTES_PER_S, needed * _HURRY))


def limit_bytes_per_s(state: CameraState) -> float | None:
    """Most bytes that the camera may send per second, IP, UDP and GVSP headers included; None without a limit."""
    return float(state["DeviceLinkThroughputLimit"]) if state.get("DeviceLinkThroughputLimitMode", 0) else None


def least_period_ns(state: CameraState) -> Nanoseconds:
    """Least distance of two frames that keeps the stream below the limit; 0 without a limit."""
    limit = limit_bytes_per_s(state)
    if limit is None:
        return 0
    payload_bytes, extended = _frame_bytes(state), bool(state["GevGVSPExtendedIDMode"])
    packets = payload_packets(payload_bytes, int(state["GevSCPSPacketSize"]), extended=extended) + 2
    headers_bytes = packets * (IP_UDP_HEADER_BYTES + header_bytes(extended=extended)) + ALL_IN_DESCRIPTION_BYTES
    return ns_from_s((payload_bytes + headers_bytes) * _IN_HAND / limit)


def _frame_bytes(state: CameraState) -> int:
    image_bytes = image_format.pixel_format(state).payload_bytes(state["Width"], state["Height"])
    return image_bytes + chunk_tail_bytes(state)


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
