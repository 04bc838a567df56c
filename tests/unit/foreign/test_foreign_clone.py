"""Saving a camera that is a table of registers, and our own camera, without a network."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.unit.camera.conftest import Desk
from tests.unit.foreign.conftest import HEADER, PORT, WIDTH, describe, zip_of

from tiscam_emu.errors import AccessDenied, InvalidAddress, InvalidParameter, RegisterError, SpecError, UserError
from tiscam_emu.foreign.files import source
from tiscam_emu.foreign.saving.clone import Clone, clone
from tiscam_emu.foreign.saving.folder import check_folder, report, save
from tiscam_emu.foreign.saving.reading import NoAnswer
from tiscam_emu.foreign.saving.registers import declared
from tiscam_emu.wire.bootstrap import BOOTSTRAP_REGISTERS, text_to_register

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("genicam") is None, reason="no module genicam: PyPI package genicam"
)

FILE_AT = 0xC0000000


class Table:
    """State: the registers of a camera, and which of its words were asked for, in which requests."""

    def __init__(self, file: bytes, *, name: str = "cam.xml", largest: int = 512) -> None:
        self.memory: dict[int, bytes] = {}
        self.requests: list[tuple[int, int]] = []
        self.refused: dict[int, RegisterError] = {}
        self.largest = largest
        for register in BOOTSTRAP_REGISTERS.values():
            if register.mandatory:
                self.put(register.address, bytes(register.length))
        self.put(0x0000, bytes.fromhex("00020000"))
        self.put(0x0048, text_to_register("Maker", 32))
        self.put(0x0068, text_to_register("Model", 32))
        self.put(0x0904, bytes.fromhex("00000001"))
        self.put(0x0200, text_to_register(f"Local:{name};{FILE_AT:x};{len(file):x}", 512))
        self.put(FILE_AT, file.ljust(-(-len(file) // 4) * 4, b"\0"))

    def put(self, address: int, data: bytes) -> None:
        self.memory |= {address + at: data[at : at + 4] for at in range(0, len(data), 4)}

    def read(self, address: int, length: int) -> bytes:
        assert address % 4 == length % 4 == 0
        assert 0 < length <= 512
        self.requests.append((address, length))
        words = range(address, address + length, 4)
        if length > self.largest:
            raise InvalidParameter("too long")
        for word in words:
            if word in self.refused:
                raise self.refused[word]
        for word in words:
            if word not in self.memory:
                raise InvalidAddress(word)
        return b"".join(self.memory[word] for word in words)

    def asked(self) -> list[int]:
        """Every word of every request, without those of the description's file."""
        return [w for address, length in self.requests for w in range(address, address + length, 4) if w < FILE_AT]


def register(
    name: str, address: str, more: str = "", *, access: str = "RO", port: str = "Device", kind: str = "IntReg"
) -> str:
    """One register of four bytes."""
    return (
        f'<{kind} Name="{name}">{more}{address}<Length>4</Length><AccessMode>{access}</AccessMode>'
        f"<pPort>{port}</pPort>{'' if kind == 'StringReg' else '<Endianess>BigEndian</Endianess>'}</{kind}>"
    )


def at(address: int) -> str:
    return f"<Address>0x{address:x}</Address>"


def cloned(nodes: str = WIDTH, registers: Iterable[tuple[int, int]] = ((0xA000, 640),)) -> tuple[Clone, Table]:
    table = Table(describe(nodes))
    for address, value in registers:
        table.put(address, value.to_bytes(4, "big"))
    return clone(table, "there"), table


def test_description_is_saved_byte_for_byte_and_registers_as_they_are(tmp_path: Path) -> None:
    saved, _ = cloned()
    save(saved, tmp_path / "twin")

    found = source.read(tmp_path / "twin")

    assert (tmp_path / "twin" / "camera.xml").read_bytes() == describe()
    assert (found.xml, found.file_name) == (describe(), "cam.xml")
    assert found.image is not None
    assert found.image.read(0xA000, 4) == (640).to_bytes(4, "big")
    assert found.image.camera == "Maker Model"
    assert "0x0000a000 00000280  # WidthReg" in (tmp_path / "twin" / "registers").read_text().splitlines()
    assert sorted(p.name for p in (tmp_path / "twin").iterdir()) == ["camera.xml", "registers"]
    assert [p.name for p in tmp_path.iterdir()] == ["twin"]


def test_text_that_a_camera_puts_before_its_xml_is_saved_too(tmp_path: Path) -> None:
    file = zip_of(("x.xml", b"made by a tool\n" + describe()))
    table = Table(file, name="cam.zip")
    table.put(0xA000, bytes(4))

    save(clone(table, "there"), tmp_path / "twin")

    assert (tmp_path / "twin" / "camera.xml").read_bytes() == b"made by a tool\n" + describe()
    assert source.read(tmp_path / "twin").file_name == "cam.zip"


def test_neighbours_are_read_together_and_no_word_twice() -> None:
    nodes = "".join(register(f"R{i}", at(0xB000 + 4 * i)) for i in range(200))

    saved, table = cloned(nodes, [(0xB000 + 4 * i, i) for i in range(200)])

    assert saved.registers == 200
    assert [r for r in table.requests if 0xB000 <= r[0] < FILE_AT] == [(0xB000, 512), (0xB200, 288)]
    assert len(table.asked()) == len(set(table.asked()))


def test_nothing_is_read_that_neither_description_nor_standard_names() -> None:
    nodes = (
        register("A", at(0xB000))
        + register("B", at(0xB008))
        + register("Written", at(0xB004), access="WO")
        + register("Chunk", at(0x10), port="ChunkPort")
        + register("Event", at(0x14), port="EventPort")
        + '<Port Name="ChunkPort"><ChunkID>A1</ChunkID></Port><Port Name="EventPort"><EventID>9001</EventID></Port>'
    )

    saved, table = cloned(nodes, [(a, 1) for a in range(0xAFF0, 0xB020, 4)])

    standard = {
        word
        for r in BOOTSTRAP_REGISTERS.values()
        if r.access != "W"
        for word in range(r.address, r.address + r.length, 4)
    }
    assert set(table.asked()) - standard == {0xB000, 0xB008}
    assert saved.registers == 2


def test_address_that_hangs_on_a_selector_is_read_for_the_entry_of_now_which_is_told() -> None:
    nodes = (
        '<Integer Name="Which"><pValue>WhichReg</pValue><pSelected>Value</pSelected></Integer>'
        + '<Integer Name="Value"><pValue>ValueReg</pValue></Integer>'
        + register("WhichReg", at(0xB000), access="RW")
        + register("ValueReg", at(0xB100) + '<pIndex Offset="4">WhichReg</pIndex>', access="RW")
    )

    saved, table = cloned(nodes, [(0xB000, 2), *((0xB100 + 4 * i, i) for i in range(4))])

    assert saved.image.read(0xB108, 4) == bytes.fromhex("00000002")
    assert saved.image.read(0xB104, 4) is None
    assert [(s.name, s.entry, s.features) for s in saved.selectors] == [("Which", "2", ("Value",))]
    assert any("Which 2 (for Value)" in line for line in report(saved))
    assert 0xB104 not in table.asked()


def test_register_that_the_description_says_is_not_there_is_not_read() -> None:
    nodes = (
        register("Inquiry", at(0xB000))
        + register("Gone", at(0xB010), "<pIsImplemented>Inquiry</pIsImplemented>")
        + register("There", at(0xB020), "<pIsAvailable>B020</pIsAvailable>")
        + register("B020", at(0xB020))
    )

    saved, table = cloned(nodes, [(0xB000, 0), (0xB010, 7), (0xB020, 1)])

    assert (saved.registers, saved.unavailable) == (3, 1)
    assert 0xB010 not in table.asked()


def test_register_behind_a_feature_that_is_not_available_is_read() -> None:
    nodes = (
        '<Integer Name="Off"><Value>0</Value></Integer>'
        '<Integer Name="F"><pIsAvailable>Off</pIsAvailable><pValue>R</pValue></Integer>' + register("R", at(0xB000))
    )

    assert cloned(nodes, [(0xB000, 5)])[0].image.read(0xB000, 4) == bytes.fromhex("00000005")


def test_kinds_of_registers_are_all_read_at_their_length() -> None:
    nodes = (
        register("Text", at(0xB000), kind="StringReg").replace("<Length>4<", "<Length>15<")
        + register("Number", at(0xB010), kind="FloatReg").replace("<Length>4<", "<Length>8<")
        + register("Bytes", at(0xB018), kind="Register").replace("<Length>4<", "<Length>1032<")
        + '<StructReg Comment="s"><Address>0xB800</Address><Length>4</Length><AccessMode>RO</AccessMode>'
        "<pPort>Device</pPort><Endianess>BigEndian</Endianess>"
        '<StructEntry Name="Low"><LSB>31</LSB><MSB>16</MSB></StructEntry>'
        '<StructEntry Name="High"><Bit>0</Bit></StructEntry></StructReg>'
    ).replace("<Endianess>BigEndian</Endianess></Register>", "</Register>")

    saved, table = cloned(nodes, [(a, a) for a in (*range(0xB000, 0xB420, 4), 0xB800)])

    assert not saved.unread
    assert saved.registers == 5
    assert saved.image.read(0xB000, 0x420) is not None
    assert saved.image.read(0xB800, 4) is not None
    assert saved.names[0xB800] == (4, "Low, High")
    assert len(table.asked()) == len(set(table.asked()))


def test_refused_register_is_listed_and_its_neighbours_are_read() -> None:
    nodes = "".join(register(f"R{i}", at(0xB000 + 4 * i)) for i in range(4))

    saved, _ = cloned(nodes, [(0xB000, 1), (0xB004, 1), (0xB00C, 1)])

    assert [(u.name, u.address, u.why) for u in saved.unread] == [("R2", 0xB008, "no register at 0x0000b008")]
    assert saved.registers == 3
    assert "  R2 0x0000b008: no register at 0x0000b008" in report(saved)


def test_optional_registers_of_the_standard_that_a_camera_has_not_are_no_fault() -> None:
    saved, table = cloned()

    assert not saved.unread
    assert 0x0670 not in table.memory
    assert saved.image.read(0x0D00, 12) == bytes(12)


def test_camera_that_is_silent_about_what_it_has_not_is_asked_for_little_of_it() -> None:
    table = Table(describe())
    table.put(0xA000, bytes(4))
    whole = table.read

    def silent(address: int, length: int) -> bytes:
        try:
            return whole(address, length)
        except InvalidAddress:
            raise NoAnswer("no answer") from None

    table.read = silent  # type: ignore[method-assign]

    saved = clone(table, "there")

    assert [address for address, _ in table.requests if address not in table.memory] == [0x0908, 0x00D8]
    assert saved.image.read(0x0D00, 4) is not None
    assert saved.registers == 1


def test_discovered_registers_are_not_read_again() -> None:
    table = Table(describe())
    table.put(0xA000, bytes(4))
    found = text_to_register("Maker", 32) + text_to_register("By discovery", 32)

    saved = clone(table, "there", bytes(0x48) + found)

    assert saved.camera == "Maker By discovery"
    assert min(table.asked()) == 0x88


def test_port_may_have_any_name() -> None:
    nodes = WIDTH.replace("Device", "Camera") + '<Port Name="Chunk"><ChunkID>A1</ChunkID></Port>'
    table = Table((HEADER + nodes + PORT.replace("Device", "Camera") + "</RegisterDescription>").encode())
    table.put(0xA000, bytes(4))

    assert clone(table, "there").registers == 1


def test_camera_that_wants_small_blocks_gets_them(tmp_path: Path) -> None:
    table = Table(describe(), largest=512)
    table.put(0xA000, bytes(4))
    table.put(0x0400, text_to_register("", 512))
    whole = table.read

    def small(address: int, length: int) -> bytes:
        if address >= FILE_AT and length > 128:
            raise InvalidParameter("too long")
        return whole(address, length)

    table.read = small  # type: ignore[method-assign]
    save(clone(table, "there"), tmp_path / "twin")

    assert (tmp_path / "twin" / "camera.xml").read_bytes() == describe()


def test_second_url_serves_where_the_first_leads_nowhere() -> None:
    table = Table(describe())
    table.put(0xA000, bytes(4))
    table.put(0x0400, b"".join(table.memory[a] for a in range(0x0200, 0x0400, 4)))
    table.put(0x0200, text_to_register("http://maker.example/cam.xml", 512))

    assert clone(table, "there").registers == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://maker.example/cam.xml", "First URL: leads out of the camera"),
        ("", "First URL: is empty"),
        ("Local:x", "First URL: cannot be understood: 'Local:x'"),
        ("Local:x.xml;c0000000;fffffff0", "First URL: names a file of 4294967280 bytes"),
        ("Local:x.xml;b0000000;100", "First URL: no register at 0xb0000000"),
        ("Local:x.xml;48;20", "First URL: x.xml: not XML"),
    ],
)
def test_camera_without_a_description_is_told_in_one_line(url: str, words: str) -> None:
    table = Table(describe())
    table.put(0x0200, text_to_register(url, 512))

    with pytest.raises(UserError) as error:
        clone(table, "there")

    assert str(error.value).startswith("there: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_description_that_does_harm_is_refused_before_it_is_loaded_here() -> None:
    loop = '<Integer Name="A"><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer>'

    with pytest.raises(SpecError, match=r"there: cam\.xml: GenApi does not take it: .*cycle"):
        clone(Table(describe(loop)), "there")


def test_exclusive_access_of_another_is_told() -> None:
    table = Table(describe())
    table.refused = dict.fromkeys(table.memory, AccessDenied("ACCESS_DENIED"))

    with pytest.raises(UserError, match="there: another application has exclusive access"):
        clone(table, "there")


def test_camera_that_dies_ends_it_with_the_address_that_was_read() -> None:
    nodes = register("A", at(0xB000)) + register("B", at(0xB100))
    table = Table(describe(nodes))
    table.put(0xB000, bytes(4))
    whole = table.read

    def mortal(address: int, length: int) -> bytes:
        if any(0xB100 <= a < FILE_AT for a, _ in [*table.requests, (address, length)]):
            table.requests.append((address, length))
            raise NoAnswer("no answer")
        return whole(address, length)

    table.read = mortal  # type: ignore[method-assign]
    with pytest.raises(UserError, match="there: does not answer any more since 0x0000b100 was read"):
        clone(table, "there")


def test_camera_that_leaves_one_read_unanswered_is_saved_without_it() -> None:
    nodes = register("A", at(0xB000)) + register("B", at(0xB100))
    table = Table(describe(nodes))
    table.put(0xB000, bytes(4))
    table.refused[0xB100] = NoAnswer("no answer")

    saved = clone(table, "there")

    assert [(u.name, u.address, u.why) for u in saved.unread] == [("B", 0xB100, "no answer")]


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    table = Table(describe())
    table.put(0xA000, bytes(4))

    clone(table, "there", progress=lambda *now: told.append(now))

    assert list(dict.fromkeys(what for what, _, _ in told)) == ["bootstrap registers", "description", "registers"]
    assert all(done <= total for _, done, total in told)


def test_text_of_a_camera_moves_no_cursor() -> None:
    table = Table(describe())
    table.put(0xA000, bytes(4))
    table.put(0x0068, text_to_register("M\x1b[2J\nodel", 32))

    assert report(clone(table, "there"))[0] == "Maker M [2J odel"


def test_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    saved, _ = cloned()

    for folder in (tmp_path, tmp_path / "notes"):
        with pytest.raises(UserError, match="nothing is overwritten"):
            save(saved, folder)
    with pytest.raises(UserError, match="no folder"):
        check_folder(tmp_path / "a" / "b")
    assert [p.name for p in tmp_path.iterdir()] == ["notes"]


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "twin").mkdir()
    save(cloned()[0], tmp_path / "twin")

    assert source.read(tmp_path / "twin").xml == describe()


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, _ = cloned()

    def full(_self: Path, _text: str, **_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match="twin: cannot be written: No space left on device"):
        save(saved, tmp_path / "twin")
    assert not list(tmp_path.iterdir())


def test_our_own_camera_is_saved_whole(tmp_path: Path) -> None:
    desk = Desk("39GX265-Z20")
    words: list[int] = []

    class Reader:
        def read(self, address: int, length: int) -> bytes:
            words.extend(range(address, address + length, 4))
            return desk.camera.read(address, length, desk.now)

    saved = clone(Reader(), "there")
    save(saved, tmp_path / "twin")

    found = source.read(tmp_path / "twin")
    assert (saved.unread, saved.unavailable) == ((), 0)
    assert found.image is not None
    readable = [r for r in declared(found.text).registers if r.access != "WO" and r.port == "Device" and r.place]
    assert len(readable) > 200
    for r in readable:
        assert r.place is not None
        assert (
            found.image.read(*r.place) == desk.camera.read(r.place[0], -(-r.place[1] // 4) * 4, desk.now)[: r.place[1]]
        )
