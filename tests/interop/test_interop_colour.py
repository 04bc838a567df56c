"""Colours under D65, through the wire: the patches of the ColorChecker come out as they are with the default matrix.

A picture of the 24 patches in their published sRGB values (D65) stands in the middle of the scene, where the lens takes
no light. Aravis receives BGR8, or YUV422_8 from the camera that has no BGR8, with white balance by the temperature of
D65 and the colour matrix as at power-up. Without the matrix the overlap of the sensor's dyes makes colours weaker.

Bounds. The matrix is rounded to sixteenths, which leaves up to 2 % of one channel in another, and balance ratios to
64ths (0.6 %). Yellow and orange have hardly any blue: 2 % of their green added to it moves b* by 4. Greys and weaker
colours are off by less than 1. Rounding to 8 bits, averaged over a noisy patch, is below 0.3.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from tests.interop.colour_difference import decoded_srgb, delta_e_76, lab
from tests.interop.emulator import aravis, emulator, refused
from tests.interop.unpack import decode

LARGEST_DELTA_E, MEAN_DELTA_E = 5.0, 1.5

# BabelColor averages of the ColorChecker Classic, sRGB D65, row by row
PATCHES = np.array(
    [
        [115, 82, 68], [194, 150, 130], [98, 122, 157], [87, 108, 67], [133, 128, 177], [103, 189, 170],
        [214, 126, 44], [80, 91, 166], [193, 90, 99], [94, 60, 108], [157, 188, 64], [224, 163, 46],
        [56, 61, 150], [70, 148, 73], [175, 54, 60], [231, 199, 31], [187, 86, 149], [8, 133, 161],
        [243, 243, 242], [200, 200, 200], [160, 160, 160], [122, 122, 121], [85, 85, 85], [52, 52, 52],
    ],
    np.uint8,
)  # fmt: skip
_WIDTH, _HEIGHT, _PATCH = 640, 480, 64
_EXPOSURE_US = 4000.0
_WHITE_DN8 = 0.97 * (4095 - 240) / 16 * _EXPOSURE_US / 5000
_BLACK_DN8 = 240 / 16


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


def _chart(path: Path, width: int, height: int) -> None:
    chart = np.full((height, width, 3), 118, np.uint8)
    top, left = (height - 4 * _PATCH) // 2, (width - 6 * _PATCH) // 2
    patches = PATCHES.reshape(4, 6, 3).repeat(_PATCH, axis=0).repeat(_PATCH, axis=1)
    chart[top : top + 4 * _PATCH, left : left + 6 * _PATCH] = patches
    Picture.fromarray(chart).save(path)


def _seen(planes: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Linear values of the patches, white being 1."""
    top, left, edge = (_HEIGHT - 4 * _PATCH) // 2, (_WIDTH - 6 * _PATCH) // 2, 12
    image = np.stack(planes, axis=2)
    means = [
        image[
            top + row * _PATCH + edge : top + (row + 1) * _PATCH - edge,
            left + column * _PATCH + edge : left + (column + 1) * _PATCH - edge,
        ].mean(axis=(0, 1))
        for row in range(4)
        for column in range(6)
    ]
    return (np.array(means) - _BLACK_DN8) / _WHITE_DN8


@pytest.mark.parametrize(
    ("model", "size", "pixel_format"),
    [("33GP1300", (1280, 1024), "YUV422_8"), ("39GX265-Z20", (2048, 1536), "BGR8")],
)
def test_colour_checker_under_d65_comes_out_with_the_default_matrix(
    model: str, size: tuple[int, int], pixel_format: str, first_address: str, tmp_path: Path
) -> None:
    _chart(tmp_path / "checker.png", *size)
    address = first_address[:-1] + "61"
    with emulator("--model", model, "--address", address, "--scene", str(tmp_path / "checker.png")) as running:
        differences = [
            delta_e_76(_patches(running.ready[0].address, pixel_format, matrix, tmp_path), lab(decoded_srgb(PATCHES)))
            for matrix in (True, False)
        ]
    corrected, plain = differences
    assert corrected.max() < LARGEST_DELTA_E, corrected.round(1)
    assert corrected.mean() < MEAN_DELTA_E
    assert plain[:18].mean() > 3 * corrected[:18].mean()


def _patches(address: str, pixel_format: str, matrix: bool, folder: Path) -> NDArray[np.float64]:
    """L*a*b* of the patches as a frame shows them."""
    answer = aravis(
        "aravis_stream",
        camera=address,
        set=[
            ("ExposureAuto", "Off"),
            ("GainAuto", "Off"),
            ("Gain", 0),
            ("ExposureTime", _EXPOSURE_US),
            ("BalanceWhiteAuto", "Off"),
            ("BalanceWhiteMode", "WhiteBalanceMode_Temperature"),
            ("BalanceWhiteTemperature", 6500),
            ("ColorTransformationEnable", "true" if matrix else "false"),
            ("PixelFormat", pixel_format),
            ("Width", _WIDTH),
            ("Height", _HEIGHT),
            ("TriggerMode", "On"),
            ("TriggerSource", "Software"),
        ],
        frames=1,
        triggers=True,
        spare=30,
        save=str(folder),
        save_count=1,
    )
    (path,) = answer["saved"]
    frame = decode(pixel_format, Path(path).read_bytes(), _WIDTH, _HEIGHT)
    planes = [plane for plane in (frame.red, frame.green, frame.blue) if plane is not None]
    return lab(_seen(planes))


@pytest.mark.parametrize("kelvin", [3000, 9000])
def test_automatic_white_balance_finds_the_temperature_of_the_light_on_the_scene(
    kelvin: int, first_address: str
) -> None:
    options = ("--model", "39GX265-Z20", "--address", first_address[:-1] + "62", "--scene", "flat")
    with emulator(*options, "--light-k", str(kelvin)) as running:
        answer = aravis(
            "aravis_stream",
            camera=running.ready[0].address,
            set=[("BalanceWhiteMode", "WhiteBalanceMode_Temperature"), ("Width", _WIDTH), ("Height", _HEIGHT)],
            frames=40,
            spare=30,
            read=["BalanceWhiteTemperature"],
        )
    # white balance changes when it is off by more than 3 %, in steps of 100 K
    assert float(answer["read"]["BalanceWhiteTemperature"]) == pytest.approx(kelvin, rel=0.04)


def test_light_of_no_lamp_is_refused() -> None:
    done = refused("--model", "39GX265-Z20", "--light-k", "900")
    assert done.returncode == 2
    assert "light 900 K: must be 1500 to 20000 K" in done.stderr
