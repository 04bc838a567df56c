"""What the five models say about themselves."""

from __future__ import annotations

import pytest

from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.load import load_model
from tiscam_emu.spec.model import CameraModel, ReadoutMode

DEFAULT = ReadoutMode(1, 1, 1, 1)
SKIPPING = ReadoutMode(2, 2, 1, 1)
SKIPPING_VERTICAL = ReadoutMode(1, 2, 1, 1)
SKIPPING_HORIZONTAL = ReadoutMode(2, 1, 1, 1)
BINNING = ReadoutMode(1, 1, 2, 2)


def _models() -> list[CameraModel]:
    return [load_model(key, ROOMS) for key in model_keys()]


@pytest.mark.parametrize(
    ("key", "name", "size", "color", "adc_bits"),
    [
        ("33GP1300", "DFK 33GP1300", (1280, 1024), True, 10),
        ("38UX267", "DFK 38UX267", (4096, 2160), True, 12),
        ("39GX265-Z20", "DFK 39GX265-Z20", (2048, 1536), True, 12),
        ("38GX541-a", "DMK 38GX541-a", (4504, 4504), False, 12),
        ("38UX253", "DMK 38UX253", (4096, 3000), False, 12),
    ],
)
def test_name_and_sensor_are_the_manuals(
    key: str, name: str, size: tuple[int, int], color: bool, adc_bits: int
) -> None:
    model = load_model(key, ROOMS)
    assert model.identity.name == name
    assert model.identity.vendor == "The Imaging Source Europe GmbH"
    assert (model.sensor.width, model.sensor.height) == size
    assert model.sensor.color is color
    assert model.sensor.adc_bits == adc_bits


@pytest.mark.parametrize(
    ("key", "modes"),
    [
        ("33GP1300", (DEFAULT, SKIPPING)),
        ("38UX267", (DEFAULT, SKIPPING, SKIPPING_VERTICAL, SKIPPING_HORIZONTAL, BINNING)),
        ("39GX265-Z20", (DEFAULT, SKIPPING)),
        ("38GX541-a", (DEFAULT, SKIPPING, BINNING)),
        ("38UX253", (DEFAULT, SKIPPING, SKIPPING_VERTICAL, SKIPPING_HORIZONTAL, BINNING)),
    ],
)
def test_readout_modes_are_the_manuals(key: str, modes: tuple[ReadoutMode, ...]) -> None:
    assert load_model(key, ROOMS).readout_modes == modes


def test_no_two_models_share_serial_guid_or_xml_name() -> None:
    identities = [model.identity for model in _models()]
    assert len({identity.serial for identity in identities}) == 5
    assert len({identity.product_guid for identity in identities}) == 5
    assert len({identity.xml_model_name for identity in identities}) == 5


def test_every_text_fits_its_register() -> None:
    for identity in (model.identity for model in _models()):
        assert len(identity.vendor) < 32
        assert len(identity.name) < 32
        assert len(identity.device_version) < 32
        assert len(identity.firmware_version) < 32
        assert len(identity.manufacturer_info) < 48


def test_every_pixel_format_has_a_timing() -> None:
    for model in _models():
        entries = model.features["PixelFormat"].entries
        assert list(model.timing) == [entry.name for entry in entries]


def test_zoom_camera_alone_has_a_motorised_lens() -> None:
    lenses = {model.key: model.lens for model in _models() if model.lens is not None}
    assert list(lenses) == ["39GX265-Z20"]
    lens = lenses["39GX265-Z20"]
    assert len(lens.focal_mm) == 21
    assert (lens.focal_mm[0], lens.focal_mm[9], lens.focal_mm[-1]) == ((0, 6.5), (450, 17.7), (1000, 114.5))
    assert (lens.f_number, lens.nearest_m, lens.scene_m) == ((1.5, 3.4), (0.01, 0.9), 2.5)
