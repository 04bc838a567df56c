from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tiscam_emu.errors import SceneError
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.scenes import image_array
from tiscam_emu.sensor.scenes.picture import Picture
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.units import NS_PER_MS, NS_PER_S

TakeFrame = Callable[..., NDArray[Any]]
WIDTH, HEIGHT = 32, 24


def picture_of(spec: Any, errors: list[Exception] | None = None) -> Picture:
    return load_scene(spec, None if errors is None else errors.append).fit(WIDTH, HEIGHT)


def level(picture: Picture, time_ns: int = 0, frame: int = 0) -> int:
    """The grey in view, as the 8-bit code it had in its file."""
    light = picture.still(time_ns, frame).radiance(Window(0, HEIGHT, 0, WIDTH))
    linear = float(light[HEIGHT // 2, WIDTH // 2, 1])
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


def save_grey(path: Path, grey: int, width: int = WIDTH) -> None:
    Image.new("L", (width, HEIGHT), grey).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, grey in (("b.png", 100), ("a.png", 50), ("c.bmp", 150)):
        save_grey(tmp_path / name, grey)
    (tmp_path / "readme.txt").write_text("recorded on a Monday")
    (tmp_path / "more").mkdir()
    return tmp_path


def test_a_folder_shows_one_image_a_frame_in_the_order_of_names(folder: Path) -> None:
    picture = picture_of(folder)
    assert [level(picture, 12345, frame) for frame in range(7)] == [50, 100, 150, 50, 100, 150, 50]


def test_a_folder_begins_with_the_first_frame_that_sees_it(
    folder: Path, still_sensor: SensorModel, take_frame: TakeFrame
) -> None:
    from tiscam_emu.pixel_formats import PIXEL_FORMATS
    from tiscam_emu.sensor.request import FrameRequest, Region

    renderer = Renderer(still_sensor, load_scene(folder))
    renderer.first_frame_id = 1000
    means = []
    for frame_id in (1000, 1001, 1002, 1003):
        out = np.empty(256 * 192, np.uint8)
        renderer.render(FrameRequest(frame_id, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS["Mono8"], Region(256, 192)), out)
        means.append(float(out.mean()))
    assert means[0] < means[1] < means[2]
    assert means[3] == pytest.approx(means[0], abs=0.5)


def test_a_still_is_the_same_object_as_long_as_the_image_is(folder: Path) -> None:
    picture = picture_of(folder)
    assert picture.still(5, 1) is picture.still(6, 1)
    assert picture.still(6, 1) is not picture.still(6, 2)


def test_a_broken_file_in_a_folder_is_told_at_once_by_its_name(folder: Path) -> None:
    (folder / "bb.png").write_text("not a picture")
    with pytest.raises(SceneError, match=r"bb\.png: not an image file"):
        picture_of(folder)


def test_a_file_that_vanishes_leaves_the_last_good_one_in_view_and_is_told_once(folder: Path) -> None:
    errors: list[Exception] = []
    picture = picture_of(folder, errors)
    (folder / "b.png").unlink()
    assert [level(picture, 0, frame) for frame in range(6)] == [50, 50, 150, 50, 50, 150]
    assert [str(error) for error in errors] == [f"scene {folder / 'b.png'}: No such file or directory"]


def test_pages_of_a_tiff_are_shown_one_a_frame(tmp_path: Path) -> None:
    pages = [Image.new("L", (WIDTH, HEIGHT), grey) for grey in (10, 20, 30)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    picture = picture_of(tmp_path / "stack.tif")
    assert [level(picture, 0, frame) for frame in range(4)] == [10, 20, 30, 10]


@pytest.mark.parametrize("name", ["turn.gif", "turn.png"])
def test_frames_of_an_animation_last_as_long_as_they_say(tmp_path: Path, name: str) -> None:
    frames = [Image.new("L", (WIDTH, HEIGHT), grey) for grey in (0, 128, 255)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=[100, 50, 200], loop=0)
    picture = picture_of(tmp_path / name)
    times_ms = (0, 99, 100, 149, 150, 349, 350, 449, 450)
    assert [level(picture, t * NS_PER_MS) for t in times_ms] == [0, 0, 128, 128, 255, 255, 0, 0, 128]


def test_an_animation_too_large_is_refused_with_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (10, 10), grey) for grey in (0, 128)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    monkeypatch.setattr(image_array, "MAX_IMAGE_PIXELS", 199)
    with pytest.raises(SceneError, match="2 frames of 10 x 10 are above 199 pixels; make it a video"):
        load_scene(tmp_path / "a.gif")


def test_a_function_that_raises_is_told_before_the_scene_is_used() -> None:
    def broken(time_ns: int, width: int, height: int) -> NDArray[Any]:
        raise ValueError("no light")

    with pytest.raises(SceneError, match="scene function: ValueError: no light"):
        picture_of(broken)


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        (None, r"scene array: shape \(\) is neither"),
        ("a picture", r"scene array: shape \(\) is neither"),
        (np.zeros((4, 4, 2)), r"shape \(4, 4, 2\)"),
        (np.full((4, 4), np.inf), "finite"),
        (np.array([[None]]), "type object is none of"),
    ],
)
def test_a_function_that_returns_nonsense_is_told_before_the_scene_is_used(nonsense: Any, message: str) -> None:
    with pytest.raises(SceneError, match=message):
        picture_of(lambda *_: nonsense)


def test_a_function_that_fails_later_leaves_its_last_good_image_in_view_and_is_told_once() -> None:
    def fading(time_ns: int, width: int, height: int) -> NDArray[Any]:
        if 2 <= time_ns < 5:
            raise RuntimeError(f"no image at {time_ns}")
        return np.full((height, width), 10 * time_ns, np.uint8)

    errors: list[Exception] = []
    picture = picture_of(fading, errors)
    assert [level(picture, time_ns) for time_ns in range(7)] == [0, 10, 10, 10, 10, 50, 60]
    assert [str(error) for error in errors] == ["scene function: RuntimeError: no image at 2"]


def test_without_anybody_to_tell_a_later_error_is_raised() -> None:
    picture = picture_of(lambda time_ns, *_: np.zeros((4, 4), np.uint8) if not time_ns else None)
    with pytest.raises(SceneError, match="shape"):
        picture.still(1)


def test_a_function_that_reuses_its_array_is_seen_to_change() -> None:
    own = np.zeros((HEIGHT, WIDTH), np.uint8)

    def growing(time_ns: int, width: int, height: int) -> NDArray[Any]:
        own[...] = time_ns
        return own

    picture = picture_of(growing)
    first = picture.still(100)
    assert [level(picture, time_ns) for time_ns in (100, 200)] == [100, 200]
    assert float(first.radiance(Window(0, 1, 0, 1)).max()) == pytest.approx(0.127, abs=0.001)  # sRGB 100


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Ten frames a second for a second; frame k is the grey 20 k + 20."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 20 * number + 20, np.uint8), format="gray")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_video_runs_in_device_time_and_begins_anew(video: Path) -> None:
    picture = picture_of(video)
    times_ms = (0, 99, 101, 550, 999, 1000, 1250, 7_350, 7_950, 120)
    greys = [20, 20, 40, 120, 200, 20, 60, 80, 200, 40]
    assert [level(picture, t * NS_PER_MS) for t in times_ms] == pytest.approx(greys, abs=1)


def test_every_moment_of_a_video_is_the_same_whatever_was_seen_before(video: Path) -> None:
    times_ns = [NS_PER_S * k // 30 for k in range(40)]
    forwards, backwards = picture_of(video), picture_of(video)
    seen = {time_ns: level(forwards, time_ns) for time_ns in times_ns}
    assert {time_ns: level(backwards, time_ns) for time_ns in reversed(times_ns)} == seen


def test_a_file_that_is_no_video_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("not a video" * 100)
    with pytest.raises(SceneError, match=r"clip\.mp4: not an image or video file that can be read"):
        picture_of(tmp_path / "clip.mp4")


def test_a_video_without_frames_is_told_at_once(tmp_path: Path) -> None:
    sound, empty = tmp_path / "sound.mkv", tmp_path / "empty.avi"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(empty), "w") as container:
        nothing = container.add_stream("mpeg4", rate=10)
        nothing.width, nothing.height, nothing.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(SceneError, match="there is no video in this file"):
        picture_of(sound)
    with pytest.raises(SceneError, match="the video has no frame"):
        picture_of(empty)


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # what Python does with modules that cannot be imported
    (tmp_path / "clip.mp4").write_bytes(bytes(100))
    with pytest.raises(SceneError, match=r"clip\.mp4: not an image; videos need the extra tiscam-emu\[video\]"):
        picture_of(tmp_path / "clip.mp4")
