"""Characterise all five cameras by EMVA 1288 as a laboratory would, and draw it: docs/images/emva1288.png.

Two cameras of each model, one before an even source and one in the dark, stream to Aravis. Run it where there is
nothing but loopback; it needs the extras ``docs`` and ``test`` and takes some minutes:

    unshare -rn sh -c 'ip link set lo up; python tools/emva.py'
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from tiscam_emu.camera.core import load
from tiscam_emu.sensor.model import HALF_FULL_RADIANCE, SensorModel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.interop.emulator import MODELS, emulator  # noqa: E402
from tests.interop.emva1288 import (  # noqa: E402
    Capture,
    Characteristics,
    PhotonTransfer,
    characteristics,
    photon_transfer,
    rising,
)
from tests.interop.emva_capture import Model, Plan, capture  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "emva1288.png"
PLAN = Plan(
    half_full_us=20000.0,
    bright_shares=rising(0.02, 2.02, 41, fine=np.linspace(1.8, 1.9, 11).tolist()),
    dark_us=(1000.0, 500_000.0, 1_000_000.0, 2_000_000.0),
    spatial_frames=64,
    width=1024,
    height=768,
)
_COLOURS = ("#c8372d", "#e09a1f", "#2e8b3d", "#2a62b8", "#23272e")
_STYLE: dict[Any, Any] = {
    "figure.figsize": (11, 9),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e3e6ea",
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One model with what was found."""

    key: str
    sensor: SensorModel
    taken: Capture
    temperature_c: float
    curve: PhotonTransfer
    found: Characteristics

    @property
    def true(self) -> Characteristics:
        """What the model's YAML says."""
        sensor = self.sensor
        return Characteristics(
            gain_dn_per_e=sensor.dn_per_electron / 2 ** (12 - sensor.adc_bits),
            quantum_efficiency=sensor.qe[1 if sensor.color else 0],
            dark_noise_e=sensor.read_noise_e,
            saturation_e=sensor.saturation_e,
            dsnu_e=sensor.dsnu_e,
            prnu_percent=sensor.prnu_percent,
            dark_current_e_per_s=sensor.dark_electrons(1e6, self.temperature_c),
            linearity_error_percent=0.0,
        )


def measure(key: str, folder: Path) -> Measured:
    """Take all frames of one model."""
    sensor = load(key).sensor
    photons_per_us = HALF_FULL_RADIANCE * sensor.photons_at_white(1.0)
    model = Model("BayerRG16" if sensor.color else "Mono16", sensor.adc_bits, photons_per_us)
    night = folder / "night.png"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(night)
    lit_as = ("--model", key, "--address", "127.0.0.31", "--scene", "flat")
    dark_as = ("--model", key, "--address", "127.0.0.41", "--scene", str(night))
    with emulator(*lit_as) as lit, emulator(*dark_as) as dark:
        taken, temperature_c = capture(lit.ready[0], dark.ready[0], model, PLAN, folder)
    return Measured(key, sensor, taken, temperature_c, photon_transfer(taken), characteristics(taken))


def table(measured: list[Measured]) -> str:
    """Measured figures and, in brackets, what the model's YAML says; Markdown."""
    lines = [f"| | {' | '.join(each.key for each in measured)} |", f"| --- |{' --- |' * len(measured)}"]
    for field in fields(Characteristics):
        cells = [f"{getattr(each.found, field.name):.4g} ({getattr(each.true, field.name):.4g})" for each in measured]
        lines.append(f"| `{field.name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(measured: list[Measured]) -> Figure:
    """Photon transfer, linearity, and histograms of the differences between pixels."""
    figure, ((transfer, linearity), (bright, dark)) = plt.subplots(2, 2)
    for each, colour in zip(measured, _COLOURS, strict=True):
        _draw_transfer(transfer, each, colour)
        _draw_linearity(linearity, each, colour)
        deviation = each.taken.spatial_bright.mean(axis=0)
        signal = deviation.mean() - each.taken.spatial_dark.mean()
        _draw_histogram(bright, 100 * (deviation - deviation.mean()) / signal, each.key, colour)
        offsets = each.taken.spatial_dark.mean(axis=0)
        _draw_histogram(dark, (offsets - offsets.mean()) / each.found.gain_dn_per_e, each.key, colour)
    transfer.set(xlabel="signal (electrons)", ylabel="temporal variance less dark (electrons²)")
    transfer.set_title("Photon transfer: points measured, lines of slope 1", loc="left")
    linearity.set(xlabel="signal (share of saturation)", ylabel="deviation from the line (%)", ylim=(-0.5, 0.5))
    linearity.set_title("Linearity", loc="left")
    bright.set(xlabel="deviation (% of the signal)", ylabel="pixels", yscale="log")
    bright.set_title(f"Mean of {PLAN.spatial_frames} frames at half saturation", loc="left")
    dark.set(xlabel="deviation (electrons)", ylabel="pixels", yscale="log")
    dark.set_title(f"Mean of {PLAN.spatial_frames} dark frames of 20 ms", loc="left")
    transfer.legend(loc="upper left")
    return figure


def _draw_transfer(axes: Axes, each: Measured, colour: str) -> None:
    gain = each.found.gain_dn_per_e
    signal, variance = each.curve.mean_dn / gain, each.curve.variance_dn2 / gain**2
    axes.plot(signal, variance, ".", color=colour, label=f"{each.key}: K = {gain:.4f} DN/e")
    fitted = each.curve.up_to(0.7)
    axes.plot([0, signal[fitted][-1]], [0, signal[fitted][-1]], color=colour, linewidth=0.8)
    axes.axvline(signal[each.curve.saturation], color=colour, linewidth=0.6, linestyle=":")


def _draw_linearity(axes: Axes, each: Measured, colour: str) -> None:
    top = each.curve.mean_dn[each.curve.saturation]
    inside = (each.curve.mean_dn >= 0.05 * top) & (each.curve.mean_dn <= 0.95 * top)
    light, means = each.curve.photons[inside], each.curve.mean_dn[inside]
    line = np.polyval(np.polyfit(light, means, 1, w=1 / means), light)
    axes.plot(means / top, 100 * (means - line) / line, ".-", color=colour, linewidth=0.8)


def _draw_histogram(axes: Axes, values: Any, key: str, colour: str) -> None:
    axes.hist(values.ravel(), bins=120, histtype="step", color=colour, label=key)


def main() -> None:
    """Measure, print the table, draw."""
    mpl.use("Agg")
    with tempfile.TemporaryDirectory() as folder:
        measured = [measure(key, Path(folder)) for key in MODELS]
    print(table(measured))
    with mpl.rc_context(_STYLE):
        draw(measured).savefig(PICTURE, metadata={"Software": None})
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
