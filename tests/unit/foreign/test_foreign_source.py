"""Reading a camera's own description from a file or a folder."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.unit.foreign.conftest import HEADER, describe, zip_of

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.files.image import RegisterImage, format_image
from tiscam_emu.foreign.files.source import read
from tiscam_emu.foreign.files.url import DescriptionUrl, parse_url, safe_name

UTF16 = f'<?xml version="1.0" encoding="UTF-16"?>{HEADER}<Port Name="Device"/></RegisterDescription>'


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def written(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return written


def _refusal(path: Path) -> str:
    with pytest.raises(SpecError) as error:
        read(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


def test_file_is_taken_byte_for_byte(file: Callable[[str, bytes], Path]) -> None:
    path = file("My Camera.XML", describe())

    found = read(path)

    assert (found.xml, found.file_name, found.shown) == (describe(), "My_Camera.XML", str(path))
    assert (found.image, found.extra) == (None, {})
    assert found.text.startswith("<RegisterDescription")


@pytest.mark.parametrize(
    "before", [b"A line of a tool (192.0.2.7)\n", b"# a\n# b\n\n", b"\xef\xbb\xbfsaved by x\r\n", b" "]
)
def test_what_stands_before_the_xml_is_skipped(file: Callable[[str, bytes], Path], before: bytes) -> None:
    assert read(file("a.xml", before + describe())).xml == describe()


def test_byte_order_mark_of_the_xml_itself_is_kept(file: Callable[[str, bytes], Path]) -> None:
    found = read(file("a.xml", b"\xef\xbb\xbf" + describe()))

    assert found.xml == b"\xef\xbb\xbf" + describe()
    assert found.text.startswith("<RegisterDescription")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_kept_and_decoded(file: Callable[[str, bytes], Path], encoding: str) -> None:
    found = read(file("a.xml", UTF16.encode(encoding)))

    assert found.xml == UTF16.encode(encoding)
    assert found.text.startswith("<RegisterDescription")


def test_text_of_another_encoding_is_decoded(file: Callable[[str, bytes], Path]) -> None:
    content = describe("<!-- \u00a9 -->").decode().replace("utf-8", "ISO-8859-1").encode("latin-1")

    assert "\u00a9" in read(file("a.xml", content)).text


def test_zip_of_one_description_is_read_and_keeps_its_suffix(file: Callable[[str, bytes], Path]) -> None:
    found = read(file("camera-1.zip", zip_of(("readme.txt", b"hello"), ("folder/x.xml", describe()))))

    assert (found.xml, found.file_name) == (describe(), "camera-1.zip")


def test_path_inside_a_zip_is_never_written(file: Callable[[str, bytes], Path], tmp_path: Path) -> None:
    path = file("a.zip", zip_of(("../../evil.xml", describe())))

    assert read(path).xml == describe()
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_folder_is_read_with_registers_and_what_the_description_cannot_say(tmp_path: Path) -> None:
    url = b"Local:///Vendor\\My Cam.zip;C0000;1a2b?SchemaVersion=1.1.0".ljust(512, b"\0")
    image = RegisterImage({0x200: url}, sha256(describe()).hexdigest())
    (tmp_path / "camera.xml").write_bytes(describe())
    (tmp_path / "registers").write_text(format_image(image))
    (tmp_path / "model.yaml").write_text("sensor: {width: 640}\n")

    found = read(tmp_path)

    assert (found.xml, found.image, found.extra) == (describe(), image, {"sensor": {"width": 640}})
    assert found.file_name == "My_Cam.zip"
    assert found.sha256 == image.description_sha256


def test_folder_may_hold_the_description_zipped_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "camera.zip").write_bytes(zip_of(("a.xml", describe())))

    assert (read(tmp_path).file_name, read(tmp_path).image) == ("camera.zip", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n\0\0", "empty"),
        (b"hello", "not XML: there is no '<'"),
        (b"<a", "not XML: "),
        (b"<html></html>", "begins with <html>"),
        (describe()[:-5], "not XML: "),
        (describe() + b"<more/>", "not XML: junk after document element"),
        (describe("<!-- \u00a9 -->").decode().encode("latin-1"), "not XML: byte "),
        (describe().replace(b"utf-8", b"klingon"), "encoding klingon is not known"),
        (describe().replace(b"utf-8", b"punycode"), "encoding punycode is not known"),
        (describe().replace(b"utf-8", b"zip"), "encoding zip is not known"),
        (b'<!DOCTYPE x [<!ENTITY e "v">]>' + describe().split(b"?>", 1)[1], "has a DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + describe().split(b"?>", 1)[1], "has a DOCTYPE"),
        (describe("<Group>" * 80 + "</Group>" * 80), "more than 64 deep"),
        (b"PK\x03\x04", "cannot be unzipped"),
        (zip_of(("a.xml", describe()))[:-40], "cannot be unzipped"),
        (zip_of(("a.txt", b"")), "must hold one .xml file, holds 0"),
        (zip_of(("a.xml", describe()), ("b.xml", describe())), "must hold one .xml file, holds 2"),
        (zip_of(("a.xml", b"")), "not XML"),
        (zip_of(("a.xml", b" " * (33 << 20))), "at most 32 MB, this one more"),
        (b"<" + bytes(32 << 20), "at most 32 MB"),
        (b"PK" + bytes(8 << 20), "at most 8 MB"),
    ],
)
def test_what_is_no_description_is_refused_in_one_line(
    file: Callable[[str, bytes], Path], content: bytes, words: str
) -> None:
    assert words in _refusal(file("a.xml", content))


def test_encrypted_zip_is_refused(file: Callable[[str, bytes], Path]) -> None:
    content = bytearray(zip_of(("a.xml", describe())))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert "encrypted" in _refusal(file("a.zip", bytes(content)))


def test_zip_with_damaged_data_is_refused(file: Callable[[str, bytes], Path]) -> None:
    content = bytearray(zip_of(("a.xml", describe())))
    content[60] ^= 0xFF

    assert "cannot be unzipped" in _refusal(file("a.zip", bytes(content)))


def test_zip_that_lies_about_its_size_is_cut_off(file: Callable[[str, bytes], Path]) -> None:
    content = bytearray(zip_of(("a.xml", b" " * (33 << 20))))
    with zipfile.ZipFile(file("b.zip", bytes(content))) as archive:
        (info,) = archive.infolist()
    real, small = info.file_size.to_bytes(4, "little"), (100).to_bytes(4, "little")
    lying = bytes(content).replace(real, small)
    assert lying != bytes(content)

    assert "a.zip" in _refusal(file("a.zip", lying))


@pytest.mark.parametrize(
    ("name", "words"), [("nothing.xml", "no such file or folder"), ("", "no description in this folder")]
)
def test_what_is_not_there_is_said(tmp_path: Path, name: str, words: str) -> None:
    assert words in _refusal(tmp_path / name)


def test_zip_that_is_not_deflated_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", describe())

    assert "packed by method 14" in _refusal(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["registers", "model.yaml"])
def test_pipe_in_a_folder_is_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "camera.xml").write_bytes(describe())
    os.mkfifo(tmp_path / name)

    assert f"{name}: not a file" in _refusal(tmp_path)


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.xml")

    assert "not a file" in _refusal(tmp_path / "a.xml")


def test_registers_of_another_camera_are_refused(tmp_path: Path) -> None:
    (tmp_path / "camera.xml").write_bytes(describe())
    (tmp_path / "registers").write_text(format_image(RegisterImage({0: bytes(4)}, "00" * 32)))

    assert "of another camera" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [("- a\n", "must be a mapping"), ("a: [", "not valid YAML"), ("#" * (2 << 20), "at most 1 MB")],
)
def test_bad_extra_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "camera.xml").write_bytes(describe())
    (tmp_path / "model.yaml").write_text(content)

    message = _refusal(tmp_path)
    assert "model.yaml" in message
    assert words in message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Local:arv-fake-camera.xml;10000;3e67", DescriptionUrl("local", "arv-fake-camera.xml", 0x10000, 0x3E67)),
        (
            "local:///My Cam.ZIP;0xC0000;0x1A2B?SchemaVersion=1.1.0",
            DescriptionUrl("local", "My_Cam.ZIP", 0xC0000, 0x1A2B),
        ),
        ("LOCAL: a.zip ; 1 ; 2", DescriptionUrl("local", "a.zip", 1, 2)),
        ("File:///C:\\xml\\a b.xml", DescriptionUrl("elsewhere", "a_b.xml")),
        ("http://example.com/x/cam.zip?v=1", DescriptionUrl("elsewhere", "cam.zip")),
        ("", None),
        ("Local:a.xml;zz;1", None),
        ("nonsense", None),
    ],
)
def test_urls_of_cameras_are_understood(text: str, found: DescriptionUrl | None) -> None:
    assert parse_url(text) == found


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.xml"),
        ("a;b;c.xml", "a_b_c.xml"),
        ("", "camera.xml"),
        (".xml", "camera.xml"),
        ("x" * 500 + ".zip", "x" * 116 + ".zip"),
        ("\u00e9t\u00e9.xml", "t.xml"),
    ],
)
def test_name_fits_a_url(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_what_the_system_does_not_let_see_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / (300 * "a")

    with pytest.raises(SpecError, match=r"a: cannot be read: File name too long$"):
        read(path)
