"""Stream every row of the manuals' frame-rate tables, one after the other, and tell what arrived.

    python benchmarks/rates.py [--seconds N] [--from-first] [--only WORD] [--json FILE]

Needs what `compare.py` needs. The rows are those of ``tests/contract/frame_rates.csv``; the scene is the default one,
packets have 9000 bytes, exposure is 1 ms and the automatics are off.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contestants import enter_lonely_namespace, fetch_memory, machine, our_camera
from report import Section, markdown, number

CLIENT = Path(__file__).with_name("aravis_client.py")
TABLE = Path(__file__).parents[1] / "tests" / "contract" / "frame_rates.csv"
ALLOWED = 0.01
"""How far a rate may be from the one that the camera says it has."""

WARM_UP_S = 6.0
"""A stream that is as fast as its link makes a late start good in a while, and arrives a little faster until then."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the tables: a model's highest rate in whole frames per second."""

    model: str
    pixel_format: str
    width: int
    height: int
    highest_fps: int

    def matches(self, word: str) -> bool:
        return word in f"{self.model} {self.pixel_format} {self.width}x{self.height}"

    def client_arguments(self) -> list[str]:
        size = ["--width", str(self.width), "--height", str(self.height), "--pixel-format", self.pixel_format]
        return ["stream", *size, "--fps", "1000", "--exposure-us", "1000", "--packet-size", "9000"]


def rows() -> list[Row]:
    with TABLE.open() as lines:
        return [
            Row(row["model"], row["pixel_format"], int(row["width"]), int(row["height"]), int(row["highest_fps"]))
            for row in csv.DictReader(lines)
        ]


def is_delivered(row: Row, figures: dict[str, float]) -> bool:
    """Whether every frame came, whole, at the documented rate by both clocks."""
    whole = not figures["failed_frames"] and not figures["missing_frames"]
    near = all(abs(figures[key] / figures["fps_set"] - 1) <= ALLOWED for key in ("fps_arrival", "fps_device"))
    return whole and near and figures["fps_set"] >= row.highest_fps


def measure(
    wanted: list[Row], seconds: float, client_python: str, *, from_first: bool = False
) -> Iterator[tuple[Row, dict[str, float]]]:
    for model, group in itertools.groupby(wanted, key=lambda row: row.model):
        with our_camera(model) as server:
            for row in group:
                command = [client_python, str(CLIENT), *row.client_arguments()]
                if from_first:
                    fetch_memory()
                begin = ["--from-first"] if from_first else ["--warm-up", str(min(seconds, WARM_UP_S))]
                command += [*begin, "--server-pid", str(server.pid)]
                command += ["--seconds", str(seconds)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise SystemExit(f"rates: {row}: {done.stderr.strip()}")
                figures = {**json.loads(done.stdout), "resident_mb": server.resident_mb()}
                print(row, {key: round(value, 3) for key, value in figures.items()}, file=sys.stderr, flush=True)
                yield row, figures


def section(
    seconds: float, only: str = "", client_python: str = "/usr/bin/python3", *, from_first: bool = False
) -> Section:
    wanted = [row for row in rows() if row.matches(only)]
    measured = list(measure(wanted, seconds, client_python, from_first=from_first))
    delivered = sum(is_delivered(*one) for one in measured)
    header = ("model", "format", "size", "table", "set", "device", "arrival", "MB/s", "CPU s/GB", "failed", "missing")
    table = markdown(
        (*header, "skipped", "delivered"),
        (
            (
                row.model,
                row.pixel_format,
                f"{row.width}x{row.height}",
                str(row.highest_fps),
                f"{figures['fps_set']:.2f}",
                f"{figures['fps_device']:.2f}",
                f"{figures['fps_arrival']:.2f}",
                number(figures["mb_per_s"]),
                number(figures["server_cpu_s_per_gb"], 2),
                *(f"{figures[key]:.0f}" for key in ("failed_frames", "missing_frames", "skipped_frames")),
                "yes" if is_delivered(row, figures) else "**no**",
            )
            for row, figures in measured
        ),
    )
    data: list[dict[str, Any]] = [
        {
            "model": row.model,
            "pixel_format": row.pixel_format,
            "width": row.width,
            "height": row.height,
            "highest_fps": row.highest_fps,
            "delivered": is_delivered(row, figures),
            "figures": figures,
        }
        for row, figures in measured
    ]
    return Section(f"Documented rates: {delivered} of {len(measured)} rows delivered", [table], data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="of streaming per row")
    parser.add_argument("--from-first", action="store_true", help="count from the first frame on, without warm-up")
    parser.add_argument("--only", default="", metavar="WORD", help="only rows that contain this, as in '38UX253 Mono8'")
    parser.add_argument("--client-python", default="/usr/bin/python3", help="interpreter with PyGObject and Aravis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and figures")
    args = parser.parse_args()
    enter_lonely_namespace()
    about = machine()
    result = section(args.seconds, args.only, args.client_python, from_first=args.from_first)
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print(result.markdown())
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": about, "rows": result.data}, indent=1) + "\n")


if __name__ == "__main__":
    main()
