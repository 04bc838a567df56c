"""EMVA 1288: what Aravis receives gives back the parameters of every model's sensor.

Two cameras of each model, one before an even source (scene ``flat``), one in the dark, send 16-bit frames of 640 x 480
at 0 dB to Aravis; `emva1288` computes the characteristics from them. All have to be within 5 % of the model's YAML.

Statistical errors at five sigma are smaller. With n the pixels (307200, or half of them green), a variance has a
relative error of sqrt(2/n) = 0.26 to 0.36 %. The gain, a slope through many points, is good to 1 %; the dark noise, the
root of one variance, to 1 %. Of a spatial variance s^2 it is sqrt(2/n) (1 + sigma^2 / (16 s^2)), with temporal noise
sigma of which 16 frames leave a 16th: at most 2.6 times 0.26 %, so 1.7 % of the DSNU. The dark current is the
difference of means over one second, 2 electrons with an error below 0.01; its steps add 1.6 %. Saturation is where the
variance is largest, two sigma of the noise (2 %) before the converter ends, found on steps of 2 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image as Picture
from tests.interop.emulator import MODELS, Ready, emulator
from tests.interop.emva1288 import Characteristics, characteristics, rising, within
from tests.interop.emva_capture import Model, Plan, capture

from tiscam_emu.camera.core import load
from tiscam_emu.sensor.model import HALF_FULL_RADIANCE, SensorModel

PLAN = Plan(
    half_full_us=20000.0,
    # half of the full well is 1/1.9 of the range
    bright_shares=rising(0.1, 1.9, 13, fine=[1.74, 1.78, 1.82, 1.86, 1.94, 2.0, 2.1]),
    dark_us=(1000.0, 1_000_000.0),
    spatial_frames=16,
)

_AT_ONCE = 2


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("aravis")


@pytest.fixture(scope="module")
def measured(
    _lo_only: None, first_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Characteristics, float]]]:
    """Characteristics and temperature of every model; cameras are measured side by side."""
    folder = tmp_path_factory.mktemp("emva")
    night = folder / "night.png"
    Picture.fromarray(np.zeros((4, 4, 3), np.uint8)).save(night)
    words = [word for model in MODELS for word in ("--model", model)]
    lit_at, dark_at = first_address[:-1] + "31", first_address[:-1] + "41"
    with (
        emulator(*words, "--address", lit_at, "--scene", "flat", cameras=len(MODELS)) as lit,
        emulator(*words, "--address", dark_at, "--scene", str(night), cameras=len(MODELS)) as dark,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):

        def measure(pair: tuple[Ready, Ready]) -> tuple[Characteristics, float]:
            taken, temperature_c = capture(*pair, model_of(_sensor(pair[0].key)), PLAN, folder)
            return characteristics(taken), temperature_c

        answers = pool.map(measure, zip(lit.ready, dark.ready, strict=True))
        yield dict(zip(MODELS, answers, strict=True))


def _sensor(key: str) -> SensorModel:
    return load(key).sensor


def model_of(sensor: SensorModel) -> Model:
    photons_per_us = HALF_FULL_RADIANCE * sensor.photons_at_white(1.0)
    return Model("BayerRG16" if sensor.color else "Mono16", sensor.adc_bits, photons_per_us)


@pytest.mark.parametrize("key", MODELS)
def test_frames_give_back_the_parameters_of_the_sensor(
    measured: dict[str, tuple[Characteristics, float]], key: str
) -> None:
    found, temperature_c = measured[key]
    sensor = _sensor(key)
    green = sensor.qe[1] if sensor.color else sensor.qe[0]
    true = {
        "gain_dn_per_e": sensor.dn_per_electron / 2 ** (12 - sensor.adc_bits),
        "quantum_efficiency": green,
        "dark_noise_e": sensor.read_noise_e,
        "saturation_e": sensor.saturation_e,
        "dsnu_e": sensor.dsnu_e,
        "prnu_percent": sensor.prnu_percent,
        "dark_current_e_per_s": sensor.dark_electrons(1e6, temperature_c),
    }
    for name, value in true.items():
        figure = getattr(found, name)
        assert within(figure, value, 5.0), f"{name}: {figure:.4g} is measured, {value:.4g} is the model's"
    assert found.linearity_error_percent < 0.5
