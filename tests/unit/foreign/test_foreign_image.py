"""The register image of a saved camera as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.files.image import RegisterImage, format_image, parse, read_file

SHA = "ab" * 32


def test_image_reads_back_as_it_was_written() -> None:
    image = RegisterImage({0xA000: b"\x01\x02\x03\x04", 0x0: bytes(12)}, SHA, "A camera", "2026-01-31")

    assert parse(format_image(image, {0xA000: (4, "Width")}), "registers") == image


def test_text_is_sorted_and_each_named_register_has_a_line() -> None:
    image = RegisterImage({0xA000: bytes(range(12)), 0x0: b"\x00\x02\x00\x00"})

    lines = format_image(image, {0xA004: (4, "B"), 0xA000: (4, "A"), 0x0: (4, "Version")}).splitlines()

    assert [line for line in lines if not line.startswith("#")] == [
        "0x00000000 00020000  # Version",
        "0x0000a000 00010203  # A",
        "0x0000a004 04050607  # B",
        "0x0000a008 08090a0b",
    ]


def test_register_inside_another_shares_its_line() -> None:
    image = RegisterImage({0xA000: bytes(8)})

    lines = format_image(image, {0xA000: (8, "Outer"), 0xA004: (4, "Inner")}).splitlines()

    assert lines[-1] == "0x0000a000 0000000000000000  # Outer, Inner"


def test_name_of_many_lines_stays_in_its_comment() -> None:
    image = RegisterImage({0: bytes(4)}, camera="evil\n0x00000004 ffffffff")

    assert list(parse(format_image(image, {0: (4, "a\n0x00000008 00")}), "r").blocks) == [0]


def test_blocks_that_touch_are_one() -> None:
    image = RegisterImage({4: b"efgh", 0: b"abcd", 12: b"mnop"})

    assert dict(image.blocks) == {0: b"abcdefgh", 12: b"mnop"}
    assert image.read(2, 4) == b"cdef"
    assert image.read(12, 4) == b"mnop"


@pytest.mark.parametrize(("address", "length"), [(8, 4), (6, 4), (0, 12), (16, 1), (11, 2)])
def test_bytes_that_are_not_known_read_as_none(address: int, length: int) -> None:
    assert RegisterImage({0: b"abcdefgh", 12: b"mnop"}).read(address, length) is None


def test_line_may_be_written_by_hand() -> None:
    image = parse("\ufeff# a note\n\n  0xA000 0000FFff # mine\n0xa004\t01\n", "r")

    assert dict(image.blocks) == {0xA000: b"\x00\x00\xff\xff\x01"}
    assert image.description_sha256 == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "r: empty"),
        ("hello\n", "r: line 1: must be 0xADDRESS HEXBYTES"),
        ("0x10 00\n0xzz 00\n", "r: line 2"),
        ("0x10 000\n", "r: line 1"),
        ("0x10\n", "r: line 1"),
        ("0x10 00000000\n0x12 0000\n", "r: line 2: 0x12: is in the block before, too"),
        ("0x10 00\n0x10 00\n", "r: line 2: 0x10 is in line 1 already"),
        ("0x1ffffffff 00\n", "r: line 1: 0x1ffffffff: 1 bytes leave the 32-bit address space"),
        ("0xffffffff 0000\n", "r: line 1"),
        ("# format: 2\n0x0 00\n", "r: line 1: format 2 is not known"),
        ("# description sha256: abc\n", "r: line 1: the sha256 must have 64"),
    ],
)
def test_error_names_file_and_line(text: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        parse(text, "r")

    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registers").write_bytes(b"\xff\xfe\x00\x80")

    with pytest.raises(SpecError, match="no text"):
        read_file(tmp_path / "registers")


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "registers").open("wb") as file:
        file.truncate((64 << 20) + 1)

    with pytest.raises(SpecError, match="at most 64 MB"):
        read_file(tmp_path / "registers")
