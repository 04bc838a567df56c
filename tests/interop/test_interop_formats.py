"""Every pixel format of every model, streamed to Aravis and decoded by an unpacker of the tests' own.

What is streamed: 100 frames at the camera's own rate, or at 150 MB/s where the camera is faster: beyond that two cores
are not enough for rendering, sending and receiving, and Aravis' packet ring overflows. Where that would take more than
six seconds at full size, a region of 1024 x 768 is used for the hundred. Three frames at full size are streamed of
every format. On a computer too busy even for that a stream is repeated at half the rate and of that region, with a
warning: what the camera does wrong, it does at every rate.

What is compared: means over 32 x 32 pixels of three frames, against three frames of the model's first format, which is
raw with 8 bit. Both are on the scale of 8 bit. The tolerance is 5 sigma of the noise, measured as the difference of two
frames of the reference, plus 1 step for rounding: 8-bit values may be cut off instead of rounded, which shifts a mean
by half a step against 12 bit. Colour formats are compared by luma and by colour with the reference's mosaic, taken two
by two pixels; their tolerance is 2 steps more, because interpolation and shared chrominance reach over the border of a
block by up to two pixels, which is a share of the contrast there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from tests.interop import unpack
from tests.interop.emulator import MODELS, Ready, aravis, emulator

from tiscam_emu import native

_FORMATS = {
    "33GP1300": "BayerRG8 BayerRG12Packed BayerRG16 YUV422_8 YCbCr411_8 YCbCr411_8_CbYYCrYY",
    "38UX267": "BayerRG8 BayerRG12p BayerRG16 Mono8 YCbCr422_8 YCbCr411_8 YCbCr411_8_CbYYCrYY BGR8",
    "39GX265-Z20": "BayerRG8 BayerRG12Packed BayerRG16 YUV422_8 YCbCr411_8 YCbCr411_8_CbYYCrYY BGR8",
    "38GX541-a": "Mono8 Mono12Packed Mono16",
    "38UX253": "Mono8 Mono12p Mono16",
}
_CASES = [(model, name) for model, names in _FORMATS.items() for name in names.split()]
_SETTLED = [("ExposureAuto", "Off"), ("GainAuto", "Off"), ("BalanceWhiteAuto", "Off"), ("Gain", 0)]
_BLOCK = 32
_FRAMES = 100
_LONGEST_S = 6.0
_HALVINGS = 4
_RENDERED_BYTES_PER_S = 200e6 if native.ENGINE == "native" else 150e6
_SIGMAS = 5
_ROUNDING = 1.0
_BORDERS = 2.0

# The region all comparisons are made on.
_WIDTH, _HEIGHT = 1024, 768


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still scene of coloured fields, some dark, none brighter than the sensor bears."""
    rng = np.random.default_rng(20240229)
    fields = rng.integers(10, 200, (12, 16, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("scene") / "fields.png"
    Picture.fromarray(fields).resize((1280, 960), Picture.Resampling.NEAREST).save(path)
    return path


@pytest.fixture(scope="module")
def five(_lo_only: None, first_address: str, picture: Path) -> Iterator[dict[str, Ready]]:
    """All models looking at the picture, at addresses beside those of the shared cameras."""
    models = [word for model in MODELS for word in ("--model", model)]
    address = first_address[:-1] + "21"
    with emulator(*models, "--address", address, "--scene", str(picture), cameras=len(MODELS)) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.fixture(scope="module")
def references(five: dict[str, Ready], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Any]]:
    """Call it with a model: the block means of three frames in its first format, and the frames."""
    made: dict[str, list[Any]] = {}

    def of(model: str) -> list[Any]:
        if model not in made:
            name = _FORMATS[model].split()[0]
            folder = tmp_path_factory.mktemp("reference")
            got = _stream(five[model].address, name, frames=3, folder=folder, size=(_WIDTH, _HEIGHT))
            made[model] = [d.raw for d in _decoded(got, name)]
        return made[model]

    return of


def _stream(
    address: str,
    name: str,
    *,
    frames: int,
    folder: Path | None = None,
    size: tuple[int, int] | None = None,
    rate_hz: float | None = None,
) -> dict[str, Any]:
    settings: list[tuple[str, object]] = [("PixelFormat", name)]
    width, height = size or ("max", "max")
    settings += [("OffsetAutoCenter", "On"), ("Width", width), ("Height", height)]
    settings += [("AcquisitionFrameRate", rate_hz or "max")]
    saving: dict[str, Any] = {"save": str(folder), "save_count": 3, "spare": 30} if folder else {}
    job: dict[str, Any] = {"buffers": 4 if size is None else 20, "read": ["AcquisitionFrameRate"], **saving}
    return aravis("aravis_stream", camera=address, frames=frames, set=settings, set_if_there=_SETTLED, **job)


def _borne(
    address: str, name: str, *, frames: int, size: tuple[int, int] | None = None, rate_hz: float | None = None
) -> dict[str, Any]:
    """A stream at that rate; at half of it, and half again, while other work keeps the computer from taking so much.

    Many frames are then taken of a region, for a large one is lost as a whole.
    """
    got = _stream(address, name, frames=frames, size=size, rate_hz=rate_hz)
    for _ in range(_HALVINGS):
        lost = [frame["status"] for frame in got["frames"] if frame["status"] != "success"]
        if not lost and len(got["frames"]) == frames:
            break
        warnings.warn(f"{name}: {len(lost)} of {frames} frames lost at {_own_rate_hz(got):g} Hz", stacklevel=2)
        size = (_WIDTH, _HEIGHT) if frames == _FRAMES else size
        got = _stream(address, name, frames=frames, size=size, rate_hz=_own_rate_hz(got) / 2)
    return got


def _decoded(got: dict[str, Any], name: str) -> list[unpack.Decoded]:
    _, _, width, height = got["frames"][0]["region"]
    return [unpack.decode(name, Path(path).read_bytes(), width, height) for path in got["saved"]]


def _assert_complete(got: dict[str, Any], frames: int, payload: int) -> None:
    assert [f["status"] for f in got["frames"]] == ["success"] * frames
    assert {f["bytes"] for f in got["frames"]} == {got["payload"]} == {payload}
    assert [f["id"] for f in got["frames"]] == list(range(1, frames + 1))
    assert got["counters"]["n_failures"] == 0


def _own_rate_hz(got: dict[str, Any]) -> float:
    return float(got["read"]["AcquisitionFrameRate"])


@pytest.mark.parametrize("model", MODELS)
def test_camera_offers_exactly_the_formats_tried_here(five: dict[str, Ready], model: str) -> None:
    address = five[model].address
    offered = aravis("aravis_discover", names=[address])["opened"][address]["formats"]

    assert sorted(offered) == sorted(_FORMATS[model].split())


@pytest.mark.parametrize(("model", "name"), _CASES)
def test_a_hundred_frames_arrive_complete(five: dict[str, Ready], model: str, name: str) -> None:
    bits = unpack.BITS_PER_PIXEL[name]
    full = _borne(five[model].address, name, frames=3)
    _, _, width, height = full["frames"][0]["region"]
    _assert_complete(full, 3, width * height * bits // 8)

    slow = _FRAMES / _own_rate_hz(full) > _LONGEST_S
    size = (_WIDTH, _HEIGHT) if slow else (width, height)
    too_fast = not slow and _own_rate_hz(full) * full["payload"] > _RENDERED_BYTES_PER_S
    rate_hz = _RENDERED_BYTES_PER_S / full["payload"] if too_fast else None
    got = _borne(five[model].address, name, frames=_FRAMES, size=size, rate_hz=rate_hz)

    assert got["payload"] in {columns * rows * bits // 8 for columns, rows in (size, (_WIDTH, _HEIGHT))}
    _assert_complete(got, _FRAMES, got["payload"])


@pytest.mark.parametrize(("model", "name"), _CASES)
def test_decoded_picture_is_the_one_of_the_reference_format(
    five: dict[str, Ready], references: Callable[[str], list[Any]], tmp_path: Path, model: str, name: str
) -> None:
    reference = references(model)
    got = _stream(five[model].address, name, frames=3, folder=tmp_path, size=(_WIDTH, _HEIGHT))
    decoded = _decoded(got, name)

    if decoded[0].raw is not None and name.startswith("Bayer") == _FORMATS[model].startswith("Bayer"):
        _assert_same([d.raw for d in decoded], reference, _BLOCK, _ROUNDING)
        return
    seen = [_as_colour(d) for d in decoded]
    expected = [unpack.demosaic_by_pairs(frame) for frame in reference]
    _assert_same([d.luma for d in seen], [d.luma for d in expected], _BLOCK, _ROUNDING + _BORDERS)
    if seen[0].red is not None:
        for colour in ("red", "green", "blue"):
            planes = [getattr(d, colour) for d in seen], [getattr(d, colour) for d in expected]
            _assert_same(*planes, _BLOCK, _ROUNDING + _BORDERS)


def _as_colour(decoded: unpack.Decoded) -> unpack.Decoded:
    """Mono8 of a colour camera is its luma."""
    return decoded if decoded.raw is None else unpack.Decoded(luma=decoded.raw)


def _assert_same(seen: list[Any], expected: list[Any], block: int, allowance: float) -> None:
    """Compare means over `block` pixels of the sensor; `expected` may have half as many pixels a line."""
    step = block * expected[0].shape[0] // seen[0].shape[0]
    noise = np.var(expected[0] - expected[1]) / 2
    sigma = np.sqrt(noise * (1 / step**2 + 1 / block**2) / len(expected))
    ours = np.mean([unpack.block_means(frame, block) for frame in seen], axis=0)
    theirs = np.mean([unpack.block_means(frame, step) for frame in expected], axis=0)

    assert np.ptp(theirs) > 40, "the picture has contrast"
    assert np.abs(ours - theirs).max() < allowance + _SIGMAS * sigma
