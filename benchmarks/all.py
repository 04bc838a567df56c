"""Measure speed as a whole: side by side with Aravis' fake camera, every documented rate, and many cameras.

    python benchmarks/all.py [--quick] [--json FILE] > report.md

Needs what `compare.py` needs, half an hour, and a machine with nothing else to do. Losses, floods and long runs have
commands of their own: `loss.py`, `abuse.py`, `hostile.py`, `soak.py`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import compare
import rates
import scale
from contestants import enter_lonely_namespace, machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a second of everything: shows that it works, no more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and figures")
    args = parser.parse_args()
    enter_lonely_namespace()
    about = machine()
    seconds = 1.0 if args.quick else 3.0
    sections = (
        compare.section(compare.arguments(["--quick"] if args.quick else ["--seconds", "3"])),
        rates.section(1.0 if args.quick else 5.0),
        scale.section(30.0, seconds, (1, 2) if args.quick else scale.COUNTS),
    )
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print("\n\n".join(section.markdown() for section in sections))
    if args.json is not None:
        figures = {section.title: section.data for section in sections}
        args.json.write_text(json.dumps({"machine": about, **figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
