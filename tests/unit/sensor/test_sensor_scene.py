from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.scenes import image_array
from tiscam_emu.sensor.scenes.scene import load_scene

TakeFrame = Callable[..., NDArray[Any]]


def radiance(spec: Any, width: int, height: int, window: Window | None = None, time_ns: int = 0) -> NDArray[np.float32]:
    still = load_scene(spec).fit(width, height).still(time_ns)
    return still.radiance(window or Window(0, height, 0, width))


def test_unknown_scene_names_the_known_ones() -> None:
    with pytest.raises(SceneError, match="unknown scene 'chrat'; known scenes: chart, star, colorchecker, flat"):
        load_scene("chrat")


def test_missing_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"picture\.png: No such file"):
        load_scene(str(tmp_path / "picture.png"))


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"recorded/monday: No such file"):
        load_scene(str(tmp_path / "recorded" / "monday"))


def test_text_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_text("not a picture")
    with pytest.raises(SceneError, match=r"picture\.png: not an image file"):
        load_scene(str(path))


def test_truncated_image_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(SceneError, match=r"picture\.png: .*truncated"):
        load_scene(str(path))


def test_a_folder_without_images_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(SceneError, match=f"{tmp_path}: there is no image file in this folder"):
        load_scene(str(tmp_path))


def test_huge_images_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_array, "MAX_IMAGE_PIXELS", 99)
    path = tmp_path / "picture.png"
    Image.new("L", (10, 10)).save(path)
    with pytest.raises(SceneError, match="10 x 10 is above 99 pixels"):
        load_scene(str(path))


def test_an_image_covers_the_sensor_centred(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    image = np.zeros((10, 40, 3), np.uint8)
    image[:, 15:25] = 255  # the middle, which a square sensor sees
    Image.fromarray(image).save(path)
    light = radiance(str(path), 10, 10)
    assert light.shape == (10, 10, 3)
    assert light.min() == 1.0


def test_image_files_are_decoded_from_srgb(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (8, 8), (188, 0, 255)).save(path)
    assert radiance(str(path), 8, 8)[0, 0].tolist() == pytest.approx([0.5029, 0.0, 1.0], abs=1e-4)


def test_float_arrays_are_linear_light() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4) / 10
    light = radiance(array, 4, 3, Window(1, 3, 1, 4))
    assert light[..., 0].tolist() == light[..., 2].tolist() == array[1:3, 1:4].tolist()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 4)), r"shape \(4, 4, 4\)"),
        (np.zeros(4), r"shape \(4,\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
        (np.zeros((4, 4), np.int64), "type int64"),
        (np.full((4, 4), np.nan), "finite and not negative"),
        (np.full((4, 4), -1.0), "finite and not negative"),
    ],
)
def test_unusable_arrays_are_refused(array: NDArray[Any], message: str) -> None:
    with pytest.raises(SceneError, match=message):
        load_scene(array)


def test_a_function_is_asked_for_every_time(mono_sensor: SensorModel, take_frame: TakeFrame) -> None:
    def blinking(time_ns: int, width: int, height: int) -> NDArray[np.float32]:
        return np.full((height, width), 0.5 if time_ns >= 1000 else 0.0, np.float32)

    dark, lit = (take_frame(mono_sensor, load_scene(blinking), time_ns=time_ns) for time_ns in (999, 1000))
    assert abs(float(dark.mean()) - 240) < 1
    assert abs(float(lit.mean()) - 240 - 0.5 * 0.97 * 3855) < 5


def test_gradient_goes_from_black_to_white() -> None:
    light = radiance("gradient", 101, 4)
    assert light[:, 0].max() == 0
    assert light[2, 50].tolist() == pytest.approx([0.5] * 3)
    assert light[:, 100].min() == 1


def test_what_is_no_scene_at_all_is_told_by_its_type() -> None:
    with pytest.raises(SceneError, match="scene 7: must be a name, a path, an array or a function, not int"):
        load_scene(7)  # type: ignore[arg-type]


def test_large_arrays_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_array, "MAX_IMAGE_PIXELS", 99)
    with pytest.raises(SceneError, match="scene array: 20 x 5 is above 99 pixels; make it smaller"):
        load_scene(np.zeros((5, 20), np.uint8))


def test_an_array_changed_later_leaves_the_scene_as_it_was() -> None:
    array = np.zeros((4, 6, 3), np.uint8)
    still = load_scene(array).fit(6, 4).still(0)
    array[...] = 255
    assert still.radiance(Window(0, 4, 0, 6)).max() == 0


def test_images_of_16_bits_keep_their_greys(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((8, 8), 188 * 256 + 7, np.uint16)).save(path)
    assert radiance(str(path), 8, 8)[4, 4].tolist() == pytest.approx([0.5029] * 3, abs=1e-4)


def test_images_of_floats_are_linear_light(tmp_path: Path) -> None:
    path = tmp_path / "linear.tif"
    Image.fromarray(np.full((8, 8), 1.75, np.float32)).save(path)
    assert radiance(str(path), 8, 8)[4, 4].tolist() == [1.75] * 3


def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    path = tmp_path / "portrait.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright: the left column becomes the top row
    image = np.zeros((4, 4, 3), np.uint8)
    image[:, 0] = 255
    Image.fromarray(image).save(path, exif=exif)
    light = radiance(str(path), 4, 4)
    assert (light[0].min(), light[1:].max()) == (1, 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
@pytest.mark.parametrize("size", [(40, 30), (32, 24), (50, 50)])
def test_arrays_of_every_kind_fill_every_sensor(dtype: type, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    width, height = size
    array: NDArray[Any] = np.full(shape, 200 if dtype is np.uint8 else 0.5776, dtype)  # sRGB 200 is 0.5776
    array[:, :4] = 0  # beyond the edges of the square sensor, an edge on the others
    light = radiance(array, width, height)
    assert light.shape == (height, width, 3)
    assert light.min() >= 0
    assert light[:, width // 2 :].ravel().tolist() == pytest.approx(
        [0.5776] * (height * (width - width // 2) * 3), abs=1e-3
    )
