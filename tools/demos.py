"""Draw how the cameras behave, docs/images/*.png of docs/behaviour.md: ``python tools/demos.py``.

Cameras without network on a clock that is moved by hand: the pictures show the same on every machine. Needs the
extra ``docs``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.camera.notices import MoveCompleted, TriggerMissed
from tiscam_emu.features.codec import decode, encode
from tiscam_emu.features.kinds import Enumeration, Value
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.scenes.scene import FrameFunction, SceneSpec, load_scene
from tiscam_emu.sensor.sharpness import sharpness
from tiscam_emu.sensor.statistics import FrameStatistics, Roi, measure
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import NS_PER_MS, NS_PER_S, Nanoseconds

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_MODEL = "39GX265-Z20"
_FRAME_RATE_HZ = 30.0
_BLACK_DN8 = 240 / 16
_LONGEST_MOVE_NS = 7 * NS_PER_S
_RED, _GREEN, _BLUE, _GREY, _INK, _AMBER = "#c8372d", "#2e8b3d", "#2a62b8", "#8a8f98", "#23272e", "#e09a1f"
_STYLE: dict[Any, Any] = {
    "figure.figsize": (10, 5),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.12,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e3e6ea",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}

_model: Callable[[str], CameraModel] = cache(load)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame as it was asked for, and what it looks like."""

    request: FrameRequest
    seen: FrameStatistics


class _Bench:
    """State: a camera looking at a scene, the present, and all frames it has taken."""

    def __init__(self, scene: SceneSpec, *, width: int = 640, height: int = 480) -> None:
        self.camera = Camera(_model(_MODEL))
        self.now: Nanoseconds = 0
        self.frames: list[_Frame] = []
        self._renderer = Renderer(self.camera.model.sensor, load_scene(scene), seed=11)
        self._on_their_way: list[tuple[Nanoseconds, _Frame, Roi]] = []
        self.set(Width=width, Height=height, AcquisitionFrameRate=_FRAME_RATE_HZ)

    def set(self, **values: Value) -> None:
        """Write the registers of features; entries of enumerations are given by name."""
        for name, value in values.items():
            feature = self.camera.model.features[name]
            if isinstance(feature.declaration, Enumeration):
                value = next(entry.value for entry in feature.entries if entry.name == value)  # noqa: PLW2901
            self.camera.write(feature.slot.address, encode(feature.declaration, value), self.now)

    def get(self, name: str) -> Value:
        """Read the register of a number."""
        feature = self.camera.model.features[name]
        length = feature.declaration.length
        return decode(feature.declaration, self.camera.read(feature.slot.address, length, self.now))

    def advance(self, to: Nanoseconds) -> list[Exposure]:
        """Let time pass until `to`; the exposures that opened."""
        self.now = to
        return self.camera.advance(to)

    def film(self, frames: int) -> list[_Frame]:
        """Take more frames; the automatics get to know each one once it has been read out."""
        until = len(self.frames) + frames
        while len(self.frames) < until:
            wakeup = self.camera.next_wakeup()
            assert wakeup is not None
            for exposure in self.advance(max(wakeup, self.now)):
                self._look(exposure)
            while self._on_their_way and self._on_their_way[0][0] <= self.now:
                _, frame, roi = self._on_their_way.pop(0)
                self.camera.frame_measured(frame.request, frame.seen, roi, self.now)
        return self.frames[-frames:]

    def rest(self) -> None:
        """Let time pass until the lens has come to rest; autofocus looks whenever it wants to."""
        while (wakeup := self.camera.next_wakeup()) is not None:
            self.advance(max(wakeup, self.now))
            if (look := self.camera.take_focus_look()) is not None:
                self.camera.focus_looked(look.number, sharpness(self._renderer, look.requests), self.now)

    def _look(self, exposure: Exposure) -> None:
        request = exposure.request
        image = np.empty(request.payload_bytes(), np.uint8)
        self._renderer.render(request, image)
        wanted = self.camera.measured_region()
        roi = wanted or (0, 0, request.region.width, request.region.height)
        self.frames.append(_Frame(request, measure(image.take, request, roi)))
        if wanted is not None:
            self._on_their_way.append((exposure.end_ns, self.frames[-1], roi))


def _card(*changes: tuple[int, tuple[float, float, float]]) -> FrameFunction:
    """An even card whose radiance changes with the frames of these numbers."""

    def look(time_ns: Nanoseconds, _width: int, _height: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        frame = round(time_ns * _FRAME_RATE_HZ / NS_PER_S)
        colour = [colour for first, colour in changes if frame >= first][-1]
        return np.broadcast_to(np.array(colour, np.float32), (4, 4, 3))

    return look


def _mark(axes: Axes, frame: int, text: str = "") -> None:
    axes.axvline(frame, color=_INK, linestyle=":", linewidth=1)
    if text:
        axes.annotate(
            text, (frame, 1), (4, -4), xycoords=("data", "axes fraction"), textcoords="offset points", va="top"
        )


def draw_auto_exposure() -> Figure:
    """Mean, exposure time and gain of each frame while the light changes."""
    darker, brighter = 20, 50
    bench = _Bench(_card((0, (0.25,) * 3), (darker, (0.25 / 8,) * 3), (brighter, (0.25,) * 3)))
    bench.set(BalanceWhiteAuto="Off", AcquisitionStart=1)
    frames = bench.film(80)
    figure, (mean, exposure, gain) = plt.subplots(3, 1, sharex=True, height_ratios=(1.5, 1, 1))
    mean.set_title(f"Auto exposure of the DFK {_MODEL}: the light falls to an eighth, and comes back")
    mean.axhline(bench.get("ExposureAutoReference"), color=_GREY, linewidth=1, label="ExposureAutoReference")
    mean.plot([frame.seen.mean_dn8 for frame in frames], ".-", color=_INK, label="mean of the frame")
    mean.set(ylabel="Mean (8-bit DN)", ylim=(0, 320), yticks=(0, 64, 128, 192, 255))
    mean.legend(loc="lower right", ncols=2)
    exposure.plot([frame.request.exposure_us / 1000 for frame in frames], ".-", color=_BLUE)
    exposure.set(ylabel="Exposure\ntime (ms)", ylim=(0, 38), yticks=(0, 10, 20, 30))
    gain.plot([frame.request.gain_db for frame in frames], ".-", color=_RED)
    gain.set(ylabel="Gain (dB)", ylim=(-0.5, 10), xlabel=f"Frame ({_FRAME_RATE_HZ:.0f} per second)", xlim=(-1, 80))
    for axes in (mean, exposure, gain):
        _mark(axes, darker, "8 times darker" if axes is mean else "")
        _mark(axes, brighter, "as before" if axes is mean else "")
    figure.align_ylabels()
    return figure


def _focus_sweep(bench: _Bench, positions: list[int]) -> list[float]:
    contrasts = []
    for position in positions:
        bench.set(Focus=position)
        bench.advance(bench.now + _LONGEST_MOVE_NS)
        bench.set(AcquisitionStart=1)
        contrasts.append(bench.film(1)[0].seen.contrast)
    return contrasts


def _find_focus(bench: _Bench) -> tuple[int, float]:
    """Where FocusAuto ends, and the contrast of a frame there."""
    arrivals: list[MoveCompleted] = []
    bench.camera.state.notices.subscribe(MoveCompleted, arrivals.append)
    bench.set(FocusAuto=1)
    bench.rest()
    bench.set(AcquisitionStart=1)
    return arrivals[-1].position, bench.film(1)[0].seen.contrast


def draw_focus_sweep() -> Figure:
    """Contrast of frames at tele over the position of the focus motor."""
    bench = _Bench("chart", width=1024, height=768)
    bench.set(Zoom=1000, FocusAuto=1)
    bench.rest()
    bench.set(AcquisitionStart=1)
    bench.film(20)
    bench.set(AcquisitionStop=1, ExposureAuto="Off", GainAuto="Off", BalanceWhiteAuto="Off")
    bench.set(AcquisitionMode="SingleFrame")
    found, contrast_found = _find_focus(bench)
    whole = list(range(0, 10_001, 200))
    near = list(range(found - 300, found + 301, 20))
    figure, (left, right) = plt.subplots(1, 2, sharey=True, width_ratios=(1.4, 1))
    for axes, positions in ((left, whole), (right, near)):
        axes.plot(positions, _focus_sweep(bench, positions), ".-", color=_BLUE, label="Focus set by hand")
        axes.plot([found], [contrast_found], "o", color=_RED, markersize=8, label=f"FocusAuto: {found}")
        axes.axvline(found, color=_RED, linestyle=":", linewidth=1)
        axes.set_xlabel("Focus (position, near to far)")
    left.set(title=f"DFK {_MODEL} at tele (Zoom 1000)", ylabel="Contrast (8-bit DN)", ylim=(0, None))
    right.set_title(f"Around {found}")
    left.legend(loc="upper left")
    return figure


def draw_white_balance() -> Figure:
    """Channels and their factors of each frame, from a tinted card to a neutral picture."""
    changed = 25
    bench = _Bench(_card((0, (0.4, 0.25, 0.12)), (changed, (0.18, 0.25, 0.36))))
    bench.set(AcquisitionStart=1)
    frames = bench.film(50)
    figure, (share, factor) = plt.subplots(2, 1, sharex=True)
    share.set_title(f"White balance of the DFK {_MODEL}: a card in warm light, then in bluish light")
    greens = np.array([frame.seen.green_dn8 for frame in frames]) - _BLACK_DN8
    for name, colour in (("red", _RED), ("blue", _BLUE)):
        means = np.array([getattr(frame.seen, f"{name}_dn8") for frame in frames]) - _BLACK_DN8
        share.plot(means / greens, ".-", color=colour, label=f"{name} / green")
    share.axhline(1, color=_GREY, linewidth=1, label="neutral")
    share.set(ylabel="Ratio of channel means\n(above black)", ylim=(0, 2.9), yticks=(0, 0.5, 1, 1.5, 2))
    for index, (name, colour) in enumerate((("Red", _RED), ("Green", _GREEN), ("Blue", _BLUE))):
        ratios = [frame.request.white_balance[index] for frame in frames]
        factor.plot(ratios, ".-", color=colour, label=name)
    factor.set(ylabel="BalanceRatio (factor)", ylim=(0, 4.4), xlim=(-1, 50))
    factor.set_xlabel(f"Frame ({_FRAME_RATE_HZ:.0f} per second)")
    for axes in (share, factor):
        _mark(axes, changed, "bluish light" if axes is share else "")
        axes.legend(loc="upper left" if axes is share else "upper right", ncols=3)
    figure.align_ylabels()
    return figure


@dataclass(frozen=True, slots=True)
class _TriggerRun:
    """What happened, in device time."""

    pulses: list[tuple[Nanoseconds, Nanoseconds]]
    missed: list[Nanoseconds]
    exposures: list[Exposure]
    strobes: list[tuple[Nanoseconds, Nanoseconds]]


_PULSES_MS = (1.0, 5.0, 7.2, 11.0, 14.0, 21.5)
_PULSE_MS = 0.6
_DELAY_US = 1000.0
_DIAGRAM_MS = 31


def _triggered(overlap: str) -> _TriggerRun:
    bench = _Bench("flat")
    bench.set(ExposureAuto="Off", GainAuto="Off", ExposureTime=5000.0, AcquisitionFrameRate=100.0, StrobeEnable="On")
    bench.set(StrobeOperation="Exposure", TriggerMode="On", TriggerSource="Line1", TriggerDelay=_DELAY_US)
    bench.set(IMXLowLatencyTriggerMode=0, TriggerOverlap=overlap, AcquisitionStart=1)
    missed: list[TriggerMissed] = []
    bench.camera.state.notices.subscribe(TriggerMissed, missed.append)
    pulses = [(round(at * NS_PER_MS), round((at + _PULSE_MS) * NS_PER_MS)) for at in _PULSES_MS]
    bench.camera.line1.pulses([edge for begin, end in pulses for edge in ((begin, True), (end, False))])
    exposures = bench.advance(100 * NS_PER_MS)
    edges = [edge.at_ns for edge in bench.camera.output_edges]
    return _TriggerRun(
        pulses, [miss.at_ns for miss in missed], exposures, list(zip(edges[0::2], edges[1::2], strict=True))
    )


def _ms(times: tuple[Nanoseconds, Nanoseconds]) -> tuple[float, float]:
    """Begin and length, as bars are drawn."""
    return times[0] / NS_PER_MS, (times[1] - times[0]) / NS_PER_MS


def _line_levels(axes: Axes, pulses: list[tuple[Nanoseconds, Nanoseconds]], base: float, colour: str) -> None:
    times, levels = [0.0], [base]
    for begin, end in pulses:
        times += [begin / NS_PER_MS, end / NS_PER_MS]
        levels += [base + 0.6, base]
    axes.step([*times, float(_DIAGRAM_MS)], [*levels, base], where="post", color=colour)


def _draw_run(axes: Axes, run: _TriggerRun) -> None:
    _line_levels(axes, run.pulses, 3.2, _INK)
    for begin, _ in run.pulses:
        taken = begin not in run.missed
        mark, colour = ("v", _GREEN) if taken else ("x", _RED)
        axes.plot([begin / NS_PER_MS], [4.15], mark, color=colour, markersize=8, markeredgewidth=2)
    accepted = [begin for begin, _ in run.pulses if begin not in run.missed]
    for begin, exposure in zip(accepted, run.exposures, strict=True):
        axes.broken_barh([_ms((begin, exposure.start_ns))], (2.42, 0.16), color=_GREY)
    axes.broken_barh([_ms((each.start_ns, each.exposed_ns)) for each in run.exposures], (2.2, 0.6), color=_AMBER)
    axes.broken_barh([_ms((each.exposed_ns, each.end_ns)) for each in run.exposures], (1.2, 0.6), color=_BLUE)
    _line_levels(axes, run.strobes, 0.2, _INK)
    axes.set(ylim=(0, 4.6), xlim=(0, _DIAGRAM_MS), yticks=(0.5, 1.5, 2.5, 3.5))
    axes.set_yticklabels(("STROBE_OUT", "readout", "exposure", "Line1"))
    axes.grid(visible=False, axis="y")


def draw_trigger_timing() -> Figure:
    """What becomes of pulses on the line, with the two settings of TriggerOverlap."""
    figure, panels = plt.subplots(2, 1, sharex=True)
    for axes, overlap in zip(panels, ("Off", "Readout"), strict=True):
        run = _triggered(overlap)
        _draw_run(axes, run)
        axes.set_title(
            f"TriggerOverlap {overlap}: {len(run.exposures)} of {len(run.pulses)} triggers accepted", loc="left"
        )
    for mark, colour, name in (("v", _GREEN, "accepted"), ("x", _RED, "missed")):
        panels[0].plot([], [], mark, color=colour, markersize=8, markeredgewidth=2, label=name, linestyle="")
    panels[0].broken_barh([], (0, 0), color=_GREY, label=f"TriggerDelay, {_DELAY_US / 1000:.0f} ms")
    panels[0].legend(loc="lower right", bbox_to_anchor=(1, 0.97), ncols=3, borderaxespad=0)
    panels[-1].set_xlabel("Device time (ms)")
    return figure


def pictures() -> Iterator[tuple[str, Figure]]:
    """Every picture with its name."""
    yield "auto-exposure.png", draw_auto_exposure()
    yield "focus-sweep.png", draw_focus_sweep()
    yield "white-balance.png", draw_white_balance()
    yield "trigger-timing.png", draw_trigger_timing()


def main() -> None:
    """Write all pictures."""
    mpl.use("Agg")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        for name, figure in pictures():
            figure.savefig(IMAGES / name, metadata={"Software": None})
            plt.close(figure)
            print(f"{IMAGES / name}: {(IMAGES / name).stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
