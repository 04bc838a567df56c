"""Whatever a client writes to a camera with a description of its own: refused or taken, never worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("genicam")

from tests.unit.foreign.small import element, register
from tests.unit.foreign.whole import BASE, camera, choice, command, number

from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import AccessDenied, InvalidAddress, RegisterError
from tiscam_emu.foreign.files.source import Description
from tiscam_emu.foreign.live.face import Face
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END
from tiscam_emu.foreign.twin import open_twin, prepare
from tiscam_emu.units import NS_PER_MS

LENGTH, PLACE, GAMMA, OFFSET, TEXT = BASE + 0x100, BASE + 0x104, BASE + 0x108, BASE + 0x10C, BASE + 0x200
FURTHEST = 0x8000_0000
NODES = (
    # Lengths and places that a client decides.
    number("Bytes", LENGTH, 0, 0xFFFF_FFFF),
    number("Place", PLACE, 0, 0xFFFF_FFFF),
    register("File", FURTHEST, kind="Register").replace("<Length>4</Length>", "<pLength>Bytes</pLength>"),
    register("DeviceUserID", TEXT, kind="StringReg").replace("<Length>4</Length>", "<pLength>Bytes</pLength>"),
    register("Moved", 0, pAddress="Place"),
    # Acting features whose registers may hold what is no number, or whose formulas divide by zero.
    element("Float", "Gamma", pValue="GammaReg"),
    register("GammaReg", GAMMA, kind="FloatReg"),
    element("Float", "OffsetX", pValue="OffsetReg"),
    register("OffsetReg", OFFSET, kind="FloatReg"),
    element("SwissKnife", "Rate", pVariable=["A=GammaReg", "B=Bytes"], Formula="A / B"),
    element("Float", "AcquisitionFrameRate", pValue="Rate"),
    element("Integer", "BlackLevel", pValue="Level"),
    register("Level", BASE + 0x110).replace("<Length>4</Length>", "<pLength>Bytes</pLength>"),
    # What keeps state of its own: a selector with another content for each value, user sets, commands.
    choice("GainSelector", BASE + 0x120, All=0, Red=1, Blue=2).replace(
        "</Enumeration>", "<pSelected>Gain</pSelected></Enumeration>"
    ),
    number("Gain", BASE + 0x124, 0, 24),
    choice("UserSetSelector", BASE + 0x128, Default=0, UserSet1=1),
    command("UserSetLoad", BASE + 0x12C),
    command("UserSetSave", BASE + 0x130),
    command("DeviceReset", BASE + 0x134),
    choice("TriggerMode", BASE + 0x138, Off=0, On=1),
    command("TriggerSoftware", BASE + 0x13C),
)
NAMES = (
    "Bytes", "Place", "File", "DeviceUserID", "Moved", "Gamma", "OffsetX", "AcquisitionFrameRate", "BlackLevel",
    "GainSelector", "Gain", "UserSetSelector", "UserSetLoad", "UserSetSave", "DeviceReset", "TriggerMode",
    "TriggerSoftware",
)  # fmt: skip

addresses = st.one_of(
    st.integers(BASE // 4, BASE // 4 + 0x90).map(lambda word: 4 * word),
    st.sampled_from([LENGTH, PLACE, GAMMA, OFFSET, FURTHEST, FURTHEST + 0x100_0000, 0xFFFF_FFFC]),
    st.integers(0, (1 << 30) - 1).map(lambda word: 4 * word),
)
words = st.one_of(
    st.integers(0, 32),
    st.sampled_from([0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F7F_FFFF, 0xFFFF_FFFF, 0x8000_0000, 64 << 20, 8 << 20]),
    st.integers(0, (1 << 32) - 1),
)
writes = st.lists(st.tuples(addresses, words, st.integers(1, 4)), max_size=40)


@pytest.fixture(scope="module")
def hostile() -> tuple[Camera, Face]:
    description = Description(camera(*NODES, names=NAMES), "t.xml", shown="t.xml")
    served = open_twin(prepare(description), CameraOptions())
    face = served.registers
    assert isinstance(face, Face)
    return served, face


def _read(face: Face, address: int, length: int) -> bytes | None:
    try:
        return face.read(address, length)
    except RegisterError:
        return None


@given(writes=writes)
def test_registers_take_or_refuse_whatever_is_written(
    hostile: tuple[Camera, Face], writes: list[tuple[int, int, int]]
) -> None:
    served, face = hostile
    for at, (address, word, count) in enumerate(writes):
        before = _read(face, address, 4 * count)
        try:
            face.write(address, word.to_bytes(4, "big") * count)
        except RegisterError:
            if address >= BOOTSTRAP_END:
                assert _read(face, address, 4 * count) == before
        served.advance(served.state.now + at * NS_PER_MS)
    assert len(face.memory.copy()) < 4096


def test_what_a_client_makes_long_ends_at_a_megabyte(hostile: tuple[Camera, Face]) -> None:
    face = hostile[1]
    face.write(LENGTH, (0xFFFF_FFFF).to_bytes(4, "big"))

    face.write(FURTHEST + (1 << 20) - 4, b"last")

    assert face.read(FURTHEST + (1 << 20) - 4, 4) == b"last"
    with pytest.raises(InvalidAddress):
        face.write(FURTHEST + (1 << 20), b"more")


def test_registers_that_a_client_moves_about_do_not_fill_the_memory(hostile: tuple[Camera, Face]) -> None:
    face = hostile[1]
    moved = dict.fromkeys(range(0x1_0000, 0x2_0000 - len(face.memory.copy())), bytes(4096))
    face.memory.restore({**face.memory.copy(), **moved})
    face.write(PLACE, (0x7000_0000).to_bytes(4, "big"))

    with pytest.raises(AccessDenied):
        face.write(0x7000_0000, b"more")
