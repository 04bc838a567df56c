"""What small cameras do behind their descriptions: selectors, commands, locks, user sets, chunks, and the report."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

pytest.importorskip("genicam")

from tests.unit.foreign.small import bit, element, entry, register
from tests.unit.foreign.whole import BASE, camera, choice, command, number, opened, read, write

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.errors import AccessDenied, InvalidAddress, Status
from tiscam_emu.foreign.files import source
from tiscam_emu.foreign.files.source import Description
from tiscam_emu.foreign.live.face import Face
from tiscam_emu.foreign.report import report
from tiscam_emu.foreign.twin import open_twin, prepare

START, STOP, WIDTH = BASE + 20, BASE + 24, BASE
FIRST, SECOND, THIRD = BASE + 0x100, BASE + 0x104, BASE + 0x108
TIME = BASE + 0x110


def behind(selector: str, *selected: str) -> str:
    """An enumeration's description with what it selects."""
    names = "".join(f"<pSelected>{name}</pSelected>" for name in selected)
    return selector.replace("</Enumeration>", f"{names}</Enumeration>")


# Selectors


def test_each_entry_of_a_selector_has_a_content_of_its_own() -> None:
    lines = behind(choice("LineSelector", FIRST, Line0=0, Line1=1), "LineLevel")
    face = opened(lines, number("LineLevel", SECOND, 0, 100), names=["LineSelector", "LineLevel"])

    write(face, SECOND, 5)
    write(face, FIRST, 1)
    write(face, SECOND, 7)
    write(face, FIRST, 0)
    first = read(face, SECOND)
    write(face, FIRST, 1)

    assert (first, read(face, SECOND)) == (5, 7)


def test_a_register_that_the_selector_moves_is_not_exchanged() -> None:
    lines = behind(choice("LineSelector", FIRST, Line0=0, Line1=4), "LineLevel")
    moved = element("Integer", "LineLevel", pValue="LevelReg") + register(
        "LevelReg", SECOND, pAddress="LineSelectorReg"
    )
    face = opened(lines, moved, names=["LineSelector", "LineLevel"])

    write(face, SECOND, 5)
    write(face, FIRST, 4)
    write(face, THIRD, 7)

    assert (read(face, SECOND), read(face, THIRD)) == (5, 7)


def test_registers_behind_a_selector_that_only_the_client_knows_are_all_there() -> None:
    """The selector has no register: the client computes with its own value where the level lies."""
    listed = entry("Line0", 0) + entry("Line2", 2)
    lines = behind(element("Enumeration", "LineSelector", pValue="Chosen"), "LineLevel")
    lines = lines.replace("<pValue>", f"{listed}<pValue>")
    chosen = element("Integer", "Chosen", Value=0)
    offset = element("IntSwissKnife", "LevelOffset", pVariable="LINE=Chosen", Formula="LINE * 4")
    level = element("Integer", "LineLevel", pValue="LevelReg") + register("LevelReg", SECOND, pAddress="LevelOffset")
    face = opened(lines, chosen, offset, level, names=["LineSelector", "LineLevel"])

    write(face, SECOND, 5)
    write(face, SECOND + 8, 7)

    assert (read(face, SECOND), read(face, SECOND + 8)) == (5, 7)
    with pytest.raises(InvalidAddress):
        read(face, SECOND + 4)


def test_gain_behind_all_acts_and_that_of_one_colour_is_memory() -> None:
    gains = behind(choice("GainSelector", FIRST, Red=0, All=1), "Gain")
    face = opened(gains, number("Gain", SECOND, 0, 24), names=["GainSelector", "Gain"])
    write(face, FIRST, 1)
    write(face, SECOND, 6)
    write(face, FIRST, 0)
    write(face, SECOND, 20)

    assert face.state["Gain"] == 6.0
    assert read(face, SECOND) == 20


# Commands


def test_a_command_is_done_at_once_and_reads_so() -> None:
    face = opened()

    write(face, START, 1)

    assert face.state.acquiring
    assert read(face, START) == 0


def test_another_value_than_the_commands_does_nothing() -> None:
    face = opened()

    write(face, START, 2)

    assert not face.state.acquiring


def test_start_and_stop_may_be_two_codes_of_one_register() -> None:
    shared = [
        element("Command", name, pValue="Run", CommandValue=code)
        for name, code in (("AcquisitionStart", 1), ("AcquisitionStop", 2))
    ]
    face = opened(
        *shared,
        register("Run", FIRST),
        without=["AcquisitionStart", "AcquisitionStop"],
        names=["AcquisitionStart", "AcquisitionStop"],
    )

    write(face, FIRST, 1)
    started = face.state.acquiring
    write(face, FIRST, 2)

    assert (started, face.state.acquiring) == (True, False)


def test_a_command_may_be_one_bit_of_a_word() -> None:
    start = element("Command", "AcquisitionStart", pValue="StartBit", CommandValue=1)
    face = opened(start, bit("StartBit", FIRST, 31, "RW"), without=["AcquisitionStart"], names=["AcquisitionStart"])

    write(face, FIRST, 0x8000_0001)

    assert face.state.acquiring
    assert read(face, FIRST) == 0x8000_0000


def test_a_commands_value_may_stand_in_a_register() -> None:
    start = element("Command", "AcquisitionStart", pValue="Run", pCommandValue="Code")
    code = number("Code", SECOND, 0, 99)
    face = opened(start, register("Run", FIRST), code, without=["AcquisitionStart"], names=["AcquisitionStart", "Code"])
    write(face, SECOND, 42)

    write(face, FIRST, 42)

    assert face.state.acquiring


# Locks


def test_a_register_that_locks_follows_the_acquisition() -> None:
    width = element("Integer", "Width", pIsLocked="Grabbing", pValue="WidthReg", Min=16, Max=640)
    grabbing = bit("Grabbing", FIRST, 31)
    face = opened(width, register("WidthReg", SECOND), grabbing, without=["Width"], names=["Width"])
    before = read(face, FIRST)

    write(face, START, 1)
    streaming = read(face, FIRST)
    write(face, STOP, 1)

    assert (before, streaming, read(face, FIRST)) == (0, 1, 0)


def test_size_cannot_be_written_while_the_camera_streams_and_keeps_its_value() -> None:
    face = opened()
    write(face, START, 1)

    with pytest.raises(AccessDenied):
        write(face, WIDTH, 320)

    assert read(face, WIDTH) == 640


# User sets


SETS = (
    choice("UserSetSelector", FIRST, Default=0, UserSet1=1),
    command("UserSetLoad", SECOND),
    command("UserSetSave", THIRD),
)
SET_NAMES = ["UserSetSelector", "UserSetLoad", "UserSetSave"]


def test_a_user_set_keeps_what_acts_and_what_is_memory() -> None:
    face = opened(*SETS, number("Lamp", BASE + 0x10C, 0, 9), names=[*SET_NAMES, "Lamp"])
    write(face, WIDTH, 320)
    write(face, BASE + 0x10C, 7)
    write(face, FIRST, 1)
    write(face, THIRD, 1)
    write(face, WIDTH, 64)
    write(face, BASE + 0x10C, 2)

    write(face, SECOND, 1)

    assert (read(face, WIDTH), face.state["Width"], read(face, BASE + 0x10C)) == (320, 320, 7)
    assert read(face, FIRST) == 1  # the selector is no setting


def test_the_factorys_set_brings_back_the_start_and_is_not_written() -> None:
    face = opened(*SETS, names=SET_NAMES)
    write(face, WIDTH, 320)
    write(face, FIRST, 0)

    write(face, THIRD, 1)
    forgiven = [type(error) for error in face.state.forgiven]
    write(face, SECOND, 1)

    assert forgiven == [AccessDenied]
    assert (read(face, WIDTH), face.state["Width"]) == (640, 640)


# Chunks


CHUNKS = (
    element("Boolean", "ChunkModeActive", pValue="ActiveReg", OnValue=1, OffValue=0) + register("ActiveReg", FIRST),
    behind(choice("ChunkSelector", SECOND, ExposureTime=3), "ChunkEnable"),
    element("Boolean", "ChunkEnable", pValue="EnableReg", OnValue=1, OffValue=0) + register("EnableReg", THIRD),
    element("Float", "ChunkExposureTime", pValue="ChunkTime"),
    element("FloatReg", "ChunkTime", Address=4, Length=8, AccessMode="RO", pPort="TimePort", Endianess="LittleEndian"),
    element("Port", "TimePort", ChunkID="beef"),
)


def test_a_chunk_is_sent_with_its_own_id_place_and_byte_order() -> None:
    face = opened(*CHUNKS, names=["ChunkModeActive", "ChunkSelector", "ChunkEnable", "ChunkExposureTime"])
    write(face, SECOND, 3)
    write(face, THIRD, 1)
    without = read(face, BASE + 12)

    write(face, FIRST, 1)

    (chunk,) = face.chunks.chunks.values()
    assert (chunk.id, chunk.length) == (0xBEEF, 12)
    assert read(face, BASE + 12) > without + 12  # PayloadSize has room for it


def test_what_is_told_of_a_frame_lies_where_the_description_says() -> None:
    face = opened(*CHUNKS, names=["ChunkModeActive", "ChunkSelector", "ChunkEnable", "ChunkExposureTime"])

    class Request:
        exposure_us = 1500.0

    (chunk,) = face.chunks.chunks.values()
    assert chunk.data(Request()) == bytes(4) + struct.pack("<d", 1500.0)  # type: ignore[arg-type]


# The report


def test_the_report_says_what_acts_what_is_memory_and_what_cannot_be_had() -> None:
    never = element("Integer", "Gain", pIsImplemented="Never", pValue="GainReg", Min=0, Max=10)
    more = [never, element("Integer", "Never", Value=0), register("GainReg", FIRST), number("Lamp", SECOND, 0, 9)]
    prepared = prepare(Description(camera(*more, names=["Gain", "Lamp"]), "tiny.xml", shown="tiny.xml"))

    found = report(prepared, open_twin(prepared, CameraOptions()))

    assert found.size == "640x480, from the description"
    assert found.formats == ("Mono8", "Mono16")
    assert dict(found.acts)["Width"] == "number"
    assert found.memory == ("Lamp",)
    ((name, reason),) = found.missing
    assert name == "Gain"
    assert reason.startswith("not implemented")
    assert found.short()[0].startswith(f"{len(found.acts)} features act, 1 are memory, 1 cannot be had")
    assert "memory: 1" in found.long()


def test_an_entry_that_cannot_be_made_is_not_offered() -> None:
    face = opened(formats={"Mono8": 0x0108_0001, "JPEG": 0x8000_0001})

    assert [joint.entries for joint in face.joints if joint.name == "PixelFormat"] == [{0x0108_0001: "Mono8"}]


# What the description cannot say


def test_every_key_of_the_documented_model_yaml_is_obeyed(tmp_path: Path) -> None:
    document = (Path(__file__).parents[3] / "docs" / "foreign-cameras.md").read_text(encoding="utf-8")
    (tmp_path / "model.yaml").write_text(document.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    gain = number("Gain", FIRST, 0, 240)
    (tmp_path / "camera.xml").write_bytes(camera(gain, size=(4096, 4096), names=["Gain"]))

    prepared = prepare(source.read(tmp_path))
    model, state = prepared.model, open_twin(prepared, CameraOptions()).state

    assert (prepared.facts.size, prepared.facts.size_from) == ((2448, 2048), "given")
    assert (model.identity.name, model.identity.vendor, model.identity.serial) == ("Left camera", "Acme", "00000042")
    assert (model.sensor.pixel_um, model.sensor.full_well_e, model.sensor.read_noise_e) == (3.45, 10500, 2.3)
    assert len(model.sensor.qe) == 1
    assert model.link.default_packet_size == 1500
    assert state.limits("Gain").high == 30
    assert (state.limits("ExposureTime").low, state.limits("ExposureTime").high) == (5, 1_000_000)
    assert state.limits("AcquisitionFrameRate").high == pytest.approx(118_980_000 / (2448 * 2048), rel=0.02)
    assert state.limits("BinningVertical").high == 2


def _long_exposure() -> Face:
    """A camera whose exposure time is a number of eight bytes."""
    face = opened(
        element("Float", "ExposureTime", pValue="TimeReg", Min=10, Max=1_000_000),
        register("TimeReg", TIME, kind="FloatReg", length=8),
        names=["ExposureTime"],
        without=["ExposureTimeRaw"],
    )
    face.state.strict = True
    return face


def _halves(value: float) -> list[tuple[int, int]]:
    high, low = struct.unpack(">II", struct.pack(">d", value))
    return [(TIME, high), (TIME + 4, low)]


def test_the_two_halves_of_a_number_of_eight_bytes_are_one_write() -> None:
    face = _long_exposure()

    assert face.write_pairs([*_halves(5000.3), (BASE + 4, 100)]) == (3, Status.SUCCESS, None)
    assert face.state["ExposureTime"] == 5000
    assert face.state["Height"] == 100


def test_a_number_of_eight_bytes_that_is_refused_is_not_written_in_halves() -> None:
    face = _long_exposure()
    face.write_pairs(_halves(5000))

    done, status, error = face.write_pairs([(BASE + 4, 100), *_halves(1_000_000.0001)])

    assert (done, error is not None) == (1, True)
    assert status is not Status.SUCCESS
    assert face.read(TIME, 8) == struct.pack(">d", 5000)
    assert face.state["ExposureTime"] == 5000


def test_halves_that_come_alone_are_words_as_any_other() -> None:
    face = _long_exposure()
    face.write_pairs(_halves(5000.3))
    high, low = _halves(5000.3)

    assert face.write_pairs([low, high]) == (2, Status.SUCCESS, None)
    assert face.state["ExposureTime"] == 5000
