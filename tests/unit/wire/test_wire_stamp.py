from __future__ import annotations

import numpy as np
import pytest

import tiscam_emu
from tiscam_emu.errors import StampError
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.wire.stamp import STAMP_BYTES, Stamp, StampMaker, read_stamp, write_stamp

TIME_NS = 0x0102030405060708


def crc32_by_bits(data: bytes) -> int:
    """IEEE 802.3, one bit after the other."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def stamped(frame_id: int = 7, image: bytes = bytes(40) + b"123456789") -> bytearray:
    data = bytearray(image)
    write_stamp(data, frame_id, TIME_NS)
    return data


def test_the_layout_is_the_documented_one() -> None:
    head = bytes.fromhex("5463456d 0001 0028 0000000000000007 0102030405060708 0000000000000031 cbf43926")
    # cbf43926 is the published check value of CRC-32, that of the letters 123456789
    assert stamped() == head + crc32_by_bits(head).to_bytes(4, "big") + b"123456789"


def test_the_rest_of_the_image_stays_as_it_was() -> None:
    image = bytes(range(256)) * 4
    assert stamped(image=image)[40:] == image[40:]


def test_a_stamp_tells_frame_and_time() -> None:
    assert read_stamp(stamped(2**40)) == Stamp(2**40, TIME_NS, 49)
    assert tiscam_emu.read_stamp(bytes(stamped(3))).frame_id == 3


def test_arrays_of_any_shape_and_type_can_be_read() -> None:
    data = stamped(image=bytes(1024))
    assert read_stamp(np.frombuffer(data, np.uint8).reshape(4, 256)).frame_id == 7
    assert read_stamp(np.frombuffer(data, "<u2").reshape(2, 256)).frame_id == 7


def test_bytes_behind_the_image_do_not_matter() -> None:
    assert read_stamp(stamped() + b"chunk data").image_bytes == 49


@pytest.mark.parametrize("size", [1, 7, 39, 40, 41, 300])
def test_an_image_that_comes_in_parts_gets_the_same_stamp(size: int) -> None:
    image = bytes(range(256)) * 4
    maker = StampMaker()
    for first in range(0, len(image), size):
        maker.add(image[first : first + size])
    assert maker.stamp(7, TIME_NS) == stamped(image=image)[:40]


@pytest.mark.parametrize("name", PIXEL_FORMATS)
def test_the_smallest_image_of_every_format_has_room_for_a_stamp(name: str) -> None:
    image = np.zeros(PIXEL_FORMATS[name].payload_bytes(256, 4), np.uint8)
    write_stamp(image, 1, 2)
    assert read_stamp(image) == Stamp(1, 2, image.size)


def test_every_single_bit_error_is_noticed() -> None:
    good = stamped()
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StampError):
            read_stamp(bad)


def test_a_frame_without_a_stamp_is_told_by_its_first_bytes() -> None:
    with pytest.raises(StampError, match="no stamp: the frame begins with 0f 0f 0f 0f, not with 54 63 45 6d"):
        read_stamp(b"\x0f" * 1000)


def test_a_damaged_stamp_is_told_apart_from_a_damaged_image() -> None:
    data = stamped()
    data[9] ^= 1
    with pytest.raises(StampError, match=r"stamp damaged: its bytes have CRC-32 \w{8}, not \w{8} as it says"):
        read_stamp(data)
    data = stamped()
    data[40:] = b"123456780"
    seen = f"{crc32_by_bits(b'123456780'):08x}"
    with pytest.raises(
        StampError, match=f"frame 7 damaged: its 9 bytes behind the stamp have CRC-32 {seen}, not cbf43926"
    ):
        read_stamp(data)


def test_a_frame_cut_short_is_told_with_both_lengths() -> None:
    with pytest.raises(StampError, match="frame 7 is cut short: 48 of 49 bytes"):
        read_stamp(stamped()[:-1])
    with pytest.raises(StampError, match="no stamp: 39 bytes are fewer than the 40 of a stamp"):
        read_stamp(stamped()[:39])


def test_a_stamp_of_a_later_version_is_not_guessed_at() -> None:
    data = stamped()
    data[5] = 2
    data[36:40] = crc32_by_bits(bytes(data[:36])).to_bytes(4, "big")
    with pytest.raises(StampError, match="stamp of version 2: only version 1 can be read"):
        read_stamp(data)


def test_an_image_too_small_for_a_stamp_cannot_be_stamped() -> None:
    with pytest.raises(ValueError, match="39 bytes"):
        write_stamp(bytearray(STAMP_BYTES - 1), 0, 0)
