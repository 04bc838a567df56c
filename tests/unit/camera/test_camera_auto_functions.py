from __future__ import annotations

import pytest

from tiscam_emu.camera.imaging.auto_functions import Rectangle, rectangle
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import OutOfRange
from tiscam_emu.spec.load import load_model

PRESETS = {"FullSensor": 0, "CustomRectangle": 1, "Center50": 2, "Center25": 3, "BottomHalf": 4, "TopHalf": 5}


def _camera(preset: str, model: str = "33GP1300") -> CameraState:
    camera = CameraState(load_model(model, ROOMS), CameraOptions(strict=True))
    camera.write("AutoFunctionsROIEnable", 1)
    camera.write("AutoFunctionsROIPreset", PRESETS[preset])
    return camera


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("FullSensor", Rectangle(0, 0, 1280, 1024)),
        ("Center50", Rectangle(320, 256, 640, 512)),
        ("Center25", Rectangle(480, 384, 320, 256)),
        ("BottomHalf", Rectangle(0, 512, 1280, 512)),
        ("TopHalf", Rectangle(0, 0, 1280, 512)),
        ("CustomRectangle", Rectangle(0, 0, 1280, 1024)),
    ],
)
def test_rectangle_is_that_of_the_preset(preset: str, expected: Rectangle) -> None:
    assert rectangle(_camera(preset)) == expected


def test_rectangle_is_the_whole_image_while_the_region_is_off() -> None:
    camera = _camera("Center25")
    camera.write("AutoFunctionsROIEnable", 0)
    assert rectangle(camera) == Rectangle(0, 0, 1280, 1024)


def test_preset_counts_in_the_image_that_is_sent() -> None:
    camera = _camera("Center50")
    camera.write("Width", 640)
    camera.write("Height", 480)
    assert rectangle(camera) == Rectangle(160, 120, 320, 240)


def test_custom_rectangle_shrinks_as_its_corner_moves() -> None:
    camera = _camera("CustomRectangle")
    camera.write("AutoFunctionsROILeft", 1000)
    camera.write("AutoFunctionsROITop", 1000)
    assert rectangle(camera) == Rectangle(1000, 1000, 280, 24)
    assert camera.limits("AutoFunctionsROIWidth").high == 280
    with pytest.raises(OutOfRange):
        camera.write("AutoFunctionsROIWidth", 282)


def test_custom_rectangle_returns_when_the_image_grows_again() -> None:
    camera = _camera("CustomRectangle")
    camera.write("AutoFunctionsROILeft", 600)
    camera.write("Width", 512)
    assert rectangle(camera) == Rectangle(496, 0, 16, 1024)
    camera.write("Width", 1280)
    assert rectangle(camera) == Rectangle(600, 0, 680, 1024)


def test_rectangle_keeps_to_the_increment_of_the_model() -> None:
    camera = _camera("CustomRectangle", "39GX265-Z20")
    with pytest.raises(OutOfRange):
        camera.write("AutoFunctionsROILeft", 3)
    camera.write("AutoFunctionsROILeft", 4)
    assert camera["AutoFunctionsROIWidth"] == 2044


def test_rectangle_keeps_its_least_height_on_a_lower_image() -> None:
    camera = _camera("FullSensor", "39GX265-Z20")
    camera.write("Height", 4)
    assert rectangle(camera) == Rectangle(0, 0, 2048, 16)
