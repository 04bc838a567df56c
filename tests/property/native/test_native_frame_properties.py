"""A frame is the same to the byte whichever engine draws it: two processes, from the scene to the packet."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tiscam_emu import native
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene

pytestmark = pytest.mark.skipif(native.core is None, reason="the core has not been compiled")

NAMES = sorted(PIXEL_FORMATS)
FRAMES = len(NAMES)
WIDTH, HEIGHT = 160, 120


def request(number: int, rng: np.random.Generator) -> FrameRequest:
    """Any settings, among them those that saturate, clip, bin, skip, flip and look up."""
    settings: dict[str, Any] = {
        "exposure_us": float(rng.choice([20.0, 1000.0, 5000.0, 60000.0])),
        "gain_db": float(rng.choice([0.0, 7.3, 24.0, 48.0])),
        "black_level": float(rng.choice([0.0, 240.0, 2000.0])),
        "white_balance": tuple(rng.choice([0.7, 1.0, 1.4, 2.2], 3).tolist()),
        "gamma": float(rng.choice([1.0, 1.0, 0.6, 2.2])),
        "hue_deg": float(rng.choice([0.0, 0.0, 40.0])),
        "saturation": float(rng.choice([64.0, 64.0, 10.0, 120.0])),
        "illumination": float(rng.choice([1.0, 0.2])),
        "defocus_px": float(rng.choice([0.0, 0.0, 2.3])),
        "zoom": float(rng.choice([1.0, 1.0, 1.7])),
        "temperature_c": float(rng.choice([25.0, 60.0])),
    }
    if rng.random() < 0.2:
        settings["lut"] = tuple(sorted(int(value) for value in rng.integers(0, 65536, 257)))
    if rng.random() < 0.2:
        settings["color_matrix"] = (1.6, -0.4, -0.2, -0.3, 1.5, -0.2, 0.0, -0.5, 1.5)
    factors: dict[str, Any] = {axis: int(rng.choice([1, 1, 2])) for axis in ("bin_x", "bin_y", "skip_x", "skip_y")}
    width = int(rng.integers(1, WIDTH // factors["bin_x"] // factors["skip_x"] - 3))
    height = int(rng.integers(1, HEIGHT // factors["bin_y"] // factors["skip_y"] - 3))
    flips = {"reverse_x": bool(rng.random() < 0.3), "reverse_y": bool(rng.random() < 0.3)}
    region = Region(width, height, int(rng.integers(0, 4)), int(rng.integers(0, 4)), **factors, **flips)
    name = NAMES[number % len(NAMES)]
    return FrameRequest(number, number * 10**8, pixel_format=PIXEL_FORMATS[name], region=region, **settings)


def digests() -> list[str]:
    """Of frames of one camera after the other, each with its own settings, in one process."""
    rng, found = np.random.default_rng(13), []
    sensors = {
        color: SensorModel(
            WIDTH, HEIGHT, 3.45, color=color, full_well_e=10500, read_noise_e=2.3,
            cfa="GR" if color else "", qe=(0.52, 0.64, 0.5) if color else (0.65,),
        )
        for color in (True, False)
    }  # fmt: skip
    renderers = {color: Renderer(sensor, load_scene("chart"), 5, serial="1") for color, sensor in sensors.items()}
    for number in range(FRAMES):
        wanted, color = request(number, rng), bool(rng.random() < 0.7)
        out = np.empty(wanted.payload_bytes(), np.uint8)
        renderers[color].render(wanted, out)
        found.append(hashlib.sha256(out.tobytes()).hexdigest())
    return found


def test_frames_do_not_depend_on_the_engine() -> None:
    environment = os.environ | {native.SWITCH: "off"}
    without = subprocess.run([sys.executable, __file__], capture_output=True, check=True, env=environment, timeout=300)
    ours, theirs = digests(), json.loads(without.stdout)
    assert [number for number in range(FRAMES) if ours[number] != theirs[number]] == []
    assert len(set(ours)) > FRAMES * 0.9  # all black or all white are a few at most


if __name__ == "__main__":
    assert native.core is None
    sys.stdout.write(json.dumps(digests()))
