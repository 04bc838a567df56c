"""The compiled drawing writes what numpy's does, to the byte, and nothing beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tiscam_emu import native
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.packets import PacketTable
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.canvas import ArrayCanvas, Canvas
from tiscam_emu.sensor.fast.drawing import Drawing, NativeDrawing, NumpyDrawing
from tiscam_emu.sensor.fast.fixed_point import FixedPoint
from tiscam_emu.sensor.fast.noise_pool import BLOCK, MAX_Z, Z_UNITS, FrameNoise, NoisePool
from tiscam_emu.sensor.fast.recipe import largest_sigma_dn
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.settings import FrameSettings

pytestmark = pytest.mark.skipif(native.core is None, reason="the core has not been compiled")

REPRODUCIBLE = settings(deadline=None, derandomize=True, max_examples=150)

LIMIT = int(MAX_Z * Z_UNITS)
POOL = 5000
JUMPS = tuple(int(value) for value in np.random.default_rng(5).integers(0, 65536, 257))


@dataclass(frozen=True)
class Picture:
    """What is drawn, and where."""

    name: str
    color: bool
    adc_bits: int
    gain_db: float
    lut: tuple[int, ...] | None
    width: int
    height: int
    start: int
    negated: bool
    overlaid: tuple[int, int]
    pieces: int
    packet_size: int
    seed: int

    def settings(self) -> FrameSettings:
        sensor = SensorModel(
            256, 192, 3.45, color=self.color, full_well_e=10500, read_noise_e=2.3,
            cfa="RG" if self.color else "",
            qe=(0.52, 0.64, 0.5) if self.color else (0.65,), adc_bits=self.adc_bits,
        )  # fmt: skip
        region = Region(self.width, self.height)
        pixel_format = PIXEL_FORMATS[self.name]
        return FrameSettings.of(
            sensor, FrameRequest(0, 0, 5000.0, self.gain_db, 240.0, pixel_format, region, lut=self.lut)
        )


SHARES = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: (min(pair), max(pair)))
PICTURES = st.builds(
    Picture,
    name=st.sampled_from(sorted(PIXEL_FORMATS)),
    color=st.booleans(),
    adc_bits=st.sampled_from([8, 10, 12]),
    gain_db=st.sampled_from([0.0, 12.0, 30.0, 48.0]),
    lut=st.sampled_from([None, JUMPS]),
    width=st.integers(1, 190),
    height=st.integers(1, 90),
    start=st.integers(0, POOL - 1),
    negated=st.booleans(),
    overlaid=SHARES,
    pieces=st.sampled_from([1, 3]),
    packet_size=st.sampled_from([576, 1400, 1500, 9000]),
    seed=st.integers(0, 1 << 16),
)


def moments(scale: FixedPoint, size: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """What `FixedPoint.encode` makes: of every brightness, with the largest noise there can be where it shows."""
    sigma = rng.integers(0, int(scale.max_sigma_dn * scale.sigma_units) + 1, size).astype(np.uint8)
    reach = sigma.astype(np.int64) * LIMIT >> scale.shift
    mean = np.minimum(rng.integers(0, int(1.2 * scale.top) + 2, size), scale.top + reach).astype(np.int16)
    return mean, sigma


def draw(made: Any, frame: FrameSettings, picture: Picture, canvas: Canvas) -> None:
    """Draw a picture of random moments, part of which come after the drawing has looked at those before."""
    rng = np.random.default_rng(picture.seed)
    raw = frame.output in {"raw", "luma"}
    size = picture.width * picture.height if raw else frame.pixel_format.payload_bytes(picture.width, picture.height)
    scale = FixedPoint.for_sigma(largest_sigma_dn(frame))
    new_mean, new_sigma = moments(scale, size, rng)
    pool = np.resize(rng.integers(-LIMIT, LIMIT + 1, POOL).astype(np.int8), POOL + BLOCK)
    noise = FrameNoise(NoisePool(pool, POOL), np.array([2 * picture.start + picture.negated], np.uint64))
    mean, sigma = new_mean.copy(), new_sigma.copy()
    low, high = (size * share // 100 for share in picture.overlaid)
    mean[low : high + 1], sigma[low : high + 1] = scale.top // 2, 0
    drawing: Drawing = made(frame, scale, mean, sigma)
    drawing.look(0, size)
    mean[...], sigma[...] = new_mean, new_sigma
    piece = max(-(-size // picture.pieces) // 4 * 4, 4)
    for first in range(0, size, piece):
        drawing.draw(first, min(first + piece, size), noise, [(low, high)], canvas)


def tables(picture: Picture, payload_bytes: int) -> list[Any]:
    tail = 20  # chunks, which are written later
    return [
        PacketTable(payload_bytes + tail, picture.packet_size),
        PacketTable(payload_bytes + tail, picture.packet_size, extended=True),
        MultiPartTable((payload_bytes, tail), picture.packet_size),
    ]


WIDE = Picture("Mono12p", False, 12, 0.0, None, 189, 89, 0, False, (0, 0), 1, 1400, 3)


@REPRODUCIBLE
@given(PICTURES)
@example(WIDE)
def test_both_draw_the_same_bytes_into_whatever_rows(picture: Picture) -> None:
    frame = picture.settings()
    expected = np.zeros(frame.pixel_format.payload_bytes(picture.width, picture.height), np.uint8)
    draw(NumpyDrawing, frame, picture, ArrayCanvas(expected))

    flat = np.full(expected.size + 2, 0xA5, np.uint8)
    draw(NativeDrawing, frame, picture, ArrayCanvas(flat[1:-1]))
    assert np.array_equal(flat[1:-1], expected)
    assert flat[[0, -1]].tolist() == [0xA5, 0xA5]

    for drawn, written in zip(tables(picture, expected.size), tables(picture, expected.size), strict=True):
        for table in (drawn, written):
            table.payload.flat[...] = 0xA5
        draw(NativeDrawing, frame, picture, drawn)
        written.write(0, expected)
        assert np.array_equal(drawn.payload.flat, written.payload.flat)
        assert drawn.sendable_packets == written.sendable_packets


BAD: dict[str, dict[str, Any]] = {
    "mean: 198 bytes, needed are 200": {"mean": np.zeros(99, np.int16)},
    "sigma: 0 bytes, needed are 100": {"sigma": b""},
    "noise: 107 bytes, needed are 108": {"noise": np.zeros(107, np.int8)},
    "starts: 96 bytes, needed are 104": {"starts": np.zeros(12, np.uint64)},
    "tables: 0 bytes, needed are 512": {"period": 1},
    "rows: 99 bytes, needed are 100": {"flat": np.zeros(99, np.uint8)},
    "rows: 100 bytes, needed are 104": {"first": 4, "end": 104},
    "rows: 100 bytes, needed are 120": {"row_bytes": 30, "header_bytes": 5},
    "rows: 100 bytes, needed are 125": {"packing": 2},
    "rows: 100 bytes, needed are 200": {"packing": 1},
    "draw: an argument is out of range": {"header_bytes": 100},
}
OUT_OF_RANGE: list[dict[str, Any]] = [
    {"packing": 6}, {"packing": -1}, {"period": -1}, {"period": 17}, {"first": -4}, {"first": 2}, {"first": 104},
    {"end": 1 << 40}, {"header_bytes": -1}, {"row_bytes": 0}, {"row_bytes": -(1 << 62)}, {"scale": (0, -1, 0, 0, 0)},
    {"scale": (0, 1 << 15, 0, 0, 0)}, {"mean": np.zeros(201, np.uint8)[1:]}, {"starts": np.zeros(105, np.uint8)[1:]},
    {"size": 0}, {"size": 1 << 40}, {"block": 0}, {"block": 6}, {"block": 1 << 40},
    {"row_bytes": 1 << 62, "header_bytes": 1 << 61},
]  # fmt: skip


def call(**changed: Any) -> None:
    assert native.core is not None
    arguments: dict[str, Any] = {
        "mean": np.zeros(100, np.int16), "sigma": np.zeros(100, np.uint8), "noise": np.zeros(108, np.int8), "size": 100,
        "starts": np.zeros(13, np.uint64), "block": 8, "scale": (4, 255, 0, -1, 0), "tables": b"", "period": 0,
        "packing": 0, "first": 0, "end": 100,
        "flat": np.zeros(100, np.uint8), "row_bytes": 100, "header_bytes": 0,
    }  # fmt: skip
    assert arguments.keys() >= changed.keys()
    native.core.draw(*(arguments | changed).values())


@pytest.mark.parametrize("message", BAD)
def test_a_buffer_that_is_too_small_is_named_and_nothing_is_written(message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        call(**BAD[message])


@pytest.mark.parametrize("changed", OUT_OF_RANGE)
def test_numbers_that_make_no_sense_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^draw: an argument is out of range$"):
        call(**changed)


def test_memory_that_must_not_be_written_is_refused() -> None:
    with pytest.raises((BufferError, TypeError, ValueError)):
        call(flat=bytes(100))


def test_no_components_are_drawn_as_nothing() -> None:
    assert native.core is not None
    scale = (4, 255, 0, -1, 0)
    assert native.core.draw(b"", b"", bytes(108), 100, bytes(8), 8, scale, b"", 0, 0, 8, 8, bytearray(), 10, 0) == 8


def test_each_block_has_noise_from_where_it_starts_and_goes_on_with_its_place_in_the_frame() -> None:
    assert native.core is not None
    size, block = 100, 8
    pool = np.arange(size + block, dtype=np.int8) % size
    starts = np.array([2 * 5, 2 * 20 + 1, 2 * 75], np.uint64)
    mean, sigma, out = np.full(24, 128, np.int16), np.ones(24, np.uint8), np.zeros(24, np.uint8)
    scale, first = (0, 255, 0, -1, 0), 4
    rows = out, out.size, 0
    native.core.draw(mean, sigma, pool, size, starts, block, scale, b"", 0, 0, first, 24, *rows)
    expected = [*range(137, 141), *range(100, 92, -1), *range(128 + 91, 128 + 99)]
    assert out.tolist() == [0] * 4 + expected
