from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.canvas import ArrayCanvas
from tiscam_emu.sensor.fast import drawing as fast
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.picture import FormulaPicture, Picture
from tiscam_emu.sensor.scenes.scene import Scene, load_scene

TakeFrame = Callable[..., NDArray[Any]]
Card = Callable[..., Scene]

NOISES = ["exact", "fast"]


def request_of(frame_id: int, pixel_format: str = "BayerRG8", region: Region | None = None) -> FrameRequest:
    return FrameRequest(
        frame_id, frame_id * 40_000_000, 5000.0, 6.0, 240.0, PIXEL_FORMATS[pixel_format], region or Region(256, 192)
    )


def frame_of(renderer: Renderer, request: FrameRequest) -> bytes:
    out = np.empty(request.payload_bytes(), np.uint8)
    renderer.render(request, out)
    return out.tobytes()


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BayerRG12Packed", "BGR8", "YUV422_8"])
def test_a_frame_rendered_alone_is_the_frame_of_the_sequence(
    color_sensor: SensorModel, noise: Any, pixel_format: str
) -> None:
    chart = load_scene("chart")
    sequence = Renderer(color_sensor, chart, 3, noise)
    frames = [frame_of(sequence, request_of(index, pixel_format)) for index in range(4)]
    alone = frame_of(Renderer(color_sensor, chart, 3, noise), request_of(3, pixel_format))
    assert frames[3] == alone
    assert len(set(frames)) == 4


def paper(request: FrameRequest) -> ArrayCanvas:
    """Something to draw on that nobody looks at."""
    return ArrayCanvas(np.empty(request.payload_bytes(), np.uint8))


def steps(renderer: Renderer, request: FrameRequest) -> int:
    return sum(1 for _ in renderer.draw(request, paper(request)))


def test_settings_that_take_turns_are_computed_once(color_sensor: SensorModel) -> None:
    renderer = Renderer(color_sensor, load_scene("chart"), 3)
    turns = [replace(request_of(index), exposure_us=1000.0 * (1 + index % 4)) for index in range(12)]
    taken = [steps(renderer, request) for request in turns]
    assert min(taken[:4]) > max(taken[4:])
    assert len(set(taken[4:])) == 1
    fifth = replace(request_of(12), exposure_us=9000.0)
    assert steps(renderer, fifth) > taken[4]
    assert frame_of(renderer, turns[1]) == frame_of(Renderer(color_sensor, load_scene("chart"), 3), turns[1])


@pytest.mark.parametrize("table", [None, tuple(65535 - 255 * point for point in range(257))])
@pytest.mark.parametrize("pixel_format", PIXEL_FORMATS)
def test_a_frame_is_the_same_in_whatever_pieces_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
    mono_sensor: SensorModel,
    color_sensor: SensorModel,
    pixel_format: str,
    table: Any,
) -> None:
    sensor = mono_sensor if pixel_format.startswith("Mono") else color_sensor
    request = replace(request_of(2, pixel_format), lut=table)
    in_few = frame_of(Renderer(sensor, load_scene("chart")), request)
    monkeypatch.setattr(fast, "_PIECE", 1 << 13)
    monkeypatch.setattr(fast.NativeDrawing, "piece", 1 << 13)
    renderer = Renderer(sensor, load_scene("chart"))
    assert frame_of(renderer, request) == in_few
    assert steps(renderer, request) > 2


def test_a_frame_given_up_at_any_step_leaves_no_trace_in_the_next(
    monkeypatch: pytest.MonkeyPatch, color_sensor: SensorModel
) -> None:
    monkeypatch.setattr(fast, "_PIECE", 1 << 13)
    monkeypatch.setattr(fast.NativeDrawing, "piece", 1 << 13)
    # so dark that noise below zero has to be cut off
    request, after = (replace(request_of(index), exposure_us=20.0, black_level=0.0) for index in (2, 3))
    right = frame_of(Renderer(color_sensor, load_scene("chart")), after)
    count = steps(Renderer(color_sensor, load_scene("chart")), request)
    assert count >= 4  # light, moments, and the picture in pieces, before, while and after something moves
    for taken in range(1, count + 1):
        renderer = Renderer(color_sensor, load_scene("chart"))
        drawing = renderer.draw(request, paper(request))
        for _ in range(taken):
            next(drawing)
        drawing.close()  # type: ignore[attr-defined]
        assert frame_of(renderer, after) == right, f"after {taken} of {count} steps"


def test_frames_depend_on_the_seed(color_sensor: SensorModel) -> None:
    chart = load_scene("chart")
    first, second = (frame_of(Renderer(color_sensor, chart, seed), request_of(0)) for seed in (1, 2))
    assert first != second


def test_preparing_changes_nothing_in_the_frame(color_sensor: SensorModel) -> None:
    renderer = Renderer(color_sensor, load_scene("chart"), 1)
    list(renderer.prepare(request_of(5)))
    prepared = frame_of(renderer, request_of(5))
    assert prepared == frame_of(Renderer(color_sensor, load_scene("chart"), 1), request_of(5))


@pytest.mark.parametrize("noise", NOISES)
def test_a_settings_change_between_frames_leaves_no_trace(color_sensor: SensorModel, noise: Any) -> None:
    renderer = Renderer(color_sensor, load_scene("chart"), 1, noise)
    before = frame_of(renderer, request_of(1))
    frame_of(renderer, request_of(2, "BGR8", Region(64, 64, 32, 32, reverse_x=True)))
    assert frame_of(renderer, request_of(1)) == before


_ONE_AFTER_ANOTHER = [
    Region(128, 96, bin_x=2, bin_y=2),
    Region(60, 40, 20, 12, bin_x=2, bin_y=2),
    Region(128, 96, skip_x=2, skip_y=2),
    Region(256, 96, bin_y=2, reverse_y=True),
    Region(256, 192, reverse_x=True),
    Region(100, 60, 12, 36, reverse_x=True, reverse_y=True, skip_x=2),
    Region(80, 64, 16, 100),
    Region(256, 192),
]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", ["Mono16", "BayerRG16"])
def test_regions_that_follow_each_other_leave_no_trace(
    mono_sensor: SensorModel, color_sensor: SensorModel, pixel_format: str, noise: Any
) -> None:
    sensor = mono_sensor if pixel_format == "Mono16" else color_sensor
    renderer = Renderer(sensor, load_scene("chart"), 1, noise)
    for number, region in enumerate(
        [Region(80, 64, 16, 100), Region(256, 192), *_ONE_AFTER_ANOTHER, *_ONE_AFTER_ANOTHER[::-1]]
    ):
        request = request_of(number, pixel_format, region)
        alone = Renderer(sensor, load_scene("chart"), 1, noise)
        assert frame_of(renderer, request) == frame_of(alone, request), region


@dataclass
class _Counting:
    """State: a scene that knows how often it was looked at."""

    looks: int = 0

    def fit(self, width: int, height: int) -> Picture:
        del width, height

        def formula(window: Window) -> NDArray[np.float32]:
            self.looks += 1
            return np.full((*window.shape, 3), 0.5, np.float32)

        return FormulaPicture(formula)


def test_light_of_the_whole_sensor_serves_binned_skipped_and_smaller_regions(mono_sensor: SensorModel) -> None:
    scene = _Counting()
    renderer = Renderer(mono_sensor, scene, 1)
    frame_of(renderer, request_of(0, "Mono8", Region(256, 192)))
    looks = scene.looks
    for number, region in enumerate(_ONE_AFTER_ANOTHER):
        frame_of(renderer, request_of(number, "Mono8", region))
    assert scene.looks == looks
    frame_of(renderer, replace(request_of(9, "Mono8", Region(256, 192)), defocus_px=3.0))
    assert scene.looks > looks


@pytest.mark.parametrize("pixel_format", ["Mono8", "BGR8"])
def test_the_first_piece_is_drawn_before_the_rest_of_the_scene_is_looked_at(
    mono_sensor: SensorModel, pixel_format: str
) -> None:
    scene = _Counting()
    request = request_of(0, pixel_format, Region(1024, 1024))
    out = np.zeros(request.payload_bytes(), np.uint8)
    steps_taken = Renderer(replace(mono_sensor, width=1024, height=1024), scene, 1).draw(request, ArrayCanvas(out))
    looks = [scene.looks for _ in steps_taken if out[: 1 << 16].all()]
    assert looks[0] <= looks[-1] / 3


def test_binned_neighbours_are_looked_at_together(mono_sensor: SensorModel) -> None:
    whole, binned = _Counting(), _Counting()
    frame_of(Renderer(mono_sensor, whole, 1), request_of(0, "Mono8", Region(256, 192)))
    frame_of(Renderer(mono_sensor, binned, 1), request_of(0, "Mono8", _ONE_AFTER_ANOTHER[0]))
    assert binned.looks <= 2 * whole.looks


@pytest.mark.parametrize("noise", NOISES)
def test_the_ball_moves_and_leaves_the_rest_alone(color_sensor: SensorModel, take_frame: TakeFrame, noise: Any) -> None:
    frames = [
        take_frame(color_sensor, load_scene("chart"), "BayerRG16", noise=noise, time_ns=time_ns).astype(int)
        for time_ns in (0, 1_000_000_000)
    ]
    changed = np.argwhere(np.abs(frames[1] - frames[0]) > 300)
    assert 20 < len(changed) < 400
    rows, columns = changed[:, 0], changed[:, 1]
    assert 165 < rows.min() <= rows.max() < 182
    # the ball goes from the middle to the right end of its track
    assert 120 < columns.min() < 130
    assert 190 < columns.max() < 204


def ramp_scene() -> Scene:
    """Different in every pixel, and not symmetric."""
    y, x = np.mgrid[0:192, 0:256].astype(np.float32)
    red, green, blue = 0.1 + x / 512, 0.1 + y / 384, 0.1 + (x + y) / 1200
    return load_scene(np.stack([red, green, blue], axis=2))


def average(take_frame: TakeFrame, sensor: SensorModel, region: Region, pixel_format: str) -> NDArray[np.float64]:
    frames = [
        take_frame(sensor, ramp_scene(), pixel_format, region=region, frame_id=index).astype(float)
        for index in range(16)
    ]
    return np.asarray(np.mean(frames, axis=0))


def expected(sensor: SensorModel, region: Region) -> NDArray[np.float64]:
    """The noise-free raw picture, written pixel by pixel from the definition."""
    period = 2 if sensor.color else 1
    picture = np.empty((region.height, region.width))
    full_scale = sensor.reference_electrons_per_ms * 5 * sensor.dn_per_electron
    for row in range(region.height):
        for column in range(region.width):
            y, x = row + region.offset_y, column + region.offset_x
            samples = []
            for dy in range(region.bin_y):
                for dx in range(region.bin_x):
                    v = y // period * period * region.skip_y * region.bin_y + y % period + period * dy
                    u = x // period * period * region.skip_x * region.bin_x + x % period + period * dx
                    v = sensor.height - 1 - v if region.reverse_y else v
                    u = sensor.width - 1 - u if region.reverse_x else u
                    rgb = (0.1 + u / 512, 0.1 + v / 384, 0.1 + (u + v) / 1200)
                    if sensor.color:
                        channel = y % 2 + x % 2
                        samples.append(rgb[channel] * sensor.channel_weights[channel])
                    else:
                        samples.append(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2])
            picture[row, column] = 240 + full_scale * sum(samples) / len(samples)
    return picture


REGIONS = {
    "full": Region(256, 192),
    "crop": Region(64, 48, 30, 20),
    "flipped in x": Region(256, 192, reverse_x=True),
    "flipped in y": Region(256, 192, reverse_y=True),
    "flipped in both, cropped": Region(64, 48, 16, 8, reverse_x=True, reverse_y=True),
    "skipping": Region(128, 96, skip_x=2, skip_y=2),
    "skipping in x": Region(128, 192, skip_x=2),
    "skipping in y, cropped and flipped": Region(100, 40, 20, 30, skip_y=2, reverse_x=True),
    "binning": Region(128, 96, bin_x=2, bin_y=2),
    "binning, cropped and flipped": Region(64, 32, 12, 6, bin_x=2, bin_y=2, reverse_x=True, reverse_y=True),
}


@pytest.mark.parametrize("name", list(REGIONS))
@pytest.mark.parametrize("kind", ["colour", "mono"])
def test_every_output_pixel_sees_its_place_through_the_right_filter(
    still_sensor: SensorModel, still_color_sensor: SensorModel, take_frame: TakeFrame, name: str, kind: str
) -> None:
    sensor = still_color_sensor if kind == "colour" else still_sensor
    pixel_format = "BayerRG16" if kind == "colour" else "Mono16"
    region = REGIONS[name]
    difference = average(take_frame, sensor, region, pixel_format) - expected(sensor, region)
    # noise of 16 averaged frames: below 40/4 DN; the lens leaves a linear ramp as it is, but for the borders
    assert np.abs(difference[2:-2, 2:-2]).max() < 5 * 10
    assert abs(difference[2:-2, 2:-2].mean()) < 5 * 10 / difference.size**0.5 + 0.3


@pytest.mark.parametrize(
    ("region", "lens"),
    [
        (Region(256, 192), {}),
        (Region(128, 96, bin_x=2, bin_y=2, reverse_x=True), {}),
        (Region(128, 96, skip_x=2, skip_y=2, reverse_y=True), {"defocus_px": 1.0}),
        (Region(128, 64, 64, 128), {"defocus_px": 4.0}),
        (Region(256, 192), {"zoom": 1.15, "defocus_px": 0.5}),
    ],
)
@pytest.mark.parametrize("pixel_format", ["BayerRG8", "BGR8", "YUV422_8", "YCbCr411_8"])
def test_fast_and_exact_show_the_same_picture_with_the_ball_in_the_same_place(
    color_sensor: SensorModel, take_frame: TakeFrame, region: Region, lens: dict[str, float], pixel_format: str
) -> None:
    fast, exact = (
        take_frame(
            color_sensor, load_scene("chart"), pixel_format, noise=noise, region=region, time_ns=500_000_000, **lens
        )
        for noise in ("fast", "exact")
    )
    difference = np.abs(fast.astype(int) - exact.astype(int))
    # two noises of up to 2.4 of 256 steps each
    assert difference.max() <= 6 * 2**0.5 * 2.4 + 1
    assert difference.mean() < 1.5


def test_a_lens_out_of_focus_lowers_contrast(color_sensor: SensorModel, take_frame: TakeFrame) -> None:
    contrasts = [
        float(take_frame(color_sensor, load_scene("chart"), "BayerRG16", defocus_px=blur).std()) for blur in (0, 2, 6)
    ]
    assert contrasts[0] > 1.2 * contrasts[1] > 1.2 * 1.2 * contrasts[2]


@pytest.mark.parametrize("gamma", [0.01, 5.0])
@pytest.mark.parametrize("pixel_format", ["BayerRG12Packed", "BGR8", "YUV422_8"])
@pytest.mark.parametrize("noise", NOISES)
def test_the_extremes_of_every_setting_render_without_a_warning(
    color_sensor: SensorModel, take_frame: TakeFrame, gamma: float, pixel_format: str, noise: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for exposure_us, gain_db, black in ((1.0, 0.0, 0.0), (30e6, 48.0, 4095.0)):
            take_frame(
                color_sensor, load_scene("chart"), pixel_format, noise=noise, gamma=gamma, exposure_us=exposure_us,
                gain_db=gain_db, black_level=black, white_balance=(3.984375, 0.0, 3.984375),
            )  # fmt: skip


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("pixel_format", ["YUV422_8", "YCbCr411_8", "YCbCr411_8_CbYYCrYY"])
def test_chrominance_of_a_balanced_grey_scene_is_128(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: Any, pixel_format: str
) -> None:
    balance = neutral_white_balance(still_color_sensor)
    frame = take_frame(still_color_sensor, card(0.5), pixel_format, noise=noise, white_balance=balance)
    start, step = {"YUV422_8": ((1, 3), 4), "YCbCr411_8": ((2, 5), 6), "YCbCr411_8_CbYYCrYY": ((0, 3), 6)}[pixel_format]
    for chroma in start:
        values = frame[:, chroma::step].astype(float)
        assert abs(values.mean() - 128) < 5 * values.std() / values.size**0.5 * 2 + 0.02
    luma = np.delete(frame, [i for i in range(frame.shape[1]) if i % step in start], axis=1).astype(float)
    white = 0.97 * (4095 - 240)
    assert abs(luma.mean() - (240 + 0.5 * white) / 16) < 0.1


def test_bgr_of_a_red_card_is_red(still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame) -> None:
    frame = take_frame(still_color_sensor, card((0.8, 0.0, 0.0)), "BGR8").reshape(192, 256, 3).mean(axis=(0, 1))
    assert abs(frame[0] - 15) < 0.1
    assert abs(frame[1] - 15) < 0.1
    assert abs(frame[2] - (240 + 0.8 * 0.97 * 3855 * 0.52 / 0.64) / 16) < 0.2


def test_mono8_of_a_colour_camera_is_the_luminance(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame
) -> None:
    balance = neutral_white_balance(still_color_sensor)
    frame = take_frame(still_color_sensor, card((0.2, 0.6, 0.4)), "Mono8", white_balance=balance)
    luma = 0.299 * 0.2 + 0.587 * 0.6 + 0.114 * 0.4
    assert abs(float(frame.mean()) - (240 + luma * 0.97 * 3855) / 16) < 0.1


@pytest.mark.parametrize("noise", NOISES)
def test_white_balance_acts_on_raw_bayer_data(
    still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: Any
) -> None:
    plain, balanced = (
        take_frame(still_color_sensor, card(0.3), "BayerRG16", noise=noise, white_balance=factors).astype(float) - 240
        for factors in ((1.0, 1.0, 1.0), (1.5, 1.0, 0.5))
    )
    for row, column, factor in ((0, 0, 1.5), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.5)):
        ratio = balanced[row::2, column::2].mean() / plain[row::2, column::2].mean()
        assert abs(ratio - factor) < 0.003


@pytest.mark.parametrize("noise", NOISES)
def test_gamma_bends_raw_data_between_black_and_white(
    still_sensor: SensorModel, card: Card, take_frame: TakeFrame, noise: Any
) -> None:
    linear = float(take_frame(still_sensor, card(0.3), noise=noise).mean())
    bent = float(take_frame(still_sensor, card(0.3), noise=noise, gamma=2.0).mean())
    assert abs(bent - 4095 * (linear / 4095) ** 0.5) < 1.0


def test_gamma_leaves_chrominance_alone(still_color_sensor: SensorModel, card: Card, take_frame: TakeFrame) -> None:
    plain, bent = (
        take_frame(still_color_sensor, card((0.5, 0.3, 0.2)), "YUV422_8", gamma=gamma).astype(float)
        for gamma in (1.0, 2.2)
    )
    assert abs(plain[:, 1::2].mean() - bent[:, 1::2].mean()) < 0.05
    assert bent[:, 0::2].mean() > plain[:, 0::2].mean() + 30


def test_illumination_is_like_exposure(still_sensor: SensorModel, card: Card, take_frame: TakeFrame) -> None:
    bright = take_frame(still_sensor, card(0.2), illumination=2.0)
    long = take_frame(still_sensor, card(0.2), exposure_us=10000.0)
    assert abs(float(bright.mean()) - float(long.mean())) < 0.5


@pytest.mark.parametrize("pixel_format", [name for name in PIXEL_FORMATS if not name.startswith("Mono1")])
@pytest.mark.parametrize("noise", NOISES)
def test_every_format_fills_exactly_its_payload(color_sensor: SensorModel, pixel_format: str, noise: Any) -> None:
    request = request_of(0, pixel_format, Region(80, 50, 8, 4))
    memory = np.full(request.payload_bytes() + 2, 0xA5, np.uint8)
    Renderer(color_sensor, load_scene("chart"), 1, noise).render(request, memory[1:-1])
    assert memory[0] == memory[-1] == 0xA5
    assert np.unique(memory[1:-1]).size > 20


@pytest.mark.parametrize("pixel_format", ["Mono12Packed", "Mono12p"])
@pytest.mark.parametrize("noise", NOISES)
def test_packed_formats_carry_the_same_values_as_16_bit(
    mono_sensor: SensorModel, take_frame: TakeFrame, pixel_format: str, noise: Any
) -> None:
    values = take_frame(mono_sensor, load_scene("chart"), "Mono16", noise=noise).ravel()
    packed = take_frame(mono_sensor, load_scene("chart"), pixel_format, noise=noise)
    first, middle, last = packed.reshape(-1, 3).T.astype(int)
    if pixel_format == "Mono12p":
        even, odd = first | (middle & 15) << 8, middle >> 4 | last << 4
    else:
        even, odd = first << 4 | middle & 15, last << 4 | middle >> 4
    assert np.array_equal(values[0::2], even)
    assert np.array_equal(values[1::2], odd)


def test_a_wrong_output_size_is_refused(color_sensor: SensorModel) -> None:
    renderer = Renderer(color_sensor, load_scene("flat"))
    with pytest.raises(ValueError, match="out: 10 bytes, needed are 49152"):
        renderer.render(request_of(0), np.empty(10, np.uint8))


def test_a_region_beyond_the_sensor_is_refused(color_sensor: SensorModel) -> None:
    renderer = Renderer(color_sensor, load_scene("flat"))
    with pytest.raises(ValueError, match="columns up to 263 on a sensor of 256"):
        list(renderer.prepare(request_of(0, region=Region(256, 192, offset_x=8))))
