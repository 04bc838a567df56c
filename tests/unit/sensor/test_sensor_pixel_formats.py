"""Codes and names of the table, and pictures that do not depend on the format they are sent in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.interop import unpack
from tests.unit.sensor.test_sensor_packing import upper_bits

from tiscam_emu.pixel_formats import BY_CODE, OLD_NAMES, PIXEL_FORMATS, find
from tiscam_emu.sensor.fast import noise_pool
from tiscam_emu.sensor.model import SensorModel, neutral_white_balance
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import Scene, load_scene
from tiscam_emu.sensor.statistics import measure

Image = NDArray[Any]
Card = Callable[..., Scene]

NOISES = ["exact", "fast"]
PHASES = ["RG", "GR", "GB", "BG"]
RAW_MONO = [name for name in PIXEL_FORMATS if name.startswith("Mono")]
RAW_BAYER = [name for name in PIXEL_FORMATS if name.startswith("Bayer")]
COLOUR = [name for name, row in PIXEL_FORMATS.items() if row.components != "raw"]
ODD = Region(57, 43, 5, 3)
LUT = tuple(65535 - 255 * point for point in range(257))


def rendered(sensor: SensorModel, scene: Scene, name: str, noise: Any = "fast", **settings: Any) -> bytes:
    settings.setdefault("region", Region(sensor.width, sensor.height))
    return rendered_by(Renderer(sensor, scene, 5, noise), name, **settings)


def rendered_by(renderer: Renderer, name: str, **settings: Any) -> bytes:
    request = FrameRequest(1, 40_000_000, 5000.0, 0.0, 240.0, PIXEL_FORMATS[name], **settings)
    memory = np.full(request.payload_bytes() + 2, 0xA5, np.uint8)
    renderer.render(request, memory[1:-1])
    assert memory[0] == memory[-1] == 0xA5
    return memory[1:-1].tobytes()


def decoded(sensor: SensorModel, scene: Scene, name: str, noise: Any = "fast", **settings: Any) -> dict[str, Image]:
    """What there is of raw values, colours and luminance."""
    region = settings.get("region", Region(sensor.width, sensor.height))
    data = rendered(sensor, scene, name, noise, **settings)
    return present(unpack.decode(name, data, region.width, region.height))


def present(picture: unpack.Decoded) -> dict[str, Image]:
    return {kind: plane for kind, plane in asdict(picture).items() if plane is not None}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Mono10", 0x01100003),
        ("Mono10Packed", 0x010C0004),
        ("Mono10p", 0x010A0046),
        ("Mono12", 0x01100005),
        ("Mono14", 0x01100025),
        ("BayerGR8", 0x01080008),
        ("BayerBG10p", 0x010A0052),
        ("BayerGB12Packed", 0x010C002C),
        ("BayerGR14", 0x01100109),
        ("RGB8Packed", 0x02180014),
        ("BGR8Packed", 0x02180015),
        ("RGBA8Packed", 0x02200016),
        ("BGRA8Packed", 0x02200017),
        ("YUV411Packed", 0x020C001E),
        ("YUV422Packed", 0x0210001F),
        ("YUV422_YUYV_Packed", 0x02100032),
        ("YUYVPacked", 0x02100032),
        ("YUV444Packed", 0x02180020),
        ("YCbCr411_8", 0x020C005A),
    ],
)
def test_a_format_is_found_by_its_new_and_its_old_name(name: str, code: int) -> None:
    row = find(name)
    assert row is not None
    assert row.code == code
    assert BY_CODE[code] is row


@pytest.mark.parametrize("name", ["Mono1p", "Coord3D_ABC32f", "BayerRGPolarized8", "JPEG", "RGB8_Planar", "mono8", ""])
def test_what_cannot_be_made_is_not_found(name: str) -> None:
    assert find(name) is None


def test_codes_say_how_many_bits_a_pixel_has_and_whether_it_is_colour() -> None:
    assert len(BY_CODE) == len(PIXEL_FORMATS)
    for row in PIXEL_FORMATS.values():
        assert row.code >> 16 & 0xFF == row.bits_per_pixel
        assert row.code >> 24 == (1 if row.components == "raw" else 2)
        assert row.bits_per_pixel * row.pixels_per_group % 8 == 0


def test_no_old_name_hides_a_new_one() -> None:
    assert not {*OLD_NAMES} & {*PIXEL_FORMATS}
    assert {*OLD_NAMES.values()} <= {*PIXEL_FORMATS}


@pytest.mark.parametrize("table", [None, LUT])
@pytest.mark.parametrize("noise", NOISES)
def test_raw_formats_carry_the_upper_bits_of_the_same_values(
    mono_sensor: SensorModel, color_sensor: SensorModel, noise: Any, table: Any
) -> None:
    """At an odd size and place, where lines are no whole bytes."""
    chart = load_scene("chart")
    for names, sensor, widest in (
        (RAW_MONO, mono_sensor, "Mono16"),
        *(([n for n in RAW_BAYER if n[5:7] == phase], color_sensor, f"Bayer{phase}16") for phase in PHASES),
    ):
        words = unpack.raw_values(widest, rendered(sensor, chart, widest, noise, region=ODD, lut=table), 57, 43) >> 4
        assert len(np.unique(words)) > 50
        for name in names:
            found = unpack.raw_values(name, rendered(sensor, chart, name, noise, region=ODD, lut=table), 57, 43)
            assert np.array_equal(found, upper_bits(words, name)), name


@pytest.mark.parametrize("noise", NOISES)
def test_mono_formats_of_a_colour_sensor_carry_luminance(color_sensor: SensorModel, noise: Any) -> None:
    chart = load_scene("chart")
    words = unpack.raw_values("Mono16", rendered(color_sensor, chart, "Mono16", noise, region=ODD), 57, 43) >> 4
    for name in RAW_MONO[1:]:
        found = unpack.raw_values(name, rendered(color_sensor, chart, name, noise, region=ODD), 57, 43)
        assert np.array_equal(found, upper_bits(words, name)), name
    eight_bits = decoded(color_sensor, chart, "Mono8", "exact", region=ODD)["raw"]
    luma = decoded(color_sensor, chart, "YUV8_UYV", "exact", region=ODD)["luma"]
    assert np.array_equal(eight_bits, luma)


@pytest.fixture
def small_pools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little noise, which is drawn faster."""
    noise_pool.colour_pool.cache_clear()
    monkeypatch.setattr(noise_pool, "_COLOUR_PIXELS", 1 << 12)
    yield
    noise_pool.colour_pool.cache_clear()


@pytest.mark.usefixtures("small_pools")
@pytest.mark.parametrize(("noise", "table"), [(noise, table) for noise in NOISES for table in (None, LUT)])
@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (5, 4), (7, 9)])
def test_every_format_fills_exactly_its_payload_at_any_size(
    request: pytest.FixtureRequest, size: tuple[int, int], color: bool, noise: Any, table: Any
) -> None:
    sensor: SensorModel = request.getfixturevalue("color_sensor" if color else "mono_sensor")
    renderer = Renderer(sensor, load_scene("chart"), 5, noise)
    for name in PIXEL_FORMATS:
        data = rendered_by(renderer, name, region=Region(*size, 3, 5), lut=table)
        unpack.decode(name, data, *size)  # what is behind the last pixel is checked there


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("own", PHASES)
def test_the_mosaic_has_the_phase_of_the_format_whatever_the_sensor_and_the_region(
    still_color_sensor: SensorModel, card: Card, own: Any, noise: Any
) -> None:
    sensor, light = replace(still_color_sensor, cfa=own), (0.4, 0.2, 0.1)
    scene = card(light)
    white_dn8 = 0.97 * (4095 - 240) / 16
    expected = [15 + white_dn8 * value * qe / max(sensor.qe) for value, qe in zip(light, sensor.qe, strict=True)]
    for phase in PHASES:
        for region in (Region(64, 48), Region(64, 48, 3, 1), Region(64, 48, reverse_x=True)):
            raw = decoded(sensor, scene, f"Bayer{phase}12", noise, region=region)["raw"]
            found = present(unpack.demosaic_by_pairs(raw, phase))
            means = [float(found[kind].mean()) for kind in ("red", "green", "blue")]
            assert means == pytest.approx(expected, abs=0.3), (phase, region)


def smooth(sensor: SensorModel) -> Scene:
    """Colours that change slowly, so that it does not matter where exactly a filter was."""
    y, x = np.mgrid[0 : sensor.height, 0 : sensor.width] / (sensor.width * 1.5)
    return load_scene(np.stack([0.1 + x, 0.5 - x / 2 + y / 4, 0.15 + y], axis=2).astype(np.float32))


@pytest.mark.parametrize("settings", [{}, {"saturation": 100.0, "hue_deg": 30.0}, {"gamma": 1.5}])
@pytest.mark.parametrize("noise", NOISES)
def test_pictures_look_alike_whatever_the_phase(still_color_sensor: SensorModel, noise: Any, settings: Any) -> None:
    scene, balance = smooth(still_color_sensor), neutral_white_balance(still_color_sensor)
    settings = {**settings, "white_balance": balance}
    reference = decoded(still_color_sensor, scene, "RGB8", "exact", **settings)
    for phase in PHASES:
        sensor = replace(still_color_sensor, cfa=phase)
        raw = decoded(sensor, scene, f"Bayer{phase}16", noise, **settings)["raw"]
        # gamma acts on luminance alone where there is one, which gives other colours
        names = [name for name in COLOUR if "gamma" not in settings or name.startswith(("RGB", "BGR"))]
        seen = [decoded(sensor, scene, name, noise, **settings) for name in names]
        for picture, size in ((present(unpack.demosaic_by_pairs(raw, phase)), 8), *((each, 16) for each in seen)):
            for channel in ("red", "green", "blue"):
                found = unpack.block_means(picture[channel], size)
                wanted = unpack.block_means(reference[channel], 16)
                assert np.abs(found - wanted).max() < 2.5, (phase, channel)


@pytest.mark.parametrize("name", ["RGB8", "YUV422_8_UYVY", "YUV8_UYV", "Mono12", "BGRa8"])
@pytest.mark.parametrize("phase", PHASES)
def test_fast_noise_is_as_strong_as_exact_noise_in_every_phase(
    still_color_sensor: SensorModel, card: Card, phase: Any, name: str
) -> None:
    sensor, scene = replace(still_color_sensor, cfa=phase), card(0.3)
    balance = neutral_white_balance(sensor)
    planes = dict[str, dict[str, Image]]()
    for noise in NOISES:
        data = rendered(sensor, scene, name, noise, white_balance=balance)
        if name == "Mono12":
            planes[noise] = {"Y": unpack.raw_values(name, data, 256, 192)}
        else:
            planes[noise] = unpack.colour_planes(name, data, 256, 192)
    for kind in planes["exact"]:
        for row, column in np.ndindex(2, 2):
            exact, quick = (planes[noise][kind][row::2, column::2].astype(float) for noise in NOISES)
            assert quick.std() == pytest.approx(exact.std(), rel=0.06), (kind, row, column)
            assert quick.mean() == pytest.approx(exact.mean(), abs=1.5 if name == "Mono12" else 0.15), (
                kind,
                row,
                column,
            )


@pytest.mark.parametrize("noise", NOISES)
def test_a_monochrome_sensor_shows_grey_in_colour_formats(mono_sensor: SensorModel, noise: Any) -> None:
    chart = load_scene("chart")
    grey = decoded(mono_sensor, chart, "Mono8", "exact")["raw"]
    for name in COLOUR:
        planes = unpack.colour_planes(name, rendered(mono_sensor, chart, name, noise), 256, 192)
        if "Y" in planes:
            assert (planes["U"] == 128).all(), name
            assert (planes["V"] == 128).all(), name
            luma = planes["Y"]
        else:
            red, green, blue = (planes[kind].astype(int) for kind in "RGB")
            assert max(np.abs(red - green).max(), np.abs(blue - green).max()) <= 1
            luma = planes["G"]
        difference = unpack.block_means(luma.astype(float), 32) - unpack.block_means(grey, 32)
        assert np.abs(difference).max() < 2, name


@pytest.mark.parametrize("width", [256, 255, 253])
def test_figures_are_those_of_the_8_bit_format_at_any_width(color_sensor: SensorModel, width: int) -> None:
    whole = (0, 0, width, 192)
    chart = load_scene("chart")
    for phase in PHASES:
        figures = {}
        for name in (name for name in RAW_BAYER if name[5:7] == phase):
            request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[name], Region(width, 192))
            payload = np.empty(request.payload_bytes(), np.uint8)
            Renderer(color_sensor, chart, 7).render(request, payload)
            figures[name] = measure(payload.take, request, whole)
        assert len({*figures.values()}) == 1, figures


@pytest.mark.parametrize("name", list(PIXEL_FORMATS))
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (64, 48)])
def test_figures_of_any_size_are_within_the_picture(
    color_sensor: SensorModel, card: Card, name: str, size: tuple[int, int]
) -> None:
    balance = neutral_white_balance(color_sensor)
    request = FrameRequest(0, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS[name], Region(*size), white_balance=balance)
    payload = np.empty(request.payload_bytes(), np.uint8)
    Renderer(color_sensor, card(0.25), 7).render(request, payload)
    found = measure(payload.take, request, (0, 0, *size))
    if size == (64, 48):
        assert found.mean_dn8 == pytest.approx(15 + 0.25 * 0.97 * (4095 - 240) / 16, abs=1.5)
        assert found.saturated_share == 0
    assert 0 <= found.mean_dn8 <= 255


def test_a_change_of_phase_is_seen_at_once_and_back(color_sensor: SensorModel) -> None:
    renderer = Renderer(color_sensor, load_scene("chart"), 3)
    for region in (Region(64, 48, 9, 7), Region(64, 48), Region(32, 24, 11, 8), Region(32, 24, 12, 8)):
        for phase in ("RG", "BG", "RG", "GR"):
            row = PIXEL_FORMATS[f"Bayer{phase}8"]
            request = FrameRequest(4, 0, 5000.0, 0.0, 240.0, row, region)
            kept, alone = (np.empty(request.payload_bytes(), np.uint8) for _ in range(2))
            renderer.render(request, kept)
            Renderer(color_sensor, load_scene("chart"), 3).render(request, alone)
            assert np.array_equal(kept, alone), (region, phase)
