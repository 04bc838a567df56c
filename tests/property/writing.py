"""What a client writes to set a feature."""

from __future__ import annotations

from tiscam_emu.camera.core import Camera
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Access, Command, Value
from tiscam_emu.units import Nanoseconds


def write_feature(camera: Camera, feature: BoundFeature, value: Value, now: Nanoseconds) -> None:
    """Write the feature's register, or its bits of one; a command, whatever the value.

    Raises
    ------
    RegisterError
        What the camera says.
    """
    declaration, address = feature.declaration, feature.slot.address
    data = encode(feature, declaration.code if isinstance(declaration, Command) else value)
    at = declaration.at
    if at and not at.whole and declaration.length == 4:
        others = 0 if declaration.access is Access.WO else int.from_bytes(camera.read(address, 4, now), "big")
        mask = (1 << at.msb - at.lsb + 1) - 1 << at.lsb
        data = (others & ~mask | int.from_bytes(data, "big") << at.lsb).to_bytes(4, "big")
    camera.write(address, data, now)
