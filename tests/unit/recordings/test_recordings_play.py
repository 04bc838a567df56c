from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.recordings import made

from tiscam_emu.camera.core import load
from tiscam_emu.errors import InvalidOption, SceneError
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.recordings.play import Play, Playback, RawRenderer, is_recording, load_any
from tiscam_emu.sensor.canvas import ArrayCanvas
from tiscam_emu.sensor.request import FrameRequest, Region

SIZE = (64, 48)
MS = 1_000_000


def _image(seed: int, name: str = "BayerRG8") -> bytes:
    return made.image_of(name, *SIZE, seed)


def _recorded(
    tmp_path: Path, count: int = 4, *, name: str = "BayerRG8", lost: dict[int, list[int]] | None = None
) -> Path:
    """Frames 40 ms apart, the last one 80 ms after the one before; `lost` are packet ids by frame."""
    packets = []
    for number in range(count):
        sent = made.block(_image(number, name), number + 1, name=name, size=SIZE)
        kept = [each for at, each in enumerate(sent) if at not in (lost or {}).get(number, [])]
        packets += made.over_ip(kept, at_s=made.BEGAN_S + 0.04 * (number + (number == count - 1)))
    return made.write(tmp_path / "a.pcapng", packets)


def _playback(path: Path, text: str = "") -> Playback:
    _, playback = load_any(path, Play.parse(text))
    assert playback is not None
    return playback


def _request(frame: int, name: str = "BayerRG8", size: tuple[int, int] = SIZE, time_ns: int = 0) -> FrameRequest:
    return FrameRequest(frame, time_ns, 5000.0, 0.0, 0.0, PIXEL_FORMATS[name], Region(*size))


def _renderer(path: Path, text: str = "raw") -> RawRenderer:
    playback = _playback(path, text)
    return RawRenderer(playback, load("33GP1300").sensor, load_any(path)[0])


def _drawn(renderer: RawRenderer, request: FrameRequest) -> bytes:
    out = np.zeros(request.payload_bytes(), np.uint8)
    for _ in renderer.draw(request, ArrayCanvas(out)):
        pass
    return out.tobytes()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", [0, 1, 2, 3, 0, 1]), ("once", [0, 1, 2, 3, 3, 3]), ("raw", [0, 1, 2, 3, 0, 1])],
)
def test_each_frame_of_the_camera_sees_the_next_one_of_the_recording(
    tmp_path: Path, text: str, numbers: list[int]
) -> None:
    playback = _playback(_recorded(tmp_path), text)
    assert [playback.number(frame * 7 * MS, frame) for frame in range(6)] == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("timed", [0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 0]), ("timed,once", [0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3])],
)
def test_at_the_pace_of_the_recording_frames_stay_as_long_as_they_did(
    tmp_path: Path, text: str, numbers: list[int]
) -> None:
    playback = _playback(_recorded(tmp_path), text)
    began = 5_000 * MS  # of the first exposure; one every 20 ms
    assert [playback.number(began + frame * 20 * MS, frame) for frame in range(11)] == numbers


def test_a_recording_of_one_frame_plays_in_every_way(tmp_path: Path) -> None:
    path = _recorded(tmp_path, 1)
    for text in ("", "once", "timed", "timed,once", "raw"):
        assert [_playback(path, text).number(frame * MS, frame) for frame in range(3)] == [0, 0, 0]


def test_raw_frames_pass_bit_for_bit_where_size_and_format_agree(tmp_path: Path) -> None:
    renderer = _renderer(_recorded(tmp_path))
    assert [_drawn(renderer, _request(frame)) for frame in range(5)] == [_image(at) for at in (0, 1, 2, 3, 0)]


@pytest.mark.parametrize(
    "request_", [_request(1, "BayerRG16"), _request(1, size=(32, 48)), _request(1, "YUV422_8")], ids=str
)
def test_other_sizes_and_formats_are_rendered_from_the_developed_scene(tmp_path: Path, request_: FrameRequest) -> None:
    renderer = _renderer(_recorded(tmp_path))
    list(renderer.prepare(request_))
    drawn = _drawn(renderer, request_)
    assert len(set(drawn)) > 10
    assert drawn != _image(1)[: len(drawn)]
    assert _drawn(renderer, request_) == drawn


def test_frames_are_counted_from_where_the_scene_was_put_before_the_camera(tmp_path: Path) -> None:
    renderer = _renderer(_recorded(tmp_path))
    renderer.first_frame_id = 100
    assert _drawn(renderer, _request(102)) == _image(2)


def test_lost_packets_are_filled_from_the_frame_before_and_told(tmp_path: Path) -> None:
    playback = _playback(_recorded(tmp_path, lost={1: [2], 2: [2, 4]}))
    first, second, third = (_image(number) for number in range(3))
    filled = second[:500] + first[500:1000] + second[1000:]
    expected = third[:500] + first[500:1000] + third[1000:1500] + second[1500:2000] + third[2000:]
    assert [playback.source.image(number).tobytes() for number in range(3)] == [first, filled, expected]
    (note,) = playback.source.notes
    assert note.endswith(
        "a.pcapng: 3 packets of 2 of 4 frames from 10.0.0.7 are lost, and filled from the frame before"
    )


def test_a_frame_played_out_of_turn_is_filled_as_in_turn(tmp_path: Path) -> None:
    path = _recorded(tmp_path, lost={1: [2], 2: [2, 4]})
    in_turn = _playback(path).source
    images = [in_turn.image(number).tobytes() for number in range(4)]
    for number in (2, 1, 3, 0, 2):
        assert _playback(path).source.image(number).tobytes() == images[number]


def test_a_lost_packet_of_the_first_frame_is_black(tmp_path: Path) -> None:
    image = _playback(_recorded(tmp_path, lost={0: [1]})).source.image(0).tobytes()
    assert image == bytes(500) + _image(0)[500:]


def test_a_last_frame_that_does_not_come_to_its_end_is_not_played(tmp_path: Path) -> None:
    source = _playback(_recorded(tmp_path, 3, lost={2: [3, 4, 5, 6, 7, 8]})).source
    assert len(source.times_ns) == 2
    assert source.notes == []


def test_padding_at_the_end_of_lines_is_taken_off(tmp_path: Path) -> None:
    padded = np.frombuffer(made.image_of("Mono8", 68, 48), np.uint8)
    sent = made.block(padded.tobytes(), name="Mono8", size=SIZE, padding_x=4)
    source = _playback(made.write(tmp_path / "a.pcap", made.over_ip(sent))).source
    assert source.image(0).tobytes() == padded.reshape(48, 68)[:, :64].tobytes()


def test_a_recording_fills_a_sensor_of_another_size(tmp_path: Path) -> None:
    picture = load_any(_recorded(tmp_path))[0].fit(200, 100)
    from tiscam_emu.sensor.geometry import Window

    assert picture.still(0, 0).radiance(Window(0, 100, 0, 200)).shape == (100, 200, 3)
    assert picture.still(0, 0) is picture.still(99, 4)
    assert picture.still(0, 0) is not picture.still(0, 1)


def test_words_that_say_how_to_play() -> None:
    assert Play.parse("") == Play()
    assert Play.parse("raw, once") == Play(raw=True, once=True)
    with pytest.raises(InvalidOption, match="play 'fast': must be raw, timed or once, or several of them"):
        Play.parse("raw,fast")


def test_how_to_play_is_for_recordings_alone(tmp_path: Path) -> None:
    options = ServeOptions("33GP1300", play="once")
    with pytest.raises(InvalidOption, match="play once: the scene chart is no recording"):
        options.checked()
    assert replace(options, scene=str(_recorded(tmp_path))).checked().play == "once"
    assert not is_recording(np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a capture"),
        (b"\xd4\xc3\xb2\xa1", "cut off"),
        (None, "no frame of a GigE Vision camera is in it"),
    ],
)
def test_a_capture_without_frames_is_one_line(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "a.pcap"
    if data is None:
        made.write(path, made.over_ip([b"other protocols", bytes(2000)]))
    else:
        path.write_bytes(data)
    with pytest.raises(SceneError, match=f"scene {path}: .*{said}") as caught:
        load_any(path)
    assert "\n" not in str(caught.value)


def test_a_format_that_is_not_known_is_named(tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.pcap", made.over_ip(made.block(_image(0), size=SIZE, code=0x01080099)))
    with pytest.raises(SceneError, match="pixel format 0x01080099"):
        load_any(path)


# A folder of raw frames.

INDEX = {"pixel_format": "BayerRG8", "width": 64, "height": 48, "fps": 10, "frames": ["a.raw", "b.raw"]}


def _folder(tmp_path: Path, **changes: Any) -> Path:
    for number, name in enumerate(("a.raw", "b.raw")):
        (tmp_path / name).write_bytes(_image(number))
    (tmp_path / "index.json").write_text(json.dumps(INDEX | changes))
    return tmp_path


def test_a_folder_of_raw_frames_plays_as_a_capture_does(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert [_drawn(_renderer(folder), _request(frame)) for frame in range(3)] == [_image(0), _image(1), _image(0)]
    playback = _playback(folder, "timed")
    assert [playback.number(frame * 50 * MS, frame) for frame in range(5)] == [0, 0, 1, 1, 0]


def test_a_folder_without_an_index_is_no_recording(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    assert load_any(tmp_path)[1] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pixel_format": "Mono9"}, "pixel_format: 'Mono9' is none that is known"),
        ({"width": 0}, "width: must be a whole number above 0"),
        ({"height": "48"}, "height: must be a whole number above 0"),
        ({"width": 99999, "height": 99999}, "is above 80000000 pixels"),
        ({"frames": []}, "frames: must be a list of file names"),
        ({"frames": ["c.raw"]}, "c.raw: no such file"),
        ({"fps": 0}, "fps: must be a number above 0"),
        ({"height": 49}, "a.raw: has 3072 bytes; .* says 3136"),
    ],
)
def test_an_index_that_is_wrong_is_one_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SceneError, match=said):
        load_any(_folder(tmp_path, **changes))


@pytest.mark.parametrize("text", ["", "[1]", "[" * 100_000, '{"a": NaN'])
def test_an_index_that_is_no_json_is_one_line(tmp_path: Path, text: str) -> None:
    (_folder(tmp_path) / "index.json").write_text(text)
    with pytest.raises(SceneError, match=r"index.json: ") as caught:
        load_any(tmp_path)
    assert "\n" not in str(caught.value)
