"""Bytes by address, and which addresses there are."""

from __future__ import annotations

import pytest

from tiscam_emu.errors import AccessDenied, InvalidAddress, ReadOnly
from tiscam_emu.foreign.nodes.memory import MOST_BYTES, Memory, Place, Places, whole_words


def test_what_was_never_written_is_zero_and_writes_go_over_pages() -> None:
    memory = Memory()
    memory.write(0x1FFE, b"abcd")

    assert memory.read(0x1FFC, 8) == b"\0\0abcd\0\0"


def test_a_copy_is_what_comes_back() -> None:
    memory = Memory()
    memory.write(0x1000, b"old!")
    before = memory.copy()
    memory.write(0x1000, b"new!")
    memory.write(0x9000, b"more")

    memory.restore(before)

    assert (memory.read(0x1000, 4), memory.read(0x9000, 4)) == (b"old!", bytes(4))


def test_memory_ends_where_256_megabytes_are_full_and_what_is_there_stays_writable() -> None:
    memory = Memory()
    memory.restore(dict.fromkeys(range(1 << 16), bytes(1)))

    assert memory.has_room(0x1000, 4)
    assert not memory.has_room(0x1000_0000, 4)
    memory.write(0x1000_0000, b"lost")
    assert memory.read(0x1000_0000, 4) == bytes(4)


def test_a_register_is_widened_to_whole_words() -> None:
    assert whole_words(0xA002, 3, readable=True, writable=False) == Place(0xA000, 0xA008, True, False)


def test_where_registers_share_a_word_what_one_allows_is_allowed() -> None:
    places = Places([Place(0xA000, 0xA004, True, False), Place(0xA000, 0xA004, False, True)])

    places.check_read(0xA000, 4)
    places.check_write(0xA000, 4)


def test_holes_and_access_are_told_apart() -> None:
    places = Places([Place(0xA000, 0xA004, True, False), Place(0xA004, 0xA008, False, True)])

    with pytest.raises(InvalidAddress):
        places.check_read(0xA008, 4)
    with pytest.raises(AccessDenied):
        places.check_read(0xA000, 8)
    with pytest.raises(ReadOnly):
        places.check_write(0xA000, 8)


def test_long_registers_are_there_from_end_to_end_and_only_once() -> None:
    place = Place(0x10_0000, 0x20_0000, True, True)
    places = Places([place, place, Place(0x30_0000, 0x40_0000, True, False)])

    assert [address in places for address in (0xF_FFFC, 0x10_0000, 0x1F_FFFC, 0x20_0000)] == [False, True, True, False]
    places.check_read(0x3F_FFFC, 4)
    with pytest.raises(ReadOnly):
        places.check_write(0x30_0000, 4)


def test_registers_longer_than_any_are_not_there() -> None:
    assert 0x10_0000 not in Places([Place(0x10_0000, 0x10_0000 + MOST_BYTES + 4, True, True)])
