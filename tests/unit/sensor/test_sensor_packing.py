"""What is packed comes back from the tests' own decoder, in every format and at sizes that are no whole groups."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.interop import unpack

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.pack import INTERLEAVERS, RAW_PACKERS

RAW = [name for name, row in PIXEL_FORMATS.items() if row.components == "raw"]
COLOUR = [name for name, row in PIXEL_FORMATS.items() if row.components != "raw"]
SIZES = list(product(range(1, 10), range(1, 4)))


def upper_bits(dn12: NDArray[Any], name: str) -> NDArray[Any]:
    """12-bit values as a raw format carries them."""
    _, bits = unpack.raw_layout(name)
    return dn12 >> 12 - bits if bits < 12 else dn12 << bits - 12


def test_the_decoder_knows_every_format() -> None:
    assert {name: row.bits_per_pixel for name, row in PIXEL_FORMATS.items()} == unpack.BITS_PER_PIXEL


@pytest.mark.parametrize("name", RAW)
def test_raw_values_come_back_at_any_size(name: str) -> None:
    rng = np.random.default_rng(12)
    row = PIXEL_FORMATS[name]
    for width, height in SIZES:
        words = rng.integers(0, 4096, (height, width), np.uint16)
        out = np.full(row.payload_bytes(width, height), 0xA5, np.uint8)
        RAW_PACKERS[row.packing](words.reshape(-1), out)
        assert np.array_equal(unpack.raw_values(name, out.tobytes(), width, height), upper_bits(words, name))


@pytest.mark.parametrize("name", COLOUR)
def test_colours_come_back_at_any_size(name: str) -> None:
    rng = np.random.default_rng(34)
    row = PIXEL_FORMATS[name]
    pixels = row.pixels_per_group
    for width, height in SIZES:
        narrow = -(-width // pixels)
        kinds = (
            {"B": width, "G": width, "R": width} if row.components == "bgr" else {"Y": width, "U": narrow, "V": narrow}
        )
        planes = [rng.integers(0, 256, (height, columns), np.uint8) for columns in kinds.values()]
        data = INTERLEAVERS[row.packing](planes).tobytes()
        assert len(data) == row.payload_bytes(width, height)
        found = unpack.colour_planes(name, data, width, height)
        for kind, plane in zip(kinds, planes, strict=True):
            shared = pixels if kind in "UV" else 1
            sent = width // shared * shared  # the second chrominance of a group that is cut off is not transmitted
            assert np.array_equal(found[kind][:, :sent], np.repeat(plane, shared, axis=1)[:, :sent]), (width, height)


@pytest.mark.parametrize(
    ("name", "width", "height", "size"),
    [
        ("Mono10p", 5, 3, 19),  # 150 bits
        ("Mono12p", 3, 3, 14),  # 108 bits
        ("Mono12Packed", 3, 3, 15),  # five pairs
        ("Mono10Packed", 3, 1, 6),
        ("BayerGB10", 3, 3, 18),
        ("YUV422_8", 3, 3, 18),
        ("YUV411_8_UYYVYY", 5, 3, 27),  # three pairs of pixels a line
        ("RGB8", 3, 3, 27),
        ("BGRa8", 3, 3, 36),
    ],
)
def test_payload_of_odd_sizes(name: str, width: int, height: int, size: int) -> None:
    assert PIXEL_FORMATS[name].payload_bytes(width, height) == size
