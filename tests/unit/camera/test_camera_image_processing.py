"""What lookup table, gamma, hue, saturation and colour matrix hand to the frames."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.camera.imaging import color, lut
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import AccessDenied, OutOfRange
from tiscam_emu.spec.load import load_model


def _camera(model: str = "39GX265-Z20") -> CameraState:
    return CameraState(load_model(model, ROOMS), CameraOptions(strict=True))


def test_the_lookup_table_is_off_at_power_up() -> None:
    assert lut.table(_camera()) is None


@pytest.mark.parametrize("model", ["33GP1300", "38GX541-a", "38UX253", "38UX267", "39GX265-Z20"])
def test_the_lookup_table_acts_with_all_its_points_once_enabled(model: str) -> None:
    camera = _camera(model)
    camera.write("LUTIndex", 3)
    camera.write("LUTValue", 999)
    camera.write("LUTEnable", 1)
    assert lut.table(camera) == (0, 256, 512, 999, *lut.STRAIGHT[4:])


def test_points_written_while_the_table_is_on_act_at_once() -> None:
    camera = _camera()
    camera.write("LUTEnable", 1)
    camera.write("LUTValueAll", (77).to_bytes(4, "big") * 257)
    assert lut.table(camera) == (77,) * 257


def test_gamma_is_locked_while_the_lookup_table_is_on() -> None:
    camera = _camera()
    camera.write("LUTEnable", 1)
    with pytest.raises(AccessDenied):
        camera.write("Gamma", 2.0)
    camera.write("LUTEnable", 0)
    camera.write("Gamma", 2.0)
    assert camera["Gamma"] == 2.0


@pytest.mark.parametrize("model", ["33GP1300", "38UX267", "39GX265-Z20"])
def test_colours_are_left_alone_at_power_up(model: str) -> None:
    camera = _camera(model)
    assert (color.hue_deg(camera), color.saturation(camera), color.matrix(camera)) == (0.0, 64.0, None)


@pytest.mark.parametrize("model", ["38GX541-a", "38UX253"])
def test_a_monochrome_camera_has_neutral_colours(model: str) -> None:
    camera = _camera(model)
    assert (color.hue_deg(camera), color.saturation(camera), color.matrix(camera)) == (0.0, 64.0, None)


def test_hue_and_saturation_are_handed_on_as_written() -> None:
    camera = _camera()
    camera.write("Hue", -12.5)
    camera.write("Saturation", 200.0)
    assert (color.hue_deg(camera), color.saturation(camera)) == (-12.5, 200.0)


@pytest.mark.parametrize("model", ["33GP1300", "39GX265-Z20"])
def test_the_matrix_at_power_up_keeps_greys_and_undoes_the_overlap_of_the_dyes(model: str) -> None:
    camera = _camera(model)
    camera.write("ColorTransformationEnable", 1)
    matrix = color.matrix(camera)
    assert matrix is not None
    # off by half a sixteenth per coefficient at most; what pixels see of one colour adds up to 1.1 at most
    seen = np.array(matrix).reshape(3, 3) @ np.array(camera.model.sensor.dye_shares)
    assert np.abs(seen - np.eye(3)).max() < 1.1 / 32
    assert [sum(matrix[row : row + 3]) for row in (0, 3, 6)] == [1.0, 1.0, 1.0]
    limits = camera.widest_limits("ColorTransformationValue")
    assert all(limits.holds(value) for value in matrix)


def test_each_coefficient_is_set_through_its_selector() -> None:
    camera = _camera()
    camera.write("ColorTransformationEnable", 1)
    for index in range(9):
        camera.write("ColorTransformationValueSelector", index)
        camera.write("ColorTransformationValue", index / 4)
    assert color.matrix(camera) == (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)


def test_coefficients_of_the_zoom_camera_are_sixteenths() -> None:
    camera = _camera()
    camera.write("ColorTransformationValue", 1.1)
    assert camera["ColorTransformationValue"] == 1.125
    camera.write("ColorTransformationValue", -3.9375)
    with pytest.raises(OutOfRange):
        camera.write("ColorTransformationValue", 4.0)
    assert camera["ColorTransformationValue"] == -3.9375


def test_coefficients_of_the_p1300_lie_between_minus_one_and_three() -> None:
    camera = _camera("33GP1300")
    camera.write("ColorTransformationValue", 3.0)
    with pytest.raises(OutOfRange):
        camera.write("ColorTransformationValue", -1.01)
    assert camera["ColorTransformationValue"] == 3.0
