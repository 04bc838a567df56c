"""Frames for `emva1288`, taken by Aravis of two cameras of a model: one before an even source, one in the dark."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.interop.emulator import Ready, aravis
from tests.interop.emva1288 import Capture, Stack, codes, green

SETTLED = [
    ("ExposureAuto", "Off"),
    ("GainAuto", "Off"),
    ("BalanceWhiteAuto", "Off"),
    ("OffsetAutoCenter", "Off"),
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to take.

    Attributes
    ----------
    half_full_us
        Exposure at which the even source fills half of the wells.
    bright_shares
        Exposures of the photon transfer curve, as shares of that.
    dark_us
        Exposures without light.
    spatial_frames
        Frames at the half-full exposure, with and without light.
    """

    half_full_us: float
    bright_shares: Sequence[float]
    dark_us: Sequence[float]
    spatial_frames: int
    width: int = 640
    height: int = 480


@dataclass(frozen=True, slots=True)
class Model:
    """What has to be known of a camera to read its frames."""

    pixel_format: str
    adc_bits: int
    photons_per_us: float

    @property
    def is_mosaic(self) -> bool:
        """Whether there are colours to tell apart."""
        return self.pixel_format.startswith("Bayer")


def capture(bright: Ready, dark: Ready, model: Model, plan: Plan, folder: Path) -> tuple[Capture, float]:
    """Frames of both cameras, and the temperature of the dark one in degrees."""
    light_us = [share * plan.half_full_us for share in plan.bright_shares]
    bright_job = [*((exposure, 2) for exposure in light_us), (plan.half_full_us, plan.spatial_frames)]
    dark_job = [*((exposure, 2) for exposure in plan.dark_us), (plan.half_full_us, plan.spatial_frames)]
    with ThreadPoolExecutor() as pool:
        of_bright = pool.submit(_take, bright, model, plan, bright_job, folder / f"{bright.key}-bright")
        of_dark = pool.submit(_take, dark, model, plan, dark_job, folder / f"{dark.key}-dark")
        lit, lit_answer = of_bright.result()
        unlit, unlit_answer = of_dark.result()
    photons = [exposure_us * model.photons_per_us for exposure_us in lit_answer["exposures_us"][:-1]]
    seconds = [exposure_us / 1e6 for exposure_us in unlit_answer["exposures_us"][:-1]]
    taken = Capture(dict(zip(photons, lit, strict=False)), dict(zip(seconds, unlit, strict=False)), lit[-1], unlit[-1])
    return taken, float(unlit_answer["temperature_c"])


def _take(
    camera: Ready, model: Model, plan: Plan, exposures: Sequence[tuple[float, int]], path: Path
) -> tuple[list[Stack], dict[str, Any]]:
    """A stack of frames for each exposure, and what Aravis read."""
    answer = aravis(
        "aravis_exposures",
        camera=camera.address,
        set_if_there=SETTLED,
        set=[
            ("PixelFormat", model.pixel_format),
            ("Width", plan.width),
            ("Height", plan.height),
            ("Gain", 0),
        ],
        exposures=list(exposures),
        save=str(path),
    )
    images = np.fromfile(path, "<u2").reshape(-1, plan.height, plan.width)
    path.unlink()
    stacks = np.split(images, np.cumsum([count for _, count in exposures])[:-1])
    return [_seen(stack, model) for stack in stacks], answer


def _seen(images: NDArray[np.uint16], model: Model) -> Stack:
    values = codes(images, model.adc_bits)
    return green(values) if model.is_mosaic else values
