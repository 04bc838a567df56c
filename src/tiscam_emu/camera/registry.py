"""All declarations, room by room: the order of the categories in the XML."""

from __future__ import annotations

from tiscam_emu.camera import (
    acquisition,
    actions,
    analog,
    auto_functions,
    chunks,
    color,
    device,
    digital_io,
    events,
    exposure,
    format_probe,
    image_format,
    lens,
    lut,
    multi_frame,
    ptp,
    strobe,
    transport,
    trigger,
    user_sets,
    white_balance,
)
from tiscam_emu.features.kinds import Room

ROOMS: tuple[Room, ...] = (
    device.ROOM,
    image_format.ROOM,
    acquisition.ROOM,
    trigger.ROOM,
    exposure.ROOM,
    analog.ROOM,
    auto_functions.ROOM,
    white_balance.ROOM,
    lut.ROOM,
    color.ROOM,
    lens.ROOM,
    digital_io.ROOM,
    strobe.ROOM,
    multi_frame.ROOM,
    user_sets.ROOM,
    chunks.ROOM,
    events.ROOM,
    actions.ROOM,
    ptp.ROOM,
    transport.ROOM,
    format_probe.ROOM,
)
