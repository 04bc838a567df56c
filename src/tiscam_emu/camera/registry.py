"""All declarations, room by room: the order of the categories in the XML."""

from __future__ import annotations

from tiscam_emu.camera.control import device, ptp, user_sets
from tiscam_emu.camera.imaging import (
    acquisition,
    analog,
    auto_functions,
    color,
    exposure,
    format_probe,
    image_format,
    lut,
    multi_frame,
    white_balance,
)
from tiscam_emu.camera.lens import lens
from tiscam_emu.camera.messages import events, message_channel
from tiscam_emu.camera.stream import bandwidth, chunks, transport
from tiscam_emu.camera.trigger_io import actions, digital_io, strobe, trigger
from tiscam_emu.features.kinds import Room

ROOMS: tuple[Room, ...] = (
    device.ROOM,
    bandwidth.ROOM,
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
    message_channel.ROOM,
    format_probe.ROOM,
)
