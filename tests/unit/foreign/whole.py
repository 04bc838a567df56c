"""Whole small cameras, made node by node: what a frame needs, and what a test adds or leaves out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from tests.unit.foreign.conftest import describe
from tests.unit.foreign.small import category, element, entry, register

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.foreign.files.source import Description

if TYPE_CHECKING:
    from tiscam_emu.foreign.live.face import Face

MONO8, MONO16 = 0x0108_0001, 0x0110_0007
BASE = 0x0001_0000


def number(name: str, address: int, low: int, high: int, access: str = "RW", *, kind: str = "Integer") -> str:
    """A number in a register of its own."""
    return element(kind, name, pValue=f"{name}Reg", Min=low, Max=high) + register(f"{name}Reg", address, access)


def choice(name: str, address: int, **entries: int) -> str:
    """An enumeration in a register of its own."""
    listed = "".join(entry(symbol, value) for symbol, value in entries.items())
    behind = element("Enumeration", name, pValue=f"{name}Reg").replace("<pValue>", f"{listed}<pValue>")
    return behind + register(f"{name}Reg", address)


def command(name: str, address: int, value: int = 1) -> str:
    """A command with a register of its own."""
    return element("Command", name, pValue=f"{name}Reg", CommandValue=value) + register(f"{name}Reg", address)


def camera(
    *more: str,
    size: tuple[int, int] = (640, 480),
    formats: dict[str, int] | None = None,
    names: Collection[str] = (),
    without: Collection[str] = (),
) -> bytes:
    """A camera's description: `more` nodes, of which `names` are shown, and `without` some of the usual ones."""
    usual = {
        "Width": number("Width", BASE, 16, size[0]),
        "Height": number("Height", BASE + 4, 16, size[1]),
        "PixelFormat": choice("PixelFormat", BASE + 8, **(formats or {"Mono8": MONO8, "Mono16": MONO16})),
        "PayloadSize": number("PayloadSize", BASE + 12, 0, 2**31 - 1, "RO"),
        "AcquisitionMode": choice("AcquisitionMode", BASE + 16, Continuous=0, SingleFrame=1),
        "AcquisitionStart": command("AcquisitionStart", BASE + 20),
        "AcquisitionStop": command("AcquisitionStop", BASE + 24),
        "ExposureTimeRaw": number("ExposureTimeRaw", BASE + 28, 10, 1_000_000),
    }
    kept = {name: text for name, text in usual.items() if name not in without}
    return describe(category(*kept, *names) + "".join(kept.values()) + "".join(more))


def opened(*more: str, names: Collection[str] = (), **facts: Any) -> Face:
    """What clients read and write of such a camera, whose registers are invented."""
    from tiscam_emu.foreign.live.face import Face
    from tiscam_emu.foreign.twin import open_twin, prepare

    description = Description(camera(*more, names=names, **facts), "tiny.xml", shown="tiny.xml")
    face = open_twin(prepare(description), CameraOptions()).registers
    assert isinstance(face, Face)
    return face


def write(face: Face, address: int, value: int) -> None:
    """Write one word."""
    face.write(address, value.to_bytes(4, "big"))


def read(face: Face, address: int) -> int:
    """Read one word."""
    return int.from_bytes(face.read(address, 4), "big")
