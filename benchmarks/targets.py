"""Measure what the camera is to reach, each beside its target: one table, with the machine named.

    python benchmarks/targets.py [--quick] [--rounds N] [--only NAME ...] [--json FILE]

Needs what `compare.py` needs, and gcc; all of it takes about forty minutes on a machine with nothing else to do. Shown
are medians of three rounds. What keeps up with the camera at full
speed is a plain socket read in C (`sink.c`); what sends beside it without being a camera is `bare_sender.c`.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from contestants import enter_lonely_namespace, machine
from report import markdown, number
from target_measures import (
    ADDED_MS,
    Figures,
    Picture,
    Run,
    cpu,
    cpu_offload,
    documented_rates,
    first_frames,
    full_speed,
    full_speed_to_peer,
    many_cameras,
    second_camera,
    skipped,
    trigger,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure by its name, and what it is to be at most or at least."""

    limit: float
    figure: str = "value"
    at_least: bool = False

    def holds(self, figures: Figures) -> bool:
        value = figures[self.figure]
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        named = "" if self.figure == "value" else f"{self.figure} "
        return f"{named}{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Target:
    """One row: what is measured, and what is wanted of it; `instead` will do as well."""

    name: str
    what: str
    measure: Callable[[Run], Figures]
    wanted: tuple[Bound, ...]
    instead: tuple[Bound, ...] = ()

    def is_met(self, figures: Figures) -> bool:
        return all(bound.holds(figures) for bound in self.wanted) or any(bound.holds(figures) for bound in self.instead)

    def shown(self) -> str:
        texts = [" and ".join(map(str, self.wanted)), *map(str, self.instead)]
        return " or ".join(texts)


def at_most(limit: float, figure: str = "value") -> Bound:
    return Bound(limit, figure)


def at_least(limit: float, figure: str = "value") -> Bound:
    return Bound(limit, figure, at_least=True)


def _steps(first: float, step: float, count: int = 200) -> str:
    """As many values as there are frames, so that none comes again."""
    return ",".join(f"{first + step * number:g}" for number in range(count))


_ZOOM = Picture("39GX265-Z20", "BayerRG8", 2048, 1536, 30.0)
_CUT = Picture("39GX265-Z20", "BayerRG8", 1024, 768, 30.0)
_COLOUR = Picture("39GX265-Z20", "BGR8", 2048, 1536)
_CHANGES = (
    ("exposure-12mp", Picture("38UX253", "Mono8", 4096, 3000, 20.0), f"ExposureTime={_steps(1000, 37)}", 1),
    ("exposure-colour", _COLOUR, f"ExposureTime={_steps(1000, 37)}", 1),
    ("exposure-raw", _ZOOM, f"ExposureTime={_steps(1000, 37)}", 1),
    ("gain", _COLOUR, f"Gain={_steps(0, 0.1)}", 1),
    ("black-level", _COLOUR, f"BlackLevel={_steps(0, 1)}", 1),
    ("gamma", _COLOUR, f"Gamma={_steps(0.5, 0.01)}", 1),
    ("white-balance", _COLOUR, f"BalanceRatio={_steps(0.5, 0.015625)}", 1),
    ("region", _CUT, f"OffsetX={_steps(0, 4)}", 1),
    ("zoom", _ZOOM, "Zoom=1000,0", 45),
    ("focus", _ZOOM, "Focus=10000,0", 45),
    ("iris", _ZOOM, "Iris=0,255", 15),
)
_BEGINNINGS = (
    (Picture("38UX267", "BGR8", 4096, 2160), 105.0),
    (Picture("38UX253", "Mono8", 4096, 3000), None),
    (_COLOUR, None),
    (Picture("39GX265-Z20", "BayerRG8", 640, 480), None),
)


def _targets() -> Iterator[Target]:
    for size, peer, offloaded in ((9000, 0.50, 0.35), (1400, 0.60, 0.30)):
        what = f"CPU per GB to the peer's, 90 fps, packets of {size}"
        yield Target(f"cpu-{size}", what, partial(cpu, packet_size=size), (at_most(peer),), (at_most(1.7, "to bare"),))
        what = f"the same with offload and a plain socket, {size}"
        yield Target(f"cpu-offload-{size}", what, partial(cpu_offload, packet_size=size), (at_most(offloaded),))
    for size, gso, least in ((9000, "off", 1000), (1400, "off", 450), (1400, "on", 900)):
        name, extra = (f"full-{size}-offload", ", offload") if gso == "on" else (f"full-{size}", "")
        what = f"as fast as it can, 12 MP Mono8, {size}{extra}, MB/s"
        yield Target(name, what, partial(full_speed, packet_size=size, gso=gso), (at_least(least),))
    for size in (9000, 1400):
        what = f"the same at 2048x2048, {size}, to the peer's"
        yield Target(f"peer-{size}", what, partial(full_speed_to_peer, packet_size=size), (at_least(1.5),))
    yield Target("rates", "documented rates, from the first frame over 2 s", documented_rates, (at_least(89),))
    for picture, wanted_ms in _BEGINNINGS:
        most = wanted_ms or math.ceil(picture.on_the_way_ms() + ADDED_MS)
        name = f"first-{picture.model}-{picture.pixel_format}-{picture.width}"
        bounds = (at_most(most), at_least(100, "% of first second"))
        yield Target(name, f"first frame, {picture.shown}, ms", partial(first_frames, picture=picture), bounds)
    for name, picture, change, every in _CHANGES:
        setting = change.partition("=")[0]
        what = f"frames skipped while {setting} changes, {picture.shown}"
        measure = partial(skipped, picture=picture, change=change, every=every)
        yield Target(f"change-{name}", what, measure, (at_most(0),))
    yield Target("trigger", "trigger to last packet beyond exposure and readout, p99, ms", trigger, (at_most(0.7),))
    start = partial(second_camera, value="second_s")
    yield Target(
        "second-start", "second camera of a program, start, s", start, (at_most(0.15), at_most(0.15, "third_s"))
    )
    memory = partial(second_camera, value="own_mb")
    yield Target("second-memory", "second camera of a program, own memory at 640x480, MB", memory, (at_most(25),))
    what = "16 cameras, 640x480 at 30 fps, % of a core each"
    yield Target("many", what, partial(many_cameras, count=16), (at_most(4),))


def medians(runs: list[Figures]) -> Figures:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def measured(target: Target, run: Run, rounds: int) -> dict[str, Any]:
    """Runs and medians of a target; an error of the benchmark ends it."""
    runs = []
    for _ in range(rounds):
        runs.append(target.measure(run))
        shown = " ".join(f"{key}={value:.4g}" for key, value in runs[-1].items())
        print(f"{target.name}: {shown}", file=sys.stderr, flush=True)
    figures = medians(runs)
    return {
        "name": target.name,
        "what": target.what,
        "wanted": target.shown(),
        "met": target.is_met(figures),
        "medians": figures,
        "runs": runs,
    }


def table(results: list[dict[str, Any]]) -> str:
    rows = []
    for result in results:
        values = [run["value"] for run in result["runs"]]
        spread = f"{number(min(values))} to {number(max(values))}"
        others = [f"{key} {number(value)}" for key, value in result["medians"].items() if key != "value"]
        met = "yes" if result["met"] else "**no**"
        value = number(result["medians"]["value"])
        rows.append((result["name"], result["what"], value, spread, result["wanted"], met, ", ".join(others)))
    return markdown(("name", "what", "median", "runs", "wanted", "met", "beside it"), rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round of one second: shows that it works, no more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of streaming per measurement")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only names that begin with one of these")
    parser.add_argument("--client-python", default="/usr/bin/python3", help="interpreter with PyGObject and Aravis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and figures")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.seconds = 1, 1.0
    return args


def main() -> None:
    args = arguments()
    targets = [target for target in _targets() if not args.only or target.name.startswith(tuple(args.only))]
    if not targets:
        raise SystemExit(f"targets: --only: no name begins so; there are {', '.join(t.name for t in _targets())}")
    enter_lonely_namespace()
    about = machine()
    run = Run(args.seconds, args.quick, args.client_python)
    results = [measured(target, run, args.rounds) for target in targets]
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print(table(results))
    print(f"\n{sum(result['met'] for result in results)} of {len(results)} targets met")
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": about, "targets": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
