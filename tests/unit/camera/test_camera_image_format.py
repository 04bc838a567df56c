"""Size, offsets and readout modes (manual 5.1.2, 5.1.3, 5.1.5)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.imaging.image_format import remaining
from tiscam_emu.errors import Status
from tiscam_emu.sensor.geometry import Geometry
from tiscam_emu.sensor.request import Region

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[[str], Desk]

MODELS = ("33GP1300", "38GX541-a", "38UX253", "38UX267", "39GX265-Z20")
FACTORS = ("DecimationHorizontal", "DecimationVertical", "BinningHorizontal", "BinningVertical")
FULL, SKIP, SKIP_X, SKIP_Y, BIN = (1, 1, 1, 1), (2, 2, 1, 1), (2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 2)
BIN_X, BIN_Y = (1, 1, 2, 1), (1, 1, 1, 2)
SKIPPING, BINNING = {FULL, SKIP, SKIP_X, SKIP_Y}, {BIN, BIN_X, BIN_Y}
ALLOWED = {
    "33GP1300": SKIPPING,
    "39GX265-Z20": SKIPPING,
    "38GX541-a": SKIPPING | BINNING,
    "38UX253": SKIPPING | BINNING,
    "38UX267": SKIPPING | BINNING,
}
"""Manual 5.1.3 of each model, and what lies between while one factor is written after the other."""


def _factors(desk: Desk) -> tuple[object, ...]:
    return tuple(desk.get(name) if name in desk.camera.model.features else 1 for name in FACTORS)


@pytest.mark.parametrize("model", MODELS)
def test_every_path_through_the_factors_meets_the_allowed_readout_modes_alone(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    seen = {_factors(desk)}
    names = [name for name in FACTORS if name in desk.camera.model.features]
    for steps in product(product(names, (1, 2)), repeat=3):
        for name, value in steps:
            desk.attempt(name, value)
            seen.add(_factors(desk))
    assert seen == ALLOWED[model]


@pytest.mark.parametrize("model", MODELS)
def test_factors_are_written_one_after_the_other(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    desk.set(DecimationVertical=2)
    assert _factors(desk) == SKIP_Y
    desk.set(DecimationHorizontal=2)
    assert _factors(desk) == SKIP
    desk.set(DecimationVertical=1)
    assert _factors(desk) == SKIP_X


@pytest.mark.parametrize("model", ["38GX541-a", "38UX253", "38UX267"])
def test_binning_resets_skipping_and_skipping_resets_binning(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    desk.set(DecimationHorizontal=2, DecimationVertical=2, BinningVertical=2)
    assert _factors(desk) == BIN_Y
    desk.set(BinningHorizontal=2)
    assert _factors(desk) == BIN
    desk.set(DecimationVertical=2)
    assert _factors(desk) == SKIP_Y


@pytest.mark.parametrize("name", FACTORS[2:])
def test_colour_gige_camera_has_no_binning(desk: Desk, name: str) -> None:
    assert name not in desk.camera.model.features


@pytest.mark.parametrize(
    ("model", "mode", "width", "height"),
    [
        ("39GX265-Z20", {}, (528, 2048), (4, 1536)),
        ("39GX265-Z20", {"DecimationHorizontal": 2, "DecimationVertical": 2}, (528, 1024), (4, 768)),
        ("33GP1300", {"DecimationHorizontal": 2}, (256, 640), (16, 1024)),
        ("33GP1300", {"DecimationVertical": 2}, (256, 1280), (16, 512)),
        ("38UX267", {"DecimationVertical": 2}, (256, 4096), (4, 1080)),
        ("38UX253", {"BinningHorizontal": 2, "BinningVertical": 2}, (256, 2048), (4, 1500)),
        # 2252 less what is no increment of 8
        ("38GX541-a", {"BinningHorizontal": 2, "BinningVertical": 2}, (608, 2248), (8, 2248)),
    ],
)
def test_largest_size_is_what_skipping_and_binning_leave(
    desk_of: DeskOf, model: str, mode: dict[str, int], width: tuple[int, int], height: tuple[int, int]
) -> None:
    desk = desk_of(model)
    desk.set(OffsetAutoCenter="Off", **mode)
    assert (desk.limits("Width"), desk.limits("Height")) == (width, height)
    assert (desk.get("WidthMax"), desk.get("HeightMax")) == (width[1], height[1])
    desk.set(Width=width[0], Height=height[0])
    desk.set(OffsetX=8, OffsetY=8)
    assert (desk.limits("Width"), desk.limits("Height")) == (width, height)


@pytest.mark.parametrize("model", MODELS)
def test_largest_offset_is_what_the_size_leaves(desk_of: DeskOf, model: str) -> None:
    desk = desk_of(model)
    desk.set(OffsetAutoCenter="Off")
    assert (desk.limits("OffsetX"), desk.limits("OffsetY")) == ((0, 0), (0, 0))
    sensor = desk.camera.model.sensor
    desk.set(Width=640, Height=480)
    assert (desk.limits("OffsetX"), desk.limits("OffsetY")) == ((0, sensor.width - 640), (0, sensor.height - 480))
    desk.set(OffsetX=sensor.width - 640, OffsetY=sensor.height - 480)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (sensor.width - 640, sensor.height - 480)


def test_offset_that_the_size_does_not_leave_becomes_the_largest_possible(desk: Desk) -> None:
    """Manual 5.1.5: configured to a value that is invalid with the resolution, the maximum possible one is used."""
    desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    desk.set(OffsetX=1412, OffsetY=1532)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (1408, 1056)
    desk.set(Width=2048, Height=1536)
    desk.set(OffsetX=1520, OffsetY=4)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (0, 0)


@pytest.mark.parametrize(("name", "value"), [("OffsetX", 1524), ("OffsetX", 6), ("OffsetY", 1536), ("OffsetY", 1410)])
def test_offset_that_no_size_leaves_or_off_the_increment_is_refused(desk: Desk, name: str, value: int) -> None:
    """Manual 5.1.5: 0 to 1520 and 0 to 1532 in steps of 4."""
    desk.set(OffsetAutoCenter="Off", Width=640, Height=480)
    desk.set(**{name: 8})
    assert desk.attempt(name, value) is Status.INVALID_PARAMETER
    assert desk.get(name) == 8


def test_larger_size_pulls_the_offset_in_and_lets_it_back(desk: Desk) -> None:
    desk.set(OffsetAutoCenter="Off", Width=640, Height=480, OffsetX=1408, OffsetY=1056)
    desk.set(Width=1648)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (400, 1056)
    desk.set(Height=1000)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (400, 536)
    desk.set(Width=640, Height=480)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (1408, 1056)


def test_region_takes_effect_as_far_as_the_readout_mode_leaves_it(desk: Desk) -> None:
    desk.set(OffsetAutoCenter="Off", Width=1200, Height=400, OffsetX=800, OffsetY=1000)
    desk.set(DecimationHorizontal=2, DecimationVertical=2)
    assert (desk.get("Width"), desk.get("Height")) == (1024, 400)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (0, 368)
    desk.set(DecimationHorizontal=1, DecimationVertical=1)
    assert (desk.get("Width"), desk.get("Height"), desk.get("OffsetX"), desk.get("OffsetY")) == (1200, 400, 800, 1000)


@pytest.mark.parametrize(
    ("model", "size", "center"),
    [
        ("39GX265-Z20", (640, 480), (704, 528)),
        ("39GX265-Z20", (656, 484), (696, 524)),  # 526 is no increment of 4
        ("33GP1300", (640, 480), (320, 272)),
        ("33GP1300", (656, 484), (312, 268)),  # 270 is no increment of 4
        ("38GX541-a", (608, 8), (1948, 2248)),
        ("38UX267", (4096, 1080), (0, 540)),
    ],
)
def test_auto_center_keeps_the_region_in_the_middle_and_locks_the_offsets(
    desk_of: DeskOf, model: str, size: tuple[int, int], center: tuple[int, int]
) -> None:
    desk = desk_of(model)
    assert desk.get("OffsetAutoCenter") == "On"
    desk.set(Width=size[0], Height=size[1])
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == center
    assert desk.attempt("OffsetX", 0) is Status.ACCESS_DENIED
    assert desk.attempt("OffsetY", 0) is Status.ACCESS_DENIED


def test_auto_center_counts_in_output_pixels(desk: Desk) -> None:
    desk.set(Width=640, Height=480, DecimationHorizontal=2, DecimationVertical=2)
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (192, 144)


def test_auto_center_switched_off_keeps_the_place_and_frees_the_offsets(desk: Desk) -> None:
    desk.set(Width=640, Height=480, OffsetAutoCenter="Off")
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (704, 528)
    desk.set(OffsetX=4, OffsetY=8)
    desk.set(OffsetAutoCenter="Off")
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (4, 8)
    desk.set(OffsetAutoCenter="On")
    assert (desk.get("OffsetX"), desk.get("OffsetY")) == (704, 528)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PixelFormat", "BayerRG16"),
        ("Width", 640),
        ("Height", 480),
        ("DecimationHorizontal", 2),
        ("DecimationVertical", 2),
        ("AcquisitionMode", "SingleFrame"),
        ("AcquisitionFrameCount", 3),
        ("ChunkModeActive", 1),
    ],
)
def test_format_is_refused_while_acquiring_and_allowed_again_after(desk: Desk, name: str, value: int | str) -> None:
    # No TLParamsLocked here: it lives in the client, and the camera's refusal does not depend on it.
    desk.run("AcquisitionStart")
    before = desk.get(name)
    assert desk.attempt(name, value) is Status.ACCESS_DENIED
    assert desk.get(name) == before
    desk.run("AcquisitionStop")
    assert desk.attempt(name, value) is Status.SUCCESS
    assert desk.get(name) == value


def test_packet_size_is_refused_while_acquiring(desk: Desk) -> None:
    desk.run("AcquisitionStart")
    assert desk.write_word(0x0D04, 1400) is Status.ACCESS_DENIED
    assert desk.word(0x0D04) == 0x4000_0000 | 1500
    desk.run("AcquisitionStop")
    assert desk.write_word(0x0D04, 1400) is Status.SUCCESS


@pytest.mark.parametrize(
    ("pixel_format", "size_bytes"),
    [
        ("BayerRG8", 640 * 480),
        ("BayerRG12Packed", 460_800),
        ("BayerRG16", 614_400),
        ("YUV422_8", 614_400),
        ("YCbCr411_8", 460_800),
        ("YCbCr411_8_CbYYCrYY", 460_800),
        ("BGR8", 921_600),
    ],
)
def test_payload_size_follows_format_and_size(desk: Desk, pixel_format: str, size_bytes: int) -> None:
    desk.set(Width=640, Height=480, PixelFormat=pixel_format)
    assert desk.get("PayloadSize") == size_bytes


def test_payload_size_follows_the_readout_mode(desk_of: DeskOf) -> None:
    desk = desk_of("38UX253")
    assert desk.get("PayloadSize") == 12_288_000
    desk.set(PixelFormat="Mono12p", BinningHorizontal=2, BinningVertical=2)
    assert desk.get("PayloadSize") == 2048 * 1500 * 3 // 2


def test_flips_do_not_change_the_geometry(desk: Desk) -> None:
    desk.set(Width=640, Height=480, ReverseX=1, ReverseY=1)
    assert (desk.get("Width"), desk.get("OffsetX"), desk.get("OffsetY")) == (640, 704, 528)


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_what_skipping_or_binning_leaves_lies_on_a_sensor_of_any_size(factor: int, color: bool) -> None:
    for size in range(2 * factor, 40):
        left = remaining(size, factor, color=color)
        assert size - left * factor < 2 * factor
        for region in (
            Region(left, left, skip_x=factor, skip_y=factor),
            Region(left, left, bin_x=factor, bin_y=factor),
        ):
            Geometry.of(region, size, size, 2 if color else 1)
